//! Row 10: a faulty client opens one upload many times, and bytes are brought that are there already.

use super::{Deviation, Kind, Point, Script, drafted, message, raced};
use crate::{Amid, ClientClass, DraftEdit, Race, Whose};

/// Openings of one tuple at once.
const OPENINGS: Race = Race::of(32);

/// The departures of row 10.
pub(super) fn deviations() -> Vec<Deviation> {
    let bytes_of = |name, about, whose| {
        let edit = DraftEdit::BytesOf(whose);
        drafted(name, ClientClass::Faulty, Point::OpenOriginal, about, edit)
    };
    vec![
        raced(
            "openings-at-once",
            Point::OpenOriginal,
            "The session of one blob is opened 32 times at once.",
            OPENINGS,
        ),
        raced(
            "openings-at-once-then-a-kill",
            Point::OpenOriginal,
            "The session of one blob is opened 32 times at once, and the target is killed among the answers; \
             then it is opened once more.",
            OPENINGS.amid(Amid::Kill),
        ),
        bytes_of(
            "bytes-that-another-account-holds",
            "The original has the very bytes of the bystander's photo.",
            Whose::Anothers,
        ),
        Deviation {
            script: Script::UPLOAD.in_an_elder_album(),
            ..bytes_of(
                "own-bytes-into-another-album",
                "The original has the very bytes of the author's photo in another album.",
                Whose::Own,
            )
        },
        Deviation {
            kind: Kind::Probe,
            ..message(
                "probing-for-anothers-bytes",
                ClientClass::Faulty,
                Point::OpenOriginal,
                "The client asks for the bytes of the bystander's photo by their hash: it reads, verifies, opens \
                 a session and ends it.",
                [],
            )
        },
    ]
}
