//! Lifecycle ops (`wire.md` §1.3, `formats.md` §11, rows 1, 4, 8, 9, 16–18, 22, 24, X1–X3 and X6).

use crate::bound::bounds;
use crate::op_case::{METADATA, OpCase, derivative_blob, head};
use crate::world::{
    NANOSECOND, STRANGER, album, album_facts, days, epochs, frozen, hash, held, intent, metadata,
    now, other_album, stored_original, stranger, time, trashed, upgrade,
};
use gauntlet_validator::server::{AlbumFacts, AssetState, EpochFacts};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::id::{AssetId, DeviceId, Hash};
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::SignedDuration;

const A: Formats = Formats::A;
const B: Formats = Formats::B;

fn update(case: &mut OpCase) {
    *case = OpCase::of(B, Action::MetadataUpdate);
}

fn add(case: &mut OpCase) {
    *case = OpCase::of(B, Action::DerivativeAdd);
}

fn restore(case: &mut OpCase) {
    *case = OpCase::of(B, Action::TrashRestore);
}

fn album_of(case: &mut OpCase) -> &mut AlbumFacts {
    case.facts.album.as_mut().unwrap()
}

fn revoked_at(case: &mut OpCase, at: jiff::Timestamp) {
    case.facts.device.as_mut().unwrap().revoked_at = Some(time(at));
}

/// The account is one byte above its limit since so long, and the update brings new bytes.
fn above_since(case: &mut OpCase, since: SignedDuration) {
    update(case);
    case.policy.quota_hard_limit = Some(0);
    case.facts.quota.used = 1;
    case.facts.quota.exceeded_since = Some(now() - since);
}

/// An update whose metadata was uploaded ahead.
fn update_ahead(case: &mut OpCase, formats: Formats, prior: Option<Hash>) {
    *case = OpCase::of(formats, Action::MetadataUpdate);
    case.metadata = None;
    if formats == B {
        case.commit(Some(metadata()));
    }
    case.facts
        .asset
        .blobs
        .push(held(BlobRole::Metadata, metadata(), prior));
}

