//! The memory of what was refused.

use crate::world::{NANOSECOND, days, now};
use gauntlet_validator::receiver::{Policy, Refused};
use gauntlet_wire::id::Hash;
use gauntlet_wire::reason::Reason;

fn hash(number: u32) -> Hash {
    Hash::of(&number.to_be_bytes())
}

fn small() -> Policy {
    Policy {
        max_refused: 3,
        ..Policy::default()
    }
}

#[test]
fn it_is_bounded_and_forgets_what_was_referred_to_longest_ago() {
    let mut refused = Refused::default();
    for number in 0..3 {
        refused.remember(hash(number), Reason::StaleRevival, now(), &small());
    }
    assert_eq!(
        refused.recall(hash(0), now(), &small()),
        Some(Reason::StaleRevival)
    );
    refused.remember(hash(3), Reason::ReaderSigned, now(), &small());
    assert_eq!(refused.len(), 3);
    assert_eq!(refused.recall(hash(1), now(), &small()), None);
    for number in [0, 2, 3] {
        assert!(
            refused.recall(hash(number), now(), &small()).is_some(),
            "{number}"
        );
    }
}

#[test]
fn a_flood_leaves_it_as_small_as_it_was() {
    let mut refused = Refused::default();
    for number in 0..10_000 {
        refused.remember(hash(number), Reason::StaleRevival, now(), &small());
        assert!(refused.len() <= 3);
    }
}

#[test]
fn the_same_hash_again_takes_no_room() {
    let mut refused = Refused::default();
    for _ in 0..5 {
        refused.remember(hash(0), Reason::StaleRevival, now(), &small());
    }
    assert_eq!(refused.len(), 1);
}

#[test]
fn an_entry_lives_ninety_days_after_it_was_last_referred_to() {
    let policy = Policy::default();
    let mut refused = Refused::default();
    refused.remember(hash(0), Reason::StaleRevival, now(), &policy);
    let almost = now() + days(90) - NANOSECOND;
    assert!(refused.recall(hash(0), almost, &policy).is_some());
    assert!(
        refused
            .recall(hash(0), almost + days(90) - NANOSECOND, &policy)
            .is_some()
    );
    let late = almost + days(180) - NANOSECOND;
    assert_eq!(refused.recall(hash(0), late, &policy), None);
    assert!(refused.is_empty());
}
