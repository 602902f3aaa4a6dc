//! Finalization (`wire.md` §3): invariants 13–15.

use crate::bound::{Surface, bounds, ending, without};
use crate::world::{
    NANOSECOND, album, album_facts, asset, caller, days, epochs, frozen, hash, held, link, now,
    original, other_album, session, session_facts, stranger, time, trashed, upgrade,
};
use gauntlet_validator::server::{
    AlbumFacts, AssetState, Duplicate, Effect, FINALIZE, FinalizeFacts, Policy, Refusal, Rejection,
    finalize, judge,
};
use gauntlet_wire::enums::{BlobRole, UploadStatus};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{Formats, ProtocolVersion};

#[derive(Debug, Clone)]
pub(crate) struct FinalizeCase {
    pub(crate) facts: FinalizeFacts,
    pub(crate) policy: Policy,
}

/// The facts of a finished upload of the original.
pub(crate) fn facts(formats: Formats) -> FinalizeFacts {
    let mut session = session(formats);
    session.status = UploadStatus::WaitingForProcessing;
    session.received = session.size;
    FinalizeFacts {
        now: now(),
        length: session.size,
        computed: session.hash,
        opening: session_facts(formats),
        epochs: epochs(),
        record: None,
        session,
    }
}

impl Surface for FinalizeCase {
    type Plan = Vec<Effect>;

    fn honest() -> Self {
        Self {
            facts: facts(Formats::B),
            policy: Policy::default(),
        }
    }

    fn rules() -> Vec<Rule> {
        vec![
            Rule::FinalizeSole,
            Rule::LengthComplete,
            Rule::HashMatches,
            Rule::EnvelopeStillHolds,
            Rule::AlbumNotFrozen,
            Rule::AssetIdOwned,
            Rule::HeadCurrent,
            Rule::QuotaAdmits,
        ]
    }

    fn judge(&self) -> Result<Vec<Effect>, Refusal> {
        finalize(&self.facts, &self.policy)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        judge(&without(FINALIZE, left_out), &self.facts, &(), &self.policy)
    }

    fn attached(rule: Rule) -> Vec<Effect> {
        match rule {
            // The other request has the session.
            Rule::FinalizeSole => Vec::new(),
            _ => ending(),
        }
    }
}

