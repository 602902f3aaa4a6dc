//! `gauntlet serve`: the reference server alone.

use crate::args::ServeArgs;
use crate::child::Said;
use crate::failure::Failure;
use crate::{interrupt, print, supervise};
use gauntlet_mutants::plant;
use gauntlet_runner::ExitCode;
use gauntlet_server::{
    Account, Clock, Config, Contract, CrashPoint, CrashPoints, CrashSwitch, DirectoryDisk,
    ManualClock, Ports, RoutesAlone, Running, Server, SqliteFile, SystemClock, Unheard,
    control_router, crash_router,
};
use gauntlet_validator::server::Policy;
use std::fmt::Display;
use std::io::{IsTerminal, Read, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::{NamedTempFile, TempDir};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

/// Access tokens of an account: one for each of the author's devices.
const DEVICES: usize = 4;
/// How often a target file gets fresh access tokens, which last 15 minutes.
const RENEWAL: Duration = Duration::from_mins(10);

/// Serves until interrupted.
///
/// # Errors
/// A folder, address or file that can't be used.
pub(crate) async fn serve(args: ServeArgs) -> Result<ExitCode, Failure> {
    if let Some(control) = args.control {
        return supervise::supervise(&args, control).await;
    }
    log_to_stderr(if args.supervised { "debug" } else { "warn" });
    let (_kept, data) = data_folder(args.data.as_deref(), temporary)?;
    if args.supervised {
        return supervised(&args, data).await;
    }
    if let Some(path) = &args.write_target {
        check_target(path)?;
        for wanted in ["author", "bystander"] {
            if !args.account.iter().any(|name| name == wanted) {
                return Err(Failure::usage(
                    "--write-target needs --account author,bystander, or --control",
                ));
            }
        }
    }
    let running = start(&args, data, Arc::new(SystemClock), Arc::new(Unheard)).await?;
    let accounts = accounts(&running, &args.account).await?;
    print::out(&format!(
        "serving {} (stop with Ctrl-C)",
        running.base_url()
    ))?;
    for account in &accounts {
        print::out(&format!(
            "account {} is user {}",
            account.name, account.user_id
        ))?;
        for token in &account.access_tokens {
            print::out(&format!("  access token {token}"))?;
        }
    }
    match &args.write_target {
        None => interrupt::interrupted().await,
        Some(path) => {
            let salt = salt()?;
            write_target(path, &static_target(&running.base_url(), &salt, &accounts)?)?;
            tokio::select! {
                () = interrupt::interrupted() => {}
                failed = keep_fresh(&running, &args.account, &salt, path) => failed?,
            }
        }
    }
    running.shutdown().await.map_err(Failure::environment)?;
    Ok(ExitCode::Held)
}

/// The accounts of those names, with fresh access tokens.
async fn accounts(running: &Running, names: &[String]) -> Result<Vec<Account>, Failure> {
    let mut accounts = Vec::new();
    for name in names {
        let account = running.admin().provision(name, DEVICES).await;
        accounts.push(account.map_err(Failure::environment)?);
    }
    Ok(accounts)
}

/// Writes fresh access tokens into the target file before the old ones end; returns where it can't.
async fn keep_fresh(
    running: &Running,
    names: &[String],
    salt: &str,
    path: &Path,
) -> Result<(), Failure> {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let accounts = accounts(running, names).await?;
        replace_target(path, &static_target(&running.base_url(), salt, &accounts)?)?;
    }
}

/// Serves as the child of a control surface, until its standard input closes.
async fn supervised(args: &ServeArgs, data: PathBuf) -> Result<ExitCode, Failure> {
    let beginning = args
        .clock
        .ok_or_else(|| Failure::usage("--supervised needs --clock"))?;
    let clock = Arc::new(ManualClock::new(beginning));
    let switch = Arc::new(CrashSwitch::new(kill_this_process));
    switch.aim(args.crash_at);
    let running = start(args, data, clock.clone(), switch.clone()).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map_err(Failure::environment)?;
    let serving = Said::Serving {
        listening: running.address(),
        control: listener.local_addr().map_err(Failure::environment)?,
    };
    let router = control_router(running.admin(), clock).merge(crash_router(switch));
    let control = tokio::spawn(async move { axum::serve(listener, router).await });
    print::out(&serde_json::to_string(&serving).map_err(Failure::environment)?)?;
    let mut until_closed = Vec::new();
    tokio::io::stdin()
        .read_to_end(&mut until_closed)
        .await
        .map_err(Failure::environment)?;
    control.abort();
    running.shutdown().await.map_err(Failure::environment)?;
    Ok(ExitCode::Held)
}

/// Says where, to the process that starts the next one, and kills this one without a goodbye.
fn kill_this_process(point: CrashPoint) {
    // Whoever does not hear it sees the process end all the same.
    let _unheard =
        serde_json::to_string(&Said::KilledAt(point.to_string())).map(|said| print::out(&said));
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let _killed = kill_process(getpid(), Signal::KILL);
    }
    std::process::abort();
}

