//! The catalogue of deviations: each one named departure from the honest script, as data.

use crate::{ClientClass, Draft, DraftEdit, Edit, Framing, Profile, Step};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::header;
use gauntlet_wire::version::SuiteId;
use serde::Serialize;
use std::sync::LazyLock;

/// One named departure from the honest script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// The stable kebab-case name, as `rows.toml`, reports and evidence write it.
    pub name: &'static str,
    /// The class of client that departs so.
    pub class: ClientClass,
    /// What the client does, in one sentence.
    pub about: &'static str,
    /// Which message of the script it replaces.
    pub point: Point,
    /// How.
    pub kind: Kind,
    /// Texts that were forged and must never be served back.
    pub canaries: &'static [&'static str],
}

/// Which message of an upload a deviation replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Point {
    /// The opening of the original's session.
    OpenOriginal,
    /// The original's second chunk.
    SecondChunk,
    /// The original's last chunk.
    LastChunk,
    /// The opening of the provenance record's session.
    OpenProvenance,
}

impl Point {
    /// The step of `draft` that the point names; `None` where the draft is too short to have it.
    #[must_use]
    pub fn step(self, draft: &Draft) -> Option<Step> {
        let index = |role| draft.blobs.iter().position(|blob| blob.role == role);
        let chunks = |blob: usize| draft.steps().into_iter().filter(move |s| s.blob() == blob);
        match self {
            Self::OpenOriginal => Some(Step::Open {
                blob: index(BlobRole::Original)?,
            }),
            Self::OpenProvenance => Some(Step::Open {
                blob: index(BlobRole::Provenance)?,
            }),
            Self::SecondChunk => chunks(index(BlobRole::Original)?).nth(2),
            Self::LastChunk => chunks(index(BlobRole::Original)?).next_back(),
        }
    }
}

/// How a deviation departs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One message is altered.
    Message(Vec<Edit>),
    /// What is drafted is altered, and shows in several messages.
    Draft(DraftEdit),
    /// No message is altered: something happens before it.
    Fault(Fault),
}

/// Something that befalls the target between two honest messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// The target dies without a goodbye (kill −9, power loss) and starts again.
    Kill,
}

/// A name that is in no catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown deviation `{0}`: `gauntlet list --deviations` names them all")]
pub struct UnknownDeviation(pub String);

impl Deviation {
    /// The deviation called `name`.
    ///
    /// # Errors
    /// A name that the catalogue does not hold.
    pub fn named(name: &str) -> Result<&'static Self, UnknownDeviation> {
        catalogue()
            .iter()
            .find(|deviation| deviation.name == name)
            .ok_or_else(|| UnknownDeviation(name.to_owned()))
    }
}

/// Every deviation, grouped by the row that first needed it.
#[must_use]
pub fn catalogue() -> &'static [Deviation] {
    &CATALOGUE
}

static CATALOGUE: LazyLock<Vec<Deviation>> = LazyLock::new(|| {
    [
        chunk_placement(),
        declared_size(),
        unknown_suite(),
        forged_fields(),
    ]
    .concat()
});

/// A suite that no inventory holds.
const UNKNOWN_SUITE: &str = "32767";
/// The top-level member and the envelope's, which honest clients keep equal.
const SUITE_AT_TOP: &str = "/crypto_suite_id";
const SUITE_IN_ENVELOPE: &str = "/manifest_envelope/crypto_suite_id";

fn message(
    name: &'static str,
    class: ClientClass,
    point: Point,
    about: &'static str,
    edits: impl Into<Vec<Edit>>,
) -> Deviation {
    Deviation {
        name,
        class,
        about,
        point,
        kind: Kind::Message(edits.into()),
        canaries: &[],
    }
}

