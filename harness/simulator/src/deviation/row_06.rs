//! Row 6: honest clients write at once, and one of them has not heard of the other.

use super::{Deed, Deviation, Meanwhile, Point, Script, Writer, drafted};
use crate::{Ancestor, ClientClass, CoreEdit, DraftEdit};

/// Concurrent captions whose losers a sidecar keeps, and one more (`formats.md` §7).
const ONE_TOO_MANY: usize = 17;

/// The departures of row 6.
pub(super) fn deviations() -> Vec<Deviation> {
    let edited = |by, minutes| Meanwhile::Edited { by, minutes };
    let second = |name, script: Script, about| Deviation {
        script,
        ..drafted(
            name,
            ClientClass::Honest,
            Point::Op,
            about,
            DraftEdit::core(CoreEdit::Prior(Ancestor::Root)),
        )
    };
    let update = |meanwhile| Script::of(Deed::Update).after(meanwhile);
    vec![
        second(
            "caption-behind-a-later-one",
            update(edited(Writer::Laptop, 1)),
            "Behind an update of the laptop's, which is dated later, the phone's update continues the same record.",
        ),
        second(
            "caption-behind-an-earlier-one",
            update(edited(Writer::Laptop, -1)),
            "Behind an update of the laptop's, which is dated earlier, the phone's update continues the same record.",
        ),
        second(
            "caption-at-the-same-time",
            update(edited(Writer::Laptop, 0)),
            "Behind an update of the laptop's of the same instant, the phone's update continues the same record.",
        ),
        second(
            "caption-of-the-laptop-at-the-same-time",
            update(edited(Writer::Phone, 0)).on(Writer::Laptop),
            "Behind an update of the phone's of the same instant, the laptop's update continues the same record.",
        ),
        second(
            "caption-in-an-exact-tie",
            update(edited(Writer::Phone, 0)),
            "Two updates of one device and one instant continue the same record.",
        ),
        second(
            "caption-behind-another-in-an-elder-album",
            update(edited(Writer::Phone, -1)).in_an_elder_album(),
            "In an album of version A, an update continues the record that a later one continues already.",
        ),
        Deviation {
            script: update(edited(Writer::Laptop, 0)),
            ..drafted(
                "seventeen-captions-on-one-head",
                ClientClass::Honest,
                Point::Op,
                "Behind an update of the laptop's, seventeen updates continue the same record, one after the other.",
                DraftEdit::Crowd { size: ONE_TOO_MANY },
            )
        },
    ]
}
