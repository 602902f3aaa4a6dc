//! What an accepted opening changes, and what a refused one is told (`wire.md` §1.3).

use crate::bound::Surface;
use crate::create_case::CreateCase;
use crate::world::{
    album_facts, asset, days, frozen, hash, intent, link, metadata, now, original, other_album,
    session, upgrade, upload,
};
use gauntlet_validator::server::{AlbumFacts, CreatePlan, Duplicate, Effect, Extension, Policy};
use gauntlet_wire::enums::{BlobRole, ContentType};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

#[test]
fn inv05_the_sets_are_those_of_the_contract() {
    let in_both = [
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/gif",
        "image/tiff",
        "image/heic",
        "image/avif",
        "image/x-adobe-dng",
        "video/mp4",
        "video/quicktime",
        "video/x-matroska",
    ];
    let in_b_alone = ["image/jxl", "video/webm"];
    assert_eq!(ContentType::ALL.len(), in_both.len() + in_b_alone.len());
    let accepted = |formats, content_type: &str| {
        let mut case = CreateCase::of(formats);
        case.request.body.content_type = content_type.to_owned();
        case.judge().is_ok()
    };
    for content_type in in_both {
        assert!(accepted(Formats::A, content_type) && accepted(Formats::B, content_type));
    }
    for content_type in in_b_alone {
        assert!(!accepted(Formats::A, content_type) && accepted(Formats::B, content_type));
    }
}

#[test]
fn the_same_words_refuse_every_album_that_is_not_the_callers() {
    // Invariant 6: a stranger learns nothing of the album.
    let album = |facts| {
        let mut case = CreateCase::honest();
        case.facts.album = facts;
        case.judge().unwrap_err().rejection
    };
    let absent = album(None);
    let foreign = AlbumFacts {
        caller_may_write: false,
        ..album_facts(Formats::B)
    };
    assert_eq!(absent, album(Some(foreign)));
    assert_eq!(absent, album(Some(album_facts(Formats::A))));
}

#[test]
fn an_accepted_request_opens_one_pending_session_and_changes_nothing_else() {
    for formats in [Formats::A, Formats::B] {
        let plan = CreateCase::of(formats).judge().unwrap();
        let expected = Box::new(session(formats));
        let effects = vec![Effect::OpenSession(expected.clone())];
        assert_eq!(
            plan,
            CreatePlan::Open {
                session: expected,
                effects
            }
        );
    }
}

#[test]
fn a_blob_that_is_charged_already_reserves_nothing() {
    for (charged, reserved) in [(true, 0), (false, 10_016)] {
        let mut case = CreateCase::honest();
        case.facts.quota.charged = charged;
        let Ok(CreatePlan::Open { session, .. }) = case.judge() else {
            panic!("no session is opened");
        };
        assert_eq!((session.size, session.reserved), (10_016, reserved));
    }
}

#[test]
fn a_session_takes_its_role_from_the_body() {
    for role in BlobRole::ALL {
        let mut case = CreateCase::honest();
        let blob = if *role == BlobRole::Metadata {
            metadata()
        } else {
            original()
        };
        case.role(*role, blob);
        let Ok(CreatePlan::Open { session, .. }) = case.judge() else {
            panic!("{role} opens no session");
        };
        assert_eq!(session.role, *role);
    }
}

#[test]
fn the_album_of_the_envelope_serves_where_the_body_names_none() {
    let mut case = CreateCase::honest();
    case.request.body.album_id = None;
    case.request.body.manifest_envelope.album_id = Some(other_album());
    let Ok(CreatePlan::Open { session, .. }) = case.judge() else {
        panic!("no session is opened");
    };
    assert_eq!(session.album, other_album());
}

#[test]
fn an_active_session_of_the_same_blob_is_resumed_without_a_change() {
    let mut case = CreateCase::honest();
    case.facts.duplicate = Some(Duplicate::Active {
        id: upload(),
        received: 4096,
    });
    let resumed = CreatePlan::Resume {
        id: upload(),
        received: 4096,
    };
    assert_eq!(case.judge().unwrap(), resumed);
    // Its bytes are reserved already, so a quota that they fill does not refuse it.
    case.facts.quota.used = u64::MAX;
    assert_eq!(case.judge().unwrap(), resumed);
    // Every other rule is asked again.
    case.facts.device = None;
    assert_eq!(case.judge().unwrap_err().rejection.rule, Rule::DeviceListed);
}

#[test]
fn refusals_carry_what_the_contract_adds() {
    let rejection = |change: fn(&mut CreateCase)| {
        let mut case = CreateCase::honest();
        change(&mut case);
        case.judge().unwrap_err().rejection
    };
    let finished = Duplicate::Finished { asset: asset() };
    let mut duplicate = CreateCase::honest();
    duplicate.facts.duplicate = Some(finished);
    let duplicate = duplicate.judge().unwrap_err().rejection;
    assert_eq!(duplicate.extension, Some(Extension::ExistingAsset(asset())));
    assert_eq!(
        (duplicate.status(), duplicate.code().as_str()),
        (409, "error.upload.duplicate_blob")
    );

    let stale = rejection(|case| {
        case.replaces(BlobRole::Original);
        case.facts.asset.head = Some(link(hash(8), None));
    });
    assert_eq!(stale.extension, Some(Extension::ChainHead(Some(hash(8)))));

    let quiescing = rejection(|case| case.album().upgrade = Some(upgrade()));
    assert_eq!(quiescing.extension, Some(Extension::Intent(intent())));
    let upgraded = rejection(|case| case.album().frozen = Some(frozen()));
    assert_eq!(upgraded.extension, Some(Extension::Intent(intent())));
    for refused in [quiescing, upgraded] {
        assert_eq!(
            (refused.status(), refused.code().as_str()),
            (409, "error.upload.album_quiescing")
        );
    }

    let large = rejection(|case| case.request.body.size = u64::MAX);
    assert_eq!(
        large.extension,
        Some(Extension::Limit(Policy::default().max_file_size))
    );
    assert_eq!(rejection(|case| case.request.body.size = 0).extension, None);
}

#[test]
fn a_server_field_in_the_facts_decides_and_not_the_clients_word() {
    let mut case = CreateCase::honest();
    case.request.body.manifest_envelope.metadata_blob_hash = Some(metadata());
    case.facts.now = now() + days(1);
    let Ok(CreatePlan::Open { session, .. }) = case.judge() else {
        panic!("no session is opened");
    };
    assert_eq!(session.created_at, now() + days(1));
    assert_eq!((session.received, session.id), (0, upload()));
}
