//! Taking in a page of the feed.

use crate::bound::{Surface, bounds, named, without};
use crate::world::{
    NANOSECOND, PHONE, SECOND_TIER, STRANGER, album, album_facts, alice, asset, core, days,
    encoded, now, other_album, other_asset, record, records, time, version,
};
use gauntlet_validator::receiver::{
    EntryOutcome, FeedAlbum, FeedFacts, FeedPlan, History, PAGE, Policy, Refused, Rejection, judge,
    take_page,
};
use gauntlet_wire::enums::{Action, Change, Surface as Shown};
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::{SyncEntry, SyncPage, to_base64};
use gauntlet_wire::marks::{AssetMark, FeedMark};
use gauntlet_wire::reason::Reason;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::{Formats, ProtocolVersion};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(crate) struct FeedCase {
    facts: FeedFacts,
    page: SyncPage,
    policy: Policy,
}

/// The entry that shows a record.
fn entry(seq: u64, record: &ProvenanceRecord) -> SyncEntry {
    let core = &record.manifest.core;
    SyncEntry {
        asset_id: core.file_id,
        album_id: core.album_id,
        protocol_version: core.protocol_version,
        sync_seq: seq,
        change: Change::Updated,
        manifest_cbor: Some(to_base64(&encoded(record.clone()))),
        metadata_blob: None,
        blobs: Vec::new(),
        original_held: true,
        changed_at: time(now()),
    }
}

fn of_another_asset(formats: Formats) -> ProvenanceRecord {
    let mut core = core(formats);
    core.file_id = other_asset();
    record(core, &PHONE, &SECOND_TIER)
}

fn feed_album(formats: Formats) -> FeedAlbum {
    FeedAlbum {
        facts: Arc::new(album_facts(formats)),
        mark: mark(7),
        synced_at: Some(now() - days(1)),
        reached: None,
    }
}

fn mark(seq: u64) -> Option<FeedMark> {
    let assets = BTreeMap::new();
    Some(FeedMark { seq, assets })
}

impl FeedCase {
    /// The highest number seen.
    fn seq(&self) -> u64 {
        self.facts.albums[&album()].mark.as_ref().unwrap().seq
    }

    /// As if the last entry seen had been this.
    fn seen(&mut self, seq: u64) {
        self.facts.albums.get_mut(&album()).unwrap().mark = mark(seq);
    }

    /// Entries 8 and 9, each of an asset that is new.
    fn of(formats: Formats) -> Self {
        let entries = vec![
            entry(8, &records(formats, &[])[0]),
            entry(9, &of_another_asset(formats)),
        ];
        Self {
            facts: FeedFacts {
                now: now(),
                albums: BTreeMap::from([(album(), feed_album(formats))]),
                assets: BTreeMap::new(),
                receipts: BTreeMap::new(),
                pending: BTreeMap::new(),
                refused: Refused::default(),
            },
            page: SyncPage {
                entries,
                next_cursor: "next".to_owned(),
                has_more: false,
            },
            policy: Policy::default(),
        }
    }

    fn plan(&self) -> FeedPlan {
        take_page(&self.facts, &self.page, &self.policy).unwrap()
    }

    /// What the entries come to, and what the client knows from then on.
    fn take(&mut self) -> Vec<EntryOutcome> {
        let plan = self.plan();
        self.facts.albums = plan.albums;
        self.facts.assets = plan.assets;
        self.facts.refused = plan.refused;
        plan.entries
            .into_iter()
            .map(|entry| entry.outcome)
            .collect()
    }

    /// The next page shows these records alone, from where the last one ended.
    fn show(&mut self, records: &[ProvenanceRecord]) {
        let from = self.seq() + 1;
        self.page.entries = records
            .iter()
            .zip(from..)
            .map(|(record, seq)| entry(seq, record))
            .collect();
    }
}

impl Surface for FeedCase {
    fn honest() -> Self {
        Self::of(Formats::B)
    }

