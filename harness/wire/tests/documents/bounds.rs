//! Each bound of `formats.md` §4, §5 and §9, just inside and just outside.

use crate::tree::{accepted, refused, with};
use crate::{sample, samples};
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::{
    Canonical, DecodeError, Document, DocumentError, Rule, Value, byte_array,
};
use gauntlet_wire::cursor::{Cursor, CursorBody};
use gauntlet_wire::derivative::DerivativeManifest;
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::id::UserId;
use gauntlet_wire::intent::UpgradeIntent;
use gauntlet_wire::manifest::AssetManifest;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::Formats;
use std::fmt::Debug;

/// At `path` the one value is accepted, and the other refused at that place.
#[track_caller]
fn on_both_sides<T: Document + Debug + PartialEq>(
    document: &T,
    path: &str,
    inside: impl Into<Value>,
    outside: impl Into<Value>,
) {
    let value = document.to_value();
    accepted::<T>(&with(&value, path, inside));
    assert_eq!(refused::<T>(&with(&value, path, outside)).path, path);
}

fn manifests() -> Vec<AssetManifest> {
    let cores = [Formats::A, Formats::B].map(sample::core);
    cores.map(sample::manifest).into()
}

#[test]
fn a_client_version_is_at_most_128_bytes_however_many_characters() {
    for manifest in manifests() {
        let at = "core.client_version";
        on_both_sides(&manifest, at, "x".repeat(128), "x".repeat(129));
        on_both_sides(&manifest, at, "é".repeat(64), "é".repeat(64) + "x");
        on_both_sides(&manifest, at, "€".repeat(42) + "xy", "€".repeat(43));
    }
}

#[test]
fn integers_fill_their_width_and_no_more() {
    for manifest in manifests() {
        on_both_sides(&manifest, "core.crypto_suite_id", 0xffff_u64, 0x1_0000_u64);
        on_both_sides(
            &manifest,
            "core.amk_version",
            0xffff_ffff_u64,
            0x1_0000_0000_u64,
        );
        on_both_sides(
            &manifest,
            "core.plaintext_size",
            u64::MAX,
            Value::Negative(0),
        );
        on_both_sides(
            &manifest,
            "core.plaintext_size",
            0_u64,
            Value::Negative(u64::MAX),
        );
    }
    let directory = sample::two_devices();
    on_both_sides(
        &directory,
        "core.directory_version",
        u64::MAX,
        Value::Negative(0),
    );
}

#[test]
fn a_chunk_is_65520_bytes_of_plaintext() {
    for manifest in manifests() {
        for other in [0_u64, 65_519, 65_521, 65_536, u64::MAX] {
            on_both_sides(&manifest, "core.chunk_size", 65_520_u64, other);
        }
    }
}

#[test]
fn a_nonce_prefix_is_seven_integers_of_a_byte() {
    let at = "core.nonce_prefix";
    for manifest in manifests() {
        on_both_sides(&manifest, at, byte_array(&[255; 7]), byte_array(&[255; 6]));
        on_both_sides(&manifest, at, byte_array(&[0; 7]), byte_array(&[0; 8]));
        let mut wide = vec![Value::Unsigned(0); 7];
        wide[6] = Value::Unsigned(256);
        on_both_sides(&manifest, at, byte_array(&[0; 7]), Value::Array(wide));
    }
}

#[test]
fn ids_and_hashes_have_one_length() {
    let manifest = sample::manifest(sample::cores().pop().unwrap());
    let lengths = [
        ("core.file_id", 16),
        ("core.album_id", 16),
        ("core.created_by_user", 16),
        ("core.created_by_device", 16),
        ("core.ciphertext_hash", 32),
        ("core.metadata_blob_hash", 32),
        ("core.wrapped_file_key", 60),
    ];
    for (path, length) in lengths {
        for other in [0, length - 1, length + 1] {
            on_both_sides(&manifest, path, vec![0xee; length], vec![0xee; other]);
        }
    }
    let deleted = sample::manifest(sample::cores().swap_remove(1));
    for other in [0, 31, 33] {
        on_both_sides(
            &deleted,
            "core.prior_provenance_hash",
            vec![1; 32],
            vec![1; other],
        );
    }
    for other in [0, 15, 17] {
        let directory = sample::two_devices();
        on_both_sides(&directory, "core.user_id", vec![1; 16], vec![1; other]);
        on_both_sides(
            &directory,
            "core.devices[1].device_id",
            vec![1; 16],
            vec![1; other],
        );
    }
}

