//! The rules of `formats.md` §7 that tie fields together, and what one version alone admits.

use super::sample::{add, fullest, least, write};
use crate::tree::{accepted, refused, with, with_map};
use gauntlet_wire::cbor::{Document, Map, Value};
use gauntlet_wire::enums::{ContentType, GpsSource};
use gauntlet_wire::id::Hash;
use gauntlet_wire::sidecar::{Sidecar, SidecarError, Write};
use gauntlet_wire::version::Formats;

#[test]
fn closed_texts_take_no_other_spelling() {
    let value = fullest().to_value();
    let bad = [
        ("content_type", ["image/jpg", "IMAGE/JPEG", ""]),
        ("gps.source", ["Exif", "network", ""]),
        ("stack_membership.role", ["Primary", "cover", ""]),
        ("stack_membership.stack_type", ["raw-jpeg", "RawJpeg", ""]),
        (
            "capture_timestamp",
            ["2026-11-20", "2026-11-20T10:00:60Z", ""],
        ),
        ("import_timestamp", ["1969-12-31T23:59:59Z", "now", ""]),
        ("caption.current.ts", ["2026-11-20", "2099", ""]),
        (
            "caption.superseded[0].ts",
            ["yesterday", "2026-11-20T10:00:60Z", ""],
        ),
        ("rating.current.ts", ["2026-11-20 10:00:00Z", "0", ""]),
    ];
    for (path, texts) in bad {
        for text in texts {
            assert_eq!(refused::<Sidecar>(&with(&value, path, text)).path, path);
        }
    }
}

/// A caption with these superseded writes.
fn superseded(writes: &[Write<String>]) -> Value {
    let mut sidecar = fullest();
    sidecar.body.caption.superseded = writes.to_vec();
    sidecar.to_value()
}

#[test]
fn superseded_captions_come_once_and_the_newest_first() {
    let at = |value: &str, ts: &str, by| write(value.to_owned(), ts, by);
    let newest = at("b", "2026-11-02T00:00:00Z", 8);
    let by_value = at("a", "2026-11-02T00:00:00Z", 8);
    let by_device = at("c", "2026-11-02T00:00:00Z", 7);
    let oldest = at("d", "2026-11-01T23:59:59Z", 9);
    let order = [newest, by_value, by_device, oldest];
    accepted::<Sidecar>(&superseded(&order));
    accepted::<Sidecar>(&superseded(&[]));
    for left in 0..order.len() {
        for right in 0..order.len() {
            let pair = superseded(&[order[left].clone(), order[right].clone()]);
            if left < right {
                accepted::<Sidecar>(&pair);
            } else {
                assert_eq!(refused::<Sidecar>(&pair).path, "caption.superseded");
            }
        }
    }
}

#[test]
fn a_write_is_repeated_even_with_other_unknown_keys() {
    let mut one = write("a".to_owned(), "2026-11-02T00:00:00Z", 8);
    one.unknown.insert("zz".into(), 1_u64.into());
    let plain = write("a".to_owned(), "2026-11-02T00:00:00Z", 8);
    assert!(one.repeats(&plain) && one != plain);
    let error = refused::<Sidecar>(&superseded(&[one, plain]));
    assert_eq!(error.path, "caption.superseded");
}

#[test]
fn removes_come_once_and_ascend() {
    let ids = [add(1, 255), add(1, 256), add(2, 0), add(2, u64::MAX)];
    let with_ids = |ids: &[usize], of: &[Value]| {
        let listed = ids.iter().map(|at| of[*at].clone());
        with(
            &fullest().to_value(),
            "tags_user.removes",
            Value::Array(listed.collect()),
        )
    };
    let mut sidecar = fullest();
    sidecar.body.tags_user.removes = ids.into();
    let Value::Map(map) = sidecar.to_value() else {
        panic!("a sidecar is a map");
    };
    let Some(Value::Map(set)) = map.get_text("tags_user") else {
        panic!("a set is a map");
    };
    let Some(Value::Array(of)) = set.get_text("removes") else {
        panic!("removes are an array");
    };
    accepted::<Sidecar>(&with_ids(&[0, 1, 2, 3], of));
    for bad in [&[1, 0][..], &[0, 0], &[0, 2, 1], &[3, 2], &[0, 1, 2, 3, 3]] {
        let error = refused::<Sidecar>(&with_ids(bad, of));
        assert_eq!(error.path, "tags_user.removes", "{bad:?}");
    }
}

