//! Who and what the tests talk about: honest facts and requests, to be changed in one property.

use gauntlet_crypto::sign::HybridSigner;
use gauntlet_validator::server::{
    AlbumFacts, AssetFacts, AssetState, ChainLink, CreateRequest, DeviceFacts, EpochFacts, Freeze,
    HeldBlob, Original, QuotaFacts, Session, SessionFacts, Spoken, Upgrade,
};
use gauntlet_wire::enums::{Action, BlobRole, KeyMode, UploadStatus};
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, IntentId, UploadId, UserId};
use gauntlet_wire::json::{CreateSession, ManifestEnvelope};
use gauntlet_wire::manifest::CHUNK_SIZE;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::{SignedDuration, Timestamp};
use std::sync::LazyLock;

pub(crate) const NANOSECOND: SignedDuration = SignedDuration::from_nanos(1);

/// The server's clock.
pub(crate) fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub(crate) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

pub(crate) fn time(instant: Timestamp) -> gauntlet_wire::time::Timestamp {
    instant.to_string().parse().unwrap()
}

pub(crate) fn caller() -> UserId {
    UserId::from_slice(&[1; 16]).unwrap()
}

pub(crate) fn stranger() -> UserId {
    UserId::from_slice(&[2; 16]).unwrap()
}

pub(crate) fn album() -> AlbumId {
    AlbumId::from_slice(&[3; 16]).unwrap()
}

pub(crate) fn other_album() -> AlbumId {
    AlbumId::from_slice(&[4; 16]).unwrap()
}

pub(crate) fn asset() -> AssetId {
    AssetId::from_slice(&[5; 16]).unwrap()
}

pub(crate) fn upload() -> UploadId {
    UploadId::from_slice(&[6; 16]).unwrap()
}

pub(crate) fn hash(fill: u8) -> Hash {
    Hash::from_bytes([fill; 32])
}

/// The address of the original.
pub(crate) fn original() -> Hash {
    hash(0xab)
}

/// The address of the metadata blob.
pub(crate) fn metadata() -> Hash {
    hash(0xcd)
}

/// The caller's device.
pub(crate) static DEVICE: LazyLock<HybridSigner> =
    LazyLock::new(|| HybridSigner::from_seed(&[7; 64]));
/// The album's write tier in its one epoch.
pub(crate) static WRITE_TIER: LazyLock<HybridSigner> =
    LazyLock::new(|| HybridSigner::from_seed(&[8; 64]));
/// Somebody else.
pub(crate) static STRANGER: LazyLock<HybridSigner> =
    LazyLock::new(|| HybridSigner::from_seed(&[9; 64]));

pub(crate) fn device() -> DeviceId {
    DeviceId::from_slice(&[7; 16]).unwrap()
}

pub(crate) fn device_facts() -> DeviceFacts {
    DeviceFacts {
        key: DEVICE.public().clone(),
        added_at: time(now() - days(100)),
        revoked_at: None,
    }
}

pub(crate) fn album_facts(formats: Formats) -> AlbumFacts {
    AlbumFacts {
        pin: version(formats),
        caller_may_write: true,
        upgrade: None,
        frozen: None,
    }
}

/// The epochs of an album that has accepted records of epoch 1, the one that its ledger attests.
pub(crate) fn epochs() -> EpochFacts {
    EpochFacts {
        accepted: Some(1),
        ceiling: Some(1),
        write_tier: Some(WRITE_TIER.public().clone()),
    }
}

pub(crate) fn held(role: BlobRole, hash: Hash, prior: Option<Hash>) -> HeldBlob {
    HeldBlob { role, hash, prior }
}

pub(crate) fn intent() -> IntentId {
    IntentId::from_slice(&[0x1d; 16]).unwrap()
}

/// A live upgrade of the album, for an hour yet.
pub(crate) fn upgrade() -> Upgrade {
    Upgrade {
        album: album(),
        intent: intent(),
        document: hash(0x1e),
        to_version: version(Formats::B),
        expires_at: now() + SignedDuration::from_hours(1),
    }
}

