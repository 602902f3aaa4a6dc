//! Row 3: servers that take a chunk for another one, or for durable when it is not.

use crate::Mutant;
use crate::decisions::{CONTRACT, replacing, with_effects, without};
use crate::durability::{never_syncs, never_syncs_records, numbers_in_memory, syncs_bytes_alone};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{
    APPEND_ADMISSION, APPEND_PLACEMENT, AcceptedChunk, AppendFacts, AppendPlan, AppendRequest,
    AppendRules, Broken, Check, Effect, Policy, Refusal, Replay, append_chunk, append_chunk_by,
    replay,
};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::header::parse_decimal_u64;
use gauntlet_wire::rule::Rule;

type Judged = Result<AppendPlan, Refusal>;

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row03-overwrites-acknowledged-bytes",
        rows: &["3"],
        invariant: Some(9),
        about: "A chunk behind the received count overwrites what was acknowledged there.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["offset-behind-with-other-bytes", "offset-mid-chunk"],
        plant: |ports| CONTRACT.with_append(overwrites).plant(ports),
    },
    Mutant {
        id: "row03-accepts-a-gap",
        rows: &["3"],
        invariant: Some(9),
        about: "A chunk ahead of the received count is taken, and zeros fill the gap.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["offset-ahead", "offset-at-the-end-of-u64"],
        plant: |ports| CONTRACT.with_append(accepts_a_gap).plant(ports),
    },
    Mutant {
        id: "row03-appends-a-replay",
        rows: &["3"],
        invariant: Some(12),
        about: "A repeated chunk is appended a second time.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["chunk-again"],
        plant: |ports| CONTRACT.with_append(appends_a_replay).plant(ports),
    },
    Mutant {
        id: "row03-refuses-a-replay",
        rows: &["3"],
        invariant: Some(12),
        about: "A repeated chunk is refused as if it were another one.",
        beat: Beat::Containment,
        verdict: Verdict::Nonconforming,
        harm: None,
        killers: &["chunk-again"],
        plant: |ports| CONTRACT.with_append(refuses_a_replay).plant(ports),
    },
    Mutant {
        id: "row03-absorbs-a-conflict",
        rows: &["3"],
        invariant: Some(12),
        about: "The tuple lacks the chunk's hash: other bytes at an accepted offset are acknowledged and dropped.",
        beat: Beat::Containment,
        verdict: Verdict::Nonconforming,
        harm: None,
        killers: &["offset-behind-with-other-bytes"],
        plant: |ports| CONTRACT.with_append(absorbs_a_conflict).plant(ports),
    },
    Mutant {
        id: "row03-conflict-kills-the-session",
        rows: &["3"],
        invariant: Some(12),
        about: "Other bytes at an accepted offset are refused, and the session fails for it.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["offset-behind-with-other-bytes"],
        plant: |ports| CONTRACT.with_append(conflict_kills).plant(ports),
    },
    Mutant {
        id: "row03-checksum-not-compared",
        rows: &["3", "11"],
        invariant: Some(12),
        about: "The stated checksum is never compared with the body.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["checksum-of-other-bytes", "body-longer-than-its-length"],
        plant: |ports| CONTRACT.with_append(ignores_the_checksum).plant(ports),
    },
    Mutant {
        id: "row03-last-chunk-alone-remembered",
        rows: &["3"],
        invariant: Some(12),
        about: "Only a repeat of the newest chunk is known as one; that of an earlier chunk is refused.",
        beat: Beat::Containment,
        verdict: Verdict::Nonconforming,
        harm: None,
        killers: &["earlier-chunk-again"],
        plant: |ports| CONTRACT.with_append(forgets_earlier_chunks).plant(ports),
    },
    Mutant {
        id: "row03-earlier-conflict-absorbed",
        rows: &["3"],
        invariant: Some(12),
        about: "Other bytes at the offset of any chunk but the newest are acknowledged and dropped.",
        beat: Beat::Containment,
        verdict: Verdict::Nonconforming,
        harm: None,
        killers: &["earlier-offset-with-other-bytes"],
        plant: |ports| CONTRACT.with_append(absorbs_earlier_conflicts).plant(ports),
    },
    Mutant {
        id: "row03-checksum-optional",
        rows: &["3"],
        invariant: Some(12),
        about: "A chunk without a checksum is taken as it came.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["checksum-absent"],
        plant: |ports| CONTRACT.with_append(supplies_the_checksum).plant(ports),
    },
    Mutant {
        id: "row03-offset-optional",
        rows: &["3"],
        invariant: Some(9),
        about: "A chunk without an offset is appended where the server stands.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["offset-absent"],
        plant: |ports| CONTRACT.with_append(supplies_the_offset).plant(ports),
    },
    Mutant {
        id: "row03-alignment-unchecked",
        rows: &["3"],
        invariant: Some(10),
        about: "A chunk that is not the last may have any length.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["chunk-unaligned"],
        plant: |ports| CONTRACT.with_append(takes_any_length).plant(ports),
    },
    Mutant {
        id: "row03-acknowledges-before-durable",
        rows: &["3"],
        invariant: None,
        about: "Chunks are acknowledged without any flush to disk.",
        beat: Beat::Containment,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        killers: &["kill-after-acknowledged-chunk"],
        plant: never_syncs,
    },
    Mutant {
        id: "row03-directory-entry-not-synced",
        rows: &["3"],
        invariant: None,
        about: "A chunk's bytes are flushed before they are acknowledged, its file's directory entry is not.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["kill-after-acknowledged-chunk"],
        plant: syncs_bytes_alone,
    },
    Mutant {
        id: "row03-record-acknowledged-before-durable",
        rows: &["3"],
        invariant: None,
        about: "The end of a provenance record is acknowledged without a flush to disk; all other bytes are flushed.",
        beat: Beat::Containment,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &["kill-after-acknowledged-chunk"],
        plant: never_syncs_records,
    },
    Mutant {
        id: "row03-feed-numbered-in-memory",
        rows: &["3"],
        invariant: None,
        about: "The feed's numbers begin again after a crash, so that a later write stands behind every cursor.",
        beat: Beat::Containment,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Silent),
        killers: &["kill-after-acknowledged-chunk"],
        plant: numbers_in_memory,
    },
];

