//! `gauntlet serve --control`: a parent that keeps the server as a child process, so that a crash is
//! a real one (kill −9) and there is still someone to start it again.

use crate::args::ServeArgs;
use crate::child::{Deaths, PATIENCE, Server, Setup};
use crate::failure::Failure;
use crate::serve::{check_target, data_folder, write_target};
use crate::{interrupt, print};
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use gauntlet_arena::binding::{Aim, Allowance, Hook};
use gauntlet_arena::{HttpTransport, Limits};
use gauntlet_runner::{ExitCode, world_folder};
use gauntlet_server::{Clock, SystemClock};
use gauntlet_simulator::{Method, Request};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;

/// A control surface that serves, and the server behind it.
pub(crate) struct Supervision {
    /// Where the server listens.
    pub(crate) listening: SocketAddr,
    /// Where the control surface listens.
    pub(crate) control: SocketAddr,
    shared: Shared,
    serving: JoinHandle<std::io::Result<()>>,
    keeping: JoinHandle<()>,
}

/// The child and what it takes to start it again as it was.
struct Supervisor {
    setup: Setup,
    server: Option<Server>,
    /// How many children there were.
    started: u64,
    /// Where the child after this one is to kill itself.
    next: Option<Aim>,
    /// Where children killed themselves since they were last told to.
    fired: Vec<String>,
    deaths: Deaths,
    transport: HttpTransport,
    /// Why there is no child any more.
    lost: Option<String>,
}

type Shared = Arc<Mutex<Supervisor>>;

/// Why a hook could not be used, as the control surface answers it.
type HookFailure = (StatusCode, Json<Value>);

/// Serves with a control surface until interrupted.
///
/// # Errors
/// An address that is not on loopback, a child that does not start.
pub(crate) async fn supervise(args: &ServeArgs, control: SocketAddr) -> Result<ExitCode, Failure> {
    if !args.account.is_empty() {
        return Err(Failure::usage(
            "--account goes without --control: POST {control}/provision makes accounts",
        ));
    }
    if let Some(path) = &args.write_target {
        check_target(path)?;
    }
    let (_kept, data) = data_folder(args.data.as_deref(), world_folder)?;
    std::fs::create_dir_all(&data).map_err(Failure::usage)?;
    let data = std::fs::canonicalize(&data).map_err(Failure::usage)?;
    let setup = Setup {
        data,
        listen: args.listen,
        mutant: args.mutant.clone(),
        clock: SystemClock.now(),
        allowance: Allowance::default(),
    };
    let mut supervision = Supervision::start(setup, control).await?;
    let (listening, control) = (supervision.listening, supervision.control);
    print::out(&format!(
        "serving http://{listening} with control http://{control} (stop with Ctrl-C)"
    ))?;
    if let Some(path) = &args.write_target {
        write_target(path, &control_target(listening, control))?;
    }
    tokio::select! {
        served = &mut supervision.serving => {
            served.map_err(Failure::environment)?.map_err(Failure::environment)?;
        }
        () = interrupt::interrupted() => {}
    }
    supervision.stop().await?;
    Ok(ExitCode::Held)
}

fn control_target(listen: SocketAddr, control: SocketAddr) -> String {
    format!(
        "name = \"reference over http, with control\"\nbase-url = \"http://{listen}\"\n\n\
         [provision]\nmode = \"control\"\nurl = \"http://{control}\"\n"
    )
}

impl Supervision {
    /// Starts a server in a process of its own, and a control surface before it.
    ///
    /// # Errors
    /// An address that is not on loopback, a child that does not start.
    pub(crate) async fn start(setup: Setup, control: SocketAddr) -> Result<Self, Failure> {
        if !control.ip().is_loopback() {
            return Err(Failure::usage(format!(
                "--control {control}: hooks can destroy data; expected a loopback address"
            )));
        }
        let listener = TcpListener::bind(control)
            .await
            .map_err(|error| Failure::usage(format!("--control {control}: {error}")))?;
        let control = listener.local_addr().map_err(Failure::environment)?;
        let limits = Limits {
            call: PATIENCE,
            ..Limits::default()
        };
        let (deaths, died) = unbounded_channel();
        let mut supervisor = Supervisor {
            setup,
            server: None,
            started: 0,
            next: None,
            fired: Vec::new(),
            deaths,
            transport: HttpTransport::new(limits).map_err(Failure::environment)?,
            lost: None,
        };
        supervisor.start().await.map_err(Failure::environment)?;
        let listening = supervisor.setup.listen;
        let shared = Arc::new(Mutex::new(supervisor));
        let router = router(Arc::clone(&shared));
        Ok(Self {
            listening,
            control,
            serving: tokio::spawn(async move { axum::serve(listener, router).await }),
            keeping: tokio::spawn(keep(Arc::clone(&shared), died)),
            shared,
        })
    }

