//! The fields of a sidecar, written out by hand from `formats.md` §7.

use super::sample::{fullest, least};
use crate::sample::WRITTEN;
use gauntlet_wire::cbor::{Document, Map, Value, byte_array};
use gauntlet_wire::enums::StackType;
use gauntlet_wire::id::Hash;

fn structure(entries: Vec<(&str, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
    Value::Map(Map::from_entries(entries.collect()).unwrap())
}

fn list(items: Vec<Value>) -> Value {
    Value::Array(items)
}

fn id(device: u8, counter: u64) -> Value {
    structure(vec![
        ("device", vec![device; 16].into()),
        ("counter", Value::Unsigned(counter)),
    ])
}

fn write(value: Value, ts: &str, by: u8) -> Value {
    structure(vec![
        ("value", value),
        ("ts", ts.into()),
        ("by", vec![by; 16].into()),
    ])
}

fn set(adds: Vec<(Value, Value)>, removes: Vec<Value>) -> Value {
    let adds = Value::Map(Map::from_entries(adds).unwrap());
    structure(vec![("adds", adds), ("removes", list(removes))])
}

fn register(current: Value, superseded: Vec<Value>) -> Value {
    structure(vec![("current", current), ("superseded", list(superseded))])
}

/// The map of these fields, with the schema number.
fn sidecar(fields: Vec<(&str, Value)>) -> Map {
    let Value::Map(mut map) = structure(fields) else {
        panic!("a structure is a map");
    };
    map.insert(Value::Unsigned(0), Value::Unsigned(1));
    map
}

fn head() -> Vec<(&'static str, Value)> {
    vec![
        ("crypto_suite_id", Value::Unsigned(1)),
        ("uuid", vec![1; 16].into()),
        ("hash", vec![3; 32].into()),
        ("capture_timestamp", "2026-10-01T08:00:00+02:00".into()),
        ("import_timestamp", WRITTEN.into()),
        ("content_type", "image/jpeg".into()),
        ("device_id", vec![7; 16].into()),
        ("session_id", vec![16; 16].into()),
    ]
}

fn signed(mut map: Map) -> Value {
    let signature = structure(vec![
        ("ed", vec![0x5c; 64].into()),
        ("ml", vec![0xa3; 3309].into()),
    ]);
    map.insert("signature".into(), signature);
    Value::Map(map)
}

#[test]
fn the_least_sidecar_has_thirteen_keys_and_a_signature() {
    let parts = vec![
        ("tags_user", set(vec![], vec![])),
        ("tags_ai", set(vec![], vec![])),
        ("caption", register(Value::Null, vec![])),
        ("rating", register(Value::Null, vec![])),
    ];
    let body = sidecar([head(), parts].concat());
    assert_eq!(body.len(), 13);
    assert_eq!(
        least().body.signed_bytes(),
        Value::Map(body.clone()).encode()
    );
    assert_eq!(least().to_value(), signed(body));
}

#[test]
fn the_fullest_sidecar_has_six_keys_more() {
    let ai = structure(vec![
        ("tag", "boat".into()),
        ("model_id", "siglip".into()),
        ("model_version", "3.1".into()),
    ]);
    let adds = vec![(id(7, 1), "sea".into()), (id(7, 300), "sky".into())];
    let caption = register(
        write("third".into(), "2026-11-03T00:00:00Z", 7),
        vec![
            write("second".into(), "2026-11-02T00:00:00Z", 8),
            write("first".into(), "2026-11-01T00:00:00Z", 7),
        ],
    );
    let rating = register(write(Value::Unsigned(5), "2026-11-03T00:00:00Z", 7), vec![]);
    let parts = vec![
        ("tags_user", set(adds, vec![id(7, 1), id(8, u64::MAX)])),
        ("tags_ai", set(vec![(id(9, 0), ai)], vec![id(9, 0)])),
        ("caption", caption),
        ("rating", rating),
        ("provenance_chain_hash", vec![9; 32].into()),
        (
            "dimensions",
            structure(vec![
                ("width", Value::Unsigned(4032)),
                ("height", Value::Unsigned(3024)),
            ]),
        ),
        (
            "lqip",
            structure(vec![
                ("chromahash", vec![0x11; 32].into()),
                ("dominant_color", byte_array(&[0, 128, 255])),
                ("format_version", Value::Unsigned(1)),
            ]),
        ),
        (
            "gps",
            structure(vec![
                ("lat", Value::from(-33.8568)),
                ("lon", Value::from(151.25)),
                ("source", "exif".into()),
            ]),
        ),
        (
            "camera_id",
            structure(vec![
                ("model", "Box Brownie".into()),
                ("serial", "1900-2".into()),
            ]),
        ),
        (
            "stack_membership",
            structure(vec![
                ("role", "primary".into()),
                ("stack_id", vec![17; 16].into()),
                ("stack_type", "raw_jpeg".into()),
                ("member_index", Value::Unsigned(2)),
            ]),
        ),
    ];
    let body = sidecar([head(), parts].concat());
    assert_eq!(body.len(), 19);
    assert_eq!(fullest().to_value(), signed(body));
}

#[test]
fn the_schema_number_comes_first_in_the_bytes() {
    let bytes = least().to_value().encode();
    assert_eq!(bytes[..3], [0xae, 0x00, 0x01]);
    assert_eq!(Hash::of(&bytes), Hash::of(&least().to_value().encode()));
}

#[test]
fn stack_types_are_thirteen_in_snake_case() {
    let names = "raw_jpeg burst live_photo portrait smart_selection hdr_bracket focus_stack \
                 pixel_shift panorama proxy chaptered dual_audio custom";
    let known: Vec<&str> = StackType::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(known.join(" "), names);
}
