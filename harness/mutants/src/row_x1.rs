//! Row X1: servers that let a session token delete, without any key.

use crate::Mutant;
use crate::decisions::{CONTRACT, Judged, op_without};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{Effect, OpFacts, OpRequest, Policy, PurgeFacts, purge};
use gauntlet_wire::enums::Action;
use gauntlet_wire::rule::Rule;
use jiff::SignedDuration;

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["X1"],
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
        id: "rowX1-delete-not-verified",
        about: "The signatures of a delete are not verified: the session token is enough.",
        killers: &["delete-with-garbage-signatures"],
        plant: |ports| CONTRACT.with_op(unverified).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX1-token-deletes-for-good",
        about: "The signatures of a delete are not verified, and it takes effect as soon as it says.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        killers: &["instant-delete-with-garbage-signatures"],
        plant: |ports| {
            CONTRACT
                .with_op(unverified_at_once)
                .with_purge(purge_as_stated)
                .plant(ports)
        },
        ..SHOWN
    },
];

const SIGNATURES: [Rule; 2] = [Rule::DeviceSignatureValid, Rule::WriteSignatureValid];

fn deletes(request: &OpRequest) -> bool {
    request.body.envelope.action == Action::Delete.as_str()
}

fn unverified(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let rules: &[Rule] = if deletes(request) { &SIGNATURES } else { &[] };
    op_without(rules, facts, request, policy)
}

fn unverified_at_once(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    unverified(facts, request, &without_floor(policy))
}

fn purge_as_stated(facts: &PurgeFacts, policy: &Policy) -> Vec<Effect> {
    purge(facts, &without_floor(policy))
}

fn without_floor(policy: &Policy) -> Policy {
    Policy {
        retention_floor: SignedDuration::ZERO,
        ..policy.clone()
    }
}
