//! The control listener: test hooks over HTTP. It is never part of the public router.

use crate::admin::{Account, Admin, AdminError};
use crate::collect::CollectionReport;
use crate::crash::{CrashPoint, CrashSwitch};
use crate::{Clock, ManualClock};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// The most accounts of one provisioning.
const MAX_ACCOUNTS: usize = 1_000;

#[derive(Clone)]
struct Control {
    admin: Admin,
    clock: Arc<ManualClock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provision {
    accounts: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    sessions: usize,
}

#[derive(Serialize)]
struct Provisioned {
    accounts: Vec<Account>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

/// The hooks of a server: `GET /hooks` names them, `POST /provision` hands out accounts,
/// `POST /clock` moves the clock, `POST /purge` purges the trash and collects garbage.
pub fn control_router(admin: Admin, clock: Arc<ManualClock>) -> Router {
    Router::new()
        .route("/hooks", get(hooks))
        .route("/provision", post(provision))
        .route("/clock", post(advance))
        .route("/purge", post(purge))
        .with_state(Control { admin, clock })
}

async fn hooks() -> Json<Value> {
    Json(json!({ "hooks": ["provision", "clock", "purge"] }))
}

async fn provision(
    State(control): State<Control>,
    Json(wish): Json<Provision>,
) -> Result<Json<Provisioned>, AdminError> {
    if wish.accounts.len() > MAX_ACCOUNTS {
        return Err(AdminError::OutOfBounds {
            what: "accounts",
            expected: format!("at most {MAX_ACCOUNTS}"),
            found: wish.accounts.len(),
        });
    }
    let mut accounts = Vec::with_capacity(wish.accounts.len());
    for wanted in wish.accounts {
        accounts.push(
            control
                .admin
                .provision(&wanted.name, wanted.sessions)
                .await?,
        );
    }
    Ok(Json(Provisioned { accounts }))
}

async fn advance(State(control): State<Control>, Json(wish): Json<Advance>) -> Json<Value> {
    control
        .clock
        .advance(SignedDuration::from_secs(wish.advance_seconds));
    Json(json!({ "now": Timestamp::from_instant(control.clock.now()) }))
}

async fn purge(State(control): State<Control>) -> Result<Json<CollectionReport>, AdminError> {
    control.admin.collect_garbage().await.map(Json)
}

/// One crash point, as the control surface lists it.
#[derive(Serialize)]
struct Listed {
    name: String,
    when: &'static str,
    reached: u64,
}

/// Where the server is to be killed; nowhere, where no point is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Aim {
    #[serde(default)]
    point: Option<String>,
    #[serde(default = "first")]
    nth: u64,
}

const fn first() -> u64 {
    1
}

/// The crash points of a server that `switch` can have killed: `GET /crash-points` lists them with
/// how often each was reached since the start, `POST /crash-at` aims at one.
pub fn crash_router(switch: Arc<CrashSwitch>) -> Router {
    Router::new()
        .route("/crash-points", get(crash_points))
        .route("/crash-at", post(crash_at))
        .with_state(switch)
}

async fn crash_points(State(switch): State<Arc<CrashSwitch>>) -> Json<Value> {
    let listed = CrashPoint::all().map(|point| Listed {
        name: point.to_string(),
        when: if point.is_of_start() {
            "start"
        } else {
            "request"
        },
        reached: switch.count(point),
    });
    Json(json!({ "points": listed.collect::<Vec<_>>() }))
}

async fn crash_at(
    State(switch): State<Arc<CrashSwitch>>,
    Json(wish): Json<Aim>,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let refused = |why: String| (StatusCode::BAD_REQUEST, Json(json!({ "error": why })));
    let aim = match wish.point {
        None => None,
        Some(name) => Some(
            CrashPoint::named(&name)
                .ok_or_else(|| refused(format!("no crash point is named {name:?}")))?,
        ),
    };
    if wish.nth == 0 {
        return Err(refused("nth is 0; the first time is 1".to_owned()));
    }
    switch.aim(aim.map(|point| (point, wish.nth)));
    Ok(Json(json!({})))
}

impl IntoResponse for AdminError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::OutOfBounds { .. } => StatusCode::BAD_REQUEST,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, Json(json!({ "error": self.to_string() }))).into_response()
    }
}