bounds! { FinalizeCase;
    one_request_finalizes_a_session by FinalizeSole {
        inside: |case| case.facts.session.status = UploadStatus::WaitingForProcessing,
        outside: |case| case.facts.session.status = UploadStatus::Completed,
    }
    a_session_is_finalized_once_it_is_whole by FinalizeSole {
        inside: |_| (),
        outside: |case| case.facts.session.status = UploadStatus::Uploading,
    }
    inv13_not_a_byte_is_missing by LengthComplete {
        inside: |case| case.facts.length = 10_016,
        outside: |case| case.facts.length = 10_015,
    }
    inv13_not_a_byte_is_too_much by LengthComplete {
        inside: |case| case.facts.length = 10_016,
        outside: |case| case.facts.length = 10_017,
    }
    inv14_the_bytes_hash_to_the_declared_address by HashMatches {
        inside: |case| case.facts.computed = original(),
        outside: |case| case.facts.computed = hash(0xaa),
    }
    inv15_the_version_is_inside_the_window_still by EnvelopeStillHolds {
        inside: |case| case.policy.min_protocol = ProtocolVersion::B,
        outside: |case| case.policy.max_protocol = ProtocolVersion::A,
    }
    inv15_the_suite_is_in_the_inventory_still by EnvelopeStillHolds {
        inside: |case| assert!(!case.policy.suites.is_empty()),
        outside: |case| case.policy.suites.clear(),
    }
    inv15_the_size_is_within_the_maximum_still by EnvelopeStillHolds {
        inside: |case| case.policy.max_file_size = 10_016,
        outside: |case| case.policy.max_file_size = 10_015,
    }
    inv15_the_size_is_positive_still by EnvelopeStillHolds {
        inside: |case| { case.facts.session.size = 1; case.facts.length = 1 },
        outside: |case| { case.facts.session.size = 0; case.facts.length = 0 },
    }
    inv15_the_content_type_is_known_still by EnvelopeStillHolds {
        inside: |case| case.facts.session.content_type = "video/webm".to_owned(),
        outside: |case| case.facts.session.content_type = "video/web".to_owned(),
    }
    inv15_the_album_is_there_still by EnvelopeStillHolds {
        inside: |case| assert!(case.facts.opening.album.is_some()),
        outside: |case| case.facts.opening.album = None,
    }
    inv15_the_caller_may_write_still by EnvelopeStillHolds {
        inside: |case| assert!(case.facts.opening.album.is_some_and(|album| album.caller_may_write)),
        outside: |case| case.facts.opening.album =
            Some(AlbumFacts { caller_may_write: false, ..album_facts(Formats::B) }),
    }
    inv15_the_pin_is_the_version_still by EnvelopeStillHolds {
        inside: |case| case.facts = facts(Formats::A),
        outside: |case| case.facts.opening.album =
            Some(album_facts(Formats::A)),
    }
    inv15_the_device_is_listed_still by EnvelopeStillHolds {
        inside: |case| assert!(case.facts.opening.device.is_some()),
        outside: |case| case.facts.opening.device = None,
    }
    inv15_the_device_was_not_revoked_while_the_bytes_came_in by EnvelopeStillHolds {
        inside: |case| revoke(case, now() + NANOSECOND),
        outside: |case| revoke(case, now() - NANOSECOND),
    }
    inv15_the_device_joined_before_the_timestamp_still by EnvelopeStillHolds {
        inside: |case| joined(case, "2026-11-20T10:59:59.999999999Z"),
        outside: |case| joined(case, "2026-11-20T11:00:00.000000001Z"),
    }
    inv15_the_device_is_the_uploaders_still by EnvelopeStillHolds {
        inside: |_| (),
        outside: |case| case.facts.session.envelope.created_by_user = stranger(),
    }
    no_upload_slips_into_an_album_behind_its_upgrade by AlbumNotFrozen {
        inside: |case| case.facts.opening.album.as_mut().unwrap().upgrade = Some(upgrade()),
        outside: |case| case.facts.opening.album.as_mut().unwrap().frozen = Some(frozen()),
    }
    x6_the_asset_id_was_bound_to_no_other_album_meanwhile by AssetIdOwned {
        inside: |case| case.facts.opening.asset.album = Some(album()),
        outside: |case| case.facts.opening.asset.album = Some(other_album()),
    }
    x6_nothing_is_bound_to_a_tombstone by HeadCurrent {
        inside: |case| case.facts.opening.asset.state = trashed(),
        outside: |case| case.facts.opening.asset.state = AssetState::Purged,
    }
    what_was_not_reserved_still_fits by QuotaAdmits {
        inside: |case| unreserved(case, 10_017),
        outside: |case| unreserved(case, 10_016),
    }
    what_is_charged_already_needs_no_reservation by QuotaAdmits {
        inside: |case| { unreserved(case, 0); case.facts.opening.quota.charged = true },
        outside: |case| unreserved(case, 0),
    }
    inv15_the_timestamp_is_in_range_still by EnvelopeStillHolds {
        inside: |case| case.facts.opening.now = written() + days(30),
        outside: |case| case.facts.opening.now = written() + days(30) + NANOSECOND,
    }
}

fn written() -> jiff::Timestamp {
    "2026-11-20T11:00:00Z".parse().unwrap()
}

/// Nothing is reserved for the upload, one byte is used, and the account holds `limit` bytes.
fn unreserved(case: &mut FinalizeCase, limit: u64) {
    case.facts.session.reserved = 0;
    case.facts.opening.quota.used = 1;
    case.policy.quota_hard_limit = Some(limit);
}