#[test]
fn a_time_has_nine_fraction_digits_and_the_years_1970_to_9999() {
    let deleted = sample::manifest(sample::cores().swap_remove(1));
    let directory = sample::two_devices();
    let sides = [
        (
            "2026-11-20T10:00:00.123456789+02:00",
            "2026-11-20T10:00:00.1234567890Z",
        ),
        ("1970-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999Z"),
        ("9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z"),
        ("2024-02-29T23:59:59Z", "2023-02-29T23:59:59Z"),
    ];
    for (inside, outside) in sides {
        for path in ["core.timestamp", "core.retention_until"] {
            on_both_sides(&deleted, path, inside, outside);
        }
        for path in [
            "core.updated_at",
            "core.devices[0].added_at",
            "core.devices[1].revoked_at",
        ] {
            on_both_sides(&directory, path, inside, outside);
        }
    }
}

fn directory_of(count: u16) -> DeviceDirectory {
    let devices = (0..count).map(|index| {
        let mut device = sample::device(1, Some("2026-11-01T12:00:00.123456789+02:00"));
        let [high, low] = index.to_be_bytes();
        let id = [[high; 8], [low; 8]].concat();
        device.device_id = gauntlet_wire::id::DeviceId::from_slice(&id).unwrap();
        device
    });
    sample::directory(devices.collect())
}

#[test]
fn a_directory_has_at_most_256_devices() {
    for lawful in [0, 1, 255, 256] {
        let directory = Canonical::encode(directory_of(lawful)).unwrap();
        assert_eq!(Canonical::decode(directory.bytes()), Ok(directory));
    }
    let past = directory_of(257).to_value();
    // The schema refuses it by its place, the decoder before it has read that far.
    assert_eq!(
        DeviceDirectory::from_value(&past).unwrap_err().path,
        "core.devices"
    );
    let error = Canonical::<DeviceDirectory>::decode(&past.encode()).unwrap_err();
    assert!(matches!(error, DocumentError::Decode(error) if error.rule == Rule::TooManyItems));
}

/// An input of `max` bytes is read, one more byte is refused before it is read.
fn length_is_bounded<T: Document + Debug + PartialEq>(document: &T, max: usize) {
    let mut bytes = document.to_value().encode();
    let length = bytes.len();
    assert!(length < max, "the sample fills the bound by itself");
    bytes.resize(max, 0);
    let rule = |bytes: &[u8]| match Canonical::<T>::decode(bytes) {
        Err(DocumentError::Decode(DecodeError { offset, rule, .. })) => (offset, rule),
        other => panic!("{other:?}"),
    };
    assert_eq!(rule(&bytes), (length, Rule::TrailingBytes));
    bytes.push(0);
    assert_eq!(rule(&bytes), (max, Rule::TooLong));
    // Before it is read: what the bytes are does not matter.
    assert_eq!(rule(&vec![0xff; max + 1]), (max, Rule::TooLong));
    assert_eq!(rule(&vec![0xff; max]), (0, Rule::IndefiniteLength));
}

#[test]
fn a_manifest_and_a_record_are_at_most_16_kib() {
    for core in sample::cores() {
        length_is_bounded::<AssetManifest>(&sample::manifest(core.clone()), 16 * 1024);
        length_is_bounded::<ProvenanceRecord>(&sample::record(core), 16 * 1024);
    }
}

#[test]
fn a_derivative_manifest_is_at_most_16_kib_and_an_intent_4() {
    length_is_bounded::<DerivativeManifest>(&samples::embedding(), 16 * 1024);
    length_is_bounded::<UpgradeIntent>(&samples::intent(), 4 * 1024);
}

#[test]
fn the_largest_lawful_record_fits_its_bound() {
    let mut core = sample::cores().pop().unwrap();
    core.client_version = "x".repeat(128);
    core.timestamp = sample::time("2026-11-20T10:00:00.123456789+02:00");
    (core.amk_version, core.plaintext_size) = (u32::MAX, u64::MAX);
    core.nonce_prefix = [255; 7];
    assert!(Canonical::encode(sample::record(core)).is_ok());
}

#[test]
fn a_directory_is_at_most_1_mib_and_a_full_one_fits() {
    length_is_bounded::<DeviceDirectory>(&directory_of(256), 1024 * 1024);
}

#[test]
fn a_cursor_is_at_most_256_characters() {
    let caller = UserId::from_slice(&[1; 16]).unwrap();
    let body = CursorBody {
        caller,
        album: None,
        seq: u64::MAX,
    };
    let text = Cursor { body, mac: [2; 32] }.encode();
    assert!(Cursor::parse(&text).is_ok() && text.len() < bounds::CURSOR);
    let error = |length: usize| Cursor::parse(&"A".repeat(length)).unwrap_err().to_string();
    assert!(!error(256).contains("longer"), "{}", error(256));
    assert!(error(257).contains("longer than 256"), "{}", error(257));
}
