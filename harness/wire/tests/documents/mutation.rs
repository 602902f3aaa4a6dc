//! Every byte of a document matters: changed, cut or doubled, the document is refused or is another.

use crate::{sample, samples};
use gauntlet_wire::cbor::{Canonical, Document};
use gauntlet_wire::version::Formats;
use std::fmt::Debug;
use std::ops::AddAssign;

#[derive(Default)]
struct Tally {
    refused: usize,
    accepted: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.refused += other.refused;
        self.accepted += other.accepted;
    }
}

/// What must hold of bytes that are not `original`'s.
fn judged<T>(original: &Canonical<T>, bytes: &[u8]) -> Tally
where
    T: Document + Debug + PartialEq,
{
    match Canonical::<T>::decode(bytes) {
        Ok(read) => {
            assert_eq!(
                read.value().to_value().encode(),
                bytes,
                "re-encodes differently"
            );
            assert_ne!(
                read.value(),
                original.value(),
                "two encodings of one document"
            );
            Tally {
                accepted: 1,
                refused: 0,
            }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            Tally {
                accepted: 0,
                refused: 1,
            }
        }
    }
}

/// Puts other values in the place of each byte: every one in the core, and elsewhere every one that
/// differs in a single bit.
fn changed<T: Document + Debug + PartialEq>(original: &Canonical<T>, core: &[u8]) -> Tally {
    let mut bytes = original.bytes().to_vec();
    let from = bytes
        .windows(core.len())
        .position(|window| window == core)
        .unwrap();
    let core = from..from + core.len();
    let mut tally = Tally::default();
    for at in 0..bytes.len() {
        let honest = bytes[at];
        let flips = (1..=u8::MAX).filter(|flip| core.contains(&at) || flip.is_power_of_two());
        for flip in flips {
            bytes[at] = honest ^ flip;
            tally += judged(original, &bytes);
        }
        bytes[at] = honest;
    }
    tally
}

/// Cuts the document before every byte, takes every byte out, and doubles every byte.
fn cut_and_doubled<T: Document + Debug + PartialEq>(original: &Canonical<T>) -> Tally {
    let bytes = original.bytes();
    let mut tally = Tally::default();
    for at in 0..bytes.len() {
        let (before, after) = bytes.split_at(at);
        tally += judged(original, before);
        tally += judged(original, &[before, &after[1..]].concat());
        tally += judged(original, &[before, &after[..1], after].concat());
    }
    tally
}

fn swept<T: Document + Debug + PartialEq>(document: T, core: &[u8]) {
    let original = Canonical::encode(document).unwrap();
    let tally = changed(&original, core);
    // Both ends are reached: the bytes of a signature are free, those of a head are not.
    assert!(tally.accepted > 8 * 3309, "{} accepted", tally.accepted);
    assert!(tally.refused > 1_000, "{} refused", tally.refused);
    let tally = cut_and_doubled(&original);
    assert_eq!(
        tally.accepted, 0,
        "a document of another length was accepted"
    );
}

#[test]
fn no_byte_of_a_manifest_changes_unseen() {
    for formats in [Formats::A, Formats::B] {
        let manifest = sample::manifest(sample::core(formats));
        let core = manifest.core.signed_bytes();
        swept(manifest, &core);
    }
}

#[test]
fn no_byte_of_a_record_changes_unseen() {
    for formats in [Formats::A, Formats::B] {
        let record = sample::record(sample::core(formats));
        let core = record.manifest.core.signed_bytes();
        swept(record, &core);
    }
}

#[test]
fn no_byte_of_a_directory_changes_unseen() {
    // The devices' keys fill nearly all of the core, so every bit is tried and not every value.
    let directory = sample::two_devices();
    let user = directory.core.user_id;
    swept(directory, user.as_bytes());
}

#[test]
fn no_byte_of_a_derivative_manifest_changes_unseen() {
    for manifest in [samples::thumbnail(), samples::embedding()] {
        let core = manifest.core.signed_bytes();
        swept(manifest, &core);
    }
}

#[test]
fn no_byte_of_a_ledger_changes_unseen() {
    // As with directories, keys and signatures fill it.
    for formats in [Formats::A, Formats::B] {
        let ledger = samples::ledger(formats, 2);
        let album = ledger.album_id;
        swept(ledger, album.as_bytes());
    }
}

#[test]
fn no_byte_of_an_intent_changes_unseen() {
    let intent = samples::intent();
    let core = intent.core.signed_bytes();
    swept(intent, &core);
}
