//! `GET /v1/quota` (`wire.md` §1.3 and §3, `formats.md` §11).

use super::extract::Reader;
use crate::app::App;
use crate::failure::Failure;
use crate::quota::look;
use axum::Json;
use axum::extract::State;
use gauntlet_wire::json::Quota;
use std::sync::Arc;

/// What the caller uses, live reservations included, and where that leaves it.
pub(super) async fn quota(
    State(app): State<Arc<App>>,
    reader: Reader,
) -> Result<Json<Quota>, Failure> {
    let now = app.now();
    let facts = look(&app, reader.user, now).await?;
    let state = app.judge.quota_state(&facts, now, &app.policy);
    Ok(Json(Quota {
        used: facts.used,
        soft_limit: app.policy.quota_soft_limit,
        hard_limit: app.policy.quota_hard_limit,
        state: state.as_str().to_owned(),
    }))
}
