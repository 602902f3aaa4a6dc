//! Records as the tests talk about them: signed with real keys, to be changed in one property.

use crate::bound::{Surface, ending, without};
use crate::finalize::{self};
use crate::world::{
    DEVICE, WRITE_TIER, album, asset, caller, device, envelope, epochs, hash, held, metadata,
    original, shown_asset, version,
};
use gauntlet_validator::server::{
    AssetFacts, Effect, EpochFacts, FINALIZE, FinalizeFacts, Policy, RECORD, Refusal, Rejection,
    finalize, judge,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::{Action, BlobRole, KeyMode};
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::{AssetManifest, CHUNK_SIZE, ManifestB, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{Formats, SuiteId};

/// What the envelope of [`crate::world`] says, as it is signed.
pub(crate) fn core(formats: Formats) -> ManifestCore {
    ManifestCore {
        crypto_suite_id: SuiteId::ONE,
        protocol_version: version(formats),
        file_id: asset(),
        album_id: album(),
        amk_version: 1,
        ciphertext_hash: original(),
        plaintext_size: 10_000,
        chunk_size: CHUNK_SIZE,
        nonce_prefix: [1; 7],
        created_by_user: caller(),
        created_by_device: device(),
        client_version: "gauntlet/1".to_owned(),
        timestamp: "2026-11-20T11:00:00Z".parse().unwrap(),
        action: Action::Create,
        prior_provenance_hash: None,
        retention_until: None,
        b: (formats == Formats::B).then(|| ManifestB {
            metadata_blob_hash: Some(metadata()),
            key_mode: KeyMode::Derived,
            wrapped_file_key: None,
        }),
    }
}

/// The record of `core`, signed by the caller's device and the album's write tier.
pub(crate) fn signed(core: ManifestCore) -> ProvenanceRecord {
    let message = core.signed_bytes();
    ProvenanceRecord {
        asset_id: core.file_id,
        prior_provenance_hash: core.prior_provenance_hash,
        manifest: AssetManifest {
            device_sig: DEVICE.sign(&message),
            write_sig: WRITE_TIER.sign(&message),
            core,
        },
    }
}

pub(crate) fn encoded(core: ManifestCore) -> Vec<u8> {
    Canonical::encode(signed(core)).unwrap().into_bytes()
}

/// The facts of a finished upload of these bytes as a record, with an envelope for the first write.
pub(crate) fn facts_of_bytes(formats: Formats, bytes: Vec<u8>) -> FinalizeFacts {
    let mut facts = finalize::facts(formats);
    let link = Hash::of(&bytes);
    facts.session.role = BlobRole::Provenance;
    facts.session.envelope = envelope(formats, link);
    facts.session.hash = link;
    facts.computed = link;
    facts.session.size = bytes.len() as u64;
    facts.length = facts.session.size;
    facts.record = Some(bytes);
    facts
}

#[derive(Debug, Clone)]
pub(crate) struct RecordCase {
    /// What is signed; the upload is the record of it.
    pub(crate) core: ManifestCore,
    /// What is uploaded in its place, if anything.
    pub(crate) bytes: Option<Vec<u8>>,
    /// The envelope of the session.
    pub(crate) envelope: gauntlet_wire::json::ManifestEnvelope,
    /// What is done to the signed record.
    pub(crate) spoil: fn(&mut ProvenanceRecord),
    pub(crate) asset: AssetFacts,
    pub(crate) epochs: EpochFacts,
    /// Whether the upload exceeds the bound of a record.
    pub(crate) too_large: bool,
    pub(crate) policy: Policy,
}

impl RecordCase {
    pub(crate) fn of(formats: Formats) -> Self {
        Self {
            core: core(formats),
            bytes: None,
            envelope: envelope(formats, hash(0)),
            spoil: |_| (),
            asset: AssetFacts::default(),
            epochs: epochs(),
            too_large: false,
            policy: Policy::default(),
        }
    }

    /// Signed and declared: a later write of the asset, over the stored head. Everything that a replace
    /// brings is held.
    pub(crate) fn later(&mut self, action: Action) {
        self.asset = shown_asset(hash(9));
        self.core.action = action;
        self.core.prior_provenance_hash = Some(hash(9));
        if action == Action::Delete {
            self.core.retention_until = Some("2026-12-20T11:00:00Z".parse().unwrap());
        }
        self.envelope.action = action.to_string();
        self.envelope.prior_provenance_hash = Some(hash(9));
        self.envelope.retention_until = self
            .core
            .retention_until
            .as_ref()
            .map(|until| until.text().to_owned());
        let prior = Some(hash(9));
        self.asset.blobs.extend([
            held(BlobRole::Original, original(), prior),
            held(BlobRole::Metadata, metadata(), prior),
        ]);
    }

    /// A replace without the blobs of one role.
    pub(crate) fn replace_without(&mut self, role: BlobRole) {
        self.later(Action::Replace);
        self.asset.blobs.retain(|blob| blob.role != role);
    }

    pub(crate) fn facts(&self) -> FinalizeFacts {
        let bytes = self.bytes.clone().unwrap_or_else(|| {
            let mut record = signed(self.core.clone());
            (self.spoil)(&mut record);
            Canonical::encode(record).unwrap().into_bytes()
        });
        let mut facts = facts_of_bytes(Formats::B, bytes);
        facts.session.envelope = self.envelope.clone();
        facts.session.envelope.ciphertext_hash = facts.session.hash.to_string();
        facts.session.protocol = self.envelope.protocol_version.parse().unwrap();
        facts.opening.album.as_mut().unwrap().pin = facts.session.protocol;
        facts.opening.asset = self.asset.clone();
        facts.epochs = self.epochs.clone();
        facts.record = facts.record.filter(|_| !self.too_large);
        facts
    }
}

impl Surface for RecordCase {
    type Plan = Vec<Effect>;

    fn honest() -> Self {
        Self::of(Formats::B)
    }

    fn rules() -> Vec<Rule> {
        vec![
            Rule::RecordWellFormed,
            Rule::SuiteKnown,
            Rule::RecordAgrees,
            Rule::ActionFits,
            Rule::MetadataHashMatches,
            Rule::DeviceSignatureValid,
            Rule::EpochAttested,
            Rule::WriteSignatureValid,
            Rule::HeadCurrent,
            Rule::HeadCurrent,
            Rule::EpochNotRegressed,
            Rule::ReplaceComplete,
            Rule::NoncePrefixFresh,
        ]
    }

    fn judge(&self) -> Result<Vec<Effect>, Refusal> {
        finalize(&self.facts(), &self.policy)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let facts = self.facts();
        judge(&without(FINALIZE, left_out), &facts, &(), &self.policy)?;
        judge(&without(RECORD, left_out), &facts, &(), &self.policy)
    }

    fn attached(_: Rule) -> Vec<Effect> {
        ending()
    }
}
