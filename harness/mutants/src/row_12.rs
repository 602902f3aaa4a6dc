//! Row 12: servers that admit a suite which they do not know, or one that two readers read as two.
//!
//! Equivalent to the reference, and so not planted: a header that is held to the inventory but not
//! compared with the body. The inventory holds one suite, so two known suites are the same one.

use crate::Mutant;
use crate::bodies::{
    first_member_counts, last_member_counts, through_a_float, through_sixteen_bits,
};
use crate::decisions::{CONTRACT, Opened, create_without, left_behind, without};
use crate::misfiled::files_refusals_under_another;
use gauntlet_arena::{Beat, Verdict};
use gauntlet_validator::server::{
    CreateRequest, Effect, FINALIZE, FinalizeFacts, HANDSHAKE, Handshake, Policy, RECORD, Refusal,
    Rejection, SessionFacts, Spoken, create_session, finalize_by, handshake, handshake_by,
};
use gauntlet_wire::header::parse_suite;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::SuiteId;

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row12-unknown-suite-as-known",
        rows: &["12"],
        invariant: Some(2),
        about: "A suite that no inventory holds is taken as if one did.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["unknown-suite-in-both"],
        plant: |ports| {
            CONTRACT
                .with_handshake(handshake_with_any_suite)
                .with_create(create_with_any_suite)
                .with_finalize(finalize_with_any_suite)
                .plant(ports)
        },
    },
    Mutant {
        id: "row12-unknown-suite-as-newest",
        rows: &["12"],
        invariant: Some(2),
        about: "A suite that no inventory holds is taken for the newest that one does.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &[
            "unknown-suite-in-body",
            "unknown-suite-in-header",
            "unknown-suite-in-both",
        ],
        plant: |ports| {
            CONTRACT
                .with_handshake(handshake_as_newest)
                .with_create(create_as_newest)
                .plant(ports)
        },
    },
    Mutant {
        id: "row12-header-unchecked",
        rows: &["12"],
        invariant: Some(2),
        about: "The suite header is not read at all.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &[
            "unknown-suite-in-header",
            "suite-differs-between-body-and-header",
            "suite-header-twice",
        ],
        plant: |ports| CONTRACT.with_handshake(skips_the_suite).plant(ports),
    },
    Mutant {
        id: "row12-first-suite-header-counts",
        rows: &["12"],
        invariant: Some(2),
        about: "Of a repeated suite header the first value counts.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["suite-header-twice"],
        plant: |ports| CONTRACT.with_handshake(first_suite_counts).plant(ports),
    },
    Mutant {
        id: "row12-session-before-the-check",
        rows: &["12"],
        invariant: Some(2),
        about: "The session's row is there before the opening is judged, and outlives its refusal.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &[
            "unknown-suite-in-body",
            "suite-differs-between-body-and-envelope",
        ],
        plant: |ports| CONTRACT.with_create(row_before_check).plant(ports),
    },
    Mutant {
        id: "row12-refusal-filed-under-another",
        rows: &["12"],
        invariant: None,
        about: "A refused opening leaves its session behind, with the account that was served before the caller's.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &[
            "unknown-suite-in-body",
            "suite-differs-between-body-and-envelope",
        ],
        plant: files_refusals_under_another,
    },
    Mutant {
        id: "row12-envelope-not-compared",
        rows: &["12"],
        invariant: None,
        about: "Headers, top-level members and envelope need not agree.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["suite-differs-between-body-and-envelope"],
        plant: |ports| CONTRACT.with_create(compares_nothing).plant(ports),
    },
    Mutant {
        id: "row12-record-not-compared",
        rows: &["12"],
        invariant: Some(2),
        about: "The signed record is compared with neither inventory nor envelope.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["unknown-suite-in-record"],
        plant: |ports| CONTRACT.with_finalize(believes_the_record).plant(ports),
    },
    Mutant {
        id: "row12-first-member-counts",
        rows: &["12"],
        invariant: None,
        about: "Of a repeated suite member the first value counts.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["suite-member-twice"],
        plant: |ports| CONTRACT.with_parse(first_member_counts).plant(ports),
    },
    Mutant {
        id: "row12-last-member-counts",
        rows: &["12"],
        invariant: None,
        about: "Of a repeated suite member the last value counts.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["suite-member-twice-unknown-first"],
        plant: |ports| CONTRACT.with_parse(last_member_counts).plant(ports),
    },
    Mutant {
        id: "row12-suite-read-as-float",
        rows: &["12"],
        invariant: None,
        about: "The suite is read as a float and cut to an integer.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["suite-as-float"],
        plant: |ports| CONTRACT.with_parse(through_a_float).plant(ports),
    },
    Mutant {
        id: "row12-suite-cut-to-sixteen-bits",
        rows: &["12"],
        invariant: None,
        about: "Of a suite beyond u16 the low sixteen bits count.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["suite-beyond-exact-floats"],
        plant: |ports| CONTRACT.with_parse(through_sixteen_bits).plant(ports),
    },
    Mutant {
        id: "row12-protocol-window-unchecked",
        rows: &["12"],
        invariant: Some(1),
        about: "Any protocol version may write; only the album's pin stands against it.",
        beat: Beat::Containment,
        verdict: Verdict::Nonconforming,
        harm: None,
        killers: &["protocol-above-max"],
        plant: |ports| {
            CONTRACT
                .with_handshake(handshake_in_any_version)
                .with_create(create_in_any_version)
                .with_finalize(finalize_in_any_version)
                .plant(ports)
        },
    },
];

