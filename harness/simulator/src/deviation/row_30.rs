//! Row 30: a malicious client supplies what only the server may say.

use super::{Deed, Deviation, Point, Script, message, set_json};
use crate::{ClientClass, Edit};

/// One forged value, which no honest exchange produces.
struct Forged {
    /// The member.
    member: &'static str,
    /// Its raw JSON.
    raw: &'static str,
    /// The names of its deviations.
    at_top: &'static str,
    in_envelope: &'static str,
    for_record: &'static str,
    /// The same by a delete; an op declares no hash.
    by_op: Option<ByOp>,
    /// Texts that must never come back.
    canaries: &'static [&'static str],
}

/// A forged value in the body of a delete.
struct ByOp {
    /// What is deleted: a count shows in what others share with it.
    deed: Deed,
    /// The names of its deviations.
    at_top: &'static str,
    in_envelope: &'static str,
}

/// The forged values of row 30.
const FORGED: [Forged; 5] = [
    Forged {
        member: "received_at",
        raw: "\"2001-02-03T04:05:06.789Z\"",
        at_top: "forged-received-at",
        in_envelope: "forged-received-at-in-envelope",
        for_record: "forged-received-at-for-the-record",
        by_op: Some(ByOp {
            deed: Deed::Delete,
            at_top: "forged-received-at-in-an-op",
            in_envelope: "forged-received-at-in-an-ops-envelope",
        }),
        canaries: &["2001-02-03T04:05:06"],
    },
    Forged {
        member: "sync_seq",
        raw: "777777777777",
        at_top: "forged-sync-seq",
        in_envelope: "forged-sync-seq-in-envelope",
        for_record: "forged-sync-seq-for-the-record",
        by_op: Some(ByOp {
            deed: Deed::Delete,
            at_top: "forged-sync-seq-in-an-op",
            in_envelope: "forged-sync-seq-in-an-ops-envelope",
        }),
        canaries: &["777777777777"],
    },
    Forged {
        member: "refcount",
        raw: "0",
        at_top: "forged-refcount",
        in_envelope: "forged-refcount-in-envelope",
        for_record: "forged-refcount-for-the-record",
        by_op: Some(ByOp {
            deed: Deed::DeleteShared,
            at_top: "forged-refcount-in-an-op",
            in_envelope: "forged-refcount-in-an-ops-envelope",
        }),
        canaries: &[],
    },
    Forged {
        member: "computed_hash",
        raw: "\"f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3\"",
        at_top: "forged-computed-hash",
        in_envelope: "forged-computed-hash-in-envelope",
        for_record: "forged-computed-hash-for-the-record",
        by_op: None,
        canaries: &["f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3f0f1f2f3"],
    },
    Forged {
        member: "receipt_seq",
        raw: "888888888888",
        at_top: "forged-receipt-seq",
        in_envelope: "forged-receipt-seq-in-envelope",
        for_record: "forged-receipt-seq-for-the-record",
        by_op: Some(ByOp {
            deed: Deed::Delete,
            at_top: "forged-receipt-seq-in-an-op",
            in_envelope: "forged-receipt-seq-in-an-ops-envelope",
        }),
        canaries: &["888888888888"],
    },
];

/// The departures of row 30.
pub(super) fn deviations() -> Vec<Deviation> {
    let forged = FORGED.into_iter().flat_map(|forged| {
        let Forged {
            member,
            raw,
            at_top,
            in_envelope,
            for_record,
            by_op,
            canaries,
        } = forged;
        let about = |nested| match (member, nested) {
            ("received_at", false) => "The body states when the server received it.",
            ("received_at", true) => "The envelope states when the server received it.",
            ("sync_seq", false) => "The body states the feed's sequence number.",
            ("sync_seq", true) => "The envelope states the feed's sequence number.",
            ("refcount", false) => "The body states how many references the blob has: none.",
            ("refcount", true) => "The envelope states how many references the blob has: none.",
            ("computed_hash", false) => "The body states the hash that the server is to compute.",
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
        let by_op = by_op.map(
            |ByOp {
                 deed,
                 at_top,
                 in_envelope,
             }| {
                let by_op = |deviation| Deviation {
                    script: Script::of(deed),
                    point: Point::Op,
                    ..deviation
                };
                [
                    by_op(inject(at_top, "", false)),
                    by_op(inject(in_envelope, "/manifest_envelope", true)),
                ]
            },
        );
        let by_opening = [
            inject(at_top, "", false),
            inject(in_envelope, "/manifest_envelope", true),
            // The session that publishes the asset.
            Deviation {
                point: Point::OpenProvenance,
                ..inject(for_record, "", false)
            },
        ];
        by_opening.into_iter().chain(by_op.into_iter().flatten())
    });
    let other_bytes = message(
        "bytes-other-than-declared",
        ClientClass::Malicious,
        Point::LastChunk,
        "The last chunk's bytes, with their right checksum, make a whole that does not hash to the declared value.",
        vec![Edit::FlipBodyBit],
    );
    let other_record = message(
        "record-other-than-declared",
        ClientClass::Malicious,
        Point::LastChunkOfRecord,
        "The last chunk of the provenance record, with its right checksum, makes a whole that does not hash to the declared value.",
        vec![Edit::FlipBodyBit],
    );
    forged.chain([other_bytes, other_record]).collect()
}
