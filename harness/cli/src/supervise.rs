//! `gauntlet serve --control`: a parent that keeps the server as a child process, so that a crash is
//! a real one (kill −9) and there is still someone to start it again.

use crate::args::ServeArgs;
use crate::failure::Failure;
use crate::serve::{Announcement, data_folder, write_target};
use crate::{interrupt, print};
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use gauntlet_arena::binding::Allowance;
use gauntlet_arena::{HttpTransport, Limits};
use gauntlet_runner::ExitCode;
use gauntlet_server::{Clock, SystemClock};
use gauntlet_simulator::{Method, Request};
use serde_json::{Value, json};
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

/// The child and what it takes to start it again as it was.
struct Supervisor {
    data: PathBuf,
    listen: SocketAddr,
    clock: jiff::Timestamp,
    /// Bounds that a test asked for.
    allowance: Allowance,
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
    let (_kept, data) = data_folder(args.data.as_deref())?;
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
        allowance: Allowance::default(),
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
        .route("/crash", post(crash))
        .route("/restart", post(restart))
        .route("/allowance", post(allow))
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
        let executable = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(executable);
        command.args(["serve", "--supervised"]);
        for (option, bytes) in [
            ("--max-file-size", self.allowance.max_file_size),
            ("--hard-quota", self.allowance.hard_quota),
        ] {
            if let Some(bytes) = bytes {
                command.arg(option).arg(bytes.to_string());
            }
        }
        let mut child = command
            .arg("--clock")
            .arg(self.clock.to_string())
            .arg("--listen")
            .arg(self.listen.to_string())
            .arg("--data")
            .arg(&self.data)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("the server can't be started: {error}"))?;
        let output = child.stdout.take().ok_or("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line())
            .await
            .map_err(|_| format!("the server had not started after {PATIENCE:?}"))?
            .map_err(|error| error.to_string())?
            .ok_or("the server ended before it served; its last words are above")?;
        let announced: Announcement =
            serde_json::from_str(&line).map_err(|error| format!("{line:?}: {error}"))?;
        self.listen = announced.listening;
        self.control = announced.control;
        self.child = Some(child);
        Ok(())
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
    let hooks = [
        "provision",
        "clock",
        "purge",
        "crash",
        "restart",
        "allowance",
    ];
    Json(json!({ "hooks": hooks }))
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

/// The bounds are the child's from its start on.
async fn allow(
    State(shared): State<Shared>,
    Json(allowance): Json<Allowance>,
) -> Result<Json<Value>, HookFailure> {
    let mut supervisor = shared.lock().await;
    supervisor.allowance = allowance;
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
