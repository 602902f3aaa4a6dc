//! Epoch ledgers, in both versions (`formats.md` §5).

use crate::sample::{key, signature};
use crate::samples::{chained, ledger};
use crate::tree::{accepted, refused, with, with_map};
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::{Canonical, Document, DocumentError, Map, Rule, Value};
use gauntlet_wire::id::Hash;
use gauntlet_wire::ledger::{EpochLedger, LedgerEntryB};
use gauntlet_wire::version::Formats;

const BOTH: [Formats; 2] = [Formats::A, Formats::B];

fn structure(entries: Vec<(&str, Value)>) -> Value {
    let entries = entries.into_iter().map(|(key, value)| (key.into(), value));
    Value::Map(Map::from_entries(entries.collect()).unwrap())
}

fn pair(fill: u8, ed: usize, ml: usize) -> Value {
    structure(vec![
        ("ed", vec![fill; ed].into()),
        ("ml", vec![!fill; ml].into()),
    ])
}

/// An entry of [`ledger`], written out by hand.
fn entry(epoch: u8, prior: Option<Value>) -> Value {
    let mut fields = vec![
        ("epoch", Value::Unsigned(epoch.into())),
        ("write_tier_pub", pair(epoch, 32, 1952)),
        ("admin_sig", pair(0x40 | epoch, 64, 3309)),
    ];
    fields.extend(prior.map(|prior| ("prior_entry_hash", prior)));
    structure(fields)
}

fn of_two(entries: [Value; 2]) -> Value {
    structure(vec![
        ("album_id", vec![2; 16].into()),
        ("admin_pub", pair(0xad, 32, 1952)),
        ("ceiling", Value::Unsigned(2)),
        ("entries", Value::Array(entries.into())),
    ])
}

#[test]
fn a_ledger_of_version_a_lists_epochs_without_links() {
    let expected = of_two([entry(1, None), entry(2, None)]);
    assert_eq!(ledger(Formats::A, 2).to_value(), expected);
}

#[test]
fn a_ledger_of_version_b_links_each_entry_to_the_one_before() {
    let first = entry(1, Some(Value::Null));
    let link = Hash::of(&first.encode());
    let second = entry(2, Some((*link.as_bytes()).into()));
    assert_eq!(ledger(Formats::B, 2).entries[0].hash(), link);
    assert_eq!(ledger(Formats::B, 2).to_value(), of_two([first, second]));
}

#[test]
fn the_admin_signs_album_epoch_and_raw_key_and_in_b_the_link() {
    for formats in BOTH {
        let ledger = ledger(formats, 2);
        let link = (*ledger.entries[0].hash().as_bytes()).into();
        for (entry, prior) in ledger.entries.iter().zip([Value::Null, link]) {
            let mut signed = vec![
                ("album_id", vec![2; 16].into()),
                ("epoch", entry.epoch.into()),
                ("write_tier_pub", entry.write_tier_pub.to_raw().into()),
            ];
            if formats == Formats::B {
                signed.push(("prior_entry_hash", prior));
            }
            assert_eq!(
                entry.signed_bytes(ledger.album_id),
                structure(signed).encode()
            );
        }
    }
}

#[test]
fn a_link_covers_the_signature() {
    let entry = &ledger(Formats::B, 1).entries[0];
    let mut resigned = entry.clone();
    resigned.admin_sig = signature(0);
    assert_ne!(resigned.hash(), entry.hash());
}

#[test]
fn a_ledger_knows_its_version_and_its_entries() {
    for formats in BOTH {
        let ledger = ledger(formats, 3);
        assert_eq!(ledger.formats(), formats);
        for entry in &ledger.entries {
            assert_eq!(ledger.entry(entry.epoch), Some(entry));
        }
        assert_eq!(ledger.entry(0), None);
        assert_eq!(ledger.entry(4), None);
    }
}

