//! Garbage collection of blobs in two phases (`wire.md` §3, GC).

use crate::app::App;
use crate::crash::{Commit, CrashPoint};
use crate::failure::Failure;
use crate::purge::purge_trash;
use crate::store::{StoredBlob, Transaction};
use gauntlet_validator::server::{BlobFacts, Collection};
use gauntlet_wire::id::Hash;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Blobs that are looked at between two reads of the store.
const PAGE: u32 = 256;

/// What one collection did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionReport {
    /// Assets whose time in the trash was over, and that gave up their blobs.
    pub purged: u64,
    /// Blobs found without references and marked.
    pub marked: u64,
    /// Marks taken away because a reference came back.
    pub unmarked: u64,
    /// Blobs deleted.
    pub swept: u64,
    /// Files at a content address that nothing spoke of, deleted.
    pub orphans: u64,
}

/// Purges what is due in the trash, then goes over every stored blob and every file once.
pub(crate) async fn collect_garbage(app: &App) -> Result<CollectionReport, Failure> {
    let mut report = CollectionReport {
        purged: purge_trash(app).await?,
        ..CollectionReport::default()
    };
    collect_blobs(app, &mut report).await?;
    for shard in 0..=u8::MAX {
        collect_orphans(app, shard, &mut report).await?;
    }
    Ok(report)
}

async fn collect_blobs(app: &App, report: &mut CollectionReport) -> Result<(), Failure> {
    let now = app.now();
    let mut after = None;
    loop {
        let page = app.store.read().await?.blobs(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.hash);
        for blob in &page {
            // Most blobs are to be kept, which needs no transaction.
            if decide(app, blob, now) != Collection::Keep {
                step(app, blob.hash, now, report).await?;
            }
        }
    }
}

fn decide(app: &App, blob: &StoredBlob, now: Timestamp) -> Collection {
    let facts = BlobFacts {
        now,
        references: blob.references,
        collectable_since: blob.collectable_since,
    };
    app.judge.collect(blob.hash, &facts, &app.policy)
}

/// Asks again in the transaction that acts on the answer: references are counted where they can't
/// change.
async fn step(
    app: &App,
    hash: Hash,
    now: Timestamp,
    report: &mut CollectionReport,
) -> Result<(), Failure> {
    let _placing = app.placing.lock().await;
    let mut transaction = app.store.begin().await?;
    let Some(blob) = transaction.blob(hash).await? else {
        return Ok(());
    };
    match decide(app, &blob, now) {
        Collection::Keep => {}
        Collection::Mark => {
            transaction.mark_blob(hash, Some(now)).await?;
            app.commit(Commit::Mark, transaction).await?;
            report.marked += 1;
        }
        Collection::Unmark => {
            transaction.mark_blob(hash, None).await?;
            app.commit(Commit::Mark, transaction).await?;
            report.unmarked += 1;
        }
        Collection::Sweep => {
            sweep(app, transaction, hash).await?;
            report.swept += 1;
        }
    }
    Ok(())
}

/// Row first, file after the commit: a crash between the two leaves a file that the next start
/// removes, never a row without its blob.
async fn sweep(
    app: &App,
    mut transaction: Box<dyn Transaction>,
    hash: Hash,
) -> Result<(), Failure> {
    transaction.sweep_blob(hash).await?;
    app.commit(Commit::Sweep, transaction).await?;
    app.disk("remove a blob", move |disk| disk.remove_blob(hash))
        .await?;
    app.reached(CrashPoint::SweepAfterRemoval);
    tracing::info!(%hash, "swept a blob");
    let mut transaction = app.store.begin().await?;
    transaction.forget_swept(hash).await?;
    Ok(app.commit(Commit::Forgetting, transaction).await?)
}

/// Deletes files without a row: what an op left that ended between the move and the commit.
async fn collect_orphans(
    app: &App,
    shard: u8,
    report: &mut CollectionReport,
) -> Result<(), Failure> {
    let files = app
        .disk("list blobs", move |disk| disk.blobs(shard))
        .await?;
    for hash in files {
        if app.store.read().await?.blob(hash).await?.is_none() {
            report.orphans += u64::from(remove_orphan(app, hash).await?);
        }
    }
    Ok(())
}

/// Asks again where no blob can be placed meanwhile. An upload that is being finalized may have been
/// moved to its address, and is the only copy of what was acknowledged.
async fn remove_orphan(app: &App, hash: Hash) -> Result<bool, Failure> {
    let _placing = app.placing.lock().await;
    let mut view = app.store.read().await?;
    if view.blob(hash).await?.is_some() || view.is_awaited(hash).await? {
        return Ok(false);
    }
    drop(view);
    app.disk("remove an orphan", move |disk| disk.remove_blob(hash))
        .await?;
    tracing::info!(%hash, "removed a file that nothing speaks of");
    Ok(true)
}
