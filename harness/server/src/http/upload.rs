//! `/v1/upload`: sessions and chunks (`wire.md` §1.3, §3).

use super::body::{Patience, Received, receive};
use super::extract::{Reader, Segment, Writer, json_body, media_type, values};
use super::respond::put;
use crate::app::App;
use crate::failure::Failure;
use crate::upload;
use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gauntlet_validator::server::{
    AppendRequest, CreatePlan, CreateRequest, Policy, Rejection, Session,
};
use gauntlet_wire::header;
use gauntlet_wire::id::{Hash, UploadId};
use gauntlet_wire::json::{SessionCreated, SessionList, SessionSummary};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::time::Timestamp;
use serde::Deserialize;
use std::sync::Arc;

/// The chunk size that clients are advised to use, in bytes.
const SUGGESTED_CHUNK: u64 = 4 << 20;

/// `POST /v1/upload`.
pub(super) async fn open(
    State(app): State<Arc<App>>,
    writer: Writer,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let body = json_body(&headers, body).await?;
    let request = CreateRequest {
        caller: writer.user,
        spoken: writer.spoken,
        body: app.judge.parse_create_session(&body)?,
    };
    Ok(match upload::open(&app, &request).await? {
        CreatePlan::Open { session, .. } => {
            opened(&app.policy, StatusCode::CREATED, session.id, None)
        }
        CreatePlan::Resume { id, received } => {
            opened(&app.policy, StatusCode::OK, id, Some(received))
        }
    })
}

fn opened(policy: &Policy, status: StatusCode, id: UploadId, received: Option<u64>) -> Response {
    let upload_url = format!("/v1/upload/{id}");
    let suggested_chunk_size = SUGGESTED_CHUNK.min(policy.max_chunk);
    let mut headers = HeaderMap::new();
    put(&mut headers, LOCATION.as_str(), &upload_url);
    put(
        &mut headers,
        header::SUGGESTED_CHUNK_SIZE,
        suggested_chunk_size,
    );
    if let Some(received) = received {
        put(&mut headers, header::OFFSET, received);
    }
    let body = SessionCreated {
        id,
        upload_url,
        suggested_chunk_size,
    };
    (status, headers, Json(body)).into_response()
}

/// `HEAD /v1/upload/{id}`.
pub(super) async fn query(
    State(app): State<Arc<App>>,
    reader: Reader,
    Segment(id): Segment,
) -> Result<Response, Failure> {
    let session = upload::query(&app, reader.user, id.parse().ok()).await?;
    let mut headers = HeaderMap::new();
    put(&mut headers, header::OFFSET, session.received);
    put(&mut headers, header::CONTENT_LENGTH, session.size);
    put(&mut headers, header::UPLOAD_STATUS, session.status);
    Ok((StatusCode::OK, headers).into_response())
}

/// `PATCH /v1/upload/{id}`.
pub(super) async fn append(
    State(app): State<Arc<App>>,
    writer: Writer,
    Segment(id): Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    // A body past the maximum is not kept, but judged all the same: whether the session exists and
    // is the caller's comes first.
    let limit = app.policy.max_chunk;
    let (body, length, digest) = match receive(body, limit, Patience::USUAL).await? {
        Received::Whole(bytes, digest) => {
            let length = bytes.len() as u64;
            (bytes, length, digest)
        }
        Received::TooLong => (Bytes::new(), limit.saturating_add(1), Hash::of(&[])),
    };
    let request = AppendRequest {
        caller: writer.user,
        media_type: media_type(&headers),
        offset: values(&headers, header::OFFSET),
        checksum: values(&headers, header::CHECKSUM),
        length,
        digest,
    };
    let offset = upload::append(&app, id.parse().ok(), &request, body).await?;
    let mut headers = HeaderMap::new();
    put(&mut headers, header::OFFSET, offset);
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// `DELETE /v1/upload/{id}`.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    writer: Writer,
    Segment(id): Segment,
) -> Result<StatusCode, Failure> {
    upload::cancel(&app, writer.user, id.parse().ok()).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Filter {
    status: Option<String>,
}

/// `GET /v1/upload/sessions`.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    reader: Reader,
    filter: Result<Query<Filter>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<SessionList>, Failure> {
    let text = filter
        .map(|Query(filter)| filter.status)
        .map_err(|error| Rejection::new(Rule::StatusFilterKnown, error.to_string()))?;
    let wanted = app.judge.status_filter(text.as_deref())?;
    let sessions = upload::list(&app, reader.user).await?;
    let sessions = sessions
        .iter()
        .filter(|session| wanted.is_none_or(|status| session.status == status))
        .map(summary)
        .collect();
    Ok(Json(SessionList { sessions }))
}

fn summary(session: &Session) -> SessionSummary {
    SessionSummary {
        id: session.id,
        asset_id: session.envelope.file_id,
        album_id: Some(session.album),
        blob_role: session.role,
        status: session.status,
        received_bytes: session.received,
        total_size: session.size,
        created_at: Timestamp::from_instant(session.created_at),
        last_progress_at: Timestamp::from_instant(session.last_progress_at),
    }
}
