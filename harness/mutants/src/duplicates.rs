//! Stores under which one upload is opened twice, or charged twice.

use crate::stores::{Departure, departing, locked};
use gauntlet_server::{Ports, Snapshot, Store, StoreError, Transaction, Tuple};
use gauntlet_validator::server::{Duplicate, Effect, Session};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{UploadId, UserId};
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many later checks an insert waits for, and how often it steps back at most. A window that is not
/// left open would make the defect a matter of luck: the meeting lets whoever is ready check before
/// anything is inserted, and no clock is asked.
const MEETING: usize = 4;
const STEPS: usize = 2_000;

/// What becomes of an opening whose check came too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Conflict {
    /// No unique key stands behind the check: it opens a session of its own.
    Unnoticed,
    /// The unique key refuses it, and so does the server.
    Refused,
    /// The unique key refuses it, and the server takes that for a fault of its own.
    Fault,
}

/// Check and insert in two transactions, without the unique key behind them.
pub(crate) fn checked_apart(ports: Ports) -> Ports {
    departing(ports, Apart::with(Conflict::Unnoticed))
}

/// Check and insert in two transactions; the unique key's refusal is the client's.
pub(crate) fn conflict_refused(ports: Ports) -> Ports {
    departing(ports, Apart::with(Conflict::Refused))
}

/// Check and insert in two transactions; the unique key's refusal is a server error.
pub(crate) fn conflict_is_a_fault(ports: Ports) -> Ports {
    departing(ports, Apart::with(Conflict::Fault))
}

/// The sessions that are open are known to the memory of the process alone.
pub(crate) fn known_in_memory(ports: Ports) -> Ports {
    departing(ports, Known::default())
}

/// A session reserves its bytes once more whenever it is found again.
pub(crate) fn reserved_per_request(ports: Ports) -> Ports {
    departing(ports, Reserving::default())
}

/// Every reference to a blob is charged, whoever refers to it already.
pub(crate) fn charged_per_reference(ports: Ports) -> Ports {
    departing(ports, Charging::default())
}

/// No session can be opened for bytes that are stored already, by whomever and wherever.
pub(crate) fn known_bytes_are_a_fault(ports: Ports) -> Ports {
    departing(ports, StoredOnce)
}

/// Takes the unique key of active sessions away.
fn drop_unique_key(folder: &Path) -> Result<(), StoreError> {
    let connection = Connection::open(folder.join("gauntlet.sqlite"))?;
    Ok(connection.execute_batch("DROP INDEX IF EXISTS active_sessions")?)
}

/// The active session of the tuple among `sessions`.
fn active(sessions: &[Session], tuple: &Tuple, opened_after: Timestamp) -> Option<Duplicate> {
    let is_of = |session: &&Session| {
        let tuple_of = (session.owner, session.hash, session.album);
        let waits = session.status == UploadStatus::WaitingForProcessing;
        tuple_of == (tuple.owner, tuple.hash, tuple.album)
            && (waits || session.is_active() && session.created_at > opened_after)
    };
    let found = sessions.iter().find(is_of);
    found.map(|session| Duplicate::Active {
        id: session.id,
        received: session.received,
    })
}

struct Apart {
    conflict: Conflict,
    /// How many checks there were.
    checks: AtomicUsize,
}

impl Apart {
    const fn with(conflict: Conflict) -> Self {
        Self {
            conflict,
            checks: AtomicUsize::new(0),
        }
    }
}

impl Departure for Apart {
    async fn opened(&self, folder: &Path) -> Result<(), StoreError> {
        match self.conflict {
            Conflict::Unnoticed => drop_unique_key(folder),
            Conflict::Refused | Conflict::Fault => Ok(()),
        }
    }

