//! The fields of each document, written out by hand from `formats.md` §3, §4 and §5.

use crate::sample::{self, RETAINED, WRITTEN};
use gauntlet_wire::cbor::{Document, Map, Value};
use gauntlet_wire::enums::{Action, KeyMode};
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::version::Formats;

fn bytes(fill: u8, length: usize) -> Value {
    Value::Bytes(vec![fill; length])
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn structure(entries: Vec<(&str, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (text(key), value));
    Value::Map(Map::from_entries(entries.collect()).unwrap())
}

fn pair(fill: u8, ed: usize, ml: usize) -> Value {
    structure(vec![("ed", bytes(fill, ed)), ("ml", bytes(!fill, ml))])
}

/// The fields that both versions have, of [`sample::core`].
fn common(version: &str) -> Vec<(&'static str, Value)> {
    let nonce_prefix = [0, 23, 24, 127, 128, 254, 255].map(Value::Unsigned);
    vec![
        ("version", text("asset-manifest/v1")),
        ("crypto_suite_id", Value::Unsigned(1)),
        ("protocol_version", text(version)),
        ("file_id", bytes(1, 16)),
        ("album_id", bytes(2, 16)),
        ("amk_version", Value::Unsigned(3)),
        ("ciphertext_hash", bytes(4, 32)),
        ("plaintext_size", Value::Unsigned(5)),
        ("chunk_size", Value::Unsigned(65_520)),
        ("nonce_prefix", Value::Array(nonce_prefix.into())),
        ("created_by_user", bytes(6, 16)),
        ("created_by_device", bytes(7, 16)),
        ("client_version", text("gauntlet/1")),
        ("timestamp", text(WRITTEN)),
        ("action", text("create")),
        ("prior_provenance_hash", Value::Null),
        ("retention_until", Value::Null),
    ]
}

fn in_b() -> Vec<(&'static str, Value)> {
    let added = [
        ("metadata_blob_hash", bytes(8, 32)),
        ("key_mode", text("derived")),
        ("wrapped_file_key", Value::Null),
    ];
    [common("2026-11-01"), added.into()].concat()
}

/// `fields` with some of them changed.
fn changed(
    mut fields: Vec<(&'static str, Value)>,
    changes: Vec<(&'static str, Value)>,
) -> Vec<(&'static str, Value)> {
    fields.retain(|(key, _)| changes.iter().all(|(changed, _)| changed != key));
    [fields, changes].concat()
}

fn manifest_of(core: Vec<(&str, Value)>) -> Value {
    structure(vec![
        ("core", structure(core)),
        ("device_sig", pair(0xd0, 64, 3309)),
        ("write_sig", pair(0x3e, 64, 3309)),
    ])
}

#[test]
fn a_manifest_of_version_a_has_seventeen_fields() {
    let manifest = sample::manifest(sample::core(Formats::A));
    assert_eq!(common("2026-05-31").len(), 17);
    assert_eq!(manifest.to_value(), manifest_of(common("2026-05-31")));
}

#[test]
fn a_manifest_of_version_b_has_three_more() {
    let manifest = sample::manifest(sample::core(Formats::B));
    assert_eq!(in_b().len(), 20);
    assert_eq!(manifest.to_value(), manifest_of(in_b()));
}

#[test]
fn optional_fields_are_given_under_the_same_keys() {
    let mut core = sample::core(Formats::B);
    let b = core.b.as_mut().unwrap();
    b.key_mode = KeyMode::Wrapped;
    b.wrapped_file_key = Some([10; 60]);
    let wrapped = vec![
        ("key_mode", text("wrapped")),
        ("wrapped_file_key", bytes(10, 60)),
    ];
    assert_eq!(
        sample::manifest(core).to_value(),
        manifest_of(changed(in_b(), wrapped))
    );

    let core = ManifestCore {
        action: Action::Delete,
        prior_provenance_hash: Some(Hash::from_bytes([9; 32])),
        retention_until: Some(sample::time(RETAINED)),
        ..sample::core(Formats::A)
    };
    let delete = vec![
        ("action", text("delete")),
        ("prior_provenance_hash", bytes(9, 32)),
        ("retention_until", text(RETAINED)),
    ];
    assert_eq!(
        sample::manifest(core).to_value(),
        manifest_of(changed(common("2026-05-31"), delete))
    );
}

#[test]
fn a_record_mirrors_its_manifest() {
    let record = sample::record(sample::core(Formats::B)).to_value();
    let expected = structure(vec![
        ("asset_id", bytes(1, 16)),
        ("manifest", manifest_of(in_b())),
        ("prior_provenance_hash", Value::Null),
    ]);
    assert_eq!(record, expected);
}

#[test]
fn a_chain_link_is_the_hash_of_the_record_with_its_signatures() {
    use gauntlet_wire::cbor::Canonical;
    let record = sample::record(sample::core(Formats::B));
    let mut resigned = record.clone();
    resigned.manifest.write_sig = sample::signature(0);
    let link = Canonical::encode(record.clone()).unwrap().hash();
    assert_eq!(link, Hash::of(&record.to_value().encode()));
    assert_ne!(link, Canonical::encode(resigned).unwrap().hash());
}

#[test]
fn a_directory_lists_every_device_with_its_times() {
    let entry = |fill: u8, revoked_at: Value| {
        structure(vec![
            ("device_id", bytes(fill, 16)),
            ("dsk_public", pair(fill, 32, 1952)),
            ("added_at", text("2026-11-01T00:00:00Z")),
            ("revoked_at", revoked_at),
        ])
    };
    let devices = vec![
        entry(13, Value::Null),
        entry(14, text("2026-11-01T12:00:00Z")),
    ];
    let core = structure(vec![
        ("user_id", bytes(11, 16)),
        ("directory_version", Value::Unsigned(12)),
        ("updated_at", text("2026-11-02T00:00:00Z")),
        ("devices", Value::Array(devices)),
    ]);
    let expected = structure(vec![("core", core), ("signature", pair(0x1d, 64, 3309))]);
    assert_eq!(sample::two_devices().to_value(), expected);
}
