//! Each bound of `formats.md` §9 on sidecars, just inside and just outside.

use super::sample::{add, ai_tag, fullest, least, write};
use super::unknown::open_maps;
use crate::tree::{accepted, refused, with, with_map};
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::{Canonical, Document, DocumentError, Map, Rule, Value, byte_array};
use gauntlet_wire::sidecar::{Sidecar, SidecarBody, SidecarError};

/// At `path` the one value is accepted, and the other refused at that place.
#[track_caller]
fn on_both_sides(path: &str, inside: impl Into<Value>, outside: impl Into<Value>) {
    let value = fullest().to_value();
    accepted::<Sidecar>(&with(&value, path, inside));
    assert_eq!(refused::<Sidecar>(&with(&value, path, outside)).path, path);
}

/// The one change is lawful, the other refused at `path`.
#[track_caller]
fn changes(path: &str, inside: impl Fn(&mut SidecarBody), outside: impl Fn(&mut SidecarBody)) {
    let changed = |change: &dyn Fn(&mut SidecarBody)| {
        let mut sidecar = fullest();
        change(&mut sidecar.body);
        sidecar.to_value()
    };
    accepted::<Sidecar>(&changed(&inside));
    assert_eq!(refused::<Sidecar>(&changed(&outside)).path, path);
}

#[test]
fn a_caption_is_at_most_4096_bytes_however_many_characters() {
    for path in ["caption.current.value", "caption.superseded[1].value"] {
        on_both_sides(path, "x".repeat(4_096), "x".repeat(4_097));
        on_both_sides(path, "€".repeat(1_365) + "x", "€".repeat(1_365) + "xx");
        on_both_sides(path, "", "x".repeat(4_097));
    }
}

#[test]
fn a_rating_is_0_to_5() {
    for stars in 0..=5_u64 {
        on_both_sides("rating.current.value", stars, 6_u64);
    }
    on_both_sides("rating.current.value", 0_u64, Value::Negative(0));
    on_both_sides("rating.current.value", 0_u64, 256_u64);
}

#[test]
fn a_tag_is_at_most_256_bytes() {
    for text in ["x".repeat(256), "é".repeat(128), String::new()] {
        let longer = "é".repeat(128) + "x";
        changes(
            "tags_user.adds[0]",
            |body| _ = body.tags_user.adds.insert(add(7, 1), text.clone()),
            |body| _ = body.tags_user.adds.insert(add(7, 1), longer.clone()),
        );
        changes(
            "tags_ai.adds[0].tag",
            |body| _ = body.tags_ai.adds.insert(add(9, 0), ai_tag(&text)),
            |body| _ = body.tags_ai.adds.insert(add(9, 0), ai_tag(&longer)),
        );
    }
}

#[test]
fn a_model_is_named_in_1_to_128_bytes() {
    for outside in [String::new(), "x".repeat(129)] {
        let with_id = |model: &str| {
            let mut tag = ai_tag("boat");
            tag.model_id = model.to_owned();
            tag
        };
        let with_version = |model: &str| {
            let mut tag = ai_tag("boat");
            tag.model_version = model.to_owned();
            tag
        };
        let inside = "x".repeat(128);
        changes(
            "tags_ai.adds[0].model_id",
            |body| _ = body.tags_ai.adds.insert(add(9, 0), with_id(&inside)),
            |body| _ = body.tags_ai.adds.insert(add(9, 0), with_id(&outside)),
        );
        changes(
            "tags_ai.adds[0].model_version",
            |body| _ = body.tags_ai.adds.insert(add(9, 0), with_version(&inside)),
            |body| _ = body.tags_ai.adds.insert(add(9, 0), with_version(&outside)),
        );
    }
}

