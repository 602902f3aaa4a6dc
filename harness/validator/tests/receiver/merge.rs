//! Merging, example by example (rows 6, 7 and 9).

use crate::sidecar_world::{add, ai_tag, caption, imported, rich, unknown, write};
use crate::world::{BOTH, NANOSECOND, days, now, other_asset, phone, tablet};
use gauntlet_validator::receiver::{
    Displaced, MergeRules, Merged, Policy, Removes, Replica, merge, merge_by, tags_in_effect,
};
use gauntlet_wire::bounds::{SUPERSEDED, TAG_CHANGES, UNKNOWN_KEYS};
use gauntlet_wire::cbor::Value;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::sidecar::{SidecarBody, Write};
use gauntlet_wire::version::Formats;

fn replica(change: impl FnOnce(&mut SidecarBody)) -> Replica {
    let mut body = imported();
    change(&mut body);
    Replica::of(body, now(), &Policy::default())
}

fn captioned(write: Write<String>) -> Replica {
    replica(|body| body.caption.current = Some(write))
}

/// The merge, which is the same in both orders.
fn merged(one: &Replica, other: &Replica) -> Merged {
    let there = merge(one, other, &Policy::default()).unwrap();
    let back = merge(other, one, &Policy::default()).unwrap();
    assert_eq!(there.replica, back.replica);
    assert_eq!(there.displaced.len(), back.displaced.len());
    assert!(there.displaced.iter().all(|it| back.displaced.contains(it)));
    there
}

fn minutes(count: i32) -> jiff::SignedDuration {
    NANOSECOND * 1_000_000_000 * 60 * count
}

#[test]
fn row06_of_two_captions_the_later_wins_and_the_other_is_kept() {
    let (early, late) = (caption("early", now()), caption("late", now() + NANOSECOND));
    let Merged { replica, displaced } = merged(&captioned(early.clone()), &captioned(late.clone()));
    assert_eq!(replica.body.caption.current, Some(late));
    assert_eq!(replica.body.caption.superseded, [early]);
    assert_eq!(displaced, []);
}

#[test]
fn row06_of_equal_times_the_device_decides_and_of_one_device_the_value() {
    let (left, right) = (
        write("z".to_owned(), now(), phone()),
        write("a".to_owned(), now(), tablet()),
    );
    let winner = merged(&captioned(left), &captioned(right.clone())).replica;
    assert_eq!(winner.body.caption.current, Some(right));
    let (left, right) = (caption("a", now()), caption("b", now()));
    let winner = merged(&captioned(left.clone()), &captioned(right.clone())).replica;
    assert_eq!(winner.body.caption.current, Some(right));
    assert_eq!(winner.body.caption.superseded, [left]);
}

#[test]
fn row06_of_two_spellings_of_one_instant_none_is_lost() {
    let (mut left, right) = (caption("same", now()), caption("same", now()));
    left.ts = "2026-11-20T13:00:00+01:00".parse().unwrap();
    assert_eq!(left.ts.instant(), right.ts.instant());
    let register = merged(&captioned(left), &captioned(right))
        .replica
        .body
        .caption;
    assert_eq!(register.superseded.len(), 1);
}

#[test]
fn row06_the_seventeenth_caption_displaced_falls_off_and_is_told() {
    let mut whole = captioned(caption("0", now()));
    let mut told = Vec::new();
    for count in 1..=17 {
        let next = captioned(caption(&count.to_string(), now() + minutes(count)));
        let Merged { replica, displaced } = merged(&whole, &next);
        whole = replica;
        told.extend(displaced);
    }
    assert_eq!(whole.body.caption.current.unwrap().value, "17");
    let log: Vec<_> = whole
        .body
        .caption
        .superseded
        .iter()
        .map(|it| it.value.clone())
        .collect();
    let newest: Vec<_> = (1..=16).rev().map(|count| count.to_string()).collect();
    assert_eq!((log.len(), log), (SUPERSEDED, newest));
    assert_eq!(told, [Displaced::Caption(caption("0", now()))]);
}

#[test]
fn row06_sixteen_junk_captions_do_not_push_an_honest_one_out_unseen() {
    let honest = caption("honest", now());
    let junk = replica(|body| {
        body.caption.current = Some(caption("junk", now() + minutes(17)));
        let log = (1..=16)
            .rev()
            .map(|count| caption("junk", now() + minutes(count)));
        body.caption.superseded = log.collect();
    });
    let Merged { displaced, .. } = merged(&captioned(honest.clone()), &junk);
    assert_eq!(displaced, [Displaced::Caption(honest)]);
}

#[test]
fn row06_a_rating_keeps_no_log_and_is_told() {
    let rated = |stars, ts| replica(|body| body.rating.current = Some(write(stars, ts, phone())));
    let (low, high) = (rated(2, now()), rated(5, now() - NANOSECOND));
    let Merged { replica, displaced } = merged(&low, &high);
    assert_eq!(replica.body.rating, low.body.rating);
    assert_eq!(
        displaced,
        [Displaced::Rating(write(5, now() - NANOSECOND, phone()))]
    );
}

