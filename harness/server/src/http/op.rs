//! `POST /v1/albums/{album_id}/ops` (`wire.md` §1.3, `formats.md` §11).

use super::extract::{AlbumPath, IntentQuery, Writer, json_body, values};
use crate::app::App;
use crate::failure::Failure;
use crate::op;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gauntlet_validator::server::OpRequest;
use gauntlet_wire::header;
use gauntlet_wire::json::OpAccepted;
use std::sync::Arc;

/// Takes one op.
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    writer: Writer,
    AlbumPath(album): AlbumPath,
    IntentQuery(intent): IntentQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<OpAccepted>, Failure> {
    let body = json_body(&headers, body).await?;
    let request = OpRequest {
        caller: writer.user,
        spoken: writer.spoken,
        album,
        schema: values(&headers, header::SIDECAR_SCHEMA),
        intent,
        body: app.judge.parse_op(&body)?,
    };
    op::submit(&app, request).await.map(Json)
}
