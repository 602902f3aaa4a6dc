//! Sync cursors (invariant 22).

use crate::world::{album, caller, other_album, stranger};
use gauntlet_crypto::mac::hmac_sha256;
use gauntlet_validator::server::{CursorFacts, Rejection, issue_cursor, open_cursor};
use gauntlet_wire::cursor::{Cursor, CursorBody};
use gauntlet_wire::id::{AlbumId, UserId};
use gauntlet_wire::rule::Rule;

const KEY: [u8; 32] = [0x5a; 32];

fn facts(caller: UserId, album: Option<AlbumId>) -> CursorFacts<'static> {
    CursorFacts {
        key: &KEY,
        caller,
        album,
    }
}

fn own_feed() -> CursorFacts<'static> {
    facts(caller(), None)
}

fn album_feed() -> CursorFacts<'static> {
    facts(caller(), Some(album()))
}

#[track_caller]
fn refused(facts: &CursorFacts<'_>, text: &str) -> Rejection {
    let rejection = open_cursor(facts, text).unwrap_err();
    assert_eq!(rejection.rule, Rule::CursorBound);
    assert_eq!(
        (rejection.status(), rejection.code().as_str()),
        (400, "error.sync.cursor_invalid")
    );
    rejection
}

#[test]
fn a_cursor_opens_where_it_was_issued() {
    for facts in [own_feed(), album_feed()] {
        for seq in [0, 1, 23, 24, u64::MAX] {
            let text = issue_cursor(&facts, seq);
            assert_eq!(open_cursor(&facts, &text), Ok(seq));
            assert_eq!(issue_cursor(&facts, seq), text, "not deterministic");
        }
    }
}

#[test]
fn the_cursor_of_another_account_is_refused() {
    let theirs = issue_cursor(&facts(stranger(), None), 7);
    refused(&own_feed(), &theirs);
    let theirs = issue_cursor(&facts(stranger(), Some(album())), 7);
    refused(&album_feed(), &theirs);
}

#[test]
fn the_cursor_of_another_scope_is_refused() {
    let other = facts(caller(), Some(other_album()));
    let scopes = [own_feed(), album_feed(), other];
    for (issued, from) in scopes.iter().enumerate() {
        for (opened, to) in scopes.iter().enumerate() {
            let text = issue_cursor(from, 7);
            if issued == opened {
                assert_eq!(open_cursor(to, &text), Ok(7));
            } else {
                refused(to, &text);
            }
        }
    }
}

#[test]
fn the_cursor_of_another_server_is_refused() {
    let mut key = KEY;
    key[31] ^= 1;
    let foreign = CursorFacts {
        key: &key,
        caller: caller(),
        album: None,
    };
    refused(&own_feed(), &issue_cursor(&foreign, 7));
}

#[test]
fn a_cursor_is_moved_by_no_one_but_the_server() {
    let genuine = Cursor::parse(&issue_cursor(&own_feed(), 7)).unwrap();
    let moved = |seq| {
        let body = CursorBody {
            seq,
            ..genuine.body
        };
        Cursor { body, ..genuine }.encode()
    };
    assert_eq!(open_cursor(&own_feed(), &moved(7)), Ok(7));
    for seq in [0, 6, 8, u64::MAX] {
        refused(&own_feed(), &moved(seq));
    }
}

#[test]
fn a_mac_of_anything_but_the_whole_body_is_refused() {
    let body = CursorBody {
        caller: caller(),
        album: None,
        seq: 7,
    };
    let whole = hmac_sha256(&KEY, &body.mac_input());
    assert_eq!(
        open_cursor(&own_feed(), &Cursor { body, mac: whole }.encode()),
        Ok(7)
    );
    for mac in [
        [0; 32],
        hmac_sha256(&KEY, b""),
        hmac_sha256(&[0; 32], &body.mac_input()),
    ] {
        refused(&own_feed(), &Cursor { body, mac }.encode());
    }
}

#[test]
fn no_character_of_a_cursor_changes_unseen() {
    let text = issue_cursor(&album_feed(), 7);
    for at in 0..text.len() {
        for other in "AaZz09-_=+/".chars() {
            let (before, after) = text.split_at(at);
            let changed = format!("{before}{other}{}", &after[1..]);
            if changed != text {
                refused(&album_feed(), &changed);
            }
        }
    }
}

#[test]
fn what_is_no_cursor_at_all_is_refused_in_the_same_words() {
    let forged = refused(&album_feed(), &issue_cursor(&own_feed(), 7));
    let text = issue_cursor(&album_feed(), 7);
    let longer = format!("{text}AAAA");
    for other in [
        "",
        "0",
        "null",
        "=",
        &text[1..],
        &longer,
        &"A".repeat(10_000),
    ] {
        assert_eq!(refused(&album_feed(), other), forged);
    }
}
