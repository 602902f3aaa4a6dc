//! The witness: knows every acknowledged write and audits, from outside, whether it is still there.

use super::derivatives::Derivatives;
use super::eye::{Descent, Eye, Pin};
use super::sights;
use super::testify::Object;
use crate::{Harm, Stop};
use gauntlet_simulator::{Document, Write};
use gauntlet_wire::enums::{Action, BlobRole, Change};
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use gauntlet_wire::json::SyncEntry;
use gauntlet_wire::version::ProtocolVersion;
use std::collections::BTreeSet;

/// One acknowledged photo, with everything that was acknowledged of it since.
#[derive(Debug, Clone)]
pub(crate) struct Acknowledged {
    pub(crate) asset: AssetId,
    album: AlbumId,
    /// The album's pin, which is the record's own version.
    protocol: ProtocolVersion,
    /// The newest acknowledged record, its link, and what it did: the author's intent.
    pub(crate) link: Hash,
    record: Vec<u8>,
    pub(crate) change: Change,
    /// What the feed has to list: role, content address and length of every blob.
    pub(crate) blobs: Vec<(BlobRole, Hash, u64)>,
    /// Earlier records, which stay readable at their addresses for ever.
    history: Vec<Hash>,
    /// Its thumbnails and other derivatives.
    derivatives: Derivatives,
    /// From when on its bytes may be purged, if it was deleted.
    until: Option<jiff::Timestamp>,
}

impl Acknowledged {
    /// What an accepted write amounts to.
    ///
    /// # Errors
    /// [`Stop::Error`] for a write without a record, which no client drafts.
    pub(crate) fn of(write: &Write) -> Result<Self, Stop> {
        let record = record_of(write)?;
        Ok(Self {
            asset: write.asset,
            album: write.album,
            protocol: write.core.protocol_version,
            link: Hash::of(record),
            record: record.to_vec(),
            change: change_of(write.core.action),
            blobs: write
                .blobs
                .iter()
                .map(|blob| (blob.role, Hash::of(&blob.bytes), blob.bytes.len() as u64))
                .collect(),
            history: Vec::new(),
            derivatives: Derivatives::default(),
            until: retained_until(write),
        })
    }

    /// The photo after a write that continues it: an op, or an upload that replaces its blobs.
    ///
    /// # Errors
    /// As [`Acknowledged::of`].
    pub(crate) fn continued(&self, write: &Write) -> Result<Self, Stop> {
        let record = record_of(write)?;
        let mut next = self.clone();
        next.history.push(self.link);
        next.link = Hash::of(record);
        next.record = record.to_vec();
        next.change = change_of(write.core.action);
        next.until = retained_until(write);
        next.derivatives.take_in(write)?;
        let with_the_op = write.op.as_ref().and_then(|op| op.metadata.as_deref());
        for (role, hash, size) in &mut next.blobs {
            let uploaded = write.blob(*role).map(|blob| blob.bytes.as_slice());
            let renewed = match role {
                BlobRole::Provenance => Some(next.record.as_slice()),
                BlobRole::Metadata => uploaded.or(with_the_op),
                _ => uploaded,
            };
            if let Some(bytes) = renewed {
                (*hash, *size) = (Hash::of(bytes), bytes.len() as u64);
            }
        }
        Ok(next)
    }

