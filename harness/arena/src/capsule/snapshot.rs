//! Snapshots: everything that an account can see, compared before and after.
//!
//! "Unchanged" is the contract's: same feed, same `used`, same session list, same blob answers
//! (`wire.md` §9).

use super::difference::short;
use super::eye::{Eye, Pin};
use super::sights::described;
use super::testify::Object;
use crate::Stop;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{AssetId, Hash, UploadId};
use gauntlet_wire::json::{Quota, SessionList, SessionSummary};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// What one account sees at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) sessions: BTreeMap<UploadId, SessionSummary>,
    /// Signed, so that what is taken off can never hide in a bound.
    pub(crate) used: i128,
    feed: BTreeMap<AssetId, Pin>,
    blobs: BTreeMap<Hash, (u16, Hash)>,
    documents: BTreeMap<String, (u16, Hash, String)>,
}

/// One change of what an account sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    /// Of what.
    pub(crate) object: Object,
    /// In words.
    pub(crate) text: String,
}

/// What of an account is compared besides feed, sessions and quota.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watch {
    /// Addresses of blobs.
    pub(crate) blobs: BTreeSet<Hash>,
    /// Paths of documents.
    pub(crate) documents: BTreeSet<String>,
}

/// Reads everything that `eye`'s account sees. What can't be read is [`Stop::Invalid`]: before the
/// attack it voids the control, and what it means afterwards is for the caller to say.
pub(crate) async fn snapshot(eye: &Eye, watched: &Watch) -> Result<Snapshot, Stop> {
    // A newcomer reads the feed from its beginning: a pin that was taken earlier would only be compared
    // with itself.
    let mut newcomer = eye.newcomer();
    if let Err(disorder) = newcomer.pull().await? {
        return Err(unreadable(eye, "the feed", &disorder));
    }
    let sessions = sessions(eye).await?;
    let used = used(eye).await?;
    let mut answers = BTreeMap::new();
    for hash in &watched.blobs {
        let answer = eye.blob(hash).await?;
        answers.insert(*hash, (answer.status, Hash::of(&answer.body)));
    }
    let mut documents = BTreeMap::new();
    for path in &watched.documents {
        let answer = eye.read(path).await?;
        let given = if answer.is_success() {
            described(&answer.body)
        } else {
            answer.summary()
        };
        let read = (answer.status, Hash::of(&answer.body), given);
        documents.insert(path.clone(), read);
    }
    Ok(Snapshot {
        sessions: sessions
            .into_iter()
            .map(|session| (session.id, session))
            .collect(),
        used,
        feed: newcomer.pins,
        blobs: answers,
        documents,
    })
}

/// What the account is charged for.
pub(crate) async fn quota(eye: &Eye) -> Result<Quota, Stop> {
    read(eye, "the quota", "/quota").await
}

/// The bytes that the account is charged.
pub(crate) async fn used(eye: &Eye) -> Result<i128, Stop> {
    Ok(i128::from(quota(eye).await?.used))
}

/// The sessions that the account is shown.
pub(crate) async fn sessions(eye: &Eye) -> Result<Vec<SessionSummary>, Stop> {
    let list: SessionList = read(eye, "the session list", "/upload/sessions").await?;
    Ok(list.sessions)
}

/// Reads a successful answer; what a failure says does not count.
async fn read<T: DeserializeOwned>(eye: &Eye, what: &str, path: &str) -> Result<T, Stop> {
    let answer = eye.read(path).await?;
    if !answer.is_success() {
        return Err(unreadable(eye, what, &answer.summary()));
    }
    answer
        .json()
        .map_err(|error| unreadable(eye, what, &error.to_string()))
}

fn unreadable(eye: &Eye, what: &str, why: &str) -> Stop {
    Stop::Invalid(format!("{}: {what} can't be read: {why}", eye.line.actor()))
}

impl Snapshot {
    /// Whether the feed showed an asset.
    pub(crate) fn shows(&self, asset: &AssetId) -> bool {
        self.feed.contains_key(asset)
    }

    /// The assets that the feed showed.
    pub(crate) fn assets(&self) -> impl Iterator<Item = &AssetId> {
        self.feed.keys()
    }

    /// The snapshot without the traces of an asset that its own account wrote meanwhile, whose blobs
    /// weigh `bytes`.
    pub(crate) fn without(mut self, asset: AssetId, bytes: u64) -> Self {
        self.sessions.retain(|_, session| session.asset_id != asset);
        self.feed.remove(&asset);
        self.used -= i128::from(bytes);
        self
    }

    /// The snapshot without the sessions of an upload that its own account began and that was refused on its
    /// way, nor the bytes that they hold. What the feed shows of it stays: nothing of it was accepted.
    pub(crate) fn without_unfinished(mut self, asset: AssetId) -> Self {
        let (begun, others) = self
            .sessions
            .into_iter()
            .partition(|(_, session)| session.asset_id == asset);
        self.sessions = others;
        let begun: BTreeMap<UploadId, SessionSummary> = begun;
        let held = begun
            .values()
            .filter(|session| !matches!(session.status, UploadStatus::FailedProcessing));
        let held: i128 = held.map(|session| i128::from(session.total_size)).sum();
        self.used -= held;
        self
    }

    /// The snapshot as it would be without one session, and with `bytes` less in use.
    pub(crate) fn without_session(mut self, id: &UploadId, bytes: u64) -> Self {
        self.sessions.remove(id);
        self.used -= i128::from(bytes);
        self
    }

