//! `gauntlet serve --control`: a parent that keeps the server as a child process, so that a crash is
//! a real one (kill −9) and there is still someone to start it again.

use crate::args::ServeArgs;
use crate::failure::Failure;
use crate::serve::{Announcement, check_target, data_folder, write_target};
use crate::{interrupt, print};
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use gauntlet_arena::{HttpTransport, Limits};
use gauntlet_runner::ExitCode;
use gauntlet_server::{Clock, SystemClock};
use gauntlet_simulator::{Method, Request};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

/// How long a child may take to start, to stop, or to answer its own control listener.
const PATIENCE: Duration = Duration::from_secs(20);
/// Where the child logs, in its data folder: everything that it says, so that the hook `storage` shows
/// what leaks into a log.
const LOG: &str = "server.log";
/// Characters of the log that are shown where a child does not start.
const LAST_WORDS: usize = 2_000;

/// The child and what it takes to start it again as it was.
struct Supervisor {
    data: PathBuf,
    listen: SocketAddr,
    clock: jiff::Timestamp,
    child: Option<Child>,
    control: SocketAddr,
    transport: HttpTransport,
}

type Shared = Arc<Mutex<Supervisor>>;

/// Why a hook could not be used, as the control surface answers it.
type HookFailure = (StatusCode, Json<Value>);

/// Serves with a control surface until interrupted.
///
/// # Errors
/// An address that is not on loopback, a child that does not start.
pub(crate) async fn supervise(args: &ServeArgs, control: SocketAddr) -> Result<ExitCode, Failure> {
    if !control.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "--control {control}: hooks can destroy data; expected a loopback address"
        )));
    }
    if !args.account.is_empty() {
        return Err(Failure::usage(
            "--account goes without --control: POST {control}/provision makes accounts",
        ));
    }
    if let Some(path) = &args.write_target {
        check_target(path)?;
    }
    let (_kept, data) = data_folder(args.data.as_deref())?;
    std::fs::create_dir_all(&data).map_err(Failure::usage)?;
    let data = std::fs::canonicalize(&data).map_err(Failure::usage)?;
    let listener = TcpListener::bind(control)
        .await
        .map_err(|error| Failure::usage(format!("--control {control}: {error}")))?;
    let control = listener.local_addr().map_err(Failure::environment)?;
    let limits = Limits {
        call: PATIENCE,
        ..Limits::default()
    };
    let mut supervisor = Supervisor {
        data,
        listen: args.listen,
        clock: SystemClock.now(),
        child: None,
        control,
        transport: HttpTransport::new(limits).map_err(Failure::environment)?,
    };
    supervisor.start().await.map_err(Failure::environment)?;
    print::out(&format!(
        "serving http://{} with control http://{control} (stop with Ctrl-C)",
        supervisor.listen
    ))?;
    if let Some(path) = &args.write_target {
        write_target(path, &control_target(supervisor.listen, control))?;
    }
    let shared = Arc::new(Mutex::new(supervisor));
    let router = Router::new()
        .route("/hooks", get(hooks))
        .route("/storage", get(storage))
        .route("/crash", post(crash))
        .route("/restart", post(restart))
        .route("/{hook}", post(forward))
        .with_state(Arc::clone(&shared));
    tokio::select! {
        served = async { axum::serve(listener, router).await } => {
            served.map_err(Failure::environment)?;
        }
        () = interrupt::interrupted() => {}
    }
    shared
        .lock()
        .await
        .stop()
        .await
        .map_err(Failure::environment)?;
    Ok(ExitCode::Held)
}

fn control_target(listen: SocketAddr, control: SocketAddr) -> String {
    format!(
        "name = \"reference over http, with control\"\nbase-url = \"http://{listen}\"\n\n\
         [provision]\nmode = \"control\"\nurl = \"http://{control}\"\n"
    )
}

