//! Every key of the schema is there, or absent where it may be, and holds its own kind.

use super::sample::{fullest, least};
use crate::tree::{accepted, join, leaves, maps, refused, with, with_map};
use gauntlet_wire::cbor::{Document, Map, Value};
use gauntlet_wire::sidecar::Sidecar;

/// The keys that may be absent, all at the top level.
const OPTIONAL: [&str; 6] = [
    "provenance_chain_hash",
    "dimensions",
    "lqip",
    "gps",
    "camera_id",
    "stack_membership",
];

/// What may be null, nested alone.
const NULLABLE: [&str; 3] = [
    "caption.current",
    "rating.current",
    "stack_membership.member_index",
];

#[test]
fn the_samples_are_accepted_as_they_are() {
    for sidecar in [least(), fullest()] {
        assert_eq!(accepted::<Sidecar>(&sidecar.to_value()), sidecar);
    }
}

#[test]
fn a_missing_key_is_refused_by_name_unless_it_is_optional() {
    let value = fullest().to_value();
    let mut absent = 0;
    for (path, map) in maps(&value) {
        for (key, _) in map.iter() {
            let narrower = with_map(&value, &path, &|map| {
                map.remove(key);
            });
            let name = match key {
                Value::Text(name) => name.clone(),
                Value::Unsigned(0) => "0".to_owned(),
                // An add less is another set.
                _ => continue,
            };
            if path.is_empty() && OPTIONAL.contains(&name.as_str()) {
                accepted::<Sidecar>(&narrower);
                absent += 1;
            } else {
                let error = refused::<Sidecar>(&narrower);
                assert_eq!(error.path, join(&path, &name));
                assert_eq!(error.found, "no such key");
            }
        }
    }
    assert_eq!(absent, OPTIONAL.len());
}

#[test]
fn null_stands_in_registers_and_for_an_index_alone() {
    let value = fullest().to_value();
    for (path, _) in leaves(&value) {
        let null = with(&value, &path, Value::Null);
        if NULLABLE.contains(&path.as_str()) {
            accepted::<Sidecar>(&null);
        } else {
            assert_eq!(refused::<Sidecar>(&null).path, path);
        }
    }
    for path in OPTIONAL
        .iter()
        .chain(["tags_user", "caption", "signature"].iter())
    {
        let null = with(&value, path, Value::Null);
        assert_eq!(refused::<Sidecar>(&null).path, *path);
    }
    for path in NULLABLE {
        accepted::<Sidecar>(&with(&value, path, Value::Null));
    }
}

fn kinds() -> [Value; 8] {
    [
        Value::Unsigned(1),
        Value::Negative(0),
        Value::from(1.0),
        Value::Bytes(vec![1]),
        Value::Text("1".to_owned()),
        Value::Bool(true),
        Value::Array(Vec::new()),
        Value::Map(Map::new()),
    ]
}

#[test]
fn every_field_holds_its_own_kind_and_no_other() {
    for value in [least().to_value(), fullest().to_value()] {
        for (path, leaf) in leaves(&value) {
            let same_kind = std::mem::discriminant(&leaf);
            for other in kinds() {
                // In place of a null register an empty map is one without its keys, found inside.
                let opens = leaf == Value::Null && matches!(other, Value::Map(_));
                if std::mem::discriminant(&other) == same_kind {
                    continue;
                }
                let error = refused::<Sidecar>(&with(&value, &path, other.clone()));
                if opens {
                    assert_eq!(error.path, join(&path, "value"));
                } else {
                    assert_eq!(error.path, path, "{other:?} in place of {leaf:?}");
                }
            }
        }
    }
}

#[test]
fn the_schema_number_is_an_integer_key_and_no_text() {
    let value = least().to_value();
    let renamed = with_map(&value, "", &|map| {
        let schema = map.remove(&Value::Unsigned(0)).unwrap();
        map.insert("0".into(), schema);
    });
    assert_eq!(refused::<Sidecar>(&renamed).path, "0");
    for other in [
        Value::Unsigned(0),
        Value::Unsigned(2),
        Value::from("1"),
        Value::from(1.0),
    ] {
        let value = with_map(&value, "", &|map| {
            map.insert(Value::Unsigned(0), other.clone());
        });
        assert_eq!(refused::<Sidecar>(&value).path, "0");
    }
}
