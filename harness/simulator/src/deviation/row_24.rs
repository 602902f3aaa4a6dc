//! Row 24: a device writes outside the time in which its user vouches for it.

use super::{Deed, Deviation, Meanwhile, Point, Script, after, drafted};
use crate::{Authority, ClientClass, CoreEdit, DirectoryEdit, DraftEdit, Event, Maker};

fn malicious(
    name: &'static str,
    script: Script,
    point: Point,
    about: &'static str,
    edit: DraftEdit,
) -> Deviation {
    Deviation {
        script,
        ..drafted(name, ClientClass::Malicious, point, about, edit)
    }
}

/// The departures of row 24.
pub(super) fn deviations() -> Vec<Deviation> {
    [dated(), directories(), revocations()].concat()
}

/// Writes dated around the time at which their device joined.
fn dated() -> Vec<Deviation> {
    let before = || DraftEdit::core(CoreEdit::Joined(-1));
    vec![
        malicious(
            "dated-before-its-device-joined",
            Script::UPLOAD,
            Point::OpenOriginal,
            "Envelope and signed record are dated a minute before the device that signs them joined.",
            before(),
        ),
        malicious(
            "record-dated-before-its-device-joined",
            Script::UPLOAD,
            Point::OpenProvenance,
            "Only the provenance record and its envelope are dated a minute before the device joined.",
            before(),
        ),
        malicious(
            "update-dated-before-its-device-joined",
            Script::of(Deed::Update),
            Point::Op,
            "An update is dated a minute before the device that signs it joined.",
            before(),
        ),
        malicious(
            "dated-before-its-device-joined-in-an-elder-album",
            Script::UPLOAD.in_an_elder_album(),
            Point::OpenOriginal,
            "In an album of version A, envelope and signed record are dated a minute before their device joined.",
            before(),
        ),
        malicious(
            "delete-dated-before-its-device-joined-in-an-elder-album",
            Script::of(Deed::Delete).in_an_elder_album(),
            Point::Op,
            "In an album of version A, a delete is dated a minute before the device that signs it joined.",
            before(),
        ),
        malicious(
            "dated-just-after-its-device-joined",
            Script::UPLOAD,
            Point::OpenOriginal,
            "Envelope and signed record are dated a minute after the device that signs them joined.",
            DraftEdit::core(CoreEdit::Joined(1)),
        ),
    ]
}

/// Directories that make a device older than it is.
fn directories() -> Vec<Deviation> {
    let backdated = |name, about, authority| {
        malicious(
            name,
            Script::of(Deed::Directory),
            Point::Publish,
            about,
            DraftEdit::Directory(DirectoryEdit::Backdated(authority)),
        )
    };
    vec![
        backdated(
            "joining-backdated-unsigned",
            "The next directory lets a device join a day earlier, under the signature of before.",
            Authority::Before,
        ),
        backdated(
            "joining-backdated-under-another-identity",
            "The next directory lets a device join a day earlier, signed by another identity key, which the header states.",
            Authority::AnotherIdentity,
        ),
        backdated(
            "joining-backdated-by-another",
            "The next directory lets a device join a day earlier, signed by another key, while the header states the identity key.",
            Authority::AnotherSigner,
        ),
        backdated(
            "joining-backdated",
            "The next directory lets a device join a day earlier than the published one, under the identity key itself.",
            Authority::Identity,
        ),
        malicious(
            "device-of-an-unpublished-directory",
            Script::UPLOAD.after(Meanwhile::UsurpedDirectory),
            Point::OpenOriginal,
            "Envelope and signed record name a device older than the account, for which a directory under another identity key alone vouches.",
            DraftEdit::core(CoreEdit::Device(Maker::Usurper)),
        ),
    ]
}

/// Uploads whose device is revoked before their last byte.
fn revocations() -> Vec<Deviation> {
    let revoked = |name, script, point, about| Deviation {
        script,
        ..after(
            name,
            ClientClass::Malicious,
            point,
            about,
            Event::Revocation,
            false,
        )
    };
    vec![
        revoked(
            "revoked-before-the-last-chunk",
            Script::UPLOAD,
            Point::LastChunk,
            "The device is revoked after it opened a session, and sends the original's last chunk.",
        ),
        revoked(
            "revoked-before-the-last-chunk-of-the-record",
            Script::UPLOAD,
            Point::LastChunkOfRecord,
            "The device is revoked after it opened a session, and sends the record's last chunk.",
        ),
        revoked(
            "revoked-before-the-last-chunk-in-an-elder-album",
            Script::UPLOAD.in_an_elder_album(),
            Point::LastChunk,
            "In an album of version A, the device is revoked after it opened a session, and sends the original's last chunk.",
        ),
    ]
}