    async fn seen<S: Store + ?Sized>(&self, store: &S) -> Result<Vec<Session>, StoreError> {
        let sessions = store.read().await?.all_sessions().await?;
        let met = self.checks.fetch_add(1, Ordering::SeqCst) + MEETING;
        for _ in 0..STEPS {
            if self.checks.load(Ordering::SeqCst) > met {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(sessions)
    }

    async fn duplicate<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        seen: &[Session],
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Result<Option<Duplicate>, StoreError> {
        let early = active(seen, tuple, opened_after);
        let now = view.duplicate(tuple, opened_after).await?;
        // A finished upload is as new as it is: only what is open was looked up too early.
        Ok(early.or(now.filter(|found| matches!(found, Duplicate::Finished { .. }))))
    }

    async fn apply<T: Transaction + ?Sized>(
        &self,
        transaction: &mut T,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match transaction.apply(session, effect, now).await {
            Err(StoreError::AlreadyOpen) if self.conflict == Conflict::Fault => {
                Err(StoreError::Database("UNIQUE constraint failed".into()))
            }
            other => other,
        }
    }
}

/// The sessions that were opened since the start.
#[derive(Default)]
struct Known(Mutex<BTreeSet<UploadId>>);

impl Departure for Known {
    async fn opened(&self, folder: &Path) -> Result<(), StoreError> {
        locked(&self.0).clear();
        drop_unique_key(folder)
    }

    async fn duplicate<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        _: &[Session],
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Result<Option<Duplicate>, StoreError> {
        let found = view.duplicate(tuple, opened_after).await?;
        let known = locked(&self.0);
        Ok(found.filter(|found| match found {
            Duplicate::Active { id, .. } => known.contains(id),
            Duplicate::Finished { .. } => true,
        }))
    }

    async fn apply<T: Transaction + ?Sized>(
        &self,
        transaction: &mut T,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Effect::OpenSession(opened) = effect {
            locked(&self.0).insert(opened.id);
        }
        transaction.apply(session, effect, now).await
    }
}

/// Bytes that are charged beside what the rows say.
#[derive(Default)]
struct Extra(Mutex<BTreeMap<UserId, u64>>);

impl Extra {
    fn add(&self, owner: UserId, bytes: u64) {
        let mut extra = locked(&self.0);
        let charged = extra.entry(owner).or_default();
        *charged = charged.saturating_add(bytes);
    }

    fn of(&self, owner: UserId) -> u64 {
        let extra = locked(&self.0);
        extra.get(&owner).copied().unwrap_or(0)
    }
}

#[derive(Default)]
struct Reserving(Extra);

impl Departure for Reserving {
    async fn duplicate<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        _: &[Session],
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Result<Option<Duplicate>, StoreError> {
        let found = view.duplicate(tuple, opened_after).await?;
        if let Some(Duplicate::Active { id, .. }) = found
            && let Some(session) = view.session(id).await?
            // A finalization reads these facts again, of a session that waits.
            && session.is_active()
        {
            self.0.add(tuple.owner, session.reserved);
        }
        Ok(found)
    }

    async fn used<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        owner: UserId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError> {
        let used = view.used(owner, opened_after).await?;
        Ok(used.saturating_add(self.0.of(owner)))
    }
}

#[derive(Default)]
struct Charging(Extra);

impl Departure for Charging {
    async fn used<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        owner: UserId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError> {
        let used = view.used(owner, opened_after).await?;
        Ok(used.saturating_add(self.0.of(owner)))
    }

    async fn apply<T: Transaction + ?Sized>(
        &self,
        transaction: &mut T,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Effect::BindBlob {
            hash, size, payer, ..
        } = effect
            && transaction.refers(*payer, *hash).await?
        {
            self.0.add(*payer, *size);
        }
        transaction.apply(session, effect, now).await
    }
}

struct StoredOnce;

impl Departure for StoredOnce {
    async fn apply<T: Transaction + ?Sized>(
        &self,
        transaction: &mut T,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Effect::OpenSession(opened) = effect
            && transaction.blob(opened.hash).await?.is_some()
        {
            return Err(StoreError::Database("UNIQUE constraint failed".into()));
        }
        transaction.apply(session, effect, now).await
    }
}
