//! A finished `provenance` upload (`formats.md` §4 and §11, invariants 2, 16 and 17).

use crate::bound::{Surface, bounds, ending, without};
use crate::finalize::{self, completion};
use crate::world::{
    album, asset, caller, envelope, hash, metadata, original, other_album, stranger, version,
};
use gauntlet_validator::server::{
    Effect, Extension, FINALIZE, FinalizeFacts, Policy, RECORD, Refusal, Rejection, finalize, judge,
};
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::{Action, BlobRole, KeyMode};
use gauntlet_wire::hybrid::HybridSignature;
use gauntlet_wire::id::{AssetId, DeviceId, Hash};
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
        created_by_device: DeviceId::from_slice(&[7; 16]).unwrap(),
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

pub(crate) fn encoded(core: ManifestCore) -> Vec<u8> {
    let signature = HybridSignature {
        ed: [1; 64],
        ml: Box::new([2; 3309]),
    };
    let record = ProvenanceRecord {
        asset_id: core.file_id,
        prior_provenance_hash: core.prior_provenance_hash,
        manifest: AssetManifest {
            core,
            device_sig: signature.clone(),
            write_sig: signature,
        },
    };
    Canonical::encode(record).unwrap().into_bytes()
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
    core: ManifestCore,
    /// What is uploaded in its place, if anything.
    bytes: Option<Vec<u8>>,
    /// The envelope of the session.
    envelope: gauntlet_wire::json::ManifestEnvelope,
    /// The stored head of the chain.
    head: Option<Hash>,
    /// Whether the upload exceeds the bound of a record.
    too_large: bool,
    policy: Policy,
}

impl RecordCase {
    fn of(formats: Formats) -> Self {
        Self {
            core: core(formats),
            bytes: None,
            envelope: envelope(formats, hash(0)),
            head: None,
            too_large: false,
            policy: Policy::default(),
        }
    }

    /// Signed and declared: a later write of the asset, over the stored head.
    fn later(&mut self, action: Action) {
        self.head = Some(hash(9));
        self.core.action = action;
        self.core.prior_provenance_hash = self.head;
        if action == Action::Delete {
            self.core.retention_until = Some("2026-12-20T11:00:00Z".parse().unwrap());
        }
        self.envelope.action = action.to_string();
        self.envelope.prior_provenance_hash = self.head;
        self.envelope.retention_until = self.core.retention_until.as_ref().map(ToString::to_string);
    }

    fn facts(&self) -> FinalizeFacts {
        let bytes = self
            .bytes
            .clone()
            .unwrap_or_else(|| encoded(self.core.clone()));
        let mut facts = facts_of_bytes(Formats::B, bytes);
        facts.session.envelope = self.envelope.clone();
        facts.session.envelope.ciphertext_hash = facts.session.hash.to_string();
        facts.session.protocol = self.envelope.protocol_version.parse().unwrap();
        facts.opening.album.as_mut().unwrap().pin = facts.session.protocol;
        facts.asset.head = self.head;
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
            Rule::ActionKnown,
            Rule::HeadCurrent,
        ]
    }

    fn judge(&self) -> Result<Vec<Effect>, Refusal> {
        finalize(&self.facts(), &self.policy)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let facts = self.facts();
        judge(FINALIZE, &facts, &(), &self.policy)?;
        judge(&without(RECORD, left_out), &facts, &(), &self.policy)
    }

    fn attached(_: Rule) -> Vec<Effect> {
        ending()
    }
}

