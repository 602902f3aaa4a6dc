//! Stores that do one thing otherwise than the reference's, and everything else as it does.

use async_trait::async_trait;
use gauntlet_server::{
    Album, Binding, FeedBinding, FeedQuery, OpenStore, Ports, PublishedDirectory, Snapshot, Store,
    StoreError, StoredBlob, Transaction, Tuple,
};
use gauntlet_validator::server::{
    AcceptedChunk, AlbumFacts, AssetFacts, DeviceFacts, DirectoryPlan, Duplicate, Effect,
    EpochFacts, Publication, Session,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::derivative::DerivativeChain;
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, IntentId, UploadId, UserId};
use gauntlet_wire::ledger::EpochLedger;
use jiff::Timestamp;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Stored<T> = Result<T, StoreError>;

/// What a store does otherwise. Every default is what the store behind it does.
pub(crate) trait Departure: Send + Sync + 'static {
    /// After the store in `folder` was opened.
    fn opened(&self, _folder: &Path) -> impl Future<Output = Stored<()>> + Send {
        async { Ok(()) }
    }

    /// Before a transaction is begun: the sessions that its check for duplicates will know.
    fn seen<S: Store + ?Sized>(
        &self,
        _store: &S,
    ) -> impl Future<Output = Stored<Vec<Session>>> + Send {
        async { Ok(Vec::new()) }
    }

    /// [`Snapshot::duplicate`]; `seen` is what [`Departure::seen`] gave before the transaction.
    fn duplicate<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        _seen: &[Session],
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> impl Future<Output = Stored<Option<Duplicate>>> + Send {
        async move { view.duplicate(tuple, opened_after).await }
    }

    /// [`Snapshot::used`].
    fn used<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        owner: UserId,
        opened_after: Timestamp,
    ) -> impl Future<Output = Stored<u64>> + Send {
        view.used(owner, opened_after)
    }

    /// [`Snapshot::refers`].
    fn refers<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        payer: UserId,
        hash: Hash,
    ) -> impl Future<Output = Stored<bool>> + Send {
        view.refers(payer, hash)
    }

    /// [`Snapshot::bindings_of`].
    fn bindings_of<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        owner: UserId,
        asset: AssetId,
    ) -> impl Future<Output = Stored<Vec<Binding>>> + Send {
        view.bindings_of(owner, asset)
    }

    /// [`Snapshot::is_given_up`].
    fn is_given_up<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        reader: UserId,
        hash: Hash,
    ) -> impl Future<Output = Stored<bool>> + Send {
        view.is_given_up(reader, hash)
    }

    /// [`Snapshot::blobs`].
    fn blobs<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        after: Option<Hash>,
        limit: u32,
    ) -> impl Future<Output = Stored<Vec<StoredBlob>>> + Send {
        view.blobs(after, limit)
    }

    /// [`Transaction::apply`].
    fn apply<T: Transaction + ?Sized>(
        &self,
        transaction: &mut T,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> impl Future<Output = Stored<()>> + Send {
        async move { transaction.apply(session, effect, now).await }
    }
}

/// What a departure remembers, whatever became of a task that held it: entries are put in and taken out
/// one by one.
pub(crate) fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The reference's ports, over a store that departs so.
pub(crate) fn departing<D: Departure>(ports: Ports, departure: D) -> Ports {
    let store = Arc::new(Opening {
        inner: Arc::clone(&ports.store),
        departure: Arc::new(departure),
    });
    Ports { store, ..ports }
}

struct Opening<D> {
    inner: Arc<dyn OpenStore>,
    departure: Arc<D>,
}

#[async_trait]
impl<D: Departure> OpenStore for Opening<D> {
    async fn open(&self, folder: &Path) -> Stored<Arc<dyn Store>> {
        let inner = self.inner.open(folder).await?;
        self.departure.opened(folder).await?;
        Ok(Arc::new(Departing {
            inner,
            departure: Arc::clone(&self.departure),
        }))
    }
}

struct Departing<D> {
    inner: Arc<dyn Store>,
    departure: Arc<D>,
}

