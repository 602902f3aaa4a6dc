//! Row 12: a new client names a suite, or a version, that the target does not know.

use super::{Deviation, Point, drafted, message, set_header, set_json};
use crate::{ClientClass, CoreEdit, DraftEdit, Edit, Profile};
use gauntlet_wire::header;
use gauntlet_wire::version::SuiteId;

/// A suite that no inventory holds.
const UNKNOWN_SUITE: &str = "32767";
/// The top-level member and the envelope's, which honest clients keep equal.
const SUITE_AT_TOP: &str = "/crypto_suite_id";
const SUITE_IN_ENVELOPE: &str = "/manifest_envelope/crypto_suite_id";

/// The departures of row 12.
pub(super) fn deviations() -> Vec<Deviation> {
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
        drafted(
            "unknown-suite-in-record",
            ClientClass::New,
            Point::OpenProvenance,
            "Only the signed record names a suite that no inventory holds; header, body and envelope name the usual one.",
            DraftEdit::record_alone(CoreEdit::Suite(SuiteId(0x7FFF))),
        ),
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
        drafted(
            "protocol-above-max",
            ClientClass::New,
            Point::OpenOriginal,
            "Header, body and envelope agree on a protocol version above the target's window.",
            DraftEdit::Speak(Profile::B.of(ClientClass::New)),
        ),
    ]
}
