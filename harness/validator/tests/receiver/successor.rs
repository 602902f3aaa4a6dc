//! What one sidecar may do to the one before it.

use crate::bound::{Surface, bounds, named, without};
use crate::sidecar_world::{add, ai_tag, caption, rich};
use crate::world::{NANOSECOND, days, now, other_asset, phone, tablet};
use gauntlet_validator::receiver::{
    Policy, Rejection, SUCCESSOR, SuccessorFacts, accept_successor, judge,
};
use gauntlet_wire::cbor::Value;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::sidecar::SidecarBody;
use gauntlet_wire::version::Formats;
use jiff::SignedDuration;

#[derive(Debug, Clone)]
pub(crate) struct SuccessorCase {
    facts: SuccessorFacts,
    successor: SidecarBody,
}

impl Surface for SuccessorCase {
    fn honest() -> Self {
        let predecessor = rich(Formats::B);
        let mut successor = predecessor.clone();
        successor
            .tags_user
            .adds
            .insert(add(phone(), 2), "sun".to_owned());
        Self {
            facts: SuccessorFacts {
                predecessor,
                writer: phone(),
                server_time: now(),
            },
            successor,
        }
    }

    fn reasons() -> Vec<Reason> {
        named(SUCCESSOR)
    }

    fn judge(&self) -> Result<(), Rejection> {
        accept_successor(&self.facts, &self.successor, &Policy::default())
    }

    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection> {
        let checks = without(SUCCESSOR, left_out);
        judge(&checks, &self.facts, &self.successor, &Policy::default())
    }
}

bounds! { SuccessorCase;
    a_successor_is_of_the_same_asset by NotOneAsset {
        inside: |_| (),
        outside: |case| case.successor.uuid = other_asset(),
    }
    row01_an_unknown_key_is_not_stripped by UnknownKeysLost {
        inside: |case| { case.successor.unknown.insert("more".into(), Value::Null); },
        outside: |case| { case.successor.unknown.remove(&"mood".into()); },
    }
    row01_nor_re_typed by UnknownKeysLost {
        inside: |_| (),
        outside: |case| {
            let mood = Value::Array(vec![true.into(), 1u16.into()]);
            case.successor.unknown.insert("mood".into(), mood);
        },
    }
    row01_nor_re_ordered by UnknownKeysLost {
        inside: |_| (),
        outside: |case| {
            let mood = Value::Array(vec![1.5.into(), true.into()]);
            case.successor.unknown.insert("mood".into(), mood);
        },
    }
    row01_nor_stripped_from_a_part by UnknownKeysLost {
        inside: |case| case.successor.gps = None,
        outside: |case| {
            case.successor.gps.as_mut().unwrap().unknown.remove(&"datum".into());
        },
    }
    row01_nor_from_a_register by UnknownKeysLost {
        inside: |_| (),
        outside: |case| { case.successor.caption.unknown.remove(&"language".into()); },
    }
    row01_nor_from_a_write by UnknownKeysLost {
        inside: |_| (),
        outside: |case| {
            case.successor.caption.superseded[0].unknown.remove(&"spelled".into());
        },
    }
    row01_nor_from_a_tag by UnknownKeysLost {
        inside: |case| { case.successor.tags_ai.removes.insert(add(phone(), 5)); },
        outside: |case| {
            let tag = case.successor.tags_ai.adds.get_mut(&add(phone(), 5)).unwrap();
            tag.unknown.remove(&"score".into());
        },
    }
    row01_a_superseded_caption_is_not_dropped by UnknownKeysLost {
        inside: |case| case.successor.caption.current = Some(caption("fourth", now())),
        outside: |case| { case.successor.caption.superseded.pop(); },
    }
    row01_but_past_the_end_of_a_full_log by UnknownKeysLost {
        inside: |case| push_out(case, 16),
        outside: |case| push_out(case, 15),
    }
    row09_what_was_parked_is_missed_by_nobody by UnknownKeysLost {
        inside: |case| ahead(case, NANOSECOND),
        outside: |case| ahead(case, SignedDuration::ZERO),
    }
    row07_an_add_id_is_not_reused by AddIdReused {
        inside: |_| (),
        outside: |case| {
            case.successor.tags_user.adds.insert(add(phone(), 1), "moon".to_owned());
        },
    }
    row07_nor_for_another_models_tag by AddIdReused {
        inside: |_| (),
        outside: |case| {
            let tag = case.successor.tags_ai.adds.get_mut(&add(phone(), 5)).unwrap();
            tag.model_version = "4".to_owned();
        },
    }
    row07_an_add_id_is_the_writers by ForeignAddId {
        inside: |_| (),
        outside: |case| {
            case.successor.tags_user.adds.insert(add(tablet(), u64::MAX), "end".to_owned());
        },
    }
    row07_in_the_other_set_too by ForeignAddId {
        inside: |case| { case.successor.tags_ai.adds.insert(add(phone(), 6), ai_tag("wave")); },
        outside: |case| { case.successor.tags_ai.adds.insert(add(tablet(), 6), ai_tag("wave")); },
    }
}

/// The log holds so many captions that are newer than what it held before.
fn push_out(case: &mut SuccessorCase, count: i64) {
    let newer = (1..=count)
        .rev()
        .map(|at| caption("newer", now() + NANOSECOND * at as i32));
    case.successor.caption.superseded = newer.collect();
}

/// The successor drops a caption that was dated thirty days ahead, and this.
fn ahead(case: &mut SuccessorCase, more: SignedDuration) {
    let log = &mut case.facts.predecessor.caption.superseded;
    log.insert(0, caption("2099", now() + days(30) + more));
}

#[test]
fn what_is_dropped_past_the_end_is_the_oldest() {
    let mut case = SuccessorCase::honest();
    push_out(&mut case, 16);
    // One of the sixteen is older than a caption that is missing.
    let log = &mut case.successor.caption.superseded;
    *log.last_mut().unwrap() = caption("older", now() - days(1));
    assert_eq!(case.judge().unwrap_err().reason, Reason::UnknownKeysLost);
}
