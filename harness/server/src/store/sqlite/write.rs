//! The writes.

use super::open::SqliteTransaction;
use super::row::{self, micros, signed};
use crate::store::{Album, StoreError, Transaction};
use async_trait::async_trait;
use gauntlet_validator::server::{ChainLink, DirectoryPlan, Effect, Publication, Session};
use gauntlet_wire::directory::DeviceEntry;
use gauntlet_wire::enums::{BlobRole, UploadStatus};
use gauntlet_wire::id::{AlbumId, AssetId, Hash, UploadId, UserId};
use gauntlet_wire::time;
use jiff::Timestamp;
use sqlx::sqlite::SqliteArguments;

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, SqliteArguments>;

/// A reference that is to be recorded.
struct NewBinding {
    album: AlbumId,
    asset: AssetId,
    role: BlobRole,
    hash: Hash,
    size: u64,
    payer: UserId,
    prior: Option<Hash>,
}

impl SqliteTransaction {
    /// Runs a statement and counts the rows that it changed.
    async fn run(&mut self, query: Query<'_>) -> Result<u64, StoreError> {
        Ok(query.execute(&mut *self.inner).await?.rows_affected())
    }

    async fn open_session(&mut self, session: &Session) -> Result<(), StoreError> {
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

    async fn record_chunk(
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

    async fn set_received(
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
    async fn set_status(
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

    async fn release_reservation(&mut self, upload: UploadId) -> Result<(), StoreError> {
        let query = sqlx::query("UPDATE sessions SET reserved = 0 WHERE upload_id = ?")
            .bind(upload.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    async fn remove_session(&mut self, upload: UploadId) -> Result<(), StoreError> {
        let query = sqlx::query("DELETE FROM sessions WHERE upload_id = ?")
            .bind(upload.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    /// A blob that is already stored keeps its first uploader, who pays for it.
    async fn insert_blob(
        &mut self,
        payer: UserId,
        hash: Hash,
        size: u64,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO blobs (hash, size, upload_user) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(hash.as_bytes().as_slice())
        .bind(signed("size", size)?)
        .bind(payer.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    /// A new reference cancels the mark of a blob (`wire.md` §3, GC).
    async fn bind_blob(&mut self, binding: &NewBinding) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO bindings (album, asset, role, hash, size, payer, prior)
             VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(binding.album.as_bytes().as_slice())
        .bind(binding.asset.as_bytes().as_slice())
        .bind(binding.role.as_str())
        .bind(binding.hash.as_bytes().as_slice())
        .bind(signed("size", binding.size)?)
        .bind(binding.payer.as_bytes().as_slice())
        .bind(
            binding
                .prior
                .as_ref()
                .map(|prior| prior.as_bytes().as_slice()),
        );
        self.run(query).await?;
        self.mark_blob(binding.hash, None).await
    }

    async fn claim_asset(&mut self, asset: AssetId, album: AlbumId) -> Result<(), StoreError> {
        let query = sqlx::query("INSERT INTO assets (asset, album) VALUES (?, ?)")
            .bind(asset.as_bytes().as_slice())
            .bind(album.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    async fn advance_head(&mut self, link: &ChainLink) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO links (album, asset, link, prior, action, epoch, original,
                plaintext_size, nonce_prefix, metadata)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(link.album.as_bytes().as_slice())
        .bind(link.asset.as_bytes().as_slice())
        .bind(link.link.as_bytes().as_slice())
        .bind(link.prior.as_ref().map(|prior| prior.as_bytes().as_slice()))
        .bind(link.action.as_str())
        .bind(i64::from(link.epoch))
        .bind(link.original.hash.as_bytes().as_slice())
        .bind(signed("plaintext_size", link.original.plaintext_size)?)
        .bind(link.original.nonce_prefix.as_slice())
        .bind(
            link.metadata
                .as_ref()
                .map(|hash| hash.as_bytes().as_slice()),
        );
        self.run(query).await.map(|_| ())
    }

    async fn publish(&mut self, publication: &Publication) -> Result<(), StoreError> {
        let sync_seq = match publication.sync_seq {
            Some(number) => number,
            None => self.count("sync_seq").await?,
        };
        let query = sqlx::query(
            "INSERT INTO feed (sync_seq, album, asset, protocol, change, link, metadata, changed_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(signed("sync_seq", sync_seq)?)
        .bind(publication.album.as_bytes().as_slice())
        .bind(publication.asset.as_bytes().as_slice())
        .bind(publication.protocol.as_str())
        .bind(publication.change.as_str())
        .bind(publication.link.as_bytes().as_slice())
        .bind(publication.metadata.as_bytes().as_slice())
        .bind(micros(publication.changed_at));
        self.run(query).await.map(|_| ())
    }

    /// The next value of a counter. Rolled back with everything else, so numbers have no gaps.
    async fn count(&mut self, counter: &'static str) -> Result<u64, StoreError> {
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
        session: &Session,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match effect {
            Effect::OpenSession(opened) => self.open_session(opened).await,
            Effect::Write { .. } | Effect::DiscardBytes => Ok(()),
            Effect::RecordChunk {
                offset,
                length,
                checksum,
            } => {
                self.record_chunk(session.id, *offset, *length, *checksum)
                    .await
            }
            Effect::SetReceived(received) => self.set_received(session.id, *received, now).await,
            Effect::SetStatus(status) => self.set_status(session.id, *status).await,
            Effect::ReleaseReservation => self.release_reservation(session.id).await,
            Effect::RemoveSession => self.remove_session(session.id).await,
            Effect::PromoteBlob { hash, size } => {
                self.insert_blob(session.owner, *hash, *size).await
            }
            Effect::ClaimAsset { asset, album } => self.claim_asset(*asset, *album).await,
            Effect::BindBlob {
                album,
                asset,
                role,
                hash,
                size,
                payer,
                prior,
            } => {
                let binding = NewBinding {
                    album: *album,
                    asset: *asset,
                    role: *role,
                    hash: *hash,
                    size: *size,
                    payer: *payer,
                    prior: *prior,
                };
                self.bind_blob(&binding).await
            }
            Effect::AdvanceHead(link) => self.advance_head(link).await,
            Effect::StoreBlob { .. }
            | Effect::UnbindBlob { .. }
            | Effect::AdvanceDerivative { .. }
            | Effect::Trash { .. }
            | Effect::Restore { .. }
            | Effect::Purge { .. }
            | Effect::OpenUpgrade(_)
            | Effect::EndUpgrade { .. }
            | Effect::FreezeAlbum(_) => Err(StoreError::Foreign(format!("{effect:?}"))),
            Effect::Publish(publication) => self.publish(publication).await,
        }
    }

    async fn insert_album(&mut self, id: AlbumId, album: &Album) -> Result<(), StoreError> {
        let query = sqlx::query("INSERT INTO albums (album_id, owner, pin) VALUES (?, ?, ?)")
            .bind(id.as_bytes().as_slice())
            .bind(album.owner.as_bytes().as_slice())
            .bind(album.pin.as_str());
        self.run(query).await.map(|_| ())
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
