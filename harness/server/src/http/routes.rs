//! Which handler answers which path.

use super::{album, blob, directory, op, quota, storage, sync, upgrade, upload, well_known};
use crate::app::App;
use crate::failure::Failure;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, head, post};
use gauntlet_wire::code::Code;
use std::sync::Arc;

/// The routes of the contract that this server has (`wire.md` §1.3, `formats.md` §11).
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/albums", post(album::create))
        .route(
            "/v1/albums/{album_id}/ledger",
            get(album::read_ledger).put(album::publish_ledger),
        )
        .route("/v1/albums/{album_id}/ops", post(op::submit))
        .route(
            "/v1/albums/{album_id}/upgrade",
            get(upgrade::status)
                .post(upgrade::propose)
                .delete(upgrade::end),
        )
        .route(
            "/v1/albums/{album_id}/upgrade/complete",
            post(upgrade::complete),
        )
        .route("/v1/upload", post(upload::open))
        .route("/v1/upload/sessions", get(upload::list))
        .route(
            "/v1/upload/{id}",
            head(upload::query)
                .patch(upload::append)
                .delete(upload::cancel),
        )
        .route("/v1/sync", get(sync::page))
        .route("/v1/blob/{hash}", get(blob::read))
        .route("/v1/storage/verify", post(storage::verify))
        .route("/v1/quota", get(quota::quota))
        .route("/v1/version", get(well_known::version))
        .route("/v1/auth/devices/directory", post(directory::publish))
        .route("/v1/users/{user_id}/directory", get(directory::read))
        .route(
            "/.well-known/capsule/server-info",
            get(well_known::server_info),
        )
        .route(
            "/.well-known/capsule/revoked-jti",
            get(well_known::revoked_jti),
        )
        .route(
            "/.well-known/capsule/deprecation",
            get(well_known::deprecation),
        )
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .with_state(app)
}

async fn unknown_route() -> Failure {
    Failure::unacceptable(
        StatusCode::NOT_FOUND,
        Code::RequestNotFound,
        "no such route",
    )
}

async fn unknown_method() -> Failure {
    Failure::unacceptable(
        StatusCode::METHOD_NOT_ALLOWED,
        Code::RequestMethodNotAllowed,
        "the route has no such method",
    )
}
