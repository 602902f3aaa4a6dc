//! The invariants of an upload, just inside and just outside their bounds.

use super::{Deviation, Meanwhile, Point, Script, drafted, message, set_header, set_json};
use crate::{Borrowed, ClientClass, CoreEdit, Deed, DraftEdit, Edit, Place, Scene};
use gauntlet_wire::header;

/// 64 hex digits that are the hash of nothing here, in capitals.
const CAPITALS: &str = "\"ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD\"";
const CAPITALS_BARE: &str = "ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD";
/// One digit fewer, and one more.
const SHORT: &str = "\"abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabc\"";
const LONG: &str = "\"abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcde\"";
/// An album that nobody has: a version-4 id, drawn once.
const NOBODYS_ALBUM: &str = "\"6e6f626f-6479-4162-8162-756d00000001\"";

/// The departures from invariants 1 to 16, where no damage scenario makes them.
pub(super) fn deviations() -> Vec<Deviation> {
    [
        handshake(),
        declarations(),
        rights(),
        limits(),
        chunks(),
        chunks_of_the_largest_size(),
    ]
    .concat()
}

fn faulty(name: &'static str, point: Point, about: &'static str, edits: Vec<Edit>) -> Deviation {
    message(name, ClientClass::Faulty, point, about, edits)
}

fn drop_header(name: &str) -> Edit {
    Edit::DropHeader {
        name: name.to_owned(),
    }
}

/// Invariants 1 and 2.
fn handshake() -> Vec<Deviation> {
    let opening = |name, about, edits: Vec<Edit>| faulty(name, Point::OpenOriginal, about, edits);
    let suites = |suite| {
        vec![
            set_header(header::CRYPTO_SUITE, suite),
            set_json("/crypto_suite_id", suite),
            set_json("/manifest_envelope/crypto_suite_id", suite),
        ]
    };
    vec![
        Deviation {
            class: ClientClass::Old,
            script: Script::UPLOAD.in_an_elder_album(),
            ..opening(
                "protocol-a-day-below-min",
                "The protocol header names the day before the oldest version that may write.",
                vec![set_header(header::PROTOCOL, "2026-05-30")],
            )
        },
        Deviation {
            class: ClientClass::New,
            ..opening(
                "protocol-a-day-above-max",
                "The protocol header names the day after the newest version that may write.",
                vec![set_header(header::PROTOCOL, "2026-11-02")],
            )
        },
        opening(
            "protocol-absent",
            "The session is opened without the protocol header.",
            vec![drop_header(header::PROTOCOL)],
        ),
        opening(
            "protocol-no-date",
            "The protocol header names a day that no calendar has.",
            vec![set_header(header::PROTOCOL, "2026-11-31")],
        ),
        opening(
            "protocol-twice",
            "The protocol header is given twice, with two versions that may both write.",
            vec![Edit::RepeatHeader {
                name: header::PROTOCOL.to_owned(),
                value: "2026-05-31".to_owned(),
            }],
        ),
        opening(
            "suite-absent",
            "The session is opened without the suite header.",
            vec![drop_header(header::CRYPTO_SUITE)],
        ),
        opening(
            "suite-zero",
            "Header, body and envelope agree on suite 0, just below the one that is known.",
            suites("0"),
        ),
        opening(
            "suite-two",
            "Header, body and envelope agree on suite 2, just above the one that is known.",
            suites("2"),
        ),
    ]
}

