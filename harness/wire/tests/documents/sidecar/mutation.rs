//! No byte of a sidecar changes unseen: changed, cut or doubled, it is refused or is another.

use super::sample::{fullest, least};
use gauntlet_wire::cbor::{Canonical, Document};
use gauntlet_wire::sidecar::Sidecar;

/// What must hold of bytes that are not `original`'s; whether they are a sidecar.
fn judged(original: &Canonical<Sidecar>, bytes: &[u8]) -> bool {
    let Ok(read) = Sidecar::decode(bytes) else {
        return false;
    };
    assert_eq!(read.value().to_value().encode(), bytes);
    assert_ne!(read.value(), original.value());
    true
}

/// Every bit of each byte outside the signature and every value of each fifth, and a few inside.
fn swept(sidecar: Sidecar) {
    let original = Canonical::encode(sidecar).unwrap();
    let mut bytes = original.bytes().to_vec();
    let free = [0x5c; 64].as_slice();
    let from = bytes.windows(64).position(|window| window == free).unwrap();
    let signature = from..from + 64 + 3_309;
    let (mut accepted, mut refused) = (0, 0);
    for at in 0..bytes.len() {
        if signature.contains(&at) && at % 101 != 0 {
            continue;
        }
        let honest = bytes[at];
        for flip in (1..=u8::MAX).filter(|flip| at % 5 == 0 || flip.is_power_of_two()) {
            bytes[at] = honest ^ flip;
            if judged(&original, &bytes) {
                accepted += 1;
            } else {
                refused += 1;
            }
        }
        bytes[at] = honest;
        let (before, after) = bytes.split_at(at);
        judged(&original, before);
        judged(&original, &[before, &after[1..]].concat());
        judged(&original, &[before, &after[..1], after].concat());
    }
    assert!(accepted > 2_000, "{accepted} accepted");
    assert!(refused > 2_000, "{refused} refused");
}

#[test]
fn no_byte_of_the_least_sidecar_changes_unseen() {
    swept(least());
}

#[test]
fn no_byte_of_the_fullest_sidecar_changes_unseen() {
    swept(fullest());
}

#[test]
fn a_sidecar_cut_anywhere_is_malformed() {
    let bytes = fullest().to_value().encode();
    for length in 0..bytes.len() {
        assert!(Sidecar::decode(&bytes[..length]).is_err(), "{length} bytes");
    }
}
