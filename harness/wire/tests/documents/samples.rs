//! One lawful derivative manifest, ledger and intent of each kind.

use crate::sample::{WRITTEN, key, signature, time};
use gauntlet_wire::derivative::{DerivativeCore, DerivativeManifest};
use gauntlet_wire::enums::{ContentType, DerivativeFormat, DerivativeRole};
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, IntentId};
use gauntlet_wire::intent::{IntentCore, UpgradeIntent};
use gauntlet_wire::ledger::{EpochLedger, LedgerEntry, LedgerEntryB};
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};

/// The first thumbnail of an asset.
pub(crate) fn thumbnail() -> DerivativeManifest {
    let core = DerivativeCore {
        crypto_suite_id: SuiteId::ONE,
        source_asset_id: AssetId::from_slice(&[1; 16]).unwrap(),
        role: DerivativeRole::Thumbnail,
        format: DerivativeFormat::Media(ContentType::Webp),
        ciphertext_hash: Hash::from_bytes([4; 32]),
        generated_by_device: DeviceId::from_slice(&[7; 16]).unwrap(),
        generated_by_client: "gauntlet/1".to_owned(),
        model_id: None,
        model_version: None,
        generated_at: time(WRITTEN),
        prior_provenance_hash: None,
    };
    DerivativeManifest {
        core,
        device_sig: signature(0xd0),
        write_sig: signature(0x3e),
    }
}

/// A later embedding of it.
pub(crate) fn embedding() -> DerivativeManifest {
    let mut manifest = thumbnail();
    manifest.core = DerivativeCore {
        role: DerivativeRole::Embedding,
        format: DerivativeFormat::Original,
        model_id: Some("siglip".to_owned()),
        model_version: Some("3.1".to_owned()),
        prior_provenance_hash: Some(Hash::from_bytes([9; 32])),
        ..manifest.core
    };
    manifest
}

fn entry(epoch: u32) -> LedgerEntry {
    let [.., fill] = epoch.to_be_bytes();
    LedgerEntry {
        epoch,
        write_tier_pub: key(fill),
        b: None,
        admin_sig: signature(0x40 | fill),
    }
}

/// The entries with each one's hash in the next.
pub(crate) fn chained(mut entries: Vec<LedgerEntry>) -> Vec<LedgerEntry> {
    let mut prior_entry_hash = None;
    for entry in &mut entries {
        entry.b = Some(LedgerEntryB { prior_entry_hash });
        prior_entry_hash = Some(entry.hash());
    }
    entries
}

/// A ledger of the epochs 1 to `ceiling`.
pub(crate) fn ledger(formats: Formats, ceiling: u32) -> EpochLedger {
    let entries = (1..=ceiling).map(entry).collect();
    EpochLedger {
        album_id: AlbumId::from_slice(&[2; 16]).unwrap(),
        admin_pub: key(0xad),
        ceiling,
        entries: match formats {
            Formats::A => entries,
            Formats::B => chained(entries),
        },
    }
}

pub(crate) fn intent() -> UpgradeIntent {
    UpgradeIntent {
        core: IntentCore {
            album_id: AlbumId::from_slice(&[2; 16]).unwrap(),
            from_version: ProtocolVersion::A,
            to_version: ProtocolVersion::B,
            intent_id: IntentId::from_slice(&[15; 16]).unwrap(),
            proposer_device: DeviceId::from_slice(&[7; 16]).unwrap(),
            deadline_seconds: 604_800,
        },
        signature: signature(0x1e),
    }
}