    fn reasons() -> Vec<Reason> {
        named(PAGE)
    }

    fn judge(&self) -> Result<(), Rejection> {
        let plan = take_page(&self.facts, &self.page, &self.policy)?;
        assert_eq!(plan.entries.len(), self.page.entries.len());
        Ok(())
    }

    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection> {
        judge(
            &without(PAGE, left_out),
            &self.facts,
            &self.page,
            &self.policy,
        )
    }
}

bounds! { FeedCase;
    a_page_is_within_its_bound by PageTooLong {
        inside: |case| case.policy.max_page = 2,
        outside: |case| case.policy.max_page = 1,
    }
    inv12_no_entry_is_of_a_version_above by ProtocolAhead {
        inside: |case| case.policy.max_protocol = version(Formats::B),
        outside: |case| case.page.entries[1].protocol_version = ProtocolVersion::AFTER_MAX,
    }
    an_entry_is_of_an_album_that_was_asked_for by AlbumUnknown {
        inside: |_| (),
        outside: |case| case.page.entries[1].album_id = other_album(),
    }
    inv12_a_page_begins_after_the_last by SyncSeqRegressed {
        inside: |case| case.seen(7),
        outside: |case| case.seen(8),
    }
    inv12_a_page_rises by SyncSeqRegressed {
        inside: |case| case.page.entries[1].sync_seq = 9,
        outside: |case| case.page.entries[1].sync_seq = 8,
    }
    inv12_and_does_not_fall by SyncSeqRegressed {
        inside: |case| case.page.entries[0].sync_seq = 8,
        outside: |case| case.page.entries.reverse(),
    }
}

#[test]
fn a_page_is_taken_in_both_versions() {
    for formats in crate::world::BOTH {
        let mut case = FeedCase::of(formats);
        let outcomes = case.take();
        assert!(
            outcomes
                .iter()
                .all(|it| matches!(it, EntryOutcome::Accept(_))),
            "{outcomes:?}"
        );
        assert_eq!(case.facts.assets.len(), 2);
        let album = &case.facts.albums[&album()];
        assert_eq!(album.reached.unwrap().epoch, 2);
        let mark = album.mark.as_ref().unwrap();
        assert_eq!((mark.seq, mark.assets.len()), (9, 2));
        let links = vec![records(formats, &[])[0].link()];
        assert_eq!(mark.assets[&asset()], AssetMark { seq: 8, links });
    }
}

#[test]
fn inv12_each_album_has_a_sequence_of_its_own() {
    let mut case = FeedCase::honest();
    let mut other = feed_album(Formats::B);
    other.mark = mark(100);
    case.facts.albums.insert(other_album(), other);
    case.judge().unwrap();
    case.page.entries[1].album_id = other_album();
    assert_eq!(case.judge().unwrap_err().reason, Reason::SyncSeqRegressed);
}

#[test]
fn one_bad_record_does_not_hold_up_the_others() {
    let mut case = FeedCase::honest();
    let forged = record(core(Formats::B), &STRANGER, &SECOND_TIER);
    case.page.entries[0] = entry(8, &forged);
    let outcomes = case.take();
    assert!(
        matches!(&outcomes[0], EntryOutcome::Refuse { rejection, again: false } if rejection.reason == Reason::DeviceSignatureInvalid)
    );
    assert!(matches!(outcomes[1], EntryOutcome::Accept(_)));
    assert_eq!(case.seq(), 9);
    assert!(!case.facts.assets.contains_key(&asset()));
}

#[test]
fn an_entry_without_a_record_is_refused_by_itself() {
    for text in [None, Some("=".to_owned()), Some("AAA".to_owned())] {
        let mut case = FeedCase::honest();
        case.page.entries[0].manifest_cbor = text;
        let outcomes = case.take();
        assert!(
            matches!(&outcomes[0], EntryOutcome::Refuse { rejection, .. } if rejection.reason == Reason::EntryMalformed)
        );
        assert!(matches!(outcomes[1], EntryOutcome::Accept(_)));
    }
}

