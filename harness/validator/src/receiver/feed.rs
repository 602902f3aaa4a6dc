//! Taking in a page of the feed (client invariants 5 and 12, rows 4, 12, 16 and 18).
//!
//! What is wrong with a page is the server's fault, and nothing of it is applied. What is wrong with a
//! record may be one writer's, who must not be able to hold up everybody else: it is refused by itself,
//! and the page goes on.

use super::check::{Broken, require};
use super::{
    Accepted, AlbumFacts, Arrival, Check, Evidence, History, Pending, Policy, ReachedEpoch,
    Refused, Rejection, Verdict, VerifyFacts, VerifyRules, judge, verify_asset_by,
};
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use gauntlet_wire::json::{SyncEntry, SyncPage, from_base64};
use gauntlet_wire::marks::{AssetMark, FeedMark};
use gauntlet_wire::reason::Reason;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that a client knows when it is given a page.
#[derive(Debug, Clone)]
pub struct FeedFacts {
    /// The client's clock.
    pub now: Timestamp,
    /// The albums that the feed was asked for.
    pub albums: BTreeMap<AlbumId, FeedAlbum>,
    /// The accepted chains of the assets; one that is absent was never heard of.
    pub assets: BTreeMap<AssetId, History>,
    /// When the server took a record, by its link, from receipts that it signed.
    pub receipts: BTreeMap<Hash, Timestamp>,
    /// Since when a record waits for the key of its epoch, by its link.
    pub pending: BTreeMap<Hash, Timestamp>,
    /// What was refused before.
    pub refused: Refused,
}

/// What a client knows of an album's feed. The caller keeps the marks across restarts.
#[derive(Debug, Clone)]
pub struct FeedAlbum {
    /// The album.
    pub facts: Arc<AlbumFacts>,
    /// What was seen of its feed, if anything was.
    pub mark: Option<FeedMark>,
    /// Server time at which the client last stood at the end of the feed.
    pub synced_at: Option<Timestamp>,
    /// The highest epoch that the album's records have reached.
    pub reached: Option<ReachedEpoch>,
}

/// What becomes of a page: all of it is stored in one transaction, or nothing.
#[derive(Debug, Clone)]
pub struct FeedPlan {
    /// Every entry, in order.
    pub entries: Vec<EntryPlan>,
    /// The albums with their marks advanced.
    pub albums: BTreeMap<AlbumId, FeedAlbum>,
    /// The chains of the assets from now on.
    pub assets: BTreeMap<AssetId, History>,
    /// What is remembered as refused from now on.
    pub refused: Refused,
}

/// What becomes of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPlan {
    /// The asset that the entry speaks of.
    pub asset: AssetId,
    /// Its `sync_seq`.
    pub seq: u64,
    /// What it comes to.
    pub outcome: EntryOutcome,
}

/// What an entry comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryOutcome {
    /// Its record is the asset's new head.
    Accept(Box<Accepted>),
    /// Its record is the head already.
    Held,
    /// Its record waits for the key of its epoch.
    Pending(Pending),
    /// Its record is sound and continues one that the client does not have: the feed shows the newest
    /// alone. What lies between is fetched by its address and walked.
    Fetch {
        /// The address of the record before it.
        prior: Hash,
    },
    /// Its record is refused, kept and surfaced.
    Refuse {
        /// What is wrong.
        rejection: Rejection,
        /// Whether it was refused before, so that nobody needs to be told again.
        again: bool,
    },
}

/// What decides a page.
#[derive(Clone)]
pub struct FeedRules {
    /// What has to hold of the page.
    pub page: Vec<Check<FeedFacts, SyncPage>>,
    /// What has to hold of every record.
    pub record: VerifyRules,
}

impl Default for FeedRules {
    /// The contract's.
    fn default() -> Self {
        Self {
            page: PAGE.to_vec(),
            record: VerifyRules::default(),
        }
    }
}

/// What has to hold of a page, in order.
pub const PAGE: &[Check<FeedFacts, SyncPage>] = &[
    Check {
        reason: Reason::PageTooLong,
        holds: within_bound,
    },
    Check {
        reason: Reason::ProtocolAhead,
        holds: inv12_protocol_not_ahead,
    },
    Check {
        reason: Reason::AlbumUnknown,
        holds: albums_asked_for,
    },
    Check {
        reason: Reason::SyncSeqRegressed,
        holds: inv12_seq_rises,
    },
];

