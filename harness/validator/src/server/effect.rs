//! Effects: the only things that a plan can change.

use super::Session;
use gauntlet_wire::enums::{BlobRole, Change, UploadStatus};
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use gauntlet_wire::version::ProtocolVersion;

/// One change to the server's state. A server applies the effects of a plan in order and, but for
/// the bytes themselves, in the transaction that loaded the facts.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Insert the session and reserve its declared size against the owner's quota.
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
    /// Record that `asset` refers to `hash` in `role`; charges the owner.
    BindBlob {
        /// The asset that holds the blob.
        asset: AssetId,
        /// What the blob is to the asset.
        role: BlobRole,
        /// The content address.
        hash: Hash,
        /// The length in bytes.
        size: u64,
    },
    /// Append the record to the asset's chain.
    AdvanceHead {
        /// The asset.
        asset: AssetId,
        /// The chain link that becomes the head.
        link: Hash,
    },
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
    /// The metadata blob that the change commits to.
    pub metadata: Hash,
    /// Server time of the change; never the client's.
    pub changed_at: jiff::Timestamp,
    /// The sequence number: `None` asks the server for its next one, and nothing else is lawful.
    pub sync_seq: Option<u64>,
}
