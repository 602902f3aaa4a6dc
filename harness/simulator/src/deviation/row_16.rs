//! Row 16: a malicious client with every current key writes the past anew.

use super::{Deed, Deviation, Meanwhile, Point, Script, Writer, drafted};
use crate::{Ancestor, ClientClass, CoreEdit, DirectoryEdit, DraftEdit};

/// The departures of row 16.
pub(super) fn deviations() -> Vec<Deviation> {
    let malicious =
        |name, point, about, edit| drafted(name, ClientClass::Malicious, point, about, edit);
    let over_the_chain = |name, about, edit| Deviation {
        script: Script::of(Deed::UpdateAgain),
        ..malicious(name, Point::Op, about, edit)
    };
    let declared = |name, about, record| {
        let edit = DraftEdit::Declare { record };
        malicious(name, Point::OpenProvenance, about, edit)
    };
    vec![
        over_the_chain(
            "update-on-an-older-head",
            "An update continues the create, which another update continues already.",
            DraftEdit::core(CoreEdit::Prior(Ancestor::Root)),
        ),
        over_the_chain(
            "history-rebuilt-from-the-create",
            "Every successor of the create is written and signed anew, and all of them are sent.",
            DraftEdit::Rebuild,
        ),
        over_the_chain(
            "create-anew-over-the-chain",
            "Another photo is uploaded as the create of an asset that has a history.",
            DraftEdit::Revive,
        ),
        over_the_chain(
            "record-signed-again",
            "The update that was accepted last comes again with another valid write-tier signature, under another link.",
            DraftEdit::SignAgain,
        ),
        declared(
            "record-declared-as-an-earlier-one",
            "A record declares the address of an earlier one that was uploaded, for other bytes.",
            Ancestor::OtherAsset,
        ),
        Deviation {
            script: Script::UPLOAD.after(Meanwhile::Edited {
                by: Writer::Laptop,
                minutes: 0,
            }),
            ..declared(
                "record-declared-as-that-of-an-op",
                "A record declares the address of an earlier one that came with an op, for other bytes.",
                Ancestor::OtherHead,
            )
        },
        Deviation {
            script: Script::of(Deed::Directory),
            ..malicious(
                "directory-without-a-retired-device",
                Point::Publish,
                "The next directory, under the identity key, leaves out the device that was revoked.",
                DraftEdit::Directory(DirectoryEdit::WithoutRevoked),
            )
        },
    ]
}
