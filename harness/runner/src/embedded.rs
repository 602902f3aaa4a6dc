//! The embedded binding: the reference server in this process, one per world, through a real
//! loopback socket.

use async_trait::async_trait;
use gauntlet_arena::binding::{Account, Allowance, Binding, Hook, TargetInfo, World, WorldError};
use gauntlet_arena::{Role, Strictness};
use gauntlet_server::{
    Config, Contract, DirectoryDisk, ManualClock, Ports, RoutesAlone, Running, Server, SqliteFile,
    Unheard, VolatileDisk,
};
use gauntlet_validator::server::Policy;
use gauntlet_wire::id::Hash;
use gauntlet_wire::rule::Rule;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

/// Makes the ports of one world's server from the reference's own. The reference keeps them; a mutant
/// replaces one.
pub type PortsOf = Arc<dyn Fn(Ports) -> Ports + Send + Sync>;

/// When every embedded world begins. A fixed instant: no run depends on the day it is made.
const BEGINNING: &str = "2026-11-15T12:00:00Z";

/// Opens worlds on the reference server.
pub struct EmbeddedBinding {
    info: TargetInfo,
    ports_of: PortsOf,
}

impl EmbeddedBinding {
    /// The unmodified reference.
    #[must_use]
    pub fn reference() -> Self {
        Self::altered(Arc::new(|ports| ports))
    }

    /// The reference with altered ports. It keeps its name: which defect was planted is for the report
    /// to say.
    #[must_use]
    pub fn altered(ports_of: PortsOf) -> Self {
        let info = TargetInfo {
            name: format!("reference {}", env!("CARGO_PKG_VERSION")),
            binding: "embedded",
            roles: vec![Role::Server],
            strictness: Strictness::Code,
            serial: false,
            fresh_accounts: true,
            salt: None,
        };
        Self { info, ports_of }
    }
}

#[async_trait]
impl Binding for EmbeddedBinding {
    fn target(&self) -> &TargetInfo {
        &self.info
    }

    async fn open(&self, seed: u64, label: &str) -> Result<Box<dyn World>, WorldError> {
        let world = EmbeddedWorld::open(&self.ports_of, seed, label).await?;
        Ok(Box::new(world))
    }
}

/// One reference server with a disk, a clock and a seed of its own.
struct EmbeddedWorld {
    config: Config,
    ports: Ports,
    clock: Arc<ManualClock>,
    disk: Arc<VolatileDisk>,
    running: Option<Running>,
    base_url: String,
    panics: u64,
    /// Where this world's server logs.
    log: Dispatch,
    /// Removed with everything in it when the world ends, however it ends.
    folder: TempDir,
}

impl EmbeddedWorld {
    async fn open(ports_of: &PortsOf, seed: u64, label: &str) -> Result<Self, WorldError> {
        let folder = world_folder().map_err(|error| failed("a temporary folder", error))?;
        let beginning = BEGINNING
            .parse()
            .map_err(|error| failed("the clock", error))?;
        let clock = Arc::new(ManualClock::new(beginning));
        let files = DirectoryDisk::new(folder.path()).map_err(|error| failed("the disk", error))?;
        let disk = Arc::new(VolatileDisk::new(files));
        let ports = ports_of(Ports {
            clock: clock.clone(),
            disk: disk.clone(),
            judge: Arc::new(Contract),
            access: Arc::new(RoutesAlone),
            crash_points: Arc::new(Unheard),
            store: Arc::new(SqliteFile),
        });
        let seeded = [&seed.to_be_bytes(), label.as_bytes()].concat();
        let config = Config {
            server_id: "reference".to_owned(),
            policy: Policy::default(),
            data: folder.path().to_owned(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: *Hash::of(&seeded).as_bytes(),
        };
        let mut world = Self {
            config,
            ports,
            clock,
            disk,
            running: None,
            base_url: String::new(),
            panics: 0,
            log: log(&folder).map_err(|error| failed("the log", error))?,
            folder,
        };
        world.start().await?;
        Ok(world)
    }

    async fn start(&mut self) -> Result<(), WorldError> {
        let running = Server::start(self.config.clone(), self.ports.clone())
            .with_subscriber(self.log.clone())
            .await
            .map_err(|error| failed("the reference server", error))?;
        self.base_url = format!("{}/v1", running.base_url());
        self.running = Some(running);
        Ok(())
    }

    fn running(&self) -> Result<&Running, WorldError> {
        self.running
            .as_ref()
            .ok_or_else(|| WorldError::Failed("the server is down".to_owned()))
    }

    fn stop(&mut self) -> Result<Running, WorldError> {
        let running = self.running.take();
        let running = running.ok_or_else(|| WorldError::Failed("the server is down".to_owned()))?;
        self.panics += running.panics();
        Ok(running)
    }
}

#[async_trait]
impl World for EmbeddedWorld {
    fn base_url(&self) -> String {
        self.base_url.clone()
    }

