//! Walking a chain from its create.

use crate::bound::{Surface, bounds, named, without};
use crate::world::{
    BOTH, FIRST_TIER, NANOSECOND, PHONE, SECOND_TIER, STRANGER, album_facts, asset, core_over,
    days, history, now, other_asset, record, records, time,
};
use gauntlet_validator::receiver::{
    CHAIN_FILE, CHAIN_MEMORY, ChainFailure, ChainFile, ChainPlan, Check, Policy, ReachedEpoch,
    Rejection, VERIFY, WalkFacts, WalkRules, reconcile_chain, walk_chain, walk_chain_by,
};
use gauntlet_wire::cbor::Document;
use gauntlet_wire::chain::ProvenanceChain;
use gauntlet_wire::enums::Action;
use gauntlet_wire::marks::AssetMark;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::Formats;
use std::collections::BTreeMap;
use std::sync::Arc;

const LATER: &[Action] = &[Action::Replace, Action::MetadataUpdate, Action::Delete];

#[derive(Debug, Clone)]
pub(crate) struct ChainCase {
    records: Vec<ProvenanceRecord>,
    trailing: Vec<u8>,
    facts: WalkFacts,
}

impl ChainCase {
    fn of(formats: Formats) -> Self {
        Self {
            records: records(formats, LATER),
            trailing: Vec::new(),
            facts: WalkFacts {
                now: now(),
                album: Arc::new(album_facts(formats)),
                asset: asset(),
                reached: None,
                receipts: BTreeMap::new(),
                mark: Some(mark(formats, LATER)),
            },
        }
    }

    fn file(&self) -> ChainFile {
        let chain = ProvenanceChain {
            records: self.records.clone(),
        };
        let mut bytes = chain.to_value().encode();
        bytes.extend(&self.trailing);
        ChainFile::of(&bytes)
    }

    fn walk(&self) -> Result<(), ChainFailure> {
        walk_chain(&self.facts, &self.file(), &Policy::default()).map(|history| {
            let links: Vec<_> = self.records.iter().map(ProvenanceRecord::link).collect();
            assert_eq!(history.links, links);
        })
    }

    fn failure(&self) -> (Option<usize>, Reason) {
        let failure = self.walk().unwrap_err();
        (failure.index, failure.rejection.reason)
    }

    /// The chain rebuilt with every current key: sound in itself, and another.
    fn rebuild(&mut self) {
        for index in 0..self.records.len() {
            let mut core = self.records[index].manifest.core.clone();
            core.client_version = "gauntlet/2".to_owned();
            let prior = index
                .checked_sub(1)
                .map(|before| self.records[before].link());
            core.prior_provenance_hash = prior;
            self.records[index] = record(core, &PHONE, &SECOND_TIER);
        }
    }
}

fn mark(formats: Formats, later: &[Action]) -> AssetMark {
    AssetMark {
        seq: 9,
        links: history(formats, later).links,
    }
}

impl Surface for ChainCase {
    fn honest() -> Self {
        Self::of(Formats::B)
    }

    fn reasons() -> Vec<Reason> {
        [named(CHAIN_FILE), named(CHAIN_MEMORY)].concat()
    }

    fn judge(&self) -> Result<(), Rejection> {
        self.walk().map_err(|failure| failure.rejection)
    }

    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection> {
        let rules = WalkRules {
            file: without(CHAIN_FILE, left_out),
            memory: without(CHAIN_MEMORY, left_out),
            // What `verify_asset` holds every record to has bounds of its own.
            record: gauntlet_validator::receiver::VerifyRules {
                checks: Vec::new(),
                ..Default::default()
            },
        };
        let walked = walk_chain_by(&rules, &self.facts, &self.file(), &Policy::default());
        // What is no chain is never walked, whatever the lists say.
        let unread = |reason| reason == Reason::ChainMalformed && left_out.contains(&reason);
        match walked {
            Err(failure) if !unread(failure.rejection.reason) => Err(failure.rejection),
            _ => Ok(()),
        }
    }
}

