//! The reads.

use super::open::SqliteTransaction;
use super::row::{self, micros, signed};
use crate::store::{
    Album, Binding, FeedBinding, FeedQuery, PublishedDirectory, Snapshot, StoreError, StoredBlob,
    Tuple,
};
use async_trait::async_trait;
use gauntlet_validator::server::{
    AcceptedChunk, AlbumFacts, AssetFacts, DeviceFacts, Duplicate, EpochFacts, Publication, Session,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::derivative::DerivativeChain;
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, IntentId, UploadId, UserId};
use gauntlet_wire::ledger::EpochLedger;
use jiff::Timestamp;
use sqlx::Row;
use sqlx::sqlite::{SqliteArguments, SqliteRow};

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

/// The entries of a page of a feed, by the four parameters of [`paged`].
macro_rules! page {
    ($columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM feed JOIN albums ON albums.album_id = feed.album
             WHERE albums.owner = ?1 AND (?2 IS NULL OR feed.album = ?2) AND sync_seq > ?3
             ORDER BY sync_seq, feed.position LIMIT ?4"
        )
    };
}

fn paged<'q>(sql: &'static str, page: &'q FeedQuery) -> Query<'q> {
    let album = page.album.as_ref();
    sqlx::query(sql)
        .bind(page.owner.as_bytes().as_slice())
        .bind(album.map(|album| album.as_bytes().as_slice()))
        // A number that no row can hold lies after all of them.
        .bind(i64::try_from(page.after).unwrap_or(i64::MAX))
        .bind(page.limit)
}

impl SqliteTransaction {
    /// The first row of an answer, read by `read`.
    pub(super) async fn first<T>(
        &mut self,
        query: Query<'_>,
        read: impl FnOnce(&SqliteRow) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let row = query.fetch_optional(&mut *self.inner).await?;
        row.as_ref().map(read).transpose()
    }

    /// Every row of an answer, each read by `read`.
    pub(super) async fn every<T>(
        &mut self,
        query: Query<'_>,
        read: impl Fn(&SqliteRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = query.fetch_all(&mut *self.inner).await?;
        rows.iter().map(read).collect()
    }

    async fn active(
        &mut self,
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Result<Option<Duplicate>, StoreError> {
        let query = sqlx::query(
            "SELECT upload_id, received FROM sessions
             WHERE owner = ? AND hash = ? AND album = ? AND (status = 'WaitingForProcessing'
                OR status IN ('Pending', 'Uploading') AND created_at > ?)",
        )
        .bind(tuple.owner.as_bytes().as_slice())
        .bind(tuple.hash.as_bytes().as_slice())
        .bind(tuple.album.as_bytes().as_slice())
        .bind(micros(opened_after));
        self.first(query, |row| {
            Ok(Duplicate::Active {
                id: row::upload(row, "upload_id")?,
                received: row::unsigned(row, "received")?,
            })
        })
        .await
    }

    async fn finished(&mut self, tuple: &Tuple) -> Result<Option<Duplicate>, StoreError> {
        let query = sqlx::query(
            "SELECT asset FROM bindings WHERE payer = ? AND hash = ? AND album = ?
             ORDER BY position LIMIT 1",
        )
        .bind(tuple.owner.as_bytes().as_slice())
        .bind(tuple.hash.as_bytes().as_slice())
        .bind(tuple.album.as_bytes().as_slice());
        self.first(query, |row| {
            Ok(Duplicate::Finished {
                asset: row::asset(row, "asset")?,
            })
        })
        .await
    }
}

#[async_trait]
impl Snapshot for SqliteTransaction {
    async fn session(&mut self, id: UploadId) -> Result<Option<Session>, StoreError> {
        let query = sqlx::query("SELECT * FROM sessions WHERE upload_id = ?")
            .bind(id.as_bytes().as_slice());
        self.first(query, row::session).await
    }

    async fn sessions_of(&mut self, uploader: UserId) -> Result<Vec<Session>, StoreError> {
        let query =
            sqlx::query("SELECT * FROM sessions WHERE uploader = ? ORDER BY created_at, upload_id")
                .bind(uploader.as_bytes().as_slice());
        self.every(query, row::session).await
    }

    async fn all_sessions(&mut self) -> Result<Vec<Session>, StoreError> {
        let query = sqlx::query("SELECT * FROM sessions ORDER BY created_at, upload_id");
        self.every(query, row::session).await
    }

    async fn accepted_chunk(
        &mut self,
        upload: UploadId,
        offset: u64,
    ) -> Result<Option<AcceptedChunk>, StoreError> {
        // An offset that no row can hold is the offset of no chunk.
        let Ok(at) = signed("offset", offset) else {
            return Ok(None);
        };
        let query = sqlx::query(
            "SELECT length, checksum FROM chunks WHERE upload_id = ? AND \"offset\" = ?",
        )
        .bind(upload.as_bytes().as_slice())
        .bind(at);
        self.first(query, |row| {
            Ok(AcceptedChunk {
                offset,
                length: row::unsigned(row, "length")?,
                checksum: row::hash(row, "checksum")?,
            })
        })
        .await
    }

    async fn duplicate(
        &mut self,
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Result<Option<Duplicate>, StoreError> {
        match self.active(tuple, opened_after).await? {
            Some(active) => Ok(Some(active)),
            None => self.finished(tuple).await,
        }
    }

    async fn is_pending(
        &mut self,
        owner: UserId,
        hash: Hash,
        opened_after: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "SELECT 1 FROM sessions WHERE owner = ? AND hash = ? AND (
                status = 'WaitingForProcessing'
                OR status IN ('Pending', 'Uploading') AND created_at > ?) LIMIT 1",
        )
        .bind(owner.as_bytes().as_slice())
        .bind(hash.as_bytes().as_slice())
        .bind(micros(opened_after));
        Ok(self.first(query, |_| Ok(())).await?.is_some())
    }

    async fn used(&mut self, owner: UserId, opened_after: Timestamp) -> Result<u64, StoreError> {
        self.count_used(owner, opened_after).await
    }

    async fn exceeded_since(&mut self, owner: UserId) -> Result<Option<Timestamp>, StoreError> {
        self.find_exceeded_since(owner).await
    }

    async fn album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        self.find_album(id).await
    }

