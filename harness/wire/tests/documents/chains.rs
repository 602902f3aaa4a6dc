//! Chain files (`formats.md` §4).

use crate::sample::{self, RETAINED};
use crate::strategies::{any_record, config, survives};
use crate::tree::{accepted, refused};
use gauntlet_wire::cbor::{Canonical, Document, DocumentError, Rule, Value};
use gauntlet_wire::chain::{ChainBreak, ProvenanceChain};
use gauntlet_wire::enums::Action;
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::Formats;
use proptest::collection::vec;
use proptest::prelude::*;

/// The record that does `action` after `previous`.
fn after(previous: &ProvenanceRecord, action: Action) -> ProvenanceRecord {
    let mut core = previous.manifest.core.clone();
    core.action = action;
    core.prior_provenance_hash = Some(previous.link());
    core.retention_until = (action == Action::Delete).then(|| sample::time(RETAINED));
    sample::record(core)
}

/// A create, a metadata update, a delete and a restore.
fn chain(formats: Formats) -> ProvenanceChain {
    let mut records = vec![sample::record(sample::core(formats))];
    for action in [Action::MetadataUpdate, Action::Delete, Action::TrashRestore] {
        records.push(after(&records[records.len() - 1], action));
    }
    ProvenanceChain { records }
}

const BOTH: [Formats; 2] = [Formats::A, Formats::B];

#[test]
fn a_chain_file_is_the_array_of_its_records() {
    for formats in BOTH {
        let chain = chain(formats);
        let records = chain.records.iter().map(ProvenanceRecord::to_value);
        assert_eq!(chain.to_value(), Value::Array(records.collect()));
        accepted::<ProvenanceChain>(&chain.to_value());
    }
}

#[test]
fn a_link_is_the_address_of_the_records_bytes() {
    let record = sample::record(sample::core(Formats::B));
    let written = Canonical::encode(record.clone()).unwrap();
    assert_eq!(record.link(), written.hash());
    let chain = chain(Formats::B);
    assert_eq!(chain.head(), Some(chain.records[3].link()));
    assert_eq!(ProvenanceChain { records: vec![] }.head(), None);
}

#[test]
fn an_honest_chain_walks_from_every_length() {
    for formats in BOTH {
        for length in 1..=4 {
            let mut chain = chain(formats);
            chain.records.truncate(length);
            assert_eq!(chain.walk(), Ok(()));
        }
    }
}

#[test]
fn a_walk_finds_the_first_break() {
    type Break = (ChainBreak, fn(&mut Vec<ProvenanceRecord>));
    let breaks: [Break; 8] = [
        (ChainBreak::Empty, Vec::clear),
        (ChainBreak::Root, |records| _ = records.remove(0)),
        (ChainBreak::Link(2), |records| _ = records.remove(2)),
        (ChainBreak::Link(1), |records| records.swap(1, 2)),
        (ChainBreak::Link(1), |records| {
            records.insert(1, records[0].clone())
        }),
        (ChainBreak::Link(3), |records| {
            // Another link over the same core.
            records[2].manifest.write_sig = sample::signature(0);
        }),
        (ChainBreak::Link(2), |records| {
            let other = Some(Hash::from_bytes([0xbb; 32]));
            records[2].prior_provenance_hash = other;
            records[2].manifest.core.prior_provenance_hash = other;
        }),
        (ChainBreak::Asset(3), |records| {
            let other = AssetId::from_slice(&[0xaa; 16]).unwrap();
            records[3].asset_id = other;
            records[3].manifest.core.file_id = other;
        }),
    ];
    for (expected, damage) in breaks {
        let mut broken = chain(Formats::B);
        damage(&mut broken.records);
        assert_eq!(broken.walk(), Err(expected));
        // It is read all the same: what is broken has to be looked at.
        accepted::<ProvenanceChain>(&broken.to_value());
    }
}

#[test]
fn a_record_that_does_not_mirror_its_manifest_is_refused_by_its_place() {
    let mut broken = chain(Formats::A);
    broken.records[2].prior_provenance_hash = None;
    let error = refused::<ProvenanceChain>(&broken.to_value());
    assert_eq!(error.path, "[2].prior_provenance_hash");
}

#[test]
fn what_is_no_array_of_records_is_refused() {
    let record = sample::record(sample::core(Formats::A)).to_value();
    refused::<ProvenanceChain>(&record);
    let error = refused::<ProvenanceChain>(&Value::Array(vec![record, Value::Null]));
    assert_eq!(error.path, "[1]");
}

#[test]
fn a_chain_has_at_most_1024_records() {
    let record = sample::record(sample::core(Formats::B));
    let of = |count| ProvenanceChain {
        records: vec![record.clone(); count],
    };
    let full = Canonical::encode(of(1_024)).unwrap();
    assert_eq!(Canonical::decode(full.bytes()), Ok(full));
    let past = of(1_025).to_value();
    assert!(ProvenanceChain::from_value(&past).is_err());
    let error = Canonical::<ProvenanceChain>::decode(&past.encode()).unwrap_err();
    assert!(matches!(error, DocumentError::Decode(error) if error.rule == Rule::TooManyItems));
}

#[test]
fn a_chain_cut_anywhere_is_refused() {
    let bytes = chain(Formats::B).to_value().encode();
    for length in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
        let cut = Canonical::<ProvenanceChain>::decode(&bytes[..length]);
        assert!(cut.is_err(), "{length} bytes");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_chain_survives_its_encoding(records in vec(any_record(), 0..3)) {
        survives(ProvenanceChain { records })?;
    }

    #[test]
    fn no_byte_of_a_chain_changes_unseen(at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let original = chain(Formats::B);
        let mut bytes = original.to_value().encode();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(read) = Canonical::<ProvenanceChain>::decode(&bytes) {
            prop_assert_eq!(read.value().to_value().encode(), bytes);
            prop_assert_ne!(read.value(), &original);
            // A changed record is another link, unless it is the last.
            let last = read.value().records[..3] == original.records[..3];
            prop_assert_eq!(read.value().walk().is_ok(), last);
        }
    }
}
