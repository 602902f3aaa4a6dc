//! One sidecar, one value, one string of bytes.

use crate::strategies::{any_hash, any_signature, any_time, config, survives};
use gauntlet_wire::cbor::{Canonical, Document, Float, Map, Value};
use gauntlet_wire::enums::{ContentType, GpsSource, StackRole, StackType};
use gauntlet_wire::id::{AssetId, DeviceId, ImportId, StackId};
use gauntlet_wire::sidecar::{
    AddId, AiTag, CameraId, Dimensions, Gps, Lqip, Register, Sidecar, SidecarBody, StackMembership,
    TagSet, Write,
};
use gauntlet_wire::version::SuiteId;
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Values as unknown keys hold them, a little nested.
fn any_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<u64>().prop_map(Value::Unsigned),
        any::<u64>().prop_map(Value::Negative),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        vec(any::<u8>(), 0..5).prop_map(Value::Bytes),
        ".{0,5}".prop_map(Value::from),
        Just(Value::Null),
    ];
    scalar.prop_recursive(2, 8, 3, |inner| {
        let pairs = vec((inner.clone(), inner.clone()), 0..3);
        prop_oneof![
            vec(inner, 0..3).prop_map(Value::Array),
            pairs.prop_map(|pairs| Value::Map(map_of(pairs))),
        ]
    })
}

fn map_of(pairs: Vec<(Value, Value)>) -> Map {
    let mut map = Map::new();
    for (key, value) in pairs {
        map.insert(key, value);
    }
    map
}

/// Keys that no schema has: texts of it are lowercase words.
fn any_unknown() -> impl Strategy<Value = Map> {
    let key = prop_oneof![
        "[A-Z]{0,4}".prop_map(Value::from),
        (1_u64..).prop_map(Value::Unsigned),
        vec(any::<u8>(), 0..3).prop_map(Value::Bytes),
    ];
    vec((key, any_value()), 0..3).prop_map(map_of)
}

fn any_device() -> impl Strategy<Value = DeviceId> {
    any::<[u8; 16]>().prop_map(|id| DeviceId::from_slice(&id).unwrap())
}

fn any_write<T: std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Write<T>> {
    (value, any_time(), any_device(), any_unknown()).prop_map(|(value, ts, by, unknown)| Write {
        value,
        ts,
        by,
        unknown,
    })
}

fn any_caption() -> impl Strategy<Value = Register<String>> {
    let log = vec(any_write(".{0,8}"), 0..4);
    (option::of(any_write(".{0,8}")), log, any_unknown()).prop_map(
        |(current, mut superseded, unknown)| {
            superseded.sort_by(|left, right| right.order(left));
            superseded.dedup_by(|left, right| left.repeats(right));
            Register {
                current,
                superseded,
                unknown,
            }
        },
    )
}

fn any_rating() -> impl Strategy<Value = Register<u8>> {
    let current = option::of(any_write(0_u8..=5));
    (current, any_unknown()).prop_map(|(current, unknown)| Register {
        current,
        superseded: vec![],
        unknown,
    })
}

fn any_add_id() -> impl Strategy<Value = AddId> {
    (any_device(), any::<u64>()).prop_map(|(device, counter)| AddId { device, counter })
}

fn any_tags<T: std::fmt::Debug>(tag: impl Strategy<Value = T>) -> impl Strategy<Value = TagSet<T>> {
    let adds = btree_map(any_add_id(), tag, 0..3);
    (adds, btree_set(any_add_id(), 0..3), any_unknown()).prop_map(|(adds, removes, unknown)| {
        TagSet {
            adds,
            removes,
            unknown,
        }
    })
}

fn any_ai_tag() -> impl Strategy<Value = AiTag> {
    (".{0,8}", ".{1,8}", ".{1,8}", any_unknown()).prop_map(
        |(tag, model_id, model_version, unknown)| AiTag {
            tag,
            model_id,
            model_version,
            unknown,
        },
    )
}

