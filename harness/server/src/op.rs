//! Lifecycle operations: load facts, ask the judge, carry the effects out.

use crate::app::App;
use crate::crash::Commit;
use crate::effects::Change;
use crate::facts;
use crate::failure::{Failure, Fault};
use crate::quota;
use crate::store::{Snapshot, StoreError};
use crate::upload::refused;
use bytes::Bytes;
use gauntlet_validator::server::{OpFacts, OpPlan, OpRequest};
use gauntlet_wire::enums::Action;
use gauntlet_wire::id::AssetId;
use gauntlet_wire::json::OpAccepted;
use jiff::Timestamp;

/// Judges an op and carries it out. The answer to a repeat is the first one again.
pub(crate) async fn submit(app: &App, request: OpRequest) -> Result<OpAccepted, Failure> {
    let now = app.now();
    quota::look(app, request.caller, now).await?;
    // From the decision to place a part of the op until its row is there, no sweep may take the file.
    let placing = app.placing.lock().await;
    let mut transaction = app.store.begin().await?;
    let facts = facts_of(app, &mut *transaction, &request, now).await?;
    let plan = match app.judge.lifecycle_op(&facts, &request, &app.policy) {
        Ok(plan) => plan,
        Err(refusal) => return Err(refused(app, transaction, None, refusal, now).await),
    };
    let (asset, action, effects) = match plan {
        OpPlan::Replayed {
            asset,
            action,
            sync_seq,
        } => return Ok(accepted(asset, action, sync_seq, true)),
        OpPlan::Accepted {
            asset,
            action,
            effects,
        } => (asset, action, effects),
    };
    let (album, caller, record) = (request.album, request.caller, request.record_hash());
    let change = Change::new(&effects, now).committing(Commit::Op);
    let change = change.with_parts(parts(request));
    change.apply(app, &mut *transaction).await?;
    let sync_seq = transaction.shown_as(album, record).await?.ok_or_else(|| {
        Fault::Integrity(format!("the plan of {record} shows nothing on the feed"))
    })?;
    change.settle(app, transaction).await?;
    drop(placing);
    // What the op brought may have carried its account above the limit.
    quota::look(app, caller, now).await?;
    Ok(accepted(asset, action, sync_seq, false))
}

const fn accepted(asset_id: AssetId, action: Action, sync_seq: u64, replayed: bool) -> OpAccepted {
    OpAccepted {
        asset_id,
        sync_seq,
        action,
        replayed,
    }
}

/// What an op may ask to be stored.
fn parts(request: OpRequest) -> impl Iterator<Item = Bytes> {
    let body = request.body;
    [Some(body.record), body.metadata, body.derivative]
        .into_iter()
        .flatten()
        .map(Bytes::from)
}

async fn facts_of(
    app: &App,
    view: &mut dyn Snapshot,
    request: &OpRequest,
    now: Timestamp,
) -> Result<OpFacts, StoreError> {
    let (caller, album) = (request.caller, request.album);
    let envelope = &request.body.envelope;
    Ok(OpFacts {
        now,
        album: view.album_facts(album, caller).await?,
        device: view.device(caller, envelope.created_by_device).await?,
        asset: view.asset(envelope.file_id).await?,
        epochs: view.epoch_facts(album, envelope.amk_version).await?,
        quota: facts::quota(app, view, caller, request.metadata_hash(), now).await?,
        derivative_head: match request.derivative_chain() {
            Some(chain) => view.derivative_head(&chain).await?,
            None => None,
        },
        accepted: view.shown_as(album, request.record_hash()).await?,
    })
}
