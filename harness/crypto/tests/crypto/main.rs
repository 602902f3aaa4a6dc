//! The public surface against published vectors and against independent implementations.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of a test fail by panicking, as the test does"
)]

mod sample;
mod support;

mod documents;
mod ed25519;
mod hybrid;
mod kdf;
mod mac;
mod metadata;
mod ml_dsa_65;
mod passphrase;
mod sidecar;
mod stream;
mod wrap;
mod xwing;
