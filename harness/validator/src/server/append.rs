//! Appending a chunk: the PATCH table of `wire.md` §3, invariants 9–12.
//!
//! The order is the contract's: session and authorization, state, media type, empty, checksum
//! presence, maximum, checksum; then whether the chunk is a replay (12); then position (9), size
//! (11) and alignment (10). `wire.md` §2 names the checksum before the maximum; but a body past the
//! maximum is not read to its end, so there is nothing to compare its checksum with.

use super::check::{Broken, require};
use super::session::live_session;
use super::{Check, Effect, Extension, Policy, Refusal, Rejection, Session, judge};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::header;
use gauntlet_wire::id::{Hash, UserId};
use gauntlet_wire::rule::Rule;

/// A chunk that was acknowledged earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedChunk {
    /// Where it starts.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
    /// SHA-256 of its bytes.
    pub checksum: Hash,
}

/// Everything that the server knows when it judges a chunk.
#[derive(Debug, Clone)]
pub struct AppendFacts {
    /// The server's clock.
    pub now: jiff::Timestamp,
    /// The session of that id, if there is one.
    pub session: Option<Session>,
    /// The acknowledged chunk that starts at the request's offset, if there is one.
    pub accepted: Option<AcceptedChunk>,
}

/// A chunk as it arrived. The body itself stays with the server; its length and hash are judged.
#[derive(Debug, Clone)]
pub struct AppendRequest {
    /// The authenticated caller.
    pub caller: UserId,
    /// `Content-Type`, if given.
    pub media_type: Option<String>,
    /// Every `X-Capsule-Offset` value.
    pub offset: Vec<String>,
    /// Every `X-Capsule-Checksum` value.
    pub checksum: Vec<String>,
    /// The length of the body in bytes; may stop counting one past the maximum.
    pub length: u64,
    /// SHA-256 of the body.
    pub digest: Hash,
}

/// What an accepted chunk changes and answers.
#[derive(Debug, Clone, PartialEq)]
pub struct AppendPlan {
    /// What to change; empty for a replay.
    pub effects: Vec<Effect>,
    /// The `X-Capsule-Offset` of the answer.
    pub offset: u64,
    /// Whether the session is now complete and is to be finalized.
    pub complete: bool,
}

/// Whether a chunk is new at its offset (invariant 12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// Nothing was accepted at that offset.
    New,
    /// The same chunk was accepted there: the answer again, no write.
    Same,
    /// Another chunk was accepted there.
    Conflict,
}

/// The parts of the PATCH table, so that another table can be composed of other parts.
#[derive(Clone, Copy)]
pub struct AppendRules<'a> {
    /// Checks before the replay decision.
    pub admission: &'a [Check<AppendFacts, AppendRequest>],
    /// The replay decision.
    pub replay: fn(&AppendFacts, &AppendRequest) -> Replay,
    /// Checks of a new chunk.
    pub placement: &'a [Check<AppendFacts, AppendRequest>],
}

/// Checks before the replay decision, in order.
pub const APPEND_ADMISSION: &[Check<AppendFacts, AppendRequest>] = &[
    Check {
        rule: Rule::SessionFound,
        holds: session_found,
    },
    Check {
        rule: Rule::SessionCaller,
        holds: caller_is_uploader,
    },
    Check {
        rule: Rule::SessionActive,
        holds: session_active,
    },
    Check {
        rule: Rule::ChunkMediaType,
        holds: inv10_media_type,
    },
    Check {
        rule: Rule::ChunkNotEmpty,
        holds: inv10_not_empty,
    },
    Check {
        rule: Rule::ChecksumStated,
        holds: inv12_checksum_stated,
    },
    Check {
        rule: Rule::ChunkWithinMax,
        holds: inv10_within_max,
    },
    Check {
        rule: Rule::ChecksumMatches,
        holds: inv12_checksum_matches,
    },
    Check {
        rule: Rule::OffsetStated,
        holds: inv09_offset_stated,
    },
];

