//! The store as a port. Another database stands behind the same four traits.

use async_trait::async_trait;
use gauntlet_validator::server::{
    AcceptedChunk, AlbumFacts, AssetFacts, DeviceFacts, DirectoryPlan, Duplicate, Effect,
    EpochFacts, Publication, Session,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::derivative::DerivativeChain;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, IntentId, UploadId, UserId};
use gauntlet_wire::ledger::EpochLedger;
use gauntlet_wire::version::ProtocolVersion;
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("store: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored value does not read back as what was written.
    #[error("store: column `{column}` holds {found}; expected {expected}")]
    Corrupt {
        /// The column.
        column: &'static str,
        /// What a sound row would hold.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// The database was laid out by another version of the server.
    #[error("store: the schema is of version {found}; expected {expected}")]
    Schema {
        /// The version found.
        found: i64,
        /// The version that this server writes.
        expected: i64,
    },
    /// A number is too large for the database.
    #[error("store: {what} is {value}; expected at most {}", i64::MAX)]
    OutOfRange {
        /// What the number counts.
        what: &'static str,
        /// The number.
        value: u64,
    },
    /// A session with the same (owner, hash, album) is active: the unique index behind the check.
    #[error("store: an active session of the same owner, hash and album exists")]
    AlreadyOpen,
    /// A plan that is about no session has an effect on one.
    #[error("store: the effect {0} needs a session")]
    NoSession(String),
    /// Another request moved the session to finalization first.
    #[error("store: the session is no longer active")]
    NoLongerActive,
}

/// An album row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Album {
    /// Who owns it.
    pub owner: UserId,
    /// The version that it is pinned to for life.
    pub pin: ProtocolVersion,
}

/// A published device directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedDirectory {
    /// Its version.
    pub version: u64,
    /// The identity key of the first publish.
    pub anchor: HybridPublicKey,
    /// The exact bytes that were published.
    pub document: Vec<u8>,
}

/// What deduplicates uploads (`wire.md` §3, idempotency).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuple {
    /// Whose quota pays.
    pub owner: UserId,
    /// The content address.
    pub hash: Hash,
    /// The album.
    pub album: AlbumId,
}

/// That an asset refers to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binding {
    /// What the blob is to the asset.
    pub role: BlobRole,
    /// Its content address.
    pub hash: Hash,
    /// Its length in bytes.
    pub size: u64,
}

/// That an asset on a page of a feed refers to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedBinding {
    /// The asset's album.
    pub album: AlbumId,
    /// The asset.
    pub asset: AssetId,
    /// The blob.
    pub binding: Binding,
    /// Whether it is one of the asset's derivative manifests.
    pub derivative_manifest: bool,
}

/// One page of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedQuery {
    /// Whose albums.
    pub owner: UserId,
    /// Only this album, where given.
    pub album: Option<AlbumId>,
    /// Only entries numbered above this.
    pub after: u64,
    /// At most so many entries.
    pub limit: u32,
}

/// A stored blob, as garbage collection sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredBlob {
    /// Its content address.
    pub hash: Hash,
    /// How many assets refer to it, counted now.
    pub references: u64,
    /// When it was marked, if it is.
    pub collectable_since: Option<Timestamp>,
}

/// What a server opens its store with, at every start.
#[async_trait]
pub trait OpenStore: Send + Sync + 'static {
    /// Opens the store of a data folder, laying it out if it is new.
    ///
    /// # Errors
    /// The store can't be opened, or another version laid it out.
    async fn open(&self, folder: &Path) -> Result<Arc<dyn Store>, StoreError>;
}

/// A database that holds the server's rows.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// A consistent view for reads. It never waits for writers.
    async fn read(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// The one write transaction of the moment: what it reads can't change before it commits.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;

    /// Closes every connection, after which nothing can be begun.
    async fn close(&self);
}

/// Reads. Sessions are those stored, expired ones included, unless a method takes `opened_after`:
/// it then sees sessions created after that instant, and those being finalized.
#[async_trait]
pub trait Snapshot: Send {
    /// The upload session of that id.
    async fn session(&mut self, id: UploadId) -> Result<Option<Session>, StoreError>;

    /// The sessions that `uploader` opened, oldest first.
    async fn sessions_of(&mut self, uploader: UserId) -> Result<Vec<Session>, StoreError>;

    /// Every stored session.
    async fn all_sessions(&mut self) -> Result<Vec<Session>, StoreError>;

    /// The acknowledged chunk that starts at `offset`.
    async fn accepted_chunk(
        &mut self,
        upload: UploadId,
        offset: u64,
    ) -> Result<Option<AcceptedChunk>, StoreError>;

