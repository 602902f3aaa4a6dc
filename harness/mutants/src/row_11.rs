//! Row 11: servers that count what they receive too late, or not at all.
//!
//! Equivalent to the reference from outside, and so not planted: excess that is written without being
//! counted, and deleted with its session. No route speaks of bytes that no row counts.

use crate::Mutant;
use crate::decisions::{CONTRACT, Opened, create_without, with_effects};
use crate::partial::{for_records, partly};
use gauntlet_arena::{Beat, Verdict};
use gauntlet_validator::server::{
    AppendFacts, AppendPlan, AppendRequest, CreateRequest, Effect, FinalizeFacts, Policy, Refusal,
    Session, SessionFacts, append_chunk, append_effects, finalize,
};
use gauntlet_wire::rule::Rule;

type Judged = Result<AppendPlan, Refusal>;

/// Every way across the declared size.
const CROSSING: &[&str] = &[
    "chunk-across-the-size",
    "chunk-one-byte-across-the-size",
    "small-chunks-across-the-size",
    "body-without-length",
];

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row11-bound-only-at-finalization",
        rows: &["11"],
        invariant: Some(11),
        about: "A chunk may cross the declared size; only the finalization counts the bytes.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: CROSSING,
        plant: |ports| CONTRACT.with_append(takes_the_excess).plant(ports),
    },
    Mutant {
        id: "row11-cuts-the-excess",
        rows: &["11"],
        invariant: Some(11),
        about: "The chunk that crosses the declared size is cut to fit, and acknowledged.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: CROSSING,
        plant: |ports| CONTRACT.with_append(cuts_the_excess).plant(ports),
    },
    Mutant {
        id: "row11-persists-the-excess",
        rows: &["11"],
        invariant: Some(11),
        about: "The excess is written and counted before the crossing chunk is refused.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: CROSSING,
        plant: |ports| {
            CONTRACT
                .with_append(takes_the_excess)
                .with_finalize(names_the_bound)
                .plant(ports)
        },
    },
    Mutant {
        id: "row11-session-outlives-the-crossing",
        rows: &["11"],
        invariant: Some(11),
        about: "The crossing chunk is refused, and its session goes on.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: CROSSING,
        plant: |ports| CONTRACT.with_append(session_goes_on).plant(ports),
    },
    Mutant {
        id: "row11-reservation-never-released",
        rows: &["11", "30"],
        invariant: None,
        about: "A session that fails keeps its reserved bytes.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &[
            "chunk-across-the-size",
            "chunk-one-byte-across-the-size",
            "small-chunks-across-the-size",
            "body-without-length",
            "bytes-other-than-declared",
        ],
        plant: |ports| {
            CONTRACT
                .with_append(append_keeps_reserved)
                .with_finalize(finalize_keeps_reserved)
                .plant(ports)
        },
    },
    Mutant {
        id: "row11-records-without-bound",
        rows: &["11"],
        invariant: Some(11),
        about: "The declared size bounds the photo, and not its provenance record.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["record-across-its-size"],
        plant: |ports| {
            partly(ports, for_records, |ports| {
                CONTRACT
                    .with_append(takes_the_excess)
                    .with_finalize(names_the_bound)
                    .plant(ports)
            })
        },
    },
    Mutant {
        id: "row11-size-zero-admitted",
        rows: &["11"],
        invariant: Some(4),
        about: "A session may declare no bytes at all.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["size-zero"],
        plant: |ports| CONTRACT.with_create(admits_zero).plant(ports),
    },
    Mutant {
        id: "row11-size-without-maximum",
        rows: &["11"],
        invariant: Some(4),
        about: "A session may declare any size; only the quota stands against it.",
        beat: Beat::Containment,
        verdict: Verdict::Nonconforming,
        harm: None,
        killers: &["size-beyond-any-maximum"],
        plant: |ports| CONTRACT.with_create(admits_any_size).plant(ports),
    },
];

/// The first chunk that the contract refuses for its size is taken whole. It starts at the received
/// count, because the bound is judged after the position.
fn takes_the_excess(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    takes_in_excess(facts, request, policy, |_| request.length)
}

/// As [`takes_the_excess`], without the excess.
fn cuts_the_excess(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let fitting = |session: &Session| session.size.saturating_sub(session.received);
    takes_in_excess(facts, request, policy, fitting)
}

/// Takes `length` bytes of a chunk that the contract refuses for its size alone.
fn takes_in_excess(
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
    length: impl Fn(&Session) -> u64,
) -> Judged {
    match (append_chunk(facts, request, policy), &facts.session) {
        (Err(refusal), Some(session)) if refusal.rejection.rule == Rule::SizeBound => {
            let taken = AppendRequest {
                length: length(session),
                ..request.clone()
            };
            Ok(append_effects(session, session.received, &taken))
        }
        (judged, _) => judged,
    }
}

/// The finalization, which runs within the crossing PATCH, answers as the bound would have.
fn names_the_bound(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    finalize(facts, policy).map_err(|mut refusal| {
        if refusal.rejection.rule == Rule::LengthComplete && facts.length > facts.session.size {
            refusal.rejection.rule = Rule::SizeBound;
        }
        refusal
    })
}

fn session_goes_on(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    append_chunk(facts, request, policy)
        .map_err(|refusal| with_effects(Rule::SizeBound, refusal, |_| Vec::new()))
}

fn append_keeps_reserved(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    append_chunk(facts, request, policy).map_err(keeping_reserved)
}

fn finalize_keeps_reserved(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    finalize(facts, policy).map_err(keeping_reserved)
}

fn keeping_reserved(mut refusal: Refusal) -> Refusal {
    refusal
        .effects
        .retain(|effect| *effect != Effect::ReleaseReservation);
    refusal
}

fn admits_zero(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_without(&[Rule::SizePositive], facts, request, policy)
}

fn admits_any_size(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_without(&[Rule::SizeWithinMax], facts, request, policy)
}
