//! Documents to be signed.

use gauntlet_wire::{
    cbor::Map,
    derivative::DerivativeCore,
    directory::{DeviceEntry, DirectoryCore},
    enums::{Action, ContentType, DerivativeFormat, DerivativeRole, KeyMode},
    hybrid::HybridPublicKey,
    id::{AlbumId, AssetId, DeviceId, Hash, ImportId, IntentId, UserId},
    intent::IntentCore,
    manifest::{CHUNK_SIZE, ManifestB, ManifestCore},
    sidecar::{Register, SidecarBody, TagSet},
    time::Timestamp,
    version::{Formats, ProtocolVersion, SuiteId},
};

use crate::support::asset;

pub(crate) fn album() -> AlbumId {
    AlbumId::from_slice(&[2; 16]).unwrap()
}

fn device() -> DeviceId {
    DeviceId::from_slice(&[7; 16]).unwrap()
}

fn time() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

pub(crate) fn manifest(formats: Formats) -> ManifestCore {
    ManifestCore {
        crypto_suite_id: SuiteId::ONE,
        protocol_version: match formats {
            Formats::A => ProtocolVersion::A,
            Formats::B => ProtocolVersion::B,
        },
        file_id: asset(1),
        album_id: album(),
        amk_version: 1,
        ciphertext_hash: Hash::of(b"ciphertext"),
        plaintext_size: 5,
        chunk_size: CHUNK_SIZE,
        nonce_prefix: [1; 7],
        created_by_user: UserId::from_slice(&[6; 16]).unwrap(),
        created_by_device: device(),
        client_version: "gauntlet/1".to_owned(),
        timestamp: time(),
        action: Action::Create,
        prior_provenance_hash: None,
        retention_until: None,
        b: (formats == Formats::B).then_some(ManifestB {
            metadata_blob_hash: Some(Hash::of(b"metadata")),
            key_mode: KeyMode::Derived,
            wrapped_file_key: None,
        }),
    }
}

pub(crate) fn derivative() -> DerivativeCore {
    DerivativeCore {
        crypto_suite_id: SuiteId::ONE,
        source_asset_id: asset(1),
        role: DerivativeRole::Thumbnail,
        format: DerivativeFormat::Media(ContentType::Webp),
        ciphertext_hash: Hash::of(b"thumbnail"),
        generated_by_device: device(),
        generated_by_client: "gauntlet/1".to_owned(),
        model_id: None,
        model_version: None,
        generated_at: time(),
        prior_provenance_hash: None,
    }
}

pub(crate) fn directory(dsk_public: &HybridPublicKey) -> DirectoryCore {
    DirectoryCore {
        user_id: UserId::from_slice(&[6; 16]).unwrap(),
        directory_version: 1,
        updated_at: time(),
        devices: vec![DeviceEntry {
            device_id: device(),
            dsk_public: dsk_public.clone(),
            added_at: time(),
            revoked_at: None,
        }],
    }
}

pub(crate) fn intent() -> IntentCore {
    IntentCore {
        album_id: album(),
        from_version: ProtocolVersion::A,
        to_version: ProtocolVersion::B,
        intent_id: IntentId::from_slice(&[15; 16]).unwrap(),
        proposer_device: device(),
        deadline_seconds: 604_800,
    }
}

pub(crate) fn sidecar(uuid: AssetId) -> SidecarBody {
    SidecarBody {
        crypto_suite_id: SuiteId::ONE,
        uuid,
        hash: Hash::of(b"plaintext"),
        capture_timestamp: time(),
        import_timestamp: time(),
        content_type: ContentType::Jpeg,
        device_id: device(),
        session_id: ImportId::from_slice(&[16; 16]).unwrap(),
        tags_user: TagSet::default(),
        tags_ai: TagSet::default(),
        caption: Register::default(),
        rating: Register::default(),
        provenance_chain_hash: None,
        dimensions: None,
        lqip: None,
        gps: None,
        camera_id: None,
        stack_membership: None,
        unknown: Map::new(),
    }
}
