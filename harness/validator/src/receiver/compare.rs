//! Marks of two devices of one user, held against each other (row X4). A server that tells two devices two
//! stories is found where they compare notes, and nowhere else.

use gauntlet_wire::id::{AlbumId, AssetId, UserId};
use gauntlet_wire::marks::{AssetMark, DirectoryMark, FeedMark, LedgerMark, Marks};
use std::collections::BTreeMap;

/// How two devices were told different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// At one place they were told two things.
    Fork,
    /// One was still told the old when the other already knew the new.
    Freeze,
    /// One was led past something that the other was shown.
    Omission,
}

/// What two devices were told different things of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A user's directory.
    Directory(UserId),
    /// An album's ledger.
    Ledger(AlbumId),
    /// An album's feed.
    Feed(AlbumId),
    /// An asset's chain.
    Asset(AlbumId, AssetId),
}

/// One divergence, to be surfaced on both devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Divergence {
    /// Of what.
    pub subject: Subject,
    /// How.
    pub split: Split,
}

/// Compares what two devices have seen: the same list, whichever is asked. Being behind is no divergence
/// in itself; being behind after a later sync is.
#[must_use]
pub fn compare_marks(one: &Marks, other: &Marks) -> Vec<Divergence> {
    let (late, early) = if one.as_of.instant() < other.as_of.instant() {
        (other, one)
    } else {
        (one, other)
    };
    let mut found = Vec::new();
    for (user, late, early) in both(&late.directories, &early.directories) {
        let split = directories(late, early);
        found.extend(split.map(|split| (Subject::Directory(user), split)));
    }
    for (album, late, early) in both(&late.ledgers, &early.ledgers) {
        let split = ledgers(late, early);
        found.extend(split.map(|split| (Subject::Ledger(album), split)));
    }
    for (album, late, early) in both(&late.feeds, &early.feeds) {
        if late.seq < early.seq {
            found.push((Subject::Feed(album), Split::Freeze));
        }
        for (asset, split) in assets(late, early) {
            found.push((Subject::Asset(album, asset), split));
        }
    }
    // Of two devices that synced at one instant, neither can be said to have been told the old later.
    let later = late.as_of.instant() > early.as_of.instant();
    found.retain(|(_, split)| later || *split != Split::Freeze);
    let divergence = |(subject, split)| Divergence { subject, split };
    let mut found: Vec<Divergence> = found.into_iter().map(divergence).collect();
    found.sort();
    found
}

/// The keys that both tables have, with both marks.
fn both<'a, K: Ord + Copy, V>(
    left: &'a BTreeMap<K, V>,
    right: &'a BTreeMap<K, V>,
) -> impl Iterator<Item = (K, &'a V, &'a V)> {
    left.iter()
        .filter_map(|(key, mark)| Some((*key, mark, right.get(key)?)))
}

fn directories(late: &DirectoryMark, early: &DirectoryMark) -> Option<Split> {
    let one_document = late.version != early.version || late.document == early.document;
    let mut entries = both(&late.devices, &early.devices);
    let one_entry =
        entries.all(|(_, late, early)| (late.key, &late.added_at) == (early.key, &early.added_at));
    if late.identity != early.identity || !one_document || !one_entry {
        return Some(Split::Fork);
    }
    (late.version < early.version).then_some(Split::Freeze)
}

fn ledgers(late: &LedgerMark, early: &LedgerMark) -> Option<Split> {
    let mut entries = both(&late.entries, &early.entries);
    if late.admin != early.admin || entries.any(|(_, late, early)| late != early) {
        return Some(Split::Fork);
    }
    if late.ceiling() < early.ceiling() {
        return Some(Split::Freeze);
    }
    let missing = |one: &LedgerMark, other: &LedgerMark| {
        let below = |epoch: &&u32| Some(**epoch) < one.ceiling();
        let mut epochs = other.entries.keys().filter(below);
        epochs.any(|epoch| !one.entries.contains_key(epoch))
    };
    (missing(late, early) || missing(early, late)).then_some(Split::Omission)
}

/// Of any two devices, one chain is a prefix of the other, and neither was led past a record.
fn assets(late: &FeedMark, early: &FeedMark) -> Vec<(AssetId, Split)> {
    let mut found = Vec::new();
    for (asset, one, other) in both(&late.assets, &early.assets) {
        if one
            .links
            .iter()
            .zip(&other.links)
            .any(|(one, other)| one != other)
        {
            found.push((asset, Split::Fork));
        } else if passed_by(late, Some(one), other) || passed_by(early, Some(other), one) {
            found.push((asset, Split::Omission));
        }
    }
    for (feed, other) in [(late, early), (early, late)] {
        let absent = other.assets.iter().filter(|(asset, mark)| {
            !feed.assets.contains_key(asset) && passed_by(feed, None, mark)
        });
        found.extend(absent.map(|(asset, _)| (*asset, Split::Omission)));
    }
    found
}

/// Whether a feed has passed the place at which the other device was shown `theirs`, without having shown
/// it.
fn passed_by(feed: &FeedMark, ours: Option<&AssetMark>, theirs: &AssetMark) -> bool {
    let shorter = ours.map_or(0, |ours| ours.links.len()) < theirs.links.len();
    shorter && theirs.seq <= feed.seq
}
