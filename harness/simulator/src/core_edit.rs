//! Changes to what a manifest signs.

use gauntlet_wire::id::{DeviceId, Hash};
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::time::Timestamp;
use gauntlet_wire::version::SuiteId;
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
    /// Date the write at this very time.
    Date(String),
    /// Name another device as the writer's.
    Device(Maker),
    /// Commit to another metadata blob than the one that is uploaded.
    OtherMetadata,
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
    /// Applies the change. `device_of` finds the device of a maker. `None` where the core has nothing to
    /// change.
    #[must_use]
    pub fn apply(
        &self,
        core: &ManifestCore,
        device_of: &dyn Fn(Maker) -> Option<DeviceId>,
    ) -> Option<ManifestCore> {
        let mut core = core.clone();
        match self {
            Self::Suite(suite) => core.crypto_suite_id = *suite,
            Self::Hours(hours) => {
                let shifted = core
                    .timestamp
                    .instant()
                    .checked_add(SignedDuration::from_hours(*hours));
                core.timestamp = Timestamp::from_instant(shifted.ok()?);
            }
            Self::Date(text) => core.timestamp = text.parse().ok()?,
            Self::Device(maker) => core.created_by_device = device_of(*maker)?,
            Self::OtherMetadata => {
                let b = core.b.as_mut()?;
                b.metadata_blob_hash = Some(Hash::of(b"another metadata blob"));
            }
        }
        Some(core)
    }
}
