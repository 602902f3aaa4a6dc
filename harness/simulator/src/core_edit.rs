//! Changes to what a manifest signs.

use gauntlet_wire::enums::Action;
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
    /// Date the write this many minutes after its device joined, or before.
    Joined(i64),
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
    /// Create the asset, whatever the write is for.
    Create,
    /// Let a delete be taken back for this many hours from the write on.
    Retention(i64),
    /// Name an epoch this many after the album's, or before.
    Epochs(i32),
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
    /// The record of another asset of the same author that its accepted delete continues.
    BehindADelete,
}

/// What a lie can refer to.
#[derive(Clone, Copy)]
pub struct References<'a> {
    /// The device of a maker.
    pub device_of: &'a dyn Fn(Maker) -> Option<DeviceId>,
    /// The link of an ancestor.
    pub link_of: &'a dyn Fn(Ancestor) -> Option<Hash>,
    /// When a device of the author's joined.
    pub joined: &'a dyn Fn(DeviceId) -> Option<Timestamp>,
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
    /// A device that is in a directory under another identity key, and in no other.
    Usurper,
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
            Self::Joined(minutes) => {
                let joined = (to.joined)(core.created_by_device)?;
                core.timestamp = shifted(&joined, SignedDuration::from_mins(*minutes))?;
            }
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
            Self::Create => {
                core.action = Action::Create;
                core.prior_provenance_hash = None;
                core.retention_until = None;
                return Self::OtherMetadata.apply(&core, to);
            }
            Self::Retention(hours) => {
                core.retention_until.as_ref()?;
                let until = shifted(&core.timestamp, SignedDuration::from_hours(*hours))?;
                core.retention_until = Some(until);
            }
            Self::Epochs(by) => core.amk_version = core.amk_version.checked_add_signed(*by)?,
        }
        Some(core)
    }
}

fn shifted(time: &Timestamp, by: SignedDuration) -> Option<Timestamp> {
    let instant = time.instant().checked_add(by).ok()?;
    Some(Timestamp::from_instant(instant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Photo;
    use crate::testing::{household, now};

    fn edited(edit: &CoreEdit) -> Option<ManifestCore> {
        let (mut client, person) = household();
        client.bump();
        let write = client.draft(Photo::SMALL, now()).unwrap();
        let joined = |device: DeviceId| {
            let own = person.devices.iter().find(|own| own.id == device)?;
            Some(own.added_at.clone())
        };
        let to = References {
            device_of: &|_| None,
            link_of: &|_| None,
            nonce_of: &|_| None,
            joined: &joined,
        };
        edit.apply(&write.core, to)
    }

    #[test]
    fn an_epoch_is_moved_within_its_range() {
        for (by, epoch) in [(-1, Some(1)), (-2, Some(0)), (-3, None), (1, Some(3))] {
            let core = edited(&CoreEdit::Epochs(by));
            assert_eq!(core.map(|core| core.amk_version), epoch, "{by}");
        }
    }

    #[test]
    fn a_write_is_dated_by_the_joining_of_its_own_device() {
        let minute = SignedDuration::from_mins(1);
        for (by, at) in [(-1, now() - minute), (0, now()), (1, now() + minute)] {
            let core = edited(&CoreEdit::Joined(by)).unwrap();
            assert_eq!(core.timestamp.instant(), at, "{by}");
        }
    }
}
