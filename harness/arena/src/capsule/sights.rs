//! What an eye reads, in words: feeds as timelines, documents decoded, blobs by what they hash to.

use super::difference::{bodies, short};
use super::eye::{Eye, Shown};
use super::witness::Acknowledged;
use crate::{Answer, Sight, Testimony};
use gauntlet_crypto::verify::{VerifyingKey, verify_directory};
use gauntlet_simulator::Document;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::ledger::EpochLedger;
use std::collections::BTreeMap;

/// Entries that are shown of one eye's feed, the newest ones.
const ENTRIES: usize = 40;
/// Differences that are shown of one eye's reading of a document.
const DIFFERENCES: usize = 8;

/// Short names of assets: A, B, C … in the order in which they were acknowledged, then shown.
struct Letters(BTreeMap<AssetId, String>);

impl Letters {
    fn of(photos: &[Acknowledged], eyes: &[&Eye], roles: Roles<'_>) -> Self {
        let shown = eyes.iter().flat_map(|eye| &eye.timeline);
        let shown = shown
            .map(|entry| entry.asset)
            .filter(|asset| !(roles.is_of_another_run)(asset));
        let assets = photos.iter().map(|photo| photo.asset);
        let mut letters = BTreeMap::new();
        for asset in assets.chain(shown) {
            let next = letter(letters.len());
            letters.entry(asset).or_insert(next);
        }
        Self(letters)
    }

    fn name(&self, asset: &AssetId) -> &str {
        self.0.get(asset).map_or("?", String::as_str)
    }

    /// `text` with the short name in place of the id.
    fn shorten(&self, text: &str, asset: &AssetId) -> String {
        text.replace(&format!("asset {asset}"), self.name(asset))
    }
}

/// A to Z, then A1 to Z1, and so on.
fn letter(index: usize) -> String {
    let (round, place) = (index / 26, index % 26);
    let letter = char::from(b'A' + u8::try_from(place).unwrap_or_default());
    match round {
        0 => letter.to_string(),
        more => format!("{letter}{more}"),
    }
}

/// What is known of the assets of a feed besides their entries.
#[derive(Clone, Copy)]
pub(super) struct Roles<'a> {
    /// The asset that the attacked message is about.
    pub(super) attacked: Option<AssetId>,
    /// Whether a photo was acknowledged before the attack.
    pub(super) is_elder: &'a dyn Fn(&Acknowledged) -> bool,
    /// The number up to which an eye had read the feed when a photo was acknowledged.
    pub(super) had_read: &'a dyn Fn(&Acknowledged, &Eye) -> u64,
    /// Whether an asset was there before and is nobody's here: accounts may outlive a run.
    pub(super) is_of_another_run: &'a dyn Fn(&AssetId) -> bool,
}

impl Roles<'_> {
    fn of(self, photo: &Acknowledged) -> &'static str {
        if self.attacked == Some(photo.asset) {
            "what the attacked message is about"
        } else if (self.is_elder)(photo) {
            "written before the attack"
        } else {
            "written honestly after the attack"
        }
    }
}

/// A feed as a timeline: what was acknowledged, and every entry as each eye was shown it.
pub(super) fn feed(
    photos: &[Acknowledged],
    eyes: &[&Eye],
    roles: Roles<'_>,
    object: String,
) -> Testimony {
    let letters = Letters::of(photos, eyes, roles);
    let expected = |photo: &Acknowledged| {
        let name = letters.name(&photo.asset);
        format!(
            "{name} {} — asset {}, {}",
            photo.change,
            photo.asset,
            roles.of(photo)
        )
    };
    let stranger = |(asset, name): (&AssetId, &String)| {
        let of_attack = if roles.attacked == Some(*asset) {
            ", which the attacked message is about and"
        } else {
            ","
        };
        let text = format!("{name} is asset {asset}{of_attack} which was acknowledged to nobody");
        (!is_ours(photos, asset)).then_some(text)
    };
    let mut notes: Vec<String> = letters.0.iter().filter_map(stranger).collect();
    notes.extend(
        photos
            .iter()
            .flat_map(|photo| missing(photo, eyes, roles, &letters)),
    );
    Testimony {
        object,
        expected: photos.iter().map(expected).collect(),
        seen: eyes
            .iter()
            .map(|eye| timeline(eye, photos, &letters))
            .collect(),
        notes,
    }
}

/// Whether an eye does not see all that was acknowledged, as it was acknowledged.
pub(super) fn is_amiss(photos: &[Acknowledged], eyes: &[&Eye]) -> bool {
    let unseen = |eye: &&Eye| photos.iter().any(|photo| photo.unseen_by(eye).is_some());
    eyes.iter().any(|eye| eye.disorder.is_some() || unseen(eye))
}

