//! Bodies that clients send. Unknown members are refused at the top level and in the envelope;
//! members stay raw text where a wrong value has a rejection of its own.

use crate::enums::KeyMode;
use crate::id::{AlbumId, AssetId, DeviceId, Hash, UserId};
use serde::{Deserialize, Serialize};

/// `POST /v1/upload`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateSession {
    /// The length of the blob in bytes.
    pub size: u64,
    /// The content address of the blob, 64 lowercase hex characters.
    pub hash: String,
    /// A member of the closed set of content types.
    pub content_type: String,
    /// The suite.
    pub crypto_suite_id: u16,
    /// The protocol version.
    pub protocol_version: String,
    /// What the blob is to its asset.
    pub blob_role: String,
    /// The manifest's JSON projection.
    pub manifest_envelope: ManifestEnvelope,
    /// The album.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album_id: Option<AlbumId>,
    /// The account that pays; the caller where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<UserId>,
    /// The upgrade intent that the write belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<String>,
}

/// The manifest's JSON projection (`wire.md` §1.4). It carries no signatures; the signed CBOR travels
/// as the `provenance` blob. A-version envelopes omit the B fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestEnvelope {
    /// The suite.
    pub crypto_suite_id: u16,
    /// The protocol version.
    pub protocol_version: String,
    /// The album.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub album_id: Option<AlbumId>,
    /// The asset.
    pub file_id: AssetId,
    /// The epoch of the album's master key.
    pub amk_version: u32,
    /// The content address of the blob that *this session* uploads.
    pub ciphertext_hash: String,
    /// The original's plaintext length in bytes.
    pub plaintext_size: u64,
    /// Plaintext bytes per STREAM chunk.
    pub chunk_size: u32,
    /// How the file key is come by (B).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_mode: Option<KeyMode>,
    /// The content address of the metadata blob (B).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_blob_hash: Option<Hash>,
    /// The content address of the original; required on replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_blob_hash: Option<Hash>,
    /// The account that wrote.
    pub created_by_user: UserId,
    /// The device that wrote.
    pub created_by_device: DeviceId,
    /// What the writing client calls itself.
    pub client_version: String,
    /// When it was written.
    pub timestamp: String,
    /// What is done to the asset.
    pub action: String,
    /// The link that the record continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_provenance_hash: Option<Hash>,
    /// Until when a delete can be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_until: Option<String>,
}

/// `POST /v1/albums`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateAlbum {
    /// The album's id, chosen by the client.
    pub album_id: String,
}

/// `POST /v1/storage/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageVerify {
    /// The assets asked about.
    pub assets: Vec<VerifyAsset>,
    /// Whether to read the bytes again and hash them.
    #[serde(default)]
    pub deep: bool,
}

/// One asset of a storage verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyAsset {
    /// The asset.
    pub asset_id: AssetId,
    /// The content addresses asked about.
    pub blob_hashes: Vec<String>,
}