fn stated_suites(request: &Handshake) -> impl Iterator<Item = SuiteId> {
    request
        .suite
        .iter()
        .filter_map(|text| parse_suite(text).ok())
}

/// The policy with an inventory that holds `suites` too.
fn knowing(policy: &Policy, suites: impl IntoIterator<Item = SuiteId>) -> Policy {
    let mut policy = policy.clone();
    policy.suites.extend(suites);
    policy
}

fn handshake_with_any_suite(request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
    handshake(request, &knowing(policy, stated_suites(request)))
}

fn create_with_any_suite(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let policy = knowing(policy, [SuiteId(request.body.crypto_suite_id)]);
    create_session(facts, request, &policy)
}

fn finalize_with_any_suite(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    let record = without(RECORD, &[Rule::SuiteKnown]);
    finalize_by(
        FINALIZE,
        &record,
        facts,
        &knowing(policy, [facts.session.suite]),
    )
}

/// The suite itself where it is known, else the newest known one.
fn or_newest(suite: SuiteId, policy: &Policy) -> SuiteId {
    let newest = policy
        .suites
        .last()
        .copied()
        .filter(|_| !policy.suites.contains(&suite));
    newest.unwrap_or(suite)
}

fn handshake_as_newest(request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
    let mut request = request.clone();
    for text in &mut request.suite {
        if let Ok(suite) = parse_suite(text) {
            *text = or_newest(suite, policy).0.to_string();
        }
    }
    handshake(&request, policy)
}

fn create_as_newest(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let mut request = request.clone();
    let body = &mut request.body;
    for suite in [
        &mut body.crypto_suite_id,
        &mut body.manifest_envelope.crypto_suite_id,
    ] {
        *suite = or_newest(SuiteId(*suite), policy).0;
    }
    create_session(facts, &request, policy)
}

/// Says of no suite that the header spoke it, so that nothing is compared with it later.
pub(crate) fn skips_the_suite(request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
    let checks = without(HANDSHAKE, &[Rule::SuiteStated, Rule::SuiteKnown]);
    let spoken = handshake_by(&checks, request, policy)?;
    Ok(Spoken {
        suite: None,
        ..spoken
    })
}

fn first_suite_counts(request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
    let mut request = request.clone();
    request.suite.truncate(1);
    handshake(&request, policy)
}

/// The row is inserted first and judged afterwards: a refusal leaves it behind.
fn row_before_check(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_session(facts, request, policy).map_err(|mut refusal| {
        let session = left_behind(facts, request, policy);
        refusal.effects.extend(session.map(Effect::OpenSession));
        refusal
    })
}

fn compares_nothing(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_without(&[Rule::EnvelopeAgrees], facts, request, policy)
}

fn believes_the_record(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    let record = without(RECORD, &[Rule::SuiteKnown, Rule::RecordAgrees]);
    finalize_by(FINALIZE, &record, facts, policy)
}

fn handshake_in_any_version(request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
    handshake_by(
        &without(HANDSHAKE, &[Rule::ProtocolInWindow]),
        request,
        policy,
    )
}

fn create_in_any_version(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_without(&[Rule::ProtocolInWindow], facts, request, policy)
}

/// The finalization asks the window again (invariant 15), so it is given a wider one.
fn finalize_in_any_version(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    let spoken = facts.session.protocol;
    let wide = Policy {
        min_protocol: policy.min_protocol.min(spoken),
        max_protocol: policy.max_protocol.max(spoken),
        ..policy.clone()
    };
    finalize_by(FINALIZE, RECORD, facts, &wide)
}
