//! Directories that lie.

use crate::{Client, Document, Half, Person};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry, DirectoryCore};
use gauntlet_wire::id::UserId;
use gauntlet_wire::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The seed of an identity key that is nobody's.
const ANOTHER: [u8; 64] = [0x5A; 64];
/// An account that nobody has: a version-7 id.
const ANOTHER_USER: UserId =
    UserId::new(Uuid::from_u128(0x018f_2b1c_0000_7000_8000_6e6f_626f_6479));

/// One departure from the next honest directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DirectoryEdit {
    /// A version this far below the next one: 1 repeats the published number with other bytes.
    Behind(u64),
    /// The published directory with the next number written over its own, under its old signature.
    Raised,
    /// Under another identity key, which the header states.
    AnotherIdentity,
    /// Under another identity key, while the header states the anchor.
    AnotherSigner,
    /// Under the identity key, with one half of the signature broken.
    HalfSigned(Half),
    /// Of another user, under the caller's own identity key.
    OfAnotherUser,
    /// Without the entries of devices that were revoked.
    WithoutRevoked,
    /// With every revocation taken back.
    Cleared,
    /// With another key for the first device.
    Rekeyed,
}

impl Client {
    /// The publication of `person`'s directory with a departure; `version` is the next honest one.
    ///
    /// # Errors
    /// A directory past its bounds.
    pub fn publish_lie(
        &self,
        person: &Person,
        version: u64,
        updated_at: Timestamp,
        edit: DirectoryEdit,
    ) -> Result<Document, DocumentError> {
        let next = person.directory(version, updated_at.clone())?.into_value();
        let another = HybridSigner::from_seed(&ANOTHER);
        let with_devices = |change: &dyn Fn(&mut Vec<DeviceEntry>)| {
            let mut core = next.core.clone();
            change(&mut core.devices);
            DeviceDirectory {
                signature: person.identity.sign(&core.signed_bytes()),
                core,
            }
        };
        let by_another = |core: DirectoryCore| DeviceDirectory {
            signature: another.sign(&core.signed_bytes()),
            core,
        };
        let mut header = person.identity.public();
        let lie = match edit {
            DirectoryEdit::Behind(by) => {
                let version = version.saturating_sub(by);
                person.directory(version, updated_at)?.into_value()
            }
            DirectoryEdit::Raised => {
                let mut held = person
                    .directory(version.saturating_sub(1), updated_at)?
                    .into_value();
                held.core.directory_version = version;
                held
            }
            DirectoryEdit::AnotherIdentity => {
                header = another.public();
                by_another(next.core)
            }
            DirectoryEdit::AnotherSigner => by_another(next.core),
            DirectoryEdit::HalfSigned(half) => {
                let mut next = next;
                half.break_in(&mut next.signature);
                next
            }
            DirectoryEdit::OfAnotherUser => {
                let mut core = next.core;
                core.user_id = ANOTHER_USER;
                DeviceDirectory {
                    signature: person.identity.sign(&core.signed_bytes()),
                    core,
                }
            }
            DirectoryEdit::WithoutRevoked => {
                with_devices(&|devices| devices.retain(|device| device.revoked_at.is_none()))
            }
            DirectoryEdit::Cleared => with_devices(&|devices| {
                for device in devices {
                    device.revoked_at = None;
                }
            }),
            DirectoryEdit::Rekeyed => with_devices(&|devices| {
                if let Some(first) = devices.first_mut() {
                    first.dsk_public = another.public().clone();
                }
            }),
        };
        let bytes = Canonical::encode(lie)?.bytes().to_vec();
        Ok(self.publication(person, header, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::household;

    /// The devices of the lie and of the next honest directory; the lie is signed by its owner.
    fn devices(edit: DirectoryEdit) -> (Vec<DeviceEntry>, Vec<DeviceEntry>) {
        let (client, mut person) = household();
        let updated_at = person.devices[0].added_at.clone();
        person.devices[1].revoked_at = Some(updated_at.clone());
        let honest = person.directory(2, updated_at.clone()).unwrap();
        let lie = client.publish_lie(&person, 2, updated_at, edit).unwrap();
        let lie = Canonical::<DeviceDirectory>::decode(&lie.bytes).unwrap();
        let lie = lie.into_value();
        let signed = person.identity.sign(&lie.core.signed_bytes());
        assert_eq!(lie.signature, signed, "{edit:?}");
        assert_eq!(lie.core.directory_version, 2, "{edit:?}");
        (lie.core.devices, honest.into_value().core.devices)
    }

    #[test]
    fn entries_leave_are_cleared_or_keyed_anew_under_the_identity_key() {
        let (lie, honest) = devices(DirectoryEdit::WithoutRevoked);
        assert_eq!(lie, honest[..1]);
        let (lie, honest) = devices(DirectoryEdit::Cleared);
        assert_eq!(lie[0], honest[0]);
        let cleared = DeviceEntry {
            revoked_at: None,
            ..honest[1].clone()
        };
        assert_eq!(lie[1], cleared);
        let (lie, honest) = devices(DirectoryEdit::Rekeyed);
        assert_eq!(lie[1], honest[1]);
        assert_ne!(lie[0].dsk_public, honest[0].dsk_public);
        assert_eq!(lie[0].device_id, honest[0].device_id);
    }
}
