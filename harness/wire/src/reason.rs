//! Why a receiving client refuses what it is given, each reason named once.
//!
//! Receiver and harness share this table because it is the contract (`wire.md` §4 and §9), not an
//! implementation of it: a shim answers with these names. A reason says what is wrong; the rule that it
//! is named after says what must hold.

use crate::enums::Surface;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $surface:ident, $lasting:literal;)*) => {
        /// What a receiving client finds wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[$doc])* $variant,)* }

        impl Reason {
            /// Every reason, document by document.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            /// The stable name, as shims and reports write it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Reason::$variant => $name,)* }
            }

            /// Where what was refused shows.
            #[must_use]
            pub const fn surface(self) -> Surface {
                match self { $(Reason::$variant => Surface::$surface,)* }
            }

            /// Whether the same bytes stay wrong whatever the client learns later, from others or by an
            /// update of its own. A record that came too early is refused, and is not wrong for ever.
            #[must_use]
            pub const fn is_lasting(self) -> bool {
                match self { $(Reason::$variant => $lasting,)* }
            }
        }
    };
}

reasons! {
    /// The bytes are not canonical CBOR within the bounds of a record (`formats.md` §2).
    NotCanonical = "not_canonical", VerifyReject, true;
    /// The suite is not in the inventory, so nothing behind it is read (row 12).
    SuiteUnknown = "suite_unknown", VerifyReject, false;
    /// The protocol version is outside the client's own window (client invariant 3).
    ProtocolUnsupported = "protocol_unsupported", VerifyReject, false;
    /// A value outside a closed enum (client invariant 4).
    EnumUnknown = "enum_unknown", VerifyReject, false;
    /// Something other than a create continues nothing (`wire.md` §4).
    PriorMissing = "prior_missing", VerifyReject, true;
    /// Canonical, but not the document's structure (`formats.md` §4).
    Malformed = "malformed", VerifyReject, false;
    /// A record of another asset (row 4).
    AssetMismatch = "asset_mismatch", VerifyReject, false;
    /// A record of another album (row 4).
    AlbumMismatch = "album_mismatch", VerifyReject, false;
    /// A record of another version than the album's pin (`formats.md` §1).
    PinMismatch = "pin_mismatch", VerifyReject, false;
    /// The device is not in its user's directory (row 20).
    DeviceUnlisted = "device_unlisted", VerifyReject, false;
    /// The device joined after the record was written (row 24).
    DeviceAddedLater = "device_added_later", VerifyReject, true;
    /// The device was revoked before the record is known to have been there (row 20).
    DeviceRevoked = "device_revoked", VerifyReject, false;
    /// The admin-signed ledger does not attest the epoch (row 32).
    BeyondAttested = "beyond_attested", VerifyReject, false;
    /// Of a hybrid signature one half holds and the other does not (row 5).
    HalfInvalid = "half_invalid", VerifyReject, false;
    /// `device_sig` is not the device's.
    DeviceSignatureInvalid = "device_signature_invalid", VerifyReject, false;
    /// The writer was removed before the record is known to have been there (row 17).
    WriterRemoved = "writer_removed", VerifyReject, false;
    /// `write_sig` is of another epoch than the record cites (row 17).
    WrongEpoch = "wrong_epoch", VerifyReject, false;
    /// `write_sig` is of no write tier: signed by one who may only read.
    ReaderSigned = "reader_signed", VerifyReject, false;
    /// The epoch is below one that the album or the asset has reached (row 17).
    EpochRegressed = "epoch_regressed", VerifyReject, false;
    /// The core of the head under other signatures: one event, told twice (`formats.md` §4).
    EventRepeated = "event_repeated", VerifyReject, false;
    /// The prior is not the head (row 4, client invariant 5).
    StaleRevival = "stale_revival", StaleRevival, false;
    /// Something other than a restore continues a delete (row 4).
    TombstoneRevived = "tombstone_revived", StaleRevival, false;
    /// A restore of what is not deleted.
    NothingToRestore = "nothing_to_restore", VerifyReject, false;
    /// The suite falls along the chain (row 5).
    SuiteDowngrade = "suite_downgrade", VerifyReject, false;
    /// A replace is sealed under a nonce prefix that the asset has used (row 21).
    NonceReused = "nonce_reused", VerifyReject, false;
    /// The record changes what its action leaves as it is.
    BeyondAction = "beyond_action", VerifyReject, false;
    /// The wrapped file key does not open under the key of the epoch.
    WrappedKeyInvalid = "wrapped_key_invalid", VerifyReject, false;

    /// The bytes are not a canonical device directory.
    DirectoryMalformed = "directory_malformed", VerifyReject, true;
    /// A directory of another user.
    DirectoryForeign = "directory_foreign", VerifyReject, false;
    /// The identity key shown is not the pinned one (row 31).
    IdentityChanged = "identity_changed", VerifyReject, false;
    /// The directory is not signed by the pinned identity key (row 31).
    DirectoryForged = "directory_forged", VerifyReject, false;
    /// The directory is older than one that was seen (row 31).
    DirectoryRewound = "directory_rewound", VerifyReject, false;
    /// Another directory of a version that was seen (row 31).
    DirectoryEquivocated = "directory_equivocated", VerifyReject, false;
    /// A device that was listed is not any more (row 16).
    DirectoryEntryRemoved = "directory_entry_removed", VerifyReject, false;
    /// The entry of a device is another than it was (row 31).
    DirectoryEntryChanged = "directory_entry_changed", VerifyReject, false;

    /// The bytes are not a canonical epoch ledger of the album's version.
    LedgerMalformed = "ledger_malformed", VerifyReject, true;
    /// A ledger of another album.
    LedgerForeign = "ledger_foreign", VerifyReject, false;
    /// The ledger names another admin key than the pinned one (row 32).
    AdminChanged = "admin_changed", VerifyReject, false;
    /// An entry is not signed by the pinned admin key (row 32).
    LedgerForged = "ledger_forged", VerifyReject, false;
    /// The ledger ends below an epoch that was seen (row 32).
    LedgerRewound = "ledger_rewound", VerifyReject, false;
    /// An epoch that was attested is missing (row 32).
    LedgerEntryRemoved = "ledger_entry_removed", VerifyReject, false;
    /// Another entry at an epoch that was seen (row 32).
    LedgerEntryChanged = "ledger_entry_changed", VerifyReject, false;

    /// The bytes are not a canonical chain file.
    ChainMalformed = "chain_malformed", VerifyReject, true;
    /// A record does not continue the one before it, or the first is no create (row 16).
    ChainBroken = "chain_broken", VerifyReject, true;
    /// The chain ends before a record that was seen (row 16).
    ChainTruncated = "chain_truncated", VerifyReject, false;
    /// The chain differs from one that was seen (row 16).
    HistoryRewritten = "history_rewritten", VerifyReject, false;

    /// More entries than a page may hold.
    PageTooLong = "page_too_long", VerifyReject, true;
    /// An entry of an album that was not asked for.
    AlbumUnknown = "album_unknown", VerifyReject, false;
    /// An entry of a protocol version above the client's (client invariant 12).
    ProtocolAhead = "protocol_ahead", VerifyReject, false;
    /// The sequence of an album does not rise (client invariant 12).
    SyncSeqRegressed = "sync_seq_regressed", VerifyReject, false;
    /// An entry without a record, or with one that is no base64.
    EntryMalformed = "entry_malformed", VerifyReject, true;

    /// The metadata blob is too short or too long (row 21).
    BlobLength = "blob_length", VerifyReject, true;
    /// The metadata blob does not hash to what is committed (row 21, client invariant 6).
    BlobHash = "blob_hash", VerifyReject, true;
    /// The metadata blob's suite, big-endian, is not the manifest's (row 21).
    BlobSuite = "blob_suite", VerifyReject, true;
    /// The metadata blob does not open under the key of its asset.
    BlobForged = "blob_forged", VerifyReject, true;
    /// What the metadata blob holds is no canonical sidecar.
    SidecarMalformed = "sidecar_malformed", MalformedSidecar, true;
    /// The sidecar's schema is later than the client's: shown, never written (row 1).
    SchemaNewer = "schema_newer", MalformedSidecar, false;
    /// A sidecar of another asset or suite than its manifest.
    SidecarForeign = "sidecar_foreign", MalformedSidecar, true;
    /// The sidecar says what its version does not admit.
    SidecarVersion = "sidecar_version", MalformedSidecar, true;
    /// The sidecar is not signed by the identity key (row 1).
    SidecarForged = "sidecar_forged", MalformedSidecar, false;
    /// The sidecar is linked to another record (client invariant 6, row 21).
    SidecarUnlinked = "sidecar_unlinked", MalformedSidecar, true;
    /// The sidecar differs from the one kept for the same record (client invariant 6).
    SidecarDiffers = "sidecar_differs", MalformedSidecar, false;
    /// The successor lost unknown keys or superseded captions (row 1).
    UnknownKeysLost = "unknown_keys_lost", MalformedSidecar, false;
    /// An add id of another device than the writer's (row 7).
    ForeignAddId = "foreign_add_id", MalformedSidecar, false;
    /// An add id that stood for another tag (row 7).
    AddIdReused = "add_id_reused", MalformedSidecar, false;

    /// A remove of an add that was not seen: parked (row 7, client invariant 9).
    UnseenAddId = "unseen_add_id", MalformedSidecar, false;
    /// A write dated too far ahead of the server's clock: parked (row 9).
    WriteAhead = "write_ahead", MalformedSidecar, false;
    /// The device's counter is at the top of its range (row 7).
    CounterExhausted = "counter_exhausted", MalformedSidecar, false;
    /// A value, a set or a sidecar past its bound (`formats.md` §9).
    BoundExceeded = "bound_exceeded", MalformedSidecar, true;
    /// Two sidecars that are not of one asset, or differ in what never changes.
    NotOneAsset = "not_one_asset", MalformedSidecar, false;

    /// A derivative of another asset than its op's (row 8).
    SourceMismatch = "source_mismatch", VerifyReject, false;
    /// A derivative by another device, of another suite or of a format of another version than its op's.
    DerivativeMismatch = "derivative_mismatch", VerifyReject, false;
    /// A derivative that does not continue the head of its asset, role and format (row 8).
    DerivativeStale = "derivative_stale", StaleRevival, false;
    /// The bytes of the derivative are not the ones that its manifest names (row 8).
    DerivativeCorrupt = "derivative_corrupt", VerifyReject, false;
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no reason of the contract has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason `{0}`: see `Reason::ALL` in gauntlet-wire for the names")]
pub struct UnknownReason(pub String);

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(name: &str) -> Result<Self, UnknownReason> {
        Self::ALL
            .iter()
            .copied()
            .find(|reason| reason.name() == name)
            .ok_or_else(|| UnknownReason(name.to_owned()))
    }
}

impl Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_a_name_of_its_own_that_leads_back_to_it() {
        let names: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(reason.name().parse(), Ok(*reason));
            let shape = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            assert!(reason.name().bytes().all(shape), "{reason}");
        }
        assert!("stale-revival".parse::<Reason>().is_err());
    }
}
