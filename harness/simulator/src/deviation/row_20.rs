//! Row 20: a malicious client signs as a device that its user's directory does not vouch for.

use super::{Deviation, Point, Script, drafted};
use crate::{ClientClass, CoreEdit, DraftEdit, Maker, Signed};

/// The departures of row 20.
pub(super) fn deviations() -> Vec<Deviation> {
    let made_by = |name, about, maker| {
        drafted(
            name,
            ClientClass::Malicious,
            Point::OpenOriginal,
            about,
            DraftEdit::core(CoreEdit::Device(maker)),
        )
    };
    vec![
        made_by(
            "device-of-nobody",
            "Envelope and signed record name a device that no directory lists.",
            Maker::Nobody,
        ),
        made_by(
            "device-of-another-user",
            "Envelope and signed record name a device from the bystander's directory.",
            Maker::Stranger,
        ),
        made_by(
            "device-revoked",
            "Envelope and signed record name a device of the author's own that was revoked.",
            Maker::Revoked,
        ),
        made_by(
            "device-that-joins-later",
            "Envelope and signed record name a device of the author's own that joins after the write is dated.",
            Maker::Newcomer,
        ),
        drafted(
            "device-revoked-backdated",
            ClientClass::Malicious,
            Point::OpenOriginal,
            "A device of the author's own that was revoked half an hour ago signs a write that it dates before that.",
            DraftEdit::signed(
                [CoreEdit::Device(Maker::Revoked), CoreEdit::Minutes(-45)],
                Signed::Anew,
            ),
        ),
        Deviation {
            point: Point::OpenProvenance,
            ..made_by(
                "device-of-nobody-for-the-record",
                "Only the provenance record and its envelope name a device that no directory lists.",
                Maker::Nobody,
            )
        },
        Deviation {
            script: Script::UPLOAD.in_an_elder_album(),
            ..made_by(
                "device-of-nobody-in-an-elder-album",
                "In an album of version A, envelope and signed record name a device that no directory lists.",
                Maker::Nobody,
            )
        },
    ]
}
