//! Wrapped file keys: wrap nonce 12 ‖ AES-256-GCM(file key) 32 ‖ tag 16 (formats.md §6, B only).

use gauntlet_wire::id::AssetId;
use thiserror::Error;

use crate::{
    gcm,
    kdf::{self, Key32},
};

/// Bytes of a wrapped file key.
pub const WRAPPED_KEY: usize = gcm::NONCE + 32 + gcm::TAG;

/// The wrapped key was not made under this master key for this file, or was changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "wrapped file key of {file_id}: the tag in bytes 44..60 does not authenticate bytes 0..44 under this master key"
)]
pub struct UnwrapError {
    /// The file whose key it should be.
    pub file_id: AssetId,
}

/// Wraps `file_key` for the holders of the album master key. `wrap_nonce` must be fresh for
/// (master key, file).
#[must_use]
pub fn wrap_file_key(
    amk: &[u8; 32],
    file_id: AssetId,
    wrap_nonce: &[u8; 12],
    file_key: &Key32,
) -> [u8; WRAPPED_KEY] {
    let key = kdf::wrap_key(amk, file_id, wrap_nonce);
    let sealed = gcm::seal(&key, wrap_nonce, file_key.as_bytes());
    let mut wrapped = [0; WRAPPED_KEY];
    let (nonce_part, sealed_part) = wrapped.split_at_mut(gcm::NONCE);
    nonce_part.copy_from_slice(wrap_nonce);
    sealed_part.copy_from_slice(&sealed);
    wrapped
}

/// The file key inside `wrapped`.
///
/// # Errors
/// If the tag does not match: another master key, another file id, or changed bytes.
pub fn unwrap_file_key(
    amk: &[u8; 32],
    file_id: AssetId,
    wrapped: &[u8; WRAPPED_KEY],
) -> Result<Key32, UnwrapError> {
    let refused = UnwrapError { file_id };
    let (nonce, sealed) = wrapped.split_first_chunk().ok_or(refused)?;
    let key = kdf::wrap_key(amk, file_id, nonce);
    let file_key = gcm::open(&key, nonce, sealed).map_err(|gcm::Forged| refused)?;
    file_key
        .try_into()
        .map(Key32::from_bytes)
        .map_err(|_| refused)
}
