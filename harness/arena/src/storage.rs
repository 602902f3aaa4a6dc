//! Everything that a target keeps, searched file by file.

use crate::scanner::Scanner;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Files and folders that a target may list.
pub const MAX_LISTED: usize = 64;
/// Files below them.
const MAX_FILES: usize = 100_000;
/// Bytes of all files together.
const MAX_BYTES: u64 = 1 << 30;

/// Why a target's storage can't be searched: then nothing is known of it.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// More is listed than is looked at.
    #[error("the storage has more than {most} {what}")]
    TooMuch {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        most: u64,
    },
    /// A path that is not one of a file or folder on this machine.
    #[error("{}: {what}", path.display())]
    Unfit {
        /// The path.
        path: PathBuf,
        /// In what way.
        what: &'static str,
    },
    /// A file or folder that can't be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// The places of needles that were found, each with the first file in which it was: `<storage-1>/…`,
/// named by the place of what was listed, because folders of a world have other names in every run.
pub type Found = BTreeMap<usize, String>;

/// Searches every file of the listed files and folders, contents and names. Links are not followed; what
/// is gone by the time it is looked at holds nothing any more.
///
/// # Errors
/// Something that can't be looked at whole.
pub fn search(listed: &[PathBuf], scanner: &Scanner) -> Result<Found, StorageError> {
    if listed.len() > MAX_LISTED {
        return Err(too_much("listed files and folders", MAX_LISTED as u64));
    }
    let mut search = Search {
        scanner,
        files: 0,
        bytes: 0,
        found: Found::new(),
    };
    for (index, root) in listed.iter().enumerate() {
        if !root.is_absolute() {
            return Err(unfit(root, "expected an absolute path"));
        }
        search.root(root, &format!("<storage-{}>", index + 1))?;
    }
    Ok(search.found)
}

struct Search<'a> {
    scanner: &'a Scanner,
    files: usize,
    bytes: u64,
    found: Found,
}

impl Search<'_> {
    fn root(&mut self, root: &Path, name: &str) -> Result<(), StorageError> {
        // What is listed has to be there: a folder that is not could be any other.
        let kind = fs::metadata(root).map_err(|error| unreadable(root, error))?;
        if kind.is_file() {
            return self.file(root, name);
        }
        if !kind.is_dir() {
            return Err(unfit(root, "expected a file or a folder"));
        }
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            let Some(entries) = present(&folder, fs::read_dir(&folder))? else {
                continue;
            };
            for entry in entries {
                let path = entry.map_err(|error| unreadable(&folder, error))?.path();
                let Some(kind) = present(&path, fs::symlink_metadata(&path))? else {
                    continue;
                };
                let inner = path.strip_prefix(root).unwrap_or(&path);
                let named = format!("{name}/{}", inner.display());
                self.saw(self.scanner.find(named.as_bytes()), &named);
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_file() {
                    self.file(&path, &named)?;
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: &str) -> Result<(), StorageError> {
        self.files += 1;
        if self.files > MAX_FILES {
            return Err(too_much("files", MAX_FILES as u64));
        }
        let Some(file) = present(path, File::open(path))? else {
            return Ok(());
        };
        let left = MAX_BYTES.saturating_sub(self.bytes);
        let mut counted = Counted {
            // One byte more than fits, to see that there is one.
            inner: file.take(left.saturating_add(1)),
            read: 0,
        };
        let found = self
            .scanner
            .find_in(&mut counted)
            .map_err(|error| unreadable(path, error))?;
        self.bytes = self.bytes.saturating_add(counted.read);
        if self.bytes > MAX_BYTES {
            return Err(too_much("bytes", MAX_BYTES));
        }
        self.saw(found, name);
        Ok(())
    }

    fn saw(&mut self, places: BTreeSet<usize>, name: &str) {
        for place in places {
            self.found.entry(place).or_insert_with(|| name.to_owned());
        }
    }
}

/// A reader that knows how much was read.
struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.read = self.read.saturating_add(length as u64);
        Ok(length)
    }
}

fn present<T>(path: &Path, read: io::Result<T>) -> Result<Option<T>, StorageError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

const fn too_much(what: &'static str, most: u64) -> StorageError {
    StorageError::TooMuch { what, most }
}

fn unfit(path: &Path, what: &'static str) -> StorageError {
    StorageError::Unfit {
        path: path.to_owned(),
        what,
    }
}

fn unreadable(path: &Path, error: io::Error) -> StorageError {
    StorageError::Unreadable {
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Needle;

    const KEY: &[u8; 32] = b"a key of thirty-two bytes, or so";

    fn scanner() -> Scanner {
        let needle = Needle {
            what: "a key".to_owned(),
            bytes: KEY.to_vec(),
        };
        Scanner::new(&[needle]).unwrap()
    }

    #[test]
    fn contents_and_names_are_searched_at_every_depth() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let listed = [root.to_owned()];
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/harmless"), b"nothing").unwrap();
        assert_eq!(search(&listed, &scanner()).unwrap(), Found::new());
        fs::write(root.join("a/b/log"), [b"x".as_slice(), KEY].concat()).unwrap();
        let found = search(&listed, &scanner()).unwrap();
        assert_eq!(found[&0], "<storage-1>/a/b/log");
        fs::remove_file(root.join("a/b/log")).unwrap();
        fs::write(root.join("a").join(str::from_utf8(KEY).unwrap()), b"").unwrap();
        assert!(search(&listed, &scanner()).unwrap()[&0].starts_with("<storage-1>/a/a key"));
        // A file can be listed as well as a folder.
        fs::write(root.join("log"), KEY).unwrap();
        let listed = [root.join("a/harmless"), root.join("log")];
        assert_eq!(search(&listed, &scanner()).unwrap()[&0], "<storage-2>");
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere_and_special_files_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("log"), KEY).unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("out")).unwrap();
        std::os::unix::fs::symlink(folder.path(), folder.path().join("round")).unwrap();
        let listed = [folder.path().to_owned()];
        assert_eq!(search(&listed, &scanner()).unwrap(), Found::new());
        let device = search(&[PathBuf::from("/dev/zero")], &scanner()).unwrap_err();
        assert!(device.to_string().contains("expected a file or a folder"));
    }

    #[test]
    fn what_can_not_be_looked_at_is_an_error() {
        let missing = [PathBuf::from("/no/such/folder")];
        assert!(search(&missing, &scanner()).is_err());
        assert!(search(&[PathBuf::from("relative")], &scanner()).is_err());
        let many = vec![PathBuf::from("/"); MAX_LISTED + 1];
        let error = search(&many, &scanner()).unwrap_err().to_string();
        assert!(error.contains("more than 64 listed"), "{error}");
    }

    #[test]
    fn more_bytes_than_the_bound_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sparse");
        File::create(&path).unwrap().set_len(MAX_BYTES).unwrap();
        let mut search = Search {
            scanner: &scanner(),
            files: 0,
            bytes: MAX_BYTES - 10,
            found: Found::new(),
        };
        let error = search.file(&path, "sparse").unwrap_err();
        assert!(matches!(error, StorageError::TooMuch { what: "bytes", .. }));
    }
}
