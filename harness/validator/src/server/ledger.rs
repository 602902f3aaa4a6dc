//! Storing and serving an album's epoch ledger (`formats.md` §5 and §11, invariant 18, row 17).

use super::check::{Broken, require};
use super::{AlbumFacts, Check, Policy, Refusal, judge};
use gauntlet_crypto::verify::{VerifyingKey, verify_ledger};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::ledger::EpochLedger;
use gauntlet_wire::rule::Rule;

/// Everything that the server knows when it judges a ledger.
#[derive(Debug, Clone)]
pub struct LedgerFacts {
    /// The album of the path, if it exists.
    pub album: Option<AlbumFacts>,
    /// The ledger that it holds, with its exact bytes.
    pub stored: Option<Canonical<EpochLedger>>,
}

/// A ledger as it arrived.
#[derive(Debug, Clone)]
pub struct LedgerRequest {
    /// The album of the path.
    pub album: AlbumId,
    /// `Content-Type`, if given.
    pub media_type: Option<String>,
    /// The body.
    pub document: Vec<u8>,
}

/// What an accepted ledger stores, in place of the one before. The same ledger again stores the same.
#[derive(Debug, Clone)]
pub struct LedgerPlan {
    /// The ledger with its exact bytes.
    pub ledger: Canonical<EpochLedger>,
}

/// The checks of a ledger, in order.
pub const LEDGER: &[Check<LedgerFacts, LedgerRequest>] = &[
    Check {
        rule: Rule::DocumentMediaType,
        holds: media_type,
    },
    Check {
        rule: Rule::AlbumWritable,
        holds: album_is_the_callers,
    },
    Check {
        rule: Rule::LedgerWellFormed,
        holds: well_formed,
    },
    Check {
        rule: Rule::LedgerAttested,
        holds: attested,
    },
    Check {
        rule: Rule::LedgerExtends,
        holds: extends,
    },
];

/// Judges a ledger by the contract.
///
/// # Errors
/// The first rule of [`LEDGER`] that does not hold.
pub fn publish_ledger(
    facts: &LedgerFacts,
    request: &LedgerRequest,
    policy: &Policy,
) -> Result<LedgerPlan, Refusal> {
    publish_ledger_by(LEDGER, facts, request, policy)
}

/// Judges a ledger by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn publish_ledger_by(
    checks: &[Check<LedgerFacts, LedgerRequest>],
    facts: &LedgerFacts,
    request: &LedgerRequest,
    policy: &Policy,
) -> Result<LedgerPlan, Refusal> {
    judge(checks, facts, request, policy)?;
    let ledger = decode(facts, request).map_err(|broken| broken.by(Rule::LedgerWellFormed))?;
    Ok(LedgerPlan { ledger })
}

/// The checks of a look at the ledger, in order.
pub const READ_LEDGER: &[Check<LedgerFacts, ()>] = &[Check {
    rule: Rule::LedgerFound,
    holds: ledger_found,
}];

/// Judges a look at the ledger by the contract.
///
/// # Errors
/// [`Rule::LedgerFound`], with the same words for an album without a ledger, one that is not the
/// caller's, and none.
pub fn read_ledger(
    facts: &LedgerFacts,
    policy: &Policy,
) -> Result<Canonical<EpochLedger>, Refusal> {
    judge(READ_LEDGER, facts, &(), policy)?;
    let ledger = stored_of_own(facts).map_err(|broken| broken.by(Rule::LedgerFound))?;
    Ok(ledger.clone())
}

fn stored_of_own(facts: &LedgerFacts) -> Result<&Canonical<EpochLedger>, Broken> {
    let own = facts.album.is_some_and(|album| album.caller_may_write);
    facts
        .stored
        .as_ref()
        .filter(|_| own)
        .ok_or_else(|| Broken::because("no such ledger"))
}

fn ledger_found(facts: &LedgerFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    stored_of_own(facts).map(|_| ())
}

fn own_album(facts: &LedgerFacts) -> Result<&AlbumFacts, Broken> {
    facts
        .album
        .as_ref()
        .filter(|album| album.caller_may_write)
        .ok_or_else(|| Broken::because("the album is absent or not yours"))
}

fn decode(facts: &LedgerFacts, request: &LedgerRequest) -> Result<Canonical<EpochLedger>, Broken> {
    EpochLedger::decode(&request.document, own_album(facts)?.pin.formats())
        .map_err(|error| Broken::because(format!("ledger: {}", error.expectation())))
}

/// `formats.md` §11: the document's media type.
fn media_type(_: &LedgerFacts, request: &LedgerRequest, _: &Policy) -> Result<(), Broken> {
    require(
        request.media_type.as_deref() == Some("application/cbor"),
        || "a ledger travels as application/cbor".to_owned(),
    )
}

/// Invariant 6, but for the version spoken: the first ledger of an album pins its admin key, so it has to
/// come from one who may write to it.
fn album_is_the_callers(facts: &LedgerFacts, _: &LedgerRequest, _: &Policy) -> Result<(), Broken> {
    own_album(facts).map(|_| ())
}

/// `formats.md` §5: a canonical ledger of this album, in the version of its pin.
fn well_formed(facts: &LedgerFacts, request: &LedgerRequest, _: &Policy) -> Result<(), Broken> {
    let ledger = decode(facts, request)?;
    require(ledger.value().album_id == request.album, || {
        "album_id is another album".to_owned()
    })
}

/// `formats.md` §5: every entry is signed, both halves, by the admin key; that of the first stored ledger
/// is the album's for ever.
fn attested(facts: &LedgerFacts, request: &LedgerRequest, _: &Policy) -> Result<(), Broken> {
    let ledger = decode(facts, request)?.into_value();
    let pinned = facts
        .stored
        .as_ref()
        .map(|stored| &stored.value().admin_pub);
    require(pinned.is_none_or(|key| *key == ledger.admin_pub), || {
        "admin_pub is not the key of the first ledger".to_owned()
    })?;
    let admin = VerifyingKey::decode(&ledger.admin_pub)
        .map_err(|error| Broken::because(format!("admin_pub: {error}")))?;
    verify_ledger(&ledger, &admin).map_err(|error| Broken::because(format!("admin_sig: {error}")))
}

/// `formats.md` §11: what was attested stays: every stored entry is there, unchanged.
fn extends(facts: &LedgerFacts, request: &LedgerRequest, _: &Policy) -> Result<(), Broken> {
    let ledger = decode(facts, request)?.into_value();
    let stored = facts.stored.iter();
    let missing = stored
        .flat_map(|stored| &stored.value().entries)
        .find(|entry| ledger.entry(entry.epoch) != Some(entry));
    missing.map_or(Ok(()), |entry| {
        Err(Broken::because(format!(
            "the stored entry of epoch {} is missing or another",
            entry.epoch
        )))
    })
}
