//! The rules that a server refuses by, each named once and mapped once to its answer.
//!
//! A rule's name says what must hold; a rejection *by* a rule says that it does not. Server and
//! harness share this table because it is the contract (`wire.md` §2 and §3), not an
//! implementation of it.

use crate::code::Code;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! rules {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal, $invariant:expr, $status:literal, $code:ident;)*) => {
        /// A rule of the contract that a request can break.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[doc = $doc])* $variant,)* }

        impl Rule {
            /// Every rule, in the order in which the contract lists them.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// The stable kebab-case name, as `rows.toml` and reports write it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$variant => $name,)* }
            }

            /// What has to hold, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Rule::$variant => concat!($($doc,)*).trim_ascii(),)* }
            }

            /// The server invariant (`wire.md` §2) that the rule belongs to, where it has one.
            #[must_use]
            pub const fn invariant(self) -> Option<u8> {
                match self { $(Rule::$variant => $invariant,)* }
            }

            /// The HTTP status of a rejection by this rule.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Rule::$variant => $status,)* }
            }

            /// The error code of a rejection by this rule.
            #[must_use]
            pub const fn code(self) -> Code {
                match self { $(Rule::$variant => Code::$code,)* }
            }
        }
    };
}

rules! {
    /// Exactly one well-formed `X-Capsule-Protocol` header.
    ProtocolStated = "protocol-stated", Some(1), 400, RequestMalformed;
    /// Invariant 1: a write speaks a version inside `[Min, Max]`.
    ProtocolInWindow = "protocol-in-window", Some(1), 426, ProtocolVersionUnsupported;
    /// At most one well-formed `X-Capsule-Crypto-Suite` header, and one on every write.
    SuiteStated = "suite-stated", Some(2), 400, RequestMalformed;
    /// Invariant 2: the suite, in header and body, is in the inventory.
    SuiteKnown = "suite-known", Some(2), 400, UploadUnknownCryptoSuite;
    /// Invariant 3: the declared hash is lowercase hex of the suite's digest length.
    HashWellFormed = "hash-well-formed", Some(3), 400, UploadInvalidHash;
    /// Invariant 4: the declared size is above zero.
    SizePositive = "size-positive", Some(4), 400, UploadInvalidSize;
    /// Invariant 4: the declared size is at most `max_file_size`.
    SizeWithinMax = "size-within-max", Some(4), 413, UploadFileTooLarge;
    /// Invariant 5: the content type is in the closed set of the protocol version.
    ContentTypeKnown = "content-type-known", Some(5), 400, UploadUnsupportedContentType;
    /// Invariant 6: the album exists, the caller may write to it, and its pin is the version spoken.
    AlbumWritable = "album-writable", Some(6), 403, UploadAlbumAccessDenied;
    /// Invariant 7: the device is in the caller's published directory, added before the timestamp.
    DeviceListed = "device-listed", Some(7), 403, UploadDeviceNotAuthorized;
    /// Invariant 7 and row 24: the device is not revoked, from the first byte to the last.
    DeviceNotRevoked = "device-not-revoked", Some(7), 403, UploadDeviceNotAuthorized;
    /// Invariant 8: the timestamp is within the drift bound of the server's clock.
    TimestampInRange = "timestamp-in-range", Some(8), 400, UploadTimestampOutOfRange;
    /// The body is strict JSON of the declared shape (`wire.md` §1.3).
    BodyWellFormed = "body-well-formed", None, 400, UploadMalformedRequest;
    /// Headers, top-level fields and envelope agree (`wire.md` §1.4).
    EnvelopeAgrees = "envelope-agrees", None, 400, UploadEnvelopeMismatch;
    /// The owner is the caller.
    OwnerPermitted = "owner-permitted", None, 403, UploadOwnerNotPermitted;
    /// Used plus declared bytes stay within the hard limit (`wire.md` §3, quota).
    QuotaAdmits = "quota-admits", None, 403, QuotaExceeded;
    /// An account over its hard limit for longer than the grace adds nothing (`wire.md` §3, quota).
    QuotaInGrace = "quota-in-grace", None, 403, QuotaGraceLocked;
    /// The blob is not already held by a finished upload of the same (owner, hash, album).
    BlobNew = "blob-new", None, 409, UploadDuplicateBlob;

    /// The session exists; unknown, expired and discarded are alike.
    SessionFound = "session-found", None, 404, UploadSessionNotFound;
    /// The caller is the session's uploader (or owner, where the operation admits one).
    SessionCaller = "session-caller", None, 403, UploadForbidden;
    /// The session still takes chunks.
    SessionActive = "session-active", None, 409, UploadSessionNotActive;
    /// The `status` filter of a session listing is a state name.
    StatusFilterKnown = "status-filter-known", None, 400, UploadInvalidStatusFilter;
    /// Invariant 10: a chunk is `application/octet-stream`.
    ChunkMediaType = "chunk-media-type", Some(10), 415, UploadUnsupportedMediaType;
    /// Invariant 10: a chunk is not empty.
    ChunkNotEmpty = "chunk-not-empty", Some(10), 400, UploadEmptyChunk;
    /// Invariant 10: a chunk is at most 16 MiB.
    ChunkWithinMax = "chunk-within-max", Some(10), 413, UploadChunkTooLarge;
    /// Invariant 10: a chunk that is not the last is a multiple of 4 KiB.
    ChunkAligned = "chunk-aligned", Some(10), 400, UploadChunkNotAligned;
    /// Invariant 12: the checksum header is present and well formed.
    ChecksumStated = "checksum-stated", Some(12), 400, UploadMissingChecksum;
    /// Invariant 12: the checksum header is that of the body.
    ChecksumMatches = "checksum-matches", Some(12), 400, UploadChecksumMismatch;
    /// Invariant 12: a chunk at an accepted offset is the chunk accepted there.
    ChunkUnchanged = "chunk-unchanged", Some(12), 409, UploadChunkConflict;
    /// Invariant 9: the offset header is present and well formed.
    OffsetStated = "offset-stated", Some(9), 400, UploadMissingOffset;
    /// Invariant 9: a new chunk starts at the received count.
    OffsetSequential = "offset-sequential", Some(9), 409, UploadOffsetMismatch;
    /// Invariant 11: the bytes received never exceed the declared size.
    SizeBound = "size-bound", Some(11), 400, UploadSizeExceeded;

    /// Of the requests that complete a session one finalizes it (`wire.md` §3).
    FinalizeSole = "finalize-sole", None, 409, UploadFinalizeInProgress;
    /// Invariant 13: the bytes held are as many as declared.
    LengthComplete = "length-complete", Some(13), 400, UploadContentHashMismatch;
    /// Invariant 14: the recomputed hash is the declared one.
    HashMatches = "hash-matches", Some(14), 400, UploadContentHashMismatch;
    /// Invariant 15: invariants 1–8 still hold when the upload is finalized.
    EnvelopeStillHolds = "envelope-still-holds", Some(15), 400, UploadEnvelopeRejected;
    /// Invariant 16: the action is one of the seven.
    ActionKnown = "action-known", Some(16), 400, UploadInvalidAction;
    /// Invariant 16: the action is one that the surface, upload or op, carries.
    ActionFits = "action-fits", Some(16), 400, UploadInvalidAction;
    /// Invariant 17: the prior is the stored head of that asset's chain.
    HeadCurrent = "head-current", Some(17), 409, UploadStaleRevival;
    /// Invariant 18: the epoch is not below the highest that the album has accepted.
    EpochNotRegressed = "epoch-not-regressed", Some(18), 400, UploadAmkRegressed;
    /// Invariant 18: the album's stored ledger attests the epoch.
    EpochAttested = "epoch-attested", Some(18), 400, UploadAmkRegressed;
    /// Invariant 25: the metadata blob hashes to what the manifest commits to (version B).
    MetadataHashMatches = "metadata-hash-matches", Some(25), 400, UploadEnvelopeMismatch;
    /// A `provenance` upload holds a canonical provenance record (`formats.md` §4).
    RecordWellFormed = "record-well-formed", None, 400, UploadEnvelopeRejected;
    /// The record says what its envelope said (`formats.md` §11).
    RecordAgrees = "record-agrees", None, 400, UploadEnvelopeMismatch;
    /// `device_sig` verifies under the device's key in the directory (`formats.md` §4, row X1).
    DeviceSignatureValid = "device-signature-valid", None, 400, UploadEnvelopeRejected;
    /// `write_sig` verifies under the epoch's write-tier key in the ledger (`formats.md` §4, row X1).
    WriteSignatureValid = "write-signature-valid", None, 400, UploadEnvelopeRejected;
    /// The asset's id is free, or the caller's own in this album, for ever (row X6).
    AssetIdOwned = "asset-id-owned", None, 403, UploadForbidden;
    /// No earlier original of the asset was sealed with the nonce prefix (`formats.md` §10, row 21).
    NoncePrefixFresh = "nonce-prefix-fresh", None, 400, UploadEnvelopeRejected;
    /// The blobs that a manifest names are held, or come with it.
    BlobsHeld = "blobs-held", None, 400, UploadEnvelopeRejected;
    /// A replace lands after everything that it brings (`wire.md` §3, finalization).
    ReplaceComplete = "replace-complete", None, 409, UploadReplaceIncomplete;
    /// A delete states until when it can be taken back.
    RetentionStated = "retention-stated", None, 400, UploadEnvelopeRejected;
    /// A delete can be taken back for as long as the floor on retention demands (row X3).
    RetentionFloor = "retention-floor", None, 400, UploadEnvelopeRejected;
    /// A restore comes while the delete can be taken back, by the server's clock.
    RestoreInTime = "restore-in-time", None, 409, UploadStaleRevival;
    /// A derivative op, and no other, carries one canonical derivative manifest (`formats.md` §11).
    DerivativeWellFormed = "derivative-well-formed", None, 400, UploadEnvelopeRejected;
    /// A derivative is of the op's asset, by its device, in its suite, of a format of its version.
    DerivativeAgrees = "derivative-agrees", None, 400, UploadEnvelopeMismatch;
    /// A derivative continues the stored head of its asset, role and format (row 8).
    DerivativeHeadCurrent = "derivative-head-current", None, 409, UploadStaleRevival;
    /// Exactly one well-formed `X-Capsule-Sidecar-Schema` header on a metadata update.
    SchemaStated = "schema-stated", None, 400, RequestMalformed;
    /// The stated sidecar schema is one that the server knows (row 1).
    SchemaKnown = "schema-known", None, 400, UploadUnknownSidecarSchema;

    /// Invariant 22: a sync cursor was issued by this server to this caller for this scope.
    CursorBound = "cursor-bound", Some(22), 400, SyncCursorInvalid;
    /// A device directory travels as `application/cbor`.
    DirectoryMediaType = "directory-media-type", None, 415, DirectoryUnsupportedMediaType;
    /// Invariant 23: the document is a canonical device directory of the caller.
    DirectoryWellFormed = "directory-well-formed", Some(23), 400, DirectoryMalformed;
    /// Invariant 23: the directory verifies under the identity key fixed at first publish.
    DirectoryAnchored = "directory-anchored", Some(23), 403, DirectoryIdentityMismatch;
    /// Invariant 23: `directory_version` is strictly above the stored one.
    DirectoryAdvances = "directory-advances", Some(23), 409, DirectoryVersionConflict;
    /// Every stored entry is kept; a revocation is all that may change of it (`formats.md` §5).
    DirectoryEntriesKept = "directory-entries-kept", None, 409, DirectoryVersionConflict;

    /// An album id is well formed.
    AlbumIdWellFormed = "album-id-well-formed", None, 400, AlbumInvalidId;
    /// An album id is free or the caller's own.
    AlbumAvailable = "album-available", None, 403, AlbumNotAvailable;
    /// A ledger and an upgrade intent travel as `application/cbor`.
    DocumentMediaType = "document-media-type", None, 415, RequestUnsupportedMediaType;
    /// The body is a canonical epoch ledger of the album, in its version (`formats.md` §5).
    LedgerWellFormed = "ledger-well-formed", None, 400, AlbumLedgerMalformed;
    /// Every entry verifies under the admin key, which is that of the stored ledger.
    LedgerAttested = "ledger-attested", None, 403, AlbumLedgerAttester;
    /// The ledger holds every stored entry unchanged (`formats.md` §11).
    LedgerExtends = "ledger-extends", None, 409, AlbumLedgerStale;
    /// The album has a ledger.
    LedgerFound = "ledger-found", None, 404, AlbumLedgerNotFound;
    /// The body is a canonical upgrade intent of the album, from its pin to a known later version.
    UpgradeWellFormed = "upgrade-well-formed", None, 400, AlbumUpgradeMalformed;
    /// An upgrade intent is signed by a listed device of one who may upgrade the album.
    UpgradeProposer = "upgrade-proposer", None, 403, AlbumUpgradeProposer;
    /// The album has no other live intent (`wire.md` §8).
    UpgradeSole = "upgrade-sole", None, 409, AlbumUpgradeInFlight;
    /// The intent named is the album's live one.
    UpgradeFound = "upgrade-found", None, 404, AlbumUpgradeNotFound;
    /// An upgrade is completed once no upload to the album is in flight (`wire.md` §8).
    UpgradeDrained = "upgrade-drained", None, 409, UploadAlbumQuiescing;
    /// While an intent lives, a write names it (`wire.md` §8, row 18).
    AlbumNotQuiescing = "album-not-quiescing", None, 409, UploadAlbumQuiescing;
    /// A completed upgrade has not frozen the album (`formats.md` §11).
    AlbumNotFrozen = "album-not-frozen", None, 409, UploadAlbumQuiescing;
    /// The album of a feed is one of the caller's.
    FeedVisible = "feed-visible", None, 403, SyncAlbumAccessDenied;
    /// The caller is authenticated.
    Authenticated = "authenticated", None, 401, RequestUnauthenticated;
    /// The blob exists and the caller may read it; every stranger sees the same answer.
    BlobVisible = "blob-visible", None, 404, BlobNotFound;
    /// The caller's own upload of the blob's bytes is finished.
    BlobFinished = "blob-finished", None, 409, BlobPendingUpload;
    /// The asset that held the blob for the caller was not purged.
    BlobKept = "blob-kept", None, 410, BlobGone;
    /// A question after stored bytes is strict JSON of well-formed hashes, within its bound.
    QuestionWellFormed = "question-well-formed", None, 400, StorageInvalidRequest;
    /// The user has published a device directory.
    DirectoryFound = "directory-found", None, 404, DirectoryNotPublished;
    /// What the query of a feed or of an upgrade says is well formed, and a page within its bound.
    QueryWellFormed = "query-well-formed", None, 400, RequestMalformed;
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no rule of the contract has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown rule `{0}`: see `Rule::ALL` in gauntlet-wire for the names")]
pub struct UnknownRule(pub String);

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Self, UnknownRule> {
        Self::ALL
            .iter()
            .copied()
            .find(|rule| rule.name() == name)
            .ok_or_else(|| UnknownRule(name.to_owned()))
    }
}

impl Serialize for Rule {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
