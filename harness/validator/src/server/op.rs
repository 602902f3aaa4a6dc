//! Lifecycle operations (`wire.md` §1.3 `POST /v1/albums/{album_id}/ops`, `formats.md` §11).
//!
//! The order is the contract's: shape; then whether the record was accepted before; then 16, 6, 7, 8,
//! 25 and both signatures; then, where two writers meet, 17, 18 and what the action asks. The key of
//! the epoch is judged before the signature that it verifies.

use super::op_checks::{
    blobs_held, brings_what_it_may, derivative_agrees, derivative_device_signed,
    derivative_head_current, derivative_well_formed, derivative_write_signed, envelope_agrees,
    inv16_action_by_op, inv25_blob_matches, quota_in_grace, restore_in_time, retention_floor,
    retention_stated, schema_known, schema_stated,
};
use super::op_effects::op_effects;
use super::record::{
    Submission, Submits, inv17_head_current, inv18_epoch_attested, inv18_epoch_not_regressed,
    inv25_commitment_agrees, record_agrees, record_well_formed, tombstone_stays,
    x1_device_signature_valid, x1_write_signature_valid,
};
use super::write::{
    Write, Writes, album_not_frozen, album_not_quiescing, inv01_body_protocol_in_window,
    inv02_body_suite_known, inv06_album_writable, inv07_device_listed, inv07_device_not_revoked,
    inv08_timestamp_in_range, inv16_action_known, x6_asset_id_owned,
};
use super::{
    AlbumFacts, AssetFacts, AssetState, Check, DeviceFacts, Effect, EpochFacts, Policy, QuotaFacts,
    Refusal, Rejection, Spoken, judge,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::derivative::{DerivativeChain, DerivativeManifest};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::id::{AlbumId, AssetId, Hash, UserId};
use gauntlet_wire::json::{Base64Error, LifecycleOp, ManifestEnvelope, from_base64};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::SuiteId;

/// Everything that the server knows when it judges an op. All of it is read in the transaction that the
/// plan changes: two ops on one head must not both find it.
#[derive(Debug, Clone)]
pub struct OpFacts {
    /// The server's clock.
    pub now: jiff::Timestamp,
    /// The album of the path, if it exists.
    pub album: Option<AlbumFacts>,
    /// The device that the envelope names, if the caller's directory lists it.
    pub device: Option<DeviceFacts>,
    /// The asset that the envelope names.
    pub asset: AssetFacts,
    /// The epochs of the album of the path, for the epoch of the envelope.
    pub epochs: EpochFacts,
    /// The caller's quota; `charged` speaks of the metadata blob that comes along.
    pub quota: QuotaFacts,
    /// The head of the chain [`OpRequest::derivative_chain`], if it has one.
    pub derivative_head: Option<Hash>,
    /// The number under which the feed shows the record [`OpRequest::record_hash`] of the album of the
    /// path, if it does: the record was accepted before.
    pub accepted: Option<u64>,
}

/// An op as it arrived, past authentication, handshake and JSON.
#[derive(Debug, Clone)]
pub struct OpRequest {
    /// The authenticated caller.
    pub caller: UserId,
    /// What the handshake headers said.
    pub spoken: Spoken,
    /// The album of the path.
    pub album: AlbumId,
    /// Every `X-Capsule-Sidecar-Schema` value.
    pub schema: Vec<String>,
    /// `intent_id` of the query.
    pub intent: Option<String>,
    /// What the body brings.
    pub body: OpBody,
}

/// The body of an op, its base64 members as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpBody {
    /// The manifest's JSON projection.
    pub envelope: ManifestEnvelope,
    /// The record: `manifest_cbor`.
    pub record: Vec<u8>,
    /// `metadata_blob`.
    pub metadata: Option<Vec<u8>>,
    /// The derivative manifest: `derivative_cbor`.
    pub derivative: Option<Vec<u8>>,
}

/// Reads the base64 members of an op's strict JSON.
///
/// # Errors
/// [`Rule::BodyWellFormed`] for a member that is not base64 in its one spelling.
pub fn read_op(body: LifecycleOp) -> Result<OpBody, Rejection> {
    let refused = |member: &str, error: &Base64Error| {
        Rejection::new(Rule::BodyWellFormed, format!("{member}: {error}"))
    };
    let optional = |member: &str, text: Option<String>| {
        text.map(|text| from_base64(&text).map_err(|error| refused(member, &error)))
            .transpose()
    };
    Ok(OpBody {
        record: from_base64(&body.manifest_cbor)
            .map_err(|error| refused("manifest_cbor", &error))?,
        metadata: optional("metadata_blob", body.metadata_blob)?,
        derivative: optional("derivative_cbor", body.derivative_cbor)?,
        envelope: body.manifest_envelope,
    })
}