#[test]
fn row04_an_entry_of_another_asset_or_album_is_refused() {
    let mut case = FeedCase::honest();
    case.page.entries[0].asset_id = other_asset();
    assert!(
        matches!(&case.take()[0], EntryOutcome::Refuse { rejection, .. } if rejection.reason == Reason::AssetMismatch)
    );
    let mut case = FeedCase::honest();
    case.facts
        .albums
        .insert(other_album(), feed_album(Formats::B));
    let facts = Arc::make_mut(&mut case.facts.albums.get_mut(&other_album()).unwrap().facts);
    facts.album = other_album();
    case.page.entries[0].album_id = other_album();
    assert!(
        matches!(&case.take()[0], EntryOutcome::Refuse { rejection, .. } if rejection.reason == Reason::AlbumMismatch)
    );
}

#[test]
fn row04_stale_state_is_refused_surfaced_and_remembered() {
    let mut case = FeedCase::honest();
    let chain = records(Formats::B, &[Action::MetadataUpdate, Action::Delete]);
    case.show(&chain);
    let outcomes = case.take();
    assert!(
        outcomes
            .iter()
            .all(|it| matches!(it, EntryOutcome::Accept(_))),
        "{outcomes:?}"
    );

    // Never sent before, over the create, while the asset is deleted.
    let mut stale = chain[1].manifest.core.clone();
    stale.client_version = "gauntlet/2".to_owned();
    let stale = record(stale, &PHONE, &SECOND_TIER);
    // And the accepted update once more.
    case.show(&[stale, chain[1].clone()]);
    for again in [false, true] {
        for outcome in case.take() {
            let EntryOutcome::Refuse {
                rejection,
                again: told,
            } = outcome
            else {
                panic!("{outcome:?}");
            };
            assert_eq!(rejection.reason, Reason::StaleRevival);
            assert_eq!(rejection.reason.surface(), Shown::StaleRevival);
            assert_eq!(told, again);
        }
        assert!(case.facts.assets[&asset()].is_deleted());
        assert_eq!(case.facts.refused.len(), 2);
        for entry in &mut case.page.entries {
            entry.sync_seq += 2;
        }
    }
}

#[test]
fn row04_the_head_again_is_absorbed() {
    let mut case = FeedCase::honest();
    case.take();
    case.show(&records(Formats::B, &[]));
    assert_eq!(case.take(), [EntryOutcome::Held]);
    assert!(case.facts.refused.is_empty());
}

#[test]
fn a_client_that_was_away_fetches_what_lies_between() {
    let chain = records(Formats::B, &[Action::Replace, Action::MetadataUpdate]);
    let mut case = FeedCase::honest();
    case.show(&chain[..1]);
    case.take();
    case.show(&chain[2..]);
    let prior = chain[1].link();
    assert_eq!(case.take(), [EntryOutcome::Fetch { prior }]);
    // The head stays until the records between were walked; nothing is refused.
    assert_eq!(case.facts.assets[&asset()].links, [chain[0].link()]);
    assert!(case.facts.refused.is_empty());
    // A forged one is not worth fetching for.
    let forged = record(chain[2].manifest.core.clone(), &PHONE, &STRANGER);
    case.show(&[forged]);
    assert!(matches!(&case.take()[0], EntryOutcome::Refuse { .. }));
}

#[test]
fn what_came_too_early_is_accepted_in_time() {
    let mut case = FeedCase::honest();
    let facts = Arc::make_mut(&mut case.facts.albums.get_mut(&album()).unwrap().facts);
    let ledger = facts.ledger.take();
    let records = records(Formats::B, &[]);
    case.show(&records);
    assert!(
        matches!(&case.take()[0], EntryOutcome::Refuse { rejection, .. } if rejection.reason == Reason::BeyondAttested)
    );
    let facts = Arc::make_mut(&mut case.facts.albums.get_mut(&album()).unwrap().facts);
    facts.ledger = ledger;
    case.show(&records);
    assert!(matches!(&case.take()[0], EntryOutcome::Accept(_)));
}

