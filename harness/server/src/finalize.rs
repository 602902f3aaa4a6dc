//! Finalization (`wire.md` §3): digest, rules, content address, asset, feed.

use crate::app::App;
use crate::crash::Commit;
use crate::effects::Change;
use crate::facts::Opening;
use crate::failure::Failure;
use crate::upload::refused;
use crate::{Disk, PIECE};
use gauntlet_validator::server::{FinalizeFacts, Session};
use gauntlet_wire::bounds;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{Hash, Hasher, UploadId};
use std::io;

/// What the disk holds of an upload.
struct Held {
    length: u64,
    computed: Hash,
    /// The bytes of a `provenance` upload, unless it is larger than any record.
    record: Option<Vec<u8>>,
}

/// Finalizes a session all of whose bytes are durable. The transaction before this one moved it to
/// `WaitingForProcessing`, so no other request changes its file while it is read here.
pub(crate) async fn finalize(app: &App, id: UploadId) -> Result<(), Failure> {
    let session = present(app.store.read().await?.session(id).await?)?;
    let held = app
        .disk("read a finished upload", move |disk| held(disk, &session))
        .await?;
    let _placing = app.placing.lock().await;
    let now = app.now();
    let mut transaction = app.store.begin().await?;
    let session = present(transaction.session(id).await?)?;
    let opening = Opening::of_session(&session);
    let facts = FinalizeFacts {
        now,
        length: held.length,
        computed: held.computed,
        opening: opening.facts(app, &mut *transaction, now).await?,
        epochs: transaction
            .epoch_facts(session.album, session.envelope.amk_version)
            .await?,
        record: held.record,
        session,
    };
    match app.judge.finalize(&facts, &app.policy) {
        Ok(effects) => {
            let change = Change::new(&effects, now).committing(Commit::Finalization);
            change.of(&facts.session).commit(app, transaction).await
        }
        Err(refusal) => Err(refused(app, transaction, Some(&facts.session), refusal, now).await),
    }
}

/// A session whose bytes are complete goes only by being finalized and then forgotten.
fn present(session: Option<Session>) -> Result<Session, Failure> {
    session.ok_or_else(Failure::finalize_in_progress)
}

/// Reads the upload, or the blob that it became if a crash came between the move and the commit. Of
/// an upload whose file is gone nothing is held, and the length rule ends its session.
fn held(disk: &dyn Disk, session: &Session) -> io::Result<Held> {
    let max = bounds::MANIFEST as u64;
    let is_record = session.role == BlobRole::Provenance;
    if disk.length(session.id)?.is_some() {
        let (length, computed) = disk.digest(session.id)?;
        let record = match is_record {
            true => disk.read_upload(session.id, max)?,
            false => None,
        };
        return Ok(Held {
            length,
            computed,
            record,
        });
    }
    let Some((length, computed)) = blob_digest(disk, session.hash)? else {
        tracing::error!(upload = %session.id, "the bytes of a complete upload are gone");
        let computed = Hash::of(&[]);
        return Ok(Held {
            length: 0,
            computed,
            record: None,
        });
    };
    let record = match is_record && length <= max {
        true => Some(disk.read_blob(session.hash, 0..length)?),
        false => None,
    };
    Ok(Held {
        length,
        computed,
        record,
    })
}

/// The length and SHA-256 of a blob, read in pieces; `None` if it is not there.
pub(crate) fn blob_digest(disk: &dyn Disk, hash: Hash) -> io::Result<Option<(u64, Hash)>> {
    if disk.blob_length(hash)?.is_none() {
        return Ok(None);
    }
    let (mut length, mut hasher) = (0_u64, Hasher::new());
    loop {
        let piece = disk.read_blob(hash, length..length.saturating_add(PIECE))?;
        if piece.is_empty() {
            return Ok(Some((length, hasher.finish())));
        }
        hasher.update(&piece);
        length += piece.len() as u64;
    }
}