    /// An earlier upload of the tuple: an active session, else a finished upload.
    async fn duplicate(
        &mut self,
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Result<Option<Duplicate>, StoreError>;

    /// Whether `owner` has an active session for those bytes, in any album.
    async fn is_pending(
        &mut self,
        owner: UserId,
        hash: Hash,
        opened_after: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Bytes charged to `owner`: blobs whose oldest reference it pays for, and live reservations
    /// (`formats.md` §11).
    async fn used(&mut self, owner: UserId, opened_after: Timestamp) -> Result<u64, StoreError>;

    /// Since when `owner` lies above its hard limit, as was marked last.
    async fn exceeded_since(&mut self, owner: UserId) -> Result<Option<Timestamp>, StoreError>;

    /// The album of that id.
    async fn album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError>;

    /// What the validator is told of the album of that id, about writes of `caller`.
    async fn album_facts(
        &mut self,
        id: AlbumId,
        caller: UserId,
    ) -> Result<Option<AlbumFacts>, StoreError>;

    /// The album's ledger.
    async fn ledger(
        &mut self,
        album: AlbumId,
    ) -> Result<Option<Canonical<EpochLedger>>, StoreError>;

    /// What records and ledger say of an epoch of the album.
    async fn epoch_facts(&mut self, album: AlbumId, epoch: u32) -> Result<EpochFacts, StoreError>;

    /// Upload sessions of the album that are not terminal.
    async fn in_flight(
        &mut self,
        album: AlbumId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Whether an upgrade of that id was ended, completed, or had lapsed by `now`.
    async fn upgrade_ended(
        &mut self,
        album: AlbumId,
        intent: IntentId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// The device in the user's published directory.
    async fn device(
        &mut self,
        user: UserId,
        device: DeviceId,
    ) -> Result<Option<DeviceFacts>, StoreError>;

    /// The user's published directory.
    async fn directory(&mut self, user: UserId) -> Result<Option<PublishedDirectory>, StoreError>;

    /// What is stored of an asset.
    async fn asset(&mut self, asset: AssetId) -> Result<AssetFacts, StoreError>;

    /// The number under which the feed shows a record of the album.
    async fn shown_as(&mut self, album: AlbumId, record: Hash) -> Result<Option<u64>, StoreError>;

    /// The head of a derivative chain.
    async fn derivative_head(
        &mut self,
        chain: &DerivativeChain,
    ) -> Result<Option<Hash>, StoreError>;

    /// Assets in the trash in the order of their ids, from above `after`.
    async fn trash(
        &mut self,
        after: Option<AssetId>,
        limit: u32,
    ) -> Result<Vec<AssetId>, StoreError>;

    /// Whether a reference to the blob is charged to `payer`.
    async fn refers(&mut self, payer: UserId, hash: Hash) -> Result<bool, StoreError>;

    /// The blobs of every asset on a page of a feed, oldest first: one question for all of them.
    async fn feed_bindings(&mut self, query: &FeedQuery) -> Result<Vec<FeedBinding>, StoreError>;

    /// The blobs of an asset in an album, oldest first.
    async fn bindings(
        &mut self,
        album: AlbumId,
        asset: AssetId,
    ) -> Result<Vec<Binding>, StoreError>;

    /// The blobs of an asset in any album of `owner`, oldest first.
    async fn bindings_of(
        &mut self,
        owner: UserId,
        asset: AssetId,
    ) -> Result<Vec<Binding>, StoreError>;

    /// The length of a blob that some asset in an album of `reader` refers to.
    async fn readable_blob(
        &mut self,
        reader: UserId,
        hash: Hash,
    ) -> Result<Option<u64>, StoreError>;

    /// Whether an asset in an album of `reader` referred to the blob until it was purged.
    async fn is_given_up(&mut self, reader: UserId, hash: Hash) -> Result<bool, StoreError>;

    /// Entries of the feed in the order of their numbers.
    async fn feed(&mut self, query: &FeedQuery) -> Result<Vec<Publication>, StoreError>;

    /// One stored blob.
    async fn blob(&mut self, hash: Hash) -> Result<Option<StoredBlob>, StoreError>;

    /// Stored blobs in the order of their addresses, from above `after`.
    async fn blobs(
        &mut self,
        after: Option<Hash>,
        limit: u32,
    ) -> Result<Vec<StoredBlob>, StoreError>;

    /// Whether an upload of those bytes is being finalized: its file may have moved to its address
    /// already.
    async fn is_awaited(&mut self, hash: Hash) -> Result<bool, StoreError>;

    /// Blobs whose row was deleted and whose file may still be there.
    async fn swept(&mut self) -> Result<Vec<Hash>, StoreError>;
}

/// Reads and writes that become durable together, or not at all if dropped.
#[async_trait]
pub trait Transaction: Snapshot {
    /// Applies the part of an effect that concerns rows, where it concerns a session those of
    /// `session`. The parts that concern bytes are the server's to carry out on its disk.
    async fn apply(
        &mut self,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Inserts an album.
    async fn insert_album(&mut self, id: AlbumId, album: &Album) -> Result<(), StoreError>;

    /// Stores a ledger in place of the one before.
    async fn put_ledger(&mut self, ledger: &Canonical<EpochLedger>) -> Result<(), StoreError>;

    /// Marks an account as above its hard limit since an instant, or takes the mark away.
    async fn mark_exceeded(
        &mut self,
        owner: UserId,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError>;

    /// Stores a directory in place of the one before.
    async fn put_directory(&mut self, plan: &DirectoryPlan) -> Result<(), StoreError>;

    /// Forgets every session that is neither created after `opened_after` nor being finalized, and
    /// names them.
    async fn remove_expired(
        &mut self,
        opened_after: Timestamp,
    ) -> Result<Vec<UploadId>, StoreError>;

    /// Marks a blob as collectable since an instant, or takes the mark away.
    async fn mark_blob(&mut self, hash: Hash, since: Option<Timestamp>) -> Result<(), StoreError>;

    /// Deletes a blob's row and remembers that its file is to go.
    async fn sweep_blob(&mut self, hash: Hash) -> Result<(), StoreError>;

    /// Forgets that a blob's file was to go.
    async fn forget_swept(&mut self, hash: Hash) -> Result<(), StoreError>;

    /// The account of that name, created with `fresh` as its id if there is none.
    async fn account(&mut self, name: &str, fresh: UserId) -> Result<UserId, StoreError>;

    /// Counts one more start of a server over this store, the first being 1.
    async fn count_start(&mut self) -> Result<u64, StoreError>;

    /// The stored key of that name, created as `fresh` if there is none.
    async fn key(&mut self, name: &'static str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError>;

    /// Makes everything durable.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
