//! One bit: no document survives the flip of any bit of it, in either version.

use crate::verify_case::{VerifyCase, honest_bytes};
use crate::{directory, ledger};
use gauntlet_validator::receiver::{
    Arrival, DirectoryArrival, LedgerArrival, Policy, Verdict, accept_directory, accept_ledger,
    verify_asset,
};
use gauntlet_wire::version::Formats;
use std::thread;

/// Flips every bit of `bytes` in turn: none is accepted. The work is shared by two threads; each bit is
/// judged by itself, so the order does not matter.
pub(crate) fn no_flip_is_accepted(bytes: &[u8], accepts: impl Fn(&[u8]) -> bool + Sync) {
    assert!(accepts(bytes), "the sample itself is refused");
    let sweep = |first: usize| {
        let mut bytes = bytes.to_vec();
        let mut found = Vec::new();
        for bit in (first..bytes.len() * 8).step_by(2) {
            bytes[bit / 8] ^= 1 << (bit % 8);
            if accepts(&bytes) {
                found.push(bit);
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        found
    };
    let found = thread::scope(|scope| {
        let odd = scope.spawn(|| sweep(1));
        let even = sweep(0);
        [even, odd.join().unwrap()].concat()
    });
    assert!(found.is_empty(), "accepted with bit {found:?} flipped");
}

fn no_record_survives(formats: Formats) {
    let case = VerifyCase::of(formats);
    let accepts = |bytes: &[u8]| {
        let verdict = verify_asset(&case.facts, &Arrival::of(bytes), &case.policy);
        !matches!(verdict, Verdict::Reject(_))
    };
    no_flip_is_accepted(&honest_bytes(formats), accepts);
}

#[test]
fn no_record_of_version_a_survives_a_flipped_bit() {
    no_record_survives(Formats::A);
}

#[test]
fn no_record_of_version_b_survives_a_flipped_bit() {
    no_record_survives(Formats::B);
}

#[test]
fn no_directory_survives_a_flipped_bit() {
    let (facts, document) = directory::honest();
    let accepts = |bytes: &[u8]| {
        let arrival = DirectoryArrival {
            document: bytes.to_vec(),
            identity: None,
        };
        accept_directory(&facts, &arrival, &Policy::default()).is_ok()
    };
    no_flip_is_accepted(&document, accepts);
}

fn no_ledger_survives(formats: Formats) {
    let (facts, document) = ledger::honest(formats);
    let accepts = |bytes: &[u8]| {
        let document = bytes.to_vec();
        accept_ledger(&facts, &LedgerArrival { document }, &Policy::default()).is_ok()
    };
    no_flip_is_accepted(&document, accepts);
}

#[test]
fn no_ledger_of_version_a_survives_a_flipped_bit() {
    no_ledger_survives(Formats::A);
}

#[test]
fn no_ledger_of_version_b_survives_a_flipped_bit() {
    no_ledger_survives(Formats::B);
}
