//! The contract's own rows: servers without a rule, one for every rule that these rows meet.
//!
//! Where a rule stands in a list and once more in the decoder behind it, taking it out of the list changes
//! nothing: such rules are broken in `contract_lenient` instead, or together with the rule that stands in
//! for them.

use crate::Mutant;
use crate::without::Without;
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_wire::rule::Rule;

/// The reference of which no list holds the rules, as its row has to notice.
macro_rules! without {
    ($row:literal, $name:literal: $first:ident $(+ $more:ident)*, $verdict:ident, $($killer:literal)+) => {
        Mutant {
            id: concat!("row", $row, "-without-", $name),
            rows: &[$row],
            invariant: Rule::$first.invariant(),
            about: concat!("The rule ", $name, " is never checked."),
            beat: Beat::Containment,
            verdict: Verdict::$verdict,
            harm: None,
            killers: &[$($killer),+],
            plant: |ports| Without(&[Rule::$first $(, Rule::$more)*]).plant(ports),
        }
    };
}

pub(crate) const MUTANTS: &[Mutant] = &[
    without! { "I1", "protocol-in-window": ProtocolInWindow, Nonconforming,
    "protocol-a-day-below-min" "protocol-a-day-above-max" },
    without! { "I1", "protocol-stated": ProtocolStated, Nonconforming,
    "protocol-absent" "protocol-no-date" },
    without! { "I2", "suite-known": SuiteKnown, TransientDamage,
    "suite-zero" "suite-two" },
    without! { "I2", "suite-stated": SuiteStated, TransientDamage,
    "suite-absent" },
    without! { "I4", "size-within-max": SizeWithinMax, TransientDamage,
    "size-one-past-the-maximum" },
    without! { "I6", "album-writable": AlbumWritable, TransientDamage,
    "album-of-another-user" "album-of-another-version" },
    without! { "I7", "device-listed": DeviceListed, TransientDamage,
    "dated-just-before-its-device-joined" },
    without! { "I8", "timestamp-in-range": TimestampInRange, TransientDamage,
    "dated-just-outside-the-drift" "dated-just-outside-the-drift-behind" },
    without! { "I9", "offset-sequential": OffsetSequential, TransientDamage,
    "offset-one-byte-ahead" "offset-one-byte-behind" },
    without! { "I10", "chunk-media-type": ChunkMediaType, TransientDamage,
    "chunk-of-another-media-type" "chunk-without-media-type" },
    without! { "I10", "chunk-not-empty": ChunkNotEmpty, TransientDamage,
    "chunk-empty" },
    without! { "I10", "chunk-aligned": ChunkAligned, TransientDamage,
    "chunk-one-byte-past-a-block" },
    without! { "I10", "chunk-within-max": ChunkWithinMax, Nonconforming,
    "chunk-past-the-largest-size" },
    without! { "I12", "checksum-stated": ChecksumStated, Nonconforming,
    "checksum-in-capitals" "checksum-one-digit-short" },
    without! { "I16", "action-fits": ActionFits, TransientDamage,
    "action-of-an-op" },
    without! { "I16", "action-known-and-fits": ActionKnown + ActionFits, TransientDamage,
    "action-unknown" },
    without! { "I23", "directory-well-formed": DirectoryWellFormed, Nonconforming,
    "directory-cut-short" },
    Mutant {
        harm: Some(Harm::Rewritten),
        ..without! { "I23", "directory-media-type": DirectoryMediaType, IrreparableDamage,
        "directory-of-another-media-type" }
    },
    without! { "I25", "metadata-hash-matches": MetadataHashMatches, TransientDamage,
    "metadata-other-than-named" "op-metadata-other-than-committed" },
    without! { "E1", "owner-permitted": OwnerPermitted, TransientDamage,
    "owner-is-another" },
    without! { "E1", "replace-complete": ReplaceComplete, TransientDamage,
    "replace-before-its-original" },
    without! { "E1", "quota-admits": QuotaAdmits, TransientDamage,
    "size-one-past-the-quota" },
    without! { "E2", "session-found": SessionFound, Nonconforming,
    "session-of-nobody" "query-of-a-session-of-nobody" "cancellation-of-a-session-of-nobody" },
    without! { "E2", "session-caller": SessionCaller, Nonconforming,
    "session-of-another" "query-of-a-session-of-another" "cancellation-of-a-session-of-another" },
    without! { "E2", "session-active": SessionActive, Nonconforming,
    "session-that-is-finished" },
    without! { "E3", "retention-stated-and-record-agrees": RetentionStated + RecordAgrees, TransientDamage,
    "delete-without-retention" },
    without! { "E3", "restore-in-time": RestoreInTime, TransientDamage,
    "restore-of-what-is-not-deleted" },
    without! { "E3", "schema-stated-and-known": SchemaStated + SchemaKnown, TransientDamage,
    "schema-absent" },
    without! { "E3", "quota-in-grace": QuotaInGrace, TransientDamage,
    "update-past-the-grace" },
    without! { "E4", "album-available": AlbumAvailable, Nonconforming,
    "album-id-that-is-taken" },
    without! { "E4", "ledger-well-formed": LedgerWellFormed, Nonconforming,
    "ledger-cut-short" "ledger-of-another-album" },
    without! { "E4", "ledger-attested": LedgerAttested, Nonconforming,
    "ledger-under-another-admin" "ledger-without-ml-dsa" },
    without! { "E4", "ledger-extends": LedgerExtends, TransientDamage,
    "ledger-with-another-key" },
    without! { "E5", "document-media-type": DocumentMediaType, TransientDamage,
    "intent-of-another-media-type" },
    without! { "E5", "upgrade-well-formed": UpgradeWellFormed, TransientDamage,
    "intent-to-an-unknown-version" },
    without! { "E5", "upgrade-proposer": UpgradeProposer, Nonconforming,
    "intent-by-nobody" "intent-without-ml-dsa" },
    without! { "E6", "feed-visible": FeedVisible, TransientDamage,
    "feed-of-anothers-album" },
    without! { "E7", "blob-visible": BlobVisible, TransientDamage,
    "blob-of-another" },
    without! { "E7", "blob-finished": BlobFinished, Nonconforming,
    "blob-read-while-it-is-uploaded" },
    without! { "E7", "blob-kept": BlobKept, Nonconforming,
    "blob-that-is-purged" },
    without! { "E9", "directory-found": DirectoryFound, Nonconforming,
    "directory-of-nobody" },
];
