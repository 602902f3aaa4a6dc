//! Recovery before the first request: rows and files are made to agree again.

use crate::app::App;
use crate::crash::{Commit, CrashPoint};
use crate::effects::{Change, discard};
use crate::failure::{Failure, Fault};
use crate::finalize::finalize;
use gauntlet_validator::server::{Effect, Session};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{Hash, UploadId};
use std::collections::BTreeSet;

/// Mends what a crash left behind.
pub(crate) async fn recover(app: &App) -> Result<(), Failure> {
    app.reached(CrashPoint::RecoveryBegun);
    let sessions = app.store.read().await?.all_sessions().await?;
    remove_orphans(app, &sessions).await?;
    app.reached(CrashPoint::RecoveryAfterOrphans);
    for session in &sessions {
        match session.status {
            UploadStatus::Pending | UploadStatus::Uploading => mend(app, session).await?,
            UploadStatus::WaitingForProcessing => finish(app, session).await?,
            UploadStatus::Completed | UploadStatus::FailedProcessing => {
                discard(app, session.id).await;
            }
        }
        app.reached(CrashPoint::RecoveryAfterSession);
    }
    remove_swept(app).await?;
    app.reached(CrashPoint::RecoveryEnded);
    Ok(())
}

/// Files of uploads that no session knows: a crash came before the commit, or after one that forgot
/// the session.
async fn remove_orphans(app: &App, sessions: &[Session]) -> Result<(), Fault> {
    let known: BTreeSet<UploadId> = sessions.iter().map(|session| session.id).collect();
    let files = app.disk("list uploads", |disk| disk.uploads()).await?;
    for upload in files.into_iter().filter(|upload| !known.contains(upload)) {
        tracing::info!(%upload, "removing the bytes of an unknown upload");
        discard(app, upload).await;
    }
    Ok(())
}

/// Cuts a file to what was acknowledged. A file that holds less has lost acknowledged bytes: that is
/// an integrity error, and its session fails rather than pretend.
async fn mend(app: &App, session: &Session) -> Result<(), Failure> {
    let (upload, received) = (session.id, session.received);
    let held = app
        .disk("cut an upload to its received count", move |disk| {
            let held = disk.length(upload)?.unwrap_or(0);
            if held > received {
                disk.truncate(upload, received)?;
            }
            Ok(held)
        })
        .await?;
    if held < received {
        tracing::error!(%upload, held, received, "acknowledged bytes of an upload are lost");
        fail(app, session).await?;
    }
    Ok(())
}

async fn fail(app: &App, session: &Session) -> Result<(), Failure> {
    let effects = [
        Effect::DiscardBytes,
        Effect::ReleaseReservation,
        Effect::SetStatus(UploadStatus::FailedProcessing),
    ];
    let change = Change::new(&effects, app.now()).of(session);
    change.commit(app, app.store.begin().await?).await
}

/// Finalizes an upload that was complete. A refusal is the client's to learn by HEAD.
async fn finish(app: &App, session: &Session) -> Result<(), Failure> {
    match finalize(app, session.id).await {
        Ok(()) => {
            tracing::info!(upload = %session.id, "finished an upload");
            Ok(())
        }
        Err(Failure::Rejected(rejection)) => {
            let code = rejection.code();
            tracing::warn!(upload = %session.id, %code, "refused an upload");
            remove_unless_stored(app, session.hash).await
        }
        Err(other) => Err(other),
    }
}

/// Removes the files of blobs whose deletion was committed and perhaps not carried out.
async fn remove_swept(app: &App) -> Result<(), Failure> {
    let swept = app.store.read().await?.swept().await?;
    for hash in swept {
        remove_unless_stored(app, hash).await?;
        let mut transaction = app.store.begin().await?;
        transaction.forget_swept(hash).await?;
        app.commit(Commit::Forgetting, transaction).await?;
    }
    Ok(())
}

/// Removes the file of a blob that has no row.
async fn remove_unless_stored(app: &App, hash: Hash) -> Result<(), Failure> {
    if app.store.read().await?.blob(hash).await?.is_none() {
        app.disk("remove a blob", move |disk| disk.remove_blob(hash))
            .await?;
    }
    Ok(())
}
