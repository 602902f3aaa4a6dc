//! The reads.

use super::pool::SqliteTransaction;
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
use rusqlite::{Params, Row, params};

/// The entries of a page of a feed, by the four parameters of [`of_page`].
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

fn of_page(page: &FeedQuery) -> impl Params + '_ {
    (
        page.owner.as_bytes(),
        page.album.as_ref().map(AlbumId::as_bytes),
        // A number that no row can hold lies after all of them.
        i64::try_from(page.after).unwrap_or(i64::MAX),
        page.limit,
    )
}

impl SqliteTransaction {
    /// The first row of an answer, read by `read`.
    pub(super) fn first<T>(
        &mut self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.prepared(sql)?;
        let mut rows = statement.query(params)?;
        rows.next()?.map(read).transpose()
    }

    /// Every row of an answer, each read by `read`.
    pub(super) fn every<T>(
        &mut self,
        sql: &'static str,
        params: impl Params,
        read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.prepared(sql)?;
        statement.query_and_then(params, read)?.collect()
    }

    fn active(
        &mut self,
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Result<Option<Duplicate>, StoreError> {
        self.first(
            "SELECT upload_id, received FROM sessions
             WHERE owner = ? AND hash = ? AND album = ? AND (status = 'WaitingForProcessing'
                OR status IN ('Pending', 'Uploading') AND created_at > ?)",
            params![
                tuple.owner.as_bytes(),
                tuple.hash.as_bytes(),
                tuple.album.as_bytes(),
                micros(opened_after)
            ],
            |row| {
                Ok(Duplicate::Active {
                    id: row::upload(row, "upload_id")?,
                    received: row::unsigned(row, "received")?,
                })
            },
        )
    }

    fn finished(&mut self, tuple: &Tuple) -> Result<Option<Duplicate>, StoreError> {
        self.first(
            "SELECT asset FROM bindings WHERE payer = ? AND hash = ? AND album = ?
             ORDER BY position LIMIT 1",
            params![
                tuple.owner.as_bytes(),
                tuple.hash.as_bytes(),
                tuple.album.as_bytes()
            ],
            |row| {
                Ok(Duplicate::Finished {
                    asset: row::asset(row, "asset")?,
                })
            },
        )
    }
}

#[async_trait]
impl Snapshot for SqliteTransaction {
    async fn session(&mut self, id: UploadId) -> Result<Option<Session>, StoreError> {
        self.first(
            "SELECT * FROM sessions WHERE upload_id = ?",
            params![id.as_bytes()],
            row::session,
        )
    }

    async fn sessions_of(&mut self, uploader: UserId) -> Result<Vec<Session>, StoreError> {
        self.every(
            "SELECT * FROM sessions WHERE uploader = ? ORDER BY created_at, upload_id",
            params![uploader.as_bytes()],
            row::session,
        )
    }

    async fn all_sessions(&mut self) -> Result<Vec<Session>, StoreError> {
        self.every(
            "SELECT * FROM sessions ORDER BY created_at, upload_id",
            [],
            row::session,
        )
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
        self.first(
            "SELECT length, checksum FROM chunks WHERE upload_id = ? AND \"offset\" = ?",
            params![upload.as_bytes(), at],
            |row| {
                Ok(AcceptedChunk {
                    offset,
                    length: row::unsigned(row, "length")?,
                    checksum: row::hash(row, "checksum")?,
                })
            },
        )
    }

    async fn duplicate(
        &mut self,
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Result<Option<Duplicate>, StoreError> {
        match self.active(tuple, opened_after)? {
            Some(active) => Ok(Some(active)),
            None => self.finished(tuple),
        }
    }

    async fn is_pending(
        &mut self,
        owner: UserId,
        hash: Hash,
        opened_after: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self
            .first(
                "SELECT 1 FROM sessions WHERE owner = ? AND hash = ? AND (
                status = 'WaitingForProcessing'
                OR status IN ('Pending', 'Uploading') AND created_at > ?) LIMIT 1",
                params![owner.as_bytes(), hash.as_bytes(), micros(opened_after)],
                |_| Ok(()),
            )?
            .is_some())
    }

    async fn used(&mut self, owner: UserId, opened_after: Timestamp) -> Result<u64, StoreError> {
        self.count_used(owner, opened_after)
    }

    async fn exceeded_since(&mut self, owner: UserId) -> Result<Option<Timestamp>, StoreError> {
        self.find_exceeded_since(owner)
    }

