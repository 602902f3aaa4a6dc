//! Hostile bytes: whatever arrives, every surface answers, and answers the same again.

use crate::verify_case::{VerifyCase, honest_bytes};
use crate::world::{IDENTITY, asset, core, hash, now};
use crate::{directory, ledger};
use gauntlet_validator::receiver::{
    Arrival, BlobArrival, BlobFacts, ChainFile, DerivativeArrival, DerivativeFacts,
    DirectoryArrival, LedgerArrival, Policy, SidecarFile, Verdict, WalkFacts, accept_derivative,
    accept_directory, accept_ledger, open_metadata_blob, verify_asset, walk_chain,
};
use gauntlet_wire::version::Formats;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Honest documents to be cut and spliced: what is nearly right goes deepest.
static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    vec![
        honest_bytes(Formats::A),
        honest_bytes(Formats::B),
        directory::honest().1,
        ledger::honest(Formats::B).1,
        Vec::new(),
    ]
});

/// Bytes of nobody, or an honest document with a stretch of it replaced.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let spliced = (
        0..SAMPLES.len(),
        any::<(prop::sample::Index, prop::sample::Index)>(),
        vec(any::<u8>(), 0..24),
    );
    prop_oneof![
        vec(any::<u8>(), 0..256),
        spliced.prop_map(|(sample, (from, to), with)| {
            let mut bytes = SAMPLES[sample].clone();
            let [from, to] = [from, to].map(|end| end.index(bytes.len() + 1));
            let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 64));
            bytes.splice(from..to, with);
            bytes
        }),
    ]
}

/// What every surface says of the bytes.
fn answers(bytes: &[u8]) -> Vec<String> {
    let case = VerifyCase::of(Formats::B);
    let policy = Policy::default();
    let record = verify_asset(&case.facts, &Arrival::of(bytes), &policy);
    let accepted = matches!(record, Verdict::Accept(_));
    assert!(!accepted || bytes == honest_bytes(Formats::B));
    let directory = accept_directory(
        &directory::honest().0,
        &DirectoryArrival {
            document: bytes.to_vec(),
            identity: None,
        },
        &policy,
    );
    let document = bytes.to_vec();
    let ledger = accept_ledger(
        &ledger::honest(Formats::B).0,
        &LedgerArrival { document },
        &policy,
    );
    let walk = WalkFacts {
        now: now(),
        album: case.facts.album.clone(),
        asset: asset(),
        reached: None,
        receipts: BTreeMap::new(),
        mark: None,
    };
    let chain = walk_chain(&walk, &ChainFile::of(bytes), &policy);
    let blob = open_metadata_blob(
        &BlobFacts {
            core: core(Formats::A),
            link: hash(0),
            address: gauntlet_wire::id::Hash::of(bytes),
            amk: [0; 32],
            identity: IDENTITY.public().clone(),
            kept: None,
        },
        &BlobArrival {
            bytes: bytes.to_vec(),
        },
        &policy,
    );
    let derivative = accept_derivative(
        &DerivativeFacts {
            album: case.facts.album,
            op: core(Formats::B),
            head: None,
        },
        &DerivativeArrival {
            manifest: bytes.to_vec(),
            ciphertext: hash(0),
        },
        &policy,
    );
    assert!(chain.is_err() && blob.is_err() && derivative.is_err());
    vec![
        format!("{record:?}"),
        format!("{:?}", directory.map(|plan| plan.mark)),
        format!("{:?}", ledger.map(|plan| plan.mark)),
        format!("{:?}", chain.map(|history| history.links)),
        format!("{blob:?}"),
        format!("{derivative:?}"),
        format!("{:?}", SidecarFile::of(bytes).schema()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        rng_seed: RngSeed::Fixed(12),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_surface_answers_whatever_arrives(bytes in hostile()) {
        prop_assert_eq!(answers(&bytes), answers(&bytes));
    }
}

#[test]
fn a_wrong_length_is_refused_before_it_is_read() {
    // One past the bound of each, in bytes that would be taken for an item if they were looked at.
    for length in [16 << 10, 1 << 20, 6 << 20, 16 << 20] {
        let bytes = vec![0x80; length + 1];
        assert_eq!(answers(&bytes).len(), 7);
    }
}
