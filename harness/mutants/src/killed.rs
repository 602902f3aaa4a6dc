//! References that keep in the memory of their own process what they acknowledge. A loss of power finds
//! nothing there that a flush would have saved, and no attack of a row looks between two of their
//! requests; a kill takes it.

use crate::UnknownMutant;
use gauntlet_arena::Harm;
use gauntlet_arena::capsule::Breach;
use gauntlet_server::{Disk, Judge, Ports};
use gauntlet_validator::server::{
    Effect, FinalizeFacts, OpFacts, OpPlan, OpRequest, Policy, Refusal, finalize, lifecycle_op,
};
use gauntlet_wire::id::{Hash, UploadId};
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The reference without one promise, which only a kill of its process shows.
#[derive(Debug, Clone, Copy)]
pub struct KillMutant {
    /// Stable kebab-case name, which begins with `kill-`.
    pub id: &'static str,
    /// What the mutant does wrong, in one sentence.
    pub about: &'static str,
    /// A crash point at which the sweep has to notice.
    pub point: &'static str,
    /// What it has to find there.
    pub breach: Breach,
    /// The irreparable harm that it has to find.
    pub harm: Harm,
    /// Replaces ports of the reference.
    pub plant: fn(Ports) -> Ports,
}

/// Every mutant of the kill sweep.
pub const KILL_MUTANTS: &[KillMutant] = &[
    KillMutant {
        id: "kill-chunk-in-memory",
        about: "The newest chunk is acknowledged from memory, and written when the disk is needed next.",
        point: "cancellation-before-commit",
        breach: Breach::Lost,
        harm: Harm::Lost,
        plant: |ports| lagging(ports, Lag::Writes),
    },
    KillMutant {
        id: "kill-blob-in-memory",
        about: "A finished upload is acknowledged, and moved to its address when the disk is needed next.",
        point: "opening-after-commit",
        breach: Breach::Lost,
        harm: Harm::Lost,
        plant: |ports| lagging(ports, Lag::Moves),
    },
    KillMutant {
        id: "kill-numbers-in-memory",
        about: "The feed's numbers are counted in memory, from one after every start.",
        point: "finalization-after-commit",
        breach: Breach::Lost,
        harm: Harm::Rewritten,
        plant: |ports| Ports {
            judge: Arc::new(Counting(AtomicU64::new(0))),
            ..ports
        },
    },
];

/// The ports of the mutant of that id, of the rows' or of the sweep's.
///
/// # Errors
/// An id that neither catalogue holds.
pub fn plant(id: &str) -> Result<fn(Ports) -> Ports, UnknownMutant> {
    let killed = KILL_MUTANTS.iter().find(|mutant| mutant.id == id);
    match killed {
        Some(mutant) => Ok(mutant.plant),
        None => crate::named(id).map(|mutant| mutant.plant),
    }
}

/// What is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lag {
    Writes,
    Moves,
}

/// One thing that the disk has yet to do.
enum Debt {
    Write(UploadId, u64, Vec<u8>),
    Move(UploadId, Hash),
}

/// A disk that does the newest thing of one kind when it is asked for the next thing of any.
struct Lagging {
    inner: Arc<dyn Disk>,
    lag: Lag,
    debt: Mutex<Option<Debt>>,
}

fn lagging(ports: Ports, lag: Lag) -> Ports {
    let disk = Arc::new(Lagging {
        inner: Arc::clone(&ports.disk),
        lag,
        debt: Mutex::new(None),
    });
    Ports { disk, ..ports }
}

impl Lagging {
    fn debt(&self) -> MutexGuard<'_, Option<Debt>> {
        self.debt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The disk, with nothing put off any more.
    fn settled(&self) -> io::Result<&dyn Disk> {
        match self.debt().take() {
            None => {}
            Some(Debt::Write(upload, offset, bytes)) => {
                self.inner.write(upload, offset, &bytes)?;
                self.inner.sync(upload)?;
            }
            Some(Debt::Move(upload, hash)) => self.inner.promote(upload, hash)?,
        }
        Ok(self.inner.as_ref())
    }
}

