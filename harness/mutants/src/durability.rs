//! Servers that keep in memory what has to be durable.

use gauntlet_server::{Disk, Judge, Ports};
use gauntlet_validator::server::{
    DirectoryFacts, DirectoryPlan, DirectoryRequest, Effect, FinalizeFacts, Policy, Refusal,
    finalize, publish_directory,
};
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::id::{Hash, UploadId};
use gauntlet_wire::record::ProvenanceRecord;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much of what was written is ever flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// Everything, as the contract asks.
    Everything,
    /// Everything but the chunk that ends a provenance record.
    ButRecords,
    /// Nothing.
    Never,
    /// The bytes of a file, but not its entry in the folder, which only the move to the content
    /// address makes durable.
    BytesAlone,
}

/// A disk under a server that has to be reminded of everything after a start.
struct Forgetful {
    inner: Arc<dyn Disk>,
    flush: Flush,
    /// A counter that every start begins anew.
    memory: Arc<AtomicU64>,
}

/// A disk whose `sync` does nothing.
pub(crate) fn never_syncs(ports: Ports) -> Ports {
    flushing(ports, Flush::Never)
}

/// A disk whose `sync` leaves out the directory entry.
pub(crate) fn syncs_bytes_alone(ports: Ports) -> Ports {
    flushing(ports, Flush::BytesAlone)
}

/// A disk whose `sync` leaves out the chunk that ends a provenance record.
pub(crate) fn never_syncs_records(ports: Ports) -> Ports {
    flushing(ports, Flush::ButRecords)
}

fn flushing(ports: Ports, flush: Flush) -> Ports {
    forgetful(ports, flush, Arc::default())
}

/// A feed whose numbers are counted in memory, from one after every start.
pub(crate) fn numbers_in_memory(ports: Ports) -> Ports {
    let memory = Arc::default();
    let judge = Arc::new(Numbering {
        last: Arc::clone(&memory),
    });
    Ports {
        judge,
        ..forgetful(ports, Flush::Everything, memory)
    }
}

/// Published directory numbers are remembered until the next start.
pub(crate) fn marks_in_memory(ports: Ports) -> Ports {
    let memory = Arc::default();
    let judge = Arc::new(Marking {
        published: Arc::clone(&memory),
    });
    Ports {
        judge,
        ..forgetful(ports, Flush::Everything, memory)
    }
}

/// The newest epoch of an album is known once something was written since the start.
pub(crate) fn epochs_in_memory(ports: Ports) -> Ports {
    let memory = Arc::default();
    let judge = Arc::new(Epochs {
        written: Arc::clone(&memory),
    });
    Ports {
        judge,
        ..forgetful(ports, Flush::Everything, memory)
    }
}

fn forgetful(ports: Ports, flush: Flush, memory: Arc<AtomicU64>) -> Ports {
    let disk = Arc::new(Forgetful {
        inner: Arc::clone(&ports.disk),
        flush,
        memory,
    });
    Ports { disk, ..ports }
}

struct Numbering {
    /// The number of the newest entry.
    last: Arc<AtomicU64>,
}

impl Judge for Numbering {
    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
        let mut effects = finalize(facts, policy)?;
        for effect in &mut effects {
            if let Effect::Publish(publication) = effect {
                let last = self.last.fetch_add(1, Ordering::SeqCst);
                publication.sync_seq = Some(last.saturating_add(1));
            }
        }
        Ok(effects)
    }
}

struct Marking {
    /// How many directories were published since the start.
    published: Arc<AtomicU64>,
}

impl Judge for Marking {
    fn publish_directory(
        &self,
        facts: &DirectoryFacts,
        request: &DirectoryRequest,
        policy: &Policy,
    ) -> Result<DirectoryPlan, Refusal> {
        let mut facts = facts.clone();
        if let Some(stored) = &mut facts.stored
            && self.published.load(Ordering::SeqCst) == 0
        {
            stored.version = 0;
        }
        let plan = publish_directory(&facts, request, policy)?;
        self.published.fetch_add(1, Ordering::SeqCst);
        Ok(plan)
    }
}

struct Epochs {
    /// How many uploads were finalized since the start.
    written: Arc<AtomicU64>,
}

impl Judge for Epochs {
    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
        let mut facts = facts.clone();
        if self.written.load(Ordering::SeqCst) == 0 {
            facts.epochs.accepted = None;
        }
        let effects = finalize(&facts, policy)?;
        self.written.fetch_add(1, Ordering::SeqCst);
        Ok(effects)
    }
}

impl Forgetful {
    fn is_record(&self, upload: UploadId) -> io::Result<bool> {
        let held = self.inner.read_upload(upload, bounds::MANIFEST as u64)?;
        Ok(held.is_some_and(|bytes| Canonical::<ProvenanceRecord>::decode(&bytes).is_ok()))
    }
}

impl Disk for Forgetful {
    fn write(&self, upload: UploadId, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.inner.write(upload, offset, bytes)
    }

    /// A file without a durable entry is gone after a power cut, however durable its bytes are, so
    /// until the move both kinds of neglect look alike.
    fn sync(&self, upload: UploadId) -> io::Result<()> {
        match self.flush {
            Flush::Never | Flush::BytesAlone => Ok(()),
            Flush::ButRecords if self.is_record(upload)? => Ok(()),
            Flush::ButRecords | Flush::Everything => self.inner.sync(upload),
        }
    }

    fn length(&self, upload: UploadId) -> io::Result<Option<u64>> {
        self.inner.length(upload)
    }

    fn truncate(&self, upload: UploadId, length: u64) -> io::Result<()> {
        self.inner.truncate(upload, length)
    }

    fn digest(&self, upload: UploadId) -> io::Result<(u64, Hash)> {
        self.inner.digest(upload)
    }

    fn read_upload(&self, upload: UploadId, max: u64) -> io::Result<Option<Vec<u8>>> {
        self.inner.read_upload(upload, max)
    }

    fn promote(&self, upload: UploadId, hash: Hash) -> io::Result<()> {
        if self.flush == Flush::BytesAlone {
            self.inner.sync(upload)?;
        }
        self.inner.promote(upload, hash)
    }

    fn discard(&self, upload: UploadId) -> io::Result<()> {
        self.inner.discard(upload)
    }

    fn blob_length(&self, hash: Hash) -> io::Result<Option<u64>> {
        self.inner.blob_length(hash)
    }

    fn read_blob(&self, hash: Hash, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.inner.read_blob(hash, range)
    }

    fn remove_blob(&self, hash: Hash) -> io::Result<()> {
        self.inner.remove_blob(hash)
    }

    fn blobs(&self, shard: u8) -> io::Result<Vec<Hash>> {
        self.inner.blobs(shard)
    }

    /// Asked at a start alone, by the recovery.
    fn uploads(&self) -> io::Result<Vec<UploadId>> {
        self.memory.store(0, Ordering::SeqCst);
        self.inner.uploads()
    }
}
