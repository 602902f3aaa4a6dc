//! What anyone may ask, without handshake or token: who the server is, and what it has revoked.

use crate::app::App;
use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_wire::json::{RevokedJti, ServerInfo, Version};
use gauntlet_wire::time::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// How long a verifier may rely on a revocation list (`wire.md` §5).
const MAX_STALENESS_SECONDS: u64 = 15 * 60;

/// `GET /v1/version`.
pub(super) async fn version() -> Json<Version> {
    Json(Version {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

/// `GET /.well-known/capsule/server-info`.
pub(super) async fn server_info(State(app): State<Arc<App>>) -> Json<ServerInfo> {
    Json(ServerInfo {
        server_id: app.server_id.clone(),
        api_base_url: app.base_url.clone(),
        auth: "bearer-eddsa-jwt".to_owned(),
        federation_url: None,
        protocol_min: app.policy.min_protocol,
        protocol_max: app.policy.max_protocol,
        signing_key: STANDARD.encode(app.tokens.public_key()),
        deprecations: Vec::new(),
    })
}

/// `GET /.well-known/capsule/revoked-jti`. This server issues no capabilities, so none is revoked.
pub(super) async fn revoked_jti(State(app): State<Arc<App>>) -> Json<RevokedJti> {
    Json(RevokedJti {
        generated_at: Timestamp::from_instant(app.now()),
        max_staleness_seconds: MAX_STALENESS_SECONDS,
        revoked: Vec::new(),
    })
}

/// `GET /.well-known/capsule/deprecation`.
pub(super) async fn deprecation() -> Json<Value> {
    Json(json!({ "deprecations": [] }))
}
