//! Garbage collection of blobs in two phases (`wire.md` §3, GC).

use crate::app::App;
use crate::failure::Failure;
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
    /// Blobs found without references and marked.
    pub marked: u64,
    /// Marks taken away because a reference came back.
    pub unmarked: u64,
    /// Blobs deleted.
    pub swept: u64,
}

/// Goes over every stored blob once.
pub(crate) async fn collect_garbage(app: &App) -> Result<CollectionReport, Failure> {
    let now = app.now();
    let mut report = CollectionReport::default();
    let mut after = None;
    loop {
        let page = app.store.read().await?.blobs(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(report);
        };
        after = Some(last.hash);
        for blob in &page {
            // Most blobs are to be kept, which needs no transaction.
            if decide(app, blob, now) != Collection::Keep {
                step(app, blob.hash, now, &mut report).await?;
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
            transaction.commit().await?;
            report.marked += 1;
        }
        Collection::Unmark => {
            transaction.mark_blob(hash, None).await?;
            transaction.commit().await?;
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
    transaction.commit().await?;
    app.disk("remove a blob", move |disk| disk.remove_blob(hash))
        .await?;
    tracing::info!(%hash, "swept a blob");
    let mut transaction = app.store.begin().await?;
    transaction.forget_swept(hash).await?;
    Ok(transaction.commit().await?)
}
