//! Disks that forget to flush.

use gauntlet_server::{Disk, Ports};
use gauntlet_wire::id::{Hash, UploadId};
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// How much of what was written is ever flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flush {
    /// Nothing.
    Never,
    /// The bytes of a file, but not its entry in the folder, which only the move to the content
    /// address makes durable.
    BytesAlone,
}

/// A disk that acknowledges writes before they are durable.
struct Unsynced {
    inner: Arc<dyn Disk>,
    flush: Flush,
}

/// A disk whose `sync` does nothing.
pub(crate) fn never_syncs(ports: Ports) -> Ports {
    unsynced(ports, Flush::Never)
}

/// A disk whose `sync` leaves out the directory entry.
pub(crate) fn syncs_bytes_alone(ports: Ports) -> Ports {
    unsynced(ports, Flush::BytesAlone)
}

fn unsynced(ports: Ports, flush: Flush) -> Ports {
    let disk = Arc::new(Unsynced {
        inner: Arc::clone(&ports.disk),
        flush,
    });
    Ports { disk, ..ports }
}

impl Disk for Unsynced {
    fn write(&self, upload: UploadId, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.inner.write(upload, offset, bytes)
    }

    /// A file without a durable entry is gone after a power cut, however durable its bytes are, so
    /// until the move both kinds of neglect look alike.
    fn sync(&self, _: UploadId) -> io::Result<()> {
        Ok(())
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

    fn uploads(&self) -> io::Result<Vec<UploadId>> {
        self.inner.uploads()
    }
}
