//! Reads of feeds, blobs, directories and stored bytes, and who asks (`wire.md` §1.3).

use crate::world::{NANOSECOND, caller, now};
use gauntlet_validator::server::{
    AlbumFacts, BlobAccess, FeedFacts, Policy, TOKEN_LIFETIME, TokenFacts, album_named,
    authenticate, feed_album, page_size, read_blob, read_directory, read_feed, read_question,
    status_filter,
};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::ProtocolVersion;

#[test]
fn a_token_speaks_for_its_account_as_long_as_it_lives_and_no_token_lives_long() {
    let token = TokenFacts {
        now: now(),
        user: caller(),
        issued: now(),
        expiry: now() + TOKEN_LIFETIME,
    };
    let last = TokenFacts {
        now: token.expiry - NANOSECOND,
        ..token
    };
    for live in [token, last] {
        assert_eq!(authenticate(Some(&live)), Ok(caller()));
    }
    let ended = TokenFacts {
        now: token.expiry,
        ..token
    };
    let long = TokenFacts {
        expiry: token.expiry + NANOSECOND,
        ..token
    };
    for dead in [Some(&ended), Some(&long), None] {
        assert_eq!(authenticate(dead).unwrap_err().rule, Rule::Authenticated);
    }
}

#[test]
fn a_blob_is_its_readers_and_what_it_is_not_any_more_is_told_to_its_owner_alone() {
    let read = |access| read_blob(&access, &Policy::default()).map_err(|no| no.rejection.rule);
    let stored = BlobAccess {
        stored: Some(7),
        ..BlobAccess::default()
    };
    let own = BlobAccess {
        readable: Some(7),
        ..stored
    };
    // Another upload of the same bytes, or another asset that was purged, takes nothing away.
    for pending in [false, true] {
        for given_up in [false, true] {
            let access = BlobAccess {
                pending,
                given_up,
                ..own
            };
            assert_eq!(read(access), Ok(7));
        }
    }
    assert_eq!(read(stored), Err(Rule::BlobVisible));
    assert_eq!(read(BlobAccess::default()), Err(Rule::BlobVisible));
    let pending = BlobAccess {
        pending: true,
        ..stored
    };
    let given_up = BlobAccess {
        given_up: true,
        ..stored
    };
    assert_eq!(read(pending), Err(Rule::BlobFinished));
    assert_eq!(read(given_up), Err(Rule::BlobKept));
}

#[test]
fn a_feed_of_an_album_is_its_writers() {
    let album = |caller_may_write| AlbumFacts {
        pin: ProtocolVersion::B,
        caller_may_write,
        upgrade: None,
        frozen: None,
    };
    let read = |album| read_feed(&FeedFacts { album }, &Policy::default());
    for visible in [None, Some(Some(album(true)))] {
        assert_eq!(read(visible), Ok(()));
    }
    for hidden in [Some(None), Some(Some(album(false)))] {
        let refusal = read(hidden).unwrap_err();
        assert_eq!(refusal.rejection.rule, Rule::FeedVisible);
    }
}

#[test]
fn a_query_says_what_it_means_or_nothing() {
    assert_eq!(page_size(None), Ok(100));
    for (text, size) in [("1", 1), ("1000", 1000)] {
        assert_eq!(page_size(Some(text)), Ok(size));
    }
    for text in ["", "0", "1001", "01", "+1", "1.0", "-1", "ten"] {
        let rule = page_size(Some(text)).unwrap_err().rule;
        assert_eq!(rule, Rule::QueryWellFormed, "{text:?}");
    }
    let id = "018f2b1c-0000-4000-8000-000000000001";
    let album = album_named(id).unwrap();
    assert_eq!(feed_album(None), Ok(None));
    assert_eq!(feed_album(Some(id)), Ok(Some(album)));
    for text in ["", "an-album", &id.to_uppercase(), &id[1..]] {
        assert_eq!(
            feed_album(Some(text)).unwrap_err().rule,
            Rule::QueryWellFormed
        );
        assert_eq!(album_named(text).unwrap_err().rule, Rule::AlbumIdWellFormed);
    }
    assert_eq!(status_filter(None), Ok(None));
    for status in UploadStatus::ALL {
        assert_eq!(status_filter(Some(status.as_str())), Ok(Some(*status)));
    }
    for text in ["", "completed", "Sleeping"] {
        assert_eq!(
            status_filter(Some(text)).unwrap_err().rule,
            Rule::StatusFilterKnown
        );
    }
}

#[test]
fn a_question_after_stored_bytes_is_whole_and_bounded() {
    let asset = "018f2b1c-0000-7000-8000-000000000001";
    let asked = |hashes: &str| {
        let body = format!(r#"{{"assets":[{{"asset_id":"{asset}","blob_hashes":[{hashes}]}}]}}"#);
        read_question(body.as_bytes())
    };
    let hash = format!("\"{}\"", "ab".repeat(32));
    let question = asked(&hash).unwrap();
    assert_eq!(
        (
            question.assets.len(),
            question.assets[0].1.len(),
            question.deep
        ),
        (1, 1, false)
    );
    let many = |count| vec![hash.as_str(); count].join(",");
    assert_eq!(asked(&many(1000)).unwrap().assets[0].1.len(), 1000);
    for hashes in [many(1001).as_str(), "\"none\"", "7"] {
        let rule = asked(hashes).unwrap_err().rule;
        assert_eq!(rule, Rule::QuestionWellFormed);
    }
    assert!(read_question(b"{}").is_err() && read_question(b"").is_err());
}

#[test]
fn a_directory_is_found_once_it_was_published() {
    let read = |published| read_directory(published, &Policy::default());
    assert_eq!(read(true), Ok(()));
    assert_eq!(
        read(false).unwrap_err().rejection.rule,
        Rule::DirectoryFound
    );
}
