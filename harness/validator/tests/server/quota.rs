//! The states of a quota (`wire.md` §3).

use crate::world::{NANOSECOND, days, now};
use gauntlet_validator::server::{Policy, QuotaFacts, QuotaState, quota_mark, quota_state};
use jiff::Timestamp;

fn policy() -> Policy {
    Policy {
        quota_soft_limit: Some(10),
        quota_hard_limit: Some(20),
        ..Policy::default()
    }
}

fn quota(used: u64, exceeded_since: Option<Timestamp>) -> QuotaFacts {
    QuotaFacts {
        used,
        charged: false,
        exceeded_since,
    }
}

fn state(used: u64, exceeded_since: Option<Timestamp>) -> QuotaState {
    quota_state(&quota(used, exceeded_since), now(), &policy())
}

#[test]
fn a_limit_may_be_filled_and_not_passed() {
    assert_eq!(state(0, None), QuotaState::Ok);
    assert_eq!(state(10, None), QuotaState::Ok);
    assert_eq!(state(11, None), QuotaState::SoftWarning);
    assert_eq!(state(20, None), QuotaState::SoftWarning);
    assert_eq!(state(21, None), QuotaState::HardExceeded);
}

#[test]
fn the_grace_is_counted_from_the_mark_and_above_the_limit_alone() {
    let grace = policy().quota_grace;
    assert_eq!(grace, days(14));
    assert_eq!(state(21, Some(now() - grace)), QuotaState::HardExceeded);
    let spent = Some(now() - grace - NANOSECOND);
    assert_eq!(state(21, spent), QuotaState::GraceExpired);
    assert_eq!(state(20, spent), QuotaState::SoftWarning);
    assert_eq!(state(10, spent), QuotaState::Ok);
}

#[test]
fn without_limits_everything_is_ok() {
    let policy = Policy {
        quota_soft_limit: None,
        quota_hard_limit: None,
        ..Policy::default()
    };
    let facts = quota(u64::MAX, Some(now() - days(1000)));
    assert_eq!(quota_state(&facts, now(), &policy), QuotaState::Ok);
    assert_eq!(quota_mark(&facts, now(), &policy), None);
}

#[test]
fn the_mark_is_set_kept_and_taken_away() {
    let mark = |used, since| quota_mark(&quota(used, since), now(), &policy());
    assert_eq!(mark(20, None), None);
    assert_eq!(mark(21, None), Some(now()));
    let earlier = Some(now() - days(3));
    assert_eq!(mark(21, earlier), earlier);
    assert_eq!(mark(20, earlier), None);
}

#[test]
fn the_states_are_spelled_as_the_contract_spells_them() {
    let states = [
        QuotaState::Ok,
        QuotaState::SoftWarning,
        QuotaState::HardExceeded,
        QuotaState::GraceExpired,
    ];
    assert_eq!(
        states.map(QuotaState::as_str),
        ["ok", "soft_warning", "hard_exceeded", "grace_expired"]
    );
}
