//! Bodies of lifecycle operations, ledgers and upgrades (`wire.md` §1.3, `formats.md` §11).

use super::ManifestEnvelope;
use crate::enums::Action;
use crate::id::{AlbumId, AssetId, Hash, IntentId};
use crate::time::Timestamp;
use crate::version::ProtocolVersion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// `POST /v1/albums/{album_id}/ops`. A metadata blob that does not fit the body is uploaded before, and
/// named by the manifest alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleOp {
    /// The manifest's JSON projection.
    pub manifest_envelope: ManifestEnvelope,
    /// The canonical *record*, base64.
    pub manifest_cbor: String,
    /// The sealed sidecar that the manifest commits to, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_blob: Option<String>,
    /// The canonical derivative manifest of a derivative op, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derivative_cbor: Option<String>,
}

/// The answer to an accepted lifecycle op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpAccepted {
    /// The asset.
    pub asset_id: AssetId,
    /// The server's own sequence number of the write.
    pub sync_seq: u64,
    /// What was done.
    pub action: Action,
    /// Whether this manifest had been accepted before, so that nothing was written now.
    pub replayed: bool,
}

/// `PUT /v1/albums/{album_id}/ledger`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerStored {
    /// The album.
    pub album_id: AlbumId,
    /// The highest epoch that is now attested.
    pub ceiling: u32,
}

/// `GET` and `POST /v1/albums/{album_id}/upgrade`. Without a live intent only album and count are
/// given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeStatus {
    /// The album.
    pub album_id: AlbumId,
    /// The live intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_id: Option<IntentId>,
    /// The version that it leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_protocol_version: Option<ProtocolVersion>,
    /// Server time at which it lapses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Upload sessions of the album that are not terminal.
    pub in_flight: u64,
}

/// `POST /v1/albums/{album_id}/upgrade/complete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompleteUpgrade {
    /// The live intent.
    pub intent_id: IntentId,
    /// What the members froze: computed by them, not judged by the server.
    pub frozen_state_hash: Hash,
    /// The album that goes on.
    pub successor_album_id: AlbumId,
}

/// The answer to [`CompleteUpgrade`]: the album takes no write any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeCompleted {
    /// The album that is frozen.
    pub album_id: AlbumId,
    /// The ceremony that froze it.
    pub intent_id: IntentId,
    /// The album that goes on.
    pub successor_album_id: AlbumId,
}

/// A text that is not base64.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected base64 of RFC 4648 §4 with padding: {0}")]
pub struct Base64Error(String);

/// The bytes of a base64 member: the standard alphabet, padded, with no stray bits, so that bytes have
/// one spelling.
///
/// # Errors
/// Any other text.
pub fn from_base64(text: &str) -> Result<Vec<u8>, Base64Error> {
    STANDARD
        .decode(text)
        .map_err(|error| Base64Error(error.to_string()))
}

/// The base64 member of these bytes.
#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
