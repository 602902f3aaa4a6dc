//! Feeds: the eyes of one account are shown one feed, with nothing on it that the account did not write, and the
//! feed of an album is that album's part of it.

use super::eye::{Eye, Pin};
use super::lab::Lab;
use super::witness::Acknowledged;
use crate::{Answer, Stop};
use gauntlet_simulator::Write;
use gauntlet_wire::id::{AlbumId, AssetId};
use std::collections::BTreeSet;

/// `wire.md` §1.3, sync feed, and client invariant 12.
const ONE_FEED: &str =
    "The eyes of one account are shown one feed: what they all see has one number and one date.";
/// `wire.md` §9: nothing else changes for anyone.
const OWN_FEED: &str =
    "The feed of an account shows what it wrote and was told is accepted, and nothing else.";
/// `wire.md` §1.3, sync feed: `album_id`.
const ALBUM_FEED: &str = "The feed of an album is that album's part of the account's feed.";

/// Something about a feed that is not as the clause says.
pub(super) struct Oddity {
    clause: &'static str,
    observed: String,
}

/// The assets that author and bystander may be shown.
pub(super) type Lawful = [BTreeSet<AssetId>; 2];

impl Lab {
    /// What the feeds may show after the attack: what they showed before it, what was accepted since, and the asset
    /// of the attack itself, where it passed; before the attack, anything.
    pub(super) fn lawful_assets(&self) -> Option<Lawful> {
        let struck = self.struck.as_ref()?;
        let passed = struck.answer.as_ref().is_none_or(Answer::is_success);
        let attacked = struck
            .asset
            .filter(|_| passed || self.attack.deviation.is_race());
        let written = [&self.done, &self.others];
        let of = |side: usize| -> BTreeSet<AssetId> {
            let before = struck
                .before
                .get(side)
                .into_iter()
                .flat_map(|seen| seen.assets());
            let acknowledged = self.acknowledged.get(side).into_iter().flatten();
            let written = written.get(side).into_iter().copied().flatten();
            let written = written.chain(&self.purged).map(|write: &Write| write.asset);
            let acknowledged = acknowledged.map(|photo| photo.asset);
            before.copied().chain(acknowledged).chain(written).collect()
        };
        let [mut authors, bystanders] = [of(0), of(1)];
        authors.extend(attacked);
        Some([authors, bystanders])
    }

    /// Records what is odd about the feeds at `moment`.
    pub(super) fn judge_feeds(&mut self, moment: &str, oddities: Vec<Oddity>) {
        for Oddity { clause, observed } in oddities {
            self.damage(clause, &format!("{moment}: {observed}"), false);
        }
    }
}

/// What is odd about what eyes of one account, which have all pulled, are shown.
pub(super) fn oddities(eyes: &[&Eye], lawful: Option<&BTreeSet<AssetId>>) -> Vec<Oddity> {
    let told =
        |clause, observed: Option<String>| observed.map(|observed| Oddity { clause, observed });
    let readable = eyes.iter().copied().filter(|eye| eye.disorder.is_none());
    let readable: Vec<&Eye> = readable.collect();
    let strange = readable.iter().filter_map(|eye| {
        let (asset, pin) = eye
            .pins
            .iter()
            .find(|(asset, _)| !lawful.is_none_or(|l| l.contains(*asset)))?;
        let (actor, seen) = (eye.line.actor(), told_of(pin));
        told(OWN_FEED, Some(format!("{actor} is shown {asset}, {seen}")))
    });
    let apart = readable
        .split_first()
        .into_iter()
        .flat_map(|(first, others)| {
            others
                .iter()
                .filter_map(|other| told(ONE_FEED, apart(first, other)))
        });
    strange.chain(apart).collect()
}

/// In what way two eyes are shown one and the same record otherwise.
fn apart(one: &Eye, other: &Eye) -> Option<String> {
    one.pins.iter().find_map(|(asset, ours)| {
        let theirs = other.pins.get(asset)?;
        let key = |pin: &Pin| (pin.entry.sync_seq, pin.entry.changed_at.clone());
        let same_record = ours.head() == theirs.head();
        (same_record && key(ours) != key(theirs)).then(|| {
            format!(
                "{} is shown {asset} as {}, {} as {}",
                one.line.actor(),
                told_of(ours),
                other.line.actor(),
                told_of(theirs)
            )
        })
    })
}

fn told_of(pin: &Pin) -> String {
    let entry = &pin.entry;
    format!(
        "entry {} of {} in album {}",
        entry.sync_seq, entry.changed_at, entry.album_id
    )
}

/// Reads the feeds of the albums of acknowledged photos, each beside what `whole`, which has just read the whole
/// feed from its beginning, was shown.
pub(super) async fn album_oddities(
    photos: &[Acknowledged],
    whole: &Eye,
) -> Result<Vec<Oddity>, Stop> {
    let albums: BTreeSet<AlbumId> = photos.iter().map(Acknowledged::album).collect();
    let mut oddities = Vec::new();
    for album in albums {
        let mut eye = whole.newcomer_to(album);
        let actor = eye.line.actor().to_owned();
        let observed = match eye.pull().await? {
            Err(disorder) => Some(disorder),
            Ok(()) => beside(&eye, whole, album),
        };
        oddities.extend(observed.map(|observed| Oddity {
            clause: ALBUM_FEED,
            observed: format!("{actor}: GET /sync?album_id={album}: {observed}"),
        }));
    }
    Ok(oddities)
}

/// In what way the feed of an album is not its part of the whole feed.
fn beside(part: &Eye, whole: &Eye, album: AlbumId) -> Option<String> {
    let of_album = |pin: &Pin| pin.entry.album_id == album;
    let missing = whole
        .pins
        .iter()
        .find(|(asset, pin)| of_album(pin) && part.pins.get(*asset) != Some(*pin));
    let missing = missing.map(|(asset, pin)| format!("{asset} is not shown as {}", told_of(pin)));
    let strange = part
        .pins
        .iter()
        .find(|(asset, _)| !whole.pins.get(*asset).is_some_and(of_album));
    let strange = strange.map(|(asset, pin)| format!("{asset} is shown, {}", told_of(pin)));
    missing.or(strange)
}
