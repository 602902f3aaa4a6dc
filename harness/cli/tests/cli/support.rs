//! Running the command, and targets that misbehave.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `gauntlet` with these arguments, off the async threads.
pub(crate) async fn gauntlet(arguments: &[&str]) -> Ended {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_gauntlet"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let Output {
        status,
        stdout,
        stderr,
    } = tokio::task::spawn_blocking(run).await.unwrap();
    Ended {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// A target file for `base`, with accounts that no one has made.
pub(crate) fn target_file(folder: &Path, base: &str) -> PathBuf {
    let path = folder.join("target.toml");
    let text = format!(
        r#"
        name = "a stranger"
        base-url = "{base}"
        timeout-ms = 1500
        [provision]
        mode = "static"
        salt = "test"
        [[provision.account]]
        name = "author"
        user-id = "018f2b1c-0000-7000-8000-00000000000a"
        access-tokens = ["author-token"]
        [[provision.account]]
        name = "bystander"
        user-id = "018f2b1c-0000-7000-8000-00000000000b"
        access-tokens = ["bystander-token"]
        "#
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// How a hostile target answers every request.
#[derive(Debug, Clone)]
pub(crate) enum Manner {
    /// These bytes, whatever was asked.
    Always(&'static str),
    /// A head without end of body.
    Endless,
    /// Nothing, with the connection open.
    Hung,
    /// The connection is closed.
    Closed,
}

/// Starts a target that answers every request in one manner.
pub(crate) async fn target(manner: Manner) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream, manner.clone()));
        }
    });
    format!("http://{address}")
}

async fn answer(mut stream: TcpStream, manner: Manner) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        // Only the head counts: bodies are read and not answered again.
        let is_head = buffer
            .get(..length)
            .is_some_and(|b| b.windows(5).any(|w| w == b"HTTP/"));
        if !is_head {
            continue;
        }
        match manner {
            Manner::Always(text) => {
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Manner::Endless => {
                let head = "HTTP/1.1 200 OK\r\nDate: Sun, 15 Nov 2026 12:00:00 GMT\r\nTransfer-Encoding: chunked\r\n\r\n";
                if stream.write_all(head.as_bytes()).await.is_err() {
                    return;
                }
                let piece = format!("10000\r\n{}\r\n", "x".repeat(65_536));
                while stream.write_all(piece.as_bytes()).await.is_ok() {}
                return;
            }
            Manner::Hung => tokio::time::sleep(Duration::from_secs(60)).await,
            Manner::Closed => return,
        }
    }
}

/// `gauntlet serve` in another process, killed when dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) target: PathBuf,
}

impl Served {
    /// Starts it and waits for its target file.
    pub(crate) async fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::restart(folder, arguments, "").await
    }

    /// The same where there is a target file, with the text `before`, already.
    pub(crate) async fn restart(folder: &Path, arguments: &[&str], before: &str) -> Self {
        let target = folder.join("served.toml");
        let child = Command::new(env!("CARGO_BIN_EXE_gauntlet"))
            .args(["serve", "--listen", "127.0.0.1:0", "--write-target"])
            .arg(&target)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let served = Self { child, target };
        for _ in 0..400 {
            let written = std::fs::read_to_string(&served.target);
            if written.is_ok_and(|text| text != before && text.contains("provision")) {
                return served;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server wrote no target file");
    }

    /// The address that the target file names.
    pub(crate) fn address(&self) -> SocketAddr {
        let text = std::fs::read_to_string(&self.target).unwrap();
        let base = text
            .lines()
            .find_map(|line| line.strip_prefix("base-url = \"http://"))
            .unwrap();
        base.trim_end_matches('"').parse().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
