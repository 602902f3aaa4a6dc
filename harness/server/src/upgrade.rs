//! The upgrade ceremony: load facts, ask the judge, carry the effects out.

use crate::app::App;
use crate::effects::Change;
use crate::failure::Failure;
use crate::store::{Snapshot, StoreError};
use crate::upload::refused;
use gauntlet_validator::server::{CompleteRequest, EndRequest, ProposeRequest, UpgradeFacts};
use gauntlet_wire::id::{AlbumId, UserId};
use gauntlet_wire::json::{UpgradeCompleted, UpgradeStatus};
use jiff::Timestamp;

/// Opens a ceremony, or finds it open by the same intent.
pub(crate) async fn propose(app: &App, request: &ProposeRequest) -> Result<UpgradeStatus, Failure> {
    let now = app.now();
    let mut transaction = app.store.begin().await?;
    let mut facts = facts_of(app, &mut *transaction, request.album, request.caller, now).await?;
    if let Some(intent) = request.intent() {
        let core = intent.core;
        facts.proposer = transaction
            .device(request.caller, core.proposer_device)
            .await?;
        facts.ended = transaction
            .upgrade_ended(request.album, core.intent_id, now)
            .await?;
    }
    let plan = match app.judge.propose_upgrade(&facts, request, &app.policy) {
        Ok(plan) => plan,
        Err(refusal) => return Err(refused(app, transaction, None, refusal, now).await),
    };
    let change = Change::new(&plan.effects, now);
    change.commit(app, transaction).await?;
    Ok(plan.answer)
}

/// Looks at a ceremony.
pub(crate) async fn status(
    app: &App,
    caller: UserId,
    album: AlbumId,
) -> Result<UpgradeStatus, Failure> {
    let mut view = app.store.read().await?;
    let facts = facts_of(app, &mut *view, album, caller, app.now()).await?;
    app.judge
        .upgrade_status(album, &facts)
        .map_err(|refusal| refusal.rejection.into())
}

/// Ends a ceremony: back to normal.
pub(crate) async fn end(app: &App, caller: UserId, request: &EndRequest) -> Result<(), Failure> {
    let now = app.now();
    let mut transaction = app.store.begin().await?;
    let facts = facts_of(app, &mut *transaction, request.album, caller, now).await?;
    match app.judge.end_upgrade(&facts, request, &app.policy) {
        Ok(effects) => Change::new(&effects, now).commit(app, transaction).await,
        Err(refusal) => Err(refused(app, transaction, None, refusal, now).await),
    }
}

/// Completes a ceremony: the album is frozen for good.
pub(crate) async fn complete(
    app: &App,
    caller: UserId,
    request: &CompleteRequest,
) -> Result<UpgradeCompleted, Failure> {
    let now = app.now();
    let mut transaction = app.store.begin().await?;
    let mut facts = facts_of(app, &mut *transaction, request.album, caller, now).await?;
    facts.successor = transaction
        .album_facts(request.body.successor_album_id, caller)
        .await?;
    let plan = match app.judge.complete_upgrade(&facts, request, &app.policy) {
        Ok(plan) => plan,
        Err(refusal) => return Err(refused(app, transaction, None, refusal, now).await),
    };
    let change = Change::new(&plan.effects, now);
    change.commit(app, transaction).await?;
    Ok(plan.answer)
}

/// What every step is judged by; proposals and completions add what they name.
async fn facts_of(
    app: &App,
    view: &mut dyn Snapshot,
    album: AlbumId,
    caller: UserId,
    now: Timestamp,
) -> Result<UpgradeFacts, StoreError> {
    Ok(UpgradeFacts {
        now,
        album: view.album_facts(album, caller).await?,
        in_flight: view.in_flight(album, app.opened_after(now)).await?,
        proposer: None,
        ended: false,
        successor: None,
    })
}