fn revoke(case: &mut FinalizeCase, at: jiff::Timestamp) {
    case.facts.opening.device.as_mut().unwrap().revoked_at = Some(time(at));
}

fn joined(case: &mut FinalizeCase, at: &str) {
    case.facts.opening.device.as_mut().unwrap().added_at = at.parse().unwrap();
}

#[test]
fn what_no_invariant_asks_for_is_not_asked_again() {
    // Quota and deduplication are asked when a session is opened; this very upload would answer them.
    let mut case = FinalizeCase::honest();
    case.facts.opening.quota.used = u64::MAX;
    case.facts.opening.duplicate = Some(Duplicate::Finished { asset: asset() });
    assert!(case.judge().is_ok());
}

#[test]
fn a_device_revoked_between_the_opening_and_the_last_chunk_is_refused_by_the_rerun() {
    use crate::create_case::CreateCase;
    // The same device at the same clock: it passes the opening, is then revoked, and fails here.
    assert!(CreateCase::honest().judge().is_ok());
    let mut case = FinalizeCase::honest();
    assert!(case.judge().is_ok());
    revoke(&mut case, now() - NANOSECOND);
    let refusal = case.judge().unwrap_err();
    assert_eq!(refusal.rejection.rule, Rule::EnvelopeStillHolds);
    assert_eq!(
        (
            refusal.rejection.status(),
            refusal.rejection.code().as_str()
        ),
        (400, "error.upload.envelope_rejected")
    );
    assert!(
        refusal.rejection.detail.contains("revoked"),
        "{}",
        refusal.rejection.detail
    );
    assert_eq!(refusal.effects, ending());
}

/// What becomes of the bytes of a session whose upload succeeds, whatever its role.
pub(crate) fn completion(facts: &FinalizeFacts) -> Vec<Effect> {
    let session = &facts.session;
    vec![
        Effect::PromoteBlob {
            hash: session.hash,
            size: session.size,
        },
        Effect::ReleaseReservation,
        Effect::SetStatus(UploadStatus::Completed),
        Effect::ClaimAsset {
            asset: asset(),
            album: album(),
        },
        Effect::BindBlob {
            album: album(),
            asset: asset(),
            role: session.role,
            hash: session.hash,
            size: session.size,
            payer: caller(),
            prior: session.envelope.prior_provenance_hash,
        },
    ]
}

#[test]
fn an_original_is_promoted_bound_and_charged_and_shows_nothing() {
    for formats in [Formats::A, Formats::B] {
        for role in [BlobRole::Original, BlobRole::Derivative, BlobRole::Backup] {
            let mut facts = facts(formats);
            facts.session.role = role;
            // Even where a record and the metadata blob that it commits to were there to be shown.
            facts.opening.asset.head = Some(link(hash(2), None));
            facts.opening.asset.blobs = vec![held(BlobRole::Metadata, hash(0xc0), None)];
            assert_eq!(
                finalize(&facts, &Policy::default()).unwrap(),
                completion(&facts)
            );
        }
    }
}

#[test]
fn an_asset_id_is_claimed_once() {
    let mut case = FinalizeCase::honest();
    let claims = |case: &FinalizeCase| {
        let claim = Effect::ClaimAsset {
            asset: asset(),
            album: album(),
        };
        case.judge().unwrap().contains(&claim)
    };
    assert!(claims(&case));
    case.facts.opening.asset.album = Some(album());
    assert!(!claims(&case));
}

#[test]
fn the_record_checks_are_for_records_alone() {
    let mut case = FinalizeCase::honest();
    case.facts.record = Some(b"no record".to_vec());
    assert!(case.judge().is_ok());
    case.facts.session.role = BlobRole::Provenance;
    assert_eq!(
        case.judge().unwrap_err().rejection.rule,
        Rule::RecordWellFormed
    );
}
