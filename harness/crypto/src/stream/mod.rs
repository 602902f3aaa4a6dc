//! STREAM over AES-256-GCM for originals and derivatives (formats.md §6): plaintext chunks of
//! 65,520 bytes, each sealed under nonce prefix 7 ‖ counter u32 ‖ last flag, no associated
//! data. Counter and flag make truncation, reordering and extension visible, and a chunk
//! decrypts alone.

mod chunk;
mod open;
mod seal;
mod split;

pub use chunk::{CHUNK_CIPHERTEXT, CHUNK_PLAINTEXT, sealed_len};
pub use open::{OpenError, OpenReason, Opener, open, open_chunk};
pub use seal::{Sealer, TooLong, seal};