/// Checks of a new chunk, in order.
pub const APPEND_PLACEMENT: &[Check<AppendFacts, AppendRequest>] = &[
    Check {
        rule: Rule::OffsetSequential,
        holds: inv09_offset_sequential,
    },
    Check {
        rule: Rule::SizeBound,
        holds: inv11_size_bound,
    },
    Check {
        rule: Rule::ChunkAligned,
        holds: inv10_aligned,
    },
];

/// Judges a chunk by the contract.
///
/// # Errors
/// The first rule that does not hold; a chunk across the declared size also fails its session.
pub fn append_chunk(
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Result<AppendPlan, Refusal> {
    let rules = AppendRules {
        admission: APPEND_ADMISSION,
        replay,
        placement: APPEND_PLACEMENT,
    };
    append_chunk_by(&rules, facts, request, policy)
}

/// Judges a chunk by the given rules.
///
/// # Errors
/// The first rule that does not hold; a chunk across the declared size also fails its session.
pub fn append_chunk_by(
    rules: &AppendRules<'_>,
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Result<AppendPlan, Refusal> {
    judge(rules.admission, facts, request, policy)?;
    let session = live(facts, policy).map_err(|broken| broken.by(Rule::SessionFound))?;
    match (rules.replay)(facts, request) {
        Replay::Same => {
            return Ok(AppendPlan {
                effects: Vec::new(),
                offset: session.received,
                complete: false,
            });
        }
        Replay::Conflict => return Err(conflict(session).into()),
        Replay::New => {}
    }
    judge(rules.placement, facts, request, policy).map_err(|rejection| Refusal {
        effects: attached_effects(&rejection),
        rejection,
    })?;
    Ok(append_effects(
        session,
        stated_offset(request).unwrap_or(session.received),
        request,
    ))
}

fn conflict(session: &Session) -> Rejection {
    Rejection::new(
        Rule::ChunkUnchanged,
        "another chunk was accepted at this offset",
    )
    .with(Extension::Offset(session.received))
}

/// Invariant 11: crossing the declared size ends the session; nothing of the chunk is kept.
fn attached_effects(rejection: &Rejection) -> Vec<Effect> {
    if rejection.rule == Rule::SizeBound {
        vec![
            Effect::DiscardBytes,
            Effect::ReleaseReservation,
            Effect::SetStatus(UploadStatus::FailedProcessing),
        ]
    } else {
        Vec::new()
    }
}

/// The plan that writes the whole chunk at `offset`.
#[must_use]
pub fn append_effects(session: &Session, offset: u64, request: &AppendRequest) -> AppendPlan {
    let received = offset.saturating_add(request.length);
    let complete = received >= session.size;
    let status = if complete {
        UploadStatus::WaitingForProcessing
    } else {
        UploadStatus::Uploading
    };
    let effects = vec![
        Effect::Write {
            offset,
            length: request.length,
        },
        Effect::RecordChunk {
            offset,
            length: request.length,
            checksum: request.digest,
        },
        Effect::SetReceived(received),
        Effect::SetStatus(status),
    ];
    AppendPlan {
        effects,
        offset: received,
        complete,
    }
}

/// Invariant 12: the tuple (upload, offset, chunk hash) is new, identical, or in conflict.
#[must_use]
pub fn replay(facts: &AppendFacts, request: &AppendRequest) -> Replay {
    match facts.accepted {
        None => Replay::New,
        Some(chunk) if chunk.checksum == request.digest && chunk.length == request.length => {
            Replay::Same
        }
        Some(_) => Replay::Conflict,
    }
}

fn live<'a>(facts: &'a AppendFacts, policy: &Policy) -> Result<&'a Session, Broken> {
    live_session(facts.session.as_ref(), facts.now, policy)
}

fn session_found(facts: &AppendFacts, _: &AppendRequest, policy: &Policy) -> Result<(), Broken> {
    live(facts, policy).map(|_| ())
}

/// `wire.md` §1.3: only the uploader appends.
fn caller_is_uploader(
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    require(live(facts, policy)?.uploader == request.caller, || {
        "only the uploader appends to a session".to_owned()
    })
}

