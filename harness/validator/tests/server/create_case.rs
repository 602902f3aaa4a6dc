//! Openings as the tests talk about them: honest ones, to be changed in one property.

use crate::bound::{Surface, without};
use crate::world::{
    create_request, hash, held, link, metadata, original, session_facts, shown_asset, time,
};
use gauntlet_validator::server::{
    AlbumFacts, CREATE_SESSION, CreatePlan, CreateRequest, Policy, Refusal, Rejection,
    SessionFacts, create_session, judge,
};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::Timestamp;

#[derive(Debug, Clone)]
pub(crate) struct CreateCase {
    pub(crate) facts: SessionFacts,
    pub(crate) request: CreateRequest,
    pub(crate) policy: Policy,
}

impl CreateCase {
    pub(crate) fn of(formats: Formats) -> Self {
        Self {
            facts: session_facts(formats),
            request: create_request(formats),
            policy: Policy::default(),
        }
    }

    /// Headers, body, envelope and pin all say `protocol`.
    pub(crate) fn protocol(&mut self, protocol: &str) {
        let parsed: ProtocolVersion = protocol.parse().unwrap();
        self.request.spoken.protocol = parsed;
        self.request.body.protocol_version = protocol.to_owned();
        self.request.body.manifest_envelope.protocol_version = protocol.to_owned();
        if let Some(album) = &mut self.facts.album {
            album.pin = parsed;
        }
    }

    /// Headers, body and envelope all say `suite`.
    pub(crate) fn suite(&mut self, suite: u16) {
        self.request.spoken.suite = Some(SuiteId(suite));
        self.request.body.crypto_suite_id = suite;
        self.request.body.manifest_envelope.crypto_suite_id = suite;
    }

    /// Body and envelope both say `hash`.
    pub(crate) fn hash(&mut self, hash: &str) {
        self.request.body.hash = hash.to_owned();
        self.request.body.manifest_envelope.ciphertext_hash = hash.to_owned();
        self.request.body.manifest_envelope.original_blob_hash = None;
    }

    /// The upload is of a blob of that role and address.
    pub(crate) fn role(&mut self, role: BlobRole, hash: Hash) {
        self.request.body.blob_role = role.to_string();
        self.request.body.hash = hash.to_string();
        self.request.body.manifest_envelope.ciphertext_hash = hash.to_string();
    }

    /// The upload belongs to a later write of the asset, over the stored head.
    pub(crate) fn later(&mut self, action: Action) {
        self.facts.asset = shown_asset(hash(9));
        let envelope = &mut self.request.body.manifest_envelope;
        envelope.action = action.to_string();
        envelope.prior_provenance_hash = Some(hash(9));
    }

    /// The upload is of a blob that an op will name.
    pub(crate) fn ahead_of(&mut self, action: Action, role: BlobRole) {
        self.later(action);
        let blob = if role == BlobRole::Original {
            original()
        } else {
            metadata()
        };
        self.role(role, blob);
    }

    /// The upload belongs to a replace whose original and metadata are held.
    pub(crate) fn replaces(&mut self, role: BlobRole) {
        self.later(Action::Replace);
        let blob = match role {
            BlobRole::Original => original(),
            BlobRole::Metadata => metadata(),
            _ => hash(0x70),
        };
        self.role(role, blob);
        let prior = Some(hash(9));
        self.facts.asset.blobs.extend([
            held(BlobRole::Original, original(), prior),
            held(BlobRole::Metadata, metadata(), prior),
        ]);
    }

    /// The asset has one record, of a create, which names these blobs and is not shown yet.
    pub(crate) fn after_own_record(&mut self, original: Hash, metadata: Option<Hash>) {
        let mut head = link(hash(9), None);
        (head.original.hash, head.metadata) = (original, metadata);
        self.facts.asset.head = Some(head);
    }

    /// The asset refers to no blob of that role.
    pub(crate) fn drop_held(&mut self, role: BlobRole) {
        self.facts.asset.blobs.retain(|blob| blob.role != role);
    }

    pub(crate) fn envelope(&mut self) -> &mut ManifestEnvelope {
        &mut self.request.body.manifest_envelope
    }

    pub(crate) fn album(&mut self) -> &mut AlbumFacts {
        self.facts.album.as_mut().unwrap()
    }

    pub(crate) fn written_at(&mut self, instant: Timestamp) {
        self.request.body.manifest_envelope.timestamp = instant.to_string();
    }

    pub(crate) fn device_added_at(&mut self, instant: Timestamp) {
        if let Some(device) = &mut self.facts.device {
            device.added_at = time(instant);
        }
    }

    pub(crate) fn device_revoked_at(&mut self, instant: Timestamp) {
        if let Some(device) = &mut self.facts.device {
            device.revoked_at = Some(time(instant));
        }
    }
}

impl Surface for CreateCase {
    type Plan = CreatePlan;

    fn honest() -> Self {
        Self::of(Formats::B)
    }

    fn rules() -> Vec<Rule> {
        vec![
            Rule::BodyWellFormed,
            Rule::ProtocolInWindow,
            Rule::SuiteKnown,
            Rule::HashWellFormed,
            Rule::SizePositive,
            Rule::SizeWithinMax,
            Rule::ContentTypeKnown,
            Rule::ActionKnown,
            Rule::ActionFits,
            Rule::EnvelopeAgrees,
            Rule::MetadataHashMatches,
            Rule::TimestampInRange,
            Rule::OwnerPermitted,
            Rule::AlbumWritable,
            Rule::DeviceListed,
            Rule::DeviceNotRevoked,
            Rule::AlbumNotFrozen,
            Rule::AlbumNotQuiescing,
            Rule::AssetIdOwned,
            Rule::QuotaAdmits,
            Rule::BlobNew,
            Rule::HeadCurrent,
            Rule::ReplaceComplete,
        ]
    }

    fn judge(&self) -> Result<CreatePlan, Refusal> {
        create_session(&self.facts, &self.request, &self.policy)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let checks = without(CREATE_SESSION, left_out);
        judge(&checks, &self.facts, &self.request, &self.policy)
    }
}
