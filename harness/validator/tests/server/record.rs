//! A finished `provenance` upload (`formats.md` §4 and §11, invariants 2, 16–18 and 25, rows 4, 16,
//! 17, 21, X1 and X2).

use crate::bound::{Surface, bounds, ending};
use crate::finalize::completion;
use crate::record_case::{RecordCase, core, encoded, facts_of_bytes};
use crate::world::{
    DEVICE, STRANGER, WRITE_TIER, epochs, hash, held, link, metadata, original, other_album,
    stranger, trashed,
};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_validator::server::{
    AssetState, ChainLink, Effect, EpochFacts, Extension, Original, Policy, finalize,
};
use gauntlet_wire::bounds;
use gauntlet_wire::enums::{Action, BlobRole, KeyMode};
use gauntlet_wire::hybrid::HybridSignature;
use gauntlet_wire::id::{AssetId, DeviceId, Hash};
use gauntlet_wire::manifest::CHUNK_SIZE;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::{Formats, SuiteId};

bounds! { RecordCase;
    a_record_is_canonical by RecordWellFormed
        with layers SuiteKnown RecordAgrees ActionFits MetadataHashMatches DeviceSignatureValid
            EpochAttested WriteSignatureValid HeadCurrent EpochNotRegressed ReplaceComplete NoncePrefixFresh {
        inside: |case| case.bytes = Some(encoded(core(Formats::B))),
        outside: |case| case.bytes = Some([encoded(core(Formats::B)), vec![0xf6]].concat()),
    }
    a_record_is_not_bare_of_its_signatures by RecordWellFormed
        with layers SuiteKnown RecordAgrees ActionFits MetadataHashMatches DeviceSignatureValid
            EpochAttested WriteSignatureValid HeadCurrent EpochNotRegressed ReplaceComplete NoncePrefixFresh {
        inside: |case| case.bytes = Some(encoded(core(Formats::B))),
        outside: |case| case.bytes = Some(core(Formats::B).signed_bytes()),
    }
    a_record_is_within_its_bound by RecordWellFormed
        with layers SuiteKnown RecordAgrees ActionFits MetadataHashMatches DeviceSignatureValid
            EpochAttested WriteSignatureValid HeadCurrent EpochNotRegressed ReplaceComplete NoncePrefixFresh {
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
    inv25_the_record_signs_the_metadata_declared by MetadataHashMatches {
        inside: |case| {
            case.core.b.as_mut().unwrap().metadata_blob_hash = Some(hash(1));
            case.envelope.metadata_blob_hash = Some(hash(1));
        },
        outside: |case| case.envelope.metadata_blob_hash = Some(hash(1)),
    }
    an_envelope_of_version_a_commits_to_no_metadata by MetadataHashMatches {
        inside: |case| *case = RecordCase::of(Formats::A),
        outside: |case| {
            *case = RecordCase::of(Formats::A);
            case.envelope.metadata_blob_hash = Some(metadata());
        },
    }
    an_envelope_of_version_a_has_no_key_mode by RecordAgrees {
        inside: |case| *case = RecordCase::of(Formats::A),
        outside: |case| {
            *case = RecordCase::of(Formats::A);
            case.envelope.key_mode = Some(KeyMode::Derived);
        },
    }
    x1_the_device_signed by DeviceSignatureValid {
        inside: |case| case.spoil = |record| record.manifest.device_sig = by(&DEVICE, record),
        outside: |case| case.spoil = |record| record.manifest.device_sig = by(&STRANGER, record),
    }
    x1_both_halves_of_the_devices_signature_hold_the_first by DeviceSignatureValid {
        inside: |case| case.spoil = |record| record.manifest.device_sig.ed[0] ^= 0,
        outside: |case| case.spoil = |record| record.manifest.device_sig.ed[0] ^= 1,
    }
    x1_both_halves_of_the_devices_signature_hold_the_second by DeviceSignatureValid {
        inside: |case| case.spoil = |record| record.manifest.device_sig.ml[0] ^= 0,
        outside: |case| case.spoil = |record| record.manifest.device_sig.ml[0] ^= 1,
    }
    x1_the_key_of_the_device_is_the_directorys by DeviceSignatureValid {
        inside: |_| (),
        outside: |case| case.spoil = |record| {
            let write_sig = record.manifest.write_sig.clone();
            record.manifest.device_sig = write_sig;
        },
    }
    x1_the_write_tier_signed by WriteSignatureValid {
        inside: |case| case.spoil = |record| record.manifest.write_sig = by(&WRITE_TIER, record),
        outside: |case| case.spoil = |record| record.manifest.write_sig = by(&STRANGER, record),
    }
    x1_both_halves_of_the_write_tiers_signature_hold_the_first by WriteSignatureValid {
        inside: |case| case.spoil = |record| record.manifest.write_sig.ed[0] ^= 0,
        outside: |case| case.spoil = |record| record.manifest.write_sig.ed[0] ^= 1,
    }
    x1_both_halves_of_the_write_tiers_signature_hold_the_second by WriteSignatureValid {
        inside: |case| case.spoil = |record| record.manifest.write_sig.ml[0] ^= 0,
        outside: |case| case.spoil = |record| record.manifest.write_sig.ml[0] ^= 1,
    }
    x1_the_key_of_the_epoch_is_the_ledgers by WriteSignatureValid {
        inside: |_| (),
        outside: |case| case.epochs.write_tier = Some(STRANGER.public().clone()),
    }
    inv18_the_ledger_attests_the_epoch by EpochAttested with layers WriteSignatureValid {
        inside: |case| case.epochs.ceiling = Some(1),
        outside: |case| case.epochs.write_tier = None,
    }
    inv18_an_album_without_a_ledger_attests_nothing by EpochAttested with layers WriteSignatureValid {
        inside: |case| case.epochs = EpochFacts { accepted: None, ..epochs() },
        outside: |case| case.epochs = EpochFacts::default(),
    }
    inv18_an_epoch_does_not_fall_below_the_highest_accepted by EpochNotRegressed {
        inside: |case| case.epochs.accepted = Some(1),
        outside: |case| case.epochs.accepted = Some(2),
    }
    a_replace_lands_after_its_original by ReplaceComplete {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.replace_without(BlobRole::Original),
    }
    a_replace_lands_after_its_metadata by ReplaceComplete {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.replace_without(BlobRole::Metadata),
    }
    a_replace_lands_after_the_metadata_that_it_commits_to by ReplaceComplete {
        inside: |case| case.later(Action::Replace),
        outside: |case| {
            case.replace_without(BlobRole::Metadata);
            case.asset.blobs.push(held(BlobRole::Metadata, hash(1), Some(hash(9))));
        },
    }
    a_replace_does_not_hide_a_create_that_waits_for_its_metadata by ReplaceComplete {
        inside: |case| case.later(Action::Replace),
        outside: |case| { case.later(Action::Replace); case.asset.head_shown = false },
    }
    row21_a_replace_is_sealed_under_a_nonce_prefix_of_its_own by NoncePrefixFresh {
        inside: |case| { case.later(Action::Replace); case.core.nonce_prefix = [3; 7] },
        outside: |case| { case.later(Action::Replace); case.core.nonce_prefix = [2; 7] },
    }
    row4_the_trash_is_not_replaced by HeadCurrent {
        inside: |case| case.later(Action::Replace),
        outside: |case| { case.later(Action::Replace); case.asset.state = trashed() },
    }
    x6_a_tombstone_is_not_created_anew by HeadCurrent {
        inside: |_| (),
        outside: |case| case.asset.state = AssetState::Purged,
    }
    inv16_an_upload_creates_or_replaces_and_does_not_delete by ActionFits {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::Delete),
    }
    inv16_an_upload_does_not_update_metadata by ActionFits {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::MetadataUpdate),
    }
    inv16_an_upload_does_not_restore by ActionFits {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::TrashRestore),
    }
    inv16_an_upload_does_not_carry_a_derivatives_record by ActionFits {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::DerivativeAdd),
    }
    inv16_nor_that_of_a_later_derivative by ActionFits {
        inside: |case| case.later(Action::Replace),
        outside: |case| case.later(Action::DerivativeReplace),
    }
    inv17_an_asset_is_created_once by HeadCurrent {
        inside: |case| case.asset.head = None,
        outside: |case| case.asset.head = Some(link(hash(9), None)),
    }
    inv17_a_later_record_continues_the_stored_head by HeadCurrent {
        inside: |case| case.later(Action::Replace),
        outside: |case| { case.later(Action::Replace); case.asset.head = Some(link(hash(8), None)) },
    }
    inv17_a_later_record_needs_a_chain by HeadCurrent {
        inside: |case| case.later(Action::Replace),
        outside: |case| { case.later(Action::Replace); case.asset.head = None },
    }
}

