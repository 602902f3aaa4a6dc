//! What every handler takes from a request before its body: handshake, then authentication.

use super::body::{Patience, Received, receive};
use crate::app::App;
use crate::failure::Failure;
use crate::judge::Asked;
use axum::RequestPartsExt;
use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, Path, Query};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use gauntlet_validator::server::{Access, Handshake, Rejection, Spoken};
use gauntlet_wire::bounds;
use gauntlet_wire::code::Code;
use gauntlet_wire::header;
use gauntlet_wire::id::{AlbumId, UserId};
use gauntlet_wire::rule::Rule;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;

/// A caller who passed the gate of a route that only reads.
pub(super) struct Reader {
    pub(super) user: UserId,
}

/// A caller who passed the gate of a route that writes.
pub(super) struct Writer {
    pub(super) user: UserId,
    pub(super) spoken: Spoken,
}

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let (user, _) = gate(app, parts, Access::Read)?;
        Ok(Self { user })
    }
}

impl FromRequestParts<Arc<App>> for Writer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let (user, spoken) = gate(app, parts, Access::Write)?;
        Ok(Self { user, spoken })
    }
}

/// The gate (`wire.md` §1.1, evaluation order of §2): the handshake, then the token. No state is
/// touched before both hold.
fn gate(app: &App, parts: &Parts, access: Access) -> Result<(UserId, Spoken), Failure> {
    let headers = &parts.headers;
    let request = Handshake {
        access,
        protocol: values(headers, header::PROTOCOL),
        suite: values(headers, header::CRYPTO_SUITE),
    };
    let spoken = app.judge.handshake(&request, &app.policy)?;
    let authorization = values(headers, AUTHORIZATION.as_str());
    let token = app.tokens.read(&authorization, app.now());
    let route = parts.extensions.get::<MatchedPath>();
    let asked = Asked {
        method: parts.method.as_str(),
        route: route.map_or("", MatchedPath::as_str),
    };
    let user = app.judge.authenticate(asked, token.as_ref())?;
    Ok((user, spoken))
}

/// Every value of a header, in order. Bytes that are no text become characters that no grammar has.
pub(super) fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect()
}

/// The `Content-Type`, lowercase; repeated ones are joined, which no media type matches.
pub(super) fn media_type(headers: &HeaderMap) -> Option<String> {
    let values = values(headers, CONTENT_TYPE.as_str());
    (!values.is_empty()).then(|| values.join(", ").to_ascii_lowercase())
}

/// The one variable segment of a path, empty if it is no text.
pub(super) struct Segment(pub(super) String);

impl FromRequestParts<Arc<App>> for Segment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Infallible> {
        let segment = parts.extract::<Path<String>>().await;
        Ok(Self(
            segment.map_or_else(|_| String::new(), |Path(text)| text),
        ))
    }
}

/// The album of a path.
pub(super) struct AlbumPath(pub(super) AlbumId);

impl FromRequestParts<Arc<App>> for AlbumPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let segment = parts.extract::<Path<String>>().await;
        let text = segment.map_or_else(|_| String::new(), |Path(text)| text);
        Ok(Self(app.judge.album_named(&text)?))
    }
}

#[derive(Deserialize)]
struct Intent {
    intent_id: Option<String>,
}

/// `intent_id` of a query.
pub(super) struct IntentQuery(pub(super) Option<String>);

impl FromRequestParts<Arc<App>> for IntentQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Failure> {
        let query = parts.extract::<Query<Intent>>().await;
        let Query(query) =
            query.map_err(|error| Rejection::new(Rule::QueryWellFormed, error.to_string()))?;
        Ok(Self(query.intent_id))
    }
}

/// Reads a JSON body: its media type, its bound. What it says is its route's to parse.
pub(super) async fn json_body(headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    let media_type = media_type(headers).unwrap_or_default();
    if media_type.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Failure::unacceptable(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::RequestUnsupportedMediaType,
            "a JSON body travels as application/json",
        ));
    }
    bounded_body(body, bounds::JSON_BODY as u64).await
}

/// Reads a body of at most `limit` bytes.
pub(super) async fn bounded_body(body: Body, limit: u64) -> Result<Bytes, Failure> {
    match receive(body, limit, Patience::USUAL).await? {
        Received::Whole(bytes, _) => Ok(bytes),
        Received::TooLong => Err(Failure::unacceptable(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::RequestTooLarge,
            format!("the body is longer than {limit} bytes"),
        )),
    }
}
