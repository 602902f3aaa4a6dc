//! Row 2: a faulty client declares a content type that its album's version does not know.

use super::{Deviation, Point, Script, drafted};
use crate::{ClientClass, DraftEdit};

/// The departures of row 2.
pub(super) fn deviations() -> Vec<Deviation> {
    let declared = |name, about, content_type: &str| {
        drafted(
            name,
            ClientClass::Faulty,
            Point::OpenOriginal,
            about,
            DraftEdit::ContentType(content_type.to_owned()),
        )
    };
    vec![
        declared(
            "content-type-outside-the-set",
            "The photo is declared as application/pdf, which no version knows.",
            "application/pdf",
        ),
        declared(
            "content-type-empty",
            "The photo is declared with an empty content type.",
            "",
        ),
        declared(
            "content-type-near-miss",
            "The photo is declared as image/jpg, which only looks like a content type of the set.",
            "image/jpg",
        ),
        declared(
            "content-type-in-capitals",
            "The photo is declared as IMAGE/JPEG; the set has one spelling of each type.",
            "IMAGE/JPEG",
        ),
        declared(
            "content-type-with-a-parameter",
            "The photo is declared as image/jpeg with a parameter behind it.",
            "image/jpeg;q=1",
        ),
        Deviation {
            script: Script::UPLOAD.in_an_elder_album(),
            ..declared(
                "content-type-newer-than-the-album",
                "In an album of version A, the photo is declared as image/jxl, which version B brought.",
                "image/jxl",
            )
        },
        Deviation {
            point: Point::OpenProvenance,
            ..declared(
                "content-type-outside-the-set-for-the-record",
                "The provenance record is declared as application/pdf; its photo was declared as it should be.",
                "application/pdf",
            )
        },
    ]
}
