//! Row 3: a buggy client sends a chunk to the wrong place and tries again.

use super::{Deviation, Fault, Kind, Point, message, set_header};
use crate::{ClientClass, Edit};
use gauntlet_wire::header;

/// The departures of row 3.
pub(super) fn deviations() -> Vec<Deviation> {
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
        message(
            "earlier-chunk-again",
            ClientClass::Faulty,
            Point::ThirdChunk,
            "The first chunk is sent again unchanged, after the second was acknowledged, too.",
            [Edit::WholeChunk { by: -2 }],
        ),
        message(
            "earlier-offset-with-other-bytes",
            ClientClass::Faulty,
            Point::ThirdChunk,
            "The third chunk's bytes are sent to the first chunk's offset, after the second was acknowledged, too.",
            [Edit::ShiftOffset { by: -32_768 }],
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
            kind: Kind::Fault(Fault::Kill),
            ..message(
                "kill-after-acknowledged-chunk",
                ClientClass::Faulty,
                Point::SecondChunk,
                "The target is killed right after it acknowledged the first chunk, and started again.",
                [],
            )
        },
    ]
}