fn set_header(name: &str, value: &str) -> Edit {
    Edit::SetHeader {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

fn set_json(at: &str, raw: &str) -> Edit {
    Edit::SetJson {
        at: at.to_owned(),
        raw: raw.to_owned(),
    }
}

/// Row 3: a buggy client sends a chunk to the wrong place and tries again.
fn chunk_placement() -> Vec<Deviation> {
    let faulty = |name, about, edit| {
        message(
            name,
            ClientClass::Faulty,
            Point::SecondChunk,
            about,
            vec![edit],
        )
    };
    vec![
        faulty(
            "offset-ahead",
            "The second chunk is sent one chunk ahead of the received count, leaving a gap.",
            Edit::ShiftOffset { by: 16_384 },
        ),
        faulty(
            "offset-at-the-end-of-u64",
            "The second chunk is sent at an offset that overflows when its length is added.",
            set_header(header::OFFSET, "18446744073709551615"),
        ),
        faulty(
            "offset-behind-with-other-bytes",
            "The second chunk's bytes are sent to the first chunk's offset, which was acknowledged.",
            Edit::ShiftOffset { by: -16_384 },
        ),
        faulty(
            "chunk-again",
            "The first chunk, already acknowledged, is sent again unchanged.",
            Edit::WholeChunk { by: -1 },
        ),
        faulty(
            "checksum-of-other-bytes",
            "The second chunk is sent with the checksum of other bytes.",
            Edit::ChecksumOfOtherBytes,
        ),
        faulty(
            "checksum-absent",
            "The second chunk is sent without its checksum.",
            Edit::DropHeader {
                name: header::CHECKSUM.to_owned(),
            },
        ),
        faulty(
            "offset-mid-chunk",
            "The second chunk is sent to an offset inside the first, acknowledged chunk.",
            Edit::ShiftOffset { by: -8_192 },
        ),
        faulty(
            "offset-absent",
            "The second chunk is sent without its offset.",
            Edit::DropHeader {
                name: header::OFFSET.to_owned(),
            },
        ),
        faulty(
            "chunk-unaligned",
            "The second chunk, which is not the last, is cut to a length that is not a multiple of 4,096.",
            Edit::CutBody { to: 16_383 },
        ),
        Deviation {
            name: "kill-after-acknowledged-chunk",
            class: ClientClass::Faulty,
            about: "The target is killed right after it acknowledged the first chunk, and started again.",
            point: Point::SecondChunk,
            kind: Kind::Fault(Fault::Kill),
            canaries: &[],
        },
    ]
}

/// Row 11: a faulty client uploads bytes that exceed its declared size.
fn declared_size() -> Vec<Deviation> {
    let faulty = |name, point, about, edits: Vec<Edit>| {
        message(name, ClientClass::Faulty, point, about, edits)
    };
    vec![
        faulty(
            "chunk-across-the-size",
            Point::LastChunk,
            "The last chunk is longer than what is left of the declared size.",
            vec![Edit::GrowBody { by: 4_096 }],
        ),
        faulty(
            "chunk-one-byte-across-the-size",
            Point::LastChunk,
            "The last chunk is one byte longer than what is left of the declared size.",
            vec![Edit::GrowBody { by: 1 }],
        ),
        Deviation {
            name: "small-chunks-across-the-size",
            class: ClientClass::Faulty,
            about: "After the first chunk, many small chunks run on until one crosses the declared size.",
            point: Point::SecondChunk,
            kind: Kind::Draft(DraftEdit::Overrun { chunk: 4_096 }),
            canaries: &[],
        },
        faulty(
            "size-zero",
            Point::OpenOriginal,
            "The session is opened with a declared size of 0.",
            vec![set_json("/size", "0")],
        ),
        faulty(
            "size-beyond-any-maximum",
            Point::OpenOriginal,
            "The session is opened with the largest size that a u64 can hold.",
            vec![set_json("/size", "18446744073709551615")],
        ),
        faulty(
            "body-without-length",
            Point::LastChunk,
            "A chunk across the declared size is sent in chunked coding, so that no length warns of it.",
            vec![Edit::GrowBody { by: 4_096 }, Edit::Frame(Framing::Chunked)],
        ),
        faulty(
            "body-longer-than-its-length",
            Point::SecondChunk,
            "The second chunk's body is longer than its Content-Length says.",
            vec![Edit::Frame(Framing::Understated(4_096))],
        ),
    ]
}

/// Row 12: a new client names a suite, or a version, that the target does not know.
fn unknown_suite() -> Vec<Deviation> {
    let new = |name, about, edits: Vec<Edit>| {
        message(name, ClientClass::New, Point::OpenOriginal, about, edits)
    };
    let in_body = [
        set_json(SUITE_AT_TOP, UNKNOWN_SUITE),
        set_json(SUITE_IN_ENVELOPE, UNKNOWN_SUITE),
    ];
    vec![
        new(
            "unknown-suite-in-body",
            "The body names a suite that no inventory holds; the header names the usual one.",
            in_body.to_vec(),
        ),
        new(
            "unknown-suite-in-header",
            "The header names a suite that no inventory holds; the body names the usual one.",
            vec![set_header(header::CRYPTO_SUITE, UNKNOWN_SUITE)],
        ),
        new(
            "unknown-suite-in-both",
            "Header and body agree on a suite that no inventory holds.",
            [
                in_body.to_vec(),
                vec![set_header(header::CRYPTO_SUITE, UNKNOWN_SUITE)],
            ]
            .concat(),
        ),
        Deviation {
            name: "unknown-suite-in-record",
            class: ClientClass::New,
            about: "Only the signed record names a suite that no inventory holds; header, body and envelope name the usual one.",
            point: Point::OpenProvenance,
            kind: Kind::Draft(DraftEdit::RecordSuite(SuiteId(0x7FFF))),
            canaries: &[],
        },
        new(
            "suite-differs-between-body-and-envelope",
            "The body's two suite members disagree: the usual one at the top, a fictive one in the envelope.",
            vec![set_json(SUITE_IN_ENVELOPE, "2")],
        ),
        new(
            "suite-differs-between-body-and-header",
            "The header names the fictive suite 2, the body the usual one.",
            vec![set_header(header::CRYPTO_SUITE, "2")],
        ),
        new(
            "suite-header-twice",
            "The suite header is given twice, with different suites.",
            vec![Edit::RepeatHeader {
                name: header::CRYPTO_SUITE.to_owned(),
                value: UNKNOWN_SUITE.to_owned(),
            }],
        ),
        new(
            "suite-member-twice",
            "The body's suite member is given twice, with different suites.",
            vec![Edit::RepeatJson {
                key: "crypto_suite_id".to_owned(),
                raw: UNKNOWN_SUITE.to_owned(),
            }],
        ),
        new(
            "suite-member-twice-unknown-first",
            "The body's suite member is given twice: first a suite that no inventory holds, then the usual one.",
            vec![
                set_json(SUITE_AT_TOP, UNKNOWN_SUITE),
                Edit::RepeatJson {
                    key: "crypto_suite_id".to_owned(),
                    raw: "1".to_owned(),
                },
            ],
        ),
        new(
            "suite-as-float",
            "The suite is written 1e0, which is not an integer.",
            vec![set_json(SUITE_AT_TOP, "1e0")],
        ),
        new(
            "suite-beyond-exact-floats",
            "The suite is 2^53+1, which a reader that goes through floats takes for another number.",
            vec![set_json(SUITE_AT_TOP, "9007199254740993")],
        ),
        Deviation {
            name: "protocol-above-max",
            class: ClientClass::New,
            about: "Header, body and envelope agree on a protocol version above the target's window.",
            point: Point::OpenOriginal,
            kind: Kind::Draft(DraftEdit::Speak(Profile::B.of(ClientClass::New))),
            canaries: &[],
        },
    ]
}

/// The forged values of row 30: member, raw JSON, and the text that must never come back. Each is a
/// value that no honest exchange produces.
const FORGED: [(&str, &str, &str, &str, &[&str]); 5] = [
    (
        "received_at",
        "\"2001-02-03T04:05:06.789Z\"",
        "forged-received-at",
        "forged-received-at-in-envelope",
        &["2001-02-03T04:05:06"],
    ),
    (
        "sync_seq",
        "777777777777",
        "forged-sync-seq",
        "forged-sync-seq-in-envelope",
        &["777777777777"],
    ),
    (
        "refcount",
        "0",
        "forged-refcount",
        "forged-refcount-in-envelope",
        &[],
    ),
    (
        "computed_hash",
        "\"f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3\"",
        "forged-computed-hash",
        "forged-computed-hash-in-envelope",
        &["f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3"],
    ),
    (
        "receipt_seq",
        "888888888888",
        "forged-receipt-seq",
        "forged-receipt-seq-in-envelope",
        &["888888888888"],
    ),
];

/// Row 30: a malicious client supplies what only the server may say.
fn forged_fields() -> Vec<Deviation> {
    let forged = FORGED
        .into_iter()
        .flat_map(|(member, raw, at_top, in_envelope, canaries)| {
            let about = |nested| match (member, nested) {
                ("received_at", false) => "The body states when the server received it.",
                ("received_at", true) => "The envelope states when the server received it.",
                ("sync_seq", false) => "The body states the feed's sequence number.",
                ("sync_seq", true) => "The envelope states the feed's sequence number.",
                ("refcount", false) => "The body states how many references the blob has: none.",
                ("refcount", true) => "The envelope states how many references the blob has: none.",
                ("computed_hash", false) => {
                    "The body states the hash that the server is to compute."
                }
                ("computed_hash", true) => {
                    "The envelope states the hash that the server is to compute."
                }
                (_, false) => "The body states the receipt's number.",
                (_, true) => "The envelope states the receipt's number.",
            };
            let inject = |name, prefix: &str, nested| Deviation {
                canaries,
                ..message(
                    name,
                    ClientClass::Malicious,
                    Point::OpenOriginal,
                    about(nested),
                    vec![set_json(&format!("{prefix}/{member}"), raw)],
                )
            };
            [
                inject(at_top, "", false),
                inject(in_envelope, "/manifest_envelope", true),
            ]
        });
    let other_bytes = message(
        "bytes-other-than-declared",
        ClientClass::Malicious,
        Point::LastChunk,
        "The last chunk's bytes, with their right checksum, make a whole that does not hash to the declared value.",
        vec![Edit::FlipBodyBit],
    );
    forged.chain([other_bytes]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_every_deviation_explains_itself() {
        let names: BTreeSet<_> = catalogue().iter().map(|deviation| deviation.name).collect();
        assert_eq!(names.len(), catalogue().len());
        for deviation in catalogue() {
            assert!(deviation.about.ends_with('.'), "{}", deviation.name);
            assert_ne!(deviation.class, ClientClass::Honest, "{}", deviation.name);
            assert_eq!(
                Deviation::named(deviation.name).unwrap().name,
                deviation.name
            );
        }
        assert!(Deviation::named("no-such-deviation").is_err());
    }
}
