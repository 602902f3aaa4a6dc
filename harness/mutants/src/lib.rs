//! Reference servers with exactly one promise removed
