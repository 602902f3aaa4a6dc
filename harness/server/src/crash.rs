//! Crash points: named places in the server's work at which a test may have its process killed.
//!
//! The server says that it is there and goes on; what comes of it is the listener's affair. By default
//! nobody listens.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a transaction makes durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Commit {
    /// A device directory.
    Directory,
    /// An album.
    Album,
    /// An album's ledger.
    Ledger,
    /// A new upload session.
    Opening,
    /// That expired sessions are forgotten.
    Expiry,
    /// A chunk.
    Append,
    /// A finished upload, with all that it does to its asset and to the feed.
    Finalization,
    /// The end of a session that its uploader gave up.
    Cancellation,
    /// A lifecycle op.
    Op,
    /// That an asset gave up its blobs when its time in the trash was over.
    Purge,
    /// That a blob is without reference, or that it has one again.
    Mark,
    /// That a blob is deleted.
    Sweep,
    /// That the file of a deleted blob is gone.
    Forgetting,
}

impl Commit {
    const ALL: [Self; 13] = [
        Self::Directory,
        Self::Album,
        Self::Ledger,
        Self::Opening,
        Self::Expiry,
        Self::Append,
        Self::Finalization,
        Self::Cancellation,
        Self::Op,
        Self::Purge,
        Self::Mark,
        Self::Sweep,
        Self::Forgetting,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Album => "album",
            Self::Ledger => "ledger",
            Self::Opening => "opening",
            Self::Expiry => "expiry",
            Self::Append => "append",
            Self::Finalization => "finalization",
            Self::Cancellation => "cancellation",
            Self::Op => "op",
            Self::Purge => "purge",
            Self::Mark => "mark",
            Self::Sweep => "sweep",
            Self::Forgetting => "forgetting",
        }
    }
}

/// A place at which the server may be killed. Its name is what [`fmt::Display`] writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrashPoint {
    /// Rows are written, and bytes are where they belong; nothing is committed.
    BeforeCommit(Commit),
    /// It is committed, and nobody was told.
    AfterCommit(Commit),
    /// A chunk's bytes are written and not flushed.
    AppendBeforeFlush,
    /// They are flushed, and no row speaks of them.
    AppendAfterFlush,
    /// A complete upload is checked, and still where uploads lie.
    FinalizationBeforeMove,
    /// It lies at its content address, and no row speaks of it.
    FinalizationAfterMove,
    /// A part of an op is flushed, and lies where uploads lie.
    OpBeforeMove,
    /// It lies at its content address, and no row speaks of it.
    OpAfterMove,
    /// The file of a session that is over was removed.
    DiscardAfterRemoval,
    /// The file of a deleted blob was removed, and its deletion is still remembered.
    SweepAfterRemoval,
    /// A start has the store open, and has mended nothing yet.
    RecoveryBegun,
    /// It has removed the files of uploads that no session knows.
    RecoveryAfterOrphans,
    /// It has mended or finished one more session.
    RecoveryAfterSession,
    /// It has mended everything, and serves nobody yet.
    RecoveryEnded,
}

impl CrashPoint {
    /// Those that are not beside a commit.
    const OTHERS: [Self; 12] = [
        Self::AppendBeforeFlush,
        Self::AppendAfterFlush,
        Self::FinalizationBeforeMove,
        Self::FinalizationAfterMove,
        Self::OpBeforeMove,
        Self::OpAfterMove,
        Self::DiscardAfterRemoval,
        Self::SweepAfterRemoval,
        Self::RecoveryBegun,
        Self::RecoveryAfterOrphans,
        Self::RecoveryAfterSession,
        Self::RecoveryEnded,
    ];

    /// Every crash point: the list that a test control surface shows.
    pub fn all() -> impl Iterator<Item = Self> {
        let commits = Commit::ALL.into_iter();
        commits
            .flat_map(|commit| [Self::BeforeCommit(commit), Self::AfterCommit(commit)])
            .chain(Self::OTHERS)
    }

