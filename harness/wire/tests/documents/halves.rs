//! Hybrid keys and signatures have both halves, each of its length (`formats.md` §3).

use crate::sample;
use crate::tree::{accepted, refused, with};
use gauntlet_wire::cbor::{Document, Field, Value, map};
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::hybrid::{HybridPublicKey, HybridSignature};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::Formats;
use std::fmt::Debug;

/// The half at `path` is accepted in its length alone, whatever its bytes.
fn has_one_length<T: Document + Debug + PartialEq>(document: &T, path: &str, length: usize) {
    let value = document.to_value();
    for fill in [0, 0xff] {
        accepted::<T>(&with(&value, path, vec![fill; length]));
    }
    for other in [0, 1, length - 1, length + 1] {
        let error = refused::<T>(&with(&value, path, vec![0; other]));
        assert_eq!(error.path, path);
        assert!(error.expected.contains(&length.to_string()), "{error}");
    }
}

#[test]
fn signatures_of_a_record_have_halves_of_64_and_3309_bytes() {
    for formats in [Formats::A, Formats::B] {
        let record = sample::record(sample::core(formats));
        for signature in ["device_sig", "write_sig"] {
            has_one_length::<ProvenanceRecord>(&record, &format!("manifest.{signature}.ed"), 64);
            has_one_length::<ProvenanceRecord>(&record, &format!("manifest.{signature}.ml"), 3309);
        }
    }
}

#[test]
fn keys_and_the_signature_of_a_directory_have_halves_of_their_lengths() {
    let directory = sample::two_devices();
    for device in ["core.devices[0]", "core.devices[1]"] {
        has_one_length::<DeviceDirectory>(&directory, &format!("{device}.dsk_public.ed"), 32);
        has_one_length::<DeviceDirectory>(&directory, &format!("{device}.dsk_public.ml"), 1952);
    }
    has_one_length::<DeviceDirectory>(&directory, "signature.ed", 64);
    has_one_length::<DeviceDirectory>(&directory, "signature.ml", 3309);
}

#[test]
fn half_a_signature_is_none() {
    let record = sample::record(sample::core(Formats::B)).to_value();
    for half in ["ed", "ml"] {
        let path = format!("manifest.write_sig.{half}");
        assert_eq!(
            refused::<ProvenanceRecord>(&with(&record, &path, Value::Null)).path,
            path
        );
    }
    let path = "manifest.write_sig";
    for raw in [vec![0; 64], vec![0; 64 + 3309]] {
        assert_eq!(
            refused::<ProvenanceRecord>(&with(&record, path, raw)).path,
            path
        );
    }
}

#[test]
fn a_key_is_not_a_signature_nor_the_reverse() {
    let key = sample::key(1).to_value();
    let signature = sample::signature(1).to_value();
    assert!(HybridPublicKey::from_field(&Field::root(&key)).is_ok());
    assert!(HybridSignature::from_field(&Field::root(&signature)).is_ok());
    assert_eq!(
        HybridSignature::from_field(&Field::root(&key))
            .unwrap_err()
            .path,
        "ed"
    );
    assert_eq!(
        HybridPublicKey::from_field(&Field::root(&signature))
            .unwrap_err()
            .path,
        "ed"
    );
}

#[test]
fn exchanged_halves_are_refused() {
    let swapped = map([("ed", vec![0; 3309].into()), ("ml", vec![0; 64].into())]);
    assert_eq!(
        HybridSignature::from_field(&Field::root(&swapped))
            .unwrap_err()
            .path,
        "ed"
    );
}

#[test]
fn the_raw_form_is_ed25519_then_ml_dsa_in_1984_bytes() {
    let key = sample::key(3);
    let raw = key.to_raw();
    assert_eq!(raw, [vec![3; 32], vec![!3; 1952]].concat());
    assert_eq!(HybridPublicKey::from_raw(&raw), Some(key));
    for length in [0, 31, 32, 1952, 1983, 1985, 2 * 1984] {
        assert_eq!(
            HybridPublicKey::from_raw(&vec![0; length]),
            None,
            "{length}"
        );
    }
}
