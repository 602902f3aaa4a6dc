//! Verification of documents. Which key is the right one is for the caller to know: the directory
//! names device keys, the ledger write-tier keys, and identity and admin keys are pinned.

use gauntlet_wire::{
    derivative::DerivativeManifest,
    directory::DeviceDirectory,
    hybrid::HybridSignature,
    id::AlbumId,
    intent::UpgradeIntent,
    ledger::{EpochLedger, LedgerEntry},
    manifest::AssetManifest,
    sidecar::Sidecar,
};
use thiserror::Error;

use super::{VerifyError, VerifyingKey};

/// The signature of a manifest that refused, `device_sig` first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ManifestError {
    /// The device's.
    #[error("device_sig: {0}")]
    Device(VerifyError),
    /// The write tier's.
    #[error("write_sig: {0}")]
    WriteTier(VerifyError),
}

/// The first entry of a ledger that its admin key did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("epoch {epoch}: {error}")]
pub struct LedgerError {
    /// The entry's epoch.
    pub epoch: u32,
    /// Which half refused, and why.
    pub error: VerifyError,
}

/// Verifies both signatures of a manifest (formats.md §4).
///
/// # Errors
/// The first signature that refused.
pub fn verify_manifest(
    manifest: &AssetManifest,
    device: &VerifyingKey,
    write_tier: &VerifyingKey,
) -> Result<(), ManifestError> {
    let signatures = [&manifest.device_sig, &manifest.write_sig];
    verify_both(
        &manifest.core.signed_bytes(),
        signatures,
        device,
        write_tier,
    )
}

/// Verifies both signatures of a derivative manifest (formats.md §4).
///
/// # Errors
/// The first signature that refused.
pub fn verify_derivative(
    manifest: &DerivativeManifest,
    device: &VerifyingKey,
    write_tier: &VerifyingKey,
) -> Result<(), ManifestError> {
    let signatures = [&manifest.device_sig, &manifest.write_sig];
    verify_both(
        &manifest.core.signed_bytes(),
        signatures,
        device,
        write_tier,
    )
}

fn verify_both(
    signed: &[u8],
    [device_sig, write_sig]: [&HybridSignature; 2],
    device: &VerifyingKey,
    write_tier: &VerifyingKey,
) -> Result<(), ManifestError> {
    device
        .verify(signed, device_sig)
        .map_err(ManifestError::Device)?;
    write_tier
        .verify(signed, write_sig)
        .map_err(ManifestError::WriteTier)
}

/// Verifies a directory under the user's pinned identity key (formats.md §5).
///
/// # Errors
/// The first half that refused.
pub fn verify_directory(
    directory: &DeviceDirectory,
    identity: &VerifyingKey,
) -> Result<(), VerifyError> {
    identity.verify(&directory.core.signed_bytes(), &directory.signature)
}

/// Verifies an upgrade intent under the proposing device's key (formats.md §11).
///
/// # Errors
/// The first half that refused.
pub fn verify_intent(intent: &UpgradeIntent, proposer: &VerifyingKey) -> Result<(), VerifyError> {
    proposer.verify(&intent.core.signed_bytes(), &intent.signature)
}

/// Verifies a sidecar under the user's pinned identity key (formats.md §7).
///
/// # Errors
/// The first half that refused.
pub fn verify_sidecar(sidecar: &Sidecar, identity: &VerifyingKey) -> Result<(), VerifyError> {
    identity.verify(&sidecar.body.signed_bytes(), &sidecar.signature)
}

/// Verifies one entry of an album's ledger under the pinned admin key (formats.md §5).
///
/// # Errors
/// The entry's epoch, and the first half that refused.
pub fn verify_entry(
    entry: &LedgerEntry,
    album_id: AlbumId,
    admin: &VerifyingKey,
) -> Result<(), LedgerError> {
    admin
        .verify(&entry.signed_bytes(album_id), &entry.admin_sig)
        .map_err(|error| LedgerError {
            epoch: entry.epoch,
            error,
        })
}

/// Verifies every entry of a ledger under the pinned admin key (formats.md §5). The ledger's own
/// `admin_pub` takes no part: whoever holds another key can put it there.
///
/// # Errors
/// The first entry that refused.
pub fn verify_ledger(ledger: &EpochLedger, admin: &VerifyingKey) -> Result<(), LedgerError> {
    let mut entries = ledger.entries.iter();
    entries.try_for_each(|entry| verify_entry(entry, ledger.album_id, admin))
}
