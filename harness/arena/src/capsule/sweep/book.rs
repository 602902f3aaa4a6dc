//! The book: every write that was acknowledged, and the one that is under way.

use crate::capsule::eye::Eye;
use crate::capsule::upload::session_id;
use crate::capsule::witness::Acknowledged;
use crate::{Answer, Stop};
use gauntlet_simulator::{Document, Request, Write};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{AssetId, Hash, UploadId};
use std::collections::BTreeMap;

/// A write that is under way: sent until it is acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// What it is, for people.
    pub(super) what: String,
    /// The bytes that are sent, each time the same; none for the purge, which a hook asks for.
    pub(super) request: Option<Request>,
    /// What it does.
    pub(super) deed: Deed,
}

/// What a write does once it is acknowledged.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// Publishes a device directory.
    Directory(Document),
    /// Publishes the album's ledger.
    Ledger(Document),
    /// Opens the album.
    Album,
    /// Opens an upload session.
    Open(Opening),
    /// Appends a chunk.
    Append(Chunk),
    /// Gives a session up.
    Cancel(UploadId),
    /// Continues a photo.
    Op(Box<Write>),
    /// Purges what is due in the trash.
    Purge,
}

/// What a session is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) asset: AssetId,
    pub(super) role: BlobRole,
    pub(super) hash: Hash,
    pub(super) size: u64,
}

/// A chunk of a session.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub(super) session: UploadId,
    /// Where it ends.
    pub(super) end: u64,
    /// The photo that the session's last chunk makes whole, if it does.
    pub(super) completes: Option<Box<Write>>,
}

/// When something was acknowledged, in words.
pub(super) type Told = Vec<String>;

/// A session that is neither finished nor given up.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) opening: Opening,
    /// Bytes acknowledged.
    pub(super) received: u64,
    pub(super) told: Told,
}

/// A blob that was acknowledged whole, of a photo that is not whole yet or beside its first blobs.
#[derive(Debug, Clone)]
pub(super) struct Finished {
    pub(super) opening: Opening,
    pub(super) told: Told,
}

/// A photo whose record was acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Photo {
    pub(super) acknowledged: Acknowledged,
    /// Addresses and bytes of what a purge takes: everything but records.
    pub(super) purgeable: Vec<(Hash, u64)>,
    pub(super) purged: bool,
    pub(super) told: Told,
}

/// What an interrupted write makes of an asset's photo.
pub(super) type Next = (AssetId, Acknowledged);

/// Whether the feed shows the record of `photo` as the newest of its asset.
pub(super) fn shows(eye: &Eye, asset: AssetId, photo: &Acknowledged) -> bool {
    let pin = eye.pins.get(&asset);
    pin.is_some_and(|pin| pin.head() == photo.link())
}

/// Something else that was acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Kept<T> {
    pub(super) what: T,
    pub(super) told: Told,
}

/// Everything that one account was told.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// How many writes were acknowledged.
    pub(super) writes: usize,
    pub(super) documents: BTreeMap<String, Kept<Document>>,
    pub(super) album: Option<Kept<Request>>,
    pub(super) sessions: BTreeMap<UploadId, Session>,
    pub(super) cancelled: BTreeMap<UploadId, Told>,
    pub(super) finished: Vec<Finished>,
    pub(super) photos: BTreeMap<AssetId, Photo>,
    /// Bytes that the account is charged for.
    pub(super) used: i128,
    /// The number under which the feed showed a record, and the record that a number showed.
    numbers: BTreeMap<u64, Hash>,
    records: BTreeMap<Hash, u64>,
}

impl Deed {
    /// The document that it publishes.
    pub(super) const fn document(&self) -> Option<&Document> {
        match self {
            Self::Directory(document) | Self::Ledger(document) => Some(document),
            _ => None,
        }
    }

    /// By how many bytes the account is charged more afterwards.
    pub(super) fn charge(&self, book: &Book) -> i128 {
        match self {
            Self::Open(opening) => i128::from(opening.size),
            Self::Cancel(session) => -book.sessions.get(session).map_or(0, charged),
            Self::Op(write) => brought(write),
            Self::Purge => -book
                .due()
                .flat_map(|photo| &photo.purgeable)
                .fold(0, |sum, (_, size)| sum + i128::from(*size)),
            Self::Directory(_) | Self::Ledger(_) | Self::Album | Self::Append(_) => 0,
        }
    }
}

fn charged(session: &Session) -> i128 {
    i128::from(session.opening.size)
}

/// Bytes that an op brings along.
fn brought(write: &Write) -> i128 {
    let parts = write.op.iter().flat_map(|op| {
        let optional = [&op.metadata, &op.derivative];
        std::iter::once(&op.record).chain(optional.into_iter().flatten())
    });
    parts.fold(0, |sum, part| sum + part.len() as i128)
}

impl Book {
    /// Photos in the trash that were not purged.
    pub(super) fn due(&self) -> impl Iterator<Item = &Photo> {
        self.photos
            .values()
            .filter(|photo| photo.acknowledged.is_deleted() && !photo.purged)
    }

