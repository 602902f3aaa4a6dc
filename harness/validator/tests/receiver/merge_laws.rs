//! The laws of merging, over replicas that collide as often as they can.
//!
//! Few devices, instants, values and ids, so that ties are the rule and not the exception; what fails is
//! shrunk to few parts and printed.

use crate::sidecar_world::{add, ai_tag, imported, unknown};
use crate::world::{days, now};
use gauntlet_validator::receiver::{Displaced, Merged, Policy, Replica, merge};
use gauntlet_wire::cbor::{Map, Value};
use gauntlet_wire::id::{DeviceId, Hash};
use gauntlet_wire::sidecar::{AddId, Register, RegisterValue, SidecarBody, TagSet, Write};
use gauntlet_wire::time::Timestamp;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(6),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn device() -> impl Strategy<Value = DeviceId> {
    (1u8..=3).prop_map(|fill| DeviceId::from_slice(&[fill; 16]).unwrap())
}

/// Four instants, one of them in two spellings and one too far ahead.
fn ts() -> impl Strategy<Value = Timestamp> {
    select(vec![
        "2026-11-20T12:00:00Z",
        "2026-11-20T13:00:00+01:00",
        "2026-11-20T12:00:00.001Z",
        "2026-11-19T12:00:00Z",
        "2027-06-01T00:00:00Z",
    ])
    .prop_map(|text| text.parse().unwrap())
}

fn unknowns() -> impl Strategy<Value = Map> {
    option::weighted(0.2, (select(vec!["a", "b"]), 0u16..2))
        .prop_map(|entry| entry.map_or_else(Map::new, |(key, value)| unknown(key, value)))
}

fn any_write<T: RegisterValue + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Write<T>> {
    (value, ts(), device(), unknowns()).prop_map(|(value, ts, by, unknown)| Write {
        value,
        ts,
        by,
        unknown,
    })
}

/// A register as a wire document has it: in order, without repeats, within its log.
fn any_register<T: RegisterValue + std::fmt::Debug + 'static>(
    value: impl Strategy<Value = T>,
    log: usize,
) -> impl Strategy<Value = Register<T>> {
    let writes = vec(any_write(value), 0..=log + 1);
    (writes, unknowns()).prop_map(move |(mut writes, unknown)| {
        writes.sort_by(|left, right| right.order(left));
        writes.dedup_by(|right, left| left.repeats(right));
        let mut writes = writes.into_iter();
        Register {
            current: writes.next(),
            superseded: writes.take(T::LOG).collect(),
            unknown,
        }
    })
}

fn add_id() -> impl Strategy<Value = AddId> {
    (device(), 0u64..3).prop_map(|(device, counter)| add(device, counter))
}

fn any_set<T: std::fmt::Debug + Clone + 'static>(
    tag: impl Strategy<Value = T>,
) -> impl Strategy<Value = TagSet<T>> {
    (
        btree_map(add_id(), tag, 0..4),
        btree_set(add_id(), 0..4),
        unknowns(),
    )
        .prop_map(|(adds, removes, unknown)| TagSet {
            adds,
            removes,
            unknown,
        })
}

fn any_body() -> impl Strategy<Value = SidecarBody> {
    let text = || select(vec!["x", "y", "z"]).prop_map(str::to_owned);
    (
        any_register(text(), 17),
        any_register(0u8..=2, 2),
        any_set(text()),
        any_set(select(vec!["x", "y"]).prop_map(ai_tag)),
        (unknowns(), option::of(0u8..2), 0u8..2),
    )
        .prop_map(|(caption, rating, tags_user, tags_ai, plain)| {
            let (unknown, link, hash) = plain;
            SidecarBody {
                caption,
                rating,
                tags_user,
                tags_ai,
                provenance_chain_hash: link.map(|fill| Hash::from_bytes([fill; 32])),
                hash: Hash::from_bytes([hash; 32]),
                unknown,
                ..imported()
            }
        })
}