fn is_ours(photos: &[Acknowledged], asset: &AssetId) -> bool {
    photos.iter().any(|photo| photo.asset == *asset)
}

fn timeline(eye: &Eye, photos: &[Acknowledged], letters: &Letters) -> Sight {
    let entry = |shown: &Shown| {
        let known = photos.iter().find(|photo| photo.asset == shown.asset);
        let other = known.is_some_and(|photo| !photo.is_link(&shown.head));
        let record = if other {
            format!(" with another record, {}…", short(&shown.head))
        } else {
            String::new()
        };
        format!(
            "{} {} {}{record}",
            shown.seq,
            letters.name(&shown.asset),
            shown.change
        )
    };
    let named = |shown: &&Shown| letters.0.contains_key(&shown.asset);
    let count = eye.timeline.iter().filter(named).count();
    let omitted = count.saturating_sub(ENTRIES);
    let shown = eye.timeline.iter().filter(named).skip(omitted);
    let mut read: Vec<String> = shown.map(entry).collect();
    let mut before = |what: String| read.insert(0, what);
    if omitted > 0 {
        before(format!("… {omitted} earlier entries"));
    }
    if eye.timeline.len() > count {
        before(format!(
            "… {} entries of other runs",
            eye.timeline.len() - count
        ));
    }
    let mut strangers: Vec<String> = Vec::new();
    for (asset, name) in &letters.0 {
        if eye.pins.contains_key(asset) && !is_ours(photos, asset) {
            strangers.push(format!("{name} is shown, and was acknowledged to nobody"));
        }
    }
    let unseen = |photo: &Acknowledged| {
        let text = photo.unseen_by(eye)?;
        Some(letters.shorten(&text, &photo.asset))
    };
    Sight {
        eye: eye.line.actor().to_owned(),
        read,
        amiss: eye
            .disorder
            .iter()
            .cloned()
            .chain(photos.iter().filter_map(unseen))
            .chain(strangers)
            .collect(),
    }
}

/// Why an eye does not see what another is shown: its number lies behind what the eye had read when it was
/// written, or the page that should hold it came without it.
fn missing(
    photo: &Acknowledged,
    eyes: &[&Eye],
    roles: Roles<'_>,
    letters: &Letters,
) -> Vec<String> {
    let shown = |eye: &&Eye| {
        eye.timeline
            .iter()
            .find(|entry| entry.asset == photo.asset)
            .map(|entry| entry.seq)
    };
    let Some(number) = eyes.iter().find_map(shown) else {
        return Vec::new();
    };
    let passed =
        |eye: &&&Eye| shown(eye).is_none() && eye.timeline.iter().any(|entry| entry.seq >= number);
    let (ahead, later): (Vec<&Eye>, Vec<&Eye>) = eyes
        .iter()
        .filter(passed)
        .partition(|eye| (roles.had_read)(photo, eye) >= number);
    told_missing(
        letters.name(&photo.asset),
        number,
        [actors(&ahead), actors(&later)],
    )
}

fn actors(eyes: &[&Eye]) -> String {
    let actors: Vec<&str> = eyes.iter().map(|eye| eye.line.actor()).collect();
    actors.join(", ")
}

/// The notes of an entry that some had read past when it was written, and some were not shown later.
fn told_missing(name: &str, number: u64, [ahead, later]: [String; 2]) -> Vec<String> {
    let mut notes = Vec::new();
    if !ahead.is_empty() {
        notes.push(format!(
            "the feed gives {name} the number {number}, and {ahead} had read further by then: a reader goes \
             on from its cursor and never sees what is numbered behind it"
        ));
    }
    if !later.is_empty() {
        notes.push(format!(
            "the feed gives {name} the number {number}, and the page that should hold {number} came without \
             it for {later}"
        ));
    }
    notes
}

/// A document as it was published, and as each eye reads it.
pub(super) fn document(
    published: &[u8],
    sent: Option<&Document>,
    identity: Option<&HybridPublicKey>,
    read: &[(String, Answer)],
    object: String,
) -> Testimony {
    let said = |bytes: &[u8]| format!("{}{}", described(bytes), signed(bytes, identity));
    let sight = |(eye, answer): &(String, Answer)| {
        let is_sent = sent.is_some_and(|sent| sent.bytes == answer.body);
        let (read, amiss) = if !answer.is_success() {
            (answer.summary(), vec!["it can't be read".to_owned()])
        } else if answer.body == published {
            (said(&answer.body), Vec::new())
        } else {
            let mut amiss = bodies(published, &answer.body);
            amiss.truncate(DIFFERENCES);
            (said(&answer.body), amiss)
        };
        let whose = if is_sent {
            " — what the attack sent"
        } else {
            ""
        };
        Sight {
            eye: eye.clone(),
            read: vec![format!("{read}{whose}")],
            amiss,
        }
    };
    Testimony {
        object,
        expected: vec![said(published)],
        seen: read.iter().map(sight).collect(),
        notes: sent
            .map(|sent| format!("the attack sent {}", said(&sent.bytes)))
            .into_iter()
            .collect(),
    }
}

