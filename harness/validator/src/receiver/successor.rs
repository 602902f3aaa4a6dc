//! What one sidecar may do to the one before it (rows 1 and 7).
//!
//! A signature says who wrote a sidecar; it does not say that its writer understood what it replaced. An
//! old client with real keys strips and signs.

use super::check::{Broken, require};
use super::{Check, Policy, Rejection, judge};
use gauntlet_wire::cbor::Map;
use gauntlet_wire::id::DeviceId;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::sidecar::{
    AddId, AiTag, Register, RegisterValue, SidecarBody, TagSet, TagValue, Write,
};
use jiff::Timestamp;
use std::cmp::Ordering;

/// Everything that a client knows when a sidecar replaces another.
#[derive(Debug, Clone)]
pub struct SuccessorFacts {
    /// The sidecar of the record before.
    pub predecessor: SidecarBody,
    /// The device that wrote the successor: its record's.
    pub writer: DeviceId,
    /// Server time of the op that carries the successor.
    pub server_time: Timestamp,
}

/// The checks, in order.
pub const SUCCESSOR: &[Check<SuccessorFacts, SidecarBody>] = &[
    Check {
        reason: Reason::NotOneAsset,
        holds: one_asset,
    },
    Check {
        reason: Reason::UnknownKeysLost,
        holds: unknown_keys_kept,
    },
    Check {
        reason: Reason::UnknownKeysLost,
        holds: superseded_captions_kept,
    },
    Check {
        reason: Reason::AddIdReused,
        holds: add_ids_used_once,
    },
    Check {
        reason: Reason::ForeignAddId,
        holds: add_ids_of_the_writer,
    },
];

/// Judges a successor by the contract.
///
/// # Errors
/// The first rule of [`SUCCESSOR`] that does not hold: the predecessor stays in use.
pub fn accept_successor(
    facts: &SuccessorFacts,
    successor: &SidecarBody,
    policy: &Policy,
) -> Result<(), Rejection> {
    judge(SUCCESSOR, facts, successor, policy)
}

/// Both are of one asset.
fn one_asset(facts: &SuccessorFacts, successor: &SidecarBody, _: &Policy) -> Result<(), Broken> {
    let (found, expected) = (successor.uuid, facts.predecessor.uuid);
    require(found == expected, || {
        format!("uuid is {found}; expected {expected}")
    })
}

/// Row 1: what this schema does not know is carried on as it was, at the top level and in every part that
/// is still there.
fn unknown_keys_kept(
    facts: &SuccessorFacts,
    successor: &SidecarBody,
    _: &Policy,
) -> Result<(), Broken> {
    let before = &facts.predecessor;
    let mut parts = vec![("the top level", &before.unknown, &successor.unknown)];
    macro_rules! optional {
        ($($part:ident)+) => { $(
            if let (Some(before), Some(after)) = (&before.$part, &successor.$part) {
                parts.push((stringify!($part), &before.unknown, &after.unknown));
            }
        )+ };
    }
    optional!(dimensions lqip gps camera_id stack_membership);
    register_parts("caption", &before.caption, &successor.caption, &mut parts);
    register_parts("rating", &before.rating, &successor.rating, &mut parts);
    set_parts(
        "tags_user",
        &before.tags_user,
        &successor.tags_user,
        &mut parts,
    );
    set_parts("tags_ai", &before.tags_ai, &successor.tags_ai, &mut parts);
    let lost = parts
        .into_iter()
        .find(|(_, before, after)| !kept(before, after));
    lost.map_or(Ok(()), |(part, _, _)| {
        Err(Broken::because(format!(
            "unknown keys of {part} are lost or changed"
        )))
    })
}

type Part<'a> = (&'static str, &'a Map, &'a Map);

fn kept(before: &Map, after: &Map) -> bool {
    before
        .iter()
        .all(|(key, value)| after.get(key) == Some(value))
}

fn writes<T>(register: &Register<T>) -> impl Iterator<Item = &Write<T>> {
    register.current.iter().chain(&register.superseded)
}

