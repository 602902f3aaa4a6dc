//! Looks at an account's quota (`wire.md` §3): each keeps the mark of an account above its hard limit.

use crate::app::App;
use crate::facts;
use crate::failure::Failure;
use gauntlet_validator::server::QuotaFacts;
use gauntlet_wire::id::UserId;
use jiff::Timestamp;

/// The account's quota at `now`, its mark being what the judge says that it is to be from now on. The
/// mark is durable by then, whatever becomes of the request that looked.
pub(crate) async fn look(app: &App, owner: UserId, now: Timestamp) -> Result<QuotaFacts, Failure> {
    let mut view = app.store.read().await?;
    let facts = facts::quota(app, &mut *view, owner, None, now).await?;
    drop(view);
    if is_marked(app, &facts, now) {
        return Ok(facts);
    }
    let mut transaction = app.store.begin().await?;
    let mut facts = facts::quota(app, &mut *transaction, owner, None, now).await?;
    if !is_marked(app, &facts, now) {
        facts.exceeded_since = app.judge.quota_mark(&facts, now, &app.policy);
        transaction
            .mark_exceeded(owner, facts.exceeded_since)
            .await?;
        transaction.commit().await?;
    }
    Ok(facts)
}

fn is_marked(app: &App, facts: &QuotaFacts, now: Timestamp) -> bool {
    app.judge.quota_mark(facts, now, &app.policy) == facts.exceeded_since
}
