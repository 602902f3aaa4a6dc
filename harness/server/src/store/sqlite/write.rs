//! The writes.

use super::pool::SqliteTransaction;
use super::row::{self, micros, signed};
use crate::store::{Album, StoreError, Transaction};
use async_trait::async_trait;
use gauntlet_validator::server::{DirectoryPlan, Effect, Session};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::DeviceEntry;
use gauntlet_wire::enums::{BlobRole, UploadStatus};
use gauntlet_wire::id::{AlbumId, AssetId, Hash, UploadId, UserId};
use gauntlet_wire::ledger::EpochLedger;
use gauntlet_wire::time;
use jiff::Timestamp;
use rusqlite::{Params, ffi, params};

/// A unique index or a primary key refused the row.
fn is_unique_violation(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error().map(|error| error.extended_code),
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
    )
}

/// A reference that is to be recorded.
pub(super) struct NewBinding {
    pub(super) album: AlbumId,
    pub(super) asset: AssetId,
    pub(super) role: BlobRole,
    pub(super) hash: Hash,
    pub(super) size: u64,
    pub(super) payer: UserId,
    pub(super) prior: Option<Hash>,
}

impl SqliteTransaction {
    /// Runs a statement and counts the rows that it changed.
    fn change(&mut self, sql: &'static str, params: impl Params) -> rusqlite::Result<usize> {
        self.prepared(sql)?.execute(params)
    }

    /// Runs a statement.
    pub(super) fn run(&mut self, sql: &'static str, params: impl Params) -> Result<(), StoreError> {
        self.change(sql, params)?;
        Ok(())
    }

    pub(super) fn open_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let envelope = serde_json::to_string(&session.envelope)
            .map_err(|error| StoreError::Database(error.into()))?;
        let opened = self.change(
            "INSERT INTO sessions (upload_id, uploader, owner, album, role, size, hash,
                content_type, protocol, suite, envelope, status, received, reserved, created_at,
                last_progress_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?16, ?14, ?15)",
            params![
                session.id.as_bytes(),
                session.uploader.as_bytes(),
                session.owner.as_bytes(),
                session.album.as_bytes(),
                session.role.as_str(),
                signed("size", session.size)?,
                session.hash.as_bytes(),
                session.content_type.as_str(),
                session.protocol.as_str(),
                i64::from(session.suite.0),
                envelope,
                session.status.as_str(),
                signed("received", session.received)?,
                micros(session.created_at),
                micros(session.last_progress_at),
                signed("reserved", session.reserved)?
            ],
        );
        match opened {
            Err(error) if is_unique_violation(&error) => Err(StoreError::AlreadyOpen),
            other => Ok(other.map(drop)?),
        }
    }

    pub(super) fn record_chunk(
        &mut self,
        upload: UploadId,
        offset: u64,
        length: u64,
        checksum: Hash,
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO chunks (upload_id, \"offset\", length, checksum) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET length = excluded.length, checksum = excluded.checksum",
            params![
                upload.as_bytes(),
                signed("offset", offset)?,
                signed("length", length)?,
                checksum.as_bytes()
            ],
        )
    }

    pub(super) fn set_received(
        &mut self,
        upload: UploadId,
        received: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.run(
            "UPDATE sessions SET received = ?, last_progress_at = ? WHERE upload_id = ?",
            params![
                signed("received", received)?,
                micros(now),
                upload.as_bytes()
            ],
        )
    }

    /// Sets the state. The step into finalization is a compare-and-set: of two requests that both
    /// complete a session, one loses (`wire.md` §3).
    pub(super) fn set_status(
        &mut self,
        upload: UploadId,
        status: UploadStatus,
    ) -> Result<(), StoreError> {
        let changed = self.change(
            "UPDATE sessions SET status = ?1 WHERE upload_id = ?2
               AND (?1 <> 'WaitingForProcessing' OR status IN ('Pending', 'Uploading'))",
            params![status.as_str(), upload.as_bytes()],
        )?;
        if changed == 0 && status == UploadStatus::WaitingForProcessing {
            return Err(StoreError::NoLongerActive);
        }
        Ok(())
    }

    pub(super) fn release_reservation(&mut self, upload: UploadId) -> Result<(), StoreError> {
        self.run(
            "UPDATE sessions SET reserved = 0 WHERE upload_id = ?",
            params![upload.as_bytes()],
        )
    }

    pub(super) fn remove_session(&mut self, upload: UploadId) -> Result<(), StoreError> {
        self.run(
            "DELETE FROM sessions WHERE upload_id = ?",
            params![upload.as_bytes()],
        )
    }

    pub(super) fn insert_blob(&mut self, hash: Hash, size: u64) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO blobs (hash, size) VALUES (?, ?) ON CONFLICT DO NOTHING",
            params![hash.as_bytes(), signed("size", size)?],
        )
    }

    /// A new reference cancels the mark of a blob (`wire.md` §3, GC).
    pub(super) fn bind_blob(&mut self, reference: &NewBinding) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO bindings (album, asset, role, hash, size, payer, prior)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            params![
                reference.album.as_bytes(),
                reference.asset.as_bytes(),
                reference.role.as_str(),
                reference.hash.as_bytes(),
                signed("size", reference.size)?,
                reference.payer.as_bytes(),
                reference.prior.as_ref().map(Hash::as_bytes)
            ],
        )?;
        self.set_mark(reference.hash, None)
    }

    fn set_mark(&mut self, hash: Hash, since: Option<Timestamp>) -> Result<(), StoreError> {
        self.run(
            "UPDATE blobs SET collectable_since = ? WHERE hash = ?",
            params![since.map(micros), hash.as_bytes()],
        )
    }

    /// The next value of a counter. Rolled back with everything else, so numbers have no gaps.
    pub(super) fn count(&mut self, counter: &'static str) -> Result<u64, StoreError> {
        let next = self.first(
            "UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value",
            params![counter],
            |row| row::unsigned(row, "value"),
        )?;
        next.ok_or_else(|| StoreError::Corrupt {
            column: "name",
            expected: "a row for every counter",
            found: format!("no counter {counter}"),
        })
    }

    fn insert_device(&mut self, user: UserId, device: &DeviceEntry) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO devices (user_id, device_id, key, added_at, revoked_at)
             VALUES (?, ?, ?, ?, ?)",
            params![
                user.as_bytes(),
                device.device_id.as_bytes(),
                device.dsk_public.to_raw(),
                device.added_at.text(),
                device.revoked_at.as_ref().map(time::Timestamp::text)
            ],
        )
    }
}