/// Invariants 3, 5 and 16, and what else a body declares.
fn declarations() -> Vec<Deviation> {
    let opening = |name, about, edits: Vec<Edit>| faulty(name, Point::OpenOriginal, about, edits);
    let hashes = |hash| {
        vec![
            set_json("/hash", hash),
            set_json("/manifest_envelope/ciphertext_hash", hash),
        ]
    };
    vec![
        opening(
            "hash-one-digit-short",
            "The declared hash has 63 digits, in body and envelope.",
            hashes(SHORT),
        ),
        opening(
            "hash-one-digit-long",
            "The declared hash has 65 digits, in body and envelope.",
            hashes(LONG),
        ),
        opening(
            "hash-in-capitals",
            "The declared hash has 64 digits in capitals, in body and envelope.",
            hashes(CAPITALS),
        ),
        drafted(
            "content-type-of-the-newest-version",
            ClientClass::Faulty,
            Point::OpenOriginal,
            "The declared content type is one that the newest version alone knows, in an album of it.",
            DraftEdit::ContentType("image/jxl".to_owned()),
        ),
        opening(
            "action-unknown",
            "The envelope names an action that is none of the seven.",
            vec![set_json("/manifest_envelope/action", "\"archive\"")],
        ),
        opening(
            "action-of-an-op",
            "The envelope of an original names an action that rides on no upload.",
            vec![set_json("/manifest_envelope/action", "\"trash-restore\"")],
        ),
        faulty(
            "metadata-other-than-named",
            Point::OpenMetadata,
            "The metadata's session is opened under an envelope that commits to another blob.",
            vec![set_json(
                "/manifest_envelope/metadata_blob_hash",
                SHORT_OF_ANOTHER,
            )],
        ),
        faulty(
            "replace-before-its-original",
            Point::OpenProvenance,
            "A record is announced as that of a replace, whose original was never uploaded.",
            vec![
                set_json("/manifest_envelope/action", "\"replace\""),
                set_json("/manifest_envelope/original_blob_hash", SHORT_OF_ANOTHER),
            ],
        ),
    ]
}

/// 64 hex digits that are the hash of nothing here.
const SHORT_OF_ANOTHER: &str =
    "\"abcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcdefabcd\"";

/// Invariants 6 to 8, and whose upload it is.
fn rights() -> Vec<Deviation> {
    let malicious = |name, about, edits: Vec<Edit>| {
        message(
            name,
            ClientClass::Malicious,
            Point::OpenOriginal,
            about,
            edits,
        )
    };
    let albums = || {
        vec![
            "/album_id".to_owned(),
            "/manifest_envelope/album_id".to_owned(),
        ]
    };
    let borrowed = |what| {
        vec![Edit::Borrow {
            what,
            into: Place::Json(albums()),
        }]
    };
    let opened_with = |name, about, edit| {
        let edit = DraftEdit::core(edit);
        drafted(
            name,
            ClientClass::Malicious,
            Point::OpenOriginal,
            about,
            edit,
        )
    };
    let dated = |name, about, minutes| opened_with(name, about, CoreEdit::Minutes(minutes));
    // By its own directory: accounts that exist already have devices of any age.
    let joined = |name, about, minutes| opened_with(name, about, CoreEdit::Joined(minutes));
    let seasoned = |deviation| Deviation {
        script: Script::UPLOAD.in_scene(Scene::Seasoned),
        ..deviation
    };
    vec![
        malicious(
            "album-of-nobody",
            "The session is opened for an album that does not exist.",
            vec![
                set_json("/album_id", NOBODYS_ALBUM),
                set_json("/manifest_envelope/album_id", NOBODYS_ALBUM),
            ],
        ),
        malicious(
            "album-of-another-user",
            "The session is opened for the album of another account.",
            borrowed(Borrowed::AnothersAlbum),
        ),
        malicious(
            "album-of-another-version",
            "The session is opened for an own album, which is pinned to another version than is spoken.",
            borrowed(Borrowed::ElderAlbum),
        ),
        malicious(
            "owner-is-another",
            "The session is opened on the quota of another account.",
            vec![set_json(
                "/owner_id",
                "\"018f2b1c-0000-7000-8000-6e6f626f6479\"",
            )],
        ),
        joined(
            "dated-right-after-its-device-joined",
            "The write is dated a minute after its device joined.",
            1,
        ),
        joined(
            "dated-just-before-its-device-joined",
            "The write is dated a minute before its device joined.",
            -1,
        ),
        dated(
            "dated-just-inside-the-drift",
            "The write is dated five minutes short of thirty days ahead.",
            30 * 24 * 60 - 5,
        ),
        dated(
            "dated-just-outside-the-drift",
            "The write is dated five minutes more than thirty days ahead.",
            30 * 24 * 60 + 5,
        ),
        seasoned(dated(
            "dated-just-inside-the-drift-behind",
            "The write is dated five minutes short of thirty days back, when its device had joined.",
            5 - 30 * 24 * 60,
        )),
        seasoned(dated(
            "dated-just-outside-the-drift-behind",
            "The write is dated five minutes more than thirty days back, when its device had joined.",
            -5 - 30 * 24 * 60,
        )),
    ]
}

