//! Starting, serving and stopping.

use crate::admin::Admin;
use crate::app::App;
use crate::auth::{KeyError, Tokens};
use crate::entropy::Entropy;
use crate::recover::recover;
use crate::refusals::Refusals;
use crate::serve::{Phase, serve};
use crate::store::{Store, StoreError};
use crate::work::{Work, panic_text};
use crate::{Config, Ports};
use gauntlet_wire::rule::Rule;
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::instrument::WithSubscriber;

/// How long a graceful shutdown waits for requests in flight.
const GRACE: Duration = Duration::from_secs(5);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder can't be created.
    #[error("data folder: {0}")]
    Data(#[source] io::Error),
    /// The address can't be listened on.
    #[error("listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stored signing key is broken.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Rows and files could not be made to agree.
    #[error("recovery: {0}")]
    Recovery(String),
}

/// Why a server did not stop as it should.
#[derive(Debug, thiserror::Error)]
pub enum ServerFailure {
    /// The task that accepts connections panicked.
    #[error("the accepting task panicked: {0}")]
    Panicked(String),
    /// Requests were still under way when the grace was over, and were cut off.
    #[error("{requests} requests were cut off after {GRACE:?}")]
    Unfinished {
        /// How many.
        requests: usize,
    },
}

/// The reference server.
pub struct Server;

impl Server {
    /// Opens the store, recovers what a crash left, and serves.
    ///
    /// # Errors
    /// The data folder, the store or the address can't be used.
    pub async fn start(config: Config, ports: Ports) -> Result<Running, StartError> {
        std::fs::create_dir_all(&config.data).map_err(StartError::Data)?;
        let store = ports.store.open(&config.data).await?;
        let unheard = |source| StartError::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(unheard)?;
        let address = listener.local_addr().map_err(unheard)?;
        let app = Arc::new(assemble(config, ports, store, address).await?);
        recover(&app)
            .await
            .map_err(|failure| StartError::Recovery(failure.to_string()))?;
        let phase = watch::Sender::new(Phase::Serving);
        let serving = serve(Arc::clone(&app), listener, phase.subscribe());
        // What is logged goes where the one who started the server wants it, in its tasks too.
        let accepting = tokio::spawn(serving.with_current_subscriber());
        tracing::info!(%address, server = app.server_id, "serving");
        Ok(Running {
            app,
            address,
            phase,
            accepting: Some(accepting),
        })
    }
}

/// Draws or reads the keys and ties everything together.
async fn assemble(
    config: Config,
    ports: Ports,
    store: Arc<dyn Store>,
    address: SocketAddr,
) -> Result<App, StartError> {
    let mut transaction = store.begin().await?;
    let entropy = Entropy::new(config.seed, transaction.count_start().await?);
    let signing = transaction.key("signing", entropy.bytes()).await?;
    let cursor_key = transaction.key("cursor", entropy.bytes()).await?;
    transaction.commit().await?;
    Ok(App {
        tokens: Tokens::new(config.server_id.clone(), &signing)?,
        server_id: config.server_id,
        base_url: base_url(address),
        policy: config.policy,
        clock: ports.clock,
        disk: ports.disk,
        judge: ports.judge,
        access: ports.access,
        crash_points: ports.crash_points,
        store,
        cursor_key,
        entropy,
        placing: tokio::sync::Mutex::new(()),
        work: Work::new(),
        panics: AtomicU64::new(0),
        refusals: Refusals::default(),
    })
}

/// Where a client on this machine reaches the server.
fn base_url(address: SocketAddr) -> String {
    let host: IpAddr = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    format!("http://{}", SocketAddr::new(host, address.port()))
}

/// A server that serves. Dropping it ends it like [`Running::crash`], only without waiting.
pub struct Running {
    app: Arc<App>,
    address: SocketAddr,
    phase: watch::Sender<Phase>,
    /// `None` once it has ended and was heard of.
    accepting: Option<JoinHandle<()>>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port`, without a path.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.app.base_url.clone()
    }

    /// The operator's handle.
    #[must_use]
    pub fn admin(&self) -> Admin {
        Admin::new(Arc::clone(&self.app))
    }

    /// How many panics were caught so far, in handlers and connections.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.app.panics.load(Ordering::Relaxed)
    }

    /// How often it has refused by each rule since it was started. An answer names the code, which
    /// several rules share.
    #[must_use]
    pub fn refusals(&self) -> BTreeMap<Rule, u64> {
        self.app.refusals.all()
    }

    /// Stops accepting, lets requests in flight finish for at most 5 seconds, closes the store.
    ///
    /// # Errors
    /// Requests had to be cut off, or the accepting task had panicked.
    pub async fn shutdown(mut self) -> Result<(), ServerFailure> {
        self.phase.send_replace(Phase::Draining);
        let finished = tokio::time::timeout(GRACE, async {
            let accepted = self.ended().await;
            self.app.work.drained().await;
            accepted
        })
        .await;
        let outcome = finished.unwrap_or_else(|_| self.unfinished());
        self.end().await;
        outcome
    }

    /// Ends the server as a crash would: tasks are aborted where they stand and connections dropped.
    /// Returns once nothing of it touches its files any more.
    pub async fn crash(mut self) {
        self.end().await;
    }

    fn unfinished(&self) -> Result<(), ServerFailure> {
        match self.app.work.under_way() {
            0 => Ok(()),
            requests => Err(ServerFailure::Unfinished { requests }),
        }
    }

    async fn end(&mut self) {
        self.app.work.halt();
        self.phase.send_replace(Phase::Ended);
        // How a task ends that is being thrown away is of no consequence.
        let _ = self.ended().await;
        self.app.work.drained().await;
        self.app.store.close().await;
    }

    /// Waits for the accepting task, unless it was heard of before.
    async fn ended(&mut self) -> Result<(), ServerFailure> {
        let Some(accepting) = &mut self.accepting else {
            return Ok(());
        };
        let outcome = accepting.await;
        self.accepting = None;
        outcome.map_err(|error| {
            let text = match error.try_into_panic() {
                Ok(payload) => panic_text(payload.as_ref()).to_owned(),
                Err(cancelled) => cancelled.to_string(),
            };
            tracing::error!(text, "the accepting task ended");
            ServerFailure::Panicked(text)
        })
    }

    /// Waits until the server ends by itself, which it only does when it fails.
    ///
    /// # Errors
    /// The accepting task panicked.
    pub async fn wait(&mut self) -> Result<(), ServerFailure> {
        self.ended().await
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.app.work.halt();
        self.phase.send_replace(Phase::Ended);
    }
}
