//! Carrying out effects: rows in the transaction, bytes on the disk, in an order that survives a
//! crash at any point.
//!
//! Bytes are written and synced, and blobs are moved to their address, *before* the commit that
//! speaks of them; bytes are deleted *after* the commit that forgets them. What a crash leaves
//! between the two is at most a file that no row speaks of.

use crate::app::App;
use crate::failure::{Failure, Fault};
use crate::store::Transaction;
use bytes::Bytes;
use gauntlet_validator::server::{Effect, Session};
use gauntlet_wire::id::UploadId;
use jiff::Timestamp;
use std::io;

/// What is to happen to one session.
pub(crate) struct Change<'a> {
    pub(crate) session: &'a Session,
    pub(crate) effects: &'a [Effect],
    /// The request's body, which [`Effect::Write`] takes from.
    pub(crate) body: Bytes,
    pub(crate) now: Timestamp,
}

impl Change<'_> {
    /// Carries the effects out in order and commits. Once this returns, all of them are durable.
    pub(crate) async fn commit(
        &self,
        app: &App,
        mut transaction: Box<dyn Transaction>,
    ) -> Result<(), Failure> {
        for effect in self.effects {
            self.place_bytes(app, effect).await?;
            transaction.apply(self.session, effect, self.now).await?;
        }
        transaction.commit().await?;
        if self.effects.contains(&Effect::DiscardBytes) {
            discard(app, self.session.id).await;
        }
        Ok(())
    }

    async fn place_bytes(&self, app: &App, effect: &Effect) -> Result<(), Fault> {
        match *effect {
            Effect::Write { offset, length } => self.write(app, offset, length).await,
            Effect::PromoteBlob { hash, .. } => {
                let upload = self.session.id;
                app.disk("place a blob", move |disk| {
                    // Recovery may find the blob in place already.
                    match disk.length(upload)? {
                        None if disk.blob_length(hash)?.is_some() => Ok(()),
                        _ => disk.promote(upload, hash),
                    }
                })
                .await
            }
            _ => Ok(()),
        }
    }

    async fn write(&self, app: &App, offset: u64, length: u64) -> Result<(), Fault> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let chunk = self.body.slice(..length.min(self.body.len()));
        let (upload, received) = (self.session.id, self.session.received);
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
            disk.sync(upload)
        })
        .await
    }
}

/// Deletes the bytes of an upload that no row speaks of any more. If that fails the next start
/// deletes them, so the request that forgot them is not failed.
pub(crate) async fn discard(app: &App, upload: UploadId) {
    let discarded = app
        .disk("discard an upload", move |disk| disk.discard(upload))
        .await;
    if let Err(fault) = discarded {
        tracing::error!(%upload, %fault, "an upload's bytes stay behind");
    }
}
