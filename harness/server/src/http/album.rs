//! `POST /v1/albums`: an album id is bound to the first account that asks for it (`wire.md` §1.3).

use super::extract::{Writer, json_body};
use crate::app::App;
use crate::failure::Failure;
use crate::store::Album;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gauntlet_validator::server::Rejection;
use gauntlet_wire::code::Code;
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::json::{AlbumCreated, CreateAlbum, parse_strict};
use gauntlet_wire::rule::Rule;
use std::sync::Arc;

/// Creates an album pinned to the version that the request speaks; the same request by its owner
/// creates nothing and is answered with the pin.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    writer: Writer,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<AlbumCreated>, Failure> {
    let id = album_id(&json_body(&headers, body).await?)?;
    let mut transaction = app.store.begin().await?;
    let stored = transaction.album(id).await?;
    let created = stored.is_none();
    let album = stored.unwrap_or(Album {
        owner: writer.user,
        pin: writer.spoken.protocol,
    });
    if album.owner != writer.user {
        return Err(Rejection::new(Rule::AlbumAvailable, "the album id is taken").into());
    }
    if created {
        transaction.insert_album(id, &album).await?;
        transaction.commit().await?;
    }
    Ok(Json(AlbumCreated {
        album_id: id,
        protocol_version: album.pin,
        created,
    }))
}

fn album_id(body: &[u8]) -> Result<AlbumId, Failure> {
    let request: CreateAlbum = parse_strict(body)
        .map_err(|error| Failure::bad(Code::RequestMalformed, error.to_string()))?;
    let id = request
        .album_id
        .parse()
        .map_err(|error| Rejection::new(Rule::AlbumIdWellFormed, format!("album_id: {error}")))?;
    Ok(id)
}
