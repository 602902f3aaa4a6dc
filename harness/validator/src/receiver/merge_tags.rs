//! Tag sets: adds have ids, and a remove takes back the one add that it names.

use super::Policy;
use gauntlet_wire::sidecar::{AddId, TagSet, TagValue};
use std::collections::BTreeSet;

/// The removes of a set, sorted out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removes {
    /// Those whose add is there.
    pub applied: BTreeSet<AddId>,
    /// Those that wait for their add.
    pub parked: BTreeSet<AddId>,
    /// Those that there was no room to park.
    pub dropped: BTreeSet<AddId>,
}

/// The adds of both sets; under an id of both the greater tag. Removes are a matter of their own.
#[must_use]
pub fn merge_tags<T: TagValue + Clone>(one: &TagSet<T>, other: &TagSet<T>) -> TagSet<T> {
    let mut merged = TagSet {
        adds: one.adds.clone(),
        removes: BTreeSet::new(),
        unknown: one.unknown.clone(),
    };
    for (id, tag) in &other.adds {
        let own = merged.adds.get(id).map(TagValue::to_value);
        if own.is_none_or(|own| own < tag.to_value()) {
            merged.adds.insert(*id, tag.clone());
        }
    }
    for (key, value) in other.unknown.iter() {
        if merged.unknown.get(key).is_none_or(|own| own < value) {
            merged.unknown.insert(key.clone(), value.clone());
        }
    }
    merged
}

/// Row 7: a remove applies where its add was seen, and waits where it was not: it may merely have come
/// first. What waits is bounded, so that a flood of removes of nothing fills no disk; the room goes by add
/// id, so that the order of arrival does not matter.
#[must_use]
pub fn merge_removes(adds: &BTreeSet<AddId>, removes: BTreeSet<AddId>, policy: &Policy) -> Removes {
    let (applied, waiting): (BTreeSet<_>, BTreeSet<_>) =
        removes.into_iter().partition(|id| adds.contains(id));
    let mut waiting = waiting.into_iter();
    Removes {
        applied,
        parked: waiting.by_ref().take(policy.max_parked).collect(),
        dropped: waiting.collect(),
    }
}

/// The tags in effect: the adds that no remove names.
pub fn tags_in_effect<T>(set: &TagSet<T>) -> impl Iterator<Item = (&AddId, &T)> {
    let removed = |id: &AddId| set.removes.contains(id);
    set.adds.iter().filter(move |(id, _)| !removed(id))
}
