//! Row 22: a faulty client deletes, and does not believe that it has.

use super::{Deed, Deviation, Point, Script, drafted, raced};
use crate::{Amid, Ancestor, ClientClass, CoreEdit, DraftEdit, Race};

/// The departures of row 22.
pub(super) fn deviations() -> Vec<Deviation> {
    let op = |name, deed, about, edit| Deviation {
        script: Script::of(deed),
        ..drafted(name, ClientClass::Faulty, Point::Op, about, edit)
    };
    let race = |name, deed, point, about, race| Deviation {
        script: Script::of(deed),
        ..raced(name, point, about, race)
    };
    let collected = Race::of(1).amid(Amid::Collection);
    vec![
        op(
            "delete-again",
            Deed::DeleteSharedAfterAnother,
            "A delete that was accepted is sent again, to the byte.",
            DraftEdit::DeleteAgain,
        ),
        race(
            "deletes-at-once",
            Deed::DeleteShared,
            Point::Op,
            "One delete is sent 20 times at once.",
            Race::of(20),
        ),
        op(
            "another-delete-on-the-same-prior",
            Deed::DeleteSharedAfterAnother,
            "A second delete of a deleted photo, dated a minute later, continues the record that the first one \
             continues.",
            DraftEdit::RivalDelete,
        ),
        op(
            "delete-on-the-prior-of-another",
            Deed::DeleteSharedAfterAnother,
            "A delete continues the record of another photo that the delete of that photo continues.",
            DraftEdit::core(CoreEdit::Prior(Ancestor::BehindADelete)),
        ),
        op(
            "delete-again-after-its-purge",
            Deed::DeleteSharedAfterAPurge,
            "A delete that was accepted is sent again, to the byte, after its photo was purged.",
            DraftEdit::DeleteAgain,
        ),
        race(
            "upload-while-its-bytes-are-collected",
            Deed::UploadAsPurged,
            Point::LastChunk,
            "The last chunk of bytes that a purged photo had arrives while the target collects garbage.",
            collected,
        ),
        race(
            "update-while-its-metadata-is-collected",
            Deed::UpdateAsPurged,
            Point::Op,
            "An update brings the metadata blob of a purged photo while the target collects garbage.",
            collected,
        ),
    ]
}
