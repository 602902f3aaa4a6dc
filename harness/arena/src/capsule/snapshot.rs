//! Snapshots: everything that an account can see, compared before and after.
//!
//! "Unchanged" is the contract's: same feed, same `used`, same session list, same blob answers
//! (`wire.md` §9).

use super::eye::{Eye, Pin};
use crate::Stop;
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
    documents: BTreeMap<String, (u16, Hash)>,
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
    let quota = quota(eye).await?;
    let mut answers = BTreeMap::new();
    for hash in &watched.blobs {
        let answer = eye.blob(hash).await?;
        answers.insert(*hash, (answer.status, Hash::of(&answer.body)));
    }
    let mut documents = BTreeMap::new();
    for path in &watched.documents {
        let answer = eye.read(path).await?;
        documents.insert(path.clone(), (answer.status, Hash::of(&answer.body)));
    }
    Ok(Snapshot {
        sessions: sessions
            .into_iter()
            .map(|session| (session.id, session))
            .collect(),
        used: i128::from(quota.used),
        feed: newcomer.pins,
        blobs: answers,
        documents,
    })
}

/// What the account is charged for.
pub(crate) async fn quota(eye: &Eye) -> Result<Quota, Stop> {
    read(eye, "the quota", "/quota").await
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
    /// The snapshot without the traces of an asset that its own account wrote meanwhile, whose blobs
    /// weigh `bytes`.
    pub(crate) fn without(mut self, asset: AssetId, bytes: u64) -> Self {
        self.sessions.retain(|_, session| session.asset_id != asset);
        self.feed.remove(&asset);
        self.used -= i128::from(bytes);
        self
    }

    /// The snapshot as it would be without one session, and with `bytes` less in use.
    pub(crate) fn without_session(mut self, id: &UploadId, bytes: u64) -> Self {
        self.sessions.remove(id);
        self.used -= i128::from(bytes);
        self
    }

    /// Every difference to what was seen before, in words.
    pub(crate) fn changes_since(&self, before: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        if self.used != before.used {
            changes.push(format!(
                "quota: used went from {} to {}",
                before.used, self.used
            ));
        }
        compare(
            "session",
            &before.sessions,
            &self.sessions,
            describe_session,
            &mut changes,
        );
        let entry = |pin: &Pin| {
            let entry = &pin.entry;
            let (seq, change, at) = (entry.sync_seq, entry.change, &entry.changed_at);
            format!("sync_seq {seq}, {change} at {at}, head {}", pin.head())
        };
        compare(
            "feed entry of asset",
            &before.feed,
            &self.feed,
            entry,
            &mut changes,
        );
        let answer = |(status, hash): &(u16, Hash)| format!("{status}, body {hash}");
        compare("blob", &before.blobs, &self.blobs, answer, &mut changes);
        compare(
            "document",
            &before.documents,
            &self.documents,
            answer,
            &mut changes,
        );
        changes
    }
}

/// A session in a few words.
pub(crate) fn describe_session(session: &SessionSummary) -> String {
    format!(
        "{} {} with {} of {} bytes, created {}, progressed {}",
        session.blob_role,
        session.status,
        session.received_bytes,
        session.total_size,
        session.created_at,
        session.last_progress_at
    )
}

fn compare<K: Ord + std::fmt::Display, V: PartialEq>(
    what: &str,
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
    describe: impl Fn(&V) -> String,
    changes: &mut Vec<String>,
) {
    for (key, was) in before {
        match after.get(key) {
            None => changes.push(format!("{what} {key} is gone (was {})", describe(was))),
            Some(is) if is != was => {
                changes.push(format!(
                    "{what} {key} went from {} to {}",
                    describe(was),
                    describe(is)
                ));
            }
            Some(_) => {}
        }
    }
    for (key, is) in after.iter().filter(|(key, _)| !before.contains_key(key)) {
        changes.push(format!("{what} {key} appeared ({})", describe(is)));
    }
}
