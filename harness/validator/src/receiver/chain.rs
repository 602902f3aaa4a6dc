//! Walking an asset's chain from its create (`formats.md` §4, row 16).
//!
//! A walk judges every record as it was judged when it was new, and then holds the whole against what the
//! client remembers: with every current key in hand a history can be made that is sound in itself, and
//! only a remembered head tells.

use super::check::{Broken, require};
use super::{
    AlbumFacts, Arrival, Check, Evidence, History, Policy, ReachedEpoch, Rejection, VerifyFacts,
    VerifyRules, judge,
};
use gauntlet_wire::cbor::{Canonical, Document, DocumentError};
use gauntlet_wire::chain::{ChainBreak, ProvenanceChain};
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::marks::AssetMark;
use gauntlet_wire::reason::Reason;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything that a client knows when it walks a chain.
#[derive(Debug, Clone)]
pub struct WalkFacts {
    /// The client's clock.
    pub now: Timestamp,
    /// The album that the asset is in.
    pub album: Arc<AlbumFacts>,
    /// The asset.
    pub asset: AssetId,
    /// The highest epoch that the album's records have reached so far; the newest record is held to it.
    pub reached: Option<ReachedEpoch>,
    /// When the server took a record, by its link, as far as the client can believe it.
    pub receipts: BTreeMap<Hash, Timestamp>,
    /// What was seen of the chain before. The caller keeps it across restarts.
    pub mark: Option<AssetMark>,
}

/// A chain file as it was read, from the disk or from the authority.
#[derive(Debug, Clone)]
pub struct ChainFile {
    chain: Result<ProvenanceChain, DocumentError>,
}

impl ChainFile {
    /// Reads a chain file (`formats.md` §4).
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            chain: Canonical::decode(bytes).map(Canonical::into_value),
        }
    }

    /// The chain of records that were fetched one by one, oldest first.
    #[must_use]
    pub fn of_records(chain: ProvenanceChain) -> Self {
        Self { chain: Ok(chain) }
    }

    fn chain(&self) -> Result<&ProvenanceChain, Broken> {
        self.chain
            .as_ref()
            .map_err(|error| Broken::because(format!("chain: {error}")))
    }

    /// How the records hang together.
    fn order(&self) -> Result<(), ChainBreak> {
        self.chain.as_ref().map_or(Ok(()), ProvenanceChain::walk)
    }
}

/// Where a walk failed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainFailure {
    /// The first record that does not hold, counted from 0; none where the whole does not.
    pub index: Option<usize>,
    /// What is wrong.
    pub rejection: Rejection,
}

/// What decides a chain.
#[derive(Clone)]
pub struct WalkRules {
    /// What has to hold of the file.
    pub file: Vec<Check<WalkFacts, ChainFile>>,
    /// What has to hold of every record.
    pub record: VerifyRules,
    /// What has to hold of the chain against what is remembered.
    pub memory: Vec<Check<WalkFacts, History>>,
}

impl Default for WalkRules {
    /// The contract's.
    fn default() -> Self {
        Self {
            file: CHAIN_FILE.to_vec(),
            record: VerifyRules::default(),
            memory: CHAIN_MEMORY.to_vec(),
        }
    }
}

/// What has to hold of a chain file, in order.
pub const CHAIN_FILE: &[Check<WalkFacts, ChainFile>] = &[
    Check {
        reason: Reason::ChainMalformed,
        holds: well_formed,
    },
    Check {
        reason: Reason::ChainBroken,
        holds: unbroken,
    },
];

/// What has to hold of a chain against the mark, in order.
pub const CHAIN_MEMORY: &[Check<WalkFacts, History>] = &[
    Check {
        reason: Reason::HistoryRewritten,
        holds: history_kept,
    },
    Check {
        reason: Reason::ChainTruncated,
        holds: whole,
    },
];

/// Walks a chain by the contract.
///
/// # Errors
/// The first record that does not hold, or what is wrong with the whole.
pub fn walk_chain(
    facts: &WalkFacts,
    file: &ChainFile,
    policy: &Policy,
) -> Result<History, ChainFailure> {
    walk_chain_by(&WalkRules::default(), facts, file, policy)
}

/// Walks a chain by the given rules.
///
/// # Errors
/// The first record that does not hold, or what is wrong with the whole.
pub fn walk_chain_by(
    rules: &WalkRules,
    facts: &WalkFacts,
    file: &ChainFile,
    policy: &Policy,
) -> Result<History, ChainFailure> {
    judge(&rules.file, facts, file, policy).map_err(|rejection| ChainFailure {
        index: place(file, rejection.reason),
        rejection,
    })?;
    let chain = file.chain().map_err(|broken| ChainFailure {
        index: None,
        rejection: broken.by(Reason::ChainMalformed),
    })?;
    let history = walk_records(rules, facts, chain, policy)?;
    judge(&rules.memory, facts, &history, policy).map_err(|rejection| ChainFailure {
        index: None,
        rejection,
    })?;
    Ok(history)
}