    /// Stops the server properly, and then the surface.
    ///
    /// # Errors
    /// The server does not end.
    pub(crate) async fn stop(self) -> Result<(), Failure> {
        self.serving.abort();
        let stopped = self.shared.lock().await.stop().await;
        self.keeping.abort();
        stopped.map_err(Failure::environment)
    }
}

impl Drop for Supervision {
    /// However a surface ends, its server ends first: its folder may be removed next.
    fn drop(&mut self) {
        self.serving.abort();
        self.keeping.abort();
        if let Ok(mut supervisor) = self.shared.try_lock() {
            // A child that is dropped is killed.
            supervisor.server = None;
        }
    }
}

fn router(shared: Shared) -> Router {
    Router::new()
        .route("/hooks", get(hooks))
        .route("/storage", get(storage))
        .route("/crash", post(crash))
        .route("/restart", post(restart))
        .route("/allowance", post(allow))
        .route("/crash-at", get(fired).post(crash_at))
        .route("/crash-points", get(crash_points))
        .route("/{hook}", post(forward))
        .with_state(shared)
}

/// Starts the server again each time that it has killed itself.
async fn keep(shared: Shared, mut died: UnboundedReceiver<(u64, String)>) {
    while let Some((number, point)) = died.recv().await {
        let mut supervisor = shared.lock().await;
        if number == supervisor.started {
            supervisor.fired.push(point);
            // What goes wrong here is told to whoever asks next.
            supervisor.lost = supervisor.again().await.err();
        }
    }
}

impl Supervisor {
    /// Starts a child and waits until it serves.
    async fn start(&mut self) -> Result<(), String> {
        self.started += 1;
        let (next, fired) = (&mut self.next, &mut self.fired);
        let started = self.setup.start(self.started, next, fired, &self.deaths);
        self.server = Some(started.await?);
        Ok(())
    }

    /// Starts a child in place of one that killed itself.
    async fn again(&mut self) -> Result<(), String> {
        self.kill().await?;
        self.start().await
    }

    /// Kills the child without a goodbye.
    async fn kill(&mut self) -> Result<(), String> {
        match self.server.take() {
            Some(server) => server.kill().await,
            None => Err(self.down()),
        }
    }

    /// Lets the child finish what it does.
    async fn stop(&mut self) -> Result<(), String> {
        match self.server.take() {
            Some(server) => server.stop().await,
            None => Err(self.down()),
        }
    }

    fn down(&self) -> String {
        let why = self.lost.as_deref().unwrap_or("it was stopped");
        format!("the server is down: {why}")
    }

    /// How the child's own control listener is reached.
    fn way(&self) -> Result<(HttpTransport, SocketAddr), HookFailure> {
        match &self.server {
            Some(server) => Ok((self.transport.clone(), server.control)),
            None => Err(refused(self.down())),
        }
    }
}

async fn hooks() -> Json<Value> {
    let hooks = std::iter::once("provision").chain(Hook::ALL.map(Hook::name));
    Json(json!({ "hooks": hooks.collect::<Vec<_>>() }))
}

/// The one folder of everything: the database, its write-ahead log, uploads, blobs, and the log.
async fn storage(State(shared): State<Shared>) -> Json<Value> {
    Json(json!({ "paths": [shared.lock().await.setup.data] }))
}

async fn crash(State(shared): State<Shared>) -> Result<Json<Value>, HookFailure> {
    let mut supervisor = shared.lock().await;
    supervisor.next = None;
    supervisor.again().await.map_err(refused)?;
    Ok(Json(json!({})))
}

