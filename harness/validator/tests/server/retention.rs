//! Purging by the server's clock (`wire.md` §3, rows 9, 22, X3 and X6).

use crate::world::{NANOSECOND, asset, days, hash, held, now};
use gauntlet_validator::server::{AssetState, Effect, Policy, PurgeFacts, purge};
use gauntlet_wire::enums::BlobRole;
use jiff::Timestamp;

fn facts(state: AssetState) -> PurgeFacts {
    PurgeFacts {
        now: now(),
        asset: asset(),
        state,
        blobs: vec![
            held(BlobRole::Original, hash(1), None),
            held(BlobRole::Metadata, hash(2), None),
            held(BlobRole::Provenance, hash(3), None),
            held(BlobRole::Derivative, hash(4), None),
            held(BlobRole::Original, hash(5), Some(hash(3))),
            held(BlobRole::Provenance, hash(6), Some(hash(3))),
            held(BlobRole::Backup, hash(7), None),
        ],
    }
}

fn is_due(since: Timestamp, until: Timestamp) -> bool {
    !purge(
        &facts(AssetState::Trashed { since, until }),
        &Policy::default(),
    )
    .is_empty()
}

#[test]
fn a_delete_is_final_from_the_instant_that_it_signed() {
    let since = now() - days(30);
    assert!(!is_due(since, now() + NANOSECOND));
    assert!(is_due(since, now()));
    assert!(is_due(since, now() - days(1)));
}

#[test]
fn x3_a_delete_is_not_final_before_the_floor_whatever_it_signed() {
    let floor = Policy::default().retention_floor;
    assert_eq!(floor, days(1));
    let until = now() - days(300);
    assert!(!is_due(now() - floor + NANOSECOND, until));
    assert!(is_due(now() - floor, until));
}

#[test]
fn a_delete_can_be_taken_back_until_it_is_final() {
    // One bound for both: there is no instant at which both are refused, or both are taken.
    for (since, until) in [
        (now() - days(30), now() + NANOSECOND),
        (now() - days(30), now()),
        (now() - days(1), now() - days(3)),
        (now() - days(1) + NANOSECOND, now() - days(3)),
        (Timestamp::MAX, Timestamp::MIN),
    ] {
        let state = AssetState::Trashed { since, until };
        let retained = state.retained_until(&Policy::default()).unwrap();
        assert_eq!(is_due(since, until), now() >= retained);
    }
}

#[test]
fn a_purge_gives_up_every_reference_but_the_records() {
    let state = AssetState::Trashed {
        since: now() - days(2),
        until: now(),
    };
    let unbind = |role, fill| Effect::UnbindBlob {
        asset: asset(),
        role,
        hash: hash(fill),
    };
    let expected = [
        unbind(BlobRole::Original, 1),
        unbind(BlobRole::Metadata, 2),
        unbind(BlobRole::Derivative, 4),
        unbind(BlobRole::Original, 5),
        unbind(BlobRole::Backup, 7),
        Effect::Purge { asset: asset() },
    ];
    assert_eq!(purge(&facts(state), &Policy::default()), expected);
}

#[test]
fn what_is_not_in_the_trash_is_not_purged() {
    for state in [AssetState::Live, AssetState::Purged] {
        assert_eq!(purge(&facts(state), &Policy::default()), []);
    }
}