impl OpRequest {
    /// The content address of the record: its chain link, and the key of a replay.
    #[must_use]
    pub fn record_hash(&self) -> Hash {
        Hash::of(&self.body.record)
    }

    /// The content address of the metadata blob that comes along.
    #[must_use]
    pub fn metadata_hash(&self) -> Option<Hash> {
        self.body.metadata.as_deref().map(Hash::of)
    }

    /// The content address of the derivative manifest that comes along.
    #[must_use]
    pub fn derivative_hash(&self) -> Option<Hash> {
        self.body.derivative.as_deref().map(Hash::of)
    }

    /// The chain of the derivative manifest that comes along, if it decodes.
    #[must_use]
    pub fn derivative_chain(&self) -> Option<DerivativeChain> {
        let bytes = self.body.derivative.as_deref()?;
        let manifest = Canonical::<DerivativeManifest>::decode(bytes).ok()?;
        Some(manifest.value().core.chain())
    }
}

impl Writes<OpRequest> for OpFacts {
    fn write<'a>(&'a self, request: &'a OpRequest) -> Write<'a> {
        let envelope = &request.body.envelope;
        Write {
            now: self.now,
            caller: request.caller,
            spoken: request.spoken,
            protocol: &envelope.protocol_version,
            suite: SuiteId(envelope.crypto_suite_id),
            album: Some(request.album),
            album_facts: self.album.as_ref(),
            device: self.device.as_ref(),
            asset: &self.asset,
            envelope,
            intent: request.intent.as_deref(),
        }
    }
}

impl Submits<OpRequest> for OpFacts {
    fn submission<'a>(&'a self, request: &'a OpRequest) -> Submission<'a> {
        Submission {
            bytes: Some(&request.body.record),
            envelope: &request.body.envelope,
            album: request.album,
            device: self.device.as_ref(),
            asset: &self.asset,
            epochs: &self.epochs,
        }
    }
}

/// The outcome of an accepted op.
#[derive(Debug, Clone, PartialEq)]
pub enum OpPlan {
    /// The record was accepted before: the first answer again, nothing changes.
    Replayed {
        /// The asset.
        asset: AssetId,
        /// What the record does.
        action: Action,
        /// The number that it was given.
        sync_seq: u64,
    },
    /// A new record. Its number is the one that [`Effect::Publish`] is given.
    Accepted {
        /// The asset.
        asset: AssetId,
        /// What the record does.
        action: Action,
        /// What to change.
        effects: Vec<Effect>,
    },
}

/// The parts of the judgement of an op, so that another can be composed of other parts.
#[derive(Clone, Copy)]
pub struct OpRules<'a> {
    /// Checks before the replay decision.
    pub shape: &'a [Check<OpFacts, OpRequest>],
    /// The replay decision: the number under which the record was accepted before.
    pub replay: fn(&OpFacts, &OpRequest) -> Option<u64>,
    /// Checks of a new record.
    pub admission: &'a [Check<OpFacts, OpRequest>],
}

/// Checks before the replay decision, in order.
pub const OP_SHAPE: &[Check<OpFacts, OpRequest>] = &[
    Check {
        rule: Rule::BodyWellFormed,
        holds: brings_what_it_may,
    },
    Check {
        rule: Rule::ProtocolInWindow,
        holds: inv01_body_protocol_in_window,
    },
    Check {
        rule: Rule::SuiteKnown,
        holds: inv02_body_suite_known,
    },
    Check {
        rule: Rule::ActionKnown,
        holds: inv16_action_known,
    },
    Check {
        rule: Rule::RetentionStated,
        holds: retention_stated,
    },
    Check {
        rule: Rule::RecordWellFormed,
        holds: record_well_formed,
    },
    Check {
        rule: Rule::EnvelopeAgrees,
        holds: envelope_agrees,
    },
    Check {
        rule: Rule::RecordAgrees,
        holds: record_agrees,
    },
];

