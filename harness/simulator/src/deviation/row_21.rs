//! Row 21: a faulty client makes its metadata blobs, and what is said of them, by hand.

use super::{Deed, Deviation, Edit, Point, Script, drafted, message, set_header, set_json};
use crate::{Ancestor, ClientClass, CoreEdit, DraftEdit, MetadataEdit, Respelling};
use gauntlet_wire::header;
use gauntlet_wire::version::SuiteId;

/// The address of no blob at all, as raw JSON.
const NO_BLOB: &str = "\"5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\"";

/// The departures of row 21.
pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = by_op();
    all.extend(by_upload());
    all
}

fn faulty(name: &'static str, point: Point, about: &'static str, edit: DraftEdit) -> Deviation {
    drafted(name, ClientClass::Faulty, point, about, edit)
}

fn respelled(at: &[&str], spelling: Respelling) -> Vec<Edit> {
    let respell = |at: &&str| Edit::Respell {
        at: (*at).to_owned(),
        spelling,
    };
    at.iter().map(respell).collect()
}

/// Metadata that comes with an op.
fn by_op() -> Vec<Deviation> {
    let op = |name, about, edit| Deviation {
        script: Script::of(Deed::Update),
        ..faulty(name, Point::Op, about, edit)
    };
    let said = |name, about, edits: Vec<Edit>| Deviation {
        script: Script::of(Deed::Update),
        ..message(name, ClientClass::Faulty, Point::Op, about, edits)
    };
    vec![
        op(
            "metadata-other-than-committed",
            "An update brings another metadata blob than the one that its manifest commits to.",
            DraftEdit::Metadata(MetadataEdit::Uncommitted),
        ),
        op(
            "older-metadata-in-place-of-the-new",
            "An update brings the photo's first metadata blob, while its manifest commits to the new one.",
            DraftEdit::Metadata(MetadataEdit::Older),
        ),
        Deviation {
            script: Script::of(Deed::UpdateAgain),
            ..op(
                "other-metadata-under-an-accepted-record",
                "The update that was accepted last comes again, with another metadata blob.",
                DraftEdit::Swap,
            )
        },
        Deviation {
            script: Script::of(Deed::UpdateAgain).in_an_elder_album(),
            ..op(
                "other-metadata-under-an-accepted-record-in-an-elder-album",
                "In an album of version A, the update that was accepted last comes again, with another metadata blob.",
                DraftEdit::Swap,
            )
        },
        op(
            "garbage-metadata-by-op",
            "An update brings bytes that no client can read, and its manifest commits to them.",
            DraftEdit::Metadata(MetadataEdit::Garbage),
        ),
        said(
            "metadata-hash-in-capitals-by-op",
            "The envelope of an update spells the hash of its metadata blob in capitals.",
            respelled(
                &["/manifest_envelope/metadata_blob_hash"],
                Respelling::Capitals,
            ),
        ),
        said(
            "suite-of-the-header-alone",
            "The header of an update names the fictive suite 2, its manifest and its blob the true one.",
            vec![set_header(header::CRYPTO_SUITE, "2")],
        ),
        said(
            "suite-of-the-envelope-alone",
            "The envelope of an update names the fictive suite 2, its manifest and its blob the true one.",
            vec![set_json("/manifest_envelope/crypto_suite_id", "2")],
        ),
        op(
            "suite-of-the-manifest-alone",
            "The manifest of an update, signed with real keys, names the fictive suite 2, all else the true one.",
            DraftEdit::record_alone(CoreEdit::Suite(SuiteId(2))),
        ),
    ]
}

/// Metadata that is uploaded.
fn by_upload() -> Vec<Deviation> {
    let opened = |name, about, edits: Vec<Edit>| {
        message(name, ClientClass::Faulty, Point::OpenMetadata, about, edits)
    };
    let spelled = |name, about, spelling| {
        let at = ["/hash", "/manifest_envelope/ciphertext_hash"];
        opened(name, about, respelled(&at, spelling))
    };
    let flipped = |name, script, about| Deviation {
        script,
        ..message(
            name,
            ClientClass::Faulty,
            Point::LastChunkOfMetadata,
            about,
            [Edit::FlipBodyBit],
        )
    };
    let replaced = |name, point, about, edit| Deviation {
        script: Script::of(Deed::Replace),
        ..faulty(name, point, about, edit)
    };
    vec![
        opened(
            "metadata-uploaded-past-its-commitment",
            "The metadata blob that is uploaded is not the one that its envelope commits to.",
            vec![set_json("/manifest_envelope/metadata_blob_hash", NO_BLOB)],
        ),
        replaced(
            "older-metadata-uploaded",
            Point::OpenMetadata,
            "A replace uploads the photo's first metadata blob, while its manifest commits to a new one.",
            DraftEdit::Metadata(MetadataEdit::Older),
        ),
        faulty(
            "record-committing-to-other-metadata",
            Point::OpenProvenance,
            "The record, signed with real keys, commits to another metadata blob than its envelopes.",
            DraftEdit::record_alone(CoreEdit::OtherMetadata),
        ),
        flipped(
            "metadata-bytes-other-than-declared",
            Script::UPLOAD,
            "The bytes of the metadata blob are not those that it declared.",
        ),
        flipped(
            "metadata-bytes-other-than-declared-in-an-elder-album",
            Script::UPLOAD.in_an_elder_album(),
            "In an album of version A, the bytes of the metadata blob are not those that it declared.",
        ),
        spelled(
            "metadata-hash-in-capitals",
            "The metadata blob's hash is spelled in capitals.",
            Respelling::Capitals,
        ),
        spelled(
            "metadata-hash-cut",
            "The metadata blob's hash lacks its last character.",
            Respelling::Cut,
        ),
        faulty(
            "garbage-metadata-uploaded",
            Point::OpenMetadata,
            "The metadata blob is bytes that no client can read, and the manifest commits to them.",
            DraftEdit::Metadata(MetadataEdit::Garbage),
        ),
        replaced(
            "replace-with-a-used-nonce-prefix",
            Point::OpenProvenance,
            "A replace names the nonce prefix under which the photo's first original was sealed.",
            DraftEdit::record_alone(CoreEdit::NoncePrefixOf(Ancestor::Root)),
        ),
        Deviation {
            script: Script::of(Deed::ReplaceAgain),
            ..faulty(
                "replace-with-an-older-nonce-prefix",
                Point::OpenProvenance,
                "A second replace names the nonce prefix under which the photo's first original was sealed.",
                DraftEdit::record_alone(CoreEdit::NoncePrefixOf(Ancestor::Root)),
            )
        },
    ]
}
