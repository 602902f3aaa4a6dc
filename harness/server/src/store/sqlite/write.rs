//! The writes.

use super::open::SqliteTransaction;
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
use sqlx::sqlite::SqliteArguments;

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

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
    pub(super) async fn run(&mut self, query: Query<'_>) -> Result<u64, StoreError> {
        Ok(query.execute(&mut *self.inner).await?.rows_affected())
    }

    pub(super) async fn open_session(&mut self, session: &Session) -> Result<(), StoreError> {
        let envelope = serde_json::to_string(&session.envelope)
            .map_err(|error| sqlx::Error::Encode(error.into()))?;
        let query = sqlx::query(
            "INSERT INTO sessions (upload_id, uploader, owner, album, role, size, hash,
                content_type, protocol, suite, envelope, status, received, reserved, created_at,
                last_progress_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?16, ?14, ?15)",
        )
        .bind(session.id.as_bytes().as_slice())
        .bind(session.uploader.as_bytes().as_slice())
        .bind(session.owner.as_bytes().as_slice())
        .bind(session.album.as_bytes().as_slice())
        .bind(session.role.as_str())
        .bind(signed("size", session.size)?)
        .bind(session.hash.as_bytes().as_slice())
        .bind(session.content_type.as_str())
        .bind(session.protocol.as_str())
        .bind(i64::from(session.suite.0))
        .bind(envelope)
        .bind(session.status.as_str())
        .bind(signed("received", session.received)?)
        .bind(micros(session.created_at))
        .bind(micros(session.last_progress_at))
        .bind(signed("reserved", session.reserved)?);
        match self.run(query).await {
            Err(StoreError::Database(sqlx::Error::Database(error)))
                if error.is_unique_violation() =>
            {
                Err(StoreError::AlreadyOpen)
            }
            other => other.map(|_| ()),
        }
    }

    pub(super) async fn record_chunk(
        &mut self,
        upload: UploadId,
        offset: u64,
        length: u64,
        checksum: Hash,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO chunks (upload_id, \"offset\", length, checksum) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET length = excluded.length, checksum = excluded.checksum",
        )
        .bind(upload.as_bytes().as_slice())
        .bind(signed("offset", offset)?)
        .bind(signed("length", length)?)
        .bind(checksum.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    pub(super) async fn set_received(
        &mut self,
        upload: UploadId,
        received: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(
            "UPDATE sessions SET received = ?, last_progress_at = ? WHERE upload_id = ?",
        )
        .bind(signed("received", received)?)
        .bind(micros(now))
        .bind(upload.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    /// Sets the state. The step into finalization is a compare-and-set: of two requests that both
    /// complete a session, one loses (`wire.md` §3).
    pub(super) async fn set_status(
        &mut self,
        upload: UploadId,
        status: UploadStatus,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(
            "UPDATE sessions SET status = ?1 WHERE upload_id = ?2
               AND (?1 <> 'WaitingForProcessing' OR status IN ('Pending', 'Uploading'))",
        )
        .bind(status.as_str())
        .bind(upload.as_bytes().as_slice());
        let changed = self.run(query).await?;
        if changed == 0 && status == UploadStatus::WaitingForProcessing {
            return Err(StoreError::NoLongerActive);
        }
        Ok(())
    }

    pub(super) async fn release_reservation(&mut self, upload: UploadId) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE sessions SET reserved = 0 WHERE upload_id = ?")
            .bind(upload.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    pub(super) async fn remove_session(&mut self, upload: UploadId) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM sessions WHERE upload_id = ?")
            .bind(upload.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    pub(super) async fn insert_blob(&mut self, hash: Hash, size: u64) -> Result<(), StoreError> {
        let query =
            sqlx::query("INSERT INTO blobs (hash, size) VALUES (?, ?) ON CONFLICT DO NOTHING")
                .bind(hash.as_bytes().as_slice())
                .bind(signed("size", size)?);
        self.run(query).await.map(|_| ())
    }

    /// A new reference cancels the mark of a blob (`wire.md` §3, GC).
    pub(super) async fn bind_blob(&mut self, reference: &NewBinding) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO bindings (album, asset, role, hash, size, payer, prior)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(reference.album.as_bytes().as_slice())
        .bind(reference.asset.as_bytes().as_slice())
        .bind(reference.role.as_str())
        .bind(reference.hash.as_bytes().as_slice())
        .bind(signed("size", reference.size)?)
        .bind(reference.payer.as_bytes().as_slice())
        .bind(
            reference
                .prior
                .as_ref()
                .map(|prior| prior.as_bytes().as_slice()),
        );
        self.run(query).await?;
        self.mark_blob(reference.hash, None).await
    }

    /// The next value of a counter. Rolled back with everything else, so numbers have no gaps.
    pub(super) async fn count(&mut self, counter: &'static str) -> Result<u64, StoreError> {
        let query =
            sqlx::query("UPDATE counters SET value = value + 1 WHERE name = ? RETURNING value")
                .bind(counter);
        let next = self.first(query, |row| row::unsigned(row, "value")).await?;
        next.ok_or_else(|| StoreError::Corrupt {
            column: "name",
            expected: "a row for every counter",
            found: format!("no counter {counter}"),
        })
    }

    async fn insert_device(
        &mut self,
        user: UserId,
        device: &DeviceEntry,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO devices (user_id, device_id, key, added_at, revoked_at)
             VALUES (?, ?, ?, ?, ?)",
        )
        .bind(user.as_bytes().as_slice())
        .bind(device.device_id.as_bytes().as_slice())
        .bind(device.dsk_public.to_raw())
        .bind(device.added_at.text())
        .bind(device.revoked_at.as_ref().map(time::Timestamp::text));
        self.run(query).await.map(|_| ())
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
        self.apply_effect(session, effect, now).await
    }

    async fn insert_album(&mut self, id: AlbumId, album: &Album) -> Result<(), StoreError> {
        let query = sqlx::query("INSERT INTO albums (album_id, owner, pin) VALUES (?, ?, ?)")
            .bind(id.as_bytes().as_slice())
            .bind(album.owner.as_bytes().as_slice())
            .bind(album.pin.as_str());
        self.run(query).await.map(|_| ())
    }

    async fn put_ledger(&mut self, ledger: &Canonical<EpochLedger>) -> Result<(), StoreError> {
        self.store_ledger(ledger).await
    }

    async fn mark_exceeded(
        &mut self,
        owner: UserId,
        since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        self.store_exceeded_since(owner, since).await
    }

    async fn put_directory(&mut self, plan: &DirectoryPlan) -> Result<(), StoreError> {
        let core = &plan.directory.value().core;
        let user = core.user_id;
        let query = sqlx::query(
            "INSERT INTO directories (user_id, version, anchor, document) VALUES (?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET version = excluded.version, anchor = excluded.anchor,
                document = excluded.document",
        )
        .bind(user.as_bytes().as_slice())
        .bind(core.directory_version.to_string())
        .bind(plan.anchor.to_raw())
        .bind(plan.directory.bytes());
        self.run(query).await?;
        let forget =
            sqlx::query("DELETE FROM devices WHERE user_id = ?").bind(user.as_bytes().as_slice());
        self.run(forget).await?;
        for device in &core.devices {
            self.insert_device(user, device).await?;
        }
        Ok(())
    }

    async fn remove_expired(
        &mut self,
        opened_after: Timestamp,
    ) -> Result<Vec<UploadId>, StoreError> {
        let query = sqlx::query(
            "DELETE FROM sessions WHERE created_at <= ? AND status <> 'WaitingForProcessing'
             RETURNING upload_id",
        )
        .bind(micros(opened_after));
        self.every(query, |row| row::upload(row, "upload_id")).await
    }

    async fn mark_blob(&mut self, hash: Hash, since: Option<Timestamp>) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE blobs SET collectable_since = ? WHERE hash = ?")
            .bind(since.map(micros))
            .bind(hash.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    async fn sweep_blob(&mut self, hash: Hash) -> Result<(), StoreError> {
        let remove =
            sqlx::query("DELETE FROM blobs WHERE hash = ?").bind(hash.as_bytes().as_slice());
        self.run(remove).await?;
        let remember = sqlx::query("INSERT INTO swept (hash) VALUES (?) ON CONFLICT DO NOTHING")
            .bind(hash.as_bytes().as_slice());
        self.run(remember).await.map(|_| ())
    }

    async fn forget_swept(&mut self, hash: Hash) -> Result<(), StoreError> {
        let query =
            sqlx::query("DELETE FROM swept WHERE hash = ?").bind(hash.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    async fn account(&mut self, name: &str, fresh: UserId) -> Result<UserId, StoreError> {
        // An update that changes nothing, so that the row is returned either way.
        let query = sqlx::query(
            "INSERT INTO accounts (user_id, name) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING user_id",
        )
        .bind(fresh.as_bytes().as_slice())
        .bind(name);
        let user = self.first(query, |row| row::user(row, "user_id")).await?;
        user.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    async fn count_start(&mut self) -> Result<u64, StoreError> {
        self.count("start").await
    }

    async fn key(&mut self, name: &'static str, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let query = sqlx::query(
            "INSERT INTO keys (name, value) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING value",
        )
        .bind(name)
        .bind(fresh.as_slice());
        let key = self.first(query, |row| row::array(row, "value")).await?;
        key.ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }
}
