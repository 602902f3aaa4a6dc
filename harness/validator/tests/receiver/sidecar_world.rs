//! Sidecars as the tests talk about them.

use crate::world::{asset, hash, now, phone, tablet, time};
use gauntlet_wire::cbor::{Map, Value};
use gauntlet_wire::enums::{ContentType, GpsSource};
use gauntlet_wire::id::{DeviceId, ImportId};
use gauntlet_wire::sidecar::{
    AddId, AiTag, Gps, Register, RegisterValue, SidecarBody, TagSet, Write,
};
use gauntlet_wire::version::{Formats, SuiteId};

/// A sidecar as an import writes it.
pub(crate) fn imported() -> SidecarBody {
    SidecarBody {
        crypto_suite_id: SuiteId::ONE,
        uuid: asset(),
        hash: hash(0x33),
        capture_timestamp: "2026-10-01T08:00:00+02:00".parse().unwrap(),
        import_timestamp: time(now()),
        content_type: ContentType::Jpeg,
        device_id: phone(),
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
    }
}

pub(crate) fn add(device: DeviceId, counter: u64) -> AddId {
    AddId { device, counter }
}

pub(crate) fn write<T: RegisterValue>(value: T, ts: jiff::Timestamp, by: DeviceId) -> Write<T> {
    Write {
        value,
        ts: time(ts),
        by,
        unknown: Map::new(),
    }
}

pub(crate) fn caption(text: &str, ts: jiff::Timestamp) -> Write<String> {
    write(text.to_owned(), ts, phone())
}

pub(crate) fn ai_tag(tag: &str) -> AiTag {
    AiTag {
        tag: tag.to_owned(),
        model_id: "siglip".to_owned(),
        model_version: "3.1".to_owned(),
        unknown: Map::new(),
    }
}

pub(crate) fn unknown(key: &str, value: impl Into<Value>) -> Map {
    Map::from_entries(vec![(key.into(), value.into())]).unwrap()
}

/// A sidecar that says something in every part that keeps unknown keys.
pub(crate) fn rich(formats: Formats) -> SidecarBody {
    let mut body = imported();
    let hour = jiff::SignedDuration::from_hours(1);
    body.caption.current = Some(caption("third", now()));
    body.caption.superseded = vec![
        caption("second", now() - hour),
        write("first".to_owned(), now() - hour * 2, tablet()),
    ];
    body.rating.current = Some(write(4, now(), tablet()));
    body.tags_user.adds = [
        (add(phone(), 0), "sea".to_owned()),
        (add(phone(), 1), "sky".to_owned()),
        (add(tablet(), 0), "sea".to_owned()),
    ]
    .into();
    body.tags_user.removes = [add(phone(), 0)].into();
    body.tags_ai.adds = [(add(phone(), 5), ai_tag("boat"))].into();
    body.gps = Some(Gps {
        lat: gauntlet_wire::cbor::Float::new(47.5),
        lon: gauntlet_wire::cbor::Float::new(8.25),
        source: match formats {
            Formats::A => GpsSource::Derived,
            Formats::B => GpsSource::Inferred,
        },
        unknown: unknown("datum", "wgs84"),
    });
    body.unknown = unknown("mood", Value::Array(vec![true.into(), 1.5.into()]));
    body.caption.unknown = unknown("language", "de");
    body.caption.superseded[0].unknown = unknown("spelled", true);
    for tag in body.tags_ai.adds.values_mut() {
        tag.unknown = unknown("score", 0.5);
    }
    body
}
