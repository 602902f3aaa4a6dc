//! Row 11: a faulty client uploads bytes that exceed its declared size.

use super::{Deviation, Point, Script, drafted, message, set_json};
use crate::{ClientClass, DraftEdit, Edit, Framing};

/// The departures of row 11.
pub(super) fn deviations() -> Vec<Deviation> {
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
        drafted(
            "small-chunks-across-the-size",
            ClientClass::Faulty,
            Point::SecondChunk,
            "After the first chunk, many small chunks run on until one crosses the declared size.",
            DraftEdit::Overrun { chunk: 4_096 },
        ),
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
        Deviation {
            script: Script::UPLOAD.in_chunked_coding(),
            ..faulty(
                "body-without-length",
                Point::LastChunk,
                "In an upload in chunked coding, where no length warns of it, the last chunk crosses the declared size.",
                vec![Edit::GrowBody { by: 4_096 }],
            )
        },
        faulty(
            "body-longer-than-its-length",
            Point::SecondChunk,
            "The second chunk's body is longer than its Content-Length says.",
            vec![Edit::Frame(Framing::Understated(4_096))],
        ),
        faulty(
            "record-across-its-size",
            Point::LastChunkOfRecord,
            "The last chunk of the provenance record is longer than what is left of its declared size.",
            vec![Edit::GrowBody { by: 4_096 }],
        ),
    ]
}