    /// The content addresses of its blobs, of its earlier records, and of its derivatives with their
    /// manifests.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = &Hash> {
        let blobs = self.blobs.iter().map(|(_, hash, _)| hash);
        let records = blobs.chain(&self.history);
        records.chain(self.derivatives.hashes())
    }

    /// The album that it was written to.
    pub(crate) const fn album(&self) -> AlbumId {
        self.album
    }

    /// The link of its newest record.
    pub(crate) const fn link(&self) -> Hash {
        self.link
    }

    /// The head of the chain that a derivative manifest belongs to.
    pub(crate) fn derivative_head(&self, manifest: &[u8]) -> Option<Hash> {
        self.derivatives.head_of(manifest)
    }

    /// Whether a record is one that was acknowledged of the photo, now or earlier.
    pub(crate) fn is_link(&self, record: &Hash) -> bool {
        self.link == *record || self.history.contains(record)
    }

    /// Whether the newest record deleted it.
    pub(crate) fn is_deleted(&self) -> bool {
        self.change == Change::Deleted
    }

    /// From when on its bytes may be purged, if it was deleted.
    pub(crate) const fn until(&self) -> Option<jiff::Timestamp> {
        self.until
    }

    /// The blobs that it gives up when it is purged, with their lengths: all but its records.
    pub(crate) fn given_up_by_a_purge(&self) -> impl Iterator<Item = (Hash, u64)> {
        let blobs = self.blobs.iter();
        blobs
            .filter(|(role, ..)| *role != BlobRole::Provenance)
            .map(|(_, hash, size)| (*hash, *size))
    }

    /// Whether its bytes may be gone by `now`; its records may not.
    fn is_lawfully_purged(&self, now: jiff::Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// In what way an eye does not see the write; `None` where it does, exactly.
    pub(crate) fn unseen_by(&self, eye: &Eye) -> Option<String> {
        let Some(pin) = eye.pins.get(&self.asset) else {
            return Some(format!("asset {} is not on the feed", self.asset));
        };
        if pin.entry.album_id != self.album {
            Some(format!(
                "the feed shows asset {} in album {}, and it was written to {}",
                self.asset, pin.entry.album_id, self.album
            ))
        } else if pin.entry.protocol_version != self.protocol {
            Some(format!(
                "the feed shows asset {} in version {}, and it was written in {}",
                self.asset, pin.entry.protocol_version, self.protocol
            ))
        } else if pin.entry.change != self.change {
            let change = pin.entry.change;
            Some(format!(
                "the feed says that asset {} was {change}; it was {}",
                self.asset, self.change
            ))
        } else if pin.record != self.record {
            Some(format!(
                "the feed's record of asset {} is not the acknowledged one",
                self.asset
            ))
        } else if self.change == Change::Deleted {
            // What the trash holds is for the audit of the bytes to say.
            None
        } else if !pin.entry.original_held {
            Some(format!(
                "the feed says that the original of asset {} is not held",
                self.asset
            ))
        } else {
            self.listed_otherwise(&pin.entry)
        }
    }

    /// In what way an entry lists other blobs than the photo's own.
    fn listed_otherwise(&self, entry: &SyncEntry) -> Option<String> {
        let asset = self.asset;
        let own = self.blobs.iter().copied();
        let own: BTreeSet<_> = own.chain(self.derivatives.blobs()).collect();
        let listed = entry.blobs.iter();
        let listed: BTreeSet<_> = listed
            .map(|blob| (blob.role, blob.hash, blob.size))
            .collect();
        if let Some((role, hash, size)) = own.difference(&listed).next() {
            return Some(format!(
                "the feed does not list the {role} {hash} of asset {asset} with its {size} bytes"
            ));
        }
        // Derivatives, and the manifests that they are listed with, are the asset's, whatever replaced them.
        let lasts = |role| matches!(role, BlobRole::Derivative | BlobRole::Provenance);
        let mut more = listed.difference(&own).filter(|(role, ..)| !lasts(*role));
        if let Some((role, hash, size)) = more.next() {
            return Some(format!(
                "the feed lists the {role} {hash} of {size} bytes for asset {asset}, which nobody wrote"
            ));
        }
        let mut blobs = self.blobs.iter();
        let metadata = blobs.find(|(role, ..)| *role == BlobRole::Metadata);
        let metadata = metadata.map(|(_, hash, _)| *hash);
        (entry.metadata_blob != metadata).then(|| {
            let text =
                |hash: Option<Hash>| hash.map_or("nothing".to_owned(), |hash| hash.to_string());
            let (named, own) = (text(entry.metadata_blob), text(metadata));
            format!("the feed names {named} as the metadata of asset {asset}, which is {own}")
        })
    }
}

