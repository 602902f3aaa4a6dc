//! Servers that keep counters and keys beside their rows, and go by those.

use crate::decisions::{Finalized, Judged};
use crate::stores::{Departure, departing, locked};
use gauntlet_server::{Judge, Ports, Snapshot, StoreError};
use gauntlet_validator::server::{
    Effect, FinalizeFacts, OpFacts, OpPlan, OpRequest, Policy, PurgeFacts, finalize, lifecycle_op,
    purge,
};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::id::{AssetId, Hash, UserId};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// What was admitted so far.
#[derive(Default)]
struct Journal {
    /// Every reference, the oldest first.
    references: Vec<Reference>,
    /// Every accepted delete.
    deletes: Vec<Delete>,
    /// How often the delete of an asset was asked for.
    requests: BTreeMap<AssetId, usize>,
    /// How many writes the feed shows.
    shown: u64,
    /// Bytes that were credited beyond what a purge gives back.
    credited: BTreeMap<UserId, u64>,
}

struct Reference {
    asset: AssetId,
    role: BlobRole,
    hash: Hash,
    size: u64,
    payer: UserId,
}

struct Delete {
    asset: AssetId,
    prior: Option<Hash>,
    sync_seq: u64,
}

/// How many references of others a purge takes, of an asset whose delete was asked for so often.
type Taken = fn(usize) -> usize;

/// Whether a delete is the repeat of an accepted one.
type Repeats = fn(&Delete, &OpRequest) -> bool;

/// A purge takes a reference to every blob for each time that the delete was asked for.
pub(crate) fn taken_per_request(ports: Ports) -> Ports {
    judged(
        ports,
        Journaled::taking(|requests| requests.saturating_sub(1)),
    )
}

/// A purge takes every reference to what its asset refers to.
pub(crate) fn takes_what_is_shared(ports: Ports) -> Ports {
    judged(ports, Journaled::taking(|_| usize::MAX))
}

/// A purge gives the bytes of its asset back for each time that the delete was asked for.
pub(crate) fn credited_per_request(ports: Ports) -> Ports {
    let judge = Journaled::taking(|_| 0);
    let credit = Crediting(Arc::clone(&judge.journal));
    departing(judged(ports, judge), credit)
}

/// A delete is the repeat of any that continued the same record.
pub(crate) fn keyed_by_the_prior(ports: Ports) -> Ports {
    let same = |delete: &Delete, request: &OpRequest| {
        delete.prior == request.body.envelope.prior_provenance_hash
    };
    judged(ports, Journaled::repeating(same))
}

/// A delete is the repeat of any of its asset that continued the same record.
pub(crate) fn keyed_by_asset_and_prior(ports: Ports) -> Ports {
    let same = |delete: &Delete, request: &OpRequest| {
        let envelope = &request.body.envelope;
        delete.asset == envelope.file_id && delete.prior == envelope.prior_provenance_hash
    };
    judged(ports, Journaled::repeating(same))
}

fn judged(ports: Ports, judge: Journaled) -> Ports {
    Ports {
        judge: Arc::new(judge),
        ..ports
    }
}

struct Journaled {
    journal: Arc<Mutex<Journal>>,
    taken: Taken,
    repeats: Repeats,
}

impl Journaled {
    fn taking(taken: Taken) -> Self {
        Self {
            journal: Arc::default(),
            taken,
            repeats: |_, _| false,
        }
    }

    fn repeating(repeats: Repeats) -> Self {
        Self {
            repeats,
            ..Self::taking(|_| 0)
        }
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        locked(&self.journal)
    }
}

impl Journal {
    /// Takes down what a plan changes.
    fn note(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::BindBlob {
                    asset,
                    role,
                    hash,
                    size,
                    payer,
                    ..
                } => self.references.push(Reference {
                    asset: *asset,
                    role: *role,
                    hash: *hash,
                    size: *size,
                    payer: *payer,
                }),
                Effect::Publish(_) => self.shown += 1,
                _ => {}
            }
        }
    }

    /// The references of other assets to a blob, the oldest first.
    fn others(&self, asset: AssetId, hash: Hash) -> impl Iterator<Item = Effect> {
        let others = self
            .references
            .iter()
            .filter(move |held| held.asset != asset && held.hash == hash);
        others.map(|held| Effect::UnbindBlob {
            asset: held.asset,
            role: held.role,
            hash: held.hash,
        })
    }

    /// Gives the bytes of a purged asset back once more for every repeat of its delete.
    fn credit(&mut self, asset: AssetId) {
        let requests = self.requests.get(&asset).copied().unwrap_or(0);
        let repeats = u64::try_from(requests.saturating_sub(1)).unwrap_or(u64::MAX);
        let own = self.references.iter().filter(|held| held.asset == asset);
        for held in own.filter(|held| held.role != BlobRole::Provenance) {
            let credited = self.credited.entry(held.payer).or_default();
            *credited = credited.saturating_add(held.size.saturating_mul(repeats));
        }
    }
}

impl Judge for Journaled {
    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        let effects = finalize(facts, policy)?;
        self.journal().note(&effects);
        Ok(effects)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let mut journal = self.journal();
        let envelope = &request.body.envelope;
        let is_delete = envelope.action == Action::Delete.as_str();
        let repeated = journal
            .deletes
            .iter()
            .find(|delete| is_delete && (self.repeats)(delete, request));
        if let Some(delete) = repeated {
            return Ok(OpPlan::Replayed {
                asset: envelope.file_id,
                action: Action::Delete,
                sync_seq: delete.sync_seq,
            });
        }
        let plan = lifecycle_op(facts, request, policy)?;
        if is_delete {
            *journal.requests.entry(envelope.file_id).or_default() += 1;
        }
        if let OpPlan::Accepted { effects, .. } = &plan {
            journal.note(effects);
            if is_delete {
                let sync_seq = journal.shown;
                journal.deletes.push(Delete {
                    asset: envelope.file_id,
                    prior: envelope.prior_provenance_hash,
                    sync_seq,
                });
            }
        }
        Ok(plan)
    }

    fn purge(&self, facts: &PurgeFacts, policy: &Policy) -> Vec<Effect> {
        let mut effects = purge(facts, policy);
        if effects.is_empty() {
            return effects;
        }
        let mut journal = self.journal();
        let requests = journal.requests.get(&facts.asset).copied().unwrap_or(1);
        let given_up = facts
            .blobs
            .iter()
            .filter(|blob| blob.role != BlobRole::Provenance);
        for blob in given_up {
            let others = journal.others(facts.asset, blob.hash);
            effects.extend(others.take((self.taken)(requests)));
        }
        journal.credit(facts.asset);
        effects
    }
}

/// A store that believes the journal's credit.
struct Crediting(Arc<Mutex<Journal>>);

impl Departure for Crediting {
    async fn used<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        owner: UserId,
        opened_after: Timestamp,
    ) -> Result<u64, StoreError> {
        let used = view.used(owner, opened_after).await?;
        let journal = locked(&self.0);
        let credited = journal.credited.get(&owner).copied().unwrap_or(0);
        Ok(used.saturating_sub(credited))
    }
}
