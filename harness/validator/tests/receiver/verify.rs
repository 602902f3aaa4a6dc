//! `verify_asset`, rule by rule.

use crate::bound::bounds;
use crate::verify_case::VerifyCase;
use crate::world::{
    AMK, FIRST_TIER, NANOSECOND, PHONE, SECOND_TIER, STRANGER, TABLET, album, alice, asset, bob,
    days, ledger, mixed, now, other_album, other_asset, phone, tablet, time, version,
};
use gauntlet_crypto::kdf::Key32;
use gauntlet_crypto::wrap::wrap_file_key;
use gauntlet_validator::receiver::{Evidence, ReachedEpoch, Removal, Verdict};
use gauntlet_wire::cbor::Value;
use gauntlet_wire::enums::{Action, KeyMode};
use gauntlet_wire::id::DeviceId;
use gauntlet_wire::reason::Reason;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::SignedDuration;
use std::sync::Arc;

/// The rules that read a decoded record.
const DECODED: &[Reason] = &[
    Reason::AssetMismatch,
    Reason::AlbumMismatch,
    Reason::PinMismatch,
    Reason::DeviceUnlisted,
    Reason::DeviceAddedLater,
    Reason::DeviceRevoked,
    Reason::BeyondAttested,
    Reason::HalfInvalid,
    Reason::DeviceSignatureInvalid,
    Reason::WriterRemoved,
    Reason::WrongEpoch,
    Reason::ReaderSigned,
    Reason::EventRepeated,
    Reason::StaleRevival,
    Reason::TombstoneRevived,
    Reason::NothingToRestore,
    Reason::EpochRegressed,
    Reason::SuiteDowngrade,
    Reason::NonceReused,
    Reason::BeyondAction,
    Reason::WrappedKeyInvalid,
];

/// The same, and that the record is well formed.
const WELL_FORMED: &[Reason] = &{
    let mut reasons = [Reason::Malformed; 22];
    let mut at = 0;
    while at < 21 {
        reasons[at + 1] = DECODED[at];
        at += 1;
    }
    reasons
};

/// The same, and the rules that read any canonical CBOR.
const CANONICAL: &[Reason] = &{
    let mut reasons = [Reason::SuiteUnknown; 26];
    reasons[1] = Reason::ProtocolUnsupported;
    reasons[2] = Reason::EnumUnknown;
    reasons[3] = Reason::PriorMissing;
    let mut at = 0;
    while at < 22 {
        reasons[at + 4] = WELL_FORMED[at];
        at += 1;
    }
    reasons
};

