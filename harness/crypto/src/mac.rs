//! HMAC-SHA256 (RFC 2104) under a 32-byte key: sync cursors and backup manifests
//! (formats.md §8 and §10).

use hmac::{Hmac, KeyInit, Mac, digest::Key};
use sha2::Sha256;

/// The tag of `bytes`.
#[must_use]
pub fn hmac_sha256(key: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    keyed(key)
        .chain_update(bytes)
        .finalize()
        .into_bytes()
        .into()
}

/// Whether `tag` is the tag of `bytes`, in time that does not depend on where they differ.
#[must_use]
pub fn verify_hmac(key: &[u8; 32], bytes: &[u8], tag: &[u8; 32]) -> bool {
    keyed(key).chain_update(bytes).verify(tag.into()).is_ok()
}

/// RFC 2104 §2: a key shorter than the block is filled up with zeros.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Key::<Hmac<Sha256>>::default();
    for (padded, byte) in block.iter_mut().zip(key) {
        *padded = *byte;
    }
    Hmac::new(&block)
}
