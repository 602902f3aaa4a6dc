//! Row X2: servers that chain on a record which no key has signed.

use crate::Mutant;
use crate::decisions::{CONTRACT, Finalized, Judged, finalize_without, op_without};
use gauntlet_arena::{Beat, Verdict};
use gauntlet_validator::server::{FinalizeFacts, OpFacts, OpRequest, Policy};
use gauntlet_wire::rule::Rule;

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["X2"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "rowX2-upload-not-verified",
        rows: &["X2", "5"],
        about: "The signatures of a record that is uploaded are not verified.",
        killers: &[
            "create-with-garbage-signatures",
            "nonce-flipped-after-signing",
        ],
        plant: |ports| CONTRACT.with_finalize(finalize_unverified).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX2-op-not-verified",
        rows: &["X2", "X1"],
        about: "The signatures of a record that comes with an op are not verified.",
        killers: &[
            "update-with-garbage-signatures",
            "delete-with-garbage-signatures",
        ],
        plant: |ports| CONTRACT.with_op(op_unverified).plant(ports),
        ..SHOWN
    },
];

const SIGNATURES: [Rule; 2] = [Rule::DeviceSignatureValid, Rule::WriteSignatureValid];

fn finalize_unverified(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&SIGNATURES, facts, policy)
}

fn op_unverified(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_without(&SIGNATURES, facts, request, policy)
}