bounds! { VerifyCase;
    a_record_is_canonical by NotCanonical with CANONICAL {
        inside: |case| case.trailing = vec![],
        outside: |case| case.trailing = vec![0xf6],
    }
    row12_a_suite_is_of_the_inventory by SuiteUnknown {
        inside: |case| case.policy.suites.push(SuiteId::FICTIVE),
        outside: |case| case.core.crypto_suite_id = SuiteId(0x7fff),
    }
    inv03_a_version_is_not_above_the_window by ProtocolUnsupported {
        inside: |case| case.policy.max_protocol = ProtocolVersion::B,
        outside: |case| case.policy.max_protocol = ProtocolVersion::A,
    }
    inv03_nor_below_it by ProtocolUnsupported {
        inside: |case| case.policy.min_protocol = ProtocolVersion::B,
        outside: |case| {
            *case = VerifyCase::of(Formats::A);
            case.policy.min_protocol = ProtocolVersion::B;
        },
    }
    inv04_an_action_is_of_its_enum by EnumUnknown with WELL_FORMED {
        inside: |case| case.over(&[], Action::MetadataUpdate),
        outside: |case| {
            case.over(&[], Action::MetadataUpdate);
            case.fields = vec![("action", "purge".into())];
        },
    }
    inv04_a_key_mode_is_of_its_enum by EnumUnknown with WELL_FORMED {
        inside: |case| case.fields = vec![("key_mode", "derived".into())],
        outside: |case| case.fields = vec![("key_mode", "plain".into())],
    }
    what_is_no_create_states_a_prior by PriorMissing with WELL_FORMED {
        inside: |case| case.over(&[], Action::Replace),
        outside: |case| {
            case.over(&[], Action::Replace);
            case.fields = vec![("prior_provenance_hash", Value::Null)];
        },
    }
    a_record_has_the_structure_of_one by Malformed with DECODED {
        inside: |case| case.fields = vec![("plaintext_size", Value::Unsigned(10_000))],
        outside: |case| case.fields = vec![("plaintext_size", "10000".into())],
    }
    an_unknown_key_in_a_core_is_refused by Malformed with DECODED {
        inside: |_| (),
        outside: |case| case.fields = vec![("nota", Value::Null)],
    }
    tampered_key_modes_need_a_key by Malformed with DECODED {
        inside: wrapped,
        outside: |case| case.fields = vec![("key_mode", "wrapped".into())],
    }
    row04_a_record_is_of_its_asset by AssetMismatch {
        inside: |case| case.facts.asset = asset(),
        outside: |case| case.facts.asset = other_asset(),
    }
    row04_a_record_is_of_its_album by AlbumMismatch {
        inside: |case| case.album().album = album(),
        outside: |case| case.album().album = other_album(),
    }
    an_album_keeps_its_version by PinMismatch {
        inside: |case| case.album().pin = version(Formats::B),
        outside: |case| {
            *case = VerifyCase::of(Formats::A);
            case.album().pin = version(Formats::B);
        },
    }
    row20_a_device_is_listed by DeviceUnlisted
        with [DeviceAddedLater DeviceRevoked HalfInvalid DeviceSignatureInvalid] {
        inside: |case| case.core.created_by_device = phone(),
        outside: |case| case.core.created_by_device = DeviceId::from_slice(&[9; 16]).unwrap(),
    }
    row20_a_device_is_its_users by DeviceUnlisted
        with [DeviceAddedLater DeviceRevoked HalfInvalid DeviceSignatureInvalid] {
        inside: |case| bobs(case),
        outside: |case| { bobs(case); case.core.created_by_user = alice() },
    }
    row24_a_user_has_a_directory by DeviceUnlisted
        with [DeviceAddedLater DeviceRevoked HalfInvalid DeviceSignatureInvalid] {
        inside: |case| assert!(case.album().directories.remove(&bob()).is_some()),
        outside: |case| assert!(case.album().directories.remove(&alice()).is_some()),
    }
    row24_a_device_joined_before_it_wrote by DeviceAddedLater {
        inside: |case| case.entry().added_at = time(written(case) - NANOSECOND),
        outside: |case| case.entry().added_at = time(written(case) + NANOSECOND),
    }
    a_revoked_device_had_written_before by DeviceRevoked {
        inside: |case| revoked(case, NANOSECOND),
        outside: |case| revoked(case, SignedDuration::ZERO),
    }
    row20_a_backdated_record_of_a_revoked_device_has_no_evidence by DeviceRevoked {
        inside: |case| { revoked(case, days(1)); case.facts.evidence.held = true },
        outside: |case| { revoked(case, days(1)); case.facts.evidence.held = false },
    }
    a_receipt_is_older_than_the_revocation by DeviceRevoked {
        inside: |case| {
            revoked(case, days(1));
            case.facts.evidence = receipted(written(case) + days(1) - NANOSECOND);
        },
        outside: |case| {
            revoked(case, days(1));
            case.facts.evidence = receipted(written(case) + days(1));
        },
    }
    row32_no_epoch_beyond_the_attested by BeyondAttested
        with [HalfInvalid WrongEpoch ReaderSigned] {
        inside: |case| case.core.amk_version = 2,
        outside: |case| case.core.amk_version = 3,
    }
    row32_far_beyond by BeyondAttested with [HalfInvalid WrongEpoch ReaderSigned] {
        inside: |_| (),
        outside: |case| case.core.amk_version = u32::MAX,
    }
    row32_without_a_ledger_no_epoch by BeyondAttested with [HalfInvalid WrongEpoch ReaderSigned] {
        inside: |_| (),
        outside: |case| case.album().ledger = None,
    }
    row05_the_device_signs_with_its_first_half by HalfInvalid with [DeviceSignatureInvalid] {
        inside: |case| case.spoil = |record| record.manifest.device_sig.ed[0] ^= 0,
        outside: |case| case.spoil = |record| record.manifest.device_sig.ed[0] ^= 1,
    }
    row05_and_with_its_second by HalfInvalid with [DeviceSignatureInvalid] {
        inside: |case| case.spoil = |record| record.manifest.device_sig.ml[0] ^= 0,
        outside: |case| case.spoil = |record| record.manifest.device_sig.ml[0] ^= 1,
    }
    row05_the_write_tier_signs_with_its_first_half by HalfInvalid with [ReaderSigned] {
        inside: |case| case.spoil = |record| record.manifest.write_sig.ed[0] ^= 0,
        outside: |case| case.spoil = |record| record.manifest.write_sig.ed[0] ^= 1,
    }
    row05_and_with_its_second_too by HalfInvalid with [ReaderSigned] {
        inside: |case| case.spoil = |record| record.manifest.write_sig.ml[0] ^= 0,
        outside: |case| case.spoil = |record| record.manifest.write_sig.ml[0] ^= 1,
    }
    row05_a_listed_key_of_two_keys_verifies_nothing by HalfInvalid with [DeviceSignatureInvalid] {
        inside: |_| (),
        outside: |case| case.entry().dsk_public = mixed(&STRANGER, &PHONE),
    }
    x1_a_record_is_signed_by_its_device by DeviceSignatureInvalid {
        inside: |case| case.device = &PHONE,
        outside: |case| case.device = &STRANGER,
    }
    x2_a_signature_is_of_its_core by DeviceSignatureInvalid with [ReaderSigned] {
        inside: |_| (),
        outside: |case| case.spoil = |record| record.manifest.core.plaintext_size += 1,
    }
    row05_a_version_is_inside_what_is_signed by DeviceSignatureInvalid with [ReaderSigned] {
        inside: |_| (),
        outside: |case| {
            let earlier: ProtocolVersion = "2026-11-02".parse().unwrap();
            case.policy.max_protocol = earlier;
            case.album().pin = earlier;
            case.fields = vec![("protocol_version", "2026-11-02".into())];
        },
    }
    row05_a_suite_is_inside_what_is_signed by DeviceSignatureInvalid with [ReaderSigned] {
        inside: |_| (),
        outside: |case| {
            case.policy.suites.push(SuiteId::FICTIVE);
            case.fields = vec![("crypto_suite_id", 2u16.into())];
        },
    }
    tampered_key_modes_are_inside_what_is_signed by DeviceSignatureInvalid with [ReaderSigned] {
        inside: wrapped,
        outside: |case| {
            wrapped(case);
            case.fields = vec![("key_mode", "derived".into()), ("wrapped_file_key", Value::Null)];
        },
    }
    row17_a_removed_writer_cites_no_later_epoch by WriterRemoved {
        inside: |case| removed(case, 3, Evidence { held: true, receipted_at: None }),
        outside: |case| removed(case, 2, Evidence { held: true, receipted_at: None }),
    }
    row17_a_removed_writer_does_not_backdate by WriterRemoved {
        inside: |case| removed(case, 3, receipted(now() - days(1) - NANOSECOND)),
        outside: |case| removed(case, 3, receipted(now() - days(1))),
    }
    row17_an_old_key_signs_no_new_epoch by WrongEpoch with [ReaderSigned] {
        inside: |case| case.tier = &SECOND_TIER,
        outside: |case| case.tier = &FIRST_TIER,
    }
    row17_a_new_key_signs_no_old_epoch by WrongEpoch with [ReaderSigned] {
        inside: |case| { first_epoch(case); case.tier = &FIRST_TIER },
        outside: |case| { first_epoch(case); case.tier = &SECOND_TIER },
    }
    a_reader_signs_nothing by ReaderSigned {
        inside: |_| (),
        outside: |case| case.tier = &PHONE,
    }
    the_key_of_an_epoch_is_the_ledgers by ReaderSigned {
        inside: |_| (),
        outside: |case| {
            let ledger = case.album().ledger.as_mut().unwrap();
            ledger.entries[1].write_tier_pub = STRANGER.public().clone();
        },
    }
    a_wrapped_key_opens by WrappedKeyInvalid {
        inside: wrapped,
        outside: |case| {
            wrapped(case);
            case.core.b.as_mut().unwrap().wrapped_file_key.as_mut().unwrap()[59] ^= 1;
        },
    }
    a_wrapped_key_is_of_its_file by WrappedKeyInvalid {
        inside: wrapped,
        outside: |case| {
            let key = wrap_file_key(&AMK, other_asset(), &[3; 12], &Key32::from_bytes([4; 32]));
            wrapped(case);
            case.core.b.as_mut().unwrap().wrapped_file_key = Some(key);
        },
    }
    a_wrapped_key_is_of_its_epoch by WrappedKeyInvalid {
        inside: wrapped,
        outside: |case| { wrapped(case); case.album().keys.insert(2, [0; 32]); },
    }
}