/// What a device has after it received a sidecar.
fn any_replica() -> impl Strategy<Value = Replica> {
    any_body().prop_map(|body| Replica::of(body, now(), &policy()))
}

/// A policy under which parked removes reach their bound.
fn policy() -> Policy {
    Policy {
        max_parked: 64,
        ..Policy::default()
    }
}

fn merged(one: &Replica, other: &Replica) -> Replica {
    told(one, other).replica
}

fn told(one: &Replica, other: &Replica) -> Merged {
    merge(one, other, &policy()).unwrap()
}

proptest! {
    #![proptest_config(config(3_000))]

    #[test]
    fn merging_is_commutative(one in any_replica(), other in any_replica()) {
        let (there, back) = (told(&one, &other), told(&other, &one));
        prop_assert_eq!(there.replica.body.signed_bytes(), back.replica.body.signed_bytes());
        prop_assert_eq!(&there.replica, &back.replica);
        prop_assert_eq!(there.displaced.len(), back.displaced.len());
        for displaced in &there.displaced {
            prop_assert!(back.displaced.contains(displaced), "{:?}", displaced);
        }
    }

    #[test]
    fn merging_is_associative(
        one in any_replica(),
        two in any_replica(),
        three in any_replica(),
    ) {
        let left = merged(&merged(&one, &two), &three);
        let right = merged(&one, &merged(&two, &three));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn merging_is_idempotent(one in any_replica(), other in any_replica()) {
        let Merged { replica, displaced } = told(&one, &one);
        prop_assert_eq!(&replica, &one);
        prop_assert_eq!(displaced, vec![]);
        let both = merged(&one, &other);
        prop_assert_eq!(&merged(&both, &other), &both);
        prop_assert_eq!(&merged(&one, &both), &both);
    }

    #[test]
    fn nothing_is_displaced_unseen(one in any_replica(), other in any_replica()) {
        let Merged { replica, displaced } = told(&one, &other);
        for before in [&one, &other] {
            prop_assert_eq!(unseen(before, &replica, &displaced), Vec::<String>::new());
        }
    }
}

proptest! {
    #![proptest_config(config(1_000))]

    #[test]
    fn every_order_of_four_ends_in_one_replica(replicas in vec(any_replica(), 4)) {
        let mut ends: Vec<Replica> = Vec::new();
        for order in orders(4) {
            let mut in_order = order.into_iter().map(|at| &replicas[at]);
            let first = in_order.next().unwrap().clone();
            ends.push(in_order.fold(first, |whole, next| merged(&whole, next)));
        }
        prop_assert_eq!(ends.len(), 24);
        prop_assert!(ends.iter().all(|end| *end == ends[0]));
    }

    #[test]
    fn a_remove_wins_over_its_add_in_every_order(replicas in vec(any_replica(), 3)) {
        let removed: BTreeSet<AddId> = replicas
            .iter()
            .flat_map(|it| it.body.tags_user.removes.iter().chain(&it.parked.tags_user))
            .copied()
            .collect();
        for order in orders(3) {
            let mut in_order = order.into_iter().map(|at| &replicas[at]);
            let first = in_order.next().unwrap().clone();
            let whole = in_order.fold(first, |whole, next| merged(&whole, next));
            let set = &whole.body.tags_user;
            let applied: BTreeSet<AddId> = removed
                .iter()
                .filter(|id| set.adds.contains_key(id))
                .copied()
                .collect();
            prop_assert_eq!(&set.removes, &applied);
            let waiting = removed.difference(&applied).copied().collect();
            prop_assert_eq!(&whole.parked.tags_user, &waiting);
        }
    }
}

/// Every order of so many.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for shorter in orders(count - 1) {
        for at in 0..count {
            let mut order = shorter.clone();
            order.insert(at, count - 1);
            all.push(order);
        }
    }
    all
}

