//! AES-256-GCM as the suite uses it everywhere: 12-byte nonce, 16-byte tag after the
//! ciphertext, no associated data (NIST SP 800-38D).

use aes_gcm::{Aes256Gcm, KeyInit, aead::AeadInOut};

use crate::kdf::Key32;

/// Bytes of a nonce.
pub(crate) const NONCE: usize = 12;
/// Bytes that sealing adds: the tag.
pub(crate) const TAG: usize = 16;

/// The tag does not match. AES-GCM cannot tell a wrong key from a wrong nonce or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forged;

pub(crate) fn cipher(key: &Key32) -> Aes256Gcm {
    Aes256Gcm::new(key.as_bytes().into())
}

/// Ciphertext ‖ tag.
#[expect(
    clippy::expect_used,
    reason = "AES-GCM refuses only plaintexts above 64 GiB; the largest sealed here is a sidecar of 1 MiB"
)]
pub(crate) fn seal(key: &Key32, nonce: &[u8; NONCE], plaintext: &[u8]) -> Vec<u8> {
    let mut buffer = Vec::with_capacity(plaintext.len() + TAG);
    buffer.extend_from_slice(plaintext);
    cipher(key)
        .encrypt_in_place(nonce.into(), b"", &mut buffer)
        .expect("the plaintext is below 64 GiB");
    buffer
}

/// The plaintext of ciphertext ‖ tag.
pub(crate) fn open(key: &Key32, nonce: &[u8; NONCE], sealed: &[u8]) -> Result<Vec<u8>, Forged> {
    let mut buffer = sealed.to_vec();
    cipher(key)
        .decrypt_in_place(nonce.into(), b"", &mut buffer)
        .map_err(|_| Forged)?;
    Ok(buffer)
}