/// When the record says that it was written.
fn written(case: &VerifyCase) -> jiff::Timestamp {
    case.core.timestamp.instant()
}

pub(crate) fn receipted(at: jiff::Timestamp) -> Evidence {
    Evidence {
        held: false,
        receipted_at: Some(at),
    }
}

/// By Bob's tablet.
fn bobs(case: &mut VerifyCase) {
    (case.core.created_by_user, case.core.created_by_device) = (bob(), tablet());
    case.device = &TABLET;
}

/// By a device that was revoked so long after it wrote; the client holds the record.
fn revoked(case: &mut VerifyCase, later: SignedDuration) {
    case.entry().revoked_at = Some(time(written(case) + later));
    case.facts.evidence.held = true;
}

/// By an author who was removed yesterday, by this epoch.
fn removed(case: &mut VerifyCase, epoch: u32, evidence: Evidence) {
    let at = now() - days(1);
    case.album().removals.insert(alice(), Removal { epoch, at });
    case.facts.evidence = evidence;
}

/// Cites epoch 1, which is all that the album has reached.
pub(crate) fn first_epoch(case: &mut VerifyCase) {
    case.core.amk_version = 1;
    case.facts.reached = reached(1);
}

pub(crate) fn reached(epoch: u32) -> Option<ReachedEpoch> {
    let since = now() - days(10);
    Some(ReachedEpoch { epoch, since })
}