fn register_parts<'a, T: RegisterValue>(
    name: &'static str,
    before: &'a Register<T>,
    after: &'a Register<T>,
    parts: &mut Vec<Part<'a>>,
) {
    parts.push((name, &before.unknown, &after.unknown));
    for write in writes(before) {
        let same = writes(after).find(|after| after.repeats(write));
        parts.extend(same.map(|same| (name, &write.unknown, &same.unknown)));
    }
}

fn set_parts<'a, T: TagValue>(
    name: &'static str,
    before: &'a TagSet<T>,
    after: &'a TagSet<T>,
    parts: &mut Vec<Part<'a>>,
) {
    parts.push((name, &before.unknown, &after.unknown));
    for (id, tag) in &before.adds {
        let same = after.adds.get(id).and_then(TagValue::unknown);
        parts.extend(tag.unknown().zip(same).map(|(tag, same)| (name, tag, same)));
    }
}

/// Row 1: a displaced caption leaves the log only past its end, behind sixteen newer ones. What is dated
/// too far ahead was parked by honest clients and is missed by nobody.
fn superseded_captions_kept(
    facts: &SuccessorFacts,
    successor: &SidecarBody,
    policy: &Policy,
) -> Result<(), Broken> {
    let log = &successor.caption.superseded;
    let full = log.len() >= String::LOG;
    let pushed_out = |write: &Write<String>| {
        full && log
            .iter()
            .all(|kept| kept.order(write) == Ordering::Greater)
    };
    let ahead = |write: &Write<String>| is_ahead(write, facts.server_time, policy);
    let kept = |write: &Write<String>| writes(&successor.caption).any(|it| it.repeats(write));
    let before = &facts.predecessor.caption.superseded;
    let lost = before
        .iter()
        .find(|write| !kept(write) && !pushed_out(write) && !ahead(write));
    lost.map_or(Ok(()), |write| {
        Err(Broken::because(format!(
            "the superseded caption of {} is lost",
            write.ts.text()
        )))
    })
}

/// Row 9: whether a write is dated further ahead of the server's clock than the bound.
pub(super) fn is_ahead<T>(write: &Write<T>, server_time: Timestamp, policy: &Policy) -> bool {
    write.ts.instant().duration_since(server_time) > policy.write_ahead
}

/// Row 7: an add id stands for one tag for ever.
fn add_ids_used_once(
    facts: &SuccessorFacts,
    successor: &SidecarBody,
    _: &Policy,
) -> Result<(), Broken> {
    let before = &facts.predecessor;
    let same_text = |one: &String, other: &String| one == other;
    let same_model = |one: &AiTag, other: &AiTag| {
        let named = |tag: &AiTag| [&tag.tag, &tag.model_id, &tag.model_version].map(Clone::clone);
        named(one) == named(other)
    };
    reused(&before.tags_user, &successor.tags_user, same_text)
        .or_else(|| reused(&before.tags_ai, &successor.tags_ai, same_model))
        .map_or(Ok(()), |id| {
            Err(Broken::because(format!(
                "add {} of {} stood for another tag",
                id.counter, id.device
            )))
        })
}

fn reused<T>(
    before: &TagSet<T>,
    after: &TagSet<T>,
    same: impl Fn(&T, &T) -> bool,
) -> Option<AddId> {
    let mut adds = after.adds.iter();
    let other =
        |(id, tag): &(&AddId, &T)| before.adds.get(id).is_some_and(|before| !same(before, tag));
    adds.find(other).map(|(id, _)| *id)
}

/// Row 7: who writes adds in the name of their own device alone. Ids of others would let one device use up
/// another's range.
fn add_ids_of_the_writer(
    facts: &SuccessorFacts,
    successor: &SidecarBody,
    _: &Policy,
) -> Result<(), Broken> {
    let before = &facts.predecessor;
    foreign(&before.tags_user, &successor.tags_user, facts.writer)
        .or_else(|| foreign(&before.tags_ai, &successor.tags_ai, facts.writer))
        .map_or(Ok(()), |id| {
            Err(Broken::because(format!(
                "{} adds in the name of {}",
                facts.writer, id.device
            )))
        })
}

fn foreign<T>(before: &TagSet<T>, after: &TagSet<T>, writer: DeviceId) -> Option<AddId> {
    let mut ids = after.adds.keys();
    let new = |id: &&AddId| id.device != writer && !before.adds.contains_key(id);
    ids.find(new).copied()
}
