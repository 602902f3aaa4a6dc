//! Taking in an epoch ledger.

use crate::bound::{Surface, bounds, named, without};
use crate::world::{
    ADMIN, BOTH, FIRST_TIER, SECOND_TIER, STRANGER, album, ledger, mixed, other_album,
};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_validator::receiver::{
    LEDGER, LedgerArrival, LedgerFacts, Policy, Rejection, accept_ledger, judge, ledger_mark,
};
use gauntlet_wire::cbor::Document;
use gauntlet_wire::id::Hash;
use gauntlet_wire::ledger::EpochLedger;
use gauntlet_wire::marks::LedgerMark;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::version::Formats;

#[derive(Debug, Clone)]
pub(crate) struct LedgerCase {
    ledger: EpochLedger,
    trailing: Vec<u8>,
    facts: LedgerFacts,
}

const TIERS: [&std::sync::LazyLock<HybridSigner>; 3] = [&FIRST_TIER, &SECOND_TIER, &STRANGER];

/// The album's ledger up to this epoch.
fn up_to(formats: Formats, epoch: usize) -> EpochLedger {
    let tiers = TIERS.map(|tier| -> &HybridSigner { tier });
    ledger(formats, album(), &ADMIN, &tiers[..epoch])
}

fn mark_of(ledger: &EpochLedger) -> LedgerMark {
    ledger_mark(ADMIN.public(), ledger)
}

/// The bytes of an honest ledger of one epoch, and what a client knows that takes it.
pub(crate) fn honest(formats: Formats) -> (LedgerFacts, Vec<u8>) {
    let mut case = LedgerCase::of(formats);
    case.ledger = up_to(formats, 1);
    case.facts.mark = None;
    (case.facts.clone(), case.arrival().document)
}

impl LedgerCase {
    /// Epoch 2 is seen, epoch 3 is new.
    fn of(formats: Formats) -> Self {
        Self {
            ledger: up_to(formats, 3),
            trailing: Vec::new(),
            facts: LedgerFacts {
                album: album(),
                formats,
                admin: ADMIN.public().clone(),
                mark: Some(mark_of(&up_to(formats, 2))),
            },
        }
    }

    fn arrival(&self) -> LedgerArrival {
        let mut document = self.ledger.to_value().encode();
        document.extend(&self.trailing);
        LedgerArrival { document }
    }

    /// A whole ledger by another hand.
    fn by(&mut self, admin: &HybridSigner) {
        let tiers = TIERS.map(|tier| -> &HybridSigner { tier });
        self.ledger = ledger(self.facts.formats, album(), admin, &tiers);
    }
}

impl Surface for LedgerCase {
    fn honest() -> Self {
        Self::of(Formats::B)
    }

    fn reasons() -> Vec<Reason> {
        named(LEDGER)
    }

    fn judge(&self) -> Result<(), Rejection> {
        let arrival = self.arrival();
        let plan = accept_ledger(&self.facts, &arrival, &Policy::default())?;
        assert_eq!(plan.ledger.bytes(), arrival.document);
        assert_eq!(plan.mark, mark_of(&self.ledger));
        Ok(())
    }

    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection> {
        let checks = without(LEDGER, left_out);
        judge(&checks, &self.facts, &self.arrival(), &Policy::default())
    }
}

const DECODED: &[Reason] = &[
    Reason::LedgerForeign,
    Reason::AdminChanged,
    Reason::LedgerForged,
    Reason::LedgerRewound,
    Reason::LedgerEntryRemoved,
    Reason::LedgerEntryChanged,
];

bounds! { LedgerCase;
    a_ledger_is_canonical by LedgerMalformed with DECODED {
        inside: |_| (),
        outside: |case| case.trailing = vec![0xf6],
    }
    a_ledger_is_of_its_albums_version by LedgerMalformed with DECODED {
        inside: |case| *case = LedgerCase::of(Formats::A),
        outside: |case| case.ledger = up_to(Formats::A, 3),
    }
    row32_no_epoch_is_left_out by LedgerMalformed with DECODED {
        inside: |_| (),
        outside: |case| { case.ledger.entries.remove(1); },
    }
    a_ledger_is_of_its_album by LedgerForeign {
        inside: |case| case.facts.album = album(),
        outside: |case| case.facts.album = other_album(),
    }
    row32_the_admin_is_the_pinned_one by AdminChanged with [LedgerForged LedgerEntryChanged] {
        inside: |case| case.by(&ADMIN),
        outside: |case| case.by(&STRANGER),
    }
    row32_a_key_beside_the_ledger_is_not_learned_from_it by AdminChanged {
        inside: |_| (),
        outside: |case| case.ledger.admin_pub = STRANGER.public().clone(),
    }
    row32_a_store_that_holds_another_key_is_found_out by AdminChanged {
        inside: |case| case.facts.mark = None,
        outside: |case| case.facts.mark.as_mut().unwrap().admin = Hash::of(b"another"),
    }
    row32_an_entry_is_signed_by_the_admin by LedgerForged with [LedgerEntryChanged] {
        inside: |_| (),
        outside: |case| {
            case.by(&STRANGER);
            case.ledger.admin_pub = ADMIN.public().clone();
        },
    }
    row32_an_entry_is_signed_by_both_halves by LedgerForged {
        inside: |_| (),
        outside: |case| case.ledger.entries[2].admin_sig.ml[0] ^= 1,
    }
    row32_by_the_first_too by LedgerForged {
        inside: |_| (),
        outside: |case| case.ledger.entries[2].admin_sig.ed[0] ^= 1,
    }
    row32_a_pinned_key_of_two_keys_verifies_nothing by LedgerForged {
        inside: |_| (),
        outside: |case| {
            case.facts.admin = mixed(&ADMIN, &STRANGER);
            case.ledger.admin_pub = case.facts.admin.clone();
            case.facts.mark.as_mut().unwrap().admin = Hash::of(&case.facts.admin.to_raw());
        },
    }
    row32_an_epoch_is_not_rewound by LedgerRewound with [LedgerEntryRemoved] {
        inside: |case| case.facts.mark = Some(mark_of(&up_to(Formats::B, 3))),
        outside: |case| {
            case.facts.mark = Some(mark_of(&up_to(Formats::B, 3)));
            case.ledger = up_to(Formats::B, 2);
        },
    }
    row32_an_epoch_stays_attested by LedgerEntryRemoved {
        inside: |case| *case = LedgerCase::of(Formats::A),
        outside: |case| {
            *case = LedgerCase::of(Formats::A);
            case.ledger.entries.remove(1);
        },
    }
    row32_an_epoch_is_one_entry by LedgerEntryChanged {
        inside: |case| *case = LedgerCase::of(Formats::A),
        outside: |case| {
            *case = LedgerCase::of(Formats::A);
            let tiers: [&HybridSigner; 3] = [&FIRST_TIER, &STRANGER, &STRANGER];
            case.ledger = ledger(Formats::A, album(), &ADMIN, &tiers);
        },
    }
    row32_nor_is_the_whole_ledger_another by LedgerEntryChanged {
        inside: |_| (),
        outside: |case| {
            let tiers: [&HybridSigner; 3] = [&STRANGER, &STRANGER, &STRANGER];
            case.ledger = ledger(Formats::B, album(), &ADMIN, &tiers);
        },
    }
}

#[test]
fn in_both_versions_a_ledger_grows() {
    for formats in BOTH {
        LedgerCase::of(formats).judge().unwrap();
        let mut first = LedgerCase::of(formats);
        first.facts.mark = None;
        first.judge().unwrap();
    }
}