    /// The crash point of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|point| point.to_string() == name)
    }

    /// Whether only a start gets there, before the first request.
    #[must_use]
    pub const fn is_of_start(self) -> bool {
        matches!(
            self,
            Self::RecoveryBegun
                | Self::RecoveryAfterOrphans
                | Self::RecoveryAfterSession
                | Self::RecoveryEnded
        )
    }
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::BeforeCommit(commit) => return write!(f, "{}-before-commit", commit.name()),
            Self::AfterCommit(commit) => return write!(f, "{}-after-commit", commit.name()),
            Self::AppendBeforeFlush => "append-before-flush",
            Self::AppendAfterFlush => "append-after-flush",
            Self::FinalizationBeforeMove => "finalization-before-move",
            Self::FinalizationAfterMove => "finalization-after-move",
            Self::OpBeforeMove => "op-before-move",
            Self::OpAfterMove => "op-after-move",
            Self::DiscardAfterRemoval => "discard-after-removal",
            Self::SweepAfterRemoval => "sweep-after-removal",
            Self::RecoveryBegun => "recovery-begun",
            Self::RecoveryAfterOrphans => "recovery-after-orphans",
            Self::RecoveryAfterSession => "recovery-after-session",
            Self::RecoveryEnded => "recovery-ended",
        };
        f.write_str(name)
    }
}

/// Hears of every crash point that the server reaches. The server waits for the call to return, if it
/// does.
pub trait CrashPoints: Send + Sync + 'static {
    /// The server is at `point`.
    fn reached(&self, point: CrashPoint);
}

/// Nobody listens: how the server runs but for tests.
#[derive(Debug, Clone, Copy)]
pub struct Unheard;

impl CrashPoints for Unheard {
    fn reached(&self, _: CrashPoint) {}
}

/// Counts how often each crash point is reached, and kills at the one that is aimed at.
pub struct CrashSwitch {
    state: Mutex<State>,
    kill: Box<dyn Fn(CrashPoint) + Send + Sync>,
}

#[derive(Default)]
struct State {
    reached: BTreeMap<CrashPoint, u64>,
    /// Where to kill, and how many more times it is reached until then.
    aim: Option<(CrashPoint, u64)>,
}

impl CrashSwitch {
    /// A switch that calls `kill`, which is not expected to return.
    #[must_use]
    pub fn new(kill: impl Fn(CrashPoint) + Send + Sync + 'static) -> Self {
        Self {
            state: Mutex::default(),
            kill: Box::new(kill),
        }
    }

    /// Aims at the `nth` time from now that the point is reached, the next being the first; at nothing,
    /// where none is given.
    pub fn aim(&self, at: Option<(CrashPoint, u64)>) {
        self.lock().aim = at;
    }

    /// How often `point` was reached.
    #[must_use]
    pub fn count(&self, point: CrashPoint) -> u64 {
        self.lock().reached.get(&point).copied().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Counts the point; whether it is the one aimed at, which is so only once.
    fn reach(&mut self, point: CrashPoint) -> bool {
        let count = self.reached.entry(point).or_default();
        *count = count.saturating_add(1);
        let Some((aimed, left)) = self.aim.filter(|(aimed, _)| *aimed == point) else {
            return false;
        };
        let left = left.saturating_sub(1);
        self.aim = (left > 0).then_some((aimed, left));
        left == 0
    }
}

impl CrashPoints for CrashSwitch {
    fn reached(&self, point: CrashPoint) {
        let hit = self.lock().reach(point);
        if hit {
            (self.kill)(point);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::sync::Arc;

    #[test]
    fn every_point_is_listed_once_and_found_by_its_name() {
        let names: BTreeSet<String> = CrashPoint::all().map(|point| point.to_string()).collect();
        assert_eq!(names.len(), CrashPoint::all().count());
        for point in CrashPoint::all() {
            assert_eq!(CrashPoint::named(&point.to_string()), Some(point));
        }
        assert_eq!(CrashPoint::named("lunch"), None);
    }

    #[test]
    fn the_switch_kills_at_the_nth_time_from_aiming_and_never_again() {
        let killed = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&killed);
        let switch = CrashSwitch::new(move |point| seen.lock().unwrap().push(point));
        let (moved, ended) = (CrashPoint::OpAfterMove, CrashPoint::RecoveryEnded);
        switch.reached(moved);
        switch.aim(Some((moved, 2)));
        switch.reached(ended);
        switch.reached(moved);
        assert_eq!(*killed.lock().unwrap(), []);
        for _ in 0..5 {
            switch.reached(moved);
        }
        assert_eq!(*killed.lock().unwrap(), [moved]);
        assert_eq!((switch.count(moved), switch.count(ended)), (7, 1));
        switch.aim(Some((ended, 1)));
        switch.aim(None);
        switch.reached(ended);
        assert_eq!(*killed.lock().unwrap(), [moved]);
    }
}
