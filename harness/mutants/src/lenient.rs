//! A server that reads past what only servers may say, remembers it, and may come to believe it.

use crate::decisions::malformed;
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    BlobFacts, Collection, CreatePlan, CreateRequest, Effect, FinalizeFacts, OpBody, OpFacts,
    OpPlan, OpRequest, Policy, PurgeFacts, Refusal, Rejection, Session, SessionFacts, collect,
    create_session, finalize, lifecycle_op, purge, read_op,
};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::json::{CreateSession, LifecycleOp, parse_strict};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a client claimed of one blob that the server alone may say.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// The asset that the blob belongs to.
    pub(crate) asset: AssetId,
    /// The blob's declared hash; the record's own where an op claims.
    pub(crate) blob: Hash,
    pub(crate) received_at: Option<Timestamp>,
    pub(crate) sync_seq: Option<u64>,
    pub(crate) refcount: Option<u64>,
    pub(crate) computed_hash: Option<Hash>,
    pub(crate) receipt_seq: Option<u64>,
}

/// The bodies whose claims are remembered. The others are read as leniently, and forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claimant {
    /// The opening of every session.
    Openings,
    /// The opening of a provenance record's session alone.
    Records,
    /// Lifecycle ops alone.
    Ops,
}

/// What a claim is allowed to change; by default nothing.
#[derive(Clone, Copy)]
pub(crate) struct Belief {
    /// The session that is opened for the blob.
    session: fn(&Claim, &mut Session),
    /// What a finished upload changes, be it the blob's own or another of its asset; or an accepted op.
    effect: fn(&Claim, &mut Effect),
    /// What is known of the stored blob when garbage is collected.
    blob: fn(&Claim, &mut BlobFacts),
    /// Whose claims count.
    claimant: Claimant,
    /// Whether the counter of the feed goes on behind the largest number that was claimed.
    counts_on: bool,
}

/// The lenient server that keeps every promise: it ignores all claims.
pub(crate) const NOTHING: Belief = Belief {
    session: |_, _| {},
    effect: |_, _| {},
    blob: |_, _| {},
    claimant: Claimant::Openings,
    counts_on: false,
};

impl Belief {
    pub(crate) fn with_session(self, session: fn(&Claim, &mut Session)) -> Self {
        Self { session, ..self }
    }

    pub(crate) fn with_effect(self, effect: fn(&Claim, &mut Effect)) -> Self {
        Self { effect, ..self }
    }

    pub(crate) fn for_records_alone(self) -> Self {
        Self {
            claimant: Claimant::Records,
            ..self
        }
    }

    pub(crate) fn for_ops_alone(self) -> Self {
        Self {
            claimant: Claimant::Ops,
            ..self
        }
    }

    pub(crate) fn counting_on(self) -> Self {
        Self {
            counts_on: true,
            ..self
        }
    }

    pub(crate) fn with_blob(self, blob: fn(&Claim, &mut BlobFacts)) -> Self {
        Self { blob, ..self }
    }

    /// The reference's ports with a lenient judge of this belief.
    pub(crate) fn plant(self, ports: Ports) -> Ports {
        let judge = Lenient {
            belief: self,
            claims: Mutex::default(),
            ops: Mutex::default(),
            counted: AtomicU64::new(0),
        };
        Ports {
            judge: Arc::new(judge),
            ..ports
        }
    }
}

struct Lenient {
    belief: Belief,
    /// The newest claim of each blob, by its declared hash.
    claims: Mutex<BTreeMap<Hash, Claim>>,
    /// What ops claimed, by the hash of their record.
    ops: Mutex<BTreeMap<Hash, Claim>>,
    /// How many writes were numbered behind a claim.
    counted: AtomicU64,
}

impl Lenient {
    // A panic elsewhere can't leave a claim half remembered, so a poisoned lock is still sound.
    fn claims(&self) -> MutexGuard<'_, BTreeMap<Hash, Claim>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ops(&self) -> MutexGuard<'_, BTreeMap<Hash, Claim>> {
        self.ops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claim_of(&self, blob: &Hash) -> Option<Claim> {
        self.claims().get(blob).cloned()
    }

    /// Numbers a write behind the largest number that was claimed so far.
    fn count_on(&self, effect: &mut Effect) {
        let claimed = self
            .claims()
            .values()
            .filter_map(|claim| claim.sync_seq)
            .max();
        if let (Effect::Publish(publication), Some(claimed)) = (effect, claimed) {
            let place = self.counted.fetch_add(1, Ordering::Relaxed);
            publication.sync_seq = Some(claimed.saturating_add(1).saturating_add(place));
        }
    }

    fn claims_of(&self, asset: AssetId) -> Vec<Claim> {
        self.claims()
            .values()
            .filter(|claim| claim.asset == asset)
            .cloned()
            .collect()
    }
}

impl Judge for Lenient {
    fn parse_create_session(&self, body: &[u8]) -> Result<CreateSession, Rejection> {
        let mut json: Value = parse_strict(body).map_err(|error| malformed(&error))?;
        let forged = taken_out(&mut json);
        let body: CreateSession =
            serde_json::from_value(json).map_err(|error| malformed(&error))?;
        let of_record = body.blob_role == BlobRole::Provenance.as_str();
        let counts = match self.belief.claimant {
            Claimant::Openings => true,
            Claimant::Records => of_record,
            Claimant::Ops => false,
        };
        let asset = body.manifest_envelope.file_id;
        if let (true, Ok(blob)) = (counts, body.hash.parse())
            && let Some(claim) = Claim::of(asset, blob, &forged)
        {
            self.claims().insert(blob, claim);
        }
        Ok(body)
    }

