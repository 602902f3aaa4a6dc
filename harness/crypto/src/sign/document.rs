//! Signing of documents: each function fills in what the contract has signed, and by whom
//! (formats.md §3 to §5, §7 and §11).

use gauntlet_wire::{
    derivative::{DerivativeCore, DerivativeManifest},
    directory::{DeviceDirectory, DirectoryCore},
    hybrid::{HybridPublicKey, HybridSignature},
    id::AlbumId,
    intent::{IntentCore, UpgradeIntent},
    ledger::{LedgerEntry, LedgerEntryB},
    manifest::{AssetManifest, ManifestCore},
    sidecar::{Sidecar, SidecarBody},
    version::Formats,
};

use super::HybridSigner;

/// Signs a manifest with the key of the writing device and the write-tier key of its epoch.
#[must_use]
pub fn sign_manifest(
    core: ManifestCore,
    device: &HybridSigner,
    write_tier: &HybridSigner,
) -> AssetManifest {
    let signed = core.signed_bytes();
    AssetManifest {
        core,
        device_sig: device.sign(&signed),
        write_sig: write_tier.sign(&signed),
    }
}

/// Signs a derivative manifest with the key of the making device and the write-tier key of the epoch.
#[must_use]
pub fn sign_derivative(
    core: DerivativeCore,
    device: &HybridSigner,
    write_tier: &HybridSigner,
) -> DerivativeManifest {
    let signed = core.signed_bytes();
    DerivativeManifest {
        core,
        device_sig: device.sign(&signed),
        write_sig: write_tier.sign(&signed),
    }
}

/// Signs a directory with the user's identity key.
#[must_use]
pub fn sign_directory(core: DirectoryCore, identity: &HybridSigner) -> DeviceDirectory {
    let signature = identity.sign(&core.signed_bytes());
    DeviceDirectory { core, signature }
}

/// Signs an upgrade intent with the key of the proposing device.
#[must_use]
pub fn sign_intent(core: IntentCore, proposer: &HybridSigner) -> UpgradeIntent {
    let signature = proposer.sign(&core.signed_bytes());
    UpgradeIntent { core, signature }
}

/// Signs a sidecar with the user's identity key.
#[must_use]
pub fn sign_sidecar(body: SidecarBody, identity: &HybridSigner) -> Sidecar {
    let signature = identity.sign(&body.signed_bytes());
    Sidecar { body, signature }
}

/// Attests an epoch with the album's admin key. In version B the entry is linked to `previous`, the
/// last of the ledger so far.
#[must_use]
pub fn attest_epoch(
    formats: Formats,
    album_id: AlbumId,
    epoch: u32,
    write_tier_pub: HybridPublicKey,
    previous: Option<&LedgerEntry>,
    admin: &HybridSigner,
) -> LedgerEntry {
    let prior_entry_hash = previous.map(LedgerEntry::hash);
    let mut entry = LedgerEntry {
        epoch,
        write_tier_pub,
        b: (formats == Formats::B).then_some(LedgerEntryB { prior_entry_hash }),
        admin_sig: HybridSignature {
            ed: [0; 64],
            ml: Box::new([0; 3309]),
        },
    };
    entry.admin_sig = admin.sign(&entry.signed_bytes(album_id));
    entry
}
