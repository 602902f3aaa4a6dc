//! A sidecar with nothing optional, and one with everything.

use crate::sample::{WRITTEN, signature, time};
use gauntlet_wire::cbor::{Float, Map, Value};
use gauntlet_wire::enums::{ContentType, GpsSource, StackRole, StackType};
use gauntlet_wire::id::{AssetId, DeviceId, Hash, ImportId, StackId};
use gauntlet_wire::sidecar::{
    AddId, AiTag, CameraId, Dimensions, Gps, Lqip, Register, RegisterValue, Sidecar, SidecarBody,
    StackMembership, TagSet, Write,
};
use gauntlet_wire::version::SuiteId;

pub(super) fn device(fill: u8) -> DeviceId {
    DeviceId::from_slice(&[fill; 16]).unwrap()
}

pub(super) fn add(fill: u8, counter: u64) -> AddId {
    AddId {
        device: device(fill),
        counter,
    }
}

pub(super) fn write<T: RegisterValue>(value: T, ts: &str, by: u8) -> Write<T> {
    Write {
        value,
        ts: time(ts),
        by: device(by),
        unknown: Map::new(),
    }
}

/// A sidecar as an import in version B writes it.
pub(super) fn least() -> Sidecar {
    let body = SidecarBody {
        crypto_suite_id: SuiteId::ONE,
        uuid: AssetId::from_slice(&[1; 16]).unwrap(),
        hash: Hash::from_bytes([3; 32]),
        capture_timestamp: time("2026-10-01T08:00:00+02:00"),
        import_timestamp: time(WRITTEN),
        content_type: ContentType::Jpeg,
        device_id: device(7),
        session_id: ImportId::from_slice(&[16; 16]).unwrap(),
        tags_user: TagSet::default(),
        tags_ai: TagSet::default(),
        caption: Register::default(),
        rating: Register::default(),
        provenance_chain_hash: None,
        dimensions: None,
        lqip: None,
        gps: None,
        camera_id: None,
        stack_membership: None,
        unknown: Map::new(),
    };
    Sidecar {
        body,
        signature: signature(0x5c),
    }
}

pub(super) fn ai_tag(tag: &str) -> AiTag {
    AiTag {
        tag: tag.to_owned(),
        model_id: "siglip".to_owned(),
        model_version: "3.1".to_owned(),
        unknown: Map::new(),
    }
}

fn tags() -> (TagSet<String>, TagSet<AiTag>) {
    let user = TagSet {
        adds: [
            (add(7, 1), "sea".to_owned()),
            (add(7, 300), "sky".to_owned()),
        ]
        .into(),
        removes: [add(7, 1), add(8, u64::MAX)].into(),
        unknown: Map::new(),
    };
    let ai = TagSet {
        adds: [(add(9, 0), ai_tag("boat"))].into(),
        removes: [add(9, 0)].into(),
        unknown: Map::new(),
    };
    (user, ai)
}

/// A sidecar with every part, edited since.
pub(super) fn fullest() -> Sidecar {
    let mut sidecar = least();
    let body = &mut sidecar.body;
    (body.tags_user, body.tags_ai) = tags();
    body.caption = Register {
        current: Some(write("third".to_owned(), "2026-11-03T00:00:00Z", 7)),
        superseded: vec![
            write("second".to_owned(), "2026-11-02T00:00:00Z", 8),
            write("first".to_owned(), "2026-11-01T00:00:00Z", 7),
        ],
        unknown: Map::new(),
    };
    body.rating.current = Some(write(5, "2026-11-03T00:00:00Z", 7));
    body.provenance_chain_hash = Some(Hash::from_bytes([9; 32]));
    body.dimensions = Some(Dimensions {
        width: 4032,
        height: 3024,
        unknown: Map::new(),
    });
    body.lqip = Some(Lqip {
        chromahash: vec![0x11; 32],
        dominant_color: [0, 128, 255],
        format_version: 1,
        unknown: Map::new(),
    });
    body.gps = Some(Gps {
        lat: Float::new(-33.8568),
        lon: Float::new(151.25),
        source: GpsSource::Exif,
        unknown: Map::new(),
    });
    body.camera_id = Some(CameraId {
        model: "Box Brownie".to_owned(),
        serial: "1900-2".to_owned(),
        unknown: Map::new(),
    });
    body.stack_membership = Some(StackMembership {
        role: StackRole::Primary,
        stack_id: StackId::from_slice(&[17; 16]).unwrap(),
        stack_type: StackType::RawJpeg,
        member_index: Some(2),
        unknown: Map::new(),
    });
    sidecar
}

/// Every kind of key, and values that would be known elsewhere or nowhere.
pub(super) fn unknown() -> Map {
    let inner = Map::from_entries(vec![
        (Value::from("core"), Value::Null),
        (Value::Unsigned(0), Value::from(1.5)),
        (Value::from("signature"), Value::Bytes(vec![1, 2])),
    ]);
    Map::from_entries(vec![
        (Value::Unsigned(1), Value::Bool(true)),
        (Value::Negative(0), Value::Negative(u64::MAX)),
        (Value::Bytes(vec![0xff]), Value::from(-0.0)),
        (Value::from(""), Value::Null),
        (Value::from("zz"), Value::Map(inner.unwrap())),
        (Value::Array(vec![]), Value::Array(vec![Value::Unsigned(0)])),
        (Value::Null, Value::from("no key at all")),
    ])
    .unwrap()
}
