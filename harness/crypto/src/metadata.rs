//! The sealed metadata blob: suite u16 ‖ nonce 12 ‖ ciphertext ‖ tag 16 (formats.md §6).

use gauntlet_wire::{
    blob::{BlobLengthError, MetadataBlob},
    cbor::Canonical,
    id::AssetId,
    sidecar::{Sidecar, SidecarError},
    version::{Formats, SuiteId},
};
use thiserror::Error;

use crate::{
    gcm,
    kdf::{Key32, metadata_key},
};

/// Why a metadata blob was not opened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenError {
    /// Too short to hold suite, nonce and tag, or longer than any sidecar.
    #[error(transparent)]
    Length(#[from] BlobLengthError),
    /// The blob names another suite than the manifest that points to it.
    #[error("metadata blob: bytes 0..2 name suite {found}; expected {expected}, the manifest's")]
    Suite {
        /// The manifest's suite.
        expected: SuiteId,
        /// The blob's suite.
        found: SuiteId,
    },
    /// The tag does not match key, nonce and ciphertext.
    #[error(
        "metadata blob: the tag in the last 16 bytes does not authenticate the rest under this key"
    )]
    Forged,
}

/// Seals a canonical signed sidecar.
///
/// `key` is [`metadata_key`](crate::kdf::metadata_key) of the same `nonce`. The suite number
/// is not authenticated by the tag: the manifest's signed suite and the content hash are what
/// hold it.
#[must_use]
pub fn seal(suite: SuiteId, key: &Key32, nonce: &[u8; 12], plaintext: &[u8]) -> Vec<u8> {
    MetadataBlob {
        suite,
        nonce: *nonce,
        ciphertext_and_tag: gcm::seal(key, nonce, plaintext),
    }
    .encode()
}

/// Opens a metadata blob whose suite must be `expected`, the manifest's (formats.md §6).
///
/// # Errors
/// A wrong length, another suite, or a tag that does not match, in that order.
pub fn open(blob: &[u8], expected: SuiteId, key: &Key32) -> Result<Vec<u8>, OpenError> {
    let blob = MetadataBlob::parse(blob)?;
    if blob.suite != expected {
        return Err(OpenError::Suite {
            expected,
            found: blob.suite,
        });
    }
    gcm::open(key, &blob.nonce, &blob.ciphertext_and_tag).map_err(|gcm::Forged| OpenError::Forged)
}

/// Why a metadata blob holds no sidecar.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OpenSidecarError {
    /// The blob does not open.
    #[error(transparent)]
    Blob(#[from] OpenError),
    /// What is inside is no sidecar of this schema.
    #[error(transparent)]
    Sidecar(#[from] SidecarError),
}

/// Seals a signed sidecar for the holders of the album master key of its epoch, under the key of its
/// own asset (formats.md §6). `nonce` must be fresh for (master key, asset).
#[must_use]
pub fn seal_sidecar(
    formats: Formats,
    amk: &[u8; 32],
    nonce: &[u8; 12],
    sidecar: &Canonical<Sidecar>,
) -> Vec<u8> {
    let body = &sidecar.value().body;
    let key = metadata_key(formats, amk, body.uuid, nonce);
    seal(body.crypto_suite_id, &key, nonce, sidecar.bytes())
}

/// Opens the metadata blob of `asset`, whose manifest is of `suite`, and reads the sidecar inside.
/// Signature, version and the asset that the sidecar names are for the caller to judge.
///
/// # Errors
/// A blob that does not open, or bytes inside that are no sidecar.
pub fn open_sidecar(
    formats: Formats,
    amk: &[u8; 32],
    asset: AssetId,
    suite: SuiteId,
    blob: &[u8],
) -> Result<Canonical<Sidecar>, OpenSidecarError> {
    let nonce = MetadataBlob::parse(blob).map_err(OpenError::from)?.nonce;
    let key = metadata_key(formats, amk, asset, &nonce);
    Ok(Sidecar::decode(&open(blob, suite, &key)?)?)
}
