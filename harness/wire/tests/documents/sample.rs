//! One lawful manifest, record and directory of each kind.

use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry, DirectoryCore};
use gauntlet_wire::enums::{Action, KeyMode};
use gauntlet_wire::hybrid::{HybridPublicKey, HybridSignature};
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, UserId};
use gauntlet_wire::manifest::{AssetManifest, CHUNK_SIZE, ManifestB, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::time::Timestamp;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};

pub(crate) const WRITTEN: &str = "2026-11-20T10:00:00.5+02:00";
pub(crate) const RETAINED: &str = "2026-12-20T10:00:00Z";

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn version(formats: Formats) -> ProtocolVersion {
    match formats {
        Formats::A => ProtocolVersion::A,
        Formats::B => ProtocolVersion::B,
    }
}

/// The first record of an asset, with a derived key.
pub(crate) fn core(formats: Formats) -> ManifestCore {
    ManifestCore {
        crypto_suite_id: SuiteId::ONE,
        protocol_version: version(formats),
        file_id: AssetId::from_slice(&[1; 16]).unwrap(),
        album_id: AlbumId::from_slice(&[2; 16]).unwrap(),
        amk_version: 3,
        ciphertext_hash: Hash::from_bytes([4; 32]),
        plaintext_size: 5,
        chunk_size: CHUNK_SIZE,
        nonce_prefix: [0, 23, 24, 127, 128, 254, 255],
        created_by_user: UserId::from_slice(&[6; 16]).unwrap(),
        created_by_device: DeviceId::from_slice(&[7; 16]).unwrap(),
        client_version: "gauntlet/1".to_owned(),
        timestamp: time(WRITTEN),
        action: Action::Create,
        prior_provenance_hash: None,
        retention_until: None,
        b: (formats == Formats::B).then_some(ManifestB {
            metadata_blob_hash: Some(Hash::from_bytes([8; 32])),
            key_mode: KeyMode::Derived,
            wrapped_file_key: None,
        }),
    }
}

pub(crate) fn signature(fill: u8) -> HybridSignature {
    HybridSignature {
        ed: [fill; 64],
        ml: Box::new([!fill; 3309]),
    }
}

pub(crate) fn key(fill: u8) -> HybridPublicKey {
    HybridPublicKey {
        ed: [fill; 32],
        ml: Box::new([!fill; 1952]),
    }
}

pub(crate) fn manifest(core: ManifestCore) -> AssetManifest {
    AssetManifest {
        core,
        device_sig: signature(0xd0),
        write_sig: signature(0x3e),
    }
}

pub(crate) fn record(core: ManifestCore) -> ProvenanceRecord {
    ProvenanceRecord {
        asset_id: core.file_id,
        prior_provenance_hash: core.prior_provenance_hash,
        manifest: manifest(core),
    }
}

/// The lawful documents that everything is tried on: each nullable field is null in one of them and
/// given in another.
pub(crate) fn cores() -> Vec<ManifestCore> {
    let prior = Some(Hash::from_bytes([9; 32]));
    let delete = |formats| ManifestCore {
        action: Action::Delete,
        prior_provenance_hash: prior,
        retention_until: Some(time(RETAINED)),
        ..core(formats)
    };
    let mut wrapped = core(Formats::B);
    wrapped.b = Some(ManifestB {
        metadata_blob_hash: Some(Hash::from_bytes([8; 32])),
        key_mode: KeyMode::Wrapped,
        wrapped_file_key: Some([10; 60]),
    });
    vec![
        core(Formats::A),
        delete(Formats::A),
        core(Formats::B),
        delete(Formats::B),
        wrapped,
    ]
}

pub(crate) fn device(fill: u8, revoked_at: Option<&str>) -> DeviceEntry {
    DeviceEntry {
        device_id: DeviceId::from_slice(&[fill; 16]).unwrap(),
        dsk_public: key(fill),
        added_at: time("2026-11-01T00:00:00Z"),
        revoked_at: revoked_at.map(time),
    }
}

pub(crate) fn directory(devices: Vec<DeviceEntry>) -> DeviceDirectory {
    let core = DirectoryCore {
        user_id: UserId::from_slice(&[11; 16]).unwrap(),
        directory_version: 12,
        updated_at: time("2026-11-02T00:00:00Z"),
        devices,
    };
    DeviceDirectory {
        core,
        signature: signature(0x1d),
    }
}

/// A directory with a device in use and a revoked one.
pub(crate) fn two_devices() -> DeviceDirectory {
    directory(vec![
        device(13, None),
        device(14, Some("2026-11-01T12:00:00Z")),
    ])
}
