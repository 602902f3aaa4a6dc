//! What schema 1 does not know survives, byte for byte, and is signed.

use super::sample::{fullest, least, unknown};
use crate::tree::{accepted, maps, refused, with_map};
use gauntlet_wire::cbor::{Canonical, Document, Map, Value};
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::sidecar::Sidecar;

/// The maps that later schemas may extend: all but the signature and add ids.
pub(super) fn open_maps(value: &Value) -> Vec<String> {
    let closed =
        |path: &str| path == "signature" || path.contains(".removes[") || path.ends_with(".adds");
    let all = maps(value).into_iter().map(|(path, _)| path);
    all.filter(|path| !closed(path)).collect()
}

fn extended(value: &Value, path: &str) -> Value {
    with_map(value, path, &|map| {
        for (key, value) in unknown().iter() {
            assert_eq!(map.insert(key.clone(), value.clone()), None);
        }
    })
}

#[test]
fn unknown_keys_survive_in_every_open_map() {
    let value = fullest().to_value();
    let open = open_maps(&value);
    assert_eq!(open.len(), 14, "{open:?}");
    for path in open {
        let bytes = extended(&value, &path).encode();
        let read = Sidecar::decode(&bytes).unwrap();
        assert_ne!(*read.value(), fullest(), "{path:?}");
        // Not from the bytes that were kept, but from what was understood.
        assert_eq!(read.value().to_value().encode(), bytes, "{path:?}");
        let again = Canonical::encode(read.into_value()).unwrap();
        assert_eq!(again.bytes(), bytes, "{path:?}");
    }
}

#[test]
fn unknown_keys_survive_in_the_tags_of_models() {
    let mut sidecar = fullest();
    for tag in sidecar.body.tags_ai.adds.values_mut() {
        tag.unknown = unknown();
    }
    assert_eq!(accepted::<Sidecar>(&sidecar.to_value()), sidecar);
}

#[test]
fn unknown_keys_survive_an_edit_of_what_is_known() {
    let bytes = extended(&extended(&fullest().to_value(), ""), "gps").encode();
    let mut sidecar = Sidecar::decode(&bytes).unwrap().into_value();
    sidecar.body.rating.current = None;
    sidecar.body.lqip = None;
    let edited = Canonical::encode(sidecar).unwrap();
    let read = Sidecar::decode(edited.bytes()).unwrap().into_value();
    assert_eq!(read.body.unknown, unknown());
    assert_eq!(read.body.gps.unwrap().unknown, unknown());
}

#[test]
fn the_signature_covers_every_unknown_key_and_itself_alone_not() {
    let value = fullest().to_value();
    for path in open_maps(&value) {
        let sidecar = accepted::<Sidecar>(&extended(&value, &path));
        let signed = sidecar.body.signed_bytes();
        let unsigned = with_map(&sidecar.to_value(), "", &|map| {
            map.remove(&"signature".into());
        });
        assert_eq!(signed, unsigned.encode());
        assert_ne!(signed, fullest().body.signed_bytes());
    }
}

#[test]
fn the_signature_and_add_ids_are_closed() {
    let value = fullest().to_value();
    for path in ["signature", "tags_user.removes[0]", "tags_ai.removes[0]"] {
        let wider = with_map(&value, path, &|map| {
            map.insert("zz".into(), Value::Null);
        });
        assert_eq!(refused::<Sidecar>(&wider).path, path);
    }
}

#[test]
fn a_known_key_among_the_unknown_is_not_written() {
    let mut sidecar = least();
    for key in ["rating", "gps", "signature", "zz"] {
        sidecar.body.unknown.insert(key.into(), Value::Null);
    }
    sidecar
        .body
        .unknown
        .insert(Value::Unsigned(0), Value::Unsigned(2));
    let mut expected = least();
    expected.body.unknown.insert("zz".into(), Value::Null);
    assert_eq!(sidecar.to_value(), expected.to_value());
}

#[test]
fn keys_come_sorted_however_they_were_given() {
    let mut reversed: Vec<(Value, Value)> = unknown()
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    reversed.reverse();
    let mut sidecar = fullest();
    sidecar.body.unknown = Map::from_entries(reversed).unwrap();
    assert_eq!(
        sidecar.to_value().encode(),
        extended(&fullest().to_value(), "").encode()
    );
}

#[test]
fn a_sidecar_shaped_as_a_directory_is_none() {
    // Both are signed by the identity key, over bytes that carry no name of their kind.
    let mut sidecar = least();
    let directory = crate::sample::two_devices();
    let Value::Map(core) = Value::Map(match directory.to_value() {
        Value::Map(map) => map,
        other => panic!("{other:?}"),
    }) else {
        panic!("a directory is a map");
    };
    let Some(Value::Map(core)) = core.get_text("core") else {
        panic!("a directory has a core");
    };
    for (key, value) in core.iter() {
        sidecar.body.unknown.insert(key.clone(), value.clone());
    }
    accepted::<Sidecar>(&sidecar.to_value());
    let forged = Map::from_entries(vec![
        (
            "core".into(),
            Value::Map(match sidecar.to_value() {
                Value::Map(mut map) => {
                    map.remove(&"signature".into());
                    map
                }
                other => panic!("{other:?}"),
            }),
        ),
        ("signature".into(), sidecar.signature.to_value()),
    ]);
    let error = refused::<DeviceDirectory>(&Value::Map(forged.unwrap()));
    assert_eq!(error.path, "core");
    assert!(error.found.contains("integer 0"), "{error}");
}
