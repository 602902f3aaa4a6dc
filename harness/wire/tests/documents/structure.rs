//! The rules of `formats.md` §4 that tie fields together, on both of their sides.

use crate::sample::{self, RETAINED};
use crate::tree::{accepted, refused, with, with_map};
use gauntlet_wire::cbor::{Document, Value};
use gauntlet_wire::enums::{Action, KeyMode};
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::manifest::{AssetManifest, ManifestB, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::{Formats, ProtocolVersion};

const BOTH: [bool; 2] = [false, true];

/// Every shape of a core of version A: the action, and which optional fields are given.
fn shapes_of_a() -> Vec<ManifestCore> {
    let mut shapes = Vec::new();
    for action in Action::ALL {
        for prior in BOTH {
            for retention in BOTH {
                shapes.push(ManifestCore {
                    action: *action,
                    prior_provenance_hash: prior.then_some(Hash::from_bytes([9; 32])),
                    retention_until: retention.then(|| sample::time(RETAINED)),
                    ..sample::core(Formats::A)
                });
            }
        }
    }
    shapes
}

/// The same for version B, with the key mode and the two optional fields that B adds.
fn shapes_of_b() -> Vec<ManifestCore> {
    let mut shapes = Vec::new();
    for shape in shapes_of_a() {
        for key_mode in KeyMode::ALL {
            for key in BOTH {
                for metadata in BOTH {
                    shapes.push(ManifestCore {
                        protocol_version: ProtocolVersion::B,
                        b: Some(ManifestB {
                            metadata_blob_hash: metadata.then_some(Hash::from_bytes([8; 32])),
                            key_mode: *key_mode,
                            wrapped_file_key: key.then_some([10; 60]),
                        }),
                        ..shape.clone()
                    });
                }
            }
        }
    }
    shapes
}

/// The rules, one sentence of the page a line.
fn lawful(core: &ManifestCore) -> bool {
    let action = core.action.as_str();
    let rules = [
        core.prior_provenance_hash.is_none() == (action == "create"),
        core.retention_until.is_some() == (action == "delete"),
        core.b
            .as_ref()
            .is_none_or(|b| b.key_mode.as_str() != "wrapped" || action == "create"),
        core.b
            .as_ref()
            .is_none_or(|b| b.wrapped_file_key.is_some() == (b.key_mode.as_str() == "wrapped")),
        core.b.as_ref().is_none_or(|b| {
            b.metadata_blob_hash.is_some()
                || !["create", "replace", "metadata-update"].contains(&action)
        }),
    ];
    rules.iter().all(|holds| *holds)
}

/// Every shape is accepted where the rules hold and refused at the core where one does not. Returns
/// how many are lawful.
fn judged(shapes: Vec<ManifestCore>) -> usize {
    let (good, bad): (Vec<_>, Vec<_>) = shapes.into_iter().partition(lawful);
    for core in &good {
        accepted::<AssetManifest>(&sample::manifest(core.clone()).to_value());
        accepted::<ProvenanceRecord>(&sample::record(core.clone()).to_value());
    }
    for core in &bad {
        let manifest = sample::manifest(core.clone()).to_value();
        assert_eq!(refused::<AssetManifest>(&manifest).path, "core", "{core:?}");
        let record = sample::record(core.clone()).to_value();
        assert_eq!(
            refused::<ProvenanceRecord>(&record).path,
            "manifest.core",
            "{core:?}"
        );
    }
    good.len()
}

#[test]
fn of_every_shape_in_version_a_only_the_lawful_are_accepted() {
    // One shape of seven actions is lawful each.
    assert_eq!(judged(shapes_of_a()), 7);
}

#[test]
fn of_every_shape_in_version_b_only_the_lawful_are_accepted() {
    // Create: derived or wrapped. Replace and metadata-update: one each. The other four actions may
    // name a metadata blob or not.
    assert_eq!(judged(shapes_of_b()), 2 + 2 + 4 * 2);
}

fn given_b(core: &mut ManifestCore) -> &mut ManifestB {
    core.b.as_mut().unwrap()
}

/// A lawful create, or a lawful replace.
fn lawful_b(action: Action) -> ManifestCore {
    ManifestCore {
        action,
        prior_provenance_hash: (action != Action::Create).then_some(Hash::from_bytes([9; 32])),
        ..sample::core(Formats::B)
    }
}

#[test]
fn a_refusal_names_the_rule_that_is_broken() {
    type Break = (&'static str, Action, fn(&mut ManifestCore));
    let breaks: [Break; 8] = [
        ("prior_provenance_hash", Action::Create, |core| {
            core.prior_provenance_hash = Some(Hash::from_bytes([9; 32]));
        }),
        ("prior_provenance_hash", Action::Replace, |core| {
            core.prior_provenance_hash = None;
        }),
        ("retention_until", Action::Create, |core| {
            core.retention_until = Some(sample::time(RETAINED));
        }),
        ("retention_until", Action::Replace, |core| {
            core.action = Action::Delete;
        }),
        ("create alone", Action::Replace, |core| {
            given_b(core).key_mode = KeyMode::Wrapped;
            given_b(core).wrapped_file_key = Some([10; 60]);
        }),
        ("wrapped_file_key", Action::Create, |core| {
            given_b(core).key_mode = KeyMode::Wrapped;
        }),
        ("wrapped_file_key", Action::Create, |core| {
            given_b(core).wrapped_file_key = Some([10; 60]);
        }),
        ("metadata_blob_hash", Action::Replace, |core| {
            given_b(core).metadata_blob_hash = None;
        }),
    ];
    for (rule, action, change) in breaks {
        let mut core = lawful_b(action);
        accepted::<AssetManifest>(&sample::manifest(core.clone()).to_value());
        change(&mut core);
        let error = refused::<AssetManifest>(&sample::manifest(core).to_value());
        assert!(
            error.expected.contains(rule),
            "{error} does not name {rule}"
        );
    }
}

#[test]
fn a_manifest_of_version_a_carries_no_field_of_b() {
    let manifest = sample::manifest(sample::core(Formats::A)).to_value();
    for field in ["metadata_blob_hash", "key_mode", "wrapped_file_key"] {
        for value in [Value::Null, "derived".into(), [8; 32].into()] {
            let wider = with_map(&manifest, "core", &|map| {
                map.insert(field.into(), value.clone());
            });
            let error = refused::<AssetManifest>(&wider);
            assert_eq!(error.path, "core");
            assert!(error.found.contains(field), "{error}");
        }
    }
}

#[test]
fn the_version_decides_the_form_and_not_the_other_way_round() {
    let of_a = sample::manifest(sample::core(Formats::A)).to_value();
    let of_b = sample::manifest(sample::core(Formats::B)).to_value();
    // Compared as text: the day before B is A, and every day from B on is B.
    for (version, manifest) in [
        ("2026-10-31", &of_a),
        ("2026-11-01", &of_b),
        ("2026-11-02", &of_b),
    ] {
        accepted::<AssetManifest>(&with(manifest, "core.protocol_version", version));
    }
    let claims_b = with(&of_a, "core.protocol_version", "2026-11-01");
    assert_eq!(
        refused::<AssetManifest>(&claims_b).path,
        "core.metadata_blob_hash"
    );
    let claims_a = with(&of_b, "core.protocol_version", "2026-10-31");
    assert_eq!(refused::<AssetManifest>(&claims_a).path, "core");
}

#[test]
fn closed_texts_of_a_core_take_no_other_spelling() {
    let manifest = sample::manifest(sample::core(Formats::B)).to_value();
    let bad = [
        (
            "core.version",
            ["asset-manifest/v2", "asset-manifest/v1 ", ""],
        ),
        ("core.action", ["Create", "purge", ""]),
        ("core.key_mode", ["Derived", "plain", ""]),
        ("core.protocol_version", ["2026-11-1", "2026-02-30", ""]),
        ("core.timestamp", ["2026-11-20", "2026-11-20T10:00:60Z", ""]),
    ];
    for (path, texts) in bad {
        for text in texts {
            assert_eq!(
                refused::<AssetManifest>(&with(&manifest, path, text)).path,
                path
            );
        }
    }
}

#[test]
fn a_record_says_of_asset_and_prior_what_its_manifest_says() {
    let create = sample::record(sample::core(Formats::B));
    let other = AssetId::from_slice(&[0xaa; 16]).unwrap();
    let of_another = ProvenanceRecord {
        asset_id: other,
        ..create.clone()
    };
    assert_eq!(
        refused::<ProvenanceRecord>(&of_another.to_value()).path,
        "asset_id"
    );

    let invented = ProvenanceRecord {
        prior_provenance_hash: Some(Hash::from_bytes([9; 32])),
        ..create
    };
    assert_eq!(
        refused::<ProvenanceRecord>(&invented.to_value()).path,
        "prior_provenance_hash"
    );

    let later = sample::record(sample::cores().swap_remove(1));
    for prior in [None, Some(Hash::from_bytes([0xbb; 32]))] {
        let differs = ProvenanceRecord {
            prior_provenance_hash: prior,
            ..later.clone()
        };
        assert_eq!(
            refused::<ProvenanceRecord>(&differs.to_value()).path,
            "prior_provenance_hash"
        );
    }
}

#[test]
fn a_directory_lists_a_device_once_even_if_all_else_differs() {
    let mut directory = sample::two_devices();
    accepted::<gauntlet_wire::directory::DeviceDirectory>(&directory.to_value());
    directory.core.devices[1].device_id = directory.core.devices[0].device_id;
    let error = refused::<gauntlet_wire::directory::DeviceDirectory>(&directory.to_value());
    assert_eq!(error.path, "core.devices");
}
