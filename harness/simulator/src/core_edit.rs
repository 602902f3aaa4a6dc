//! Changes to what a manifest signs.

use gauntlet_wire::id::{DeviceId, Hash};
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::time::Timestamp;
use gauntlet_wire::version::{ProtocolVersion, SuiteId};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// One change to a manifest's core.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum CoreEdit {
    /// Name another suite.
    Suite(SuiteId),
    /// Date the write this many hours after now, or before.
    Hours(i64),
    /// Date the write this many minutes after now, or before.
    Minutes(i64),
    /// Date the write at this very time.
    Date(String),
    /// Name another device as the writer's.
    Device(Maker),
    /// Commit to another metadata blob than the one that is uploaded.
    OtherMetadata,
    /// Name another nonce prefix, of which only the signatures tell.
    NoncePrefix,
    /// Name the nonce prefix under which an earlier original of the asset was sealed.
    NoncePrefixOf(Ancestor),
    /// Speak another protocol version.
    Protocol(ProtocolVersion),
    /// Continue another record.
    Prior(Ancestor),
    /// Continue no record.
    NoPrior,
    /// Let a delete be taken back for this many hours from the write on.
    Retention(i64),
}

/// Which record is continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ancestor {
    /// The create of the asset, which something continues already.
    Root,
    /// The first record of another asset of the same author.
    OtherAsset,
    /// The newest record of that other asset.
    OtherHead,
}

/// What a lie can refer to.
#[derive(Clone, Copy)]
pub struct References<'a> {
    /// The device of a maker.
    pub device_of: &'a dyn Fn(Maker) -> Option<DeviceId>,
    /// The link of an ancestor.
    pub link_of: &'a dyn Fn(Ancestor) -> Option<Hash>,
    /// The nonce prefix of the original that an ancestor names.
    pub nonce_of: &'a dyn Fn(Ancestor) -> Option<[u8; 7]>,
}

/// Whose device a manifest names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Maker {
    /// A device that no directory lists.
    Nobody,
    /// A device in another user's directory.
    Stranger,
    /// A device of the user's own that was revoked.
    Revoked,
    /// A device of the user's own that joins later than the write is dated.
    Newcomer,
}

impl CoreEdit {
    /// Applies the change. `None` where the core has nothing to change, or the world nothing to refer to.
    #[must_use]
    pub fn apply(&self, core: &ManifestCore, to: References<'_>) -> Option<ManifestCore> {
        let mut core = core.clone();
        match self {
            Self::Suite(suite) => core.crypto_suite_id = *suite,
            Self::Hours(hours) => {
                core.timestamp = shifted(&core.timestamp, SignedDuration::from_hours(*hours))?;
            }
            Self::Minutes(minutes) => {
                core.timestamp = shifted(&core.timestamp, SignedDuration::from_mins(*minutes))?;
            }
            Self::Date(text) => core.timestamp = text.parse().ok()?,
            Self::Device(maker) => core.created_by_device = (to.device_of)(*maker)?,
            Self::OtherMetadata => {
                let b = core.b.as_mut()?;
                b.metadata_blob_hash = Some(Hash::of(b"another metadata blob"));
            }
            Self::NoncePrefix => core.nonce_prefix = core.nonce_prefix.map(|byte| byte ^ 1),
            Self::NoncePrefixOf(ancestor) => core.nonce_prefix = (to.nonce_of)(*ancestor)?,
            Self::Protocol(version) => core.protocol_version = *version,
            Self::Prior(ancestor) => {
                core.prior_provenance_hash = Some((to.link_of)(*ancestor)?);
            }
            Self::NoPrior => core.prior_provenance_hash = None,
            Self::Retention(hours) => {
                core.retention_until.as_ref()?;
                let until = shifted(&core.timestamp, SignedDuration::from_hours(*hours))?;
                core.retention_until = Some(until);
            }
        }
        Some(core)
    }
}

fn shifted(time: &Timestamp, by: SignedDuration) -> Option<Timestamp> {
    let instant = time.instant().checked_add(by).ok()?;
    Some(Timestamp::from_instant(instant))
}
