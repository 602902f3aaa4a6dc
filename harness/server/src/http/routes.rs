//! Which handler answers which path.

use super::operations::operations;
use crate::app::App;
use crate::failure::Failure;
use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use gauntlet_wire::code::Code;
use std::sync::Arc;

/// The routes of the contract that this server has (`wire.md` §1.3, `formats.md` §11).
pub(crate) fn router(app: Arc<App>) -> Router {
    operations()
        .into_iter()
        .fold(Router::new(), |router, operation| {
            router.route(operation.path, operation.handler)
        })
        .route_layer(from_fn(name_the_route))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_method)
        .with_state(app)
}

/// Tells the access log which route answered, and nothing else of the path.
async fn name_the_route(matched: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(matched);
    response
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
