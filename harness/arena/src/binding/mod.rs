//! Bindings: how a role of a target is reached, and what the target lets a test do to it.

mod control;
mod crash;
mod http;
mod target;

pub use control::Control;
pub use crash::{Aim, CrashPoint, When};
pub use http::HttpBinding;
pub use target::{Provision, SHORTEST_TOKEN, StaticAccount, TargetError, TargetFile};

use crate::{Limits, Role, Strictness};
use async_trait::async_trait;
use gauntlet_wire::rule::Rule;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// An optional test-only ability of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hook {
    /// Die without a goodbye and start again.
    Crash,
    /// Stop properly and start again.
    Restart,
    /// Move the clock forward.
    Clock,
    /// Collect garbage now.
    Purge,
    /// Set the bounds that a deployment chooses.
    Allowance,
    /// Show everything that it keeps.
    Storage,
    /// Die at a named place in its own work.
    CrashPoints,
}

impl Hook {
    /// Every hook.
    pub const ALL: [Self; 7] = [
        Self::Crash,
        Self::Restart,
        Self::Clock,
        Self::Purge,
        Self::Allowance,
        Self::Storage,
        Self::CrashPoints,
    ];

    /// The kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Restart => "restart",
            Self::Clock => "clock",
            Self::Purge => "purge",
            Self::Allowance => "allowance",
            Self::Storage => "storage",
            Self::CrashPoints => "crash-points",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Bounds that a deployment chooses, where a test asks for others; `None` is the target's own choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// Largest upload, in bytes (invariant 4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_file_size: Option<u64>,
    /// Hard quota of every account, in bytes (`wire.md` §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hard_quota: Option<u64>,
}

/// What is known of a target before it is attacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetInfo {
    /// Its name in reports.
    pub name: String,
    /// How it is reached: `embedded` or `http`.
    pub binding: &'static str,
    /// What it plays.
    pub roles: Vec<Role>,
    /// How closely its answers have to match.
    pub strictness: Strictness,
    /// Whether worlds share one server, whose hooks reach them all: attacks then run one at a time.
    pub serial: bool,
    /// Whether every world has accounts of its own.
    pub fresh_accounts: bool,
    /// What went into this run's ids beside the seed, where the target outlives the run.
    pub salt: Option<String>,
}

/// An account on the target, with one access token per session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The name that the harness asked for.
    pub name: String,
    /// The target's id of it.
    pub user_id: gauntlet_wire::id::UserId,
    /// One token per session asked for, or fewer where the target can't.
    pub access_tokens: Vec<String>,
}

/// Why a world can't be had, or a hook not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// The target does not offer the hook.
    #[error("the target does not offer the hook `{0}`")]
    Absent(Hook),
    /// The target file says something of the target that is not so.
    #[error("{0}")]
    Misconfigured(String),
    /// The target or the environment failed.
    #[error("{0}")]
    Failed(String),
}

impl From<WorldError> for crate::Stop {
    fn from(error: WorldError) -> Self {
        match error {
            WorldError::Absent(hook) => Self::Untested(hook),
            WorldError::Misconfigured(what) => Self::Misconfigured(what),
            WorldError::Failed(what) => Self::Error(what),
        }
    }
}

/// Opens worlds on one target.
#[async_trait]
pub trait Binding: Send + Sync {
    /// The target.
    fn target(&self) -> &TargetInfo;

    /// Opens a world of its own for `label`. Everything random in it comes from `seed`.
    ///
    /// # Errors
    /// [`WorldError::Failed`] where the target can't be started or reached.
    async fn open(&self, seed: u64, label: &str) -> Result<Box<dyn World>, WorldError>;
}

/// One isolated run on a target.
#[async_trait]
pub trait World: Send + Sync {
    /// Base URL with the path prefix, without a slash at the end.
    fn base_url(&self) -> String;

    /// Keeps this world's ids and keys apart from those of other runs on the same target; empty where
    /// the target is fresh.
    fn salt(&self) -> String;

    /// What the identity keys of accounts that outlive a run are derived from, whatever its seed: a
    /// target fixes them at the first publish. `None` where every world has fresh accounts.
    fn lasting_identity(&self) -> Option<String> {
        None
    }

    /// Bounds of one call to the target.
    fn limits(&self) -> Limits {
        Limits::default()
    }

    /// Whether the target offers `hook`.
    fn offers(&self, hook: Hook) -> bool;

    /// Accounts of these names, each with that many sessions. A name asked for again is the same
    /// account with fresh tokens.
    async fn provision(&mut self, wanted: &[(&str, usize)]) -> Result<Vec<Account>, WorldError>;

    /// Kills the target without a goodbye and starts it again.
    async fn crash(&mut self) -> Result<(), WorldError>;

    /// Stops the target properly and starts it again.
    async fn restart(&mut self) -> Result<(), WorldError>;

    /// Moves the target's clock forward.
    async fn advance_clock(&mut self, seconds: u64) -> Result<(), WorldError>;

    /// Lets the target collect garbage.
    async fn purge(&mut self) -> Result<(), WorldError>;

    /// Sets the bounds that a deployment chooses. The target may be started again for it.
    async fn allow(&mut self, _: Allowance) -> Result<(), WorldError> {
        Err(WorldError::Absent(Hook::Allowance))
    }

    /// How often the target has refused by each rule since it was started, where it tells. No verdict
    /// rests on it.
    fn refusals(&self) -> BTreeMap<Rule, u64> {
        BTreeMap::new()
    }
    /// The files and folders of everything that the target keeps, logs included, on this machine.
    async fn storage(&mut self) -> Result<Vec<PathBuf>, WorldError>;

    /// The named places at which the target can be killed.
    async fn crash_points(&self) -> Result<Vec<CrashPoint>, WorldError> {
        Err(WorldError::Absent(Hook::CrashPoints))
    }

    /// Has the target killed, and started again, at a named place; nowhere any more, where none is given.
    async fn aim(&self, _: Option<&Aim>) -> Result<(), WorldError> {
        Err(WorldError::Absent(Hook::CrashPoints))
    }

    /// The places at which it was killed since it was last aimed, in order. Answered while it runs.
    async fn fired(&self) -> Result<Vec<String>, WorldError> {
        Err(WorldError::Absent(Hook::CrashPoints))
    }

    /// Ends the world. What went wrong in the background shows here at the latest.
    async fn close(self: Box<Self>) -> Result<(), WorldError>;
}
