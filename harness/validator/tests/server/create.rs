//! The bounds of an opening (`wire.md` §1.3, invariants 1–8, 16, 17 and 25, rows 10, 18 and X6).

use crate::bound::bounds;
use crate::create_case::CreateCase;
use crate::world::{
    NANOSECOND, album, album_facts, asset, caller, days, frozen, hash, intent, link, metadata, now,
    original, other_album, stranger, trashed, upgrade, upload,
};
use gauntlet_validator::server::{AlbumFacts, AssetState, Duplicate};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::version::{Formats, SuiteId};
use jiff::SignedDuration;

const DIGITS: &str = "abababababababababababababababababababababababababababababababab";

bounds! { CreateCase;
    inv01_the_body_may_speak_the_oldest_version_but_none_before by ProtocolInWindow {
        inside: |case| case.protocol("2026-05-31"),
        outside: |case| case.protocol("2026-05-30"),
    }
    inv01_the_body_may_speak_the_newest_version_but_none_after by ProtocolInWindow {
        inside: |case| case.protocol("2026-11-01"),
        outside: |case| case.protocol("2026-11-02"),
    }
    inv02_the_suite_is_in_the_inventory by SuiteKnown {
        inside: |case| case.suite(1),
        outside: |case| case.suite(2),
    }
    inv02_a_suite_is_known_because_the_inventory_lists_it by SuiteKnown {
        inside: |case| { case.suite(2); case.policy.suites.insert(SuiteId::FICTIVE); },
        outside: |case| case.suite(0),
    }
    inv03_a_hash_has_64_characters_and_not_63 by HashWellFormed {
        inside: |case| case.hash(DIGITS),
        outside: |case| case.hash(DIGITS.trim_end_matches('b')),
    }
    inv03_a_hash_has_64_characters_and_not_66 by HashWellFormed {
        inside: |case| case.hash(DIGITS),
        outside: |case| case.hash(&(DIGITS.to_owned() + "ab")),
    }
    inv03_a_hash_is_lowercase by HashWellFormed {
        inside: |case| case.hash(DIGITS),
        outside: |case| case.hash(&DIGITS.replacen('a', "A", 1)),
    }
    inv03_a_hash_is_hex by HashWellFormed {
        inside: |case| case.hash(&DIGITS.replace('b', "f")),
        outside: |case| case.hash(&DIGITS.replace('b', "g")),
    }
    inv04_a_blob_has_at_least_one_byte by SizePositive {
        inside: |case| case.request.body.size = 1,
        outside: |case| case.request.body.size = 0,
    }
    inv04_a_blob_may_be_as_large_as_the_maximum by SizeWithinMax {
        inside: |case| case.request.body.size = case.policy.max_file_size,
        outside: |case| case.request.body.size = case.policy.max_file_size + 1,
    }
    inv05_a_content_type_is_spelled_exactly by ContentTypeKnown {
        inside: |case| case.request.body.content_type = "image/jpeg".to_owned(),
        outside: |case| case.request.body.content_type = "image/jpeg; q=1".to_owned(),
    }
    inv05_a_content_type_is_one_of_the_closed_set by ContentTypeKnown {
        inside: |case| case.request.body.content_type = "image/x-adobe-dng".to_owned(),
        outside: |case| case.request.body.content_type = "application/pdf".to_owned(),
    }
    inv05_jpeg_xl_came_with_version_b by ContentTypeKnown {
        inside: |case| case.request.body.content_type = "image/jxl".to_owned(),
        outside: |case| {
            *case = CreateCase::of(Formats::A);
            case.request.body.content_type = "image/jxl".to_owned();
        },
    }
    inv05_webm_came_with_version_b by ContentTypeKnown {
        inside: |case| case.request.body.content_type = "video/webm".to_owned(),
        outside: |case| {
            *case = CreateCase::of(Formats::A);
            case.request.body.content_type = "video/webm".to_owned();
        },
    }
    inv06_an_album_exists by AlbumWritable {
        inside: |case| assert!(case.facts.album.is_some()),
        outside: |case| case.facts.album = None,
    }
    inv06_the_caller_may_write_to_the_album by AlbumWritable {
        inside: |case| case.facts.album = Some(album_facts(Formats::B)),
        outside: |case| case.facts.album = Some(AlbumFacts { caller_may_write: false, ..album_facts(Formats::B) }),
    }
    inv06_the_pin_of_the_album_is_the_version_spoken by AlbumWritable {
        inside: |case| *case = CreateCase::of(Formats::A),
        outside: |case| case.facts.album = Some(album_facts(Formats::A)),
    }
    inv06_an_album_is_named_in_body_or_envelope by AlbumWritable {
        inside: |case| case.request.body.album_id = None,
        outside: |case| {
            case.request.body.album_id = None;
            case.request.body.manifest_envelope.album_id = None;
        },
    }
    inv07_the_device_is_in_the_published_directory by DeviceListed {
        inside: |case| assert!(case.facts.device.is_some()),
        outside: |case| case.facts.device = None,
    }
    inv07_the_device_joined_before_the_timestamp by DeviceListed {
        inside: |case| { case.written_at(now()); case.device_added_at(now() - NANOSECOND) },
        outside: |case| { case.written_at(now()); case.device_added_at(now() + NANOSECOND) },
    }
    inv07_the_device_is_not_revoked_by_the_servers_clock by DeviceNotRevoked {
        inside: |case| case.device_revoked_at(now() + NANOSECOND),
        outside: |case| case.device_revoked_at(now()),
    }
    inv07_a_timestamp_ahead_of_the_clock_does_not_outlive_the_device by DeviceNotRevoked {
        inside: |case| { case.written_at(now() + days(2)); case.device_revoked_at(now() + days(2) + NANOSECOND) },
        outside: |case| { case.written_at(now() + days(2)); case.device_revoked_at(now() + days(2)) },
    }
    inv07_the_device_is_the_callers by DeviceListed {
        inside: |case| case.request.body.manifest_envelope.created_by_user = caller(),
        outside: |case| case.request.body.manifest_envelope.created_by_user = stranger(),
    }
    inv08_a_timestamp_is_at_most_thirty_days_old by TimestampInRange {
        inside: |case| case.written_at(now() - days(30)),
        outside: |case| case.written_at(now() - days(30) - NANOSECOND),
    }
    inv08_a_timestamp_is_at_most_thirty_days_ahead by TimestampInRange {
        inside: |case| case.written_at(now() + days(30)),
        outside: |case| case.written_at(now() + days(30) + NANOSECOND),
    }
    inv08_the_drift_is_the_deployments by TimestampInRange {
        inside: |case| case.policy.timestamp_drift = SignedDuration::from_hours(1),
        outside: |case| case.policy.timestamp_drift = SignedDuration::from_hours(1) - NANOSECOND,
    }
    inv08_a_timestamp_is_a_time by TimestampInRange with layers DeviceListed {
        inside: |case| case.request.body.manifest_envelope.timestamp = "2026-11-20T12:00:59Z".to_owned(),
        outside: |case| case.request.body.manifest_envelope.timestamp = "2026-11-20T12:00:60Z".to_owned(),
    }
    a_blob_role_is_one_of_the_closed_set by BodyWellFormed {
        inside: |case| case.request.body.blob_role = "backup".to_owned(),
        outside: |case| case.request.body.blob_role = "Backup".to_owned(),
    }
    a_chunk_has_one_size by BodyWellFormed {
        inside: |case| case.request.body.manifest_envelope.chunk_size = 65_520,
        outside: |case| case.request.body.manifest_envelope.chunk_size = 65_519,
    }
    a_client_version_has_128_bytes_and_not_129 by BodyWellFormed {
        inside: |case| case.request.body.manifest_envelope.client_version = "v".repeat(128),
        outside: |case| case.request.body.manifest_envelope.client_version = "v".repeat(129),
    }
    a_retention_comes_with_a_delete_alone by BodyWellFormed {
        inside: |case| case.request.body.manifest_envelope.retention_until = None,
        outside: |case| case.request.body.manifest_envelope.retention_until = Some("2026-12-20T12:00:00Z".to_owned()),
    }
    a_replace_names_its_original by BodyWellFormed {
        inside: |case| case.replaces(BlobRole::Metadata),
        outside: |case| {
            case.replaces(BlobRole::Metadata);
            case.request.body.manifest_envelope.original_blob_hash = None;
        },
    }
    inv16_an_action_is_one_of_the_seven by ActionKnown with layers ActionFits {
        inside: |case| case.request.body.manifest_envelope.action = "create".to_owned(),
        outside: |case| case.request.body.manifest_envelope.action = "creat".to_owned(),
    }
    inv16_metadata_may_come_ahead_of_an_update_and_an_original_not by ActionFits {
        inside: |case| case.ahead_of(Action::MetadataUpdate, BlobRole::Metadata),
        outside: |case| case.ahead_of(Action::MetadataUpdate, BlobRole::Original),
    }
    inv16_a_derivative_may_come_ahead_of_its_op_and_metadata_not by ActionFits {
        inside: |case| case.ahead_of(Action::DerivativeReplace, BlobRole::Derivative),
        outside: |case| case.ahead_of(Action::DerivativeReplace, BlobRole::Metadata),
    }
    inv16_a_delete_uploads_nothing by ActionFits {
        inside: |case| case.ahead_of(Action::DerivativeAdd, BlobRole::Derivative),
        outside: |case| case.ahead_of(Action::Delete, BlobRole::Provenance),
    }
    inv16_a_restore_uploads_nothing by ActionFits {
        inside: |case| case.ahead_of(Action::Replace, BlobRole::Original),
        outside: |case| case.ahead_of(Action::TrashRestore, BlobRole::Provenance),
    }
    inv25_a_metadata_blob_is_the_one_committed_to by MetadataHashMatches {
        inside: |case| case.role(BlobRole::Metadata, metadata()),
        outside: |case| case.role(BlobRole::Metadata, hash(1)),
    }
    inv25_is_of_version_b by MetadataHashMatches {
        inside: |case| { *case = CreateCase::of(Formats::A); case.role(BlobRole::Metadata, hash(1)) },
        outside: |case| {
            case.role(BlobRole::Metadata, metadata());
            case.request.body.manifest_envelope.metadata_blob_hash = None;
        },
    }
    an_original_is_the_one_that_the_envelope_names by EnvelopeAgrees {
        inside: |case| case.request.body.manifest_envelope.original_blob_hash = Some(original()),
        outside: |case| case.request.body.manifest_envelope.original_blob_hash = Some(hash(1)),
    }
    an_album_that_was_upgraded_takes_nothing by AlbumNotFrozen {
        inside: |case| case.album().frozen = None,
        outside: |case| case.album().frozen = Some(frozen()),
    }
    a_quiescing_album_takes_what_names_its_intent by AlbumNotQuiescing {
        inside: |case| {
            case.album().upgrade = Some(upgrade());
            case.request.body.intent_id = Some(intent().to_string());
        },
        outside: |case| case.album().upgrade = Some(upgrade()),
    }
    a_quiescing_album_takes_nothing_that_names_another_intent by AlbumNotQuiescing {
        inside: |case| case.request.body.intent_id = Some("none".to_owned()),
        outside: |case| {
            case.album().upgrade = Some(upgrade());
            case.request.body.intent_id = Some(asset().to_string());
        },
    }
    a_quiescing_album_lets_an_open_session_run_to_its_end by AlbumNotQuiescing {
        inside: |case| {
            case.album().upgrade = Some(upgrade());
            case.facts.duplicate = Some(Duplicate::Active { id: upload(), received: 0 });
        },
        outside: |case| {
            case.album().upgrade = Some(upgrade());
            case.facts.duplicate = None;
        },
    }
    an_intent_lapses_by_the_servers_clock by AlbumNotQuiescing {
        inside: |case| { case.album().upgrade = Some(upgrade()); case.facts.now = upgrade().expires_at },
        outside: |case| {
            case.album().upgrade = Some(upgrade());
            case.facts.now = upgrade().expires_at - NANOSECOND;
        },
    }
    x6_an_asset_id_is_of_one_album_for_ever by AssetIdOwned {
        inside: |case| case.facts.asset.album = Some(album()),
        outside: |case| case.facts.asset.album = Some(other_album()),
    }
    inv17_the_original_of_a_create_may_come_after_its_record by HeadCurrent {
        inside: |case| case.after_own_record(original(), None),
        outside: |case| case.after_own_record(hash(1), None),
    }
    inv17_the_metadata_of_a_create_may_come_after_its_record by HeadCurrent {
        inside: |case| { case.role(BlobRole::Metadata, metadata()); case.after_own_record(original(), Some(metadata())) },
        outside: |case| { case.role(BlobRole::Metadata, metadata()); case.after_own_record(original(), Some(hash(1))) },
    }
    inv17_in_version_a_metadata_may_come_until_the_create_is_shown by HeadCurrent {
        inside: |case| {
            *case = CreateCase::of(Formats::A);
            case.role(BlobRole::Metadata, metadata());
            case.after_own_record(original(), None);
        },
        outside: |case| {
            *case = CreateCase::of(Formats::A);
            case.role(BlobRole::Metadata, metadata());
            case.after_own_record(original(), None);
            case.facts.asset.head_shown = true;
        },
    }
    inv17_a_create_has_one_record by HeadCurrent {
        inside: |case| { case.role(BlobRole::Derivative, hash(1)); case.after_own_record(original(), None) },
        outside: |case| { case.role(BlobRole::Provenance, hash(1)); case.after_own_record(original(), None) },
    }
    inv17_a_create_is_not_late_after_another_write by HeadCurrent {
        inside: |case| case.after_own_record(original(), None),
        outside: |case| {
            case.after_own_record(original(), None);
            case.facts.asset.head.as_mut().unwrap().prior = Some(hash(8));
        },
    }
    inv17_a_replace_continues_the_head by HeadCurrent {
        inside: |case| case.replaces(BlobRole::Original),
        outside: |case| { case.replaces(BlobRole::Original); case.facts.asset.head = Some(link(hash(8), None)) },
    }
    inv17_a_replace_needs_a_chain by HeadCurrent {
        inside: |case| case.replaces(BlobRole::Original),
        outside: |case| { case.replaces(BlobRole::Original); case.facts.asset.head = None },
    }
    inv17_what_is_in_the_trash_is_not_written_to by HeadCurrent {
        inside: |case| case.replaces(BlobRole::Original),
        outside: |case| { case.replaces(BlobRole::Original); case.facts.asset.state = trashed() },
    }
    x6_a_tombstone_is_not_created_anew by HeadCurrent {
        inside: |case| case.facts.asset.state = AssetState::Live,
        outside: |case| case.facts.asset.state = AssetState::Purged,
    }
    the_record_of_a_replace_comes_after_its_original by ReplaceComplete {
        inside: |case| case.replaces(BlobRole::Provenance),
        outside: |case| { case.replaces(BlobRole::Provenance); case.drop_held(BlobRole::Original) },
    }
    the_record_of_a_replace_comes_after_its_metadata by ReplaceComplete {
        inside: |case| case.replaces(BlobRole::Provenance),
        outside: |case| { case.replaces(BlobRole::Provenance); case.drop_held(BlobRole::Metadata) },
    }
    the_record_of_a_replace_comes_after_the_write_before_is_shown by ReplaceComplete {
        inside: |case| case.replaces(BlobRole::Provenance),
        outside: |case| { case.replaces(BlobRole::Provenance); case.facts.asset.head_shown = false },
    }
    in_version_a_the_metadata_of_a_replace_is_what_was_brought_for_it by ReplaceComplete {
        inside: |case| { *case = CreateCase::of(Formats::A); case.replaces(BlobRole::Provenance) },
        outside: |case| {
            *case = CreateCase::of(Formats::A);
            case.replaces(BlobRole::Provenance);
            case.facts.asset.blobs.iter_mut().for_each(|blob| blob.prior = None);
        },
    }
    the_same_bytes_in_another_album_cost_nothing_more by QuotaAdmits {
        inside: |case| {
            case.facts.quota.charged = true;
            case.facts.quota.used = 1;
            case.policy.quota_hard_limit = Some(1);
        },
        outside: |case| { case.facts.quota.used = 1; case.policy.quota_hard_limit = Some(1) },
    }
    an_account_above_its_limit_uploads_nothing by QuotaAdmits {
        inside: |case| { case.facts.quota.charged = true; case.facts.quota.used = 1; case.policy.quota_hard_limit = Some(1) },
        outside: |case| { case.facts.quota.charged = true; case.facts.quota.used = 2; case.policy.quota_hard_limit = Some(1) },
    }
    body_and_envelope_name_one_suite by EnvelopeAgrees {
        inside: |case| { case.policy.suites.insert(SuiteId(2)); case.suite(2) },
        outside: |case| {
            case.policy.suites.insert(SuiteId(2));
            case.request.body.manifest_envelope.crypto_suite_id = 2;
        },
    }
    header_and_body_name_one_suite by EnvelopeAgrees {
        inside: |case| case.request.spoken.suite = None,
        outside: |case| case.request.spoken.suite = Some(SuiteId(2)),
    }
    body_and_envelope_name_one_version by EnvelopeAgrees {
        inside: |case| case.protocol("2026-10-31"),
        outside: |case| case.request.body.manifest_envelope.protocol_version = "2026-10-31".to_owned(),
    }
    header_and_body_name_one_version by EnvelopeAgrees {
        inside: |case| case.protocol("2026-10-31"),
        outside: |case| {
            case.request.body.protocol_version = "2026-10-31".to_owned();
            case.request.body.manifest_envelope.protocol_version = "2026-10-31".to_owned();
        },
    }
    body_and_envelope_name_one_blob by EnvelopeAgrees {
        inside: |case| case.hash(&hash(1).to_string()),
        outside: |case| case.request.body.manifest_envelope.ciphertext_hash = hash(1).to_string(),
    }
    body_and_envelope_name_one_album by EnvelopeAgrees {
        inside: |case| case.request.body.manifest_envelope.album_id = None,
        outside: |case| case.request.body.manifest_envelope.album_id = Some(other_album()),
    }
    an_account_uploads_for_itself by OwnerPermitted {
        inside: |case| case.request.body.owner_id = Some(caller()),
        outside: |case| case.request.body.owner_id = Some(stranger()),
    }
    the_quota_may_be_filled_to_the_last_byte by QuotaAdmits {
        inside: |case| case.policy.quota_hard_limit = Some(case.facts.quota.used + case.request.body.size),
        outside: |case| case.policy.quota_hard_limit = Some(case.facts.quota.used + case.request.body.size - 1),
    }
    a_sum_beyond_all_numbers_is_over_quota by QuotaAdmits {
        inside: |case| { case.facts.quota.used = u64::MAX; case.policy.quota_hard_limit = None },
        outside: |case| { case.facts.quota.used = u64::MAX; case.policy.quota_hard_limit = Some(u64::MAX - 1) },
    }
    a_finished_upload_is_not_taken_twice by BlobNew {
        inside: |case| case.facts.duplicate = None,
        outside: |case| case.facts.duplicate = Some(Duplicate::Finished { asset: asset() }),
    }
}