async fn restart(State(shared): State<Shared>) -> Result<Json<Value>, HookFailure> {
    let mut supervisor = shared.lock().await;
    supervisor.next = None;
    supervisor.stop().await.map_err(refused)?;
    supervisor.start().await.map_err(refused)?;
    Ok(Json(json!({})))
}

/// The bounds are the child's from its start on.
async fn allow(
    State(shared): State<Shared>,
    Json(allowance): Json<Allowance>,
) -> Result<Json<Value>, HookFailure> {
    let mut supervisor = shared.lock().await;
    supervisor.next = None;
    supervisor.setup.allowance = allowance;
    supervisor.stop().await.map_err(refused)?;
    supervisor.start().await.map_err(refused)?;
    Ok(Json(json!({})))
}

/// Where the server killed itself. While it is being started again, the lock is held.
async fn fired(State(shared): State<Shared>) -> Result<Json<Value>, HookFailure> {
    let supervisor = shared.lock().await;
    supervisor.way()?;
    Ok(Json(json!({ "fired": supervisor.fired })))
}

/// Aims the child, and remembers what is to come after it.
async fn crash_at(
    State(shared): State<Shared>,
    Json(body): Json<Value>,
) -> Result<(StatusCode, Json<Value>), HookFailure> {
    let unread = |error: serde_json::Error| {
        let why = json!({ "error": format!("crash-at: {error}") });
        (StatusCode::BAD_REQUEST, Json(why))
    };
    let nowhere = body.as_object().is_some_and(serde_json::Map::is_empty);
    let aim: Option<Aim> = match nowhere {
        true => None,
        false => Some(serde_json::from_value(body).map_err(unread)?),
    };
    let mut supervisor = shared.lock().await;
    let way = supervisor.way()?;
    let own = aim.as_ref().map_or_else(
        || json!({}),
        |aim| json!({ "point": aim.point, "nth": aim.nth }),
    );
    let answered = ask(way, Method::Post, "crash-at", Some(&own)).await;
    supervisor.next = aim.and_then(|aim| aim.then).map(|then| *then);
    supervisor.fired.clear();
    answered
}

async fn crash_points(
    State(shared): State<Shared>,
) -> Result<(StatusCode, Json<Value>), HookFailure> {
    let way = shared.lock().await.way()?;
    ask(way, Method::Get, "crash-points", None).await
}

/// Passes a request on to the child's own control listener. Nothing is locked meanwhile: the child may be
/// killed while it works.
async fn forward(
    State(shared): State<Shared>,
    UrlPath(hook): UrlPath<String>,
    Json(body): Json<Value>,
) -> Result<(StatusCode, Json<Value>), HookFailure> {
    let way = shared.lock().await.way()?;
    let (status, value) = ask(way, Method::Post, &hook, Some(&body)).await?;
    if hook == "clock"
        && let Some(now) = value.get("now").and_then(Value::as_str)
    {
        // The next child goes on from here.
        let mut supervisor: MutexGuard<'_, Supervisor> = shared.lock().await;
        supervisor.setup.clock = now
            .parse()
            .map_err(|error| refused(format!("clock: {error}")))?;
    }
    Ok((status, value))
}

async fn ask(
    (transport, control): (HttpTransport, SocketAddr),
    method: Method,
    hook: &str,
    body: Option<&Value>,
) -> Result<(StatusCode, Json<Value>), HookFailure> {
    let mut request = Request::new(method, format!("/{hook}"));
    if let Some(body) = body {
        request = request.with_body("application/json", body.to_string().into_bytes());
    }
    let answer = transport
        .send(&format!("http://{control}"), None, &request)
        .await
        .map_err(|error| refused(error.to_string()))?;
    let status = StatusCode::from_u16(answer.status).map_err(|error| refused(error.to_string()))?;
    let value: Value = answer.json().map_err(|error| refused(error.to_string()))?;
    Ok((status, Json(value)))
}

fn refused(why: String) -> HookFailure {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        Json(json!({ "error": why })),
    )
}