/// Judges a page by the contract.
///
/// # Errors
/// The first rule of [`PAGE`] that does not hold: nothing of the page is applied.
pub fn take_page(
    facts: &FeedFacts,
    page: &SyncPage,
    policy: &Policy,
) -> Result<FeedPlan, Rejection> {
    take_page_by(&FeedRules::default(), facts, page, policy)
}

/// Judges a page by the given rules.
///
/// # Errors
/// The first rule that does not hold.
pub fn take_page_by(
    rules: &FeedRules,
    facts: &FeedFacts,
    page: &SyncPage,
    policy: &Policy,
) -> Result<FeedPlan, Rejection> {
    judge(&rules.page, facts, page, policy)?;
    let mut plan = FeedPlan {
        entries: Vec::new(),
        albums: facts.albums.clone(),
        assets: facts.assets.clone(),
        refused: facts.refused.clone(),
    };
    for entry in &page.entries {
        let (link, outcome) = match record_bytes(entry) {
            Ok(bytes) => (
                Some(Hash::of(&bytes)),
                plan.outcome(rules, facts, entry, &bytes, policy),
            ),
            Err(broken) => {
                let rejection = broken.by(Reason::EntryMalformed);
                (None, EntryOutcome::refused(rejection, false))
            }
        };
        plan.apply(facts, entry, link, outcome, policy);
    }
    Ok(plan)
}

impl FeedPlan {
    fn outcome(
        &mut self,
        rules: &FeedRules,
        facts: &FeedFacts,
        entry: &SyncEntry,
        bytes: &[u8],
        policy: &Policy,
    ) -> EntryOutcome {
        let hash = Hash::of(bytes);
        let before = self.refused.recall(hash, facts.now, policy);
        if let Some(reason) = before.filter(|reason| reason.is_lasting()) {
            let rejection = Rejection::new(reason, "refused before, for good");
            return EntryOutcome::refused(rejection, true);
        }
        let Some(album) = self.albums.get(&entry.album_id) else {
            let rejection = Rejection::new(Reason::AlbumUnknown, "the album was not asked for");
            return EntryOutcome::refused(rejection, before.is_some());
        };
        let arrival = Arrival::of(bytes);
        let known = facts.of_entry(album, self.assets.get(&entry.asset_id), entry, hash);
        match verify_asset_by(&rules.record, &known, &arrival, policy) {
            Verdict::Accept(accepted) => EntryOutcome::Accept(accepted),
            Verdict::Held => EntryOutcome::Held,
            Verdict::Pending(pending) => EntryOutcome::Pending(pending),
            Verdict::Reject(rejection) => match missing(&known.history, &arrival, &rejection) {
                Some(prior) => EntryOutcome::Fetch { prior },
                None => EntryOutcome::refused(rejection, before.is_some()),
            },
        }
    }

    fn apply(
        &mut self,
        facts: &FeedFacts,
        entry: &SyncEntry,
        link: Option<Hash>,
        outcome: EntryOutcome,
        policy: &Policy,
    ) {
        if let Some(album) = self.albums.get_mut(&entry.album_id) {
            let since = facts.receipted_at(album, entry, link);
            album.advance(entry, &outcome, since);
        }
        match &outcome {
            EntryOutcome::Accept(accepted) => {
                let history = accepted.history.clone();
                self.assets.insert(entry.asset_id, history);
            }
            EntryOutcome::Refuse { rejection, .. } => {
                if let Some(hash) = link {
                    let reason = rejection.reason;
                    self.refused.remember(hash, reason, facts.now, policy);
                }
            }
            EntryOutcome::Held | EntryOutcome::Pending(_) | EntryOutcome::Fetch { .. } => (),
        }
        self.entries.push(EntryPlan {
            asset: entry.asset_id,
            seq: entry.sync_seq,
            outcome,
        });
    }
}

impl EntryOutcome {
    const fn refused(rejection: Rejection, again: bool) -> Self {
        Self::Refuse { rejection, again }
    }
}

impl FeedAlbum {
    /// The entry was seen, whatever came of it; only an accepted record moves its asset and the epoch.
    fn advance(&mut self, entry: &SyncEntry, outcome: &EntryOutcome, since: Timestamp) {
        let mark = self.mark.get_or_insert_default();
        mark.seq = entry.sync_seq;
        let EntryOutcome::Accept(accepted) = outcome else {
            return;
        };
        let asset = AssetMark {
            seq: entry.sync_seq,
            links: accepted.history.links.clone(),
        };
        mark.assets.insert(entry.asset_id, asset);
        let epoch = accepted.record.value().manifest.core.amk_version;
        if self.reached.is_none_or(|reached| reached.epoch < epoch) {
            self.reached = Some(ReachedEpoch { epoch, since });
        }
    }
}

