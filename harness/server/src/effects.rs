//! Carrying out effects: rows in the transaction, bytes on the disk, in an order that survives a
//! crash at any point.
//!
//! Bytes are written and synced, and blobs are moved to their address, *before* the commit that
//! speaks of them; bytes are deleted *after* the commit that forgets them. What a crash leaves
//! between the two is at most a file that no row speaks of.

use crate::app::App;
use crate::crash::{Commit, CrashPoint};
use crate::failure::{Failure, Fault};
use crate::store::Transaction;
use bytes::Bytes;
use gauntlet_validator::server::{Effect, Session};
use gauntlet_wire::id::{Hash, UploadId};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// What is to happen in one transaction.
pub(crate) struct Change<'a> {
    effects: &'a [Effect],
    now: Timestamp,
    /// What the transaction is for, where a crash is played around it.
    what: Option<Commit>,
    /// The session that the effects are about, if they are about one.
    session: Option<&'a Session>,
    /// The request's body, which [`Effect::Write`] takes from.
    body: Bytes,
    /// The parts of the request that [`Effect::StoreBlob`] may name.
    parts: BTreeMap<Hash, Bytes>,
}

impl<'a> Change<'a> {
    /// Effects that are about no session and bring no bytes.
    pub(crate) const fn new(effects: &'a [Effect], now: Timestamp) -> Self {
        Self {
            effects,
            now,
            what: None,
            session: None,
            body: Bytes::new(),
            parts: BTreeMap::new(),
        }
    }

    /// The same in a transaction that is for `what`.
    pub(crate) const fn committing(mut self, what: Commit) -> Self {
        self.what = Some(what);
        self
    }

    /// The same about a session.
    pub(crate) const fn of(mut self, session: &'a Session) -> Self {
        self.session = Some(session);
        self
    }

    /// The same with a chunk.
    pub(crate) fn with_body(mut self, body: Bytes) -> Self {
        self.body = body;
        self
    }

    /// The same with parts of a request, each under its hash.
    pub(crate) fn with_parts(mut self, parts: impl IntoIterator<Item = Bytes>) -> Self {
        let parts = parts.into_iter().map(|part| (Hash::of(&part), part));
        self.parts = parts.collect();
        self
    }

    /// Carries the effects out in order and commits. Once this returns, all of them are durable.
    pub(crate) async fn commit(
        &self,
        app: &App,
        mut transaction: Box<dyn Transaction>,
    ) -> Result<(), Failure> {
        self.apply(app, &mut *transaction).await?;
        self.settle(app, transaction).await
    }

    /// Places bytes and changes rows, in order. Nothing is done before [`Change::settle`].
    pub(crate) async fn apply(
        &self,
        app: &App,
        transaction: &mut dyn Transaction,
    ) -> Result<(), Failure> {
        for effect in self.effects {
            self.place_bytes(app, effect).await?;
            transaction.apply(self.session, effect, self.now).await?;
        }
        Ok(())
    }

    /// Commits what was applied.
    pub(crate) async fn settle(
        &self,
        app: &App,
        transaction: Box<dyn Transaction>,
    ) -> Result<(), Failure> {
        match self.what {
            Some(what) => app.commit(what, transaction).await?,
            None => transaction.commit().await?,
        }
        if let (Some(session), true) = (self.session, self.effects.contains(&Effect::DiscardBytes))
        {
            discard(app, session.id).await;
        }
        Ok(())
    }

    async fn place_bytes(&self, app: &App, effect: &Effect) -> Result<(), Fault> {
        match (effect, self.session) {
            (Effect::Write { offset, length }, Some(session)) => {
                self.write(app, session, *offset, *length).await
            }
            (Effect::PromoteBlob { hash, .. }, Some(session)) => {
                promote(app, session.id, *hash).await
            }
            (Effect::StoreBlob { hash, .. }, _) => self.store_part(app, *hash).await,
            _ => Ok(()),
        }
    }

    async fn write(
        &self,
        app: &App,
        session: &Session,
        offset: u64,
        length: u64,
    ) -> Result<(), Fault> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let chunk = self.body.slice(..length.min(self.body.len()));
        let (upload, received) = (session.id, session.received);
        let points = Arc::clone(&app.crash_points);
        app.disk("write a chunk", move |disk| {
            let held = disk.length(upload)?.unwrap_or(0);
            if held < received {
                let lost = format!("{upload} holds {held} bytes, {received} were acknowledged");
                return Err(io::Error::new(io::ErrorKind::InvalidData, lost));
            }
            if held > received {
                // An earlier write whose transaction was rolled back.
                disk.truncate(upload, received)?;
            }
            disk.write(upload, offset, &chunk)?;
            points.reached(CrashPoint::AppendBeforeFlush);
            disk.sync(upload)?;
            points.reached(CrashPoint::AppendAfterFlush);
            Ok(())
        })
        .await
    }

    /// Places a part of the request at its address, by way of an upload that no session knows: what
    /// a crash leaves of it before the move goes at the next start, and after it with the garbage.
    async fn store_part(&self, app: &App, hash: Hash) -> Result<(), Fault> {
        let part = self.parts.get(&hash).cloned().ok_or_else(|| {
            Fault::Integrity(format!("a plan stores {hash}, which the request lacks"))
        })?;
        let upload = app.entropy.upload(self.now);
        let points = Arc::clone(&app.crash_points);
        app.disk("store a part of a request", move |disk| {
            let stored = disk
                .write(upload, 0, &part)
                .and_then(|()| disk.sync(upload))
                .map(|()| points.reached(CrashPoint::OpBeforeMove))
                .and_then(|()| disk.promote(upload, hash));
            match &stored {
                Ok(()) => points.reached(CrashPoint::OpAfterMove),
                Err(_) => disk.discard(upload)?,
            }
            stored
        })
        .await
    }
}

async fn promote(app: &App, upload: UploadId, hash: Hash) -> Result<(), Fault> {
    app.reached(CrashPoint::FinalizationBeforeMove);
    app.disk("place a blob", move |disk| {
        // Recovery may find the blob in place already.
        match disk.length(upload)? {
            None if disk.blob_length(hash)?.is_some() => Ok(()),
            _ => disk.promote(upload, hash),
        }
    })
    .await?;
    app.reached(CrashPoint::FinalizationAfterMove);
    Ok(())
}

/// Deletes the bytes of an upload that no row speaks of any more. If that fails the next start
/// deletes them, so the request that forgot them is not failed.
pub(crate) async fn discard(app: &App, upload: UploadId) {
    let discarded = app
        .disk("discard an upload", move |disk| disk.discard(upload))
        .await;
    match discarded {
        Ok(()) => app.reached(CrashPoint::DiscardAfterRemoval),
        Err(fault) => tracing::error!(%upload, %fault, "an upload's bytes stay behind"),
    }
}