/// Everything that `before` says and `after` does not, and nobody was told of.
fn unseen(before: &Replica, after: &Replica, displaced: &[Displaced]) -> Vec<String> {
    let mut unseen = Vec::new();
    let (was, is) = (&before.body, &after.body);
    for write in was
        .caption
        .current
        .iter()
        .chain(&was.caption.superseded)
        .chain(&before.parked.captions)
    {
        let kept = is
            .caption
            .current
            .iter()
            .chain(&is.caption.superseded)
            .chain(&after.parked.captions);
        let told = displaced
            .iter()
            .any(|it| matches!(it, Displaced::Caption(it) if it.repeats(write)));
        if !told && !kept.into_iter().any(|kept| kept.repeats(write)) {
            unseen.push(format!("caption {write:?}"));
        }
    }
    for write in was.rating.current.iter().chain(&before.parked.ratings) {
        let kept = is.rating.current.iter().chain(&after.parked.ratings);
        let told = displaced
            .iter()
            .any(|it| matches!(it, Displaced::Rating(it) if it.repeats(write)));
        if !told && !kept.into_iter().any(|kept| kept.repeats(write)) {
            unseen.push(format!("rating {write:?}"));
        }
    }
    for (id, tag) in &was.tags_user.adds {
        let told = displaced.contains(&Displaced::Tag(*id, tag.clone()));
        if !told && is.tags_user.adds.get(id) != Some(tag) {
            unseen.push(format!("tag {tag} {id:?}"));
        }
    }
    for id in was.tags_user.removes.iter().chain(&before.parked.tags_user) {
        let kept = is.tags_user.removes.contains(id) || after.parked.tags_user.contains(id);
        if !kept && !displaced.contains(&Displaced::Remove(*id)) {
            unseen.push(format!("remove {id:?}"));
        }
    }
    let parts = [
        (&was.unknown, &is.unknown),
        (&was.caption.unknown, &is.caption.unknown),
        (&was.rating.unknown, &is.rating.unknown),
        (&was.tags_user.unknown, &is.tags_user.unknown),
        (&was.tags_ai.unknown, &is.tags_ai.unknown),
    ];
    let kept = || is.caption.current.iter().chain(&is.caption.superseded);
    let written = was.caption.current.iter().chain(&was.caption.superseded);
    let written = written.filter_map(|write| {
        let kept = kept().find(|kept| kept.repeats(write))?;
        Some((&write.unknown, &kept.unknown))
    });
    for (was, is) in parts.into_iter().chain(written) {
        for (key, value) in was.iter() {
            let told = displaced.contains(&Displaced::Field(key.clone(), value.clone()));
            if !told && is.get(key) != Some(value) {
                unseen.push(format!("unknown key {key:?}"));
            }
        }
    }
    let hash = Value::from(*was.hash.as_bytes());
    if was.hash != is.hash && !displaced.contains(&Displaced::Field("hash".into(), hash)) {
        unseen.push("hash".to_owned());
    }
    unseen
}

#[test]
fn the_strategies_reach_what_the_laws_are_about() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::new(config(1));
    let (mut ties, mut parked, mut ahead, mut full) = (0, 0, 0, 0);
    for _ in 0..500 {
        let mut draw = || any_replica().new_tree(&mut runner).unwrap().current();
        let (one, other) = (draw(), draw());
        let current = |it: &Replica| it.body.caption.current.clone();
        if let (Some(left), Some(right)) = (current(&one), current(&other)) {
            ties += usize::from(left.ts.instant() == right.ts.instant() && left.by == right.by);
        }
        parked += usize::from(!one.parked.tags_user.is_empty());
        ahead += usize::from(!one.parked.captions.is_empty());
        full += usize::from(!told(&one, &other).displaced.is_empty());
    }
    for (what, count) in [
        ("ties", ties),
        ("parked", parked),
        ("ahead", ahead),
        ("told", full),
    ] {
        assert!(count >= 20, "{what}: {count} of 500");
    }
    assert!(now() + days(30) < "2027-06-01T00:00:00Z".parse().unwrap());
}