impl FeedFacts {
    fn of_entry(
        &self,
        album: &FeedAlbum,
        history: Option<&History>,
        entry: &SyncEntry,
        link: Hash,
    ) -> VerifyFacts {
        VerifyFacts {
            now: self.now,
            album: Arc::clone(&album.facts),
            asset: entry.asset_id,
            reached: album.reached,
            history: history.cloned().unwrap_or_default(),
            evidence: Evidence {
                held: history.is_some_and(|history| history.links.contains(&link)),
                receipted_at: Some(self.receipted_at(album, entry, Some(link))),
            },
            pending_since: self.pending.get(&link).copied(),
        }
    }

    /// When the server took the record of an entry, as far as the client can believe it: by a receipt, or
    /// by the entry's own word, but never before the client last stood at the end of the feed. Had the
    /// record been there then, it would have been seen.
    fn receipted_at(&self, album: &FeedAlbum, entry: &SyncEntry, link: Option<Hash>) -> Timestamp {
        let said = entry.changed_at.instant();
        let believed = album.synced_at.map_or(said, |synced| said.max(synced));
        let receipt = link.and_then(|link| self.receipts.get(&link));
        receipt.copied().unwrap_or(believed)
    }
}

/// The address of a record that the client does not have and the arrival continues. Everything that is
/// asked before the head has held by then.
fn missing(history: &History, arrival: &Arrival, rejection: &Rejection) -> Option<Hash> {
    let prior = arrival.core().ok()?.prior_provenance_hash?;
    let stale = rejection.reason == Reason::StaleRevival;
    (stale && !history.links.contains(&prior) && !history.links.contains(&arrival.link()))
        .then_some(prior)
}

fn record_bytes(entry: &SyncEntry) -> Result<Vec<u8>, Broken> {
    let text = entry.manifest_cbor.as_deref();
    let text = text.ok_or_else(|| Broken::because("the entry has no record"))?;
    from_base64(text).map_err(|error| Broken::because(format!("manifest_cbor: {error}")))
}

/// `formats.md` §9: a page is within its bound.
fn within_bound(_: &FeedFacts, page: &SyncPage, policy: &Policy) -> Result<(), Broken> {
    let (found, max) = (page.entries.len(), policy.max_page);
    require(found <= max, || format!("{found} entries; at most {max}"))
}

/// Client invariant 12: no entry speaks a version above the client's own.
fn inv12_protocol_not_ahead(_: &FeedFacts, page: &SyncPage, policy: &Policy) -> Result<(), Broken> {
    let ahead = |entry: &&SyncEntry| entry.protocol_version > policy.max_protocol;
    page.entries.iter().find(ahead).map_or(Ok(()), |entry| {
        Err(Broken::because(format!(
            "entry {} is of version {}",
            entry.sync_seq, entry.protocol_version
        )))
    })
}

/// A page speaks of the albums that were asked for.
fn albums_asked_for(facts: &FeedFacts, page: &SyncPage, _: &Policy) -> Result<(), Broken> {
    let foreign = |entry: &&SyncEntry| !facts.albums.contains_key(&entry.album_id);
    page.entries.iter().find(foreign).map_or(Ok(()), |entry| {
        Err(Broken::because(format!(
            "entry {} is of album {}",
            entry.sync_seq, entry.album_id
        )))
    })
}

/// Client invariant 12: in every album the sequence rises strictly, from the highest seen.
fn inv12_seq_rises(facts: &FeedFacts, page: &SyncPage, _: &Policy) -> Result<(), Broken> {
    let marks = facts.albums.iter();
    let mut seen: BTreeMap<AlbumId, u64> = marks
        .filter_map(|(album, mark)| Some((*album, mark.mark.as_ref()?.seq)))
        .collect();
    page.entries.iter().try_for_each(|entry| {
        let before = seen.insert(entry.album_id, entry.sync_seq);
        require(before.is_none_or(|before| entry.sync_seq > before), || {
            format!(
                "sync_seq {} after {}",
                entry.sync_seq,
                before.unwrap_or_default()
            )
        })
    })
}