#[test]
fn what_was_merged_before_displaces_nothing_again() {
    for formats in BOTH {
        let rich = Replica::of(rich(formats), now(), &Policy::default());
        let Merged { replica, displaced } = merged(&rich, &rich);
        assert_eq!((replica, displaced), (rich, vec![]));
    }
}

#[test]
fn row07_a_remove_that_comes_first_waits_for_its_add() {
    let add = add(tablet(), 4);
    let early = replica(|body| body.tags_user.removes = [add].into());
    assert_eq!(
        (
            early.body.tags_user.removes.len(),
            early.parked.tags_user.len()
        ),
        (0, 1)
    );
    // Merging with one who has not seen the add either changes nothing.
    let still = merged(&early, &replica(|_| ())).replica;
    assert_eq!(still, early);
    let added = replica(|body| {
        body.tags_user.adds.insert(add, "sea".to_owned());
    });
    let both = merged(&still, &added).replica;
    assert!(both.parked.tags_user.is_empty());
    assert_eq!(tags_in_effect(&both.body.tags_user).count(), 0);
    assert_eq!(both.body.tags_user.adds.len(), 1);
}

#[test]
fn row07_an_add_id_of_two_tags_keeps_one_and_tells_the_other() {
    let tagged = |tag: &str| {
        replica(|body| {
            body.tags_user.adds.insert(add(phone(), 0), tag.to_owned());
            body.tags_ai.adds.insert(add(phone(), 0), ai_tag(tag));
        })
    };
    let Merged { replica, displaced } = merged(&tagged("sea"), &tagged("sky"));
    assert_eq!(replica.body.tags_user.adds[&add(phone(), 0)], "sky");
    let expected = [
        Displaced::Tag(add(phone(), 0), "sea".to_owned()),
        Displaced::AiTag(add(phone(), 0), ai_tag("sea")),
    ];
    assert_eq!(displaced, expected);
}

#[test]
fn row07_a_flood_of_tombstones_is_bounded_and_told() {
    let flood = |device, from: u64| {
        let removes = from..from + TAG_CHANGES as u64;
        replica(|body| {
            body.tags_user.removes = removes.map(|counter| add(device, counter)).collect();
        })
    };
    let (one, other) = (flood(phone(), 0), flood(tablet(), 0));
    let Merged { replica, displaced } = merged(&one, &other);
    assert_eq!(replica.parked.tags_user.len(), TAG_CHANGES);
    assert!(replica.body.tags_user.removes.is_empty());
    assert_eq!(displaced.len(), TAG_CHANGES);
    assert!(
        displaced
            .iter()
            .all(|it| matches!(it, Displaced::Remove(_)))
    );
}

#[test]
fn row07_a_full_set_is_refused_and_nothing_changes() {
    let full = |device| {
        let adds = 0..TAG_CHANGES as u64;
        replica(|body| {
            let adds = adds.map(|counter| (add(device, counter), "full".to_owned()));
            body.tags_user.adds = adds.collect();
        })
    };
    let rejection = merge(&full(phone()), &full(tablet()), &Policy::default()).unwrap_err();
    assert_eq!(rejection.reason, Reason::BoundExceeded);
}

