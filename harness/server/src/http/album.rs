//! `POST /v1/albums` and an album's ledger (`wire.md` §1.3, `formats.md` §11).

use super::extract::{AlbumPath, Reader, Writer, bounded_body, json_body, media_type};
use crate::app::App;
use crate::crash::Commit;
use crate::failure::Failure;
use crate::store::Album;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gauntlet_validator::server::{LedgerFacts, LedgerRequest, ProvisionFacts, ProvisionRequest};
use gauntlet_wire::bounds;
use gauntlet_wire::code::Code;
use gauntlet_wire::json::{AlbumCreated, CreateAlbum, LedgerStored, parse_strict};
use std::sync::Arc;

/// Creates an album pinned to the version that the request speaks; the same request by its owner
/// creates nothing and is answered with the pin.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    writer: Writer,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<AlbumCreated>, Failure> {
    let body: CreateAlbum = parse_strict(&json_body(&headers, body).await?)
        .map_err(|error| Failure::bad(Code::RequestMalformed, error.to_string()))?;
    let id = body.album_id.parse().ok();
    let request = ProvisionRequest {
        caller: writer.user,
        spoken: writer.spoken,
        album: body.album_id,
    };
    let mut transaction = app.store.begin().await?;
    let stored = match id {
        Some(id) => transaction.album(id).await?,
        None => None,
    };
    let facts = ProvisionFacts {
        stored: stored.map(|album| (album.owner, album.pin)),
    };
    let plan = app
        .judge
        .provision_album(&facts, &request, &app.policy)
        .map_err(|refusal| refusal.rejection)?;
    if plan.created {
        let album = Album {
            owner: writer.user,
            pin: plan.pin,
        };
        transaction.insert_album(plan.album, &album).await?;
        app.commit(Commit::Album, transaction).await?;
    }
    Ok(Json(AlbumCreated {
        album_id: plan.album,
        protocol_version: plan.pin,
        created: plan.created,
    }))
}

/// `PUT /v1/albums/{album_id}/ledger`.
pub(super) async fn publish_ledger(
    State(app): State<Arc<App>>,
    writer: Writer,
    AlbumPath(album): AlbumPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<LedgerStored>, Failure> {
    let request = LedgerRequest {
        album,
        media_type: media_type(&headers),
        document: bounded_body(body, bounds::LEDGER as u64).await?.into(),
    };
    let mut transaction = app.store.begin().await?;
    let facts = LedgerFacts {
        album: transaction.album_facts(album, writer.user).await?,
        stored: transaction.ledger(album).await?,
    };
    let plan = app
        .judge
        .publish_ledger(&facts, &request, &app.policy)
        .map_err(|refusal| refusal.rejection)?;
    transaction.put_ledger(&plan.ledger).await?;
    app.commit(Commit::Ledger, transaction).await?;
    Ok(Json(LedgerStored {
        album_id: album,
        ceiling: plan.ledger.value().ceiling,
    }))
}

/// `GET /v1/albums/{album_id}/ledger`: the exact bytes that were published.
pub(super) async fn read_ledger(
    State(app): State<Arc<App>>,
    reader: Reader,
    AlbumPath(album): AlbumPath,
) -> Result<Response, Failure> {
    let mut view = app.store.read().await?;
    let facts = LedgerFacts {
        album: view.album_facts(album, reader.user).await?,
        stored: view.ledger(album).await?,
    };
    let ledger = app
        .judge
        .read_ledger(&facts, &app.policy)
        .map_err(|refusal| refusal.rejection)?;
    let headers = [(CONTENT_TYPE, "application/cbor")];
    Ok((headers, ledger.into_bytes()).into_response())
}
