//! What a server knows of an asset: its chain, its blobs, and what became of it.

use super::Policy;
use gauntlet_wire::enums::{Action, BlobRole, Change};
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::version::Formats;
use jiff::Timestamp;

/// What the server knows of the asset that a write names. The default is an asset that no one has ever
/// named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetFacts {
    /// The album that the id was first used in. It is bound to it for ever (row X6).
    pub album: Option<AlbumId>,
    /// The newest record of its chain.
    pub head: Option<ChainLink>,
    /// Whether the feed shows the write of the head.
    pub head_shown: bool,
    /// The metadata blob of the newest write that the feed shows.
    pub shown_metadata: Option<Hash>,
    /// What became of it.
    pub state: AssetState,
    /// The blobs that it refers to, the oldest reference first.
    pub blobs: Vec<HeldBlob>,
    /// The nonce prefixes of every record of its chain.
    pub nonce_prefixes: Vec<[u8; 7]>,
}

/// What became of an asset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AssetState {
    /// It is there, or not yet.
    #[default]
    Live,
    /// It was deleted and can be restored.
    Trashed {
        /// Server time of the delete.
        since: Timestamp,
        /// Until when the signed delete says that it can be taken back.
        until: Timestamp,
    },
    /// Its blobs are given up; its records stay, as a tombstone with its history.
    Purged,
}

/// One record of a chain, as far as later writes are held to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainLink {
    /// The album.
    pub album: AlbumId,
    /// The asset.
    pub asset: AssetId,
    /// The content address of the record.
    pub link: Hash,
    /// The link that it continues.
    pub prior: Option<Hash>,
    /// What it does to the asset.
    pub action: Action,
    /// The epoch that it was written in.
    pub epoch: u32,
    /// The original that it names.
    pub original: Original,
    /// The metadata blob that it commits to; `None` also in version A, which does not say.
    pub metadata: Option<Hash>,
}

/// An original, as a manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Original {
    /// The content address of the ciphertext.
    pub hash: Hash,
    /// The length of the plaintext in bytes.
    pub plaintext_size: u64,
    /// The STREAM nonce prefix.
    pub nonce_prefix: [u8; 7],
}

/// That an asset refers to a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldBlob {
    /// What the blob is to the asset.
    pub role: BlobRole,
    /// Its content address.
    pub hash: Hash,
    /// The prior that its envelope named. Of one asset a prior has one successor, so this says which
    /// write a metadata blob belongs to, where the manifest (version A) does not.
    pub prior: Option<Hash>,
}

impl ChainLink {
    /// The link that the record `link` with this core is.
    pub(super) fn of(core: &ManifestCore, link: Hash) -> Self {
        Self {
            album: core.album_id,
            asset: core.file_id,
            link,
            prior: core.prior_provenance_hash,
            action: core.action,
            epoch: core.amk_version,
            original: Original::of(core),
            metadata: core.b.as_ref().and_then(|b| b.metadata_blob_hash),
        }
    }

    /// What a feed says of the write.
    #[must_use]
    pub const fn change(&self) -> Change {
        match self.action {
            Action::Create => Change::Created,
            Action::Delete => Change::Deleted,
            Action::Replace
            | Action::MetadataUpdate
            | Action::DerivativeAdd
            | Action::DerivativeReplace
            | Action::TrashRestore => Change::Updated,
        }
    }
}

impl Original {
    /// The original that a core names.
    pub(super) const fn of(core: &ManifestCore) -> Self {
        Self {
            hash: core.ciphertext_hash,
            plaintext_size: core.plaintext_size,
            nonce_prefix: core.nonce_prefix,
        }
    }
}

impl AssetState {
    /// The instant from which a delete can't be taken back and the asset may be purged: what the delete
    /// signed, but never before the floor has passed by the server's clock (row X3). `None` unless the
    /// asset is in the trash.
    #[must_use]
    pub fn retained_until(&self, policy: &Policy) -> Option<Timestamp> {
        match *self {
            Self::Trashed { since, until } => Some(until.max(after(since, policy.retention_floor))),
            Self::Live | Self::Purged => None,
        }
    }
}

impl AssetFacts {
    /// The link of the head.
    #[must_use]
    pub fn head_link(&self) -> Option<Hash> {
        self.head.as_ref().map(|head| head.link)
    }

    /// Whether the asset refers to the blob in that role.
    pub(super) fn holds(&self, role: BlobRole, hash: Hash) -> bool {
        self.blobs
            .iter()
            .any(|blob| (blob.role, blob.hash) == (role, hash))
    }

    /// The held metadata blob of the write over `prior`: in version B the one that its manifest commits
    /// to; in version A, which does not say, the newest that was brought for it.
    pub(super) fn metadata_of(
        &self,
        formats: Formats,
        committed: Option<Hash>,
        prior: Option<Hash>,
    ) -> Option<Hash> {
        let belongs = |blob: &&HeldBlob| match formats {
            Formats::A => blob.prior == prior,
            Formats::B => Some(blob.hash) == committed,
        };
        self.blobs
            .iter()
            .filter(|blob| blob.role == BlobRole::Metadata)
            .rfind(belongs)
            .map(|blob| blob.hash)
    }
}

/// The instant `later` than `instant`, or the last of all.
pub(super) fn after(instant: Timestamp, later: jiff::SignedDuration) -> Timestamp {
    instant.checked_add(later).unwrap_or(Timestamp::MAX)
}
