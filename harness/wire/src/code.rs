//! Error codes (`wire.md` §1.5): stable names that clients switch on.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

macro_rules! codes {
    ($($variant:ident = $text:literal,)*) => {
        /// One error code of the contract's catalogue.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant is its own text, right beside it")]
        pub enum Code { $($variant,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The text on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }
        }
    };
}

codes! {
    ProtocolVersionUnsupported = "error.protocol.version_unsupported",

    UploadAlbumAccessDenied = "error.upload.album_access_denied",
    UploadAlbumQuiescing = "error.upload.album_quiescing",
    UploadAmkRegressed = "error.upload.amk_regressed",
    UploadChecksumMismatch = "error.upload.checksum_mismatch",
    UploadChunkConflict = "error.upload.chunk_conflict",
    UploadChunkNotAligned = "error.upload.chunk_not_aligned",
    UploadChunkTooLarge = "error.upload.chunk_too_large",
    UploadContentHashMismatch = "error.upload.content_hash_mismatch",
    UploadDeviceNotAuthorized = "error.upload.device_not_authorized",
    UploadDuplicateBlob = "error.upload.duplicate_blob",
    UploadEmptyChunk = "error.upload.empty_chunk",
    UploadEnvelopeMismatch = "error.upload.envelope_mismatch",
    UploadEnvelopeRejected = "error.upload.envelope_rejected",
    UploadFileTooLarge = "error.upload.file_too_large",
    UploadFinalizeInProgress = "error.upload.finalize_in_progress",
    UploadForbidden = "error.upload.forbidden",
    UploadInvalidAction = "error.upload.invalid_action",
    UploadInvalidHash = "error.upload.invalid_hash",
    UploadInvalidSize = "error.upload.invalid_size",
    UploadInvalidStatusFilter = "error.upload.invalid_status_filter",
    UploadMalformedRequest = "error.upload.malformed_request",
    UploadMissingChecksum = "error.upload.missing_checksum",
    UploadMissingOffset = "error.upload.missing_offset",
    UploadOffsetMismatch = "error.upload.offset_mismatch",
    UploadOwnerNotPermitted = "error.upload.owner_not_permitted",
    UploadReceiptNotAvailable = "error.upload.receipt_not_available",
    UploadReplaceIncomplete = "error.upload.replace_incomplete",
    UploadSessionNotActive = "error.upload.session_not_active",
    UploadSessionNotFound = "error.upload.session_not_found",
    UploadSizeExceeded = "error.upload.size_exceeded",
    UploadStaleRevival = "error.upload.stale_revival",
    UploadStorageInconsistent = "error.upload.storage_inconsistent",
    UploadTimestampOutOfRange = "error.upload.timestamp_out_of_range",
    UploadUnavailable = "error.upload.unavailable",
    UploadUnknownCryptoSuite = "error.upload.unknown_crypto_suite",
    UploadUnknownSidecarSchema = "error.upload.unknown_sidecar_schema",
    UploadUnsupportedContentType = "error.upload.unsupported_content_type",
    UploadUnsupportedMediaType = "error.upload.unsupported_media_type",

    AlbumInvalidId = "error.album.invalid_id",
    AlbumLedgerAttester = "error.album.ledger_attester",
    AlbumLedgerMalformed = "error.album.ledger_malformed",
    AlbumLedgerNotFound = "error.album.ledger_not_found",
    AlbumLedgerStale = "error.album.ledger_stale",
    AlbumNotAvailable = "error.album.not_available",
    AlbumUnavailable = "error.album.unavailable",
    AlbumUpgradeInFlight = "error.album.upgrade_in_flight",
    AlbumUpgradeMalformed = "error.album.upgrade_malformed",
    AlbumUpgradeNotFound = "error.album.upgrade_not_found",
    AlbumUpgradeProposer = "error.album.upgrade_proposer",

    AuthInvalidCredentials = "error.auth.invalid_credentials",
    AuthRateLimited = "error.auth.rate_limited",
    AuthSessionExpired = "error.auth.session_expired",

    BlobAccessRevoked = "error.blob.access_revoked",
    BlobGone = "error.blob.gone",
    BlobNotFound = "error.blob.not_found",
    BlobPendingUpload = "error.blob.pending_upload",
    BlobUnavailable = "error.blob.unavailable",

    DirectoryIdentityMismatch = "error.directory.identity_mismatch",
    DirectoryMalformed = "error.directory.malformed",
    DirectoryNotPublished = "error.directory.not_published",
    DirectoryUnavailable = "error.directory.unavailable",
    DirectoryUnsupportedMediaType = "error.directory.unsupported_media_type",
    DirectoryVersionConflict = "error.directory.version_conflict",

    QuotaExceeded = "error.quota.exceeded",
    QuotaGraceLocked = "error.quota.grace_locked",
    QuotaUnavailable = "error.quota.unavailable",

    StorageAssetNotFound = "error.storage.asset_not_found",
    StorageDeepRateLimited = "error.storage.deep_rate_limited",
    StorageInvalidRequest = "error.storage.invalid_request",
    StorageUnavailable = "error.storage.unavailable",

    SyncAlbumAccessDenied = "error.sync.album_access_denied",
    SyncCursorInvalid = "error.sync.cursor_invalid",
    SyncUnauthenticated = "error.sync.unauthenticated",
    SyncUnavailable = "error.sync.unavailable",

    RequestFailed = "error.request.failed",
    RequestForbidden = "error.request.forbidden",
    RequestMalformed = "error.request.malformed",
    RequestMethodNotAllowed = "error.request.method_not_allowed",
    RequestNotAcceptable = "error.request.not_acceptable",
    RequestNotFound = "error.request.not_found",
    RequestTooLarge = "error.request.too_large",
    RequestUnauthenticated = "error.request.unauthenticated",
    RequestUnprocessable = "error.request.unprocessable",
    RequestUnsupportedMediaType = "error.request.unsupported_media_type",

    Unexpected = "error.unexpected",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no code of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an error code of the contract")]
pub struct UnknownCode(String);

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| UnknownCode(text.chars().take(80).collect()))
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
