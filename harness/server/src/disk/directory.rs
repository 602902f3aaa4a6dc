//! Uploads and blobs as plain files.

use super::{Disk, PIECE};
use gauntlet_wire::id::{Hash, Hasher, UploadId};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Bytes that are read at once while hashing.
const BUFFER: usize = 256 << 10;

/// A disk in a folder: `{root}/uploads/{id}` and `{root}/blobs/{aa}/{hash}`, where `aa` are the
/// hash's first two characters.
#[derive(Debug, Clone)]
pub struct DirectoryDisk {
    root: PathBuf,
}

impl DirectoryDisk {
    /// The disk in `root`, which is created if missing.
    ///
    /// # Errors
    /// The folders can't be created.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<Self> {
        let disk = Self { root: root.into() };
        fs::create_dir_all(disk.uploads_folder())?;
        fs::create_dir_all(disk.root.join("blobs"))?;
        sync_folder(&disk.root)?;
        Ok(disk)
    }

    fn uploads_folder(&self) -> PathBuf {
        self.root.join("uploads")
    }

    pub(super) fn upload_path(&self, upload: UploadId) -> PathBuf {
        self.uploads_folder().join(upload.to_string())
    }

    fn blob_folder(&self, hash: Hash) -> PathBuf {
        let name = hash.to_string();
        self.root
            .join("blobs")
            .join(name.get(..2).unwrap_or_default())
    }

    pub(super) fn blob_path(&self, hash: Hash) -> PathBuf {
        self.blob_folder(hash).join(hash.to_string())
    }

    /// The folder of a blob, whose own entry is durable before anything is placed in it.
    fn make_blob_folder(&self, hash: Hash) -> io::Result<PathBuf> {
        let folder = self.blob_folder(hash);
        match fs::create_dir(&folder) {
            Ok(()) => sync_folder(&self.root.join("blobs"))?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Ok(folder)
    }
}