fn record_of(write: &Write) -> Result<&[u8], Stop> {
    write
        .record()
        .ok_or_else(|| Stop::Error("the draft has no record".to_owned()))
}

fn retained_until(write: &Write) -> Option<jiff::Timestamp> {
    let until = write.core.retention_until.as_ref();
    until.map(gauntlet_wire::time::Timestamp::instant)
}

/// How the feed shows an action.
const fn change_of(action: Action) -> Change {
    match action {
        Action::Create => Change::Created,
        Action::Delete => Change::Deleted,
        Action::Replace
        | Action::TrashRestore
        | Action::MetadataUpdate
        | Action::DerivativeAdd
        | Action::DerivativeReplace => Change::Updated,
    }
}

/// One harm that an audit found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HarmFound {
    pub(crate) harm: Harm,
    /// What is harmed.
    pub(crate) object: Object,
    pub(crate) expected: String,
    pub(crate) observed: String,
}

impl HarmFound {
    pub(crate) fn new(
        harm: Harm,
        object: Object,
        expected: impl Into<String>,
        observed: impl Into<String>,
    ) -> Self {
        Self {
            harm,
            object,
            expected: expected.into(),
            observed: observed.into(),
        }
    }
}

/// Audits acknowledged photos of one account with several of its eyes, all of which have pulled.
/// Every blob is downloaded by those that are `readers`, every record by its address; the target's own
/// word counts for nothing.
pub(crate) async fn audit(
    acknowledged: &[Acknowledged],
    eyes: &[&Eye],
    readers: &[&Eye],
    now: jiff::Timestamp,
) -> Result<Vec<HarmFound>, Stop> {
    let mut harms = Vec::new();
    for photo in acknowledged {
        for eye in readers {
            audit_bytes(photo, eye, now, &mut harms).await?;
        }
        for eye in eyes {
            audit_history(photo, eye, &mut harms).await?;
        }
        audit_fork(photo, eyes, &mut harms).await?;
    }
    Ok(harms)
}

/// LOST: an acknowledged blob can't be read back, or reads back as other bytes.
async fn audit_bytes(
    photo: &Acknowledged,
    eye: &Eye,
    now: jiff::Timestamp,
    harms: &mut Vec<HarmFound>,
) -> Result<(), Stop> {
    let purged = photo.is_lawfully_purged(now);
    let own = photo.blobs.iter().copied();
    let own = own.chain(photo.derivatives.blobs());
    let own = own.map(|(role, hash, _)| (role, hash));
    let earlier = photo.history.iter().chain(photo.derivatives.manifests());
    let earlier = earlier.map(|hash| (BlobRole::Provenance, *hash));
    let kept = own.filter(|(role, _)| !purged || *role == BlobRole::Provenance);
    for (role, hash) in kept.chain(earlier) {
        let Err(lost) = eye.fetch(&hash).await? else {
            continue;
        };
        let harm = if role == BlobRole::Provenance {
            Harm::Rewritten
        } else {
            Harm::Lost
        };
        let expected = format!("the acknowledged {role} {hash} reads back");
        harms.push(HarmFound::new(
            harm,
            Object::Blob(hash),
            expected,
            format!("{}: {lost}", eye.line.actor()),
        ));
    }
    Ok(())
}

