//! `GET /v1/quota` (`wire.md` §1.3, `formats.md` §11).

use super::extract::Reader;
use crate::app::App;
use crate::failure::Failure;
use axum::Json;
use axum::extract::State;
use gauntlet_wire::json::Quota;
use std::sync::Arc;

/// What the caller uses, live reservations included.
pub(super) async fn quota(
    State(app): State<Arc<App>>,
    reader: Reader,
) -> Result<Json<Quota>, Failure> {
    let opened_after = app.opened_after(app.now());
    let used = app
        .store
        .read()
        .await?
        .used(reader.user, opened_after)
        .await?;
    let hard_limit = app.policy.quota_hard_limit;
    let exceeded = hard_limit.is_some_and(|limit| used >= limit);
    let state = if exceeded { "hard_exceeded" } else { "ok" };
    Ok(Json(Quota {
        used,
        soft_limit: None,
        hard_limit,
        state: state.to_owned(),
    }))
}
