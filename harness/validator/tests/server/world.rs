//! Who and what the tests talk about: honest facts and requests, to be changed in one property.

use gauntlet_validator::server::{
    AlbumFacts, CreateRequest, DeviceFacts, QuotaFacts, Session, SessionFacts, Spoken,
};
use gauntlet_wire::enums::{BlobRole, KeyMode, UploadStatus};
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, UploadId, UserId};
use gauntlet_wire::json::{CreateSession, ManifestEnvelope};
use gauntlet_wire::manifest::CHUNK_SIZE;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::{SignedDuration, Timestamp};

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
        created_by_device: DeviceId::from_slice(&[7; 16]).unwrap(),
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
        album: Some(AlbumFacts {
            pin: version(formats),
            caller_may_write: true,
        }),
        device: Some(DeviceFacts {
            added_at: time(now() - days(100)),
            revoked_at: None,
        }),
        quota: QuotaFacts { used: 0 },
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