#[test]
fn row09_a_caption_dated_2099_is_parked_and_does_not_win() {
    let honest = captioned(caption("honest", now()));
    let future = captioned(caption("2099", "2099-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(future.body.caption.current, None);
    let merged = merged(&honest, &future);
    assert_eq!(merged.replica.body.caption, honest.body.caption);
    assert_eq!(merged.replica.parked.captions, future.parked.captions);
    assert_eq!(merged.displaced, []);
}

#[test]
fn row09_the_bound_is_thirty_days_after_the_server_took_the_op() {
    for (ahead, parked) in [(days(30), 0), (days(30) + NANOSECOND, 1)] {
        let replica = captioned(caption("ahead", now() + ahead));
        assert_eq!(replica.parked.captions.len(), parked);
        let rated = replica_rated(ahead);
        assert_eq!(rated.parked.ratings.len(), parked);
    }
}

fn replica_rated(ahead: jiff::SignedDuration) -> Replica {
    replica(|body| body.rating.current = Some(write(3, now() + ahead, phone())))
}

#[test]
fn row09_what_was_parked_is_offered_again_when_its_time_has_come() {
    let ahead = caption("ahead", now() + days(31));
    let parked = captioned(ahead.clone());
    let one = merged(&captioned(caption("now", now())), &parked).replica;
    let at = |server_time| one.offered_again(server_time, &Policy::default());
    let early = at(now() + days(1) - NANOSECOND);
    assert_eq!((early.replica, early.displaced), (one.clone(), vec![]));
    let due = at(now() + days(1));
    assert_eq!(due.replica.body.caption.current, Some(ahead));
    assert_eq!(due.replica.body.caption.superseded.len(), 1);
    assert!(due.replica.parked.captions.is_empty());
    assert_eq!(due.displaced, []);
}

#[test]
fn row09_what_is_taken_in_late_pushes_nothing_out_unseen() {
    let mut full = replica(|body| {
        let log = (0..=16)
            .rev()
            .map(|count| caption("kept", now() + minutes(count)));
        let mut log: Vec<_> = log.collect();
        body.caption.current = Some(log.remove(0));
        body.caption.superseded = log;
        body.rating.current = Some(write(1, now(), phone()));
    });
    full.parked = captioned(caption("ahead", now() + days(31))).parked;
    full.parked.ratings = replica_rated(days(31)).parked.ratings;
    let due = full.offered_again(now() + days(1), &Policy::default());
    let expected = [
        Displaced::Caption(caption("kept", now())),
        Displaced::Rating(write(1, now(), phone())),
    ];
    assert_eq!(due.displaced, expected);
}

#[test]
fn row01_unknown_keys_of_both_are_kept_byte_for_byte() {
    let with = |key: &str, value: Value| {
        replica(|body| {
            body.unknown = unknown(key, value.clone());
            body.caption.unknown = unknown(key, value.clone());
            body.tags_user.unknown = unknown(key, value);
        })
    };
    let one = with("mood", Value::from(1.5));
    let other = with("weather", Value::Array(vec![Value::Null, true.into()]));
    let Merged { replica, displaced } = merged(&one, &other);
    for map in [
        &replica.body.unknown,
        &replica.body.caption.unknown,
        &replica.body.tags_user.unknown,
    ] {
        assert_eq!(map.get_text("mood"), Some(&Value::from(1.5)));
        assert_eq!(map.len(), 2);
    }
    assert_eq!(displaced, []);

    // Of one unknown key with two values one is kept, and the other told, in every part.
    let other = with("mood", Value::from("glad"));
    let Merged { displaced, .. } = merged(&one, &other);
    let told = Displaced::Field("mood".into(), Value::from("glad"));
    assert_eq!(displaced, vec![told; 3]);
}

#[test]
fn unknown_keys_of_both_past_their_bound_are_refused() {
    let with = |prefix: &str| {
        replica(|body| {
            for count in 0..=UNKNOWN_KEYS / 2 {
                body.unknown
                    .insert(format!("{prefix}{count}").as_str().into(), Value::Null);
            }
        })
    };
    let rejection = merge(&with("a"), &with("b"), &Policy::default()).unwrap_err();
    assert_eq!(rejection.reason, Reason::BoundExceeded);
}

#[test]
fn a_field_of_one_alone_is_kept_and_of_two_the_greater_with_the_other_told() {
    let rich = Replica::of(rich(Formats::B), now(), &Policy::default());
    let plain = replica(|_| ());
    assert_eq!(merged(&rich, &plain).replica, rich);
    let mut moved = rich.clone();
    moved.body.gps.as_mut().unwrap().lat = gauntlet_wire::cbor::Float::new(-1.5);
    let displaced = merged(&rich, &moved).displaced;
    assert!(matches!(&displaced[..], [Displaced::Field(key, _)] if *key == "gps".into()));
}

#[test]
fn sidecars_of_two_assets_do_not_merge() {
    let other = replica(|body| body.uuid = other_asset());
    let rejection = merge(&replica(|_| ()), &other, &Policy::default()).unwrap_err();
    assert_eq!(rejection.reason, Reason::NotOneAsset);
}

/// Rules with one promise removed are found out by what they make of the examples above.
#[test]
fn every_rule_of_a_merge_can_be_missed() {
    let both = |rules: MergeRules, one: &Replica, other: &Replica| {
        let merged = |one, other| {
            merge_by(&rules, one, other, &Policy::default())
                .unwrap()
                .replica
        };
        (merged(one, other), merged(other, one))
    };
    let (early, late) = (
        captioned(caption("e", now())),
        captioned(caption("l", now() + NANOSECOND)),
    );
    let arrival = MergeRules {
        caption: |_, other| other.clone(),
        ..MergeRules::default()
    };
    let (there, back) = both(arrival, &early, &late);
    assert_ne!(there, back);

    let (low, high) = (replica_rated(NANOSECOND), replica_rated(NANOSECOND * 2));
    let arrival = MergeRules {
        rating: |one, _| one.clone(),
        ..MergeRules::default()
    };
    let (there, back) = both(arrival, &low, &high);
    assert_ne!(there, back);

    let tagged = replica(|body| {
        body.tags_user
            .adds
            .insert(add(phone(), 0), "sea".to_owned());
        body.tags_ai.adds.insert(add(phone(), 0), ai_tag("sea"));
    });
    let dropped = MergeRules {
        tags_user: |one, _| one.clone(),
        tags_ai: |one, _| one.clone(),
        ..MergeRules::default()
    };
    let (there, back) = both(dropped, &tagged, &replica(|_| ()));
    assert_ne!(there.body.tags_user, back.body.tags_user);
    assert_ne!(there.body.tags_ai, back.body.tags_ai);

    let early = replica(|body| body.tags_user.removes = [add(phone(), 0)].into());
    let forgets = MergeRules {
        removes: |adds, removes, _| Removes {
            applied: removes.intersection(adds).copied().collect(),
            ..Removes::default()
        },
        ..MergeRules::default()
    };
    let lost = both(forgets, &early, &replica(|_| ())).0;
    assert_ne!(lost, merged(&early, &replica(|_| ())).replica);
}
