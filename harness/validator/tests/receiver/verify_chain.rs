//! `verify_asset`: what a record may continue, and how.

use crate::bound::bounds;
use crate::verify::{first_epoch, reached, receipted};
use crate::verify_case::VerifyCase;
use crate::world::{BOTH, FIRST_TIER, NANOSECOND, PHONE, SECOND_TIER, days, hash, now, record};
use gauntlet_validator::receiver::{History, Verdict};
use gauntlet_wire::enums::{Action, Surface};
use gauntlet_wire::reason::Reason;
use gauntlet_wire::version::{Formats, SuiteId};

bounds! { VerifyCase;
    one_event_is_told_once by EventRepeated with [StaleRevival] {
        inside: |case| case.over(&[], Action::MetadataUpdate),
        outside: |case| {
            case.over(&[], Action::MetadataUpdate);
            let first = record(case.core.clone(), &PHONE, &SECOND_TIER);
            case.facts.history = case.facts.history.clone().with(hash(0xee), &first);
        },
    }
    row04_a_record_continues_the_head by StaleRevival {
        inside: |case| case.over(&[Action::MetadataUpdate], Action::MetadataUpdate),
        outside: |case| {
            case.over(&[Action::MetadataUpdate], Action::MetadataUpdate);
            case.core.prior_provenance_hash = Some(case.facts.history.links[0]);
        },
    }
    row04_an_asset_is_created_once by StaleRevival {
        inside: |_| (),
        outside: |case| {
            case.over(&[], Action::MetadataUpdate);
            (case.core.action, case.core.prior_provenance_hash) = (Action::Create, None);
            case.core.b.as_mut().unwrap().metadata_blob_hash = Some(hash(0xcd));
            case.core.client_version = "gauntlet/2".to_owned();
        },
    }
    row04_an_asset_unheard_of_begins_with_its_create by StaleRevival with [NothingToRestore] {
        inside: |case| case.over(&[Action::Delete], Action::TrashRestore),
        outside: |case| {
            case.over(&[Action::Delete], Action::TrashRestore);
            case.facts.history = History::default();
        },
    }
    row04_a_delete_is_continued_by_a_restore_alone by TombstoneRevived {
        inside: |case| case.over(&[Action::Delete], Action::TrashRestore),
        outside: |case| case.over(&[Action::Delete], Action::MetadataUpdate),
    }
    a_restore_takes_a_delete_back by NothingToRestore {
        inside: |case| case.over(&[Action::Delete], Action::TrashRestore),
        outside: |case| case.over(&[Action::MetadataUpdate], Action::TrashRestore),
    }
    row17_an_epoch_is_not_below_the_albums by EpochRegressed {
        inside: |case| case.facts.reached = reached(2),
        outside: |case| case.facts.reached = reached(3),
    }
    row17_a_record_from_before_the_epoch_was_there_before by EpochRegressed {
        inside: |case| {
            case.facts.reached = reached(3);
            case.facts.evidence = receipted(now() - days(10) - NANOSECOND);
        },
        outside: |case| {
            case.facts.reached = reached(3);
            case.facts.evidence = receipted(now() - days(10));
        },
    }
    row17_an_epoch_does_not_fall_along_a_chain by EpochRegressed {
        inside: |case| case.over(&[], Action::MetadataUpdate),
        outside: |case| {
            case.over(&[], Action::MetadataUpdate);
            first_epoch(case);
            case.tier = &FIRST_TIER;
        },
    }
    row05_a_suite_does_not_fall_along_a_chain by SuiteDowngrade {
        inside: |case| {
            case.policy.suites.push(SuiteId::FICTIVE);
            case.over(&[], Action::MetadataUpdate);
            case.core.crypto_suite_id = SuiteId::FICTIVE;
        },
        outside: |case| {
            case.policy.suites.push(SuiteId::FICTIVE);
            case.over(&[], Action::MetadataUpdate);
            case.facts.history.head.as_mut().unwrap().crypto_suite_id = SuiteId::FICTIVE;
        },
    }
    row21_a_replace_is_sealed_under_a_prefix_of_its_own by NonceReused {
        inside: |case| case.over(&[Action::Replace], Action::Replace),
        outside: |case| {
            case.over(&[Action::Replace], Action::Replace);
            case.core.nonce_prefix = [1; 7];
        },
    }
    an_update_brings_no_other_original by BeyondAction {
        inside: |case| case.over(&[], Action::MetadataUpdate),
        outside: |case| {
            case.over(&[], Action::MetadataUpdate);
            case.core.ciphertext_hash = hash(0xba);
        },
    }
    a_delete_brings_no_other_metadata by BeyondAction {
        inside: |case| case.over(&[], Action::Delete),
        outside: |case| {
            case.over(&[], Action::Delete);
            case.core.b.as_mut().unwrap().metadata_blob_hash = Some(hash(0xba));
        },
    }
    nor_does_a_restore_after_a_delete_that_named_none by BeyondAction {
        inside: |case| case.over(&[Action::Delete], Action::TrashRestore),
        outside: |case| {
            case.over(&[Action::Delete], Action::TrashRestore);
            let head = case.facts.history.head.as_mut().unwrap();
            head.b.as_mut().unwrap().metadata_blob_hash = None;
            case.core.b.as_mut().unwrap().metadata_blob_hash = Some(hash(0xba));
        },
    }
}

#[test]
fn every_action_of_every_version_is_accepted_where_it_belongs() {
    for formats in BOTH {
        for action in Action::ALL.iter().copied() {
            let mut case = VerifyCase::of(formats);
            match action {
                Action::Create => (),
                Action::TrashRestore => case.over(&[Action::Delete], action),
                later => case.over(&[Action::Replace, Action::MetadataUpdate], later),
            }
            let Verdict::Accept(accepted) = case.verdict() else {
                panic!("{action}: {:?}", case.verdict());
            };
            assert_eq!(accepted.history.head_link(), Some(accepted.link));
            assert_eq!(accepted.history.head.as_ref(), Some(&case.core));
            assert_eq!(accepted.history.is_deleted(), action == Action::Delete);
            assert_eq!(
                accepted.history.links.len(),
                case.facts.history.links.len() + 1
            );
        }
    }
}

#[test]
fn row04_the_head_again_is_absorbed() {
    let mut case = VerifyCase::of(Formats::B);
    let Verdict::Accept(accepted) = case.verdict() else {
        panic!("{:?}", case.verdict());
    };
    case.facts.history = accepted.history;
    assert_eq!(case.verdict(), Verdict::Held);
}

#[test]
fn row04_an_older_record_again_is_stale() {
    let mut case = VerifyCase::of(Formats::B);
    let create = case.core.clone();
    case.over(&[Action::Delete], Action::TrashRestore);
    case.core = create;
    let Verdict::Reject(rejection) = case.verdict() else {
        panic!("{:?}", case.verdict());
    };
    assert_eq!(rejection.reason, Reason::StaleRevival);
    assert_eq!(rejection.reason.surface(), Surface::StaleRevival);
}
