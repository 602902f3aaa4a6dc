//! Servers whose garbage collection goes by what it saw before, and whose ops go by what they looked up
//! before.

use crate::decisions::{Judged, OP_TABLE};
use crate::stores::{Departure, departing, locked};
use gauntlet_server::{Contract, Judge, Ports, Snapshot, StoreError, StoredBlob, Transaction};
use gauntlet_validator::server::{
    BlobFacts, Collection, Effect, OpBody, OpFacts, OpPlan, OpRequest, OpRules, Policy, Rejection,
    Session, collect, lifecycle_op, lifecycle_op_by,
};
use gauntlet_wire::id::Hash;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// How often a collection steps back between its look at a page and its sweeps, unless a reference to a
/// blob of the page comes sooner: a meeting that leaves nothing to luck.
const STEPS: usize = 200_000;

/// A blob that was found collectable is swept, whatever refers to it by then.
pub(crate) fn swept_unseen(ports: Ports) -> Ports {
    let ports = Ports {
        judge: Arc::new(Doomed::default()),
        ..ports
    };
    departing(ports, Meeting::default())
}

/// Whether an op is a repeat is looked up when it arrives, before the transaction that carries it out.
pub(crate) fn repeats_looked_up_early(ports: Ports) -> Ports {
    Ports {
        judge: Arc::new(Early::default()),
        ..ports
    }
}

/// Blobs that the first look condemned.
#[derive(Default)]
struct Doomed(Mutex<BTreeSet<Hash>>);

impl Judge for Doomed {
    fn collect(&self, blob: Hash, facts: &BlobFacts, policy: &Policy) -> Collection {
        if locked(&self.0).remove(&blob) {
            return Collection::Sweep;
        }
        let found = collect(facts, policy);
        if found == Collection::Sweep {
            locked(&self.0).insert(blob);
        }
        found
    }
}

/// Blobs that were referred to since the last look at a page.
#[derive(Default)]
struct Meeting(Mutex<BTreeSet<Hash>>);

impl Departure for Meeting {
    async fn blobs<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        after: Option<Hash>,
        limit: u32,
    ) -> Result<Vec<StoredBlob>, StoreError> {
        locked(&self.0).clear();
        let page = view.blobs(after, limit).await?;
        let marked: Vec<Hash> = page
            .iter()
            .filter(|blob| blob.references == 0 && blob.collectable_since.is_some())
            .map(|blob| blob.hash)
            .collect();
        for _ in 0..STEPS {
            let met = marked.iter().any(|hash| locked(&self.0).contains(hash));
            if marked.is_empty() || met {
                break;
            }
            tokio::task::yield_now().await;
        }
        Ok(page)
    }

    async fn apply<T: Transaction + ?Sized>(
        &self,
        transaction: &mut T,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        transaction.apply(session, effect, now).await?;
        if let Effect::BindBlob { hash, .. } = effect {
            locked(&self.0).insert(*hash);
        }
        Ok(())
    }
}

/// What was known of records when they arrived.
#[derive(Default)]
struct Arrived {
    accepted: BTreeSet<Hash>,
    /// How many ops on their way were found to be new.
    new: BTreeMap<Hash, usize>,
}

#[derive(Default)]
struct Early(Mutex<Arrived>);

impl Judge for Early {
    fn parse_op(&self, body: &[u8]) -> Result<OpBody, Rejection> {
        let body = Contract.parse_op(body)?;
        let (mut arrived, record) = (locked(&self.0), Hash::of(&body.record));
        if !arrived.accepted.contains(&record) {
            *arrived.new.entry(record).or_default() += 1;
        }
        Ok(body)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let (mut arrived, record) = (locked(&self.0), request.record_hash());
        let new = arrived.new.get_mut(&record);
        let is_new = new.is_some_and(|left| {
            let some = *left > 0;
            *left = left.saturating_sub(1);
            some
        });
        let plan = lifecycle_op(facts, request, policy)?;
        arrived.accepted.insert(record);
        match plan {
            // Everything that was asked of the first copy was asked of this one, at the same time.
            OpPlan::Replayed { .. } if is_new => {
                let table = OpRules {
                    replay: |_, _| None,
                    admission: &[],
                    ..OP_TABLE
                };
                lifecycle_op_by(&table, facts, request, policy)
            }
            plan => Ok(plan),
        }
    }
}
