//! Upgrade intents (`formats.md` §11).

use crate::samples::intent;
use crate::tree::{accepted, refused, with};
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::{Canonical, Document, Map, Value};
use gauntlet_wire::intent::UpgradeIntent;

fn structure(entries: Vec<(&str, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
    Value::Map(Map::from_entries(entries.collect()).unwrap())
}

#[test]
fn an_intent_has_six_fields_and_one_signature() {
    let core = structure(vec![
        ("album_id", vec![2; 16].into()),
        ("from_version", "2026-05-31".into()),
        ("to_version", "2026-11-01".into()),
        ("intent_id", vec![15; 16].into()),
        ("proposer_device", vec![7; 16].into()),
        ("deadline_seconds", Value::Unsigned(604_800)),
    ]);
    let signature = structure(vec![
        ("ed", vec![0x1e; 64].into()),
        ("ml", vec![0xe1; 3309].into()),
    ]);
    let expected = structure(vec![("core", core.clone()), ("signature", signature)]);
    assert_eq!(intent().to_value(), expected);
    assert_eq!(intent().core.signed_bytes(), core.encode());
}

#[test]
fn an_upgrade_leads_to_a_later_version() {
    let value = intent().to_value();
    for (from, to, lawful) in [
        ("2026-05-31", "2026-06-01", true),
        ("2026-05-31", "9999-12-31", true),
        ("2026-05-31", "2026-05-31", false),
        ("2026-11-01", "2026-05-31", false),
    ] {
        let value = with(&value, "core.from_version", from);
        let value = with(&value, "core.to_version", to);
        if lawful {
            accepted::<UpgradeIntent>(&value);
        } else {
            assert_eq!(refused::<UpgradeIntent>(&value).path, "core");
        }
    }
}

#[test]
fn versions_are_dates_and_nothing_else() {
    for path in ["core.from_version", "core.to_version"] {
        for bad in ["", "2026-11-1", "2026-02-30", "2026-11-01 ", "20261101"] {
            let value = with(&intent().to_value(), path, bad);
            assert_eq!(refused::<UpgradeIntent>(&value).path, path);
        }
    }
}

#[test]
fn a_deadline_fills_32_bits_and_ids_and_halves_have_one_length() {
    let value = intent().to_value();
    let path = "core.deadline_seconds";
    for inside in [0, u64::from(u32::MAX)] {
        accepted::<UpgradeIntent>(&with(&value, path, inside));
    }
    for outside in [Value::Unsigned(1 << 32), Value::Negative(0)] {
        assert_eq!(
            refused::<UpgradeIntent>(&with(&value, path, outside)).path,
            path
        );
    }
    let lengths = [
        ("core.album_id", 16),
        ("core.intent_id", 16),
        ("core.proposer_device", 16),
        ("signature.ed", 64),
        ("signature.ml", 3309),
    ];
    for (path, length) in lengths {
        accepted::<UpgradeIntent>(&with(&value, path, vec![0xee; length]));
        for other in [0, length - 1, length + 1] {
            let error = refused::<UpgradeIntent>(&with(&value, path, vec![0xee; other]));
            assert_eq!(error.path, path);
        }
    }
}

#[test]
fn the_largest_lawful_intent_fits_its_bound() {
    let mut largest = intent();
    largest.core.deadline_seconds = u32::MAX;
    let written = Canonical::encode(largest).unwrap();
    assert!(written.bytes().len() < bounds::INTENT);
}