fn walk_records(
    rules: &WalkRules,
    facts: &WalkFacts,
    chain: &ProvenanceChain,
    policy: &Policy,
) -> Result<History, ChainFailure> {
    let mut history = History::default();
    let last = chain.records.len().saturating_sub(1);
    for (index, record) in chain.records.iter().enumerate() {
        let arrival = Arrival::of(&record.to_value().encode());
        let known = VerifyFacts {
            now: facts.now,
            album: Arc::clone(&facts.album),
            asset: facts.asset,
            reached: facts.reached.filter(|_| index == last),
            evidence: facts.evidence(arrival.link()),
            history,
            pending_since: None,
        };
        judge(&rules.record.checks, &known, &arrival, policy).map_err(|rejection| {
            ChainFailure {
                index: Some(index),
                rejection,
            }
        })?;
        history = known.history.with(arrival.link(), record);
    }
    Ok(history)
}

impl WalkFacts {
    /// What the mark was made of is held: it was judged when it was new.
    fn evidence(&self, link: Hash) -> Evidence {
        let mark = self.mark.as_ref();
        Evidence {
            held: mark.is_some_and(|mark| mark.links.contains(&link)),
            receipted_at: self.receipts.get(&link).copied(),
        }
    }
}

/// The record at which a file breaks.
fn place(file: &ChainFile, reason: Reason) -> Option<usize> {
    match file.order() {
        Err(ChainBreak::Root) if reason == Reason::ChainBroken => Some(0),
        Err(ChainBreak::Asset(at) | ChainBreak::Link(at)) if reason == Reason::ChainBroken => {
            Some(at)
        }
        _ => None,
    }
}

/// `formats.md` §4: a canonical array of records.
fn well_formed(_: &WalkFacts, file: &ChainFile, _: &Policy) -> Result<(), Broken> {
    file.chain().map(|_| ())
}

/// `formats.md` §4: a create first, one asset throughout, and every link.
fn unbroken(_: &WalkFacts, file: &ChainFile, _: &Policy) -> Result<(), Broken> {
    file.order()
        .map_err(|error| Broken::because(error.to_string()))
}

/// Row 16: as far as both reach, the chain is the one that was seen. A chain that every key was used to
/// rebuild fails here and nowhere else.
fn history_kept(facts: &WalkFacts, history: &History, _: &Policy) -> Result<(), Broken> {
    let seen = facts.mark.iter().flat_map(|mark| &mark.links);
    let differs = seen
        .zip(&history.links)
        .position(|(seen, found)| seen != found);
    differs.map_or(Ok(()), |index| {
        Err(Broken::because(format!(
            "record {index} is another than the one that was seen there"
        )))
    })
}

/// Row 16: the chain reaches the newest record that was seen.
fn whole(facts: &WalkFacts, history: &History, _: &Policy) -> Result<(), Broken> {
    let seen = facts.mark.as_ref().map_or(0, |mark| mark.links.len());
    let found = history.links.len();
    require(found >= seen, || {
        format!("{found} records; {seen} were seen")
    })
}

/// What a client does about the chain file on its disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainPlan {
    /// The file holds.
    Keep(History),
    /// The file does not hold, and the authority has to be asked for the records.
    Fetch(ChainFailure),
    /// The file does not hold, and is written anew from the authority's records, which do. What was wrong
    /// is surfaced.
    Rebuild {
        /// What the new file comes to.
        history: History,
        /// What is wrong with the old one.
        local: ChainFailure,
    },
    /// Neither holds: both are kept and surfaced, and nothing is written.
    Quarantine {
        /// What is wrong with the file.
        local: ChainFailure,
        /// What is wrong with the authority's records.
        authority: ChainFailure,
    },
}

/// Decides about the chain file on the disk, with the authority's records if they were fetched. The mark
/// binds both: a server may not shorten what a disk fault did.
#[must_use]
pub fn reconcile_chain(
    rules: &WalkRules,
    facts: &WalkFacts,
    local: &ChainFile,
    authority: Option<&ChainFile>,
    policy: &Policy,
) -> ChainPlan {
    let local = match walk_chain_by(rules, facts, local, policy) {
        Ok(history) => return ChainPlan::Keep(history),
        Err(failure) => failure,
    };
    let Some(authority) = authority else {
        return ChainPlan::Fetch(local);
    };
    match walk_chain_by(rules, facts, authority, policy) {
        Ok(history) => ChainPlan::Rebuild { history, local },
        Err(authority) => ChainPlan::Quarantine { local, authority },
    }
}
