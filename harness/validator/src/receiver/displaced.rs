//! What a merge cannot keep, and the fields that have no merge of their own.

use super::Replica;
use super::merge_register::{distinct, writes};
use gauntlet_wire::cbor::{Map, Value};
use gauntlet_wire::sidecar::{
    AddId, AiTag, Register, RegisterValue, SidecarBody, TagSet, TagValue, Write,
};
use std::collections::BTreeSet;

/// The fields that merge by rules of their own.
const MERGED: [&str; 4] = ["caption", "rating", "tags_user", "tags_ai"];
/// Whoever seals a merged sidecar links it anew.
const LINK: &str = "provenance_chain_hash";

/// Something that a merge could not keep, to be surfaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Displaced {
    /// A caption behind sixteen newer ones, or one that there was no room to park.
    Caption(Write<String>),
    /// A rating: ratings keep no log.
    Rating(Write<u8>),
    /// Another tag under the same add id.
    Tag(AddId, String),
    /// Another tag of a model under the same add id.
    AiTag(AddId, AiTag),
    /// A remove that there was no room to park.
    Remove(AddId),
    /// The lesser of two values of a field without a merge of its own, or of an unknown key in any part,
    /// with its key.
    Field(Value, Value),
}

/// The fields without a merge of their own: what either has, and where they differ the greater value, so
/// that the order does not matter. The merged fields are there, as one of the two has them.
pub(super) fn plain(one: &SidecarBody, other: &SidecarBody) -> Map {
    let mut plain = one.to_map();
    for (key, value) in other.to_map().iter() {
        if plain.get(key).is_none_or(|own| own < value) {
            plain.insert(key.clone(), value.clone());
        }
    }
    plain
}

/// Everything of both replicas that the merged one lacks.
pub(super) fn displaced(
    before: [&Replica; 2],
    after: &Replica,
    removes: [BTreeSet<AddId>; 2],
) -> Vec<Displaced> {
    let bodies = before.map(|replica| &replica.body);
    let captions = before.map(|it| all(&it.body.caption, &it.parked.captions));
    let ratings = before.map(|it| all(&it.body.rating, &it.parked.ratings));
    let captions_kept = all(&after.body.caption, &after.parked.captions);
    let ratings_kept = all(&after.body.rating, &after.parked.ratings);
    let user = bodies.map(|body| &body.tags_user);
    let ai = bodies.map(|body| &body.tags_ai);
    let mut found: Vec<Displaced> = fields(bodies, &after.body);
    for body in bodies {
        found.extend(unknown_of_sets(body, &after.body));
    }
    for before in before {
        found.extend(unknown_of_registers(before, after));
    }
    found.extend(gone(captions, &captions_kept).map(Displaced::Caption));
    found.extend(gone(ratings, &ratings_kept).map(Displaced::Rating));
    found.extend(replaced(user, &after.body.tags_user).map(|(id, tag)| Displaced::Tag(id, tag)));
    found.extend(replaced(ai, &after.body.tags_ai).map(|(id, tag)| Displaced::AiTag(id, tag)));
    found.extend(removes.into_iter().flatten().map(Displaced::Remove));
    found
}

fn fields(before: [&SidecarBody; 2], after: &SidecarBody) -> Vec<Displaced> {
    let after = after.to_map();
    let mut found = Vec::new();
    for (key, value) in before.map(SidecarBody::to_map).iter().flat_map(Map::iter) {
        let merged =
            matches!(key, Value::Text(key) if MERGED.contains(&key.as_str()) || key == LINK);
        if !merged && after.get(key) != Some(value) {
            found.push(Displaced::Field(key.clone(), value.clone()));
        }
    }
    found
}

/// The unknown keys of tag sets that another value took the place of. Those of tags go with their tags.
fn unknown_of_sets(before: &SidecarBody, after: &SidecarBody) -> Vec<Displaced> {
    let user = lesser(&before.tags_user.unknown, &after.tags_user.unknown);
    let ai = lesser(&before.tags_ai.unknown, &after.tags_ai.unknown);
    user.chain(ai).collect()
}

/// The unknown keys of registers and of the writes that they keep.
fn unknown_of_registers(before: &Replica, after: &Replica) -> Vec<Displaced> {
    let (was, is) = (&before.body, &after.body);
    let caption = lesser(&was.caption.unknown, &is.caption.unknown);
    let rating = lesser(&was.rating.unknown, &is.rating.unknown);
    let mut found: Vec<Displaced> = caption.chain(rating).collect();
    found.extend(of_writes(
        &all(&was.caption, &before.parked.captions),
        &all(&is.caption, &after.parked.captions),
    ));
    found.extend(of_writes(
        &all(&was.rating, &before.parked.ratings),
        &all(&is.rating, &after.parked.ratings),
    ));
    found
}

fn of_writes<T: RegisterValue>(before: &[Write<T>], after: &[Write<T>]) -> Vec<Displaced> {
    let mut found = Vec::new();
    for write in before {
        if let Some(kept) = after.iter().find(|kept| kept.repeats(write)) {
            found.extend(lesser(&write.unknown, &kept.unknown));
        }
    }
    found
}

fn lesser(before: &Map, after: &Map) -> impl Iterator<Item = Displaced> {
    let lost = before
        .iter()
        .filter(|(key, value)| after.get(key) != Some(value));
    lost.map(|(key, value)| Displaced::Field(key.clone(), value.clone()))
}

fn all<T: RegisterValue>(register: &Register<T>, parked: &[Write<T>]) -> Vec<Write<T>> {
    writes(register).chain(parked).cloned().collect()
}

fn gone<T: RegisterValue>(
    before: [Vec<Write<T>>; 2],
    after: &[Write<T>],
) -> impl Iterator<Item = Write<T>> {
    let before = distinct(before.concat()).into_iter();
    before.filter(|write| !after.iter().any(|kept| kept.repeats(write)))
}

fn replaced<T: TagValue + Clone + PartialEq>(
    before: [&TagSet<T>; 2],
    after: &TagSet<T>,
) -> impl Iterator<Item = (AddId, T)> {
    let adds = before.into_iter().flat_map(|set| &set.adds);
    let lost = adds.filter(|(id, tag)| after.adds.get(id) != Some(tag));
    lost.map(|(id, tag)| (*id, tag.clone()))
}
