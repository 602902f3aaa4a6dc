//! Storing and serving an epoch ledger (`formats.md` §5 and §11, row 17).

use crate::bound::{Surface, bounds, without};
use crate::world::{STRANGER, WRITE_TIER, album, album_facts, other_album};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_validator::server::{
    AlbumFacts, LEDGER, LedgerFacts, LedgerPlan, LedgerRequest, Policy, READ_LEDGER, Refusal,
    Rejection, judge, publish_ledger, read_ledger,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::ledger::{EpochLedger, LedgerEntry, LedgerEntryB};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;
use std::sync::LazyLock;

static ADMIN: LazyLock<HybridSigner> = LazyLock::new(|| HybridSigner::from_seed(&[0xad; 64]));

/// The ledger of `album` with one entry an epoch, signed by `admin`.
pub(crate) fn ledger(
    formats: Formats,
    album: AlbumId,
    admin: &HybridSigner,
    keys: &[&HybridSigner],
) -> EpochLedger {
    let mut entries: Vec<LedgerEntry> = Vec::new();
    for (epoch, key) in (1..).zip(keys) {
        let mut entry = LedgerEntry {
            epoch,
            write_tier_pub: key.public().clone(),
            b: (formats == Formats::B).then(|| LedgerEntryB {
                prior_entry_hash: entries.last().map(LedgerEntry::hash),
            }),
            admin_sig: admin.sign(b"nothing yet"),
        };
        entry.admin_sig = admin.sign(&entry.signed_bytes(album));
        entries.push(entry);
    }
    EpochLedger {
        album_id: album,
        admin_pub: admin.public().clone(),
        ceiling: u32::try_from(keys.len()).unwrap(),
        entries,
    }
}

#[derive(Debug, Clone)]
pub(crate) struct LedgerCase {
    album: Option<AlbumFacts>,
    stored: Option<EpochLedger>,
    media_type: Option<String>,
    ledger: EpochLedger,
    /// Bytes after the document.
    trailing: Vec<u8>,
}

impl LedgerCase {
    fn of(formats: Formats) -> Self {
        Self {
            album: Some(album_facts(formats)),
            stored: None,
            media_type: Some("application/cbor".to_owned()),
            ledger: ledger(formats, album(), &ADMIN, &[&WRITE_TIER]),
            trailing: Vec::new(),
        }
    }

    /// Stored is one epoch; sent are two.
    fn grown(&mut self) {
        self.stored = Some(self.ledger.clone());
        self.ledger = ledger(
            self.ledger.formats(),
            album(),
            &ADMIN,
            &[&WRITE_TIER, &STRANGER],
        );
    }

    fn parts(&self) -> (LedgerFacts, LedgerRequest) {
        let stored = self.stored.clone();
        let facts = LedgerFacts {
            album: self.album,
            stored: stored.map(|stored| Canonical::encode(stored).unwrap()),
        };
        let document = Canonical::encode(self.ledger.clone()).unwrap().into_bytes();
        let request = LedgerRequest {
            album: album(),
            media_type: self.media_type.clone(),
            document: [document, self.trailing.clone()].concat(),
        };
        (facts, request)
    }
}

impl Surface for LedgerCase {
    type Plan = LedgerPlan;

    fn honest() -> Self {
        Self::of(Formats::B)
    }

    fn rules() -> Vec<Rule> {
        vec![
            Rule::DocumentMediaType,
            Rule::AlbumWritable,
            Rule::LedgerWellFormed,
            Rule::LedgerAttested,
            Rule::LedgerExtends,
        ]
    }

    fn judge(&self) -> Result<LedgerPlan, Refusal> {
        let (facts, request) = self.parts();
        publish_ledger(&facts, &request, &Policy::default())
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let (facts, request) = self.parts();
        judge(
            &without(LEDGER, left_out),
            &facts,
            &request,
            &Policy::default(),
        )
    }
}

bounds! { LedgerCase;
    a_ledger_travels_as_cbor by DocumentMediaType {
        inside: |case| case.media_type = Some("application/cbor".to_owned()),
        outside: |case| case.media_type = Some("application/json".to_owned()),
    }
    a_ledger_states_its_media_type by DocumentMediaType {
        inside: |_| (),
        outside: |case| case.media_type = None,
    }
    a_ledger_is_of_an_album by AlbumWritable with layers LedgerWellFormed LedgerAttested LedgerExtends {
        inside: |case| assert!(case.album.is_some()),
        outside: |case| case.album = None,
    }
    a_ledger_is_of_an_album_of_the_callers by AlbumWritable
        with layers LedgerWellFormed LedgerAttested LedgerExtends {
        inside: |_| (),
        outside: |case| case.album.as_mut().unwrap().caller_may_write = false,
    }
    a_ledger_is_canonical by LedgerWellFormed with layers LedgerAttested LedgerExtends {
        inside: |_| (),
        outside: |case| case.trailing = vec![0],
    }
    a_ledger_is_of_the_version_of_its_album by LedgerWellFormed with layers LedgerAttested LedgerExtends {
        inside: |case| *case = LedgerCase::of(Formats::A),
        outside: |case| case.album = Some(album_facts(Formats::A)),
    }
    a_ledger_is_of_this_album by LedgerWellFormed {
        inside: |_| (),
        outside: |case| case.ledger = ledger(Formats::B, other_album(), &ADMIN, &[&WRITE_TIER]),
    }
    every_entry_is_signed_by_the_admin by LedgerAttested {
        inside: LedgerCase::grown,
        outside: |case| {
            case.grown();
            case.ledger.entries[1].admin_sig = STRANGER.sign(&case.ledger.entries[1].signed_bytes(album()));
        },
    }
    both_halves_of_an_entrys_signature_hold_the_first by LedgerAttested {
        inside: |_| (),
        outside: |case| case.ledger.entries[0].admin_sig.ed[0] ^= 1,
    }
    both_halves_of_an_entrys_signature_hold_the_second by LedgerAttested {
        inside: |_| (),
        outside: |case| case.ledger.entries[0].admin_sig.ml[0] ^= 1,
    }
    an_entry_is_signed_for_its_album by LedgerAttested {
        inside: |_| (),
        outside: |case| {
            let other = ledger(Formats::B, other_album(), &ADMIN, &[&WRITE_TIER]);
            case.ledger = EpochLedger { album_id: album(), ..other };
        },
    }
    the_admin_key_of_the_first_ledger_is_the_albums_for_ever by LedgerAttested with layers LedgerExtends {
        inside: LedgerCase::grown,
        outside: |case| {
            case.grown();
            case.ledger = ledger(Formats::B, album(), &STRANGER, &[&WRITE_TIER, &STRANGER]);
        },
    }
    a_ledger_does_not_shrink by LedgerExtends {
        inside: LedgerCase::grown,
        outside: |case| { case.grown(); std::mem::swap(case.stored.as_mut().unwrap(), &mut case.ledger) },
    }
    an_entry_does_not_change by LedgerExtends {
        inside: LedgerCase::grown,
        outside: |case| { case.grown(); case.ledger = ledger(Formats::B, album(), &ADMIN, &[&STRANGER, &WRITE_TIER]) },
    }
    in_version_a_an_entry_does_not_change_either by LedgerExtends {
        inside: |case| { *case = LedgerCase::of(Formats::A); case.grown() },
        outside: |case| {
            *case = LedgerCase::of(Formats::A);
            case.grown();
            case.ledger = ledger(Formats::A, album(), &ADMIN, &[&STRANGER, &WRITE_TIER]);
        },
    }
}

#[test]
fn an_accepted_ledger_is_stored_byte_for_byte_and_the_same_again_is_taken() {
    for formats in [Formats::A, Formats::B] {
        let mut case = LedgerCase::of(formats);
        case.grown();
        for stored in [case.stored.clone(), Some(case.ledger.clone()), None] {
            case.stored = stored;
            let plan = case.judge().unwrap();
            assert_eq!(plan.ledger.bytes(), case.parts().1.document);
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ReadCase {
    facts: LedgerFacts,
}

impl Surface for ReadCase {
    type Plan = Canonical<EpochLedger>;

    fn honest() -> Self {
        let mut case = LedgerCase::honest();
        case.grown();
        Self {
            facts: case.parts().0,
        }
    }

    fn rules() -> Vec<Rule> {
        vec![Rule::LedgerFound]
    }

    fn judge(&self) -> Result<Canonical<EpochLedger>, Refusal> {
        read_ledger(&self.facts, &Policy::default())
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let checks = without(READ_LEDGER, left_out);
        judge(&checks, &self.facts, &(), &Policy::default())
    }
}

pub(crate) mod read {
    use super::ReadCase;
    use crate::bound::{Surface, bounds};

    bounds! { ReadCase;
        a_ledger_was_stored by LedgerFound {
            inside: |case| assert!(case.facts.stored.is_some()),
            outside: |case| case.facts.stored = None,
        }
        a_ledger_is_read_in_an_album_that_is_there by LedgerFound {
            inside: |_| (),
            outside: |case| case.facts.album = None,
        }
        a_ledger_is_read_by_its_own by LedgerFound {
            inside: |_| (),
            outside: |case| case.facts.album.as_mut().unwrap().caller_may_write = false,
        }
    }

    #[test]
    fn the_same_words_refuse_every_ledger_that_is_not_the_callers() {
        let mut foreign = ReadCase::honest();
        assert_eq!(
            &foreign.judge().unwrap(),
            foreign.facts.stored.as_ref().unwrap()
        );
        foreign.facts.album.as_mut().unwrap().caller_may_write = false;
        let mut absent = ReadCase::honest();
        absent.facts.stored = None;
        assert_eq!(foreign.judge().unwrap_err(), absent.judge().unwrap_err());
    }
}
