//! Row 9: a malicious client dates its writes as it likes.

use super::{Deed, Deviation, Point, Script, drafted};
use crate::{ClientClass, CoreEdit, DraftEdit, Scene};

/// The departures of row 9.
pub(super) fn deviations() -> Vec<Deviation> {
    let dated = |name, about, edit| {
        drafted(
            name,
            ClientClass::Malicious,
            Point::OpenOriginal,
            about,
            DraftEdit::core(edit),
        )
    };
    vec![
        dated(
            "timestamp-2099",
            "Envelope and signed record are dated 2099-01-01.",
            CoreEdit::Date("2099-01-01T00:00:00Z".to_owned()),
        ),
        dated(
            "timestamp-31-days-ahead",
            "Envelope and signed record are dated a day past the bound, in the future.",
            CoreEdit::Hours(31 * 24),
        ),
        dated(
            "timestamp-31-days-behind",
            "Envelope and signed record are dated a day past the bound, in the past.",
            CoreEdit::Hours(-31 * 24),
        ),
        Deviation {
            script: Script::UPLOAD.in_scene(Scene::Seasoned),
            ..dated(
                "timestamp-31-days-behind-of-an-older-device",
                "Envelope and signed record of a device that joined before that are dated a day past the bound, in the past.",
                CoreEdit::Hours(-31 * 24),
            )
        },
        dated(
            "timestamp-29-days-ahead",
            "Envelope and signed record are dated a day inside the bound, in the future.",
            CoreEdit::Hours(29 * 24),
        ),
        Deviation {
            script: Script::of(Deed::Delete),
            ..drafted(
                "delete-29-days-ahead",
                ClientClass::Malicious,
                Point::Op,
                "A delete is dated a day inside the bound, in the future; it can be taken back for as long as an honest one.",
                DraftEdit::core(CoreEdit::Hours(29 * 24)),
            )
        },
    ]
}
