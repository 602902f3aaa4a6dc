//! What every request shares.

use crate::auth::Tokens;
use crate::crash::{Commit, CrashPoint, CrashPoints};
use crate::entropy::Entropy;
use crate::failure::Fault;
use crate::refusals::Refusals;
use crate::store::{Store, StoreError, Transaction};
use crate::work::{Interrupted, Work};
use crate::{AccessLog, Clock, Disk, Judge};
use gauntlet_validator::server::Policy;
use jiff::Timestamp;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// One running server.
pub(crate) struct App {
    pub(crate) server_id: String,
    pub(crate) base_url: String,
    pub(crate) policy: Policy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) judge: Arc<dyn Judge>,
    pub(crate) access: Arc<dyn AccessLog>,
    pub(crate) crash_points: Arc<dyn CrashPoints>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tokens: Tokens,
    /// The MAC key of sync cursors; it never leaves the server.
    pub(crate) cursor_key: [u8; 32],
    pub(crate) entropy: Entropy,
    /// Held from the decision to place or remove a blob until its file is where the row says. The
    /// store's transactions can't give this, because a swept file goes after the commit.
    pub(crate) placing: tokio::sync::Mutex<()>,
    pub(crate) work: Work,
    /// Panics caught so far, in handlers and connections.
    pub(crate) panics: AtomicU64,
    pub(crate) refusals: Refusals,
}

impl App {
    /// The present instant, cut to the microseconds that the store keeps.
    pub(crate) fn now(&self) -> Timestamp {
        let now = self.clock.now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// Sessions created at or before this instant have expired by `now`.
    pub(crate) fn opened_after(&self, now: Timestamp) -> Timestamp {
        now.checked_sub(self.policy.session_lifetime)
            .unwrap_or(Timestamp::MIN)
    }

    /// Commits what a transaction is for, with a crash point on either side.
    pub(crate) async fn commit(
        &self,
        what: Commit,
        transaction: Box<dyn Transaction>,
    ) -> Result<(), StoreError> {
        self.reached(CrashPoint::BeforeCommit(what));
        transaction.commit().await?;
        self.reached(CrashPoint::AfterCommit(what));
        Ok(())
    }

    /// The work is at `point`.
    pub(crate) fn reached(&self, point: CrashPoint) {
        self.crash_points.reached(point);
    }

    /// Makes one blocking call on the disk; `action` says in an error what it was for.
    pub(crate) async fn disk<T: Send + 'static>(
        &self,
        action: &'static str,
        call: impl FnOnce(&dyn Disk) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let disk = Arc::clone(&self.disk);
        match self.work.blocking(move || call(disk.as_ref())).await {
            Ok(done) => done.map_err(|source| Fault::Disk { action, source }),
            Err(Interrupted::Halted) => Err(Fault::Halted),
            // A disk that panics is a handler that panics.
            Err(Interrupted::Panicked(payload)) => std::panic::resume_unwind(payload),
        }
    }
}