/// Checks of a new record, in order.
pub const OP_ADMISSION: &[Check<OpFacts, OpRequest>] = &[
    Check {
        rule: Rule::ActionFits,
        holds: inv16_action_by_op,
    },
    Check {
        rule: Rule::AlbumWritable,
        holds: inv06_album_writable,
    },
    Check {
        rule: Rule::DeviceListed,
        holds: inv07_device_listed,
    },
    Check {
        rule: Rule::DeviceNotRevoked,
        holds: inv07_device_not_revoked,
    },
    Check {
        rule: Rule::TimestampInRange,
        holds: inv08_timestamp_in_range,
    },
    Check {
        rule: Rule::AlbumNotFrozen,
        holds: album_not_frozen,
    },
    Check {
        rule: Rule::AlbumNotQuiescing,
        holds: album_not_quiescing,
    },
    Check {
        rule: Rule::AssetIdOwned,
        holds: x6_asset_id_owned,
    },
    Check {
        rule: Rule::SchemaStated,
        holds: schema_stated,
    },
    Check {
        rule: Rule::SchemaKnown,
        holds: schema_known,
    },
    Check {
        rule: Rule::DerivativeWellFormed,
        holds: derivative_well_formed,
    },
    Check {
        rule: Rule::DerivativeAgrees,
        holds: derivative_agrees,
    },
    Check {
        rule: Rule::MetadataHashMatches,
        holds: inv25_commitment_agrees,
    },
    Check {
        rule: Rule::MetadataHashMatches,
        holds: inv25_blob_matches,
    },
    Check {
        rule: Rule::DeviceSignatureValid,
        holds: x1_device_signature_valid,
    },
    Check {
        rule: Rule::DeviceSignatureValid,
        holds: derivative_device_signed,
    },
    Check {
        rule: Rule::EpochAttested,
        holds: inv18_epoch_attested,
    },
    Check {
        rule: Rule::WriteSignatureValid,
        holds: x1_write_signature_valid,
    },
    Check {
        rule: Rule::WriteSignatureValid,
        holds: derivative_write_signed,
    },
    Check {
        rule: Rule::HeadCurrent,
        holds: inv17_head_current,
    },
    Check {
        rule: Rule::HeadCurrent,
        holds: tombstone_stays,
    },
    Check {
        rule: Rule::EpochNotRegressed,
        holds: inv18_epoch_not_regressed,
    },
    Check {
        rule: Rule::RetentionFloor,
        holds: retention_floor,
    },
    Check {
        rule: Rule::RestoreInTime,
        holds: restore_in_time,
    },
    Check {
        rule: Rule::DerivativeHeadCurrent,
        holds: derivative_head_current,
    },
    Check {
        rule: Rule::BlobsHeld,
        holds: blobs_held,
    },
    Check {
        rule: Rule::QuotaInGrace,
        holds: quota_in_grace,
    },
];

/// Judges an op by the contract.
///
/// # Errors
/// The first rule of [`OP_SHAPE`] or [`OP_ADMISSION`] that does not hold. A refusal changes nothing.
pub fn lifecycle_op(
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Result<OpPlan, Refusal> {
    let rules = OpRules {
        shape: OP_SHAPE,
        replay: op_replay,
        admission: OP_ADMISSION,
    };
    lifecycle_op_by(&rules, facts, request, policy)
}

/// Judges an op by the given rules.
///
/// # Errors
/// The first rule that does not hold. A refusal changes nothing.
pub fn lifecycle_op_by(
    rules: &OpRules<'_>,
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Result<OpPlan, Refusal> {
    judge(rules.shape, facts, request, policy)?;
    let submission = facts.submission(request);
    let core = submission
        .core()
        .map_err(|broken| broken.by(Rule::RecordWellFormed))?;
    let (asset, action) = (core.file_id, core.action);
    if let Some(sync_seq) = (rules.replay)(facts, request) {
        return Ok(OpPlan::Replayed {
            asset,
            action,
            sync_seq,
        });
    }
    judge(rules.admission, facts, request, policy)?;
    let effects = op_effects(facts, request, &core).map_err(|broken| broken.by(Rule::BlobsHeld))?;
    Ok(OpPlan::Accepted {
        asset,
        action,
        effects,
    })
}

/// Idempotency (`wire.md` §3): a record that was accepted is answered as it was then, whatever became of
/// the album, the device or the clock since; but only to one who may write to the album, and brings what
/// was brought then. The hash of the record covers asset and prior.
#[must_use]
pub fn op_replay(facts: &OpFacts, request: &OpRequest) -> Option<u64> {
    facts
        .accepted
        .filter(|_| facts.album.is_some_and(|album| album.caller_may_write))
        .filter(|_| brings_the_same(facts, request))
}

/// Rows 8 and 21: no record names the derivative manifest that comes along, and one of version A not even
/// the metadata blob. With others it is no repeat: it would be acknowledged, and what it brings dropped.
/// Of a purged asset nobody knows its metadata any more.
fn brings_the_same(facts: &OpFacts, request: &OpRequest) -> bool {
    let asset = &facts.asset;
    let held = |role, hash: Option<Hash>| hash.is_none_or(|hash| asset.holds(role, hash));
    let core = facts.submission(request).core().ok();
    let committed = core.and_then(|core| core.b?.metadata_blob_hash);
    let metadata = match (request.metadata_hash(), committed) {
        (Some(brought), Some(committed)) => brought == committed,
        (brought, _) => asset.state == AssetState::Purged || held(BlobRole::Metadata, brought),
    };
    metadata && held(BlobRole::Provenance, request.derivative_hash())
}
