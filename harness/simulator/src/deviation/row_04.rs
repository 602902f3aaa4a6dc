//! Row 4: a malicious client sends what was true once.

use super::{Deed, Deviation, Point, Script, drafted};
use crate::{Ancestor, ClientClass, CoreEdit, DraftEdit, Signed};

/// The departures of row 4.
pub(super) fn deviations() -> Vec<Deviation> {
    let op = |name, deed, about, edit| Deviation {
        script: Script::of(deed),
        ..drafted(name, ClientClass::Malicious, Point::Op, about, edit)
    };
    vec![
        op(
            "never-sent-update-on-an-old-head",
            Deed::Restore,
            "On a tombstone, an update that was never sent before continues the asset's create, with real signatures.",
            DraftEdit::Instead { deed: Deed::Update },
        ),
        op(
            "delete-on-an-old-head",
            Deed::UpdateAgain,
            "A delete continues the asset's create, which an update continues already.",
            DraftEdit::Instead { deed: Deed::Delete },
        ),
        op(
            "restore-on-an-old-head",
            Deed::Restore,
            "A restore of a deleted asset continues its create, in place of its delete.",
            DraftEdit::core(CoreEdit::Prior(Ancestor::Root)),
        ),
        Deviation {
            script: Script::of(Deed::ReplaceAgain),
            ..drafted(
                "replace-on-an-old-head",
                ClientClass::Malicious,
                Point::OpenProvenance,
                "The record of a replace continues the asset's create, which another replace continues already.",
                DraftEdit::Recorded(CoreEdit::Prior(Ancestor::Root)),
            )
        },
        op(
            "create-on-a-tombstone",
            Deed::Restore,
            "Another photo is uploaded as the create of an asset that was deleted.",
            DraftEdit::Revive,
        ),
        op(
            "accepted-update-again",
            Deed::UpdateAgain,
            "The update that was accepted last is sent again, to the byte.",
            DraftEdit::Again,
        ),
        op(
            "update-without-a-prior",
            Deed::Update,
            "An update continues no record at all, with real signatures.",
            DraftEdit::signed([CoreEdit::NoPrior], Signed::Anew),
        ),
        op(
            "record-of-another-asset",
            Deed::Update,
            "The op carries the accepted record of another asset of the same author.",
            DraftEdit::Transplant {
                with_metadata: false,
            },
        ),
        op(
            "record-and-metadata-of-another-asset",
            Deed::Update,
            "The op carries the accepted record of another asset of the same author, and its metadata.",
            DraftEdit::Transplant {
                with_metadata: true,
            },
        ),
    ]
}