impl Supervisor {
    /// Starts the child and waits for its announcement. It takes the same address as before.
    async fn start(&mut self) -> Result<(), String> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.data.join(LOG))
            .map_err(|error| format!("{LOG}: {error}"))?;
        let executable = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut child = Command::new(executable)
            .args(["serve", "--supervised"])
            .arg("--clock")
            .arg(self.clock.to_string())
            .arg("--listen")
            .arg(self.listen.to_string())
            .arg("--data")
            .arg(&self.data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("the server can't be started: {error}"))?;
        let output = child.stdout.take().ok_or("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line())
            .await
            .map_err(|_| format!("the server had not started after {PATIENCE:?}"))?
            .map_err(|error| error.to_string())?
            .ok_or_else(|| self.last_words())?;
        let announced: Announcement =
            serde_json::from_str(&line).map_err(|error| format!("{line:?}: {error}"))?;
        self.listen = announced.listening;
        self.control = announced.control;
        self.child = Some(child);
        Ok(())
    }

    /// Why a child has ended, as far as its log says.
    fn last_words(&self) -> String {
        let log = std::fs::read(self.data.join(LOG)).unwrap_or_default();
        let last = log.get(log.len().saturating_sub(LAST_WORDS)..);
        let said = String::from_utf8_lossy(last.unwrap_or_default());
        format!("the server ended before it served; its last words: {said}")
    }

    /// Kills the child without a goodbye.
    async fn kill(&mut self) -> Result<(), String> {
        match &mut self.child {
            Some(child) => child.kill().await.map_err(|error| error.to_string()),
            None => Err("the server is down".to_owned()),
        }
    }

    /// Lets the child finish what it does: its standard input closes.
    async fn stop(&mut self) -> Result<(), String> {
        let mut child = self.child.take().ok_or("the server is down")?;
        drop(child.stdin.take());
        tokio::time::timeout(PATIENCE, child.wait())
            .await
            .map_err(|_| format!("the server had not stopped after {PATIENCE:?}"))?
            .map(|_| ())
            .map_err(|error| error.to_string())
    }

    /// Passes a request on to the child's own control listener.
    async fn forward(&mut self, hook: &str, body: &Value) -> Result<(StatusCode, Value), String> {
        let request = Request::new(Method::Post, format!("/{hook}"))
            .with_body("application/json", body.to_string().into_bytes());
        let answer = self
            .transport
            .send(&format!("http://{}", self.control), None, &request)
            .await
            .map_err(|error| error.to_string())?;
        let status = StatusCode::from_u16(answer.status).map_err(|error| error.to_string())?;
        let value: Value = answer.json().map_err(|error| error.to_string())?;
        if hook == "clock"
            && let Some(now) = value.get("now").and_then(Value::as_str)
        {
            // The next child goes on from here.
            self.clock = now.parse().map_err(|error| format!("clock: {error}"))?;
        }
        Ok((status, value))
    }
}

async fn hooks() -> Json<Value> {
    Json(json!({ "hooks": ["provision", "clock", "purge", "crash", "restart", "storage"] }))
}

/// The one folder of everything: the database, its write-ahead log, uploads, blobs, and the log.
async fn storage(State(shared): State<Shared>) -> Json<Value> {
    Json(json!({ "paths": [shared.lock().await.data] }))
}

async fn crash(State(shared): State<Shared>) -> Result<Json<Value>, HookFailure> {
    let mut supervisor = shared.lock().await;
    supervisor.kill().await.map_err(refused)?;
    supervisor.start().await.map_err(refused)?;
    Ok(Json(json!({})))
}

async fn restart(State(shared): State<Shared>) -> Result<Json<Value>, HookFailure> {
    let mut supervisor = shared.lock().await;
    supervisor.stop().await.map_err(refused)?;
    supervisor.start().await.map_err(refused)?;
    Ok(Json(json!({})))
}

async fn forward(
    State(shared): State<Shared>,
    UrlPath(hook): UrlPath<String>,
    Json(body): Json<Value>,
) -> Result<(StatusCode, Json<Value>), HookFailure> {
    let mut supervisor = shared.lock().await;
    let (status, value) = supervisor.forward(&hook, &body).await.map_err(refused)?;
    Ok((status, Json(value)))
}

fn refused(why: String) -> HookFailure {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        Json(json!({ "error": why })),
    )
}
