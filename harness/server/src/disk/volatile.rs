//! A disk that can lose its power.

use super::{DirectoryDisk, Disk};
use gauntlet_wire::id::{Hash, UploadId};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A [`DirectoryDisk`] that remembers what was made durable, so that a world can ask what a power
/// cut would have left ([`VolatileDisk::lose_power`]). Renames and removals of blobs are durable when
/// they return, as [`Disk`] says; written bytes are durable once synced.
#[derive(Debug)]
pub struct VolatileDisk {
    inner: DirectoryDisk,
    dirty: Mutex<Dirty>,
}

/// Files with bytes that a power cut would take: how much of each is durable. A file that is not
/// listed is durable whole.
#[derive(Debug, Default)]
struct Dirty {
    /// `None`: the file itself would go.
    uploads: BTreeMap<UploadId, Option<u64>>,
    blobs: BTreeMap<Hash, u64>,
}

impl VolatileDisk {
    /// Watches over `inner`, all of whose present files count as durable.
    #[must_use]
    pub fn new(inner: DirectoryDisk) -> Self {
        Self {
            inner,
            dirty: Mutex::default(),
        }
    }

    /// Cuts the power: every file falls back to its durable length, and files that were never synced
    /// are gone. To be called while no server runs on the disk.
    ///
    /// # Errors
    /// A file could not be cut or removed.
    pub fn lose_power(&self) -> io::Result<()> {
        let dirty = std::mem::take(&mut *self.lock());
        for (upload, durable) in dirty.uploads {
            match durable {
                Some(durable) => cut(&self.inner.upload_path(upload), durable)?,
                None => self.inner.discard(upload)?,
            }
        }
        for (hash, durable) in dirty.blobs {
            cut(&self.inner.blob_path(hash), durable)?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Dirty> {
        self.dirty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts a file to its durable length; a file that is already shorter stays as it is.
fn cut(path: &Path, durable: u64) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(held) if held.len() > durable => {
            OpenOptions::new().write(true).open(path)?.set_len(durable)
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl Disk for VolatileDisk {
    fn write(&self, upload: UploadId, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut dirty = self.lock();
        let before = self.inner.length(upload)?;
        dirty.uploads.entry(upload).or_insert(before);
        self.inner.write(upload, offset, bytes)
    }

    fn sync(&self, upload: UploadId) -> io::Result<()> {
        let mut dirty = self.lock();
        self.inner.sync(upload)?;
        dirty.uploads.remove(&upload);
        Ok(())
    }

    fn length(&self, upload: UploadId) -> io::Result<Option<u64>> {
        self.inner.length(upload)
    }

    fn truncate(&self, upload: UploadId, length: u64) -> io::Result<()> {
        let mut dirty = self.lock();
        self.inner.truncate(upload, length)?;
        // Truncation syncs the file, so what is left of it is durable.
        dirty.uploads.remove(&upload);
        Ok(())
    }

    fn digest(&self, upload: UploadId) -> io::Result<(u64, Hash)> {
        self.inner.digest(upload)
    }

    fn read_upload(&self, upload: UploadId, max: u64) -> io::Result<Option<Vec<u8>>> {
        self.inner.read_upload(upload, max)
    }

    fn promote(&self, upload: UploadId, hash: Hash) -> io::Result<()> {
        let mut dirty = self.lock();
        let moves = self.inner.blob_length(hash)?.is_none();
        self.inner.promote(upload, hash)?;
        if let Some(durable) = dirty.uploads.remove(&upload)
            && moves
        {
            // The rename is durable, the bytes under it are not.
            dirty.blobs.insert(hash, durable.unwrap_or(0));
        }
        Ok(())
    }

    fn discard(&self, upload: UploadId) -> io::Result<()> {
        let mut dirty = self.lock();
        self.inner.discard(upload)?;
        dirty.uploads.remove(&upload);
        Ok(())
    }

    fn blob_length(&self, hash: Hash) -> io::Result<Option<u64>> {
        self.inner.blob_length(hash)
    }

    fn read_blob(&self, hash: Hash, range: Range<u64>) -> io::Result<Vec<u8>> {
        self.inner.read_blob(hash, range)
    }

    fn remove_blob(&self, hash: Hash) -> io::Result<()> {
        let mut dirty = self.lock();
        self.inner.remove_blob(hash)?;
        dirty.blobs.remove(&hash);
        Ok(())
    }

    fn blobs(&self, shard: u8) -> io::Result<Vec<Hash>> {
        self.inner.blobs(shard)
    }

    fn uploads(&self) -> io::Result<Vec<UploadId>> {
        self.inner.uploads()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn fixture() -> (tempfile::TempDir, VolatileDisk, UploadId) {
        let root = tempfile::tempdir().unwrap();
        let disk = VolatileDisk::new(DirectoryDisk::new(root.path()).unwrap());
        (root, disk, UploadId::new(Uuid::from_u128(1)))
    }

    #[test]
    fn a_power_cut_keeps_what_was_synced_and_nothing_else() {
        let (_root, disk, upload) = fixture();
        disk.write(upload, 0, b"kept").unwrap();
        disk.sync(upload).unwrap();
        disk.write(upload, 4, b"lost").unwrap();
        disk.lose_power().unwrap();
        assert_eq!(disk.read_upload(upload, 99).unwrap().unwrap(), b"kept");
        disk.lose_power().unwrap();
        assert_eq!(disk.length(upload).unwrap(), Some(4));
    }

    #[test]
    fn a_power_cut_takes_a_file_that_was_never_synced() {
        let (_root, disk, upload) = fixture();
        disk.write(upload, 0, b"lost").unwrap();
        disk.lose_power().unwrap();
        assert_eq!(disk.length(upload).unwrap(), None);
    }

    #[test]
    fn a_blob_is_as_durable_as_the_upload_that_it_was() {
        let (_root, disk, upload) = fixture();
        let hash = Hash::of(b"kept, lost");
        disk.write(upload, 0, b"kept, ").unwrap();
        disk.sync(upload).unwrap();
        disk.write(upload, 6, b"lost").unwrap();
        disk.promote(upload, hash).unwrap();
        disk.lose_power().unwrap();
        assert_eq!(disk.read_blob(hash, 0..99).unwrap(), b"kept, ");

        let hash = Hash::of(b"synced");
        disk.write(upload, 0, b"synced").unwrap();
        disk.sync(upload).unwrap();
        disk.promote(upload, hash).unwrap();
        disk.lose_power().unwrap();
        assert_eq!(disk.read_blob(hash, 0..99).unwrap(), b"synced");
    }
}