async fn start(
    args: &ServeArgs,
    data: PathBuf,
    clock: Arc<dyn Clock>,
    crash_points: Arc<dyn CrashPoints>,
) -> Result<Running, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::environment(format!("no keys can be drawn: {error}")))?;
    let disk = DirectoryDisk::new(&data).map_err(Failure::usage)?;
    let config = Config {
        server_id: "reference".to_owned(),
        policy: policy(args),
        data,
        listen: args.listen,
        seed,
    };
    let ports = Ports {
        clock,
        disk: Arc::new(disk),
        judge: Arc::new(Contract),
        access: Arc::new(RoutesAlone),
        crash_points,
        store: Arc::new(SqliteFile),
    };
    let ports = match args.mutant.as_deref() {
        Some(id) => plant(id).map_err(Failure::usage)?(ports),
        None => ports,
    };
    Server::start(config, ports).await.map_err(Failure::usage)
}

/// The contract's own numbers, but for those that a test asked for.
fn policy(args: &ServeArgs) -> Policy {
    let own = Policy::default();
    Policy {
        max_file_size: args.max_file_size.unwrap_or(own.max_file_size),
        quota_hard_limit: args.hard_quota.or(own.quota_hard_limit),
        ..own
    }
}

/// The folder asked for, or one that `make` makes and that is removed when the first part is dropped.
///
/// # Errors
/// No folder can be made.
pub(crate) fn data_folder(
    asked: Option<&Path>,
    make: fn() -> std::io::Result<TempDir>,
) -> Result<(Option<TempDir>, PathBuf), Failure> {
    match asked {
        Some(path) => Ok((None, path.to_owned())),
        None => {
            let folder = make().map_err(Failure::environment)?;
            let path = folder.path().to_owned();
            Ok((Some(folder), path))
        }
    }
}

/// A folder on the machine's disk: what a user uploads may not fit its memory.
fn temporary() -> std::io::Result<TempDir> {
    tempfile::Builder::new().prefix("gauntlet-serve-").tempdir()
}

/// The first line of a target file that `serve` wrote.
const WRITTEN: &str = "# Written by `gauntlet serve --write-target`, which replaces it whole.\n";

/// Sees that no file is in the way that somebody else wrote.
///
/// # Errors
/// There is one, or it can't be read.
pub(crate) fn check_target(path: &Path) -> Result<(), Failure> {
    let refused = |what: &str| {
        let path = path.display();
        Err(Failure::usage(format!("--write-target {path}: {what}")))
    };
    let begins = std::fs::File::open(path).and_then(|file| {
        let mut held = Vec::new();
        file.take(WRITTEN.len() as u64).read_to_end(&mut held)?;
        Ok(held)
    });
    match begins {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => refused(&error.to_string()),
        Ok(held) if held.is_empty() || held == WRITTEN.as_bytes() => Ok(()),
        Ok(_) => {
            refused("a file is there that this command did not write; name another, or remove it")
        }
    }
}

/// Writes a target file, in place of one that was written so before.
///
/// # Errors
/// Another file is in the way, or it can't be written.
pub(crate) fn write_target(path: &Path, text: &str) -> Result<(), Failure> {
    replace_target(path, text)?;
    print::out(&format!("target file {}", path.display()))
}

/// Replaces the file at once, so that nobody reads half of it.
fn replace_target(path: &Path, text: &str) -> Result<(), Failure> {
    check_target(path)?;
    let failed = |error: &dyn Display| Failure::usage(format!("{}: {error}", path.display()));
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let mut file =
        NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(|error| failed(&error))?;
    file.write_all(format!("{WRITTEN}{text}").as_bytes())
        .map_err(|error| failed(&error))?;
    file.persist(path).map_err(|error| failed(&error))?;
    Ok(())
}

/// What the identities of a target file's accounts are derived from.
fn salt() -> Result<String, Failure> {
    let mut salt = [0; 8];
    getrandom::fill(&mut salt).map_err(Failure::environment)?;
    Ok(format!("{:016x}", u64::from_be_bytes(salt)))
}

/// A target file with the accounts that were made. The author and the bystander have to be among
/// them.
fn static_target(base_url: &str, salt: &str, accounts: &[Account]) -> Result<String, Failure> {
    let mut text = format!(
        "name = \"reference over http\"\nbase-url = \"{base_url}\"\n\n[provision]\nmode = \
         \"static\"\nsalt = \"{salt}\"\n"
    );
    for wanted in ["author", "bystander"] {
        let account = accounts
            .iter()
            .find(|account| account.name == wanted)
            .ok_or_else(|| Failure::usage(format!("no account is named {wanted:?}")))?;
        text.push_str(&format!(
            "\n[[provision.account]]\nname = \"{wanted}\"\nuser-id = \"{}\"\naccess-tokens = {:?}\n",
            account.user_id, account.access_tokens
        ));
    }
    Ok(text)
}

/// The server's log, on standard error, as `RUST_LOG` asks, or from `level` on.
pub(crate) fn log_to_stderr(level: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}
