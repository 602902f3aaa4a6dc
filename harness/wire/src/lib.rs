//! What travels and what lies on disk, byte by byte: strict canonical CBOR, documents, JSON bodies,
//! headers, error codes and the table of rules. No clock, no I/O, no randomness.

pub mod blob;
pub mod bounds;
pub mod cbor;
pub mod chain;
pub mod code;
pub mod cursor;
pub mod derivative;
pub mod directory;
pub mod enums;
pub mod header;
pub mod hybrid;
pub mod id;
pub mod intent;
pub mod json;
pub mod ledger;
pub mod manifest;
pub mod marks;
pub mod problem;
pub mod reason;
pub mod record;
pub mod rule;
pub mod sidecar;
pub mod time;
pub mod version;