/// Invariant 4 and quota: bounds that a deployment chooses.
fn limits() -> Vec<Deviation> {
    let one_more = |name, meanwhile, about| Deviation {
        script: Script::UPLOAD.after(meanwhile),
        ..faulty(
            name,
            Point::OpenOriginal,
            about,
            vec![Edit::AddToJson {
                at: "/size".to_owned(),
                by: 1,
            }],
        )
    };
    vec![
        drafted(
            "size-one",
            ClientClass::Faulty,
            Point::OpenOriginal,
            "The original is a single byte.",
            DraftEdit::Original { bytes: 1 },
        ),
        one_more(
            "size-one-past-the-maximum",
            Meanwhile::AtFileSize,
            "The declared size is one byte more than that of the largest file.",
        ),
        one_more(
            "size-one-past-the-quota",
            Meanwhile::AtQuota,
            "The declared size is one byte more than what is left of the quota.",
        ),
    ]
}

/// Invariants 9, 10 and 12.
fn chunks() -> Vec<Deviation> {
    let chunk = |name, about, edits: Vec<Edit>| faulty(name, Point::SecondChunk, about, edits);
    vec![
        chunk(
            "offset-one-byte-ahead",
            "The second chunk is sent one byte past the received count.",
            vec![Edit::ShiftOffset { by: 1 }],
        ),
        chunk(
            "offset-one-byte-behind",
            "The second chunk is sent one byte before the received count.",
            vec![Edit::ShiftOffset { by: -1 }],
        ),
        chunk(
            "chunk-of-another-media-type",
            "The second chunk is sent as JSON.",
            vec![set_header("content-type", "application/json")],
        ),
        chunk(
            "chunk-without-media-type",
            "The second chunk is sent without saying what it is.",
            vec![drop_header("content-type")],
        ),
        chunk(
            "chunk-empty",
            "The second chunk has no bytes.",
            vec![Edit::CutBody { to: 0 }],
        ),
        chunk(
            "chunk-one-byte-past-a-block",
            "The second chunk, which is not the last, is one byte longer than whole blocks of 4,096.",
            vec![Edit::GrowBody { by: 1 }],
        ),
        drafted(
            "chunk-of-one-block",
            ClientClass::Faulty,
            Point::FirstChunk,
            "The original is sent in chunks of a single block of 4,096 bytes.",
            DraftEdit::Rechunk { chunk: 4_096 },
        ),
        chunk(
            "checksum-in-capitals",
            "The second chunk's checksum has its 64 digits in capitals.",
            vec![set_header(header::CHECKSUM, CAPITALS_BARE)],
        ),
        chunk(
            "checksum-one-digit-short",
            "The second chunk's checksum has 63 digits.",
            vec![set_header(header::CHECKSUM, SHORT.trim_matches('"'))],
        ),
        Deviation {
            class: ClientClass::Malicious,
            ..chunk(
                "session-of-nobody",
                "The second chunk is sent to a session that does not exist.",
                vec![Edit::SetSubject(NOBODYS_SESSION.to_owned())],
            )
        },
        Deviation {
            class: ClientClass::Malicious,
            ..chunk(
                "session-of-another",
                "The second chunk is sent to a session of another account.",
                vec![Edit::Borrow {
                    what: Borrowed::AnothersSession,
                    into: Place::Subject,
                }],
            )
        },
        chunk(
            "session-that-is-finished",
            "The second chunk is sent to a session of the client's own that is finished.",
            vec![Edit::Borrow {
                what: Borrowed::FinishedSession,
                into: Place::Subject,
            }],
        ),
        chunk(
            "blob-read-while-it-is-uploaded",
            "In place of the second chunk, the blob that is being uploaded is read.",
            vec![Edit::ReadUnfinished],
        ),
    ]
}

/// A session that nobody opened: a version-7 id, drawn once.
pub(super) const NOBODYS_SESSION: &str = "018f2b1c-0000-7000-8000-6e6f626f6479";

/// Invariant 10, the largest chunk.
fn chunks_of_the_largest_size() -> Vec<Deviation> {
    let large = Script::of(Deed::UploadLarge);
    vec![
        Deviation {
            script: large,
            ..drafted(
                "chunk-of-the-largest-size",
                ClientClass::Faulty,
                Point::FirstChunk,
                "The original is sent in chunks of 16 MiB.",
                DraftEdit::Rechunk { chunk: 16 << 20 },
            )
        },
        Deviation {
            script: large,
            ..faulty(
                "chunk-past-the-largest-size",
                Point::FirstChunk,
                "The first chunk is one byte longer than 16 MiB.",
                vec![Edit::GrowBody { by: (8 << 20) + 1 }],
            )
        },
    ]
}
