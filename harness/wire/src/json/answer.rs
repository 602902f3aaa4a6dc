//! Bodies that servers send. Unknown members are ignored: a newer server may say more.

use crate::enums::{BlobRole, Change, UploadStatus};
use crate::id::{AlbumId, AssetId, Hash, UploadId};
use crate::time::Timestamp;
use crate::version::ProtocolVersion;
use serde::{Deserialize, Serialize};

/// 201 and 200 of `POST /v1/upload`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionCreated {
    /// The session.
    pub id: UploadId,
    /// Its path.
    pub upload_url: String,
    /// Advice only, in bytes.
    pub suggested_chunk_size: u64,
}

/// `GET /v1/upload/sessions`, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionList {
    /// The caller's sessions.
    pub sessions: Vec<SessionSummary>,
}

/// One upload session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSummary {
    /// The session.
    pub id: UploadId,
    /// The asset that it is for.
    pub asset_id: AssetId,
    /// The album.
    #[serde(default)]
    pub album_id: Option<AlbumId>,
    /// What the blob is to its asset.
    pub blob_role: BlobRole,
    /// Where it stands.
    pub status: UploadStatus,
    /// Bytes acknowledged.
    pub received_bytes: u64,
    /// Bytes declared.
    pub total_size: u64,
    /// Server time of the creation.
    pub created_at: Timestamp,
    /// Server time of the last accepted chunk.
    pub last_progress_at: Timestamp,
}

/// `POST /v1/albums`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlbumCreated {
    /// The album.
    pub album_id: AlbumId,
    /// The version that it is pinned to.
    pub protocol_version: ProtocolVersion,
    /// Whether this request created it.
    pub created: bool,
}

/// `GET /v1/sync`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPage {
    /// Entries in the order of `sync_seq`.
    pub entries: Vec<SyncEntry>,
    /// Where the next page starts.
    pub next_cursor: String,
    /// Whether there is more by now.
    pub has_more: bool,
}

/// One write, as the feed shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncEntry {
    /// The asset.
    pub asset_id: AssetId,
    /// The album.
    pub album_id: AlbumId,
    /// The album's pin.
    pub protocol_version: ProtocolVersion,
    /// The server's own sequence number.
    pub sync_seq: u64,
    /// What happened.
    pub change: Change,
    /// The exact uploaded record, base64 (RFC 4648 §4, padded).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_cbor: Option<String>,
    /// The content address of the metadata blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_blob: Option<Hash>,
    /// Every blob of the asset.
    pub blobs: Vec<BlobRef>,
    /// Whether the original's bytes are held.
    pub original_held: bool,
    /// Server time of the change.
    pub changed_at: Timestamp,
}

/// A blob of an asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobRef {
    /// What it is to the asset.
    pub role: BlobRole,
    /// Its content address.
    pub hash: Hash,
    /// Its length in bytes.
    pub size: u64,
}

/// `POST /v1/storage/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageVerdicts {
    /// One verdict per asset asked about, in that order.
    pub assets: Vec<AssetVerdict>,
}

/// The server's word on one asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetVerdict {
    /// The asset.
    pub asset_id: AssetId,
    /// Whether every hash asked about is stored, indexed and retrievable.
    pub durable: bool,
    /// One verdict per hash asked about, in that order.
    pub blobs: Vec<BlobVerdict>,
    /// `intact`, `corrupt` or `rate_limited`, where a deep read was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deep: Option<String>,
    /// Server time of the check.
    pub checked_at: Timestamp,
}

/// The server's word on one blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobVerdict {
    /// The content address asked about, as it was spelled.
    pub hash: String,
    /// Whether the bytes are on disk.
    pub stored: bool,
    /// Whether the asset refers to them.
    pub indexed: bool,
    /// Whether the caller could fetch them now.
    pub retrievable: bool,
    /// What the blob is to the asset; `unknown` where it is not held.
    pub role: String,
}

/// `GET /v1/quota`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Bytes held plus live reservations.
    pub used: u64,
    /// Where warnings start, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soft_limit: Option<u64>,
    /// Where refusals start, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hard_limit: Option<u64>,
    /// `ok`, `soft_warning`, `hard_exceeded` or `grace_expired`.
    pub state: String,
}

/// `GET /v1/version`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The server's name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// `POST /v1/auth/devices/directory`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryPublished {
    /// The version that is now stored.
    pub directory_version: u64,
}

/// `GET /.well-known/capsule/server-info`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// The server's id.
    pub server_id: String,
    /// Where its API starts.
    pub api_base_url: String,
    /// How callers authenticate.
    pub auth: String,
    /// Where peers find it, if it federates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub federation_url: Option<String>,
    /// Oldest version that may write.
    pub protocol_min: ProtocolVersion,
    /// Newest version that may write.
    pub protocol_max: ProtocolVersion,
    /// The key that signs its tokens, base64.
    pub signing_key: String,
    /// Announced deprecations.
    #[serde(default)]
    pub deprecations: Vec<String>,
}

/// `GET /.well-known/capsule/revoked-jti`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedJti {
    /// Server time of the list.
    pub generated_at: Timestamp,
    /// How long a verifier may rely on it, in seconds.
    pub max_staleness_seconds: u64,
    /// The revoked capabilities.
    pub revoked: Vec<serde_json::Value>,
}