/// The signature of `signer` over the record's core.
fn by(signer: &HybridSigner, record: &ProvenanceRecord) -> HybridSignature {
    signer.sign(&record.manifest.core.signed_bytes())
}

#[test]
fn x2_a_badly_signed_record_does_not_move_the_head() {
    for spoil in [
        (|record| record.manifest.device_sig = by(&STRANGER, record)) as fn(&mut ProvenanceRecord),
        |record| record.manifest.write_sig = by(&STRANGER, record),
    ] {
        let mut case = RecordCase::honest();
        case.spoil = spoil;
        let refusal = case.judge().unwrap_err();
        assert_eq!(refusal.effects, ending());
        assert_eq!(
            (
                refusal.rejection.status(),
                refusal.rejection.code().as_str()
            ),
            (400, "error.upload.envelope_rejected")
        );
    }
}

#[test]
fn a_replace_that_comes_too_early_is_told_so() {
    let mut case = RecordCase::honest();
    case.replace_without(BlobRole::Original);
    let rejection = case.judge().unwrap_err().rejection;
    assert_eq!(
        (rejection.status(), rejection.code().as_str()),
        (409, "error.upload.replace_incomplete")
    );
}

#[test]
fn a_stale_record_is_told_the_stored_head() {
    for head in [Some(hash(8)), None] {
        let mut case = RecordCase::honest();
        case.later(Action::Replace);
        case.asset.head = head.map(|head| link(head, None));
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
        expected.push(Effect::AdvanceHead(Box::new(ChainLink {
            link: Hash::of(&bytes),
            original: Original {
                hash: original(),
                plaintext_size: 10_000,
                nonce_prefix: [1; 7],
            },
            metadata: (formats == Formats::B).then(metadata),
            ..link(hash(0), None)
        })));
        assert_eq!(finalize(&facts, &Policy::default()).unwrap(), expected);
    }
}

#[test]
fn a_lawful_record_is_never_larger_than_its_bound() {
    let mut core = core(Formats::B);
    core.client_version = "x".repeat(bounds::SHORT_TEXT);
    assert!(encoded(core).len() <= bounds::MANIFEST);
}