#[test]
fn what_is_wrong_for_good_is_not_judged_again() {
    let mut case = FeedCase::honest();
    let bytes = b"no record";
    case.page.entries.truncate(1);
    case.page.entries[0].manifest_cbor = Some(to_base64(bytes));
    case.facts
        .refused
        .remember(Hash::of(bytes), Reason::NotCanonical, now(), &case.policy);
    let outcomes = case.take();
    let EntryOutcome::Refuse { rejection, again } = &outcomes[0] else {
        panic!("{outcomes:?}");
    };
    assert_eq!((rejection.reason, *again), (Reason::NotCanonical, true));
}

#[test]
fn row20_a_server_that_backdates_is_believed_up_to_the_last_sync_alone() {
    let revoked = now() - days(2);
    let case = |synced_at| {
        let mut case = FeedCase::honest();
        let album = case.facts.albums.get_mut(&album()).unwrap();
        album.synced_at = synced_at;
        let facts = Arc::make_mut(&mut album.facts);
        let directory = facts.directories.get_mut(&alice()).unwrap();
        directory.devices[0].revoked_at = Some(time(revoked));
        let mut core = core(Formats::B);
        core.timestamp = time(now() - days(3));
        case.page.entries = vec![entry(8, &record(core, &PHONE, &SECOND_TIER))];
        case.page.entries[0].changed_at = time(now() - days(3));
        case
    };
    // On a first sync there is the server's word alone, and a device that synced before the revocation
    // may have missed the record.
    for synced_at in [None, Some(revoked - NANOSECOND)] {
        assert!(matches!(case(synced_at).take()[0], EntryOutcome::Accept(_)));
    }
    // Who stood at the end of the feed after the revocation would have seen it.
    let mut late = case(Some(revoked));
    assert!(
        matches!(&late.take()[0], EntryOutcome::Refuse { rejection, .. } if rejection.reason == Reason::DeviceRevoked)
    );
    // A receipt that the server signed is better than that.
    let mut receipted = case(Some(revoked));
    let text = receipted.page.entries[0].manifest_cbor.clone().unwrap();
    let link = Hash::of(&gauntlet_wire::json::from_base64(&text).unwrap());
    receipted.facts.receipts.insert(link, revoked - NANOSECOND);
    assert!(matches!(receipted.take()[0], EntryOutcome::Accept(_)));
}

#[test]
fn row17_an_epoch_that_a_page_reaches_binds_the_rest_of_it() {
    let mut case = FeedCase::honest();
    let mut early = core(Formats::B);
    (early.file_id, early.amk_version) = (other_asset(), 1);
    let early = record(early, &PHONE, &crate::world::FIRST_TIER);
    let first = records(Formats::B, &[]);
    case.show(&[first[0].clone(), early.clone()]);
    assert!(
        matches!(&case.take()[1], EntryOutcome::Refuse { rejection, .. } if rejection.reason == Reason::EpochRegressed)
    );
    let mut other_order = FeedCase::honest();
    other_order.show(&[early, first[0].clone()]);
    assert!(
        other_order
            .take()
            .iter()
            .all(|it| matches!(it, EntryOutcome::Accept(_)))
    );
}

#[test]
fn row32_a_pending_record_is_told_after_a_day() {
    let mut case = FeedCase::honest();
    case.page.entries.truncate(1);
    let album = case.facts.albums.get_mut(&album()).unwrap();
    Arc::make_mut(&mut album.facts).keys.clear();
    assert!(matches!(case.plan().entries[0].outcome, EntryOutcome::Pending(it) if !it.escalated));
    let link = records(Formats::B, &[])[0].link();
    case.facts.pending.insert(link, now() - days(1));
    assert!(matches!(case.plan().entries[0].outcome, EntryOutcome::Pending(it) if it.escalated));
    assert_eq!(case.plan().assets.get(&asset()), None::<&History>);
}
