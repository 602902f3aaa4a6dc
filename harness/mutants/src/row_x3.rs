//! Row X3: servers with another floor under retention than the contract's.

use crate::Mutant;
use crate::decisions::{CONTRACT, Judged};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    AssetState, Effect, OpFacts, OpPlan, OpRequest, Policy, PurgeFacts, lifecycle_op, purge,
};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// What every mutant here has in common: a key holder's delete is over before anyone could take it back.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["X3"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::IrreparableDamage,
    harm: Some(Harm::Lost),
    killers: &[],
    plant: |ports| ports,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "rowX3-no-floor",
        about: "A delete can be taken back for as long as it says, and no longer.",
        killers: &["delete-at-once", "delete-below-the-floor"],
        plant: |ports| with_floor(ports, SignedDuration::ZERO),
        ..SHOWN
    },
    Mutant {
        id: "rowX3-floor-an-hour-low",
        about: "The floor on retention is 23 hours.",
        killers: &["delete-below-the-floor"],
        plant: |ports| with_floor(ports, SignedDuration::from_hours(23)),
        ..SHOWN
    },
    Mutant {
        id: "rowX3-floor-at-the-purge-alone",
        about: "A delete below the floor is taken; only the purge waits for the floor to pass.",
        killers: &["delete-at-once", "delete-below-the-floor"],
        plant: |ports| CONTRACT.with_op(any_retention).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX3-delete-is-final",
        about: "A delete gives up the blobs of its asset at once, for however long it can be taken back.",
        killers: &["delete-above-the-floor"],
        plant: |ports| CONTRACT.with_op(final_at_once).plant(ports),
        ..SHOWN
    },
];

fn with_floor(ports: Ports, floor: SignedDuration) -> Ports {
    Ports {
        judge: Arc::new(Floor(floor)),
        ..ports
    }
}

/// A judge with a floor of its own, at the delete and at the purge alike.
struct Floor(SignedDuration);

impl Floor {
    fn of(&self, policy: &Policy) -> Policy {
        Policy {
            retention_floor: self.0,
            ..policy.clone()
        }
    }
}

impl Judge for Floor {
    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        lifecycle_op(facts, request, &self.of(policy))
    }

    fn purge(&self, facts: &PurgeFacts, policy: &Policy) -> Vec<Effect> {
        purge(facts, &self.of(policy))
    }
}

fn any_retention(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    lifecycle_op(facts, request, &Floor(SignedDuration::ZERO).of(policy))
}

fn final_at_once(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let mut plan = lifecycle_op(facts, request, policy)?;
    if let OpPlan::Accepted { effects, .. } = &mut plan {
        let purged: Vec<Effect> = effects
            .iter()
            .flat_map(|effect| at_the_end(facts, effect, policy))
            .collect();
        effects.extend(purged);
    }
    Ok(plan)
}

/// What a purge would do once the delete can't be taken back.
fn at_the_end(facts: &OpFacts, effect: &Effect, policy: &Policy) -> Vec<Effect> {
    let Effect::Trash {
        asset,
        since,
        until,
    } = *effect
    else {
        return Vec::new();
    };
    let facts = PurgeFacts {
        now: Timestamp::MAX,
        asset,
        state: AssetState::Trashed { since, until },
        blobs: facts.asset.blobs.clone(),
    };
    purge(&facts, policy)
}
