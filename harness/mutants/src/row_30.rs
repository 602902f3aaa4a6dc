//! Row 30: servers that let a client say what only the server may.

use crate::Mutant;
use crate::decisions::{CONTRACT, without};
use crate::lenient::{Claim, NOTHING};
use crate::partial::{for_records, partly};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{
    BlobFacts, Effect, FINALIZE, FinalizeFacts, Policy, RECORD, Refusal, Session, finalize_by,
};
use gauntlet_wire::rule::Rule;

/// Every place for a time of the client's.
const DATED: &[&str] = &["forged-received-at", "forged-received-at-in-envelope"];

/// The same in an op.
const DATED_BY_OP: &[&str] = &[
    "forged-received-at-in-an-op",
    "forged-received-at-in-an-ops-envelope",
];

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row30-declared-hash-trusted",
        rows: &["30"],
        invariant: Some(14),
        about: "The declared hash becomes the content address without being recomputed.",
        beat: Beat::Containment,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        killers: &["bytes-other-than-declared"],
        plant: |ports| CONTRACT.with_finalize(trusts_the_hash).plant(ports),
    },
    Mutant {
        id: "row30-client-computed-hash-used",
        rows: &["30"],
        invariant: Some(14),
        about: "The computed_hash of the body becomes the content address.",
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        killers: &["forged-computed-hash", "forged-computed-hash-in-envelope"],
        plant: |ports| NOTHING.with_effect(addressed_by_client).plant(ports),
    },
    Mutant {
        id: "row30-client-time-opens-the-session",
        rows: &["30"],
        invariant: None,
        about: "The received_at of the body becomes the session's created_at, from which it expires.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: DATED,
        plant: |ports| NOTHING.with_session(created_when_client_says).plant(ports),
    },
    Mutant {
        id: "row30-client-time-marks-progress",
        rows: &["30"],
        invariant: None,
        about: "The received_at of the body becomes the session's last_progress_at.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: DATED,
        plant: |ports| {
            NOTHING
                .with_session(progressed_when_client_says)
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-client-time-dates-the-feed",
        rows: &["30"],
        invariant: None,
        about: "The received_at of the body becomes the feed's changed_at.",
        beat: Beat::Recovery,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: DATED,
        plant: |ports| NOTHING.with_effect(changed_when_client_says).plant(ports),
    },
    Mutant {
        id: "row30-client-sequence-used",
        rows: &["30"],
        invariant: None,
        about: "The sync_seq of the body numbers the write on the feed.",
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Silent),
        killers: &["forged-sync-seq", "forged-sync-seq-in-envelope"],
        plant: |ports| NOTHING.with_effect(numbered_by_client).plant(ports),
    },
    Mutant {
        id: "row30-feed-counts-on-behind-the-client",
        rows: &["30"],
        invariant: None,
        about: "The feed's own counter goes on behind the largest sync_seq that a body named.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["forged-sync-seq", "forged-sync-seq-in-envelope"],
        plant: |ports| NOTHING.counting_on().plant(ports),
    },
    Mutant {
        id: "row30-client-receipt-number-used",
        rows: &["30"],
        invariant: None,
        about: "The receipt_seq of the body numbers the write, on the one counter that the server has.",
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Silent),
        killers: &["forged-receipt-seq", "forged-receipt-seq-in-envelope"],
        plant: |ports| NOTHING.with_effect(receipted_by_client).plant(ports),
    },
    Mutant {
        id: "row30-client-refcount-used",
        rows: &["30"],
        invariant: None,
        about: "Garbage collection believes the refcount of the body in place of counting references.",
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        killers: &["forged-refcount", "forged-refcount-in-envelope"],
        plant: |ports| NOTHING.with_blob(counted_by_client).plant(ports),
    },
    Mutant {
        id: "row30-client-time-of-the-record-used",
        rows: &["30"],
        invariant: None,
        about: "The received_at of the record's opening becomes the feed's changed_at.",
        beat: Beat::Recovery,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["forged-received-at-for-the-record"],
        plant: |ports| {
            NOTHING
                .with_effect(changed_when_client_says)
                .for_records_alone()
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-client-sequence-of-the-record-used",
        rows: &["30"],
        invariant: None,
        about: "The sync_seq of the record's opening numbers the write on the feed.",
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Silent),
        killers: &["forged-sync-seq-for-the-record"],
        plant: |ports| {
            NOTHING
                .with_effect(numbered_by_client)
                .for_records_alone()
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-client-receipt-number-of-the-record-used",
        rows: &["30"],
        invariant: None,
        about: "The receipt_seq of the record's opening numbers the write, on the one counter that the server has.",
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Silent),
        killers: &["forged-receipt-seq-for-the-record"],
        plant: |ports| {
            NOTHING
                .with_effect(receipted_by_client)
                .for_records_alone()
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-client-hash-of-the-record-used",
        rows: &["30"],
        invariant: None,
        about: "The computed_hash of the record's opening becomes its content address.",
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &["forged-computed-hash-for-the-record"],
        plant: |ports| {
            NOTHING
                .with_effect(addressed_by_client)
                .for_records_alone()
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-client-refcount-of-the-record-used",
        rows: &["30"],
        invariant: None,
        about: "Garbage collection believes the refcount of the record's opening.",
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &["forged-refcount-for-the-record"],
        plant: |ports| {
            NOTHING
                .with_blob(counted_by_client)
                .for_records_alone()
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-client-time-of-the-op-used",
        rows: &["30"],
        invariant: None,
        about: "The received_at of an op's body becomes the feed's changed_at.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: DATED_BY_OP,
        plant: |ports| {
            NOTHING
                .with_effect(changed_when_client_says)
                .for_ops_alone()
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-client-sequence-of-the-op-used",
        rows: &["30"],
        invariant: None,
        about: "The sync_seq of an op's body numbers the op on the feed.",
        beat: Beat::Containment,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Silent),
        killers: &[
            "forged-sync-seq-in-an-op",
            "forged-sync-seq-in-an-ops-envelope",
        ],
        plant: |ports| {
            NOTHING
                .with_effect(numbered_by_client)
                .for_ops_alone()
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-client-receipt-number-of-the-op-used",
        rows: &["30"],
        invariant: None,
        about: "The receipt_seq of an op's body numbers the op, on the one counter that the server has.",
        beat: Beat::Containment,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Silent),
        killers: &[
            "forged-receipt-seq-in-an-op",
            "forged-receipt-seq-in-an-ops-envelope",
        ],
        plant: |ports| {
            NOTHING
                .with_effect(receipted_by_client)
                .for_ops_alone()
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-client-refcount-of-the-op-used",
        rows: &["30"],
        invariant: None,
        about: "Once an asset is purged, garbage collection believes the refcount of its delete's body in place of counting references.",
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        killers: &[
            "forged-refcount-in-an-op",
            "forged-refcount-in-an-ops-envelope",
        ],
        plant: |ports| {
            NOTHING
                .with_blob(counted_by_client)
                .for_ops_alone()
                .plant(ports)
        },
    },
    Mutant {
        id: "row30-declared-hash-of-the-record-trusted",
        rows: &["30"],
        invariant: Some(14),
        about: "The declared hash of a provenance record becomes its content address without being recomputed.",
        beat: Beat::Containment,
        verdict: Verdict::Nonconforming,
        harm: None,
        killers: &["record-other-than-declared"],
        plant: |ports| {
            partly(ports, for_records, |ports| {
                CONTRACT.with_finalize(trusts_the_hash).plant(ports)
            })
        },
    },
];

fn trusts_the_hash(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    finalize_by(
        &without(FINALIZE, &[Rule::HashMatches]),
        RECORD,
        facts,
        policy,
    )
}

fn addressed_by_client(claim: &Claim, effect: &mut Effect) {
    if let (Effect::PromoteBlob { hash, .. } | Effect::BindBlob { hash, .. }, Some(claimed)) =
        (effect, claim.computed_hash)
        && *hash == claim.blob
    {
        *hash = claimed;
    }
}

fn created_when_client_says(claim: &Claim, session: &mut Session) {
    session.created_at = claim.received_at.unwrap_or(session.created_at);
}

fn progressed_when_client_says(claim: &Claim, session: &mut Session) {
    session.last_progress_at = claim.received_at.unwrap_or(session.last_progress_at);
}

fn changed_when_client_says(claim: &Claim, effect: &mut Effect) {
    if let (Effect::Publish(publication), Some(claimed)) = (effect, claim.received_at) {
        publication.changed_at = claimed;
    }
}

fn numbered_by_client(claim: &Claim, effect: &mut Effect) {
    if let (Effect::Publish(publication), Some(claimed)) = (effect, claim.sync_seq) {
        publication.sync_seq = Some(claimed);
    }
}

fn receipted_by_client(claim: &Claim, effect: &mut Effect) {
    if let (Effect::Publish(publication), Some(claimed)) = (effect, claim.receipt_seq) {
        publication.sync_seq = Some(claimed);
    }
}

fn counted_by_client(claim: &Claim, blob: &mut BlobFacts) {
    blob.references = claim.refcount.unwrap_or(blob.references);
}
