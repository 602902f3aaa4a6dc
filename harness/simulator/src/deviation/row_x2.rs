//! Row X2: a badly signed manifest is to become the head that honest writers can't continue.

use super::{Deed, Deviation, Point, Script, drafted};
use crate::{ClientClass, DraftEdit, Signed};

/// The departures of row X2.
pub(super) fn deviations() -> Vec<Deviation> {
    let garbage = |name, point, about| {
        drafted(
            name,
            ClientClass::Malicious,
            point,
            about,
            DraftEdit::signed([], Signed::Garbage),
        )
    };
    vec![
        garbage(
            "create-with-garbage-signatures",
            Point::OpenProvenance,
            "The record of a create carries signatures that no key made.",
        ),
        Deviation {
            script: Script::of(Deed::Update),
            ..garbage(
                "update-with-garbage-signatures",
                Point::Op,
                "The record of an update carries signatures that no key made.",
            )
        },
    ]
}