    async fn album_facts(
        &mut self,
        id: AlbumId,
        caller: UserId,
    ) -> Result<Option<AlbumFacts>, StoreError> {
        self.find_album_facts(id, caller).await
    }

    async fn ledger(
        &mut self,
        album: AlbumId,
    ) -> Result<Option<Canonical<EpochLedger>>, StoreError> {
        self.find_ledger(album).await
    }

    async fn epoch_facts(&mut self, album: AlbumId, epoch: u32) -> Result<EpochFacts, StoreError> {
        self.find_epoch_facts(album, epoch).await
    }

    async fn in_flight(
        &mut self,
        album: AlbumId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError> {
        self.count_in_flight(album, opened_after).await
    }

    async fn upgrade_ended(
        &mut self,
        album: AlbumId,
        intent: IntentId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.find_upgrade_ended(album, intent, now).await
    }

    async fn device(
        &mut self,
        user: UserId,
        device: DeviceId,
    ) -> Result<Option<DeviceFacts>, StoreError> {
        let query = sqlx::query(
            "SELECT key, added_at, revoked_at FROM devices WHERE user_id = ? AND device_id = ?",
        )
        .bind(user.as_bytes().as_slice())
        .bind(device.as_bytes().as_slice());
        self.first(query, |row| {
            let revoked: Option<&str> = row.try_get("revoked_at")?;
            Ok(DeviceFacts {
                key: row::public_key(row, "key")?,
                added_at: row::parsed(row, "added_at")?,
                revoked_at: revoked
                    .map(|_| row::parsed(row, "revoked_at"))
                    .transpose()?,
            })
        })
        .await
    }

    async fn directory(&mut self, user: UserId) -> Result<Option<PublishedDirectory>, StoreError> {
        let query =
            sqlx::query("SELECT version, anchor, document FROM directories WHERE user_id = ?")
                .bind(user.as_bytes().as_slice());
        self.first(query, |row| {
            Ok(PublishedDirectory {
                version: row::parsed(row, "version")?,
                anchor: row::public_key(row, "anchor")?,
                document: row.try_get("document")?,
            })
        })
        .await
    }

    async fn asset(&mut self, asset: AssetId) -> Result<AssetFacts, StoreError> {
        self.find_asset(asset).await
    }

    async fn shown_as(&mut self, album: AlbumId, record: Hash) -> Result<Option<u64>, StoreError> {
        self.find_shown_as(album, record).await
    }

    async fn derivative_head(
        &mut self,
        chain: &DerivativeChain,
    ) -> Result<Option<Hash>, StoreError> {
        self.find_derivative_head(chain).await
    }

    async fn trash(
        &mut self,
        after: Option<AssetId>,
        limit: u32,
    ) -> Result<Vec<AssetId>, StoreError> {
        self.find_trash(after, limit).await
    }

    async fn refers(&mut self, payer: UserId, hash: Hash) -> Result<bool, StoreError> {
        let query = sqlx::query("SELECT 1 FROM bindings WHERE payer = ? AND hash = ? LIMIT 1")
            .bind(payer.as_bytes().as_slice())
            .bind(hash.as_bytes().as_slice());
        Ok(self.first(query, |_| Ok(())).await?.is_some())
    }

    async fn bindings(
        &mut self,
        album: AlbumId,
        asset: AssetId,
    ) -> Result<Vec<Binding>, StoreError> {
        let query = sqlx::query(
            "SELECT role, hash, size FROM bindings WHERE album = ? AND asset = ? ORDER BY position",
        )
        .bind(album.as_bytes().as_slice())
        .bind(asset.as_bytes().as_slice());
        self.every(query, row::binding).await
    }

    async fn bindings_of(
        &mut self,
        owner: UserId,
        asset: AssetId,
    ) -> Result<Vec<Binding>, StoreError> {
        let query = sqlx::query(
            "SELECT role, hash, size FROM bindings JOIN albums ON albums.album_id = bindings.album
             WHERE albums.owner = ? AND asset = ? ORDER BY position",
        )
        .bind(owner.as_bytes().as_slice())
        .bind(asset.as_bytes().as_slice());
        self.every(query, row::binding).await
    }

    async fn readable_blob(
        &mut self,
        reader: UserId,
        hash: Hash,
    ) -> Result<Option<u64>, StoreError> {
        let query = sqlx::query(
            "SELECT blobs.size FROM blobs
                JOIN bindings ON bindings.hash = blobs.hash
                JOIN albums ON albums.album_id = bindings.album
             WHERE blobs.hash = ? AND albums.owner = ? LIMIT 1",
        )
        .bind(hash.as_bytes().as_slice())
        .bind(reader.as_bytes().as_slice());
        self.first(query, |row| row::unsigned(row, "size")).await
    }

    async fn is_given_up(&mut self, reader: UserId, hash: Hash) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "SELECT 1 FROM given_up JOIN albums ON albums.album_id = given_up.album
             WHERE given_up.hash = ? AND albums.owner = ? LIMIT 1",
        )
        .bind(hash.as_bytes().as_slice())
        .bind(reader.as_bytes().as_slice());
        Ok(self.first(query, |_| Ok(())).await?.is_some())
    }

    async fn feed(&mut self, query: &FeedQuery) -> Result<Vec<Publication>, StoreError> {
        let feed = page!("feed.*");
        self.every(paged(feed, query), row::publication).await
    }

    async fn feed_bindings(&mut self, query: &FeedQuery) -> Result<Vec<FeedBinding>, StoreError> {
        let bindings = concat!(
            "SELECT bindings.*, EXISTS (SELECT 1 FROM derivatives
                WHERE derivatives.asset = bindings.asset AND derivatives.link = bindings.hash) AS manifest
             FROM (SELECT DISTINCT album, asset FROM (",
            page!("feed.album, feed.asset"),
            ")) AS page
                JOIN bindings ON bindings.album = page.album AND bindings.asset = page.asset
             ORDER BY bindings.position"
        );
        self.every(paged(bindings, query), |row| {
            Ok(FeedBinding {
                album: row::album(row, "album")?,
                asset: row::asset(row, "asset")?,
                binding: row::binding(row)?,
                derivative_manifest: row.try_get("manifest")?,
            })
        })
        .await
    }

    async fn blob(&mut self, hash: Hash) -> Result<Option<StoredBlob>, StoreError> {
        let query = sqlx::query(
            "SELECT hash, collectable_since, (SELECT COUNT(*) FROM (SELECT DISTINCT album, asset
                FROM bindings WHERE bindings.hash = blobs.hash)) AS referring
             FROM blobs WHERE hash = ?",
        )
        .bind(hash.as_bytes().as_slice());
        self.first(query, row::stored_blob).await
    }

    async fn blobs(
        &mut self,
        after: Option<Hash>,
        limit: u32,
    ) -> Result<Vec<StoredBlob>, StoreError> {
        let query = sqlx::query(
            "SELECT hash, collectable_since, (SELECT COUNT(*) FROM (SELECT DISTINCT album, asset
                FROM bindings WHERE bindings.hash = blobs.hash)) AS referring
             FROM blobs WHERE hash > ? ORDER BY hash LIMIT ?",
        )
        .bind(after.as_ref().map_or(&[] as &[u8], |hash| hash.as_bytes()))
        .bind(limit);
        self.every(query, row::stored_blob).await
    }

    async fn is_awaited(&mut self, hash: Hash) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "SELECT 1 FROM sessions WHERE hash = ? AND status = 'WaitingForProcessing' LIMIT 1",
        )
        .bind(hash.as_bytes().as_slice());
        Ok(self.first(query, |_| Ok(())).await?.is_some())
    }

    async fn swept(&mut self) -> Result<Vec<Hash>, StoreError> {
        let query = sqlx::query("SELECT hash FROM swept ORDER BY hash");
        self.every(query, |row| row::hash(row, "hash")).await
    }
}
