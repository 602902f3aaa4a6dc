//! The retention purge (`wire.md` §3): what the trash holds goes when its time is over.

use crate::app::App;
use crate::crash::Commit;
use crate::effects::Change;
use crate::failure::Failure;
use gauntlet_validator::server::PurgeFacts;
use gauntlet_wire::id::AssetId;
use jiff::Timestamp;

/// Assets that are looked at between two reads of the store.
const PAGE: u32 = 256;

/// Goes over the trash once; how many assets were purged.
pub(crate) async fn purge_trash(app: &App) -> Result<u64, Failure> {
    let now = app.now();
    let (mut purged, mut after) = (0, None);
    loop {
        let page = app.store.read().await?.trash(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(purged);
        };
        after = Some(*last);
        for asset in page {
            purged += u64::from(purge(app, asset, now).await?);
        }
    }
}

/// Purges one asset if it is due, each in a transaction of its own.
async fn purge(app: &App, asset: AssetId, now: Timestamp) -> Result<bool, Failure> {
    let mut transaction = app.store.begin().await?;
    let held = transaction.asset(asset).await?;
    let facts = PurgeFacts {
        now,
        asset,
        state: held.state,
        blobs: held.blobs,
    };
    let effects = app.judge.purge(&facts, &app.policy);
    if effects.is_empty() {
        return Ok(false);
    }
    let change = Change::new(&effects, now).committing(Commit::Purge);
    change.commit(app, transaction).await?;
    tracing::info!(%asset, "purged an asset");
    Ok(true)
}