/// SILENT: the acknowledged write is not in effect for this eye. REWRITTEN: the head that it is shown
/// does not continue the acknowledged record.
async fn audit_history(
    photo: &Acknowledged,
    eye: &Eye,
    harms: &mut Vec<HarmFound>,
) -> Result<(), Stop> {
    let Some(pin) = eye.pins.get(&photo.asset) else {
        let expected = format!(
            "the write that was acknowledged is in effect for every eye: asset {} {}, record {}",
            photo.asset, photo.change, photo.link
        );
        let observed = format!("{}: the feed has no entry of the asset", eye.line.actor());
        harms.push(HarmFound::new(
            Harm::Silent,
            Object::Feed,
            expected,
            observed,
        ));
        return Ok(());
    };
    let descent = eye.descends(&pin.record, &photo.link).await?;
    if let Err(broken) = descent.clone().whole() {
        let expected = format!(
            "the chain of asset {} continues {}",
            photo.asset, photo.link
        );
        let observed = format!("{}: {broken}", eye.line.actor());
        harms.push(HarmFound::new(
            Harm::Rewritten,
            Object::Feed,
            expected,
            observed,
        ));
    }
    if let Descent::Passed(by) = descent {
        let expected = format!(
            "the acknowledged write {} is in effect, or replaced by one that had seen it",
            photo.link
        );
        let observed = format!("{}: {by}", eye.line.actor());
        harms.push(HarmFound::new(
            Harm::Silent,
            Object::Feed,
            expected,
            observed,
        ));
    }
    Ok(())
}

/// Whether a record of an asset is in effect for an eye: the head that it is shown continues it.
pub(crate) async fn in_effect(
    eye: &Eye,
    asset: &AssetId,
    link: &Hash,
) -> Result<Result<(), String>, Stop> {
    let Some(pin) = eye.pins.get(asset) else {
        return Ok(Err(format!("the feed has no entry of asset {asset}")));
    };
    Ok(eye.descends(&pin.record, link).await?.whole())
}

/// FORK: of any two eyes, one's head continues the other's.
async fn audit_fork(
    photo: &Acknowledged,
    eyes: &[&Eye],
    harms: &mut Vec<HarmFound>,
) -> Result<(), Stop> {
    let pinned = |eye: &&Eye| eye.pins.get(&photo.asset).cloned();
    let Some((first, others)) = eyes.split_first() else {
        return Ok(());
    };
    let Some(ours) = pinned(first) else {
        return Ok(());
    };
    for other in others {
        let Some(theirs) = pinned(other) else {
            continue;
        };
        if ours.head() != theirs.head() && !either_continues(first, &ours, &theirs).await? {
            let expected = format!("one history of asset {} for every eye", photo.asset);
            let observed = format!(
                "{} sees the head {}, {} sees {}",
                first.line.actor(),
                ours.head(),
                other.line.actor(),
                theirs.head()
            );
            harms.push(HarmFound::new(Harm::Fork, Object::Feed, expected, observed));
        }
    }
    Ok(())
}

async fn either_continues(eye: &Eye, ours: &Pin, theirs: &Pin) -> Result<bool, Stop> {
    let ours_continues = eye.descends(&ours.record, &theirs.head()).await?;
    let theirs_continues = eye.descends(&theirs.record, &ours.head()).await?;
    Ok(ours_continues == Descent::Holds || theirs_continues == Descent::Holds)
}

/// REWRITTEN: an acknowledged document does not read back as the bytes that were published.
pub(crate) async fn audit_documents(
    published: &[Document],
    eyes: &[&Eye],
) -> Result<Vec<HarmFound>, Stop> {
    let mut harms = Vec::new();
    for document in published {
        for eye in eyes {
            let answer = eye.read(&document.path).await?;
            if answer.is_success() && answer.body == document.bytes {
                continue;
            }
            let expected = format!(
                "GET {} gives what its author published last: {}",
                document.path,
                sights::described(&document.bytes)
            );
            let given = if answer.is_success() {
                sights::described(&answer.body)
            } else {
                answer.summary()
            };
            let observed = format!("{} reads {given}", eye.line.actor());
            let object = Object::Document(document.path.clone());
            harms.push(HarmFound::new(Harm::Rewritten, object, expected, observed));
        }
    }
    Ok(harms)
}