/// `wire.md` §3: a session that is being finalized or is terminal takes no chunk.
fn session_active(facts: &AppendFacts, _: &AppendRequest, policy: &Policy) -> Result<(), Broken> {
    let session = live(facts, policy)?;
    require(session.is_active(), || {
        format!("the session is {}", session.status)
    })
}

/// Invariant 10: the media type.
fn inv10_media_type(_: &AppendFacts, request: &AppendRequest, _: &Policy) -> Result<(), Broken> {
    require(
        request.media_type.as_deref() == Some("application/octet-stream"),
        || "a chunk travels as application/octet-stream".to_owned(),
    )
}

/// Invariant 10: a chunk carries bytes.
fn inv10_not_empty(_: &AppendFacts, request: &AppendRequest, _: &Policy) -> Result<(), Broken> {
    require(request.length > 0, || "the chunk is empty".to_owned())
}

/// Invariant 10: the largest chunk.
fn inv10_within_max(
    _: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let limit = policy.max_chunk;
    require(request.length <= limit, || {
        format!("a chunk is at most {limit} bytes")
    })
    .map_err(|broken| broken.with(Extension::Limit(limit)))
}

/// Invariant 12: exactly one checksum header, 64 lowercase hex characters.
fn inv12_checksum_stated(
    _: &AppendFacts,
    request: &AppendRequest,
    _: &Policy,
) -> Result<(), Broken> {
    stated_checksum(request).map(|_| ())
}

fn stated_checksum(request: &AppendRequest) -> Result<Hash, Broken> {
    match request.checksum.as_slice() {
        [one] => header::parse_checksum(one)
            .map_err(|error| Broken::because(format!("{}: {error}", header::CHECKSUM))),
        many => Err(Broken::because(format!(
            "{} is given {} times; expected once",
            header::CHECKSUM,
            many.len()
        ))),
    }
}

/// Invariant 12: nothing is written of a body that its checksum does not describe.
fn inv12_checksum_matches(
    _: &AppendFacts,
    request: &AppendRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let stated = stated_checksum(request)?;
    require(stated == request.digest, || {
        format!("{} is not the SHA-256 of the body", header::CHECKSUM)
    })
}

/// Invariant 9: exactly one offset header, a decimal byte count.
fn inv09_offset_stated(_: &AppendFacts, request: &AppendRequest, _: &Policy) -> Result<(), Broken> {
    stated_offset(request).map(|_| ())
}

fn stated_offset(request: &AppendRequest) -> Result<u64, Broken> {
    match request.offset.as_slice() {
        [one] => header::parse_decimal_u64(one)
            .map_err(|error| Broken::because(format!("{}: {error}", header::OFFSET))),
        many => Err(Broken::because(format!(
            "{} is given {} times; expected once",
            header::OFFSET,
            many.len()
        ))),
    }
}

/// Invariant 9: a new chunk starts exactly at the received count.
fn inv09_offset_sequential(
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let session = live(facts, policy)?;
    let stated = stated_offset(request)?;
    require(stated == session.received, || {
        format!(
            "the offset is {stated}, {} bytes were received",
            session.received
        )
    })
    .map_err(|broken| broken.with(Extension::Offset(session.received)))
}

/// Invariant 11: bounded at every chunk, not at the end.
fn inv11_size_bound(
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let session = live(facts, policy)?;
    let end = stated_offset(request)?.saturating_add(request.length);
    require(end <= session.size, || {
        format!(
            "the chunk ends at {end}, the declared size is {}",
            session.size
        )
    })
}

/// Invariant 10: every chunk but the last is aligned.
fn inv10_aligned(
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let session = live(facts, policy)?;
    let last = stated_offset(request)?.saturating_add(request.length) == session.size;
    require(
        last || request.length.is_multiple_of(policy.chunk_alignment),
        || {
            format!(
                "{} bytes is not a multiple of {}",
                request.length, policy.chunk_alignment
            )
        },
    )
}
