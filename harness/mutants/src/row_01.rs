//! Row 1: servers that take a sidecar of a schema which they do not know.

use crate::Mutant;
use crate::decisions::{CONTRACT, Judged, op_without};
use gauntlet_arena::{Beat, Verdict};
use gauntlet_validator::server::{OpFacts, OpRequest, Policy, lifecycle_op};
use gauntlet_wire::rule::Rule;

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["1"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &["schema-above-the-servers"],
    plant: |ports| ports,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row01-schema-header-ignored",
        about: "The sidecar schema that a metadata update states is not read at all.",
        plant: |ports| CONTRACT.with_op(any_schema).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row01-schema-one-ahead",
        about: "A schema that is newer by one than the newest known one is taken.",
        plant: |ports| CONTRACT.with_op(one_schema_ahead).plant(ports),
        ..SHOWN
    },
];

fn any_schema(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let rules = [Rule::SchemaStated, Rule::SchemaKnown];
    op_without(&rules, facts, request, policy)
}

fn one_schema_ahead(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let policy = Policy {
        max_sidecar_schema: policy.max_sidecar_schema.saturating_add(1),
        ..policy.clone()
    };
    lifecycle_op(facts, request, &policy)
}