#[test]
fn a_ledger_of_the_other_version_is_refused_where_the_version_is_known() {
    for formats in BOTH {
        let bytes = ledger(formats, 2).to_value().encode();
        for asked in BOTH {
            let read = EpochLedger::decode(&bytes, asked);
            match read {
                Ok(read) => assert!(asked == formats && read.bytes() == bytes),
                Err(DocumentError::Schema(error)) => {
                    assert!(asked != formats && error.path == "entries", "{error}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[test]
fn versions_do_not_mix_in_one_ledger() {
    let mut mixed = ledger(Formats::B, 2);
    mixed.entries[0].b = None;
    let error = refused::<EpochLedger>(&mixed.to_value());
    assert_eq!(error.path, "entries[0].prior_entry_hash");
    let mut mixed = ledger(Formats::A, 2);
    mixed.entries[0].b = Some(LedgerEntryB {
        prior_entry_hash: None,
    });
    let error = refused::<EpochLedger>(&mixed.to_value());
    assert_eq!(error.path, "entries[1].prior_entry_hash");
}

#[test]
fn the_ceiling_is_the_highest_epoch() {
    for formats in BOTH {
        for ceiling in [0, 1, 3, u32::MAX] {
            let mut ledger = ledger(formats, 2);
            ledger.ceiling = ceiling;
            assert_eq!(refused::<EpochLedger>(&ledger.to_value()).path, "ceiling");
        }
    }
}

#[test]
fn a_ledger_without_entries_attests_nothing_and_is_refused() {
    for ceiling in [0_u64, 1] {
        let value = with(
            &ledger(Formats::A, 1).to_value(),
            "entries",
            Value::Array(vec![]),
        );
        let value = with(&value, "ceiling", ceiling);
        assert_eq!(refused::<EpochLedger>(&value).path, "ceiling");
    }
}

/// The ledger of these epochs, rightly linked where it has links.
fn of_epochs(formats: Formats, epochs: &[u32]) -> EpochLedger {
    let mut ledger = ledger(Formats::A, u32::try_from(epochs.len()).unwrap());
    for (entry, epoch) in ledger.entries.iter_mut().zip(epochs) {
        entry.epoch = *epoch;
    }
    ledger.ceiling = *epochs.iter().max().unwrap();
    if formats == Formats::B {
        ledger.entries = chained(ledger.entries);
    }
    ledger
}

#[test]
fn epochs_rise_in_a_and_rise_by_one_from_one_in_b() {
    let cases: [(&[u32], bool, bool, usize); 10] = [
        (&[1], true, true, 0),
        (&[1, 2, 3], true, true, 0),
        (&[0], true, false, 0),
        (&[2], true, false, 0),
        (&[0, 1], true, false, 0),
        (&[1, 3], true, false, 1),
        (&[5, 9, u32::MAX], true, false, 0),
        (&[1, 1], false, false, 1),
        (&[1, 2, 2], false, false, 2),
        (&[1, 2, 1], false, false, 2),
    ];
    for (epochs, lawful_in_a, lawful_in_b, at) in cases {
        for (formats, lawful) in [(Formats::A, lawful_in_a), (Formats::B, lawful_in_b)] {
            let value = of_epochs(formats, epochs).to_value();
            if lawful {
                accepted::<EpochLedger>(&value);
            } else {
                let error = refused::<EpochLedger>(&value);
                assert_eq!(error.path, format!("entries[{at}]"), "{epochs:?}");
            }
        }
    }
}

#[test]
fn no_epoch_follows_the_last_of_its_width() {
    // The sum would wrap to 0, were it not checked.
    let value = of_epochs(Formats::A, &[u32::MAX, 0]).to_value();
    assert_eq!(refused::<EpochLedger>(&value).path, "entries[1]");
}

#[test]
fn each_link_of_b_is_the_entry_before_and_of_the_first_null() {
    let at = |index: usize, prior: Option<Hash>| {
        let mut ledger = ledger(Formats::B, 3);
        ledger.entries[index].b = Some(LedgerEntryB {
            prior_entry_hash: prior,
        });
        ledger.to_value()
    };
    let honest = ledger(Formats::B, 3);
    let other = Hash::from_bytes([0xbb; 32]);
    let breaks = [
        (0, Some(other)),
        (1, None),
        (1, Some(other)),
        (2, Some(honest.entries[0].hash())),
        (2, Some(honest.entries[2].hash())),
        (2, None),
    ];
    for (index, prior) in breaks {
        let error = refused::<EpochLedger>(&at(index, prior));
        // A changed link changes the hash of its entry, but the first break is the one named.
        assert_eq!(error.path, format!("entries[{index}]"));
        assert!(
            error.expected.contains("hash of the entry before"),
            "{error}"
        );
    }
}

#[test]
fn an_entry_of_b_cannot_be_changed_removed_or_exchanged() {
    let honest = ledger(Formats::B, 3);
    let mut rekeyed = honest.clone();
    rekeyed.entries[0].write_tier_pub = key(0xee);
    let mut resigned = honest.clone();
    resigned.entries[1].admin_sig = signature(0xee);
    let mut removed = honest.clone();
    removed.entries.remove(1);
    let mut exchanged = honest;
    exchanged.entries.swap(1, 2);
    for (broken, at) in [(rekeyed, 1), (resigned, 2), (removed, 1), (exchanged, 1)] {
        let error = refused::<EpochLedger>(&broken.to_value());
        assert_eq!(error.path, format!("entries[{at}]"));
    }
}

#[test]
fn keys_and_signatures_have_both_halves_in_their_length() {
    for formats in BOTH {
        let value = ledger(formats, 2).to_value();
        let halves = [
            ("admin_pub.ed", 32),
            ("admin_pub.ml", 1952),
            ("entries[1].write_tier_pub.ed", 32),
            ("entries[1].write_tier_pub.ml", 1952),
            ("entries[1].admin_sig.ed", 64),
            ("entries[1].admin_sig.ml", 3309),
        ];
        for (path, length) in halves {
            accepted::<EpochLedger>(&with(&value, path, vec![0; length]));
            for other in [0, length - 1, length + 1] {
                let error = refused::<EpochLedger>(&with(&value, path, vec![0; other]));
                assert_eq!(error.path, path);
            }
        }
    }
    let raw = key(1).to_raw();
    let value = with(&ledger(Formats::A, 1).to_value(), "admin_pub", raw);
    assert_eq!(refused::<EpochLedger>(&value).path, "admin_pub");
}

#[test]
fn epochs_and_ceilings_fill_32_bits_and_no_more() {
    let value = of_epochs(Formats::A, &[u32::MAX]).to_value();
    accepted::<EpochLedger>(&value);
    for path in ["ceiling", "entries[0].epoch"] {
        for outside in [Value::Unsigned(1 << 32), Value::Negative(0)] {
            assert_eq!(
                refused::<EpochLedger>(&with(&value, path, outside)).path,
                path
            );
        }
    }
}

#[test]
fn a_ledger_has_at_most_1024_entries() {
    for formats in BOTH {
        let full = ledger(formats, 1_024);
        let written = Canonical::encode(full).unwrap();
        assert!(written.bytes().len() < bounds::LEDGER);
        assert_eq!(Canonical::decode(written.bytes()), Ok(written));

        let past = ledger(formats, 1_025).to_value();
        assert_eq!(EpochLedger::from_value(&past).unwrap_err().path, "entries");
        let error = Canonical::<EpochLedger>::decode(&past.encode()).unwrap_err();
        assert!(matches!(error, DocumentError::Decode(error) if error.rule == Rule::TooManyItems));
    }
}

#[test]
fn a_ledger_is_at_most_6_mib() {
    let error = |length: usize| match Canonical::<EpochLedger>::decode(&vec![0xff; length]) {
        Err(DocumentError::Decode(error)) => (error.offset, error.rule),
        other => panic!("{other:?}"),
    };
    assert_eq!(error(6 << 20), (0, Rule::IndefiniteLength));
    assert_eq!(error((6 << 20) + 1), (6 << 20, Rule::TooLong));
}

#[test]
fn an_entry_has_no_key_of_another_document() {
    for (formats, extra) in [(Formats::A, "added_at"), (Formats::B, "protocol_version")] {
        let wider = with_map(&ledger(formats, 2).to_value(), "entries[1]", &|map| {
            map.insert(extra.into(), Value::Null);
        });
        assert_eq!(refused::<EpochLedger>(&wider).path, "entries[1]");
    }
}