#[async_trait]
impl<D: Departure> Store for Departing<D> {
    async fn read(&self) -> Stored<Box<dyn Snapshot>> {
        Ok(Box::new(View {
            inner: self.inner.read().await?,
            departure: Arc::clone(&self.departure),
            seen: Vec::new(),
        }))
    }

    async fn begin(&self) -> Stored<Box<dyn Transaction>> {
        let seen = self.departure.seen(self.inner.as_ref()).await?;
        Ok(Box::new(View {
            inner: self.inner.begin().await?,
            departure: Arc::clone(&self.departure),
            seen,
        }))
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}

/// One transaction of either kind.
struct View<V: ?Sized, D> {
    departure: Arc<D>,
    seen: Vec<Session>,
    inner: Box<V>,
}

#[async_trait]
impl<V: Snapshot + ?Sized, D: Departure> Snapshot for View<V, D> {
    async fn session(&mut self, id: UploadId) -> Stored<Option<Session>> {
        self.inner.session(id).await
    }

    async fn sessions_of(&mut self, uploader: UserId) -> Stored<Vec<Session>> {
        self.inner.sessions_of(uploader).await
    }

    async fn all_sessions(&mut self) -> Stored<Vec<Session>> {
        self.inner.all_sessions().await
    }

    async fn accepted_chunk(
        &mut self,
        upload: UploadId,
        offset: u64,
    ) -> Stored<Option<AcceptedChunk>> {
        self.inner.accepted_chunk(upload, offset).await
    }