    async fn album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        self.find_album(id)
    }

    async fn album_facts(
        &mut self,
        id: AlbumId,
        caller: UserId,
    ) -> Result<Option<AlbumFacts>, StoreError> {
        self.find_album_facts(id, caller)
    }

    async fn ledger(
        &mut self,
        album: AlbumId,
    ) -> Result<Option<Canonical<EpochLedger>>, StoreError> {
        self.find_ledger(album)
    }

    async fn epoch_facts(&mut self, album: AlbumId, epoch: u32) -> Result<EpochFacts, StoreError> {
        self.find_epoch_facts(album, epoch)
    }

    async fn in_flight(
        &mut self,
        album: AlbumId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError> {
        self.count_in_flight(album, opened_after)
    }

    async fn upgrade_ended(
        &mut self,
        album: AlbumId,
        intent: IntentId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.find_upgrade_ended(album, intent, now)
    }

    async fn device(
        &mut self,
        user: UserId,
        device: DeviceId,
    ) -> Result<Option<DeviceFacts>, StoreError> {
        self.first(
            "SELECT key, added_at, revoked_at FROM devices WHERE user_id = ? AND device_id = ?",
            params![user.as_bytes(), device.as_bytes()],
            |row| {
                Ok(DeviceFacts {
                    key: row::public_key(row, "key")?,
                    added_at: row::parsed(row, "added_at")?,
                    revoked_at: row::optional(row, "revoked_at", row::parsed)?,
                })
            },
        )
    }

    async fn directory(&mut self, user: UserId) -> Result<Option<PublishedDirectory>, StoreError> {
        self.first(
            "SELECT version, anchor, document FROM directories WHERE user_id = ?",
            params![user.as_bytes()],
            |row| {
                Ok(PublishedDirectory {
                    version: row::parsed(row, "version")?,
                    anchor: row::public_key(row, "anchor")?,
                    document: row.get("document")?,
                })
            },
        )
    }

    async fn asset(&mut self, asset: AssetId) -> Result<AssetFacts, StoreError> {
        self.find_asset(asset)
    }

    async fn shown_as(&mut self, album: AlbumId, record: Hash) -> Result<Option<u64>, StoreError> {
        self.find_shown_as(album, record)
    }

    async fn derivative_head(
        &mut self,
        chain: &DerivativeChain,
    ) -> Result<Option<Hash>, StoreError> {
        self.find_derivative_head(chain)
    }

    async fn trash(
        &mut self,
        after: Option<AssetId>,
        limit: u32,
    ) -> Result<Vec<AssetId>, StoreError> {
        self.find_trash(after, limit)
    }

    async fn refers(&mut self, payer: UserId, hash: Hash) -> Result<bool, StoreError> {
        Ok(self
            .first(
                "SELECT 1 FROM bindings WHERE payer = ? AND hash = ? LIMIT 1",
                params![payer.as_bytes(), hash.as_bytes()],
                |_| Ok(()),
            )?
            .is_some())
    }

    async fn bindings(
        &mut self,
        album: AlbumId,
        asset: AssetId,
    ) -> Result<Vec<Binding>, StoreError> {
        self.every(
            "SELECT role, hash, size FROM bindings WHERE album = ? AND asset = ? ORDER BY position",
            params![album.as_bytes(), asset.as_bytes()],
            row::binding,
        )
    }

    async fn bindings_of(
        &mut self,
        owner: UserId,
        asset: AssetId,
    ) -> Result<Vec<Binding>, StoreError> {
        self.every(
            "SELECT role, hash, size FROM bindings JOIN albums ON albums.album_id = bindings.album
             WHERE albums.owner = ? AND asset = ? ORDER BY position",
            params![owner.as_bytes(), asset.as_bytes()],
            row::binding,
        )
    }

    async fn readable_blob(
        &mut self,
        reader: UserId,
        hash: Hash,
    ) -> Result<Option<u64>, StoreError> {
        self.first(
            "SELECT blobs.size FROM blobs
                JOIN bindings ON bindings.hash = blobs.hash
                JOIN albums ON albums.album_id = bindings.album
             WHERE blobs.hash = ? AND albums.owner = ? LIMIT 1",
            params![hash.as_bytes(), reader.as_bytes()],
            |row| row::unsigned(row, "size"),
        )
    }

    async fn is_given_up(&mut self, reader: UserId, hash: Hash) -> Result<bool, StoreError> {
        Ok(self
            .first(
                "SELECT 1 FROM given_up JOIN albums ON albums.album_id = given_up.album
             WHERE given_up.hash = ? AND albums.owner = ? LIMIT 1",
                params![hash.as_bytes(), reader.as_bytes()],
                |_| Ok(()),
            )?
            .is_some())
    }

    async fn feed(&mut self, query: &FeedQuery) -> Result<Vec<Publication>, StoreError> {
        self.every(page!("feed.*"), of_page(query), row::publication)
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
        self.every(bindings, of_page(query), |row| {
            Ok(FeedBinding {
                album: row::album(row, "album")?,
                asset: row::asset(row, "asset")?,
                binding: row::binding(row)?,
                derivative_manifest: row.get("manifest")?,
            })
        })
    }

    async fn blob(&mut self, hash: Hash) -> Result<Option<StoredBlob>, StoreError> {
        self.first(
            "SELECT hash, collectable_since, (SELECT COUNT(*) FROM (SELECT DISTINCT album, asset
                FROM bindings WHERE bindings.hash = blobs.hash)) AS referring
             FROM blobs WHERE hash = ?",
            params![hash.as_bytes()],
            row::stored_blob,
        )
    }

    async fn blobs(
        &mut self,
        after: Option<Hash>,
        limit: u32,
    ) -> Result<Vec<StoredBlob>, StoreError> {
        self.every(
            "SELECT hash, collectable_since, (SELECT COUNT(*) FROM (SELECT DISTINCT album, asset
                FROM bindings WHERE bindings.hash = blobs.hash)) AS referring
             FROM blobs WHERE hash > ? ORDER BY hash LIMIT ?",
            params![
                after.as_ref().map_or(&[] as &[u8], |hash| hash.as_bytes()),
                limit
            ],
            row::stored_blob,
        )
    }

    async fn is_awaited(&mut self, hash: Hash) -> Result<bool, StoreError> {
        Ok(self
            .first(
                "SELECT 1 FROM sessions WHERE hash = ? AND status = 'WaitingForProcessing' LIMIT 1",
                params![hash.as_bytes()],
                |_| Ok(()),
            )?
            .is_some())
    }

    async fn swept(&mut self) -> Result<Vec<Hash>, StoreError> {
        self.every("SELECT hash FROM swept ORDER BY hash", [], |row| {
            row::hash(row, "hash")
        })
    }
}