bounds! { ChainCase;
    a_chain_does_not_break by ChainBroken {
        inside: |_| (),
        outside: |case| { case.facts.mark = None; case.records.remove(1); },
    }
    a_chain_begins_with_a_create by ChainBroken {
        inside: |_| (),
        outside: |case| { case.facts.mark = None; case.records.remove(0); },
    }
    a_chain_is_not_reordered by ChainBroken {
        inside: |_| (),
        outside: |case| { case.facts.mark = None; case.records.swap(1, 2) },
    }
    a_chain_is_not_empty by ChainBroken with [ChainTruncated] {
        inside: |case| case.records.truncate(4),
        outside: |case| case.records.clear(),
    }
    row16_a_chain_is_the_one_that_was_seen by HistoryRewritten {
        inside: |case| { case.facts.mark = None; case.rebuild() },
        outside: ChainCase::rebuild,
    }
    row16_a_chain_reaches_what_was_seen by ChainTruncated {
        inside: |case| case.facts.mark = Some(mark(Formats::B, &LATER[..2])),
        outside: |case| case.records.truncate(3),
    }
    a_file_is_canonical by ChainMalformed {
        inside: |_| (),
        outside: |case| case.trailing = vec![0xf6],
    }
}

#[test]
fn in_both_versions_a_chain_of_every_action_walks() {
    for formats in BOTH {
        let mut case = ChainCase::of(formats);
        case.walk().unwrap();
        case.facts.mark = None;
        case.walk().unwrap();
    }
}

#[test]
fn row16_every_failure_names_its_record() {
    for index in 0..4 {
        let mut altered = ChainCase::honest();
        altered.facts.mark = None;
        altered.records[index].manifest.core.plaintext_size += 1;
        // The next record's link breaks; of the last, its own signature does.
        let expected = match index {
            3 => (Some(3), Reason::DeviceSignatureInvalid),
            _ => (Some(index + 1), Reason::ChainBroken),
        };
        assert_eq!(altered.failure(), expected);

        let mut unsigned = ChainCase::honest();
        unsigned.facts.mark = None;
        unsigned.records.truncate(index + 1);
        let core = unsigned.records[index].manifest.core.clone();
        unsigned.records[index] = record(core.clone(), &STRANGER, &SECOND_TIER);
        assert_eq!(
            unsigned.failure(),
            (Some(index), Reason::DeviceSignatureInvalid)
        );
        unsigned.records[index] = record(core, &PHONE, &STRANGER);
        assert_eq!(unsigned.failure(), (Some(index), Reason::ReaderSigned));
    }
}

#[test]
fn row16_a_past_record_under_other_signatures_is_another_link() {
    let mut case = ChainCase::honest();
    case.facts.mark = None;
    // Who holds the write-tier key can sign the same core anew; a flipped bit stands for that.
    case.records[0].manifest.write_sig.ml[0] ^= 1;
    assert_eq!(case.failure(), (Some(1), Reason::ChainBroken));
}

#[test]
fn a_record_of_another_asset_is_found_in_the_middle() {
    let mut case = ChainCase::honest();
    let mut core = case.records[1].manifest.core.clone();
    core.file_id = other_asset();
    case.records[1] = record(core, &PHONE, &SECOND_TIER);
    assert_eq!(case.failure(), (Some(1), Reason::ChainBroken));
    let mut whole = ChainCase::honest();
    whole.facts.asset = other_asset();
    assert_eq!(whole.failure(), (Some(0), Reason::AssetMismatch));
}

#[test]
fn row16_a_retired_device_still_verifies_what_was_there_before() {
    let mut case = ChainCase::honest();
    let revoked = time(now());
    let retire = |case: &mut ChainCase| {
        let album = Arc::make_mut(&mut case.facts.album);
        for directory in album.directories.values_mut() {
            directory.devices[0].revoked_at = Some(revoked.clone());
        }
    };
    retire(&mut case);
    // What the mark was made of was judged when it was new.
    case.walk().unwrap();
    // A fresh device has the server's receipts alone.
    case.facts.mark = None;
    assert_eq!(case.failure(), (Some(0), Reason::DeviceRevoked));
    let receipts = case
        .records
        .iter()
        .map(|it| (it.link(), now() - NANOSECOND));
    case.facts.receipts = receipts.collect();
    case.walk().unwrap();
}

