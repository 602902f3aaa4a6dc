//! The server as a child process of a control surface: how it is started, killed and stopped.

use gauntlet_arena::binding::{Aim, Allowance};
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::mpsc::UnboundedSender;

/// How long a child may take to start, to stop, or to answer its own control listener.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Where the child logs, in its data folder: everything that it says, so that the hook `storage` shows
/// what leaks into a log.
const LOG: &str = "server.log";
/// Bytes of the log that are shown where a child does not start.
const LAST_WORDS: usize = 2_000;

/// What a child says on its standard output, one line of JSON each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Said {
    /// It serves from now on.
    Serving {
        /// Where the server listens.
        listening: SocketAddr,
        /// Where its own control listener is.
        control: SocketAddr,
    },
    /// It kills itself now, at a crash point.
    KilledAt(String),
}

/// What it takes to start a child as it was.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) mutant: Option<String>,
    /// Where the clock stands; it moves by request alone.
    pub(crate) clock: jiff::Timestamp,
    /// Bounds that a test asked for.
    pub(crate) allowance: Allowance,
}

/// A child that serves, or has served.
pub(crate) struct Server {
    process: Child,
    pub(crate) control: SocketAddr,
}

/// Hears where which child killed itself; children are told apart by number.
pub(crate) type Deaths = UnboundedSender<(u64, String)>;

impl Setup {
    /// Starts a child, and another in place of each that kills itself before it serves. The points at which
    /// they did are added to `fired`; `aim` is where the next one is to do so.
    ///
    /// # Errors
    /// A child that does not come to serve.
    pub(crate) async fn start(
        &mut self,
        number: u64,
        aim: &mut Option<Aim>,
        fired: &mut Vec<String>,
        deaths: &Deaths,
    ) -> Result<Server, String> {
        loop {
            let aimed = aim.take();
            let mut process = self.spawn(aimed.as_ref())?;
            *aim = aimed.and_then(|aimed| aimed.then).map(|then| *then);
            let output = process.stdout.take().ok_or("the server has no output")?;
            let mut lines = BufReader::new(output).lines();
            let said = tokio::time::timeout(PATIENCE, heard(&mut lines))
                .await
                .map_err(|_| format!("the server had not started after {PATIENCE:?}"))??;
            match said {
                Some(Said::Serving { listening, control }) => {
                    // The next child takes the same address.
                    self.listen = listening;
                    tokio::spawn(listen_on(number, lines, deaths.clone()));
                    return Ok(Server { process, control });
                }
                Some(Said::KilledAt(point)) => {
                    process.wait().await.map_err(|error| error.to_string())?;
                    fired.push(point);
                }
                None => return Err(self.last_words()),
            }
        }
    }

    /// Why a child has ended, as far as its log says.
    fn last_words(&self) -> String {
        let log = std::fs::read(self.data.join(LOG)).unwrap_or_default();
        let last = log.get(log.len().saturating_sub(LAST_WORDS)..);
        let said = String::from_utf8_lossy(last.unwrap_or_default());
        format!("the server ended before it served; its last words: {said}")
    }

    fn spawn(&self, aim: Option<&Aim>) -> Result<Child, String> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.data.join(LOG))
            .map_err(|error| format!("{LOG}: {error}"))?;
        let executable = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(executable);
        command
            .args(["serve", "--supervised"])
            .arg("--clock")
            .arg(self.clock.to_string())
            .arg("--listen")
            .arg(self.listen.to_string())
            .arg("--data")
            .arg(&self.data);
        if let Some(mutant) = &self.mutant {
            command.args(["--mutant", mutant]);
        }
        for (option, bytes) in [
            ("--max-file-size", self.allowance.max_file_size),
            ("--hard-quota", self.allowance.hard_quota),
        ] {
            if let Some(bytes) = bytes {
                command.arg(option).arg(bytes.to_string());
            }
        }
        if let Some(Aim { point, nth, .. }) = aim {
            command.arg("--crash-at").arg(format!("{point}:{nth}"));
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("the server can't be started: {error}"))
    }
}

impl Server {
    /// Kills the child without a goodbye, unless it is dead already.
    ///
    /// # Errors
    /// The operating system refuses.
    pub(crate) async fn kill(mut self) -> Result<(), String> {
        self.process.kill().await.map_err(|error| error.to_string())
    }

    /// Lets the child finish what it does: its standard input closes.
    ///
    /// # Errors
    /// It does not end in time.
    pub(crate) async fn stop(mut self) -> Result<(), String> {
        drop(self.process.stdin.take());
        tokio::time::timeout(PATIENCE, self.process.wait())
            .await
            .map_err(|_| format!("the server had not stopped after {PATIENCE:?}"))?
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}

/// The next thing that a child says; none at its end.
async fn heard(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<Option<Said>, String> {
    match lines.next_line().await.map_err(|error| error.to_string())? {
        None => Ok(None),
        Some(line) => serde_json::from_str(&line)
            .map(Some)
            .map_err(|error| format!("{line:?}: {error}")),
    }
}

/// Passes on where a child kills itself. That its output ends without a word is for others to notice.
async fn listen_on(number: u64, mut lines: Lines<BufReader<ChildStdout>>, deaths: Deaths) {
    while let Ok(Some(said)) = heard(&mut lines).await {
        if let Said::KilledAt(point) = said {
            // Nobody listens any more where the surface itself is being stopped.
            let _closed = deaths.send((number, point));
        }
    }
}
