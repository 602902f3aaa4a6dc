//! Effects: the only things that a plan can change.

use super::{ChainLink, Freeze, Session, Upgrade};
use gauntlet_wire::derivative::DerivativeChain;
use gauntlet_wire::enums::{BlobRole, Change, UploadStatus};
use gauntlet_wire::id::{AlbumId, AssetId, Hash, IntentId, UserId};
use gauntlet_wire::version::ProtocolVersion;

/// One change to the server's state. A server applies the effects of a plan in order and, but for
/// the bytes themselves, in the transaction that loaded the facts.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Insert the session and reserve [`Session::reserved`] against the owner's quota.
    OpenSession(Box<Session>),
    /// Write the first `length` bytes of the request's body at `offset` and flush them to disk.
    Write {
        /// Where in the session's file, in bytes.
        offset: u64,
        /// How many bytes of the body.
        length: u64,
    },
    /// Remember the chunk, so that a replay is told from a conflict.
    RecordChunk {
        /// Where the chunk starts.
        offset: u64,
        /// Its length in bytes.
        length: u64,
        /// SHA-256 of its bytes.
        checksum: Hash,
    },
    /// The session's received count, in bytes; also marks progress.
    SetReceived(u64),
    /// The session's state.
    SetStatus(UploadStatus),
    /// Give the session's reserved bytes back to the quota.
    ReleaseReservation,
    /// Delete the session's partial bytes.
    DiscardBytes,
    /// Forget the session altogether.
    RemoveSession,
    /// Move the session's bytes to their content address.
    PromoteBlob {
        /// The content address.
        hash: Hash,
        /// The length in bytes.
        size: u64,
    },
    /// Store a part of the request, the one that hashes to `hash`, at its content address: a record, a
    /// metadata blob or a derivative manifest that came with an op.
    StoreBlob {
        /// The content address.
        hash: Hash,
        /// The length in bytes.
        size: u64,
    },
    /// Bind the id of an asset to its first album, for ever (row X6).
    ClaimAsset {
        /// The asset.
        asset: AssetId,
        /// The album.
        album: AlbumId,
    },
    /// Record that `asset` refers to `hash` in `role`. References are the oldest first, and a blob is
    /// charged to the payer of its oldest reference; a new reference cancels the mark of a blob.
    BindBlob {
        /// The album that the asset lives in.
        album: AlbumId,
        /// The asset that holds the blob.
        asset: AssetId,
        /// What the blob is to the asset.
        role: BlobRole,
        /// The content address.
        hash: Hash,
        /// The length in bytes.
        size: u64,
        /// Whose quota it is charged to.
        payer: UserId,
        /// The prior of the write that the blob was brought for; see [`super::HeldBlob::prior`].
        prior: Option<Hash>,
    },
    /// Forget that `asset` refers to `hash` in `role`. The bytes stay until garbage collection finds
    /// that nothing refers to them.
    UnbindBlob {
        /// The asset that held the blob.
        asset: AssetId,
        /// What the blob was to the asset.
        role: BlobRole,
        /// The content address.
        hash: Hash,
    },
    /// Append the record to its asset's chain, as the new head.
    AdvanceHead(Box<ChainLink>),
    /// Append a derivative manifest to its chain, as the new head.
    AdvanceDerivative {
        /// The chain.
        chain: DerivativeChain,
        /// The content address of the manifest: the link that becomes the head.
        link: Hash,
    },
    /// Put the asset into the trash: [`super::AssetState::Trashed`].
    Trash {
        /// The asset.
        asset: AssetId,
        /// Server time of the delete.
        since: jiff::Timestamp,
        /// Until when the delete says that it can be taken back.
        until: jiff::Timestamp,
    },
    /// Take the asset out of the trash: [`super::AssetState::Live`].
    Restore {
        /// The asset.
        asset: AssetId,
    },
    /// Make a tombstone of the asset, for ever: [`super::AssetState::Purged`].
    Purge {
        /// The asset.
        asset: AssetId,
    },
    /// Remember the intent as the album's live one.
    OpenUpgrade(Box<Upgrade>),
    /// Forget the album's live intent, and remember that it has been there.
    EndUpgrade {
        /// The album.
        album: AlbumId,
        /// The intent.
        intent: IntentId,
    },
    /// Freeze the album for good, and forget its live intent.
    FreezeAlbum(Box<Freeze>),
    /// Show the write on the sync feed, under the next sequence number.
    Publish(Publication),
}

/// One entry of the sync feed before the server has numbered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The asset written.
    pub asset: AssetId,
    /// The album that it lives in.
    pub album: AlbumId,
    /// The album's pin.
    pub protocol: ProtocolVersion,
    /// What happened to the asset.
    pub change: Change,
    /// The record that carries the change.
    pub link: Hash,
    /// The metadata blob of the asset from this change on.
    pub metadata: Hash,
    /// Server time of the change; never the client's.
    pub changed_at: jiff::Timestamp,
    /// The sequence number: `None` asks the server for its next one, and nothing else is lawful.
    pub sync_seq: Option<u64>,
}
