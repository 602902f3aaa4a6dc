//! Albums: their ledgers and their upgrades.

use super::pool::SqliteTransaction;
use super::row::{self, micros};
use crate::store::{Album, StoreError};
use gauntlet_validator::server::{AlbumFacts, EpochFacts, Freeze, Upgrade};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::id::{AlbumId, IntentId, UserId};
use gauntlet_wire::ledger::{EpochLedger, LedgerEntry};
use jiff::Timestamp;
use rusqlite::params;

impl SqliteTransaction {
    pub(super) fn find_album(&mut self, id: AlbumId) -> Result<Option<Album>, StoreError> {
        self.first(
            "SELECT owner, pin FROM albums WHERE album_id = ?",
            params![id.as_bytes()],
            |row| {
                Ok(Album {
                    owner: row::user(row, "owner")?,
                    pin: row::parsed(row, "pin")?,
                })
            },
        )
    }

    pub(super) fn find_album_facts(
        &mut self,
        id: AlbumId,
        caller: UserId,
    ) -> Result<Option<AlbumFacts>, StoreError> {
        let Some(album) = self.find_album(id)? else {
            return Ok(None);
        };
        Ok(Some(AlbumFacts {
            pin: album.pin,
            caller_may_write: album.owner == caller,
            upgrade: self.open_upgrade_of(id)?,
            frozen: self.freeze_of(id)?,
        }))
    }

    fn open_upgrade_of(&mut self, album: AlbumId) -> Result<Option<Upgrade>, StoreError> {
        self.first(
            "SELECT * FROM upgrades WHERE album = ? AND open = 1 ORDER BY position DESC LIMIT 1",
            params![album.as_bytes()],
            row::upgrade,
        )
    }

    fn freeze_of(&mut self, album: AlbumId) -> Result<Option<Freeze>, StoreError> {
        self.first(
            "SELECT * FROM frozen_albums WHERE album = ?",
            params![album.as_bytes()],
            row::freeze,
        )
    }

    pub(super) fn find_ledger(
        &mut self,
        album: AlbumId,
    ) -> Result<Option<Canonical<EpochLedger>>, StoreError> {
        self.first(
            "SELECT document FROM ledgers WHERE album = ?",
            params![album.as_bytes()],
            |row| row::ledger(row, "document"),
        )
    }

    pub(super) fn find_epoch_facts(
        &mut self,
        album: AlbumId,
        epoch: u32,
    ) -> Result<EpochFacts, StoreError> {
        let id = album.as_bytes().as_slice();
        Ok(EpochFacts {
            accepted: self.first(
                "SELECT epoch FROM links WHERE album = ? ORDER BY epoch DESC LIMIT 1",
                params![id],
                |row| row::number(row, "epoch"),
            )?,
            ceiling: self.first(
                "SELECT epoch FROM epochs WHERE album = ? ORDER BY epoch DESC LIMIT 1",
                params![id],
                |row| row::number(row, "epoch"),
            )?,
            write_tier: self.first(
                "SELECT write_tier FROM epochs WHERE album = ? AND epoch = ?",
                params![id, i64::from(epoch)],
                |row| row::public_key(row, "write_tier"),
            )?,
        })
    }

    pub(super) fn store_ledger(
        &mut self,
        ledger: &Canonical<EpochLedger>,
    ) -> Result<(), StoreError> {
        let album = ledger.value().album_id;
        self.run(
            "INSERT INTO ledgers (album, document) VALUES (?, ?)
             ON CONFLICT DO UPDATE SET document = excluded.document",
            params![album.as_bytes(), ledger.bytes()],
        )?;
        self.run(
            "DELETE FROM epochs WHERE album = ?",
            params![album.as_bytes()],
        )?;
        for entry in &ledger.value().entries {
            self.insert_epoch(album, entry)?;
        }
        Ok(())
    }

    fn insert_epoch(&mut self, album: AlbumId, entry: &LedgerEntry) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO epochs (album, epoch, write_tier) VALUES (?, ?, ?)",
            params![
                album.as_bytes(),
                i64::from(entry.epoch),
                entry.write_tier_pub.to_raw()
            ],
        )
    }

    pub(super) fn count_in_flight(
        &mut self,
        album: AlbumId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError> {
        let count = self.first(
            "SELECT COUNT(*) AS sessions FROM sessions WHERE album = ? AND (
                status = 'WaitingForProcessing'
                OR status IN ('Pending', 'Uploading') AND created_at > ?)",
            params![album.as_bytes(), micros(opened_after)],
            |row| row::unsigned(row, "sessions"),
        )?;
        Ok(count.unwrap_or(0))
    }

    pub(super) fn find_upgrade_ended(
        &mut self,
        album: AlbumId,
        intent: IntentId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self
            .first(
                "SELECT 1 FROM upgrades WHERE album = ? AND intent = ?
                AND (open = 0 OR expires_at <= ?) LIMIT 1",
                params![album.as_bytes(), intent.as_bytes(), micros(now)],
                |_| Ok(()),
            )?
            .is_some())
    }

    pub(super) fn open_upgrade(&mut self, upgrade: &Upgrade) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO upgrades (album, intent, document, to_version, expires_at, open)
             VALUES (?, ?, ?, ?, ?, 1)",
            params![
                upgrade.album.as_bytes(),
                upgrade.intent.as_bytes(),
                upgrade.document.as_bytes(),
                upgrade.to_version.as_str(),
                micros(upgrade.expires_at)
            ],
        )
    }

    pub(super) fn end_upgrade(
        &mut self,
        album: AlbumId,
        intent: IntentId,
    ) -> Result<(), StoreError> {
        self.run(
            "UPDATE upgrades SET open = 0 WHERE album = ? AND intent = ?",
            params![album.as_bytes(), intent.as_bytes()],
        )
    }

    /// An album is frozen once; the key of the table is the layer behind the check.
    pub(super) fn freeze_album(&mut self, freeze: &Freeze) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO frozen_albums (album, intent, frozen_state_hash, successor)
             VALUES (?, ?, ?, ?)",
            params![
                freeze.album.as_bytes(),
                freeze.intent.as_bytes(),
                freeze.frozen_state_hash.as_bytes(),
                freeze.successor.as_bytes()
            ],
        )?;
        self.end_upgrade(freeze.album, freeze.intent)
    }
}
