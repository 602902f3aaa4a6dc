//! Pending: attested, and the key is on the way (row 32).

use crate::verify_case::VerifyCase;
use crate::world::{AMK, NANOSECOND, STRANGER, days, now};
use gauntlet_validator::receiver::{Pending, Verdict};
use gauntlet_wire::reason::Reason;
use gauntlet_wire::version::Formats;

fn without_key() -> VerifyCase {
    let mut case = VerifyCase::of(Formats::B);
    case.album().keys.remove(&2);
    case
}

#[test]
fn a_record_whose_key_is_on_the_way_is_held_and_not_quarantined() {
    let expected = Pending {
        epoch: 2,
        since: now(),
        escalated: false,
    };
    assert_eq!(without_key().verdict(), Verdict::Pending(expected));
}

#[test]
fn once_the_key_is_there_it_is_accepted() {
    let mut case = without_key();
    case.facts.pending_since = Some(now() - days(3));
    case.album().keys.insert(2, AMK);
    assert!(matches!(case.verdict(), Verdict::Accept(_)));
}

#[test]
fn it_is_told_to_a_human_after_a_day_and_held_all_the_same() {
    for (waited, escalated) in [
        (days(1) - NANOSECOND, false),
        (days(1), true),
        (days(9), true),
    ] {
        let mut case = without_key();
        let since = now() - waited;
        case.facts.pending_since = Some(since);
        let expected = Pending {
            epoch: 2,
            since,
            escalated,
        };
        assert_eq!(case.verdict(), Verdict::Pending(expected));
    }
}

#[test]
fn how_long_is_the_clients_choice() {
    let mut case = without_key();
    case.policy.pending_timeout = days(2);
    case.facts.pending_since = Some(now() - days(1));
    assert!(matches!(case.verdict(), Verdict::Pending(it) if !it.escalated));
}

#[test]
fn what_is_forged_does_not_wait() {
    let mut case = without_key();
    case.tier = &STRANGER;
    assert!(matches!(case.verdict(), Verdict::Reject(it) if it.reason == Reason::ReaderSigned));
    let mut case = without_key();
    case.core.amk_version = 3;
    assert!(matches!(case.verdict(), Verdict::Reject(it) if it.reason == Reason::BeyondAttested));
}
