//! What reads and cancellations are held to.

use super::contract::NOBODYS_SESSION;
use super::{Deviation, Point, Script, message, set_header, set_json};
use crate::{Borrowed, ClientClass, Deed, Edit, Place, Question};
use gauntlet_wire::header;

/// The departures.
pub(super) fn deviations() -> Vec<Deviation> {
    [feeds(), versions(), sessions(), blobs()].concat()
}

fn malicious(
    question: Question,
    name: &'static str,
    about: &'static str,
    edits: impl Into<Vec<Edit>>,
) -> Deviation {
    Deviation {
        script: Script::of(Deed::Ask(question)),
        ..message(name, ClientClass::Malicious, Point::Ask, about, edits)
    }
}

fn faulty(
    question: Question,
    name: &'static str,
    about: &'static str,
    edits: impl Into<Vec<Edit>>,
) -> Deviation {
    Deviation {
        class: ClientClass::Faulty,
        ..malicious(question, name, about, edits)
    }
}

fn set_query(name: &str, value: &str) -> Edit {
    Edit::SetQuery {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn drop_query(name: &str) -> Edit {
    Edit::DropQuery {
        name: name.to_owned(),
    }
}

fn borrow(what: Borrowed, into: Place) -> Edit {
    Edit::Borrow { what, into }
}

fn in_query(name: &str) -> Place {
    Place::Query(name.to_owned())
}

/// Invariant 22, and whose feed it is.
fn feeds() -> Vec<Deviation> {
    vec![
        malicious(
            Question::Feed,
            "cursor-of-garbage",
            "The feed is read on from a text that is no cursor.",
            [set_query("cursor", "bm9uZQ")],
        ),
        malicious(
            Question::Feed,
            "cursor-bent",
            "The feed is read on from a cursor of which one character was changed.",
            [Edit::BendQuery {
                name: "cursor".to_owned(),
            }],
        ),
        malicious(
            Question::Feed,
            "cursor-of-another-account",
            "The feed is read on from a cursor that another account was given.",
            [borrow(Borrowed::AnothersCursor, in_query("cursor"))],
        ),
        malicious(
            Question::AlbumFeed,
            "cursor-of-one-album-for-all",
            "The whole feed is read on from a cursor of one album's.",
            [drop_query("album_id")],
        ),
        malicious(
            Question::AlbumFeed,
            "cursor-of-another-album",
            "The feed of one album is read on from a cursor of another's.",
            [borrow(Borrowed::ElderAlbum, in_query("album_id"))],
        ),
        malicious(
            Question::AlbumFeed,
            "feed-of-anothers-album",
            "The feed of another account's album is read.",
            [
                drop_query("cursor"),
                borrow(Borrowed::AnothersAlbum, in_query("album_id")),
            ],
        ),
        faulty(
            Question::AlbumFeed,
            "feed-of-no-album",
            "The feed of an album is read whose name is no id.",
            [drop_query("cursor"), set_query("album_id", "an-album")],
        ),
    ]
}

/// Invariant 1, for reads.
fn versions() -> Vec<Deviation> {
    vec![Deviation {
        class: ClientClass::Old,
        ..malicious(
            Question::Feed,
            "read-in-a-past-version",
            "The feed is read in a version that may not write any more.",
            [set_header(header::PROTOCOL, "2020-02-29")],
        )
    }]
}

/// Queries, cancellations and listings of sessions.
fn sessions() -> Vec<Deviation> {
    vec![
        malicious(
            Question::Session,
            "query-of-a-session-of-nobody",
            "A session is queried that does not exist.",
            [Edit::SetSubject(NOBODYS_SESSION.to_owned())],
        ),
        malicious(
            Question::Session,
            "query-of-a-session-of-another",
            "A session of another account is queried.",
            [borrow(Borrowed::AnothersSession, Place::Subject)],
        ),
        malicious(
            Question::Cancel,
            "cancellation-of-a-session-of-nobody",
            "A session is cancelled that does not exist.",
            [Edit::SetSubject(NOBODYS_SESSION.to_owned())],
        ),
        malicious(
            Question::Cancel,
            "cancellation-of-a-session-of-another",
            "A session of another account is cancelled.",
            [borrow(Borrowed::AnothersSession, Place::Subject)],
        ),
        faulty(
            Question::Cancel,
            "cancellation-of-a-finished-session",
            "A session of the client's own is cancelled that is finished.",
            [borrow(Borrowed::FinishedSession, Place::Subject)],
        ),
        faulty(
            Question::Sessions,
            "sessions-of-no-state",
            "Sessions of a state are listed that no session can be in.",
            [set_query("status", "Sleeping")],
        ),
    ]
}

/// Blobs, and the server's word on them.
fn blobs() -> Vec<Deviation> {
    vec![
        malicious(
            Question::Original,
            "blob-of-nobody",
            "A blob is read that nobody has uploaded.",
            [Edit::SetSubject("ab".repeat(32))],
        ),
        malicious(
            Question::Original,
            "blob-of-another",
            "A blob is read that another account has uploaded.",
            [borrow(Borrowed::AnothersBlob, Place::Subject)],
        ),
        faulty(
            Question::Tombstone,
            "blob-that-is-purged",
            "A blob is read whose asset was deleted and is purged by now.",
            [borrow(Borrowed::PurgedBlob, Place::Subject)],
        ),
        faulty(
            Question::Storage,
            "storage-of-no-hash",
            "It is asked whether something is stored whose hash is none.",
            [set_json(
                "/assets",
                r#"[{"asset_id":"018f2b1c-0000-7000-8000-6e6f626f6479","blob_hashes":["none"]}]"#,
            )],
        ),
    ]
}
