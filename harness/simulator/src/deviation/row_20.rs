//! Row 20: a malicious client signs as a device that its user's directory does not vouch for.

use super::{Deed, Deviation, Point, Script, drafted};
use crate::{ClientClass, CoreEdit, DraftEdit, Maker, Signed};

/// The departures of row 20.
pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = by_upload();
    all.extend(by_op());
    all
}

/// The revoked device at work, dated a quarter of an hour before its revocation.
fn backdated() -> DraftEdit {
    DraftEdit::signed(
        [CoreEdit::Device(Maker::Revoked), CoreEdit::Minutes(-45)],
        Signed::Anew,
    )
}

/// Devices that an op names.
fn by_op() -> Vec<Deviation> {
    let op = |name, deed, about, edit| Deviation {
        script: Script::of(deed),
        ..drafted(name, ClientClass::Malicious, Point::Op, about, edit)
    };
    let made_by = |maker| DraftEdit::core(CoreEdit::Device(maker));
    vec![
        op(
            "update-by-a-device-of-nobody",
            Deed::Update,
            "An update names a device that no directory lists.",
            made_by(Maker::Nobody),
        ),
        op(
            "delete-by-a-device-of-another-user",
            Deed::Delete,
            "A delete names a device from the bystander's directory.",
            made_by(Maker::Stranger),
        ),
        op(
            "update-by-a-revoked-device",
            Deed::Update,
            "A device of the author's own that was revoked signs an update.",
            made_by(Maker::Revoked),
        ),
        op(
            "delete-by-a-revoked-device-backdated",
            Deed::Delete,
            "A device of the author's own that was revoked half an hour ago signs a delete that it dates before that.",
            backdated(),
        ),
    ]
}

/// Devices that an upload names.
fn by_upload() -> Vec<Deviation> {
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
            backdated(),
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
