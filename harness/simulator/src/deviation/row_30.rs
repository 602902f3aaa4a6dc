//! Row 30: a malicious client supplies what only the server may say.

use super::{Deviation, Point, message, set_json};
use crate::{ClientClass, Edit};

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

/// The departures of row 30.
pub(super) fn deviations() -> Vec<Deviation> {
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
