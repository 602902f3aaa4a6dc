//! One executable test per damage-scenario row