fn any_picture() -> impl Strategy<Value = (Option<Dimensions>, Option<Lqip>)> {
    let size = (any::<u32>(), any::<u32>(), any_unknown());
    let stand_in = (
        vec(any::<u8>(), 0..40),
        any::<[u8; 3]>(),
        any::<u16>(),
        any_unknown(),
    );
    let dimensions = size.prop_map(|(width, height, unknown)| Dimensions {
        width,
        height,
        unknown,
    });
    let lqip = stand_in.prop_map(
        |(chromahash, dominant_color, format_version, unknown)| Lqip {
            chromahash,
            dominant_color,
            format_version,
            unknown,
        },
    );
    (option::of(dimensions), option::of(lqip))
}

type Origin = (Option<Gps>, Option<CameraId>, Option<StackMembership>);

fn any_origin() -> impl Strategy<Value = Origin> {
    let place = (
        -90.0..=90.0_f64,
        -180.0..=180.0_f64,
        select(GpsSource::ALL),
        any_unknown(),
    );
    let gps = place.prop_map(|(lat, lon, source, unknown)| Gps {
        lat: Float::new(lat),
        lon: Float::new(lon),
        source,
        unknown,
    });
    let camera =
        (".{0,8}", ".{0,8}", any_unknown()).prop_map(|(model, serial, unknown)| CameraId {
            model,
            serial,
            unknown,
        });
    let kind = (select(StackRole::ALL), select(StackType::ALL));
    let stack = (
        kind,
        any::<[u8; 16]>(),
        option::of(any::<u32>()),
        any_unknown(),
    )
        .prop_map(
            |((role, stack_type), id, member_index, unknown)| StackMembership {
                role,
                stack_id: StackId::from_slice(&id).unwrap(),
                stack_type,
                member_index,
                unknown,
            },
        );
    (option::of(gps), option::of(camera), option::of(stack))
}

fn any_sidecar() -> impl Strategy<Value = Sidecar> {
    let head = (
        any::<u16>(),
        any::<[[u8; 16]; 3]>(),
        any_hash(),
        select(ContentType::ALL),
    );
    let times = (any_time(), any_time(), option::of(any_hash()));
    let edits = (
        any_tags(".{0,8}"),
        any_tags(any_ai_tag()),
        any_caption(),
        any_rating(),
    );
    let parts = (any_picture(), any_origin(), any_unknown(), any_signature());
    (head, times, edits, parts).prop_map(|(head, times, edits, parts)| {
        let (suite, [asset, device, import], hash, content_type) = head;
        let ((dimensions, lqip), (gps, camera_id, stack_membership), unknown, signature) = parts;
        let body = SidecarBody {
            crypto_suite_id: SuiteId(suite),
            uuid: AssetId::from_slice(&asset).unwrap(),
            hash,
            capture_timestamp: times.0,
            import_timestamp: times.1,
            content_type,
            device_id: DeviceId::from_slice(&device).unwrap(),
            session_id: ImportId::from_slice(&import).unwrap(),
            tags_user: edits.0,
            tags_ai: edits.1,
            caption: edits.2,
            rating: edits.3,
            provenance_chain_hash: times.2,
            dimensions,
            lqip,
            gps,
            camera_id,
            stack_membership,
            unknown,
        };
        Sidecar { body, signature }
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_sidecar_survives_its_encoding(sidecar in any_sidecar()) {
        survives(sidecar)?;
    }

    #[test]
    fn the_signed_bytes_are_the_map_without_the_signature(sidecar in any_sidecar()) {
        let Value::Map(mut map) = sidecar.to_value() else {
            return Err(TestCaseError::fail("a sidecar is a map"));
        };
        map.remove(&"signature".into());
        prop_assert_eq!(Value::Map(map).encode(), sidecar.body.signed_bytes());
    }

    #[test]
    fn what_is_read_is_written_back_to_the_byte(sidecar in any_sidecar(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = sidecar.to_value().encode();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Sidecar::decode(&bytes) {
            prop_assert_eq!(read.value().to_value().encode(), bytes.clone());
            prop_assert_eq!(Canonical::encode(read.into_value()).unwrap().into_bytes(), bytes);
        }
    }
}
