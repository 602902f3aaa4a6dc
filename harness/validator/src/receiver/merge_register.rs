//! Registers: the newest write is in effect, and captions keep what was displaced.

use super::Policy;
use super::successor::is_ahead;
use gauntlet_wire::cbor::Map;
use gauntlet_wire::sidecar::{Register, RegisterValue, Write};
use jiff::Timestamp;

/// Every write that either register holds, the greatest first, as many as a register keeps. Of any number
/// of registers the greatest of all writes are kept, in whatever order they meet; so merging is
/// commutative, associative and idempotent.
#[must_use]
pub fn merge_register<T: RegisterValue>(one: &Register<T>, other: &Register<T>) -> Register<T> {
    let writes = writes(one).chain(writes(other)).cloned();
    let unknown = union(&one.unknown, &other.unknown);
    register(writes.collect(), unknown)
}

/// The writes of a register.
pub(super) fn writes<T>(register: &Register<T>) -> impl Iterator<Item = &Write<T>> {
    register.current.iter().chain(&register.superseded)
}

fn register<T: RegisterValue>(writes: Vec<Write<T>>, unknown: Map) -> Register<T> {
    let mut kept = distinct(writes);
    kept.truncate(1 + T::LOG);
    let mut kept = kept.into_iter();
    Register {
        current: kept.next(),
        superseded: kept.collect(),
        unknown,
    }
}

/// Every write once, the greatest first. Repeats stand side by side in the register order, as nothing but
/// their unknown keys can tell them apart there.
pub(super) fn distinct<T: RegisterValue>(mut writes: Vec<Write<T>>) -> Vec<Write<T>> {
    writes.sort_by(|left, right| right.order(left));
    let mut kept: Vec<Write<T>> = Vec::new();
    for write in writes {
        match kept.last_mut() {
            Some(last) if last.repeats(&write) => {
                last.unknown = union(&last.unknown, &write.unknown);
            }
            _ => kept.push(write),
        }
    }
    kept
}

/// The keys of both, and under a key of both the greater value.
fn union(one: &Map, other: &Map) -> Map {
    let mut union = one.clone();
    for (key, value) in other.iter() {
        if union.get(key).is_none_or(|own| own < value) {
            union.insert(key.clone(), value.clone());
        }
    }
    union
}

/// Row 9: the writes dated too far ahead of the server's clock, the greatest first.
pub(super) fn ahead<T: RegisterValue>(
    register: &Register<T>,
    server_time: Timestamp,
    policy: &Policy,
) -> Vec<Write<T>> {
    let ahead = writes(register).filter(|write| is_ahead(write, server_time, policy));
    distinct(ahead.cloned().collect())
}

/// The register without them.
pub(super) fn without_ahead<T: RegisterValue>(
    register: &Register<T>,
    server_time: Timestamp,
    policy: &Policy,
) -> Register<T> {
    let timely = writes(register).filter(|write| !is_ahead(write, server_time, policy));
    self::register(timely.cloned().collect(), register.unknown.clone())
}

/// The register with these writes besides.
pub(super) fn with<T: RegisterValue>(register: &Register<T>, more: Vec<Write<T>>) -> Register<T> {
    let writes = writes(register).cloned().chain(more);
    self::register(writes.collect(), register.unknown.clone())
}
