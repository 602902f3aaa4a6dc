//! Taking in an epoch ledger (`formats.md` §5, row 32).

use super::check::{Broken, require};
use super::{Check, Policy, Rejection, judge};
use gauntlet_crypto::verify::{VerifyingKey, verify_ledger};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{AlbumId, Hash};
use gauntlet_wire::ledger::{EpochLedger, LedgerEntry};
use gauntlet_wire::marks::LedgerMark;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::version::Formats;

/// Everything that a client knows when it is given a ledger.
#[derive(Debug, Clone)]
pub struct LedgerFacts {
    /// The album that the ledger was asked for.
    pub album: AlbumId,
    /// The formats of its pin.
    pub formats: Formats,
    /// The album's admin key, pinned at invitation, and never learned from a server.
    pub admin: HybridPublicKey,
    /// What was seen of the ledger before. The caller keeps it across restarts.
    pub mark: Option<LedgerMark>,
}

/// A ledger as it arrived.
#[derive(Debug, Clone)]
pub struct LedgerArrival {
    /// The document.
    pub document: Vec<u8>,
}

/// What an accepted ledger comes to.
#[derive(Debug, Clone)]
pub struct LedgerPlan {
    /// The ledger to use from now on.
    pub ledger: Canonical<EpochLedger>,
    /// The mark to keep, with the ledger or before it.
    pub mark: LedgerMark,
}

/// The checks, in order.
pub const LEDGER: &[Check<LedgerFacts, LedgerArrival>] = &[
    Check {
        reason: Reason::LedgerMalformed,
        holds: well_formed,
    },
    Check {
        reason: Reason::LedgerForeign,
        holds: the_albums_own,
    },
    Check {
        reason: Reason::AdminChanged,
        holds: admin_kept,
    },
    Check {
        reason: Reason::LedgerForged,
        holds: admin_signed,
    },
    Check {
        reason: Reason::LedgerRewound,
        holds: not_rewound,
    },
    Check {
        reason: Reason::LedgerEntryRemoved,
        holds: entries_stay,
    },
    Check {
        reason: Reason::LedgerEntryChanged,
        holds: entries_immutable,
    },
];

/// Judges a ledger by the contract.
///
/// # Errors
/// The first rule of [`LEDGER`] that does not hold. The mark and the ledger in use stay, and no epoch is
/// learned.
pub fn accept_ledger(
    facts: &LedgerFacts,
    arrival: &LedgerArrival,
    policy: &Policy,
) -> Result<LedgerPlan, Rejection> {
    accept_ledger_by(LEDGER, facts, arrival, policy)
}

/// Judges a ledger by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn accept_ledger_by(
    checks: &[Check<LedgerFacts, LedgerArrival>],
    facts: &LedgerFacts,
    arrival: &LedgerArrival,
    policy: &Policy,
) -> Result<LedgerPlan, Rejection> {
    judge(checks, facts, arrival, policy)?;
    let ledger = decode(facts, arrival).map_err(|broken| broken.by(Reason::LedgerMalformed))?;
    let mark = ledger_mark(&facts.admin, ledger.value());
    Ok(LedgerPlan { ledger, mark })
}

/// The mark of a ledger under an admin key. In version A entries are not chained, so the highest alone
/// would not speak for the others.
#[must_use]
pub fn ledger_mark(admin: &HybridPublicKey, ledger: &EpochLedger) -> LedgerMark {
    let hashed = |entry: &LedgerEntry| (entry.epoch, entry.hash());
    LedgerMark {
        admin: Hash::of(&admin.to_raw()),
        entries: ledger.entries.iter().map(hashed).collect(),
    }
}

fn decode(facts: &LedgerFacts, arrival: &LedgerArrival) -> Result<Canonical<EpochLedger>, Broken> {
    EpochLedger::decode(&arrival.document, facts.formats)
        .map_err(|error| Broken::because(format!("ledger: {error}")))
}

/// `formats.md` §5: one canonical ledger of the album's version, without a gap in version B.
fn well_formed(facts: &LedgerFacts, arrival: &LedgerArrival, _: &Policy) -> Result<(), Broken> {
    decode(facts, arrival).map(|_| ())
}

/// The ledger is of the album that was asked for.
fn the_albums_own(facts: &LedgerFacts, arrival: &LedgerArrival, _: &Policy) -> Result<(), Broken> {
    let found = decode(facts, arrival)?.value().album_id;
    require(found == facts.album, || {
        format!("album_id is {found}; expected {}", facts.album)
    })
}

/// Row 32: the admin key is the one of the invitation, whatever the ledger says and whatever key the
/// client's own store has come to hold.
fn admin_kept(facts: &LedgerFacts, arrival: &LedgerArrival, _: &Policy) -> Result<(), Broken> {
    let ledger = decode(facts, arrival)?.into_value();
    require(ledger.admin_pub == facts.admin, || {
        "admin_pub is not the pinned key".to_owned()
    })?;
    let pinned = Hash::of(&facts.admin.to_raw());
    let marked = facts.mark.as_ref().map(|mark| mark.admin);
    require(marked.is_none_or(|marked| marked == pinned), || {
        "the mark was made under another admin key".to_owned()
    })
}

/// Row 32: every entry is signed, both halves, by the pinned admin key.
fn admin_signed(facts: &LedgerFacts, arrival: &LedgerArrival, _: &Policy) -> Result<(), Broken> {
    let ledger = decode(facts, arrival)?.into_value();
    let admin = VerifyingKey::decode(&facts.admin)
        .map_err(|error| Broken::because(format!("admin key: {error}")))?;
    verify_ledger(&ledger, &admin).map_err(|error| Broken::because(format!("admin_sig: {error}")))
}

/// Row 32: the highest epoch is not below the highest seen.
fn not_rewound(facts: &LedgerFacts, arrival: &LedgerArrival, _: &Policy) -> Result<(), Broken> {
    let found = decode(facts, arrival)?.value().ceiling;
    let seen = facts.mark.as_ref().and_then(LedgerMark::ceiling);
    require(seen.is_none_or(|seen| found >= seen), || {
        format!(
            "ends at epoch {found}, below {}, which was seen",
            seen.unwrap_or_default()
        )
    })
}

/// Row 32: an epoch that was attested stays attested.
fn entries_stay(facts: &LedgerFacts, arrival: &LedgerArrival, _: &Policy) -> Result<(), Broken> {
    let ledger = decode(facts, arrival)?.into_value();
    let mut seen = facts.mark.iter().flat_map(|mark| mark.entries.keys());
    let missing = seen.find(|epoch| ledger.entry(**epoch).is_none());
    missing.map_or(Ok(()), |epoch| {
        Err(Broken::because(format!("epoch {epoch} is missing")))
    })
}

/// Row 32: an epoch is one entry. Another, even of the same key, is another claim of the admin's.
fn entries_immutable(
    facts: &LedgerFacts,
    arrival: &LedgerArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let ledger = decode(facts, arrival)?.into_value();
    let Some(mark) = &facts.mark else {
        return Ok(());
    };
    let changed = ledger.entries.iter().find(|entry| {
        let seen = mark.entries.get(&entry.epoch);
        seen.is_some_and(|seen| *seen != entry.hash())
    });
    changed.map_or(Ok(()), |entry| {
        Err(Broken::because(format!(
            "another entry at epoch {} was seen",
            entry.epoch
        )))
    })
}