bounds! { OpCase;
    metadata_comes_with_an_update_alone by BodyWellFormed {
        inside: update,
        outside: |case| { case.metadata = Some(METADATA.to_vec()); case.commit(Some(Hash::of(METADATA)));
            case.facts.asset.shown_metadata = Some(Hash::of(METADATA)) },
    }
    inv01_the_version_is_inside_the_window by ProtocolInWindow {
        inside: |case| case.policy.min_protocol = ProtocolVersion::B,
        outside: |case| case.policy.max_protocol = ProtocolVersion::A,
    }
    inv02_the_suite_is_in_the_inventory by SuiteKnown {
        inside: |case| assert!(case.policy.suites.contains(&SuiteId::ONE)),
        outside: |case| case.policy.suites.clear(),
    }
    inv16_the_action_is_one_of_the_seven by ActionKnown
        with layers RecordAgrees ActionFits SchemaStated SchemaKnown DerivativeWellFormed DerivativeAgrees
            DeviceSignatureValid WriteSignatureValid DerivativeHeadCurrent BlobsHeld {
        inside: |_| (),
        outside: |case| case.edit(|envelope| envelope.action = "purge".to_owned()),
    }
    a_delete_states_its_retention by RetentionStated with layers RecordAgrees {
        inside: |_| (),
        outside: |case| case.edit(|envelope| envelope.retention_until = None),
    }
    a_delete_states_its_retention_in_rfc_3339 by RetentionStated with layers RecordAgrees {
        inside: |_| (),
        outside: |case| case.edit(|envelope| envelope.retention_until = Some("2026-12-20".to_owned())),
    }
    the_record_is_canonical by RecordWellFormed
        with layers EnvelopeAgrees RecordAgrees MetadataHashMatches DeviceSignatureValid EpochAttested
            WriteSignatureValid HeadCurrent EpochNotRegressed RetentionFloor RestoreInTime BlobsHeld {
        inside: |case| case.bytes = Some(OpCase::of(B, Action::Delete).record()),
        outside: |case| case.bytes = Some([OpCase::of(B, Action::Delete).record(), vec![0]].concat()),
    }
    header_and_envelope_name_one_suite by EnvelopeAgrees {
        inside: |case| case.spoken.suite = None,
        outside: |case| case.spoken.suite = Some(SuiteId(2)),
    }
    header_and_envelope_name_one_version by EnvelopeAgrees with layers AlbumWritable {
        inside: |case| *case = OpCase::of(A, Action::Delete),
        outside: |case| case.spoken.protocol = ProtocolVersion::A,
    }
    path_and_envelope_name_one_album by EnvelopeAgrees {
        inside: |case| case.edit(|envelope| envelope.album_id = None),
        outside: |case| case.edit(|envelope| envelope.album_id = Some(other_album())),
    }
    the_envelope_names_the_original by EnvelopeAgrees {
        inside: |_| (),
        outside: |case| case.edit(|envelope| envelope.ciphertext_hash = hash(1).to_string()),
    }
    the_record_signs_what_the_envelope_says by RecordAgrees {
        inside: |case| case.core.client_version = "gauntlet/2".to_owned(),
        outside: |case| case.edit(|envelope| envelope.client_version = "gauntlet/2".to_owned()),
    }
    the_record_signs_the_album_of_the_path by RecordAgrees {
        inside: |case| case.edit(|envelope| envelope.album_id = None),
        outside: |case| {
            case.edit(|envelope| envelope.album_id = None);
            case.core.album_id = other_album();
        },
    }
    inv16_a_create_rides_an_upload by ActionFits with layers HeadCurrent {
        inside: |_| (),
        outside: |case| {
            *case = OpCase::of(A, Action::MetadataUpdate);
            case.core.action = Action::Create;
            case.core.prior_provenance_hash = None;
            case.metadata = None;
        },
    }
    inv16_a_replace_rides_an_upload by ActionFits {
        inside: update,
        outside: |case| { *case = OpCase::of(A, Action::Replace) },
    }
    inv06_the_album_is_there by AlbumWritable {
        inside: |case| case.facts.album = Some(album_facts(B)),
        outside: |case| case.facts.album = None,
    }
    inv06_the_caller_may_write by AlbumWritable {
        inside: |case| album_of(case).caller_may_write = true,
        outside: |case| album_of(case).caller_may_write = false,
    }
    inv06_the_pin_is_the_version_spoken by AlbumWritable {
        inside: |case| *case = OpCase::of(A, Action::Delete),
        outside: |case| case.facts.album = Some(album_facts(A)),
    }
    inv07_the_device_is_listed by DeviceListed with layers DeviceSignatureValid {
        inside: |case| assert!(case.facts.device.is_some()),
        outside: |case| case.facts.device = None,
    }
    inv07_the_device_joined_before_the_timestamp by DeviceListed {
        inside: |case| case.facts.device.as_mut().unwrap().added_at = "2026-11-20T10:59:59Z".parse().unwrap(),
        outside: |case| case.facts.device.as_mut().unwrap().added_at = "2026-11-20T11:00:00.1Z".parse().unwrap(),
    }
    inv07_the_device_is_the_callers by DeviceListed {
        inside: |_| (),
        outside: |case| case.core.created_by_user = stranger(),
    }
    inv07_the_device_is_not_revoked by DeviceNotRevoked {
        inside: |case| revoked_at(case, now() + NANOSECOND),
        outside: |case| revoked_at(case, now()),
    }
    inv07_nor_will_it_be_before_the_timestamp by DeviceNotRevoked {
        inside: |case| { case.core.timestamp = time(now() + days(2)); revoked_at(case, now() + days(3)) },
        outside: |case| { case.core.timestamp = time(now() + days(2)); revoked_at(case, now() + days(1)) },
    }
    inv08_the_timestamp_is_near_the_servers_clock_ahead by TimestampInRange {
        inside: |case| case.core.timestamp = time(now() + days(30)),
        outside: |case| case.core.timestamp = time(now() + days(30) + NANOSECOND),
    }
    inv08_the_timestamp_is_near_the_servers_clock_behind by TimestampInRange {
        inside: |case| case.core.timestamp = time(now() - days(30)),
        outside: |case| case.core.timestamp = time(now() - days(30) - NANOSECOND),
    }
    a_frozen_album_takes_no_op by AlbumNotFrozen {
        inside: |case| album_of(case).frozen = None,
        outside: |case| album_of(case).frozen = Some(frozen()),
    }
    row18_a_quiescing_album_takes_ops_of_the_ceremony by AlbumNotQuiescing {
        inside: |case| { album_of(case).upgrade = Some(upgrade()); case.intent = Some(intent().to_string()) },
        outside: |case| album_of(case).upgrade = Some(upgrade()),
    }
    row18_an_intent_lapses by AlbumNotQuiescing {
        inside: |case| { album_of(case).upgrade = Some(upgrade()); case.facts.now = upgrade().expires_at },
        outside: |case| { album_of(case).upgrade = Some(upgrade()); case.facts.now = upgrade().expires_at - NANOSECOND },
    }
    x6_the_asset_is_of_this_album by AssetIdOwned {
        inside: |case| case.facts.asset.album = Some(album()),
        outside: |case| case.facts.asset.album = Some(other_album()),
    }
    row1_an_update_states_its_schema by SchemaStated with layers SchemaKnown {
        inside: update,
        outside: |case| { update(case); case.schema.clear() },
    }
    row1_an_update_states_its_schema_once by SchemaStated with layers SchemaKnown {
        inside: update,
        outside: |case| { update(case); case.schema.push("1".to_owned()) },
    }
    row1_an_update_states_its_schema_in_decimal by SchemaStated with layers SchemaKnown {
        inside: update,
        outside: |case| { update(case); case.schema = vec!["01".to_owned()] },
    }
    row1_a_schema_above_the_servers_is_not_taken by SchemaKnown {
        inside: update,
        outside: |case| { update(case); case.schema = vec!["2".to_owned()] },
    }
    row1_there_is_no_schema_zero by SchemaKnown {
        inside: |case| { update(case); case.policy.max_sidecar_schema = 2; case.schema = vec!["2".to_owned()] },
        outside: |case| { update(case); case.schema = vec!["0".to_owned()] },
    }
    a_derivative_op_brings_a_derivative_manifest by DerivativeWellFormed
        with layers DerivativeAgrees DeviceSignatureValid WriteSignatureValid DerivativeHeadCurrent BlobsHeld {
        inside: add,
        outside: |case| { add(case); case.derivative = None },
    }
    a_derivative_manifest_is_canonical by DerivativeWellFormed
        with layers DerivativeAgrees DeviceSignatureValid WriteSignatureValid DerivativeHeadCurrent BlobsHeld {
        inside: |case| { add(case); case.derivative_bytes = case.derivative_manifest() },
        outside: |case| { add(case); case.derivative_bytes = Some(vec![0xa0]) },
    }
    no_other_op_brings_one by DerivativeWellFormed
        with layers DerivativeAgrees DeviceSignatureValid WriteSignatureValid DerivativeHeadCurrent BlobsHeld {
        inside: add,
        outside: |case| {
            let made = OpCase::of(B, Action::DerivativeAdd).derivative;
            case.derivative = made;
        },
    }
    row8_a_derivative_is_of_the_ops_asset by DerivativeAgrees {
        inside: add,
        outside: |case| { add(case); case.made().source_asset_id = AssetId::from_slice(&[0xee; 16]).unwrap() },
    }
    row8_a_derivative_is_of_the_ops_device by DerivativeAgrees {
        inside: add,
        outside: |case| { add(case); case.made().generated_by_device = DeviceId::from_slice(&[8; 16]).unwrap() },
    }
    row8_a_derivative_is_of_the_ops_suite by DerivativeAgrees {
        inside: add,
        outside: |case| { add(case); case.made().crypto_suite_id = SuiteId(2) },
    }
    row8_a_derivative_is_of_a_format_of_its_version by DerivativeAgrees {
        inside: |case| { add(case); case.made().format = "image/jxl".parse().unwrap() },
        outside: |case| {
            *case = OpCase::of(A, Action::DerivativeAdd);
            case.made().format = "image/jxl".parse().unwrap();
        },
    }
    inv25_the_metadata_that_comes_along_is_the_one_committed_to by MetadataHashMatches {
        inside: update,
        outside: |case| { update(case); case.metadata = Some(b"another sidecar".to_vec()) },
    }
    inv25_the_record_commits_to_what_the_envelope_names by MetadataHashMatches {
        inside: |case| case.commit(Some(hash(0xc0))),
        outside: |case| case.edit(|envelope| envelope.metadata_blob_hash = Some(hash(0xc0))),
    }
    x1_the_device_signed by DeviceSignatureValid {
        inside: |_| (),
        outside: |case| case.device_signer = &STRANGER,
    }
    x1_the_device_signed_the_derivative_too by DeviceSignatureValid {
        inside: add,
        outside: |case| { add(case); case.derivative_device_signer = &STRANGER },
    }
    x1_the_write_tier_signed by WriteSignatureValid {
        inside: |_| (),
        outside: |case| case.write_signer = &STRANGER,
    }
    x1_the_write_tier_signed_the_derivative_too by WriteSignatureValid {
        inside: add,
        outside: |case| { add(case); case.derivative_write_signer = &STRANGER },
    }
    inv18_the_ledger_attests_the_epoch by EpochAttested with layers WriteSignatureValid {
        inside: |_| (),
        outside: |case| case.facts.epochs.write_tier = None,
    }
    inv18_an_album_without_a_ledger_attests_nothing by EpochAttested with layers WriteSignatureValid {
        inside: |_| (),
        outside: |case| case.facts.epochs = EpochFacts::default(),
    }
    inv18_the_epoch_is_not_below_the_highest_accepted by EpochNotRegressed {
        inside: |case| case.facts.epochs = epochs(),
        outside: |case| case.facts.epochs.accepted = Some(2),
    }
    inv17_an_op_continues_the_head by HeadCurrent {
        inside: |case| case.core.prior_provenance_hash = Some(head()),
        outside: |case| case.core.prior_provenance_hash = Some(hash(8)),
    }
    inv17_an_op_needs_a_chain by HeadCurrent with layers BlobsHeld {
        inside: |_| (),
        outside: |case| case.facts.asset = gauntlet_validator::server::AssetFacts::default(),
    }
    row22_a_delete_is_not_deleted_again by HeadCurrent {
        inside: |_| (),
        outside: |case| case.facts.asset.state = trashed(),
    }
    row4_an_update_does_not_revive by HeadCurrent {
        inside: update,
        outside: |case| { update(case); case.facts.asset.state = trashed() },
    }
    row4_a_tombstone_is_not_restored by HeadCurrent with layers RestoreInTime {
        inside: restore,
        outside: |case| { restore(case); case.facts.asset.state = AssetState::Purged },
    }
    x3_a_delete_can_be_taken_back_for_the_floor by RetentionFloor {
        inside: |case| case.core.retention_until = Some(time(now() + days(1))),
        outside: |case| case.core.retention_until = Some(time(now() + days(1) - NANOSECOND)),
    }
    x3_the_floor_is_the_deployments by RetentionFloor {
        inside: |case| { case.policy.retention_floor = days(3); case.core.retention_until = Some(time(now() + days(3))) },
        outside: |case| { case.policy.retention_floor = days(3); case.core.retention_until = Some(time(now() + days(2))) },
    }
    row9_the_floor_is_of_the_servers_clock by RetentionFloor {
        inside: |case| {
            case.core.timestamp = time(now() - days(29));
            case.core.retention_until = Some(time(now() + days(1)));
        },
        outside: |case| {
            case.core.timestamp = time(now() - days(29));
            case.core.retention_until = Some(time(now() - days(1)));
        },
    }
    a_restore_comes_while_the_delete_can_be_taken_back by RestoreInTime {
        inside: |case| { restore(case); case.facts.asset.state = until(now() + NANOSECOND) },
        outside: |case| { restore(case); case.facts.asset.state = until(now()) },
    }
    x3_a_restore_comes_while_the_floor_demands by RestoreInTime {
        inside: |case| { restore(case); case.facts.asset.state = since(now() - days(1) + NANOSECOND) },
        outside: |case| { restore(case); case.facts.asset.state = since(now() - days(1)) },
    }
    what_is_not_deleted_is_not_restored by RestoreInTime {
        inside: restore,
        outside: |case| { restore(case); case.facts.asset.state = AssetState::Live },
    }
    row8_a_derivative_is_added_once by DerivativeHeadCurrent {
        inside: add,
        outside: |case| { add(case); case.facts.derivative_head = Some(hash(0xd1)) },
    }
    row8_a_derivative_replace_continues_the_head by DerivativeHeadCurrent {
        inside: |case| *case = OpCase::of(B, Action::DerivativeReplace),
        outside: |case| {
            *case = OpCase::of(B, Action::DerivativeReplace);
            case.facts.derivative_head = Some(hash(0xd2));
        },
    }
    row8_a_derivative_replace_needs_a_chain by DerivativeHeadCurrent {
        inside: |case| *case = OpCase::of(B, Action::DerivativeReplace),
        outside: |case| {
            *case = OpCase::of(B, Action::DerivativeReplace);
            case.facts.derivative_head = None;
            case.made().prior_provenance_hash = None;
        },
    }
    row8_an_add_does_not_pass_for_a_replace by DerivativeHeadCurrent {
        inside: add,
        outside: |case| {
            *case = OpCase::of(B, Action::DerivativeReplace);
            case.core.action = Action::DerivativeAdd;
        },
    }
    the_write_that_an_op_continues_is_shown by BlobsHeld {
        inside: |case| case.facts.asset.head_shown = true,
        outside: |case| case.facts.asset.head_shown = false,
    }
    an_op_leaves_the_original by BlobsHeld {
        inside: |_| (),
        outside: |case| case.core.ciphertext_hash = hash(0xa1),
    }
    an_op_leaves_the_length_of_the_original by BlobsHeld {
        inside: |_| (),
        outside: |case| case.core.plaintext_size += 1,
    }
    an_op_leaves_the_nonce_prefix_of_the_original by BlobsHeld {
        inside: |case| case.core.nonce_prefix = stored_original().nonce_prefix,
        outside: |case| case.core.nonce_prefix = [5; 7],
    }
    an_op_other_than_an_update_leaves_the_metadata by BlobsHeld {
        inside: |case| case.commit(Some(hash(0xc0))),
        outside: |case| case.commit(Some(hash(0xc1))),
    }
    an_update_without_a_blob_names_one_that_is_held by BlobsHeld {
        inside: |case| update_ahead(case, B, None),
        outside: |case| { update_ahead(case, B, None); case.commit(Some(hash(0xc1))) },
    }
    in_version_a_an_update_without_a_blob_has_one_brought_for_it by BlobsHeld {
        inside: |case| update_ahead(case, A, Some(head())),
        outside: |case| update_ahead(case, A, Some(hash(8))),
    }
    a_derivative_is_held by BlobsHeld {
        inside: |case| { add(case); case.facts.asset.blobs = vec![held(BlobRole::Derivative, derivative_blob(), None)] },
        outside: |case| { add(case); case.facts.asset.blobs = vec![held(BlobRole::Original, derivative_blob(), None)] },
    }
    metadata_grows_for_as_long_as_the_grace by QuotaInGrace {
        inside: |case| above_since(case, days(14)),
        outside: |case| above_since(case, days(14) + NANOSECOND),
    }
    bytes_that_are_charged_already_are_no_growth by QuotaInGrace {
        inside: |case| { above_since(case, days(15)); case.facts.quota.charged = true },
        outside: |case| above_since(case, days(15)),
    }
    metadata_that_was_uploaded_before_is_no_growth by QuotaInGrace {
        inside: |case| {
            above_since(case, days(15));
            case.metadata = None;
            case.facts.asset.blobs.push(held(BlobRole::Metadata, Hash::of(METADATA), None));
        },
        outside: |case| above_since(case, days(15)),
    }
}

/// In the trash for long, to be taken back until then.
fn until(until: jiff::Timestamp) -> AssetState {
    AssetState::Trashed {
        since: now() - days(50),
        until,
    }
}

/// In the trash since then, by a delete that wished to be final at once.
fn since(since: jiff::Timestamp) -> AssetState {
    AssetState::Trashed {
        since,
        until: since,
    }
}

#[test]
fn an_account_above_its_limit_for_ever_still_deletes_and_restores() {
    use crate::bound::Surface;
    for action in [Action::Delete, Action::TrashRestore] {
        let mut case = OpCase::of(B, action);
        case.policy.quota_hard_limit = Some(0);
        case.facts.quota.used = u64::MAX;
        case.facts.quota.exceeded_since = Some(now() - days(1000));
        assert!(case.judge().is_ok());
    }
}
