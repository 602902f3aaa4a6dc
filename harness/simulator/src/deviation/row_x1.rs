//! Row X1: a stolen session, without any key, deletes.

use super::{Deed, Deviation, Point, Script, drafted};
use crate::{ClientClass, CoreEdit, DraftEdit, Signed};

/// The departures of row X1.
pub(super) fn deviations() -> Vec<Deviation> {
    let delete = |name, about, core: Vec<CoreEdit>| Deviation {
        script: Script::of(Deed::Delete),
        ..drafted(
            name,
            ClientClass::Malicious,
            Point::Op,
            about,
            DraftEdit::signed(core, Signed::Garbage),
        )
    };
    vec![
        delete(
            "delete-with-garbage-signatures",
            "A delete carries signatures that no key made, and is otherwise as it should be.",
            Vec::new(),
        ),
        delete(
            "instant-delete-with-garbage-signatures",
            "A delete that can't be taken back carries signatures that no key made.",
            vec![CoreEdit::Retention(0)],
        ),
    ]
}
