//! Servers with a mind of their own about updates that come second.

use crate::decisions::{Judged, op_without};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    Extension, OpFacts, OpPlan, OpRequest, Policy, Refusal, Rejection, lifecycle_op,
};
use gauntlet_wire::enums::Action;
use gauntlet_wire::id::{AssetId, DeviceId};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// For how many refusals a server that gives in holds out.
const PATIENCE: usize = 16;

/// Whether a refusal is one of a metadata update that does not continue the head.
pub(crate) fn is_stale_update(refusal: &Refusal, request: &OpRequest) -> bool {
    let updates = request.body.envelope.action == Action::MetadataUpdate.as_str();
    updates && refusal.rejection.rule == Rule::HeadCurrent
}

/// The judgement of the contract, with the refusal of a stale update rewritten.
pub(crate) fn refused_so(
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
    rewrite: impl FnOnce(&mut Refusal),
) -> Judged {
    lifecycle_op(facts, request, policy).map_err(|mut refusal| {
        if is_stale_update(&refusal, request) {
            rewrite(&mut refusal);
        }
        refusal
    })
}

/// When and where an update was made, by its own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dated {
    pub(crate) at: jiff::Timestamp,
    pub(crate) device: DeviceId,
}

impl Dated {
    fn of(request: &OpRequest) -> Option<Self> {
        let envelope = &request.body.envelope;
        let at: Timestamp = envelope.timestamp.parse().ok()?;
        Some(Self {
            at: at.instant(),
            device: envelope.created_by_device,
        })
    }
}

/// Whether the second of two updates on one head is taken after all.
type Wins = fn(&Dated, &Dated) -> bool;

/// A server that settles conflicts itself.
pub(crate) fn resolving(ports: Ports, wins: Wins) -> Ports {
    let judge = Arc::new(Resolving {
        wins,
        newest: Mutex::default(),
    });
    Ports { judge, ..ports }
}

struct Resolving {
    wins: Wins,
    /// The update that was taken last, by photo.
    newest: Mutex<BTreeMap<AssetId, Dated>>,
}

impl Judge for Resolving {
    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let mut newest = locked(&self.newest);
        let second = Dated::of(request);
        let first = newest.get(&request.body.envelope.file_id);
        let wins = second
            .as_ref()
            .zip(first)
            .is_some_and(|(second, first)| (self.wins)(second, first));
        let judged = match lifecycle_op(facts, request, policy) {
            Err(refusal) if wins && is_stale_update(&refusal, request) => {
                op_without(&[Rule::HeadCurrent], facts, request, policy)
            }
            judged => judged,
        };
        if let (Ok(OpPlan::Accepted { asset, .. }), Some(second)) = (&judged, second) {
            newest.insert(*asset, second);
        }
        judged
    }
}

/// A server that holds out against stale updates of one photo for so long.
pub(crate) fn gives_in(ports: Ports) -> Ports {
    let judge = Arc::new(Patient::default());
    Ports { judge, ..ports }
}

#[derive(Default)]
struct Patient(Mutex<BTreeMap<AssetId, usize>>);

impl Judge for Patient {
    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        match lifecycle_op(facts, request, policy) {
            Err(refusal) if is_stale_update(&refusal, request) => {
                let mut refusals = locked(&self.0);
                let refused = refusals.entry(request.body.envelope.file_id).or_default();
                if *refused >= PATIENCE {
                    return op_without(&[Rule::HeadCurrent], facts, request, policy);
                }
                *refused += 1;
                Err(refusal)
            }
            judged => judged,
        }
    }
}

/// A server that refuses every update of a photo over which there was a conflict.
pub(crate) fn locks_after_a_conflict(ports: Ports) -> Ports {
    let judge = Arc::new(Locking::default());
    Ports { judge, ..ports }
}

#[derive(Default)]
struct Locking(Mutex<BTreeSet<AssetId>>);

impl Judge for Locking {
    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let asset = request.body.envelope.file_id;
        let mut locked = locked(&self.0);
        if locked.contains(&asset) {
            let head = Extension::ChainHead(facts.asset.head_link());
            let rejection = Rejection::new(Rule::HeadCurrent, "the photo is in conflict");
            return Err(rejection.with(head).into());
        }
        let judged = lifecycle_op(facts, request, policy);
        if let Err(refusal) = &judged
            && is_stale_update(refusal, request)
        {
            locked.insert(asset);
        }
        judged
    }
}

// A panic elsewhere can't leave a note half taken, so a poisoned lock is still sound.
fn locked<T>(memory: &Mutex<T>) -> MutexGuard<'_, T> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}