/// The completed upgrade of the album.
pub(crate) fn frozen() -> Freeze {
    Freeze {
        album: album(),
        intent: intent(),
        frozen_state_hash: hash(0x1f),
        successor: other_album(),
    }
}

/// The original of the asset's stored records: not the one that a replace in these tests brings.
pub(crate) fn stored_original() -> Original {
    Original {
        hash: hash(0xa0),
        plaintext_size: 9_000,
        nonce_prefix: [2; 7],
    }
}

/// A record of the asset.
pub(crate) fn link(link: Hash, prior: Option<Hash>) -> ChainLink {
    ChainLink {
        album: album(),
        asset: asset(),
        link,
        prior,
        action: Action::Create,
        epoch: 1,
        original: stored_original(),
        metadata: Some(hash(0xc0)),
    }
}

/// An asset whose create is shown.
pub(crate) fn shown_asset(head: Hash) -> AssetFacts {
    AssetFacts {
        album: Some(album()),
        head: Some(link(head, None)),
        head_shown: true,
        shown_metadata: Some(hash(0xc0)),
        state: AssetState::Live,
        blobs: vec![
            held(BlobRole::Original, stored_original().hash, None),
            held(BlobRole::Metadata, hash(0xc0), None),
        ],
        nonce_prefixes: vec![stored_original().nonce_prefix],
    }
}

/// Deleted a week ago, for another week to be taken back.
pub(crate) fn trashed() -> AssetState {
    AssetState::Trashed {
        since: now() - days(7),
        until: now() + days(7),
    }
}

pub(crate) fn version(formats: Formats) -> ProtocolVersion {
    match formats {
        Formats::A => ProtocolVersion::A,
        Formats::B => ProtocolVersion::B,
    }
}

/// The envelope of the upload of `blob` to the first write of the asset.
pub(crate) fn envelope(formats: Formats, blob: Hash) -> ManifestEnvelope {
    let in_b = formats == Formats::B;
    ManifestEnvelope {
        crypto_suite_id: 1,
        protocol_version: version(formats).to_string(),
        album_id: Some(album()),
        file_id: asset(),
        amk_version: 1,
        ciphertext_hash: blob.to_string(),
        plaintext_size: 10_000,
        chunk_size: CHUNK_SIZE,
        key_mode: in_b.then_some(KeyMode::Derived),
        metadata_blob_hash: in_b.then(metadata),
        original_blob_hash: Some(original()),
        created_by_user: caller(),
        created_by_device: device(),
        client_version: "gauntlet/1".to_owned(),
        timestamp: "2026-11-20T11:00:00Z".to_owned(),
        action: "create".to_owned(),
        prior_provenance_hash: None,
        retention_until: None,
    }
}

pub(crate) fn create_request(formats: Formats) -> CreateRequest {
    CreateRequest {
        caller: caller(),
        spoken: Spoken {
            protocol: version(formats),
            suite: Some(SuiteId::ONE),
        },
        body: CreateSession {
            size: 10_016,
            hash: original().to_string(),
            content_type: "image/jpeg".to_owned(),
            crypto_suite_id: 1,
            protocol_version: version(formats).to_string(),
            blob_role: "original".to_owned(),
            manifest_envelope: envelope(formats, original()),
            album_id: Some(album()),
            owner_id: None,
            intent_id: None,
        },
    }
}

pub(crate) fn session_facts(formats: Formats) -> SessionFacts {
    SessionFacts {
        now: now(),
        fresh_id: upload(),
        album: Some(album_facts(formats)),
        device: Some(device_facts()),
        asset: AssetFacts::default(),
        quota: QuotaFacts::default(),
        duplicate: None,
    }
}

/// A session as [`create_request`] opens it.
pub(crate) fn session(formats: Formats) -> Session {
    Session {
        id: upload(),
        uploader: caller(),
        owner: caller(),
        album: album(),
        role: BlobRole::Original,
        size: 10_016,
        reserved: 10_016,
        hash: original(),
        content_type: "image/jpeg".to_owned(),
        protocol: version(formats),
        suite: SuiteId::ONE,
        envelope: envelope(formats, original()),
        status: UploadStatus::Pending,
        received: 0,
        created_at: now(),
        last_progress_at: now(),
    }
}