    /// What is seen of an account that has these sessions and nothing else.
    #[cfg(test)]
    pub(crate) fn of_sessions(sessions: impl IntoIterator<Item = SessionSummary>) -> Self {
        let sessions = sessions.into_iter().map(|session| (session.id, session));
        Self {
            sessions: sessions.collect(),
            used: 0,
            feed: BTreeMap::new(),
            blobs: BTreeMap::new(),
            documents: BTreeMap::new(),
        }
    }

    /// Every difference to what was seen before.
    pub(crate) fn changes_since(&self, before: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.used != before.used {
            changes.push(Change {
                object: Object::Quota {
                    excess: self.used - before.used,
                },
                text: format!("quota: used went from {} to {}", before.used, self.used),
            });
        }
        compare(
            ("session", &|id: &UploadId| Object::Session(*id)),
            (&before.sessions, &self.sessions),
            session_parts,
            &mut changes,
        );
        compare(
            ("feed entry of asset", &|_| Object::Feed),
            (&before.feed, &self.feed),
            entry_parts,
            &mut changes,
        );
        compare(
            ("blob", &|hash: &Hash| Object::Blob(*hash)),
            (&before.blobs, &self.blobs),
            |(status, hash)| vec![format!("status {status}"), format!("body {hash}")],
            &mut changes,
        );
        compare(
            ("document", &|path: &String| Object::Document(path.clone())),
            (&before.documents, &self.documents),
            |(_, _, given)| vec![given.clone()],
            &mut changes,
        );
        changes
    }
}

/// A session in a few words.
pub(crate) fn describe_session(session: &SessionSummary) -> String {
    session_parts(session).join(", ")
}

/// In what a session differs from what it was.
pub(crate) fn session_changes(was: &SessionSummary, is: &SessionSummary) -> Vec<String> {
    differing(&session_parts(was), &session_parts(is))
}

fn session_parts(session: &SessionSummary) -> Vec<String> {
    vec![
        format!("{} {}", session.blob_role, session.status),
        format!("{} bytes received", session.received_bytes),
        format!("{} bytes declared", session.total_size),
        format!("created {}", session.created_at),
        format!("progressed {}", session.last_progress_at),
    ]
}

fn entry_parts(pin: &Pin) -> Vec<String> {
    let entry = &pin.entry;
    let mut parts = vec![
        format!("sync_seq {}", entry.sync_seq),
        entry.change.to_string(),
        format!("in album {}", entry.album_id),
        format!("dated {}", entry.changed_at),
        format!("record {}…", short(&pin.head())),
        format!("original held: {}", entry.original_held),
        format!("in version {}", entry.protocol_version),
        match &entry.metadata_blob {
            Some(hash) => format!("metadata at {}…", short(hash)),
            None => "no metadata".to_owned(),
        },
    ];
    let blobs = entry.blobs.iter();
    parts.extend(blobs.map(|blob| {
        let (role, hash, size) = (blob.role, short(&blob.hash), blob.size);
        format!("{role} {hash}… of {size} bytes")
    }));
    parts
}

/// The parts that differ: `was → is`.
fn differing(was: &[String], is: &[String]) -> Vec<String> {
    let pairs = was.iter().zip(is).filter(|(was, is)| was != is);
    let changed = pairs.map(|(was, is)| format!("{was} → {is}"));
    let gone = was
        .iter()
        .skip(is.len())
        .map(|was| format!("without {was}"));
    let new = is.iter().skip(was.len()).map(|is| format!("with {is}"));
    changed.chain(gone).chain(new).collect()
}

/// Notes every key whose value is another, by the parts of it that differ.
fn compare<K: Ord + std::fmt::Display, V: PartialEq>(
    (what, object): (&str, &dyn Fn(&K) -> Object),
    (before, after): (&BTreeMap<K, V>, &BTreeMap<K, V>),
    parts: impl Fn(&V) -> Vec<String>,
    changes: &mut Vec<Change>,
) {
    let mut note = |key: &K, how: String| {
        changes.push(Change {
            object: object(key),
            text: format!("{what} {key} {how}"),
        });
    };
    for (key, was) in before {
        match after.get(key) {
            None => note(key, format!("is gone (was {})", parts(was).join(", "))),
            Some(is) if is != was => {
                let how = match differing(&parts(was), &parts(is)).as_slice() {
                    [] => "differs in what is not named here".to_owned(),
                    some => some.join(", "),
                };
                note(key, format!("changed: {how}"));
            }
            Some(_) => {}
        }
    }
    for (key, is) in after.iter().filter(|(key, _)| !before.contains_key(key)) {
        note(key, format!("appeared ({})", parts(is).join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_by_what_differs_and_of_what() {
        let maps = |pairs: &[(&str, u64)]| -> BTreeMap<String, u64> {
            let own = |(key, value): &(&str, u64)| ((*key).to_owned(), *value);
            pairs.iter().map(own).collect()
        };
        let (before, after) = (
            maps(&[("a", 10), ("b", 20), ("c", 30)]),
            maps(&[("a", 11), ("b", 20), ("d", 40)]),
        );
        let mut changes = Vec::new();
        compare(
            ("thing", &|key: &String| Object::Document(key.clone())),
            (&before, &after),
            |value| {
                vec![
                    format!("tens {}", value / 10),
                    format!("ones {}", value % 10),
                ]
            },
            &mut changes,
        );
        let told: Vec<&str> = changes.iter().map(|change| change.text.as_str()).collect();
        assert_eq!(
            told,
            [
                "thing a changed: ones 0 → ones 1",
                "thing c is gone (was tens 3, ones 0)",
                "thing d appeared (tens 4, ones 0)",
            ]
        );
        let of: Vec<Object> = changes.into_iter().map(|change| change.object).collect();
        assert_eq!(
            of,
            ["a", "c", "d"].map(|key| Object::Document(key.to_owned()))
        );
    }
}