    fn salt(&self) -> String {
        String::new()
    }

    /// A server in this process can't be killed at a place in its own work.
    fn offers(&self, hook: Hook) -> bool {
        hook != Hook::CrashPoints
    }

    async fn provision(&mut self, wanted: &[(&str, usize)]) -> Result<Vec<Account>, WorldError> {
        let admin = self.running()?.admin();
        let mut accounts = Vec::new();
        for (name, sessions) in wanted {
            let account = admin
                .provision(name, *sessions)
                .with_subscriber(self.log.clone())
                .await
                .map_err(|error| failed("an account", error))?;
            accounts.push(Account {
                name: account.name,
                user_id: account.user_id,
                access_tokens: account.access_tokens,
            });
        }
        Ok(accounts)
    }

    async fn crash(&mut self) -> Result<(), WorldError> {
        self.stop()?.crash().await;
        // A kill spares what the kernel holds; a power loss takes all that was not synced. The harder
        // one is played.
        self.disk
            .lose_power()
            .map_err(|error| failed("the power loss", error))?;
        self.start().await
    }

    async fn restart(&mut self) -> Result<(), WorldError> {
        self.stop()?
            .shutdown()
            .await
            .map_err(|error| failed("the shutdown", error))?;
        self.start().await
    }

    async fn advance_clock(&mut self, seconds: u64) -> Result<(), WorldError> {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        self.clock.advance(SignedDuration::from_secs(seconds));
        Ok(())
    }

    async fn purge(&mut self) -> Result<(), WorldError> {
        let admin = self.running()?.admin();
        let collected = admin.collect_garbage().with_subscriber(self.log.clone());
        collected
            .await
            .map(|_| ())
            .map_err(|error| failed("the collection", error))
    }

    async fn allow(&mut self, allowance: Allowance) -> Result<(), WorldError> {
        let own = Policy::default();
        let policy = &mut self.config.policy;
        policy.max_file_size = allowance.max_file_size.unwrap_or(own.max_file_size);
        policy.quota_hard_limit = allowance.hard_quota.or(own.quota_hard_limit);
        self.restart().await
    }

    fn refusals(&self) -> BTreeMap<Rule, u64> {
        self.running
            .as_ref()
            .map(Running::refusals)
            .unwrap_or_default()
    }

    async fn storage(&mut self) -> Result<Vec<PathBuf>, WorldError> {
        Ok(vec![self.folder.path().to_owned()])
    }

    async fn close(mut self: Box<Self>) -> Result<(), WorldError> {
        self.stop()?
            .shutdown()
            .await
            .map_err(|error| failed("the shutdown", error))?;
        match self.panics {
            0 => Ok(()),
            panics => Err(WorldError::Failed(format!(
                "the server panicked {panics} times in the background"
            ))),
        }
    }
}

/// The log of one world's server, in its folder: everything that it says, so that a leak into a log shows.
fn log(folder: &TempDir) -> std::io::Result<Dispatch> {
    let file = std::fs::File::create(folder.path().join("server.log"))?;
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(std::sync::Mutex::new(file))
        .with_ansi(false)
        .without_time()
        .finish();
    Ok(Dispatch::new(subscriber))
}

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";

/// A folder for one world, in memory where the machine offers that and `TMPDIR` does not say otherwise:
/// a world plays its own loss of power, and a kill spares the memory of the machine, so waiting for a real
/// disk proves nothing.
///
/// # Errors
/// No temporary folder can be made.
pub fn world_folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("gauntlet-world-");
    if std::env::var_os("TMPDIR").is_none()
        && let Ok(folder) = builder.tempdir_in(MEMORY)
    {
        return Ok(folder);
    }
    builder.tempdir()
}

fn failed(what: &str, error: impl std::fmt::Display) -> WorldError {
    WorldError::Failed(format!("{what}: {error}"))
}
