//! Closed documents: every key is there, no other is, and each holds its own kind (`formats.md` §2, §3).

use crate::tree::{accepted, join, leaves, maps, refused, with, with_map};
use crate::{sample, samples};
use gauntlet_wire::cbor::{Document, SchemaError, Value};
use gauntlet_wire::derivative::DerivativeManifest;
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::intent::UpgradeIntent;
use gauntlet_wire::ledger::EpochLedger;
use gauntlet_wire::manifest::AssetManifest;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::Formats;
use std::fmt::Debug;

/// The fields that may be null; every other field has to be given.
const NULLABLE: [&str; 8] = [
    "prior_provenance_hash",
    "retention_until",
    "metadata_blob_hash",
    "wrapped_file_key",
    "revoked_at",
    "model_id",
    "model_version",
    "prior_entry_hash",
];

/// Something that is tried on every sample of one kind of document.
trait Trial {
    fn run<T: Document + Debug + PartialEq>(&self, value: &Value);
}

fn on_every_document(trial: &impl Trial) {
    for core in sample::cores() {
        trial.run::<AssetManifest>(&sample::manifest(core.clone()).to_value());
        trial.run::<ProvenanceRecord>(&sample::record(core).to_value());
    }
    trial.run::<DeviceDirectory>(&sample::two_devices().to_value());
    trial.run::<DerivativeManifest>(&samples::thumbnail().to_value());
    trial.run::<DerivativeManifest>(&samples::embedding().to_value());
    for formats in [Formats::A, Formats::B] {
        trial.run::<EpochLedger>(&samples::ledger(formats, 2).to_value());
    }
    trial.run::<UpgradeIntent>(&samples::intent().to_value());
}

struct Untouched;

impl Trial for Untouched {
    fn run<T: Document + Debug + PartialEq>(&self, value: &Value) {
        accepted::<T>(value);
    }
}

#[test]
fn every_sample_is_accepted_as_it_is() {
    on_every_document(&Untouched);
}

/// A key that no document has, and what a refusal calls it.
struct Extra(Value, &'static str);

impl Trial for Extra {
    fn run<T: Document + Debug + PartialEq>(&self, value: &Value) {
        for (path, _) in maps(value) {
            let wider = with_map(value, &path, &|map| {
                assert_eq!(map.insert(self.0.clone(), Value::Null), None);
            });
            let error = refused::<T>(&wider);
            assert_eq!(error.path, path);
            assert!(
                error.found.contains(self.1),
                "{error} does not name {}",
                self.1
            );
        }
    }
}

#[test]
fn an_unknown_key_is_refused_in_every_map_and_named() {
    for key in [
        "zz",
        "Core",
        "core ",
        "a_key_that_sorts_far_behind_all_others",
    ] {
        on_every_document(&Extra(key.into(), key));
    }
    on_every_document(&Extra("".into(), "\"\""));
}

#[test]
fn an_integer_key_is_refused_in_every_map() {
    // One message under several types is told apart by its keys alone, and the sidecar's is 0.
    on_every_document(&Extra(Value::Unsigned(0), "integer 0"));
    on_every_document(&Extra(
        Value::Unsigned(u64::MAX),
        "integer 18446744073709551615",
    ));
    on_every_document(&Extra(Value::Negative(0), "integer -1"));
}

#[test]
fn a_key_of_another_kind_is_refused_in_every_map() {
    on_every_document(&Extra(
        Value::Bytes(b"core".to_vec()),
        "byte string of 4 bytes",
    ));
    on_every_document(&Extra(Value::Null, "null"));
    on_every_document(&Extra(Value::Bool(true), "true"));
}

struct Missing;

impl Trial for Missing {
    fn run<T: Document + Debug + PartialEq>(&self, value: &Value) {
        for (path, map) in maps(value) {
            for (key, _) in map.iter() {
                let narrower = with_map(value, &path, &|map| {
                    map.remove(key);
                });
                let error = refused::<T>(&narrower);
                let Value::Text(key) = key else {
                    panic!("a key that is no text");
                };
                // Without its version a core cannot be read at all; every other key is missed by name.
                assert_eq!(error.path, join(&path, key));
                assert_eq!(error.found, "no such key");
            }
        }
    }
}

#[test]
fn a_missing_key_is_refused_in_every_map_and_named() {
    on_every_document(&Missing);
}

fn kinds() -> [Value; 8] {
    [
        Value::Unsigned(1),
        Value::Negative(0),
        Value::from(1.0),
        Value::Bytes(vec![1]),
        // Too long for any field, so that a nullable text is no way in.
        Value::Text("1".repeat(129)),
        Value::Bool(true),
        Value::Array(Vec::new()),
        Value::Map(gauntlet_wire::cbor::Map::new()),
    ]
}

struct OtherKinds;

impl Trial for OtherKinds {
    fn run<T: Document + Debug + PartialEq>(&self, value: &Value) {
        for (path, leaf) in leaves(value) {
            let same_kind = std::mem::discriminant(&leaf);
            for other in kinds() {
                if std::mem::discriminant(&other) == same_kind {
                    continue;
                }
                let error = refused::<T>(&with(value, &path, other.clone()));
                assert_eq!(error.path, path, "{other:?} in place of {leaf:?}");
            }
        }
    }
}

#[test]
fn every_field_holds_its_own_kind_and_no_other() {
    on_every_document(&OtherKinds);
}

struct Nulls;

impl Trial for Nulls {
    fn run<T: Document + Debug + PartialEq>(&self, value: &Value) {
        for (path, leaf) in leaves(value) {
            let nullable = NULLABLE.iter().any(|field| path.ends_with(field));
            assert!(
                nullable || leaf != Value::Null,
                "{path} is null in the sample"
            );
            let error = T::from_value(&with(value, &path, Value::Null)).err();
            let at_the_field = |error: &SchemaError| error.path == path;
            let missed = error.as_ref().is_some_and(at_the_field);
            // A nullable field may be missed by a rule of its document, but not by its own kind;
            // a record's own prior is compared with its manifest's, at that very place.
            assert!(
                missed != nullable || path == "prior_provenance_hash",
                "{path}: {error:?}"
            );
        }
    }
}

#[test]
fn null_stands_in_optional_fields_alone() {
    on_every_document(&Nulls);
}