#[test]
fn a_set_has_at_most_1024_adds_and_1024_removes() {
    let user = |body: &mut SidecarBody, count: u64| {
        body.tags_user.adds = (0..count).map(|at| (add(7, at), "t".to_owned())).collect();
    };
    let ai = |body: &mut SidecarBody, count: u64| {
        body.tags_ai.adds = (0..count).map(|at| (add(7, at), ai_tag("t"))).collect();
    };
    changes(
        "tags_user.adds",
        |body| user(body, 1_024),
        |body| user(body, 1_025),
    );
    changes(
        "tags_ai.adds",
        |body| ai(body, 1_024),
        |body| ai(body, 1_025),
    );
    let ids = |count: u64| (0..count).map(|at| add(7, at)).collect();
    changes(
        "tags_user.removes",
        |body| body.tags_user.removes = ids(1_024),
        |body| body.tags_user.removes = ids(1_025),
    );
    changes(
        "tags_ai.removes",
        |body| body.tags_ai.removes = ids(1_024),
        |body| body.tags_ai.removes = ids(1_025),
    );
}

#[test]
fn a_caption_keeps_16_superseded_values_and_a_rating_none() {
    let captions = |count: usize| {
        let second = |at: usize| format!("2026-11-01T00:00:{:02}Z", count - at);
        let writes = (0..count).map(|at| write("old".to_owned(), &second(at), 7));
        writes.collect::<Vec<_>>()
    };
    changes(
        "caption.superseded",
        |body| body.caption.superseded = captions(16),
        |body| body.caption.superseded = captions(17),
    );
    changes(
        "rating.superseded",
        |body| body.rating.superseded = vec![],
        |body| body.rating.superseded = vec![write(1, "2026-11-01T00:00:00Z", 7)],
    );
}

#[test]
fn integers_fill_their_width_and_no_more() {
    let wide = [
        ("crypto_suite_id", u64::from(u16::MAX)),
        ("dimensions.width", u64::from(u32::MAX)),
        ("dimensions.height", u64::from(u32::MAX)),
        ("lqip.format_version", u64::from(u16::MAX)),
        ("stack_membership.member_index", u64::from(u32::MAX)),
    ];
    for (path, max) in wide {
        on_both_sides(path, max, max + 1);
        on_both_sides(path, 0_u64, Value::Negative(0));
    }
}

#[test]
fn degrees_are_those_of_a_globe() {
    for (path, max) in [("gps.lat", 90.0_f64), ("gps.lon", 180.0)] {
        for inside in [max, -max, 0.0, -0.0, f64::MIN_POSITIVE] {
            for outside in [max.next_up(), (-max).next_down(), f64::NAN, f64::INFINITY] {
                on_both_sides(path, inside, outside);
            }
        }
    }
}

#[test]
fn ids_hashes_and_colours_have_one_length() {
    let lengths = [
        ("uuid", 16),
        ("device_id", 16),
        ("session_id", 16),
        ("stack_membership.stack_id", 16),
        ("caption.current.by", 16),
        ("tags_user.removes[0].device", 16),
        ("hash", 32),
        ("provenance_chain_hash", 32),
        ("signature.ed", 64),
        ("signature.ml", 3309),
    ];
    for (path, length) in lengths {
        // Below every other remove, so that their order stays.
        on_both_sides(path, vec![0; length], vec![0; length - 1]);
        on_both_sides(path, vec![0; length], vec![0; length + 1]);
        on_both_sides(path, vec![0; length], Value::Bytes(vec![]));
    }
    let path = "lqip.dominant_color";
    on_both_sides(path, byte_array(&[255; 3]), byte_array(&[0; 2]));
    on_both_sides(path, byte_array(&[0; 3]), byte_array(&[0; 4]));
}

#[test]
fn camera_texts_are_at_most_128_bytes() {
    for path in ["camera_id.model", "camera_id.serial"] {
        on_both_sides(path, "x".repeat(128), "x".repeat(129));
    }
}

/// Unknown keys, `count` of them, with `bytes` in all: a text of three bytes with its head, and a value.
fn unknown(count: usize, bytes: usize) -> Map {
    let key = |at: usize| Value::Text(format!("z{at:02}"));
    let rest = bytes - (count - 1) * 5;
    // The last value fills up: a head of three bytes, or one.
    let filling = match rest - 4 {
        1 => Value::Null,
        length => Value::Bytes(vec![0; length - 3]),
    };
    let mut map = Map::new();
    for at in 1..count {
        map.insert(key(at), Value::Null);
    }
    map.insert(key(0), filling);
    map
}

