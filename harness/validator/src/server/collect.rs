//! Garbage collection of blobs in two phases (`wire.md` §3, GC).

use super::Policy;
use jiff::Timestamp;

/// What is known of one stored blob, read in the transaction that would delete it.
#[derive(Debug, Clone, Copy)]
pub struct BlobFacts {
    /// The server's clock.
    pub now: Timestamp,
    /// How many assets refer to the blob: a query, never a stored counter.
    pub references: u64,
    /// When the blob was first seen without references, if it is marked.
    pub collectable_since: Option<Timestamp>,
}

/// What to do with one stored blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// Leave it as it is.
    Keep,
    /// Mark it as collectable from now on.
    Mark,
    /// A reference came back: cancel the mark.
    Unmark,
    /// The grace has passed without a reference: delete it.
    Sweep,
}

/// Decides one step of collection: a blob is swept only after a whole grace period without
/// references, and a new reference cancels the mark.
#[must_use]
pub fn collect(facts: &BlobFacts, policy: &Policy) -> Collection {
    match (facts.references, facts.collectable_since) {
        (0, None) => Collection::Mark,
        (0, Some(since)) if facts.now.duration_since(since) >= policy.collection_grace => {
            Collection::Sweep
        }
        (0, Some(_)) | (1.., None) => Collection::Keep,
        (1.., Some(_)) => Collection::Unmark,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn step(references: u64, marked_for: Option<SignedDuration>) -> Collection {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1000);
        let facts = BlobFacts {
            now,
            references,
            collectable_since: marked_for.map(|age| now - age),
        };
        collect(&facts, &Policy::default())
    }

    #[test]
    fn a_blob_is_swept_only_after_the_whole_grace_without_references() {
        let grace = Policy::default().collection_grace;
        assert_eq!(step(0, None), Collection::Mark);
        assert_eq!(
            step(0, Some(grace - SignedDuration::from_nanos(1))),
            Collection::Keep
        );
        assert_eq!(step(0, Some(grace)), Collection::Sweep);
    }

    #[test]
    fn a_reference_keeps_a_blob_and_cancels_its_mark() {
        assert_eq!(step(1, None), Collection::Keep);
        assert_eq!(
            step(1, Some(SignedDuration::from_hours(500))),
            Collection::Unmark
        );
    }
}
