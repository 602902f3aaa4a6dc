//! A disk on which a blob can be written over.

use gauntlet_server::{Disk, Ports};
use gauntlet_wire::id::{Hash, UploadId};
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// The reference's ports with a disk on which what is moved to an address takes the place of what is
/// there.
pub(crate) fn overwriting(ports: Ports) -> Ports {
    let disk = Arc::new(Overwriting(Arc::clone(&ports.disk)));
    Ports { disk, ..ports }
}

struct Overwriting(Arc<dyn Disk>);

impl Disk for Overwriting {
    fn write(&self, upload: UploadId, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write(upload, offset, bytes)
    }

    fn sync(&self, upload: UploadId) -> io::Result<()> {
        self.0.sync(upload)
    }

    fn length(&self, upload: UploadId) -> io::Result<Option<u64>> {
        self.0.length(upload)
    }

    fn truncate(&self, upload: UploadId, length: u64) -> io::Result<()> {
        self.0.truncate(upload, length)
    }

    fn digest(&self, upload: UploadId) -> io::Result<(u64, Hash)> {
        self.0.digest(upload)
    }

    fn read_upload(&self, upload: UploadId, max: u64) -> io::Result<Option<Vec<u8>>> {
        self.0.read_upload(upload, max)
    }

    fn promote(&self, upload: UploadId, hash: Hash) -> io::Result<()> {
        self.0.remove_blob(hash)?;
        self.0.promote(upload, hash)
    }

    fn discard(&self, upload: UploadId) -> io::Result<()> {
        self.0.discard(upload)
    }

    fn blob_length(&self, hash: Hash) -> io::Result<Option<u64>> {
        self.0.blob_length(hash)
    }

    fn read_blob(&self, hash: Hash, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.0.read_blob(hash, range)
    }

    fn remove_blob(&self, hash: Hash) -> io::Result<()> {
        self.0.remove_blob(hash)
    }

    fn blobs(&self, shard: u8) -> io::Result<Vec<Hash>> {
        self.0.blobs(shard)
    }

    fn uploads(&self) -> io::Result<Vec<UploadId>> {
        self.0.uploads()
    }
}
