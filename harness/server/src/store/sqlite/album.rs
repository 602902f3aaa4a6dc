//! Albums: their ledgers and their upgrades.

use super::open::SqliteTransaction;
use super::row::{self, micros};
use crate::store::{Album, StoreError};
use gauntlet_validator::server::{AlbumFacts, EpochFacts, Freeze, Upgrade};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::id::{AlbumId, IntentId, UserId};
use gauntlet_wire::ledger::{EpochLedger, LedgerEntry};
use jiff::Timestamp;

impl SqliteTransaction {
    pub(super) async fn find_album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        let query = sqlx::query("SELECT owner, pin FROM albums WHERE album_id = ?")
            .bind(id.as_bytes().as_slice());
        self.first(query, |row| {
            Ok(Album {
                owner: row::user(row, "owner")?,
                pin: row::parsed(row, "pin")?,
            })
        })
        .await
    }

    pub(super) async fn find_album_facts(
        &mut self,
        id: AlbumId,
        caller: UserId,
    ) -> Result<Option<AlbumFacts>, StoreError> {
        let Some(album) = self.find_album(id).await? else {
            return Ok(None);
        };
        Ok(Some(AlbumFacts {
            pin: album.pin,
            caller_may_write: album.owner == caller,
            upgrade: self.open_upgrade_of(id).await?,
            frozen: self.freeze_of(id).await?,
        }))
    }

    async fn open_upgrade_of(&mut self, album: AlbumId) -> Result<Option<Upgrade>, StoreError> {
        let query = sqlx::query(
            "SELECT * FROM upgrades WHERE album = ? AND open = 1 ORDER BY position DESC LIMIT 1",
        )
        .bind(album.as_bytes().as_slice());
        self.first(query, row::upgrade).await
    }

    async fn freeze_of(&mut self, album: AlbumId) -> Result<Option<Freeze>, StoreError> {
        let query = sqlx::query("SELECT * FROM frozen_albums WHERE album = ?")
            .bind(album.as_bytes().as_slice());
        self.first(query, row::freeze).await
    }

    pub(super) async fn find_ledger(
        &mut self,
        album: AlbumId,
    ) -> Result<Option<Canonical<EpochLedger>>, StoreError> {
        let query = sqlx::query("SELECT document FROM ledgers WHERE album = ?")
            .bind(album.as_bytes().as_slice());
        self.first(query, |row| row::ledger(row, "document")).await
    }

    pub(super) async fn find_epoch_facts(
        &mut self,
        album: AlbumId,
        epoch: u32,
    ) -> Result<EpochFacts, StoreError> {
        let id = album.as_bytes().as_slice();
        let accepted =
            sqlx::query("SELECT epoch FROM links WHERE album = ? ORDER BY epoch DESC LIMIT 1")
                .bind(id);
        let ceiling =
            sqlx::query("SELECT epoch FROM epochs WHERE album = ? ORDER BY epoch DESC LIMIT 1")
                .bind(id);
        let key = sqlx::query("SELECT write_tier FROM epochs WHERE album = ? AND epoch = ?")
            .bind(id)
            .bind(i64::from(epoch));
        Ok(EpochFacts {
            accepted: self
                .first(accepted, |row| row::number(row, "epoch"))
                .await?,
            ceiling: self.first(ceiling, |row| row::number(row, "epoch")).await?,
            write_tier: self
                .first(key, |row| row::public_key(row, "write_tier"))
                .await?,
        })
    }

    pub(super) async fn store_ledger(
        &mut self,
        ledger: &Canonical<EpochLedger>,
    ) -> Result<(), StoreError> {
        let album = ledger.value().album_id;
        let query = sqlx::query(
            "INSERT INTO ledgers (album, document) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET document = excluded.document",
        )
        .bind(album.as_bytes().as_slice())
        .bind(ledger.bytes());
        self.run(query).await?;
        let forget =
            sqlx::query("DELETE FROM epochs WHERE album = ?").bind(album.as_bytes().as_slice());
        self.run(forget).await?;
        for entry in &ledger.value().entries {
            self.insert_epoch(album, entry).await?;
        }
        Ok(())
    }

    async fn insert_epoch(
        &mut self,
        album: AlbumId,
        entry: &LedgerEntry,
    ) -> Result<(), StoreError> {
        let query = sqlx::query("INSERT INTO epochs (album, epoch, write_tier) VALUES (?, ?, ?)")
            .bind(album.as_bytes().as_slice())
            .bind(i64::from(entry.epoch))
            .bind(entry.write_tier_pub.to_raw());
        self.run(query).await.map(|_| ())
    }

    pub(super) async fn count_in_flight(
        &mut self,
        album: AlbumId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError> {
        let query = sqlx::query(
            "SELECT COUNT(*) AS sessions FROM sessions WHERE album = ? AND (
                status = 'WaitingForProcessing'
                OR status IN ('Pending', 'Uploading') AND created_at > ?)",
        )
        .bind(album.as_bytes().as_slice())
        .bind(micros(opened_after));
        let count = self
            .first(query, |row| row::unsigned(row, "sessions"))
            .await?;
        Ok(count.unwrap_or(0))
    }

    pub(super) async fn find_upgrade_ended(
        &mut self,
        album: AlbumId,
        intent: IntentId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let query = sqlx::query(
            "SELECT 1 FROM upgrades WHERE album = ? AND intent = ?
                AND (open = 0 OR expires_at <= ?) LIMIT 1",
        )
        .bind(album.as_bytes().as_slice())
        .bind(intent.as_bytes().as_slice())
        .bind(micros(now));
        Ok(self.first(query, |_| Ok(())).await?.is_some())
    }

    pub(super) async fn open_upgrade(&mut self, upgrade: &Upgrade) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO upgrades (album, intent, document, to_version, expires_at, open)
             VALUES (?, ?, ?, ?, ?, 1)",
        )
        .bind(upgrade.album.as_bytes().as_slice())
        .bind(upgrade.intent.as_bytes().as_slice())
        .bind(upgrade.document.as_bytes().as_slice())
        .bind(upgrade.to_version.as_str())
        .bind(micros(upgrade.expires_at));
        self.run(query).await.map(|_| ())
    }

    pub(super) async fn end_upgrade(
        &mut self,
        album: AlbumId,
        intent: IntentId,
    ) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE upgrades SET open = 0 WHERE album = ? AND intent = ?")
            .bind(album.as_bytes().as_slice())
            .bind(intent.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    /// An album is frozen once; the key of the table is the layer behind the check.
    pub(super) async fn freeze_album(&mut self, freeze: &Freeze) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO frozen_albums (album, intent, frozen_state_hash, successor)
             VALUES (?, ?, ?, ?)",
        )
        .bind(freeze.album.as_bytes().as_slice())
        .bind(freeze.intent.as_bytes().as_slice())
        .bind(freeze.frozen_state_hash.as_bytes().as_slice())
        .bind(freeze.successor.as_bytes().as_slice());
        self.run(query).await?;
        self.end_upgrade(freeze.album, freeze.intent).await
    }
}
