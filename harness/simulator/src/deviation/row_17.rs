//! Row 17: a client makes up the epoch that it writes in.

use super::{Deed, Deviation, Meanwhile, Point, Script, drafted};
use crate::{ClientClass, CoreEdit, DraftEdit, Scene, Signed};

/// One past any epoch that an album comes to.
const FAR: i32 = 1_000_000;

/// The departures of row 17.
pub(super) fn deviations() -> Vec<Deviation> {
    let in_epoch = |name, class, script: Script, point, about, by| Deviation {
        script: script.in_scene(Scene::Bumped),
        ..drafted(
            name,
            class,
            point,
            about,
            DraftEdit::Recorded(CoreEdit::Epochs(by)),
        )
    };
    let malicious = |name, script, point, about, by| {
        in_epoch(name, ClientClass::Malicious, script, point, about, by)
    };
    let faulty = |name, script, point, about, by| {
        in_epoch(name, ClientClass::Faulty, script, point, about, by)
    };
    let (create, replace) = (Script::UPLOAD, Script::of(Deed::Replace));
    let (update, delete) = (Script::of(Deed::Update), Script::of(Deed::Delete));
    let record = Point::OpenProvenance;
    vec![
        malicious(
            "create-below-the-epoch",
            create,
            record,
            "The record of a new photo names the epoch before the one that the album has accepted, and is signed with its key.",
            -1,
        ),
        malicious(
            "create-above-the-epoch",
            create,
            record,
            "The record of a new photo names the epoch after the last that the ledger attests.",
            1,
        ),
        faulty(
            "create-far-above-the-epoch",
            create,
            record,
            "The record of a new photo names an epoch a million after the last that the ledger attests.",
            FAR,
        ),
        malicious(
            "create-below-the-epoch-after-a-restart",
            create.after(Meanwhile::Restart),
            record,
            "After a restart, the record of a new photo names the epoch before the one that the album has accepted.",
            -1,
        ),
        malicious(
            "replace-below-the-epoch",
            replace,
            record,
            "The record of a replace names the epoch before the one that the album has accepted, and is signed with its key.",
            -1,
        ),
        malicious(
            "replace-above-the-epoch",
            replace,
            record,
            "The record of a replace names the epoch after the last that the ledger attests.",
            1,
        ),
        faulty(
            "replace-far-above-the-epoch",
            replace,
            record,
            "The record of a replace names an epoch a million after the last that the ledger attests.",
            FAR,
        ),
        malicious(
            "update-below-the-epoch",
            update,
            Point::Op,
            "An update of a photo from the first epoch names that epoch, after the album has accepted the second.",
            -1,
        ),
        malicious(
            "update-above-the-epoch",
            update,
            Point::Op,
            "An update names the epoch after the last that the ledger attests.",
            1,
        ),
        faulty(
            "update-far-above-the-epoch",
            update,
            Point::Op,
            "An update names an epoch a million after the last that the ledger attests.",
            FAR,
        ),
        malicious(
            "delete-below-the-epoch",
            delete,
            Point::Op,
            "A delete of a photo from the first epoch names that epoch, after the album has accepted the second.",
            -1,
        ),
        malicious(
            "delete-above-the-epoch",
            delete,
            Point::Op,
            "A delete names the epoch after the last that the ledger attests.",
            1,
        ),
        faulty(
            "delete-far-above-the-epoch",
            delete,
            Point::Op,
            "A delete names an epoch a million after the last that the ledger attests.",
            FAR,
        ),
        malicious(
            "create-below-the-epoch-in-an-elder-album",
            create.in_an_elder_album(),
            record,
            "In an album of version A, the record of a new photo names the epoch before the one that the album has accepted.",
            -1,
        ),
        malicious(
            "create-above-the-epoch-in-an-elder-album",
            create.in_an_elder_album(),
            record,
            "In an album of version A, the record of a new photo names the epoch after the last that the ledger attests.",
            1,
        ),
        malicious(
            "update-below-the-epoch-in-an-elder-album",
            update.in_an_elder_album(),
            Point::Op,
            "In an album of version A, an update names the epoch before the one that the album has accepted.",
            -1,
        ),
        malicious(
            "delete-above-the-epoch-in-an-elder-album",
            delete.in_an_elder_album(),
            Point::Op,
            "In an album of version A, a delete names the epoch after the last that the ledger attests.",
            1,
        ),
        Deviation {
            script: update.in_scene(Scene::Attested),
            ..drafted(
                "update-in-the-epoch-of-before",
                ClientClass::Faulty,
                Point::Op,
                "After a bump in which nothing was written yet, an update still names the epoch of before.",
                DraftEdit::signed([CoreEdit::Epochs(-1)], Signed::Anew),
            )
        },
    ]
}