#[test]
fn an_add_id_is_closed_and_its_parts_are_typed() {
    let id = |entries: Vec<(&str, Value)>| {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
        Value::Map(Map::from_entries(entries.collect()).unwrap())
    };
    let device = || ("device", Value::Bytes(vec![0; 16]));
    let counter = || ("counter", Value::Unsigned(0));
    let with_add = |id: Value| {
        with_map(&fullest().to_value(), "tags_user.adds", &|adds| {
            adds.insert(id.clone(), "tag".into());
        })
    };
    accepted::<Sidecar>(&with_add(id(vec![device(), counter()])));
    let bad = [
        (id(vec![device()]), ".counter"),
        (id(vec![counter()]), ".device"),
        (id(vec![device(), counter(), ("zz", Value::Null)]), ""),
        (
            id(vec![device(), ("counter", Value::Negative(0))]),
            ".counter",
        ),
        (
            id(vec![("device", vec![0; 15].into()), counter()]),
            ".device",
        ),
        ("text".into(), ""),
        (Value::Unsigned(0), ""),
    ];
    for (id, at) in bad {
        let error = refused::<Sidecar>(&with_add(id));
        // Where it sorts decides its number, so the part alone is compared.
        assert!(error.path.starts_with("tags_user.adds["), "{error}");
        assert!(error.path.ends_with(&format!("]{at}")), "{error}");
    }
}

#[test]
fn a_later_schema_is_told_apart_from_damage() {
    let of = |schema: Value| {
        with_map(&fullest().to_value(), "", &|map| {
            map.insert(Value::Unsigned(0), schema.clone());
        })
    };
    for found in [2, 65_535, 65_536, u64::MAX] {
        let newer = SidecarError::NewerSchema { found };
        let bytes = of(Value::Unsigned(found)).encode();
        assert_eq!(Sidecar::decode(&bytes), Err(newer.clone()));
        // Whatever else it holds: what this schema demands, a later one need not.
        let bare = Map::from_entries(vec![(Value::Unsigned(0), Value::Unsigned(found))]).unwrap();
        assert_eq!(Sidecar::decode(&Value::Map(bare).encode()), Err(newer));
    }
    for schema in [
        Value::Unsigned(0),
        Value::Negative(2),
        Value::from("2"),
        Value::Null,
    ] {
        let refused = Sidecar::decode(&of(schema).encode());
        assert!(matches!(refused, Err(SidecarError::Malformed(_))));
    }
    // Damage is damage, whatever schema is stated.
    let mut bytes = of(Value::Unsigned(2)).encode();
    bytes.push(0);
    assert!(matches!(
        Sidecar::decode(&bytes),
        Err(SidecarError::Malformed(_))
    ));
    bytes.truncate(bytes.len() - 2);
    assert!(matches!(
        Sidecar::decode(&bytes),
        Err(SidecarError::Malformed(_))
    ));
}

#[test]
fn each_version_has_its_own_types_and_sources() {
    for (content_type, in_a) in [
        (ContentType::Jpeg, true),
        (ContentType::Jxl, false),
        (ContentType::Webm, false),
    ] {
        let mut body = fullest().body;
        body.content_type = content_type;
        let judged = |formats| {
            body.check_version(formats, false)
                .map_err(|error| error.path)
        };
        assert_eq!(judged(Formats::B), Ok(()));
        let expected = if in_a {
            Ok(())
        } else {
            Err("content_type".to_owned())
        };
        assert_eq!(judged(Formats::A), expected);
    }
    for (source, in_a, in_b) in [
        (GpsSource::Exif, true, true),
        (GpsSource::Manual, true, true),
        (GpsSource::Derived, true, false),
        (GpsSource::Inferred, false, true),
    ] {
        let mut body = fullest().body;
        body.gps.as_mut().unwrap().source = source;
        for (formats, lawful) in [(Formats::A, in_a), (Formats::B, in_b)] {
            let judged = body
                .check_version(formats, false)
                .map_err(|error| error.path);
            let expected = if lawful {
                Ok(())
            } else {
                Err("gps.source".to_owned())
            };
            assert_eq!(judged, expected, "{source} in {formats:?}");
        }
    }
}

#[test]
fn a_link_is_given_always_in_a_and_on_all_but_create_in_b() {
    for linked in [false, true] {
        let mut body = least().body;
        body.provenance_chain_hash = linked.then_some(Hash::from_bytes([9; 32]));
        for (formats, creates, wanted) in [
            (Formats::A, true, true),
            (Formats::A, false, true),
            (Formats::B, true, false),
            (Formats::B, false, true),
        ] {
            let judged = body.check_version(formats, creates);
            let path = judged.map_err(|error| error.path);
            let expected = if linked == wanted {
                Ok(())
            } else {
                Err("provenance_chain_hash".to_owned())
            };
            assert_eq!(path, expected, "{formats:?}, create {creates}");
        }
    }
}
