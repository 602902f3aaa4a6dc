//! The public surface against published vectors and against independent implementations.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test fail by panicking, as the test does"
)]

mod support;

mod ed25519;
mod hybrid;
mod kdf;
mod mac;
mod metadata;
mod ml_dsa_65;
mod stream;
mod wrap;