/// A create with a wrapped key.
fn wrapped(case: &mut VerifyCase) {
    let key = wrap_file_key(&AMK, asset(), &[3; 12], &Key32::from_bytes([4; 32]));
    let b = case.core.b.as_mut().unwrap();
    (b.key_mode, b.wrapped_file_key) = (KeyMode::Wrapped, Some(key));
}

#[test]
fn a_writer_who_was_removed_later_stays_accepted() {
    let mut case = VerifyCase::of(Formats::B);
    removed(
        &mut case,
        3,
        Evidence {
            held: true,
            receipted_at: None,
        },
    );
    assert!(matches!(case.verdict(), Verdict::Accept(_)));
}

#[test]
fn row12_nothing_behind_an_unknown_suite_is_read() {
    let mut case = VerifyCase::of(Formats::B);
    case.fields = vec![
        ("crypto_suite_id", Value::Unsigned(0x7fff)),
        ("action", "teleport".into()),
        ("nonce_prefix", Value::Null),
        ("flux", true.into()),
    ];
    let Verdict::Reject(rejection) = case.verdict() else {
        panic!("{:?}", case.verdict());
    };
    assert_eq!(rejection.reason, Reason::SuiteUnknown);
}

#[test]
fn a_ledger_of_version_a_may_leave_epochs_out() {
    let mut case = VerifyCase::of(Formats::A);
    let tiers: [&gauntlet_crypto::sign::HybridSigner; 3] = [&FIRST_TIER, &FIRST_TIER, &SECOND_TIER];
    let mut ledger = ledger(Formats::A, album(), &crate::world::ADMIN, &tiers);
    ledger.entries.remove(1);
    case.album().ledger = Some(ledger);
    case.facts.reached = None;
    let Verdict::Reject(rejection) = case.verdict() else {
        panic!("{:?}", case.verdict());
    };
    assert_eq!(rejection.reason, Reason::BeyondAttested);
    case.core.amk_version = 3;
    Arc::make_mut(&mut case.facts.album).keys.insert(3, AMK);
    assert!(
        matches!(case.verdict(), Verdict::Accept(_)),
        "{:?}",
        case.verdict()
    );
}