/// The PATCH table of the contract, to be altered in one part.
const TABLE: AppendRules<'static> = AppendRules {
    admission: APPEND_ADMISSION,
    replay,
    placement: APPEND_PLACEMENT,
};

fn placing(
    placement: &[Check<AppendFacts, AppendRequest>],
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Judged {
    append_chunk_by(&AppendRules { placement, ..TABLE }, facts, request, policy)
}

fn telling_replays(
    replay: fn(&AppendFacts, &AppendRequest) -> Replay,
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Judged {
    append_chunk_by(&AppendRules { replay, ..TABLE }, facts, request, policy)
}

/// The contract's placement with another idea of which offset is next.
fn sequential_where(
    holds: fn(&AppendFacts, &AppendRequest, &Policy) -> Result<(), Broken>,
) -> Vec<Check<AppendFacts, AppendRequest>> {
    let rule = Rule::OffsetSequential;
    replacing(APPEND_PLACEMENT, Check { rule, holds })
}

fn overwrites(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let rules = AppendRules {
        replay: conflict_is_new,
        placement: &sequential_where(not_ahead),
        ..TABLE
    };
    append_chunk_by(&rules, facts, request, policy)
}

fn accepts_a_gap(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    placing(&sequential_where(not_behind), facts, request, policy)
}

fn not_ahead(facts: &AppendFacts, request: &AppendRequest, _: &Policy) -> Result<(), Broken> {
    placed(facts, request, |offset, received| offset <= received)
}

fn not_behind(facts: &AppendFacts, request: &AppendRequest, _: &Policy) -> Result<(), Broken> {
    placed(facts, request, |offset, received| offset >= received)
}

/// Compares the one offset, which the admission has found well formed, with the received count.
fn placed(
    facts: &AppendFacts,
    request: &AppendRequest,
    holds: impl Fn(u64, u64) -> bool,
) -> Result<(), Broken> {
    let offset = request
        .offset
        .first()
        .and_then(|text| parse_decimal_u64(text).ok());
    let received = facts.session.as_ref().map(|session| session.received);
    match offset.zip(received) {
        Some((offset, received)) if holds(offset, received) => Ok(()),
        _ => Err(Broken::because("the chunk does not belong there")),
    }
}

fn conflict_is_new(facts: &AppendFacts, request: &AppendRequest) -> Replay {
    match replay(facts, request) {
        Replay::Conflict => Replay::New,
        other => other,
    }
}

fn appends_a_replay(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let (Replay::Same, Some(session)) = (replay(facts, request), &facts.session) else {
        return append_chunk(facts, request, policy);
    };
    let here = AppendRequest {
        offset: vec![session.received.to_string()],
        ..request.clone()
    };
    append_chunk(
        &AppendFacts {
            accepted: None,
            ..facts.clone()
        },
        &here,
        policy,
    )
}

fn refuses_a_replay(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let replay = |facts: &_, request: &_| match replay(facts, request) {
        Replay::Same => Replay::Conflict,
        other => other,
    };
    telling_replays(replay, facts, request, policy)
}

fn absorbs_a_conflict(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let replay = |facts: &_, request: &_| match replay(facts, request) {
        Replay::Conflict => Replay::Same,
        other => other,
    };
    telling_replays(replay, facts, request, policy)
}

fn conflict_kills(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    append_chunk(facts, request, policy).map_err(|refusal| {
        with_effects(Rule::ChunkUnchanged, refusal, |_| {
            vec![
                Effect::DiscardBytes,
                Effect::ReleaseReservation,
                Effect::SetStatus(UploadStatus::FailedProcessing),
            ]
        })
    })
}

fn ignores_the_checksum(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let admission = without(APPEND_ADMISSION, &[Rule::ChecksumMatches]);
    let rules = AppendRules {
        admission: &admission,
        ..TABLE
    };
    append_chunk_by(&rules, facts, request, policy)
}

fn supplies_the_checksum(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let mut request = request.clone();
    if request.checksum.is_empty() {
        request.checksum = vec![request.digest.to_string()];
    }
    append_chunk(facts, &request, policy)
}

fn supplies_the_offset(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let mut request = request.clone();
    if request.offset.is_empty() {
        let received = facts
            .session
            .iter()
            .map(|session| session.received.to_string());
        request.offset = received.collect();
    }
    append_chunk(facts, &request, policy)
}

fn takes_any_length(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let placement = without(APPEND_PLACEMENT, &[Rule::ChunkAligned]);
    placing(&placement, facts, request, policy)
}

fn forgets_earlier_chunks(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Judged {
    let told = |facts: &_, request: &_| match replay(facts, request) {
        Replay::Same if !is_newest(facts) => Replay::Conflict,
        told => told,
    };
    telling_replays(told, facts, request, policy)
}

fn absorbs_earlier_conflicts(
    facts: &AppendFacts,
    request: &AppendRequest,
    policy: &Policy,
) -> Judged {
    let told = |facts: &_, request: &_| match replay(facts, request) {
        Replay::Conflict if !is_newest(facts) => Replay::Same,
        told => told,
    };
    telling_replays(told, facts, request, policy)
}

/// Whether the accepted chunk at the stated offset is the last one.
fn is_newest(facts: &AppendFacts) -> bool {
    let ends = |chunk: &AcceptedChunk| chunk.offset + chunk.length;
    let received = facts.session.as_ref().map(|session| session.received);
    facts.accepted.as_ref().map(ends) == received
}