#[test]
fn row17_only_the_newest_record_is_held_to_what_the_album_has_reached() {
    let mut case = ChainCase::honest();
    case.facts.mark = None;
    let mut create = case.records[0].manifest.core.clone();
    create.amk_version = 1;
    let create = record(create, &PHONE, &FIRST_TIER);
    let known = gauntlet_validator::receiver::History::default().with(create.link(), &create);
    let mut update = core_over(Formats::B, &known, Action::MetadataUpdate);
    update.amk_version = 2;
    case.records = vec![create, record(update, &PHONE, &SECOND_TIER)];
    let since = now() - days(1);
    case.facts.reached = Some(ReachedEpoch { epoch: 2, since });
    case.walk().unwrap();
    case.records.truncate(1);
    assert_eq!(case.failure(), (Some(0), Reason::EpochRegressed));
}

#[test]
fn a_walk_without_signatures_or_without_links_is_found_out() {
    let unsigned: Vec<Check<_, _>> = VERIFY
        .iter()
        .filter(|check| {
            let signatures = [Reason::HalfInvalid, Reason::DeviceSignatureInvalid];
            !signatures.contains(&check.reason)
        })
        .copied()
        .collect();
    let mut rules = WalkRules::default();
    rules.record.checks = unsigned;
    let mut case = ChainCase::honest();
    let core = case.records[3].manifest.core.clone();
    case.records[3] = record(core, &STRANGER, &SECOND_TIER);
    case.facts.mark = None;
    let walked = walk_chain_by(&rules, &case.facts, &case.file(), &Policy::default());
    assert!(walked.is_ok());
    assert_eq!(case.failure(), (Some(3), Reason::DeviceSignatureInvalid));
}

/// The plan for this file on the disk and these records of the authority.
fn plan(local: &ChainCase, authority: Option<&ChainCase>) -> ChainPlan {
    let authority = authority.map(ChainCase::file);
    reconcile_chain(
        &WalkRules::default(),
        &local.facts,
        &local.file(),
        authority.as_ref(),
        &Policy::default(),
    )
}

#[test]
fn row16_a_truncated_file_is_rebuilt_from_the_authority() {
    let whole = ChainCase::honest();
    assert!(matches!(plan(&whole, None), ChainPlan::Keep(history) if history.links.len() == 4));
    let mut cut = whole.clone();
    cut.records.truncate(2);
    let ChainPlan::Fetch(failure) = plan(&cut, None) else {
        panic!("{:?}", plan(&cut, None));
    };
    assert_eq!(failure.rejection.reason, Reason::ChainTruncated);
    let ChainPlan::Rebuild { history, local } = plan(&cut, Some(&whole)) else {
        panic!("{:?}", plan(&cut, Some(&whole)));
    };
    assert_eq!((history.links.len(), local), (4, failure));
}

#[test]
fn row16_an_authority_that_forgot_rebuilds_nothing() {
    let whole = ChainCase::honest();
    let (mut cut, mut rewritten) = (whole.clone(), whole.clone());
    cut.records.truncate(2);
    rewritten.rebuild();
    for (authority, reason) in [
        (&cut, Reason::ChainTruncated),
        (&rewritten, Reason::HistoryRewritten),
    ] {
        let ChainPlan::Quarantine { authority, .. } = plan(&cut, Some(authority)) else {
            panic!("{:?}", plan(&cut, Some(authority)));
        };
        assert_eq!(authority.rejection.reason, reason);
    }
    // With its own file whole, the client does not ask.
    assert!(matches!(plan(&whole, Some(&cut)), ChainPlan::Keep(_)));
}