bounds! { RecordCase;
    a_record_is_canonical by RecordWellFormed
        with layers SuiteKnown RecordAgrees ActionKnown HeadCurrent {
        inside: |case| case.bytes = Some(encoded(core(Formats::B))),
        outside: |case| case.bytes = Some([encoded(core(Formats::B)), vec![0xf6]].concat()),
    }
    a_record_is_not_bare_of_its_signatures by RecordWellFormed
        with layers SuiteKnown RecordAgrees ActionKnown HeadCurrent {
        inside: |case| case.bytes = Some(encoded(core(Formats::B))),
        outside: |case| case.bytes = Some(core(Formats::B).signed_bytes()),
    }
    a_record_is_within_its_bound by RecordWellFormed
        with layers SuiteKnown RecordAgrees ActionKnown HeadCurrent {
        inside: |case| case.too_large = false,
        outside: |case| case.too_large = true,
    }
    inv02_what_is_signed_is_of_the_inventory_too by SuiteKnown {
        inside: |case| {
            case.policy.suites.insert(SuiteId(2));
            case.core.crypto_suite_id = SuiteId(2);
            case.envelope.crypto_suite_id = 2;
        },
        outside: |case| {
            case.core.crypto_suite_id = SuiteId(2);
            case.envelope.crypto_suite_id = 2;
        },
    }
    the_record_signs_the_suite_declared by RecordAgrees {
        inside: |_| (),
        outside: |case| {
            case.policy.suites.insert(SuiteId(2));
            case.core.crypto_suite_id = SuiteId(2);
        },
    }
    the_record_signs_the_version_declared by RecordAgrees {
        inside: |case| *case = RecordCase::of(Formats::A),
        outside: |case| case.core.protocol_version = "2026-11-02".parse().unwrap(),
    }
    the_record_signs_the_asset_declared by RecordAgrees {
        inside: |_| (),
        outside: |case| case.core.file_id = AssetId::from_slice(&[0xee; 16]).unwrap(),
    }
    the_record_signs_the_album_declared by RecordAgrees {
        inside: |_| (),
        outside: |case| case.core.album_id = other_album(),
    }
    the_record_signs_the_album_of_the_session_even_if_the_envelope_names_none by RecordAgrees {
        inside: |case| case.envelope.album_id = None,
        outside: |case| { case.envelope.album_id = None; case.core.album_id = other_album() },
    }
    the_record_signs_the_epoch_declared by RecordAgrees {
        inside: |case| { case.core.amk_version = 2; case.envelope.amk_version = 2 },
        outside: |case| case.core.amk_version = 2,
    }
    the_record_signs_the_length_declared by RecordAgrees {
        inside: |case| { case.core.plaintext_size = 0; case.envelope.plaintext_size = 0 },
        outside: |case| case.core.plaintext_size = 9_999,
    }
    the_record_signs_the_chunk_size_declared by RecordAgrees {
        inside: |_| (),
        outside: |case| case.envelope.chunk_size = CHUNK_SIZE - 1,
    }
    the_record_signs_the_user_declared by RecordAgrees {
        inside: |_| (),
        outside: |case| case.core.created_by_user = stranger(),
    }
    the_record_signs_the_device_declared by RecordAgrees {
        inside: |_| (),
        outside: |case| case.core.created_by_device = DeviceId::from_slice(&[8; 16]).unwrap(),
    }
    the_record_signs_the_client_declared by RecordAgrees {
        inside: |_| (),
        outside: |case| case.core.client_version = "gauntlet/2".to_owned(),
    }
    the_record_signs_the_timestamp_declared_as_it_is_spelled by RecordAgrees {
        inside: |_| (),
        outside: |case| case.core.timestamp = "2026-11-20T12:00:00+01:00".parse().unwrap(),
    }
    the_record_signs_the_action_declared by RecordAgrees {
        inside: |case| case.later(Action::Replace),
        outside: |case| { case.later(Action::Replace); case.envelope.action = "create".to_owned() },
    }
    the_record_signs_the_prior_declared by RecordAgrees {
        inside: |case| case.later(Action::Replace),
        outside: |case| {
            case.later(Action::Replace);
            case.envelope.prior_provenance_hash = None;
        },
    }
    the_record_signs_no_retention_that_the_envelope_lacks by RecordAgrees {
        inside: |_| (),
        outside: |case| case.envelope.retention_until = Some("2026-12-20T11:00:00Z".to_owned()),
    }
    the_record_signs_the_original_declared by RecordAgrees {
        inside: |case| case.envelope.original_blob_hash = None,
        outside: |case| case.core.ciphertext_hash = hash(0xaa),
    }
    the_record_signs_the_key_mode_declared by RecordAgrees {
        inside: |case| {
            let b = case.core.b.as_mut().unwrap();
            (b.key_mode, b.wrapped_file_key) = (KeyMode::Wrapped, Some([3; 60]));
            case.envelope.key_mode = Some(KeyMode::Wrapped);
        },
        outside: |case| case.envelope.key_mode = Some(KeyMode::Wrapped),
    }
    the_record_signs_the_metadata_declared by RecordAgrees {
        inside: |case| {
            case.core.b.as_mut().unwrap().metadata_blob_hash = Some(hash(1));
            case.envelope.metadata_blob_hash = Some(hash(1));
        },
        outside: |case| case.envelope.metadata_blob_hash = Some(hash(1)),
    }
    an_envelope_of_version_a_has_no_field_of_b by RecordAgrees {
        inside: |case| *case = RecordCase::of(Formats::A),
        outside: |case| {
            *case = RecordCase::of(Formats::A);
            case.envelope.metadata_blob_hash = Some(metadata());
        },
    }
    inv16_an_upload_creates_or_replaces_and_does_not_delete by ActionKnown {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::Delete),
    }
    inv16_an_upload_does_not_update_metadata by ActionKnown {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::MetadataUpdate),
    }
    inv16_an_upload_does_not_restore by ActionKnown {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::TrashRestore),
    }
    inv16_an_upload_does_not_carry_a_derivatives_record by ActionKnown {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::DerivativeAdd),
    }
    inv16_nor_that_of_a_later_derivative by ActionKnown {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::DerivativeReplace),
    }
    inv17_an_asset_is_created_once by HeadCurrent {
        inside: |case| case.head = None,
        outside: |case| case.head = Some(hash(9)),
    }
    inv17_a_later_record_continues_the_stored_head by HeadCurrent {
        inside: |case| case.later(Action::Replace),
        outside: |case| { case.later(Action::Replace); case.head = Some(hash(8)) },
    }
    inv17_a_later_record_needs_a_chain by HeadCurrent {
        inside: |case| case.later(Action::Replace),
        outside: |case| { case.later(Action::Replace); case.head = None },
    }
}

#[test]
fn a_stale_record_is_told_the_stored_head() {
    for head in [Some(hash(8)), None] {
        let mut case = RecordCase::honest();
        case.later(Action::Replace);
        case.head = head;
        let rejection = case.judge().unwrap_err().rejection;
        assert_eq!(rejection.extension, Some(Extension::ChainHead(head)));
        assert_eq!(
            (rejection.status(), rejection.code().as_str()),
            (409, "error.upload.stale_revival")
        );
    }
}

#[test]
fn an_accepted_record_becomes_the_head_by_its_content_address() {
    for formats in [Formats::A, Formats::B] {
        let bytes = encoded(core(formats));
        let facts = facts_of_bytes(formats, bytes.clone());
        let mut expected = completion(&facts);
        expected.push(Effect::AdvanceHead {
            asset: asset(),
            link: Hash::of(&bytes),
        });
        assert_eq!(finalize(&facts, &Policy::default()).unwrap(), expected);
    }
}

#[test]
fn a_lawful_record_is_never_larger_than_its_bound() {
    let mut core = core(Formats::B);
    core.client_version = "x".repeat(bounds::SHORT_TEXT);
    assert!(encoded(core).len() <= bounds::MANIFEST);
}