fn with_unknown(path: &str, unknown: &Map) -> Value {
    with_map(&fullest().to_value(), path, &|map| {
        for (key, value) in unknown.iter() {
            map.insert(key.clone(), value.clone());
        }
    })
}

#[test]
fn unknown_keys_are_at_most_64_in_every_open_map() {
    let found = "65 unknown keys in 325 bytes";
    for path in open_maps(&fullest().to_value()) {
        accepted::<Sidecar>(&with_unknown(&path, &unknown(64, 320)));
        let error = refused::<Sidecar>(&with_unknown(&path, &unknown(65, 325)));
        assert_eq!((error.path.as_str(), error.found.as_str()), ("", found));
    }
    let of_a_model = |count: usize| {
        let mut tag = ai_tag("boat");
        tag.unknown = unknown(count, count * 5);
        tag
    };
    changes(
        "",
        |body| _ = body.tags_ai.adds.insert(add(9, 0), of_a_model(64)),
        |body| _ = body.tags_ai.adds.insert(add(9, 0), of_a_model(65)),
    );
}

#[test]
fn unknown_keys_and_their_values_are_at_most_64_kib() {
    for count in [1, 64] {
        accepted::<Sidecar>(&with_unknown("", &unknown(count, 65_536)));
        let error = refused::<Sidecar>(&with_unknown("", &unknown(count, 65_537)));
        assert!(error.found.contains("65537 bytes"), "{error}");
    }
}

#[test]
fn unknown_keys_of_all_maps_are_counted_together() {
    let spread = |outer: usize, inner: usize| {
        let value = with_unknown("", &unknown(outer, outer * 5));
        with_map(&value, "dimensions", &|map| {
            for (key, value) in unknown(inner, inner * 5).iter() {
                map.insert(key.clone(), value.clone());
            }
        })
    };
    accepted::<Sidecar>(&spread(32, 32));
    assert_eq!(
        refused::<Sidecar>(&spread(32, 33)).found,
        "65 unknown keys in 325 bytes"
    );
}

#[test]
fn a_sidecar_is_at_most_1_mib() {
    let rule = |bytes: &[u8]| match Sidecar::decode(bytes) {
        Err(SidecarError::Malformed(DocumentError::Decode(error))) => (error.offset, error.rule),
        other => panic!("{other:?}"),
    };
    let mut bytes = least().to_value().encode();
    let length = bytes.len();
    bytes.resize(bounds::SIDECAR, 0);
    assert_eq!(rule(&bytes), (length, Rule::TrailingBytes));
    bytes.push(0);
    assert_eq!(rule(&bytes), (1 << 20, Rule::TooLong));
    assert_eq!(rule(&vec![0xff; (1 << 20) + 1]), (1 << 20, Rule::TooLong));
}

#[test]
fn a_sidecar_of_exactly_1_mib_is_read_and_written() {
    let mut sidecar = least();
    let mut lqip = fullest().body.lqip.unwrap();
    lqip.chromahash = vec![0; 1 << 19];
    sidecar.body.lqip = Some(lqip);
    let short = (1 << 20) - sidecar.to_value().encode().len();
    sidecar.body.lqip.as_mut().unwrap().chromahash = vec![0; (1 << 19) + short];
    let written = Canonical::encode(sidecar.clone()).unwrap();
    assert_eq!(written.bytes().len(), bounds::SIDECAR);
    assert_eq!(Sidecar::decode(written.bytes()), Ok(written));

    sidecar.body.lqip.as_mut().unwrap().chromahash.push(0);
    let error = Canonical::encode(sidecar).unwrap_err();
    assert!(matches!(error, DocumentError::Decode(error) if error.rule == Rule::TooLong));
}