impl Disk for DirectoryDisk {
    fn write(&self, upload: UploadId, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.upload_path(upload))?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(bytes)
    }

    fn sync(&self, upload: UploadId) -> io::Result<()> {
        File::open(self.upload_path(upload))?.sync_all()?;
        sync_folder(&self.uploads_folder())
    }

    fn length(&self, upload: UploadId) -> io::Result<Option<u64>> {
        length(&self.upload_path(upload))
    }

    fn truncate(&self, upload: UploadId, length: u64) -> io::Result<()> {
        let file = OpenOptions::new()
            .write(true)
            .open(self.upload_path(upload))?;
        file.set_len(length)?;
        file.sync_all()
    }

    fn digest(&self, upload: UploadId) -> io::Result<(u64, Hash)> {
        let mut file = File::open(self.upload_path(upload))?;
        let (mut length, mut hasher) = (0, Hasher::new());
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => return Ok((length, hasher.finish())),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(buffer.get(..read).unwrap_or_default());
            length += read as u64;
        }
    }

    fn read_upload(&self, upload: UploadId, max: u64) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        File::open(self.upload_path(upload))?
            .take(max.saturating_add(1))
            .read_to_end(&mut bytes)?;
        Ok(Some(bytes).filter(|bytes| bytes.len() as u64 <= max))
    }

    fn promote(&self, upload: UploadId, hash: Hash) -> io::Result<()> {
        let folder = self.make_blob_folder(hash)?;
        let (from, to) = (self.upload_path(upload), self.blob_path(hash));
        if length(&to)?.is_some() {
            remove(&from)?;
        } else {
            fs::rename(from, to)?;
        }
        sync_folder(&folder)?;
        sync_folder(&self.uploads_folder())
    }

    fn discard(&self, upload: UploadId) -> io::Result<()> {
        remove(&self.upload_path(upload))
    }

    fn blob_length(&self, hash: Hash) -> io::Result<Option<u64>> {
        length(&self.blob_path(hash))
    }

    fn read_blob(&self, hash: Hash, range: Range<u64>) -> io::Result<Vec<u8>> {
        let mut file = File::open(self.blob_path(hash))?;
        file.seek(SeekFrom::Start(range.start))?;
        let wanted = range.end.saturating_sub(range.start).min(PIECE);
        let mut bytes = Vec::new();
        file.take(wanted).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn remove_blob(&self, hash: Hash) -> io::Result<()> {
        match fs::remove_file(self.blob_path(hash)) {
            Ok(()) => sync_folder(&self.blob_folder(hash)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn blobs(&self, shard: u8) -> io::Result<Vec<Hash>> {
        let folder = self.root.join("blobs").join(format!("{shard:02x}"));
        match named(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed,
        }
    }

    fn uploads(&self) -> io::Result<Vec<UploadId>> {
        named(&self.uploads_folder())
    }
}

/// The names of a folder's files in order. A file whose name does not parse is not the server's and is
/// left alone.
fn named<T: FromStr + Ord>(folder: &Path) -> io::Result<Vec<T>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        if let Some(name) = entry?.file_name().to_str() {
            names.extend(name.parse::<T>().ok());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn length(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the entries of a folder durable: what was created, renamed or removed in it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn fixture() -> (tempfile::TempDir, DirectoryDisk, UploadId) {
        let root = tempfile::tempdir().unwrap();
        let disk = DirectoryDisk::new(root.path()).unwrap();
        (root, disk, UploadId::new(Uuid::from_u128(1)))
    }

    #[test]
    fn an_upload_grows_in_place_and_ends_at_its_address() {
        let (_root, disk, upload) = fixture();
        assert_eq!(disk.length(upload).unwrap(), None);
        disk.write(upload, 0, b"hello ").unwrap();
        disk.write(upload, 6, b"world!").unwrap();
        disk.truncate(upload, 11).unwrap();
        disk.sync(upload).unwrap();
        let hash = Hash::of(b"hello world");
        assert_eq!(disk.digest(upload).unwrap(), (11, hash));
        assert_eq!(
            disk.read_upload(upload, 11).unwrap().unwrap(),
            b"hello world"
        );
        assert_eq!(disk.read_upload(upload, 10).unwrap(), None);
        assert_eq!(disk.uploads().unwrap(), [upload]);

        disk.promote(upload, hash).unwrap();
        assert_eq!(disk.length(upload).unwrap(), None);
        assert_eq!(disk.blob_length(hash).unwrap(), Some(11));
        let shard = hash.as_bytes()[0];
        assert_eq!(disk.blobs(shard).unwrap(), [hash]);
        assert_eq!(disk.blobs(shard.wrapping_add(1)).unwrap(), []);
        assert_eq!(disk.read_blob(hash, 6..8).unwrap(), b"wo");
        assert_eq!(disk.read_blob(hash, 6..99).unwrap(), b"world");
        assert_eq!(disk.read_blob(hash, 11..99).unwrap(), b"");
        disk.remove_blob(hash).unwrap();
        assert_eq!(disk.blob_length(hash).unwrap(), None);
        disk.remove_blob(hash).unwrap();
    }

    #[test]
    fn a_blob_that_is_there_already_stays() {
        let (_root, disk, upload) = fixture();
        let hash = Hash::of(b"same");
        for _ in 0..2 {
            disk.write(upload, 0, b"same").unwrap();
            disk.promote(upload, hash).unwrap();
            assert_eq!(disk.read_blob(hash, 0..4).unwrap(), b"same");
            assert!(disk.uploads().unwrap().is_empty());
        }
    }

    #[test]
    fn one_read_of_a_blob_is_bounded() {
        let (_root, disk, upload) = fixture();
        let bytes = vec![7; PIECE as usize + 1];
        disk.write(upload, 0, &bytes).unwrap();
        let hash = Hash::of(&bytes);
        disk.promote(upload, hash).unwrap();
        assert_eq!(
            disk.read_blob(hash, 0..u64::MAX).unwrap().len(),
            PIECE as usize
        );
    }
}