#[async_trait]
impl Transaction for SqliteTransaction {
    async fn apply(
        &mut self,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.apply_effect(session, effect, now)
    }

    async fn insert_album(&mut self, id: AlbumId, album: &Album) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO albums (album_id, owner, pin) VALUES (?, ?, ?)",
            params![id.as_bytes(), album.owner.as_bytes(), album.pin.as_str()],
        )
    }

    async fn put_ledger(&mut self, ledger: &Canonical<EpochLedger>) -> Result<(), StoreError> {
        self.store_ledger(ledger)
    }

    async fn mark_exceeded(
        &mut self,
        owner: UserId,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.store_exceeded_since(owner, since)
    }

    async fn put_directory(&mut self, plan: &DirectoryPlan) -> Result<(), StoreError> {
        let core = &plan.directory.value().core;
        let user = core.user_id;
        self.run(
            "INSERT INTO directories (user_id, version, anchor, document) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET version = excluded.version, anchor = excluded.anchor,
                document = excluded.document",
            params![
                user.as_bytes(),
                core.directory_version.to_string(),
                plan.anchor.to_raw(),
                plan.directory.bytes()
            ],
        )?;
        self.run(
            "DELETE FROM devices WHERE user_id = ?",
            params![user.as_bytes()],
        )?;
        for device in &core.devices {
            self.insert_device(user, device)?;
        }
        Ok(())
    }

    async fn remove_expired(
        &mut self,
        opened_after: Timestamp,
    ) -> Result<Vec<UploadId>, StoreError> {
        self.every(
            "DELETE FROM sessions WHERE created_at <= ? AND status <> 'WaitingForProcessing'
             RETURNING upload_id",
            params![micros(opened_after)],
            |row| row::upload(row, "upload_id"),
        )
    }

    async fn mark_blob(&mut self, hash: Hash, since: Option<Timestamp>) -> Result<(), StoreError> {
        self.set_mark(hash, since)
    }

    async fn sweep_blob(&mut self, hash: Hash) -> Result<(), StoreError> {
        self.run("DELETE FROM blobs WHERE hash = ?", params![hash.as_bytes()])?;
        self.run(
            "INSERT INTO swept (hash) VALUES (?) ON CONFLICT DO NOTHING",
            params![hash.as_bytes()],
        )
    }

    async fn forget_swept(&mut self, hash: Hash) -> Result<(), StoreError> {
        self.run("DELETE FROM swept WHERE hash = ?", params![hash.as_bytes()])
    }

    async fn account(&mut self, name: &str, fresh: UserId) -> Result<UserId, StoreError> {
        // An update that changes nothing, so that the row is returned either way.
        let user = self.first(
            "INSERT INTO accounts (user_id, name) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING user_id",
            params![fresh.as_bytes(), name],
            |row| row::user(row, "user_id"),
        )?;
        user.ok_or_else(|| rusqlite::Error::QueryReturnedNoRows.into())
    }

    async fn count_start(&mut self) -> Result<u64, StoreError> {
        self.count("start")
    }

    async fn key(&mut self, name: &'static str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let key = self.first(
            "INSERT INTO keys (name, value) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING value",
            params![name, fresh.as_slice()],
            |row| row::array(row, "value"),
        )?;
        key.ok_or_else(|| rusqlite::Error::QueryReturnedNoRows.into())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.make_durable().await
    }
}
