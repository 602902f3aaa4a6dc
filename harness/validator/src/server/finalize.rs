//! Finalization inside the last PATCH (`wire.md` §3, invariants 13–15).

use super::check::{Broken, require};
use super::record::asset_effects;
use super::{
    AssetFacts, CREATE_SESSION, Check, CreateRequest, Effect, Policy, RECORD, Refusal, Rejection,
    Session, SessionFacts, Spoken, judge,
};
use gauntlet_wire::enums::{BlobRole, UploadStatus};
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::CreateSession;
use gauntlet_wire::rule::Rule;

/// Everything that the server knows when it finalizes a session.
#[derive(Debug, Clone)]
pub struct FinalizeFacts {
    /// The server's clock.
    pub now: jiff::Timestamp,
    /// The session, all of whose bytes have arrived.
    pub session: Session,
    /// How many bytes its file holds.
    pub length: u64,
    /// SHA-256 of those bytes, recomputed from the disk.
    pub computed: Hash,
    /// The facts of the opening, read again in this transaction.
    pub opening: SessionFacts,
    /// The asset that the upload belongs to.
    pub asset: AssetFacts,
    /// The bytes of a `provenance` upload; `None` where they exceed the bound of a record.
    pub record: Option<Vec<u8>>,
}

/// Checks of every finalization, in order.
pub const FINALIZE: &[Check<FinalizeFacts, ()>] = &[
    Check {
        rule: Rule::LengthComplete,
        holds: inv13_length_complete,
    },
    Check {
        rule: Rule::HashMatches,
        holds: inv14_hash_matches,
    },
    Check {
        rule: Rule::EnvelopeStillHolds,
        holds: inv15_envelope_still_holds,
    },
];

/// Judges a finalization by the contract.
///
/// # Errors
/// The first rule that does not hold. A refused finalization fails its session, deletes its bytes
/// and releases its reservation.
pub fn finalize(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    finalize_by(FINALIZE, RECORD, facts, policy)
}

/// Judges a finalization by the given checks; `record` applies to `provenance` uploads only.
///
/// # Errors
/// The first rule that does not hold, with the effects that end the session.
pub fn finalize_by(
    checks: &[Check<FinalizeFacts, ()>],
    record: &[Check<FinalizeFacts, ()>],
    facts: &FinalizeFacts,
    policy: &Policy,
) -> Result<Vec<Effect>, Refusal> {
    judge(checks, facts, &(), policy).map_err(end_session)?;
    if facts.session.role == BlobRole::Provenance {
        judge(record, facts, &(), policy).map_err(end_session)?;
    }
    let session = &facts.session;
    let mut effects = vec![
        Effect::PromoteBlob {
            hash: session.hash,
            size: session.size,
        },
        Effect::ReleaseReservation,
        Effect::SetStatus(UploadStatus::Completed),
    ];
    effects.extend(asset_effects(facts));
    Ok(effects)
}

fn end_session(rejection: Rejection) -> Refusal {
    let effects = vec![
        Effect::DiscardBytes,
        Effect::ReleaseReservation,
        Effect::SetStatus(UploadStatus::FailedProcessing),
    ];
    Refusal { rejection, effects }
}

/// Invariant 13: the bytes held are as many as declared.
fn inv13_length_complete(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let (held, declared) = (facts.length, facts.session.size);
    require(held == declared, || {
        format!("{held} bytes are held, {declared} were declared")
    })
}

/// Invariant 14: the server recomputes the content address and trusts no one's word for it.
fn inv14_hash_matches(facts: &FinalizeFacts, (): &(), _: &Policy) -> Result<(), Broken> {
    let (computed, declared) = (facts.computed, facts.session.hash);
    require(computed == declared, || {
        format!("the bytes hash to {computed}, {declared} was declared")
    })
}

/// Invariant 15: invariants 1–8 hold again, now: a device may have been revoked since the opening.
/// Quota and deduplication are questions of the opening alone, and this very session would answer
/// the second.
fn inv15_envelope_still_holds(
    facts: &FinalizeFacts,
    (): &(),
    policy: &Policy,
) -> Result<(), Broken> {
    let request = reopened(&facts.session);
    CREATE_SESSION
        .iter()
        .filter(|check| check.rule.invariant().is_some())
        .try_for_each(|check| (check.holds)(&facts.opening, &request, policy))
}

/// The request that opened the session, as it would read now.
fn reopened(session: &Session) -> CreateRequest {
    CreateRequest {
        caller: session.uploader,
        spoken: Spoken {
            protocol: session.protocol,
            suite: Some(session.suite),
        },
        body: CreateSession {
            size: session.size,
            hash: session.hash.to_string(),
            content_type: session.content_type.clone(),
            crypto_suite_id: session.suite.0,
            protocol_version: session.protocol.to_string(),
            blob_role: session.role.to_string(),
            manifest_envelope: session.envelope.clone(),
            album_id: Some(session.album),
            owner_id: Some(session.owner),
            intent_id: None,
        },
    }
}
