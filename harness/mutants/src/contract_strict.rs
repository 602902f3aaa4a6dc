//! The contract's own rows: servers that refuse what lies just inside a bound.

use crate::Mutant;
use crate::decisions::{CONTRACT, Judged, Opened, replacing};
use gauntlet_arena::{Beat, Verdict};
use gauntlet_validator::server::{
    Access, AppendFacts, AppendPlan, AppendRequest, Broken, CREATE_SESSION, Check, CreateRequest,
    Handshake, OpFacts, OpRequest, Policy, Refusal, Rejection, SessionFacts, Spoken, append_chunk,
    create_session, create_session_by, handshake, lifecycle_op,
};
use gauntlet_wire::enums::{BlobRole, ContentType};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;
use jiff::SignedDuration;

/// What every mutant here has in common: an honest client is sent away, and told why.
const REFUSED: Mutant = Mutant {
    id: "",
    rows: &[],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::Nonconforming,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "rowI1-reads-held-to-the-window",
        rows: &["I1"],
        invariant: Some(1),
        about: "A read in a version that may not write any more is refused.",
        killers: &["read-in-a-past-version"],
        plant: |ports| CONTRACT.with_handshake(reads_in_the_window).plant(ports),
        ..REFUSED
    },
    Mutant {
        id: "rowI4-one-byte-is-too-few",
        rows: &["I4"],
        invariant: Some(4),
        about: "A size has to be above one.",
        killers: &["size-one"],
        plant: |ports| CONTRACT.with_create(above_one).plant(ports),
        ..REFUSED
    },
    Mutant {
        id: "rowI5-elder-types-in-every-album",
        rows: &["I5"],
        invariant: Some(5),
        about: "The content types of the oldest version are those of every version.",
        killers: &["content-type-of-the-newest-version"],
        plant: |ports| CONTRACT.with_create(elder_types).plant(ports),
        ..REFUSED
    },
    Mutant {
        id: "rowI7-device-needs-time-to-settle",
        rows: &["I7"],
        invariant: Some(7),
        about: "A device may write from half an hour after it joined.",
        killers: &["dated-right-after-its-device-joined"],
        plant: |ports| CONTRACT.with_create(settled).plant(ports),
        ..REFUSED
    },
    Mutant {
        id: "rowI8-drift-of-twenty-nine-days",
        rows: &["I8"],
        invariant: Some(8),
        about: "A timestamp may lie twenty-nine days from the server's clock.",
        killers: &[
            "dated-just-inside-the-drift",
            "dated-just-inside-the-drift-behind",
        ],
        plant: |ports| CONTRACT.with_create(a_day_less).plant(ports),
        ..REFUSED
    },
    Mutant {
        id: "rowI10-blocks-of-8192",
        rows: &["I10"],
        invariant: Some(10),
        about: "A chunk of an original is a multiple of 8,192 bytes.",
        killers: &["chunk-of-one-block"],
        plant: |ports| CONTRACT.with_append(in_double_blocks).plant(ports),
        ..REFUSED
    },
    Mutant {
        id: "rowI10-largest-chunk-below-16-mib",
        rows: &["I10"],
        invariant: Some(10),
        about: "A chunk has to be smaller than 16 MiB.",
        killers: &["chunk-of-the-largest-size"],
        plant: |ports| CONTRACT.with_append(below_the_largest).plant(ports),
        ..REFUSED
    },
    Mutant {
        id: "rowE3-grace-of-thirteen-days",
        rows: &["E3"],
        about: "The grace above the hard limit is thirteen days.",
        killers: &["update-within-the-grace"],
        plant: |ports| CONTRACT.with_op(shorter_grace).plant(ports),
        ..REFUSED
    },
];

/// The window's lower end holds for a read as for a write.
fn reads_in_the_window(request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
    let spoken = handshake(request, policy)?;
    if request.access == Access::Read && spoken.protocol < policy.min_protocol {
        let detail = "the version may not write any more";
        return Err(Rejection::new(Rule::ProtocolInWindow, detail));
    }
    Ok(spoken)
}

type Holds = fn(&SessionFacts, &CreateRequest, &Policy) -> Result<(), Broken>;

/// The opening, with another idea of one rule.
fn created(
    rule: Rule,
    holds: Holds,
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    let checks = replacing(CREATE_SESSION, Check { rule, holds });
    create_session_by(&checks, facts, request, policy)
}

fn unless(held: bool, why: &str) -> Result<(), Broken> {
    held.then_some(()).ok_or_else(|| Broken::because(why))
}

fn above_one(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let holds: Holds = |_, request, _| unless(request.body.size > 1, "the file is too small");
    created(Rule::SizePositive, holds, facts, request, policy)
}

fn elder_types(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let holds: Holds = |_, request, _| {
        let known = ContentType::parse(&request.body.content_type, Formats::A).is_ok();
        unless(known, "the content type is unknown")
    };
    created(Rule::ContentTypeKnown, holds, facts, request, policy)
}

fn settled(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let mut facts = facts.clone();
    if let Some(device) = &mut facts.device {
        let later = device.added_at.instant() + SignedDuration::from_mins(30);
        device.added_at = gauntlet_wire::time::Timestamp::from_instant(later);
    }
    create_session(&facts, request, policy)
}

fn a_day_less(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let policy = Policy {
        timestamp_drift: policy.timestamp_drift - SignedDuration::from_hours(24),
        ..policy.clone()
    };
    create_session(facts, request, &policy)
}

type Appended = Result<AppendPlan, Refusal>;

fn in_double_blocks(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Appended {
    let session = facts.session.as_ref();
    if session.is_none_or(|session| session.role != BlobRole::Original) {
        return append_chunk(facts, request, policy);
    }
    let policy = Policy {
        chunk_alignment: policy.chunk_alignment.saturating_mul(2),
        ..policy.clone()
    };
    append_chunk(facts, request, &policy)
}

fn below_the_largest(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Appended {
    let policy = Policy {
        max_chunk: policy.max_chunk.saturating_sub(1),
        ..policy.clone()
    };
    append_chunk(facts, request, &policy)
}

fn shorter_grace(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let policy = Policy {
        quota_grace: policy.quota_grace - SignedDuration::from_hours(24),
        ..policy.clone()
    };
    lifecycle_op(facts, request, &policy)
}