/// A document in a few words.
pub(super) fn described(bytes: &[u8]) -> String {
    let digest = short(&Hash::of(bytes));
    if let Ok(directory) = Canonical::<DeviceDirectory>::decode(bytes) {
        let core = &directory.value().core;
        let revoked = core
            .devices
            .iter()
            .filter(|device| device.revoked_at.is_some());
        return format!(
            "directory number {}, written {}, {} devices of which {} revoked, SHA-256 {digest}…",
            core.directory_version,
            core.updated_at,
            core.devices.len(),
            revoked.count()
        );
    }
    if let Ok(ledger) = Canonical::<EpochLedger>::decode(bytes) {
        let epochs: Vec<String> = ledger
            .value()
            .entries
            .iter()
            .map(|entry| entry.epoch.to_string())
            .collect();
        return format!(
            "ledger of the epochs {}, SHA-256 {digest}…",
            epochs.join(", ")
        );
    }
    format!("{} bytes, SHA-256 {digest}…", bytes.len())
}

/// Whether a directory is signed by the identity key that everyone has pinned.
fn signed(bytes: &[u8], identity: Option<&HybridPublicKey>) -> String {
    let directory = Canonical::<DeviceDirectory>::decode(bytes);
    let (Ok(directory), Some(Ok(key))) = (directory, identity.map(VerifyingKey::decode)) else {
        return String::new();
    };
    match verify_directory(directory.value(), &key) {
        Ok(()) => ", signed by the identity key".to_owned(),
        Err(error) => format!(", NOT signed by the identity key ({} half)", error.half),
    }
}

/// An acknowledged blob, and what is given for it.
pub(super) fn blob(
    hash: &Hash,
    photos: &[Acknowledged],
    read: &[(String, Answer)],
    object: String,
) -> Testimony {
    let own = |photo: &Acknowledged| {
        let (role, _, size) = photo.blobs.iter().find(|(_, held, _)| held == hash)?;
        Some(format!("the {role} of asset {}, {size} bytes", photo.asset))
    };
    let what = photos.iter().find_map(own);
    let what = what.unwrap_or_else(|| "bytes that were acknowledged".to_owned());
    let sight = |(eye, answer): &(String, Answer)| {
        let found = Hash::of(&answer.body);
        let (read, amiss) = match answer.is_success() {
            false => (answer.summary(), vec!["it can't be read".to_owned()]),
            true if found == *hash => (
                format!("{} bytes that hash to it", answer.body.len()),
                vec![],
            ),
            true => (
                format!("{} bytes, SHA-256 {}…", answer.body.len(), short(&found)),
                vec!["other bytes".to_owned()],
            ),
        };
        Sight {
            eye: eye.clone(),
            read: vec![read],
            amiss,
        }
    };
    Testimony {
        object,
        expected: vec![format!("{what}, SHA-256 {hash}")],
        seen: read.iter().map(sight).collect(),
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_names_as_assets() {
        assert_eq!([0, 25, 26, 53].map(letter), ["A", "Z", "A1", "B2"]);
    }

    #[test]
    fn only_who_had_read_past_a_number_is_said_to_have() {
        let told = |ahead: &str, later: &str| {
            told_missing("B", 3, [ahead.to_owned(), later.to_owned()]).join("; ")
        };
        assert!(told("phone", "").contains("phone had read further by then"));
        let cut = told("", "tablet");
        assert!(cut.contains("the page that should hold 3 came without it for tablet"));
        assert!(!cut.contains("had read further"), "{cut}");
        assert_eq!(told("", ""), "");
    }

    #[test]
    fn a_blob_is_told_by_what_it_hashes_to() {
        let bytes = b"a photo".to_vec();
        let hash = Hash::of(&bytes);
        let answer = |status, body: &[u8]| Answer {
            status,
            headers: Vec::new(),
            body: body.to_vec(),
        };
        let read = [
            ("phone".to_owned(), answer(200, &bytes)),
            ("laptop".to_owned(), answer(200, b"other")),
            ("tablet".to_owned(), answer(404, b"")),
        ];
        let told = blob(&hash, &[], &read, "GET it".to_owned());
        let amiss: Vec<_> = told.seen.iter().map(|sight| sight.amiss.join("")).collect();
        assert_eq!(amiss, ["", "other bytes", "it can't be read"]);
        assert_eq!(told.seen[2].read, ["404"]);
    }
}
