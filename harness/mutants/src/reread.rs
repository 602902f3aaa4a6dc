//! Servers that take a record to say something else than what was signed.

use crate::decisions::{Finalized, Judged, OP_TABLE};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    Effect, FinalizeFacts, OpBody, OpFacts, OpPlan, OpRequest, OpRules, Policy, finalize,
    lifecycle_op_by,
};
use gauntlet_wire::cbor::{Document as _, Map, Value, decode};
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::record::ProvenanceRecord;
use std::sync::Arc;

/// Changes what the core of a record says, by what its envelope says.
pub(crate) type Reading = fn(&mut Map, &ManifestEnvelope);

/// The reference's ports with a judge that reads every record so, before anything is held to it: what
/// is changed is neither compared nor covered by a signature.
pub(crate) fn reading(ports: Ports, reading: Reading) -> Ports {
    Ports {
        judge: Arc::new(Rereading(reading)),
        ..ports
    }
}

struct Rereading(Reading);

impl Judge for Rereading {
    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        let mut facts = facts.clone();
        let envelope = &facts.session.envelope;
        facts.record = facts
            .record
            .map(|record| reread(&record, |core| (self.0)(core, envelope)).unwrap_or(record));
        finalize(&facts, policy)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let body = &request.body;
        let record = reread(&body.record, |core| (self.0)(core, &body.envelope));
        let read = OpBody {
            record: record.unwrap_or_else(|| body.record.clone()),
            ..body.clone()
        };
        judged_as(read, &OP_TABLE, facts, request, policy)
    }
}

/// The record with a change to its core, and with what it repeats of its core; `None` where it is not
/// even a map of maps.
pub(crate) fn reread(record: &[u8], change: impl FnOnce(&mut Map)) -> Option<Vec<u8>> {
    let mut record = map_of(decode(record, &ProvenanceRecord::BOUNDS).ok()?)?;
    let mut manifest = map_of(record.get_text("manifest")?.clone())?;
    let mut core = map_of(manifest.get_text("core")?.clone())?;
    change(&mut core);
    for (outer, inner) in [
        ("asset_id", "file_id"),
        ("prior_provenance_hash", "prior_provenance_hash"),
    ] {
        record.insert(outer.into(), core.get_text(inner)?.clone());
    }
    manifest.insert("core".into(), core.into());
    record.insert("manifest".into(), manifest.into());
    Some(Value::Map(record).encode())
}

fn map_of(value: Value) -> Option<Map> {
    match value {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

/// Judges the op as if its body were `read`. What is stored, linked and shown is the record as it came.
pub(crate) fn judged_as(
    read: OpBody,
    rules: &OpRules<'_>,
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    let read = OpRequest {
        body: read,
        ..request.clone()
    };
    let mut plan = lifecycle_op_by(rules, facts, &read, policy)?;
    if let OpPlan::Accepted { effects, .. } = &mut plan {
        for effect in effects {
            relink(effect, &read, request);
        }
    }
    Ok(plan)
}

fn relink(effect: &mut Effect, read: &OpRequest, came: &OpRequest) {
    let (from, to) = (read.record_hash(), came.record_hash());
    match effect {
        Effect::StoreBlob { hash, size } | Effect::BindBlob { hash, size, .. } if *hash == from => {
            (*hash, *size) = (to, came.body.record.len() as u64);
        }
        Effect::AdvanceHead(link) => link.link = to,
        Effect::Publish(publication) => publication.link = to,
        _ => {}
    }
}