    async fn duplicate(
        &mut self,
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Stored<Option<Duplicate>> {
        let (view, seen) = (self.inner.as_mut(), self.seen.as_slice());
        self.departure
            .duplicate(view, seen, tuple, opened_after)
            .await
    }

    async fn is_pending(
        &mut self,
        owner: UserId,
        hash: Hash,
        opened_after: Timestamp,
    ) -> Stored<bool> {
        self.inner.is_pending(owner, hash, opened_after).await
    }

    async fn used(&mut self, owner: UserId, opened_after: Timestamp) -> Stored<u64> {
        let view = self.inner.as_mut();
        self.departure.used(view, owner, opened_after).await
    }

    async fn exceeded_since(&mut self, owner: UserId) -> Stored<Option<Timestamp>> {
        self.inner.exceeded_since(owner).await
    }

    async fn album(&mut self, id: AlbumId) -> Stored<Option<Album>> {
        self.inner.album(id).await
    }

    async fn album_facts(&mut self, id: AlbumId, caller: UserId) -> Stored<Option<AlbumFacts>> {
        self.inner.album_facts(id, caller).await
    }

    async fn ledger(&mut self, album: AlbumId) -> Stored<Option<Canonical<EpochLedger>>> {
        self.inner.ledger(album).await
    }

    async fn epoch_facts(&mut self, album: AlbumId, epoch: u32) -> Stored<EpochFacts> {
        self.inner.epoch_facts(album, epoch).await
    }

    async fn in_flight(&mut self, album: AlbumId, opened_after: Timestamp) -> Stored<u64> {
        self.inner.in_flight(album, opened_after).await
    }

    async fn upgrade_ended(
        &mut self,
        album: AlbumId,
        intent: IntentId,
        now: Timestamp,
    ) -> Stored<bool> {
        self.inner.upgrade_ended(album, intent, now).await
    }

    async fn device(&mut self, user: UserId, device: DeviceId) -> Stored<Option<DeviceFacts>> {
        self.inner.device(user, device).await
    }

    async fn directory(&mut self, user: UserId) -> Stored<Option<PublishedDirectory>> {
        self.inner.directory(user).await
    }

    async fn asset(&mut self, asset: AssetId) -> Stored<AssetFacts> {
        self.inner.asset(asset).await
    }

    async fn shown_as(&mut self, album: AlbumId, record: Hash) -> Stored<Option<u64>> {
        self.inner.shown_as(album, record).await
    }

    async fn derivative_head(&mut self, chain: &DerivativeChain) -> Stored<Option<Hash>> {
        self.inner.derivative_head(chain).await
    }

    async fn feed_bindings(&mut self, query: &FeedQuery) -> Stored<Vec<FeedBinding>> {
        self.inner.feed_bindings(query).await
    }

    async fn trash(&mut self, after: Option<AssetId>, limit: u32) -> Stored<Vec<AssetId>> {
        self.inner.trash(after, limit).await
    }

    async fn refers(&mut self, payer: UserId, hash: Hash) -> Stored<bool> {
        let view = self.inner.as_mut();
        self.departure.refers(view, payer, hash).await
    }

    async fn bindings(&mut self, album: AlbumId, asset: AssetId) -> Stored<Vec<Binding>> {
        self.inner.bindings(album, asset).await
    }

    async fn bindings_of(&mut self, owner: UserId, asset: AssetId) -> Stored<Vec<Binding>> {
        let view = self.inner.as_mut();
        self.departure.bindings_of(view, owner, asset).await
    }

    async fn readable_blob(&mut self, reader: UserId, hash: Hash) -> Stored<Option<u64>> {
        self.inner.readable_blob(reader, hash).await
    }

    async fn is_given_up(&mut self, reader: UserId, hash: Hash) -> Stored<bool> {
        let view = self.inner.as_mut();
        self.departure.is_given_up(view, reader, hash).await
    }

    async fn feed(&mut self, query: &FeedQuery) -> Stored<Vec<Publication>> {
        self.inner.feed(query).await
    }

    async fn blob(&mut self, hash: Hash) -> Stored<Option<StoredBlob>> {
        self.inner.blob(hash).await
    }

    async fn blobs(&mut self, after: Option<Hash>, limit: u32) -> Stored<Vec<StoredBlob>> {
        let view = self.inner.as_mut();
        self.departure.blobs(view, after, limit).await
    }

    async fn is_awaited(&mut self, hash: Hash) -> Stored<bool> {
        self.inner.is_awaited(hash).await
    }

    async fn swept(&mut self) -> Stored<Vec<Hash>> {
        self.inner.swept().await
    }
}

#[async_trait]
impl<D: Departure> Transaction for View<dyn Transaction, D> {
    async fn apply(
        &mut self,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Stored<()> {
        let transaction = self.inner.as_mut();
        self.departure
            .apply(transaction, session, effect, now)
            .await
    }

    async fn insert_album(&mut self, id: AlbumId, album: &Album) -> Stored<()> {
        self.inner.insert_album(id, album).await
    }

    async fn put_ledger(&mut self, ledger: &Canonical<EpochLedger>) -> Stored<()> {
        self.inner.put_ledger(ledger).await
    }

    async fn mark_exceeded(&mut self, owner: UserId, since: Option<Timestamp>) -> Stored<()> {
        self.inner.mark_exceeded(owner, since).await
    }

    async fn put_directory(&mut self, plan: &DirectoryPlan) -> Stored<()> {
        self.inner.put_directory(plan).await
    }

    async fn remove_expired(&mut self, opened_after: Timestamp) -> Stored<Vec<UploadId>> {
        self.inner.remove_expired(opened_after).await
    }

    async fn mark_blob(&mut self, hash: Hash, since: Option<Timestamp>) -> Stored<()> {
        self.inner.mark_blob(hash, since).await
    }

    async fn sweep_blob(&mut self, hash: Hash) -> Stored<()> {
        self.inner.sweep_blob(hash).await
    }

    async fn forget_swept(&mut self, hash: Hash) -> Stored<()> {
        self.inner.forget_swept(hash).await
    }

    async fn account(&mut self, name: &str, fresh: UserId) -> Stored<UserId> {
        self.inner.account(name, fresh).await
    }

    async fn count_start(&mut self) -> Stored<u64> {
        self.inner.count_start().await
    }

    async fn key(&mut self, name: &'static str, fresh: [u8; 32]) -> Stored<[u8; 32]> {
        self.inner.key(name, fresh).await
    }

    async fn commit(self: Box<Self>) -> Stored<()> {
        self.inner.commit().await
    }
}
