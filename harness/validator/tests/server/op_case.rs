//! Lifecycle ops as the tests talk about them: honest ones of each action, to be changed in one property.

use crate::bound::{Surface, without};
use crate::record_case::core;
use crate::world::{
    DEVICE, WRITE_TIER, album, album_facts, asset, caller, device, device_facts, epochs, hash,
    held, now, shown_asset, stored_original, trashed, version,
};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_validator::server::{
    OP_ADMISSION, OP_SHAPE, OpBody, OpFacts, OpPlan, OpRequest, Policy, QuotaFacts, Refusal,
    Rejection, Spoken, judge, lifecycle_op,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::derivative::{DerivativeCore, DerivativeManifest};
use gauntlet_wire::enums::{Action, BlobRole, DerivativeFormat, DerivativeRole};
use gauntlet_wire::id::{AlbumId, Hash, UserId};
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::manifest::{AssetManifest, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{Formats, SuiteId};

/// The head that every honest op continues.
pub(crate) fn head() -> Hash {
    hash(9)
}

/// The derivative's ciphertext.
pub(crate) fn derivative_blob() -> Hash {
    hash(0xd0)
}

/// The sealed sidecar that a metadata update brings.
pub(crate) const METADATA: &[u8] = b"a sealed sidecar";

/// Ops that keep the envelope, the record and the derivative of one story together.
#[derive(Debug, Clone)]
pub(crate) struct OpCase {
    pub(crate) facts: OpFacts,
    pub(crate) caller: UserId,
    pub(crate) spoken: Spoken,
    pub(crate) album: AlbumId,
    pub(crate) schema: Vec<String>,
    pub(crate) intent: Option<String>,
    /// What is signed; the envelope is its projection.
    pub(crate) core: ManifestCore,
    /// What the envelope says otherwise.
    pub(crate) edits: Vec<fn(&mut ManifestEnvelope)>,
    pub(crate) device_signer: &'static HybridSigner,
    pub(crate) write_signer: &'static HybridSigner,
    /// What is sent in place of the record, if anything.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) metadata: Option<Vec<u8>>,
    pub(crate) derivative: Option<DerivativeCore>,
    pub(crate) derivative_device_signer: &'static HybridSigner,
    pub(crate) derivative_write_signer: &'static HybridSigner,
    /// What is sent in place of the derivative manifest, if anything.
    pub(crate) derivative_bytes: Option<Vec<u8>>,
    pub(crate) policy: Policy,
}

impl OpCase {
    pub(crate) fn of(formats: Formats, action: Action) -> Self {
        let metadata = (action == Action::MetadataUpdate).then(|| METADATA.to_vec());
        let derivative = match action {
            Action::DerivativeAdd => Some(thumbnail(None)),
            Action::DerivativeReplace => Some(thumbnail(Some(hash(0xd1)))),
            _ => None,
        };
        let mut facts = OpFacts {
            now: now(),
            album: Some(album_facts(formats)),
            device: Some(device_facts()),
            asset: shown_asset(head()),
            epochs: epochs(),
            quota: QuotaFacts::default(),
            derivative_head: derivative
                .as_ref()
                .and_then(|made| made.prior_provenance_hash),
            accepted: None,
        };
        if action == Action::TrashRestore {
            facts.asset.state = trashed();
        }
        facts
            .asset
            .blobs
            .push(held(BlobRole::Derivative, derivative_blob(), None));
        Self {
            facts,
            caller: caller(),
            spoken: Spoken {
                protocol: version(formats),
                suite: Some(SuiteId::ONE),
            },
            album: album(),
            schema: metadata.iter().map(|_| "1".to_owned()).collect(),
            intent: None,
            core: op_core(formats, action, metadata.as_deref()),
            edits: Vec::new(),
            device_signer: &DEVICE,
            write_signer: &WRITE_TIER,
            bytes: None,
            metadata,
            derivative,
            derivative_device_signer: &DEVICE,
            derivative_write_signer: &WRITE_TIER,
            derivative_bytes: None,
            policy: Policy::default(),
        }
    }

    pub(crate) fn edit(&mut self, edit: fn(&mut ManifestEnvelope)) {
        self.edits.push(edit);
    }

    pub(crate) fn made(&mut self) -> &mut DerivativeCore {
        self.derivative.as_mut().unwrap()
    }

    /// The metadata blob that the manifest commits to.
    pub(crate) fn commit(&mut self, metadata: Option<Hash>) {
        self.core.b.as_mut().unwrap().metadata_blob_hash = metadata;
    }

    pub(crate) fn record(&self) -> Vec<u8> {
        if let Some(bytes) = &self.bytes {
            return bytes.clone();
        }
        let message = self.core.signed_bytes();
        let record = ProvenanceRecord {
            asset_id: self.core.file_id,
            prior_provenance_hash: self.core.prior_provenance_hash,
            manifest: AssetManifest {
                core: self.core.clone(),
                device_sig: self.device_signer.sign(&message),
                write_sig: self.write_signer.sign(&message),
            },
        };
        Canonical::encode(record).unwrap().into_bytes()
    }

    pub(crate) fn derivative_manifest(&self) -> Option<Vec<u8>> {
        let core = self.derivative.clone()?;
        let message = core.signed_bytes();
        let manifest = DerivativeManifest {
            core,
            device_sig: self.derivative_device_signer.sign(&message),
            write_sig: self.derivative_write_signer.sign(&message),
        };
        let bytes = Canonical::encode(manifest).unwrap().into_bytes();
        Some(self.derivative_bytes.clone().unwrap_or(bytes))
    }

    pub(crate) fn request(&self) -> OpRequest {
        let mut envelope = projection(&self.core);
        self.edits.iter().for_each(|edit| edit(&mut envelope));
        OpRequest {
            caller: self.caller,
            spoken: self.spoken,
            album: self.album,
            schema: self.schema.clone(),
            intent: self.intent.clone(),
            body: OpBody {
                envelope,
                record: self.record(),
                metadata: self.metadata.clone(),
                derivative: self.derivative_manifest(),
            },
        }
    }
}

/// The core of an honest op over [`shown_asset`].
fn op_core(formats: Formats, action: Action, metadata: Option<&[u8]>) -> ManifestCore {
    let mut core = core(formats);
    core.action = action;
    core.prior_provenance_hash = Some(head());
    core.ciphertext_hash = stored_original().hash;
    core.plaintext_size = stored_original().plaintext_size;
    core.nonce_prefix = stored_original().nonce_prefix;
    if action == Action::Delete {
        core.retention_until = Some("2026-12-20T11:00:00Z".parse().unwrap());
    }
    if let Some(b) = &mut core.b {
        b.metadata_blob_hash = metadata.map(Hash::of);
    }
    core
}

fn thumbnail(prior: Option<Hash>) -> DerivativeCore {
    DerivativeCore {
        crypto_suite_id: SuiteId::ONE,
        source_asset_id: asset(),
        role: DerivativeRole::Thumbnail,
        format: "image/webp".parse::<DerivativeFormat>().unwrap(),
        ciphertext_hash: derivative_blob(),
        generated_by_device: device(),
        generated_by_client: "gauntlet/1".to_owned(),
        model_id: None,
        model_version: None,
        generated_at: "2026-11-20T10:00:00Z".parse().unwrap(),
        prior_provenance_hash: prior,
    }
}

/// The JSON projection of a core that goes to `/ops`.
pub(crate) fn projection(core: &ManifestCore) -> ManifestEnvelope {
    ManifestEnvelope {
        crypto_suite_id: core.crypto_suite_id.0,
        protocol_version: core.protocol_version.to_string(),
        album_id: Some(core.album_id),
        file_id: core.file_id,
        amk_version: core.amk_version,
        ciphertext_hash: core.ciphertext_hash.to_string(),
        plaintext_size: core.plaintext_size,
        chunk_size: core.chunk_size,
        key_mode: core.b.as_ref().map(|b| b.key_mode),
        metadata_blob_hash: core.b.as_ref().and_then(|b| b.metadata_blob_hash),
        original_blob_hash: None,
        created_by_user: core.created_by_user,
        created_by_device: core.created_by_device,
        client_version: core.client_version.clone(),
        timestamp: core.timestamp.text().to_owned(),
        action: core.action.to_string(),
        prior_provenance_hash: core.prior_provenance_hash,
        retention_until: core
            .retention_until
            .as_ref()
            .map(|until| until.text().to_owned()),
    }
}

impl Surface for OpCase {
    type Plan = OpPlan;

    fn honest() -> Self {
        Self::of(Formats::B, Action::Delete)
    }

    fn rules() -> Vec<Rule> {
        vec![
            Rule::BodyWellFormed,
            Rule::ProtocolInWindow,
            Rule::SuiteKnown,
            Rule::ActionKnown,
            Rule::RetentionStated,
            Rule::RecordWellFormed,
            Rule::EnvelopeAgrees,
            Rule::RecordAgrees,
            Rule::ActionFits,
            Rule::AlbumWritable,
            Rule::DeviceListed,
            Rule::DeviceNotRevoked,
            Rule::TimestampInRange,
            Rule::AlbumNotFrozen,
            Rule::AlbumNotQuiescing,
            Rule::AssetIdOwned,
            Rule::SchemaStated,
            Rule::SchemaKnown,
            Rule::DerivativeWellFormed,
            Rule::DerivativeAgrees,
            Rule::MetadataHashMatches,
            Rule::MetadataHashMatches,
            Rule::DeviceSignatureValid,
            Rule::DeviceSignatureValid,
            Rule::EpochAttested,
            Rule::WriteSignatureValid,
            Rule::WriteSignatureValid,
            Rule::HeadCurrent,
            Rule::HeadCurrent,
            Rule::EpochNotRegressed,
            Rule::RetentionFloor,
            Rule::RestoreInTime,
            Rule::DerivativeHeadCurrent,
            Rule::BlobsHeld,
            Rule::QuotaInGrace,
        ]
    }

    fn judge(&self) -> Result<OpPlan, Refusal> {
        lifecycle_op(&self.facts, &self.request(), &self.policy)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let (facts, request) = (&self.facts, self.request());
        for checks in [OP_SHAPE, OP_ADMISSION] {
            judge(&without(checks, left_out), facts, &request, &self.policy)?;
        }
        Ok(())
    }
}
