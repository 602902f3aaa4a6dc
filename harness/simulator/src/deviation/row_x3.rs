//! Row X3: a key holder deletes so that nothing can be taken back.

use super::{Deed, Deviation, Point, Script, drafted};
use crate::{ClientClass, CoreEdit, DraftEdit};

/// The departures of row X3.
pub(super) fn deviations() -> Vec<Deviation> {
    let delete = |name, about, hours| Deviation {
        script: Script::of(Deed::Delete),
        ..drafted(
            name,
            ClientClass::Malicious,
            Point::Op,
            about,
            DraftEdit::core(CoreEdit::Retention(hours)),
        )
    };
    vec![
        delete(
            "delete-at-once",
            "A validly signed delete can be taken back until now.",
            0,
        ),
        delete(
            "delete-below-the-floor",
            "A validly signed delete can be taken back for an hour less than the floor of 24 hours.",
            23,
        ),
        delete(
            "delete-above-the-floor",
            "A validly signed delete can be taken back for an hour more than the floor of 24 hours.",
            25,
        ),
    ]
}
