//! Row X6: a malicious client squats ids that are another's, or were somebody's once.

use super::{Deed, Deviation, Kind, Point, Script, message};
use crate::{Bound, ClientClass, Squat};

/// The departures of row X6. The bystander lives in the older version, so the squatter does, too: no pin
/// stands in its way.
pub(super) fn deviations() -> Vec<Deviation> {
    let squat = |name, about, squat| Deviation {
        kind: Kind::Squat(squat),
        script: Script::UPLOAD.in_an_elder_album(),
        ..message(name, ClientClass::Malicious, Point::OpenOriginal, about, [])
    };
    let after_purge = |name, about, bound| Deviation {
        script: Script::of(Deed::UploadAfterPurge).in_an_elder_album(),
        ..squat(name, about, Squat::Create(bound))
    };
    vec![
        squat(
            "album-of-another",
            "The bystander's album id is asked for as a new album's.",
            Squat::Album,
        ),
        squat(
            "ledger-of-anothers-album",
            "A ledger of the squatter's keys is published for the bystander's album.",
            Squat::Ledger,
        ),
        squat(
            "upload-into-anothers-album",
            "An upload is opened into the bystander's album.",
            Squat::IntoAlbum,
        ),
        squat(
            "update-in-anothers-album",
            "An update of the bystander's photo is sent to the bystander's album.",
            Squat::Update,
        ),
        squat(
            "update-of-anothers-photo",
            "An update of the bystander's photo is sent to the squatter's own album.",
            Squat::UpdateAsOwn,
        ),
        squat(
            "create-under-anothers-id",
            "A photo is created under the id of the bystander's photo.",
            Squat::Create(Bound::Strangers),
        ),
        squat(
            "create-under-a-siblings-id",
            "A photo is created under the id of a photo of one's own that lives in another album.",
            Squat::Create(Bound::Sibling),
        ),
        after_purge(
            "create-after-purge",
            "A photo is created under the id of a photo of one's own that was purged.",
            Bound::Purged,
        ),
        after_purge(
            "create-after-anothers-purge",
            "A photo is created under the id of a photo of the bystander's that was purged.",
            Bound::StrangersPurged,
        ),
        squat(
            "id-reserved-for-another",
            "An upload is opened, and left at that, under the id that the bystander's next photo will have.",
            Squat::Reserve,
        ),
        squat(
            "id-claimed-by-two",
            "An upload under the id of the bystander's next photo is opened before that photo is there, and finished afterwards.",
            Squat::Race,
        ),
    ]
}
