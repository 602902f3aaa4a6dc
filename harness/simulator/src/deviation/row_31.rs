//! Row 31: a malicious client publishes a device directory that does not continue the last one.

use super::{Deed, Deviation, Meanwhile, Point, Script, drafted};
use crate::{ClientClass, DirectoryEdit, DraftEdit, Half};

/// The departures of row 31.
pub(super) fn deviations() -> Vec<Deviation> {
    let published = |name, about, edit| Deviation {
        script: Script::of(Deed::Directory),
        ..drafted(
            name,
            ClientClass::Malicious,
            Point::Publish,
            about,
            DraftEdit::Directory(edit),
        )
    };
    vec![
        published(
            "directory-number-again",
            "The number of the published directory is given to another one, under the identity key.",
            DirectoryEdit::Behind(1),
        ),
        published(
            "directory-number-behind",
            "A directory with a number below the published one is given out, under the identity key.",
            DirectoryEdit::Behind(2),
        ),
        published(
            "directory-number-raised-unsigned",
            "The next number is written over that of an old directory, whose signature stays.",
            DirectoryEdit::Raised,
        ),
        published(
            "directory-under-another-identity",
            "The next directory is signed by another identity key, which the header states.",
            DirectoryEdit::AnotherIdentity,
        ),
        published(
            "directory-signed-by-another",
            "The next directory is signed by another key, while the header states the identity key.",
            DirectoryEdit::AnotherSigner,
        ),
        published(
            "directory-without-ed25519",
            "One bit of the Ed25519 half of the next directory's signature is flipped.",
            DirectoryEdit::HalfSigned(Half::Ed25519),
        ),
        published(
            "directory-without-ml-dsa",
            "One bit of the ML-DSA-65 half of the next directory's signature is flipped.",
            DirectoryEdit::HalfSigned(Half::MlDsa65),
        ),
        published(
            "directory-of-another-user",
            "The next directory is another user's, under the caller's own identity key.",
            DirectoryEdit::OfAnotherUser,
        ),
        published(
            "directory-entry-cleared",
            "The next directory takes the published revocation of a device back.",
            DirectoryEdit::Cleared,
        ),
        published(
            "directory-entry-rekeyed",
            "The next directory gives a published device another key.",
            DirectoryEdit::Rekeyed,
        ),
        Deviation {
            script: Script::of(Deed::Directory).after(Meanwhile::Restart),
            ..published(
                "directory-number-again-after-a-restart",
                "After a restart, the number of the published directory is given to another one.",
                DirectoryEdit::Behind(1),
            )
        },
    ]
}
