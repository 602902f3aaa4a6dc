//! The public surface against published vectors and against independent implementations.

mod support;

mod ed25519;
mod hybrid;
mod kdf;
mod mac;
mod metadata;
mod ml_dsa_65;
mod stream;
mod wrap;