    fn parse_op(&self, body: &[u8]) -> Result<OpBody, Rejection> {
        let mut json: Value = parse_strict(body).map_err(|error| malformed(&error))?;
        let forged = taken_out(&mut json);
        let body: LifecycleOp = serde_json::from_value(json).map_err(|error| malformed(&error))?;
        let body = read_op(body)?;
        let (asset, record) = (body.envelope.file_id, Hash::of(&body.record));
        if self.belief.claimant == Claimant::Ops
            && let Some(claim) = Claim::of(asset, record, &forged)
        {
            self.ops().insert(record, claim);
        }
        Ok(body)
    }

    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Result<CreatePlan, Refusal> {
        let mut plan = create_session(facts, request, policy)?;
        if let CreatePlan::Open { session, effects } = &mut plan
            && let Some(claim) = self.claim_of(&session.hash)
        {
            (self.belief.session)(&claim, session);
            *effects = vec![Effect::OpenSession(session.clone())];
        }
        Ok(plan)
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
        let mut effects = finalize(facts, policy)?;
        for claim in self.claims_of(facts.session.envelope.file_id) {
            effects
                .iter_mut()
                .for_each(|effect| (self.belief.effect)(&claim, effect));
        }
        if self.belief.counts_on {
            effects.iter_mut().for_each(|effect| self.count_on(effect));
        }
        Ok(effects)
    }

    fn lifecycle_op(
        &self,
        facts: &OpFacts,
        request: &OpRequest,
        policy: &Policy,
    ) -> Result<OpPlan, Refusal> {
        let mut plan = lifecycle_op(facts, request, policy)?;
        if let OpPlan::Accepted { effects, .. } = &mut plan {
            let claim = self.ops().get(&request.record_hash()).cloned();
            if let Some(claim) = claim {
                effects
                    .iter_mut()
                    .for_each(|effect| (self.belief.effect)(&claim, effect));
            }
            if self.belief.counts_on {
                effects.iter_mut().for_each(|effect| self.count_on(effect));
            }
        }
        Ok(plan)
    }

    /// What an op claimed of its asset is claimed of every blob that the asset gives up.
    fn purge(&self, facts: &PurgeFacts, policy: &Policy) -> Vec<Effect> {
        let effects = purge(facts, policy);
        let ops = self.ops();
        for claim in ops.values().filter(|claim| claim.asset == facts.asset) {
            for effect in &effects {
                if let Effect::UnbindBlob { hash, .. } = effect {
                    let claim = Claim {
                        blob: *hash,
                        ..claim.clone()
                    };
                    self.claims().insert(*hash, claim);
                }
            }
        }
        effects
    }

    fn collect(&self, blob: Hash, facts: &BlobFacts, policy: &Policy) -> Collection {
        let mut facts = *facts;
        if let Some(claim) = self.claim_of(&blob) {
            (self.belief.blob)(&claim, &mut facts);
        }
        collect(&facts, policy)
    }
}

/// What only a server may say; everything else that is unknown stays and is refused.
const SERVERS_OWN: [&str; 5] = [
    "received_at",
    "sync_seq",
    "refcount",
    "computed_hash",
    "receipt_seq",
];

/// Takes the server's own members out of a body, from the top level and from the envelope.
fn taken_out(body: &mut Value) -> Map<String, Value> {
    let mut forged = Map::new();
    for place in ["", "/manifest_envelope"] {
        if let Some(Value::Object(members)) = body.pointer_mut(place) {
            forged.extend(
                SERVERS_OWN
                    .iter()
                    .filter_map(|name| members.remove_entry(*name)),
            );
        }
    }
    forged
}

impl Claim {
    /// What `forged` claims of a blob of an asset; a member of the wrong type claims nothing.
    fn of(asset: AssetId, blob: Hash, forged: &Map<String, Value>) -> Option<Self> {
        if forged.is_empty() {
            return None;
        }
        let number = |name| forged.get(name).and_then(Value::as_u64);
        let text = |name| forged.get(name).and_then(Value::as_str);
        Some(Self {
            asset,
            blob,
            received_at: text("received_at").and_then(|text| text.parse().ok()),
            sync_seq: number("sync_seq"),
            refcount: number("refcount"),
            computed_hash: text("computed_hash").and_then(|text| text.parse().ok()),
            receipt_seq: number("receipt_seq"),
        })
    }
}