    /// Enters a write that was acknowledged; `told` says when, and by what answer.
    ///
    /// # Errors
    /// An answer that leaves out what the contract puts in it.
    pub(super) fn enter(
        &mut self,
        attempt: &Attempt,
        answer: Option<&Answer>,
        told: String,
    ) -> Result<(), Stop> {
        self.writes += 1;
        self.used += attempt.deed.charge(self);
        match &attempt.deed {
            Deed::Directory(document) | Deed::Ledger(document) => {
                let kept = Kept {
                    what: document.clone(),
                    told: vec![told],
                };
                self.documents.insert(document.path.clone(), kept);
            }
            Deed::Album => {
                self.album = attempt.request.clone().map(|what| Kept {
                    what,
                    told: vec![told],
                });
            }
            Deed::Open(opening) => {
                let id = answer.and_then(session_id).ok_or_else(|| {
                    Stop::Invalid(format!("{}: the answer names no session", attempt.what))
                })?;
                let session = Session {
                    opening: *opening,
                    received: 0,
                    told: vec![told],
                };
                self.sessions.insert(id, session);
            }
            Deed::Append(chunk) => self.enter_chunk(chunk, told)?,
            Deed::Cancel(id) => {
                let mut session = self.sessions.remove(id);
                let mut history = session.as_mut().map(|s| std::mem::take(&mut s.told));
                history.get_or_insert_default().push(told);
                self.cancelled.insert(*id, history.unwrap_or_default());
            }
            Deed::Op(write) => self.enter_op(write, told)?,
            Deed::Purge => {
                for photo in self.photos.values_mut() {
                    if photo.acknowledged.is_deleted() && !photo.purged {
                        photo.purged = true;
                        photo.told.push(told.clone());
                    }
                }
            }
        }
        Ok(())
    }

    fn enter_chunk(&mut self, chunk: &Chunk, told: String) -> Result<(), Stop> {
        let Some(session) = self.sessions.get_mut(&chunk.session) else {
            return Ok(());
        };
        session.received = chunk.end;
        session.told.push(told);
        if session.received < session.opening.size {
            return Ok(());
        }
        let whole = self.sessions.remove(&chunk.session);
        self.finished.extend(whole.map(|session| Finished {
            opening: session.opening,
            told: session.told,
        }));
        match &chunk.completes {
            Some(write) => self.enter_photo(write),
            None => Ok(()),
        }
    }

    /// The finished blobs of a photo become the photo.
    fn enter_photo(&mut self, write: &Write) -> Result<(), Stop> {
        let mut photo = Photo {
            acknowledged: Acknowledged::of(write)?,
            purgeable: Vec::new(),
            purged: false,
            told: Vec::new(),
        };
        self.finished.retain(|finished| {
            let opening = finished.opening;
            if opening.asset != write.asset {
                return true;
            }
            photo.told.extend_from_slice(&finished.told);
            if opening.role != BlobRole::Provenance {
                photo.purgeable.push((opening.hash, opening.size));
            }
            false
        });
        self.photos.insert(write.asset, photo);
        Ok(())
    }

    fn enter_op(&mut self, write: &Write, told: String) -> Result<(), Stop> {
        let Some(photo) = self.photos.get_mut(&write.asset) else {
            return Ok(());
        };
        photo.acknowledged = photo.acknowledged.continued(write)?;
        photo.told.push(told);
        let metadata = write.op.as_ref().and_then(|op| op.metadata.as_ref());
        let metadata = metadata.map(|bytes| (Hash::of(bytes), bytes.len() as u64));
        let uploaded = write.blobs.iter();
        let uploaded = uploaded.map(|blob| (Hash::of(&blob.bytes), blob.bytes.len() as u64));
        photo.purgeable.extend(metadata.into_iter().chain(uploaded));
        Ok(())
    }

    /// What an interrupted write makes of its photo, if it took effect.
    ///
    /// # Errors
    /// A write without a record, which no client drafts.
    pub(super) fn next_photo(&self, attempt: &Attempt) -> Result<Option<Next>, Stop> {
        let (asset, next) = match &attempt.deed {
            Deed::Op(write) => {
                let photo = self.photos.get(&write.asset);
                let next = photo.map(|photo| photo.acknowledged.continued(write));
                (write.asset, next)
            }
            Deed::Append(chunk) => match &chunk.completes {
                Some(write) => (write.asset, Some(Acknowledged::of(write))),
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(next.transpose()?.map(|next| (asset, next)))
    }

    /// Whether the feed shows an eye every photo as it is, or as the interrupted write left it.
    pub(super) fn is_shown_to(&self, eye: &Eye, next: Option<&Next>) -> bool {
        self.photos.iter().all(|(asset, photo)| {
            let continued = next.filter(|(other, _)| other == asset);
            shows(eye, *asset, &photo.acknowledged)
                || continued.is_some_and(|(_, next)| shows(eye, *asset, next))
        })
    }

    /// Sessions that the clock ended: they are nobody's any more, and charged to nobody.
    pub(super) fn expire_sessions(&mut self) {
        for session in std::mem::take(&mut self.sessions).values() {
            self.used -= charged(session);
        }
        self.cancelled.clear();
    }

    /// Takes down that the feed shows a record under a number; says so where either was shown with
    /// another one before.
    pub(super) fn number(&mut self, record: Hash, number: u64) -> Result<(), String> {
        let shown = *self.numbers.entry(number).or_insert(record);
        if shown != record {
            return Err(format!(
                "sync_seq {number} shows the record {record}, and showed {shown} before"
            ));
        }
        let numbered = *self.records.entry(record).or_insert(number);
        if numbered == number {
            return Ok(());
        }
        Err(format!(
            "the record {record} stands under sync_seq {number}, and stood under {numbered} before"
        ))
    }
}
