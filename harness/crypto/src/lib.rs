//! Hybrid signatures, key derivation and sealing of suite `0x0001` (formats.md §3 to §7).
//!
//! The two sides of a signature never share an ML-DSA implementation: [`sign`] is what a
//! simulated client uses, [`verify`] is what the judge uses, so a flaw in one library cannot
//! hide itself in both.
//!
//! Not in this crate: randomness (nonces, prefixes and seeds are arguments), clocks, I/O, and
//! the encoding of documents. Keys belong to worlds that exist for one run; they are kept out
//! of `Debug` output but not wiped from memory.

mod gcm;

pub mod kdf;
pub mod mac;
pub mod metadata;
pub mod passphrase;
pub mod sign;
pub mod stream;
pub mod verify;
pub mod wrap;
pub mod xwing;
