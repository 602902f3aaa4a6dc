//! Servers that take what comes along with an accepted record, when it comes again with something else.

use crate::decisions::{Judged, OP_TABLE};
use gauntlet_validator::server::{
    Effect, OpFacts, OpPlan, OpRequest, OpRules, Policy, lifecycle_op, lifecycle_op_by, op_replay,
};

/// The op, judged by the contract unless its record was accepted with other parts: then its effects come
/// about once more without a look, as far as they are `taken`.
pub(crate) fn repeat_taking(
    taken: fn(&Effect) -> bool,
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    let with_other_parts = facts.accepted.is_some() && op_replay(facts, request).is_none();
    if !with_other_parts {
        return lifecycle_op(facts, request, policy);
    }
    let table = OpRules {
        replay: |_, _| None,
        admission: &[],
        ..OP_TABLE
    };
    let mut plan = lifecycle_op_by(&table, facts, request, policy)?;
    if let OpPlan::Accepted { effects, .. } = &mut plan {
        effects.retain(taken);
    }
    Ok(plan)
}
