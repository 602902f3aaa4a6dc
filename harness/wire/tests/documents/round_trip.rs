//! One document, one value, one string of bytes.

use crate::sample;
use crate::strategies::{
    any_derivative, any_directory, any_intent, any_ledger, any_manifest, any_record, config,
    survives,
};
use gauntlet_wire::cbor::{Canonical, Document, DocumentError, Map, Rule, Value};
use gauntlet_wire::version::Formats;
use proptest::prelude::*;

fn core(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::Map(map) => map.get_text("core").map(Value::encode),
        _ => None,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_manifest_survives_its_encoding(manifest in any_manifest()) {
        survives(manifest)?;
    }

    #[test]
    fn a_record_survives_its_encoding(record in any_record()) {
        survives(record)?;
    }

    #[test]
    fn a_directory_survives_its_encoding(directory in any_directory()) {
        survives(directory)?;
    }

    #[test]
    fn a_derivative_manifest_survives_its_encoding(manifest in any_derivative()) {
        survives(manifest)?;
    }

    #[test]
    fn a_ledger_survives_its_encoding(ledger in any_ledger()) {
        survives(ledger)?;
    }

    #[test]
    fn an_intent_survives_its_encoding(intent in any_intent()) {
        survives(intent)?;
    }

    #[test]
    fn the_signed_bytes_of_derivatives_and_intents_are_the_core(manifest in any_derivative(), intent in any_intent()) {
        prop_assert_eq!(core(manifest.to_value()), Some(manifest.core.signed_bytes()));
        prop_assert_eq!(core(intent.to_value()), Some(intent.core.signed_bytes()));
    }

    #[test]
    fn the_signed_bytes_are_the_core_of_the_document(manifest in any_manifest(), directory in any_directory()) {
        prop_assert_eq!(core(manifest.to_value()), Some(manifest.core.signed_bytes()));
        prop_assert_eq!(core(directory.to_value()), Some(directory.core.signed_bytes()));
    }

    #[test]
    fn two_records_differ_exactly_where_their_bytes_do(left in any_record(), right in any_record()) {
        prop_assert_eq!(left == right, left.to_value().encode() == right.to_value().encode());
        // Most pairs differ wholly, so a near pair is tried too: one core under another signature.
        let mut near = left.clone();
        near.manifest.write_sig = right.manifest.write_sig;
        prop_assert_eq!(left == near, left.to_value().encode() == near.to_value().encode());
    }
}

/// The map's encoding with its entries in the given order, which need not be the canonical one.
fn in_order(entries: &[(&Value, &Value)]) -> Vec<u8> {
    let head = 0xa0 | u8::try_from(entries.len()).unwrap();
    let entries = entries
        .iter()
        .flat_map(|(key, value)| [key.encode(), value.encode()]);
    [vec![head], entries.flatten().collect()].concat()
}

#[test]
fn the_keys_of_a_document_come_in_one_order() {
    let Value::Map(map) = sample::record(sample::core(Formats::B)).to_value() else {
        panic!("a record is a map");
    };
    let mut entries: Vec<_> = map.iter().collect();
    assert_eq!(in_order(&entries), Value::Map(map.clone()).encode());
    entries.reverse();
    let refused = Canonical::<gauntlet_wire::record::ProvenanceRecord>::decode(&in_order(&entries));
    assert!(
        matches!(refused, Err(DocumentError::Decode(error)) if error.rule == Rule::UnsortedKey)
    );
}

#[test]
fn the_order_in_which_a_map_is_built_does_not_show() {
    let Value::Map(map) = sample::two_devices().to_value() else {
        panic!("a directory is a map");
    };
    let mut reversed: Vec<_> = map
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    reversed.reverse();
    let rebuilt = Map::from_entries(reversed).unwrap();
    assert_eq!(Value::Map(rebuilt).encode(), Value::Map(map).encode());
}

#[test]
fn what_a_schema_refuses_is_not_written() {
    let mut core = sample::core(Formats::A);
    core.b = sample::core(Formats::B).b;
    assert!(matches!(
        Canonical::encode(sample::record(core)),
        Err(DocumentError::Schema(error)) if error.path == "manifest.core"
    ));
    let twice = sample::directory(vec![sample::device(1, None), sample::device(1, None)]);
    assert!(matches!(
        Canonical::encode(twice),
        Err(DocumentError::Schema(error)) if error.path == "core.devices"
    ));
}
