//! Device directories: publishing one's own, reading anyone's (invariant 23, `formats.md` §5, §11).

use super::extract::{Reader, Segment, Writer, bounded_body, media_type, values};
use crate::app::App;
use crate::crash::Commit;
use crate::failure::{Failure, Fault};
use crate::store::PublishedDirectory;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_validator::server::{DirectoryFacts, DirectoryRequest, StoredDirectory};
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::header;
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::json::DirectoryPublished;
use std::sync::Arc;

/// `POST /v1/auth/devices/directory`.
pub(super) async fn publish(
    State(app): State<Arc<App>>,
    writer: Writer,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<DirectoryPublished>, Failure> {
    let request = DirectoryRequest {
        caller: writer.user,
        media_type: media_type(&headers),
        identity: identity_key(&headers),
        document: bounded_body(body, bounds::DIRECTORY as u64).await?.into(),
    };
    let mut transaction = app.store.begin().await?;
    let stored = transaction.directory(writer.user).await?;
    let facts = DirectoryFacts {
        stored: stored.map(as_stored).transpose()?,
    };
    let plan = app
        .judge
        .publish_directory(&facts, &request, &app.policy)
        .map_err(|refusal| refusal.rejection)?;
    transaction.put_directory(&plan).await?;
    app.commit(Commit::Directory, transaction).await?;
    Ok(Json(DirectoryPublished {
        directory_version: plan.directory.value().core.directory_version,
    }))
}

/// What a publish is judged by. Only canonical directories are ever stored.
fn as_stored(published: PublishedDirectory) -> Result<StoredDirectory, Fault> {
    let directory = Canonical::<DeviceDirectory>::decode(&published.document)
        .map_err(|error| Fault::Integrity(format!("a stored directory: {error}")))?;
    Ok(StoredDirectory {
        version: published.version,
        anchor: published.anchor,
        devices: directory.into_value().core.devices,
    })
}

/// The key of the one identity header, if it decodes.
fn identity_key(headers: &HeaderMap) -> Option<HybridPublicKey> {
    let values = values(headers, header::IDENTITY_KEY);
    let [one] = values.as_slice() else {
        return None;
    };
    HybridPublicKey::from_raw(&STANDARD.decode(one).ok()?)
}

/// `GET /v1/users/{user_id}/directory`: the exact bytes that were published.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    _: Reader,
    Segment(user): Segment,
) -> Result<Response, Failure> {
    let published = match user.parse() {
        Ok(user) => app.store.read().await?.directory(user).await?,
        Err(_) => None,
    };
    app.judge
        .read_directory(published.is_some(), &app.policy)
        .map_err(|refusal| refusal.rejection)?;
    let document = published.map(|directory| directory.document);
    let headers = [(CONTENT_TYPE, "application/cbor")];
    Ok((headers, document.unwrap_or_default()).into_response())
}
