//! `/v1/albums/{album_id}/upgrade` (`wire.md` §8, `formats.md` §11).

use super::extract::{AlbumPath, IntentQuery, Reader, Writer, bounded_body, json_body, media_type};
use crate::app::App;
use crate::failure::Failure;
use crate::upgrade;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use gauntlet_validator::server::{CompleteRequest, EndRequest, ProposeRequest};
use gauntlet_wire::bounds;
use gauntlet_wire::code::Code;
use gauntlet_wire::json::{CompleteUpgrade, UpgradeCompleted, UpgradeStatus, parse_strict};
use std::sync::Arc;

/// `POST`: a signed intent opens the ceremony.
pub(super) async fn propose(
    State(app): State<Arc<App>>,
    writer: Writer,
    AlbumPath(album): AlbumPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<UpgradeStatus>, Failure> {
    let request = ProposeRequest {
        caller: writer.user,
        album,
        media_type: media_type(&headers),
        document: bounded_body(body, bounds::INTENT as u64).await?.into(),
    };
    upgrade::propose(&app, &request).await.map(Json)
}

/// `GET`: the live intent, and how many uploads are in flight.
pub(super) async fn status(
    State(app): State<Arc<App>>,
    reader: Reader,
    AlbumPath(album): AlbumPath,
) -> Result<Json<UpgradeStatus>, Failure> {
    upgrade::status(&app, reader.user, album).await.map(Json)
}

/// `DELETE`: back to normal.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    writer: Writer,
    AlbumPath(album): AlbumPath,
    IntentQuery(intent): IntentQuery,
) -> Result<StatusCode, Failure> {
    let request = EndRequest { album, intent };
    upgrade::end(&app, writer.user, &request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/complete`: the album is frozen for good.
pub(super) async fn complete(
    State(app): State<Arc<App>>,
    writer: Writer,
    AlbumPath(album): AlbumPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<UpgradeCompleted>, Failure> {
    let body: CompleteUpgrade = parse_strict(&json_body(&headers, body).await?)
        .map_err(|error| Failure::bad(Code::RequestMalformed, error.to_string()))?;
    let request = CompleteRequest { album, body };
    upgrade::complete(&app, writer.user, &request)
        .await
        .map(Json)
}