impl Disk for Lagging {
    fn write(&self, upload: UploadId, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let disk = self.settled()?;
        match self.lag {
            Lag::Writes => *self.debt() = Some(Debt::Write(upload, offset, bytes.to_vec())),
            Lag::Moves => disk.write(upload, offset, bytes)?,
        }
        Ok(())
    }

    fn sync(&self, upload: UploadId) -> io::Result<()> {
        match self.lag {
            Lag::Writes => Ok(()),
            Lag::Moves => self.settled()?.sync(upload),
        }
    }

    fn length(&self, upload: UploadId) -> io::Result<Option<u64>> {
        self.settled()?.length(upload)
    }

    fn truncate(&self, upload: UploadId, length: u64) -> io::Result<()> {
        self.settled()?.truncate(upload, length)
    }

    fn digest(&self, upload: UploadId) -> io::Result<(u64, Hash)> {
        self.settled()?.digest(upload)
    }

    fn read_upload(&self, upload: UploadId, max: u64) -> io::Result<Option<Vec<u8>>> {
        self.settled()?.read_upload(upload, max)
    }

    fn promote(&self, upload: UploadId, hash: Hash) -> io::Result<()> {
        let disk = self.settled()?;
        match self.lag {
            Lag::Writes => disk.promote(upload, hash)?,
            Lag::Moves => *self.debt() = Some(Debt::Move(upload, hash)),
        }
        Ok(())
    }

    fn discard(&self, upload: UploadId) -> io::Result<()> {
        self.settled()?.discard(upload)
    }

    fn blob_length(&self, hash: Hash) -> io::Result<Option<u64>> {
        self.settled()?.blob_length(hash)
    }

    fn read_blob(&self, hash: Hash, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.settled()?.read_blob(hash, range)
    }

    fn remove_blob(&self, hash: Hash) -> io::Result<()> {
        self.settled()?.remove_blob(hash)
    }

    fn blobs(&self, shard: u8) -> io::Result<Vec<Hash>> {
        self.settled()?.blobs(shard)
    }

    fn uploads(&self) -> io::Result<Vec<UploadId>> {
        self.settled()?.uploads()
    }
}

/// Counts what it publishes.
struct Counting(AtomicU64);

impl Counting {
    fn number(&self, effects: &mut [Effect]) {
        for effect in effects {
            if let Effect::Publish(publication) = effect {
                let last = self.0.fetch_add(1, Ordering::SeqCst);
                publication.sync_seq = Some(last.saturating_add(1));
            }
        }
    }
}

impl Judge for Counting {
    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
        let mut effects = finalize(facts, policy)?;
        self.number(&mut effects);
        Ok(effects)
    }

    fn lifecycle_op(
        &self,
        facts: &OpFacts,
        request: &OpRequest,
        policy: &Policy,
    ) -> Result<OpPlan, Refusal> {
        let mut plan = lifecycle_op(facts, request, policy)?;
        if let OpPlan::Accepted { effects, .. } = &mut plan {
            self.number(effects);
        }
        Ok(plan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_of_no_row() {
        let ids: BTreeSet<_> = KILL_MUTANTS.iter().map(|mutant| mutant.id).collect();
        assert_eq!(ids.len(), KILL_MUTANTS.len());
        for mutant in KILL_MUTANTS {
            assert!(mutant.id.starts_with("kill-"), "{}", mutant.id);
            assert!(mutant.about.ends_with('.'), "{}", mutant.id);
            assert!(plant(mutant.id).is_ok());
            assert!(crate::named(mutant.id).is_err());
        }
        assert!(plant("row03-feed-numbered-in-memory").is_ok());
        assert!(plant("kill-time").is_err());
    }
}
