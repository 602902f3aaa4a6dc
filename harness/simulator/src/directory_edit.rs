//! Directories that lie.

use crate::{Client, Document, Half, Person};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry, DirectoryCore};
use gauntlet_wire::id::{DeviceId, UserId};
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The seed of an identity key that is nobody's.
const ANOTHER: [u8; 64] = [0x5A; 64];
/// How far an entry is dated back.
const DATED_BACK: SignedDuration = SignedDuration::from_hours(24);
/// When the device of the other identity key says that it joined: before any account was made.
const BEFORE_ALL_ACCOUNTS: &str = "2000-01-01T00:00:00Z";
/// The device that only a directory under another identity key lists: a version-4 id, drawn once.
pub const USURPER: DeviceId =
    DeviceId::new(Uuid::from_u128(0x7573_7572_7065_4272_8465_7669_6365_2121));
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
    /// With the entry of the writing device dated back by a day.
    Backdated(Authority),
    /// With one device more, which joined before there were accounts, under another identity key.
    Usurped,
    /// Without the entries of devices that were revoked.
    WithoutRevoked,
    /// With every revocation taken back.
    Cleared,
    /// With another key for the first device.
    Rekeyed,
}

/// By whom a directory is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// The identity key.
    Identity,
    /// The identity key, over what the directory said before the change.
    Before,
    /// Another identity key, which the header states.
    AnotherIdentity,
    /// Another identity key, while the header states the anchor.
    AnotherSigner,
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
        let by_identity = |core: DirectoryCore| DeviceDirectory {
            signature: person.identity.sign(&core.signed_bytes()),
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
                by_identity(core)
            }
            DirectoryEdit::Backdated(authority) => {
                let signature = next.signature;
                let core = backdated(next.core, self.device);
                if authority == Authority::AnotherIdentity {
                    header = another.public();
                }
                match authority {
                    Authority::Identity => by_identity(core),
                    Authority::Before => DeviceDirectory { core, signature },
                    Authority::AnotherIdentity | Authority::AnotherSigner => by_another(core),
                }
            }
            DirectoryEdit::Usurped => {
                header = another.public();
                let mut core = next.core;
                core.devices.extend(usurper());
                by_another(core)
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

/// The directory with the entry of `device` dated back.
fn backdated(mut core: DirectoryCore, device: DeviceId) -> DirectoryCore {
    for entry in &mut core.devices {
        if entry.device_id == device {
            let earlier = entry.added_at.instant().checked_sub(DATED_BACK);
            entry.added_at = Timestamp::from_instant(earlier.unwrap_or(jiff::Timestamp::MIN));
        }
    }
    core
}

/// The entry of a device that no identity key of an account vouches for.
fn usurper() -> Option<DeviceEntry> {
    Some(DeviceEntry {
        device_id: USURPER,
        dsk_public: HybridSigner::from_seed(&ANOTHER).public().clone(),
        added_at: BEFORE_ALL_ACCOUNTS.parse().ok()?,
        revoked_at: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::household;
    use gauntlet_wire::hybrid::HybridPublicKey;

    /// The directory, and whether its signature is the owner's.
    fn published(edit: DirectoryEdit) -> (DirectoryCore, bool, HybridPublicKey) {
        let (client, person) = household();
        let updated_at = person.devices[0].added_at.clone();
        let lie = client.publish_lie(&person, 2, updated_at, edit).unwrap();
        let directory = Canonical::<DeviceDirectory>::decode(&lie.bytes).unwrap();
        let directory = directory.into_value();
        let honest = person.identity.sign(&directory.core.signed_bytes());
        let owners = honest == directory.signature;
        (
            directory.core,
            owners,
            person.devices[0].signer.public().clone(),
        )
    }

    #[test]
    fn an_entry_is_dated_back_alone_and_signed_as_said() {
        let (_, person) = household();
        for (authority, owners) in [
            (Authority::Identity, true),
            (Authority::Before, false),
            (Authority::AnotherIdentity, false),
            (Authority::AnotherSigner, false),
        ] {
            let (core, signed, key) = published(DirectoryEdit::Backdated(authority));
            assert_eq!(signed, owners, "{authority:?}");
            let day = SignedDuration::from_hours(24);
            let joined = person.devices[0].added_at.instant();
            let entry = &core.devices[0];
            assert_eq!(entry.added_at.instant(), joined - day);
            assert_eq!(entry.dsk_public, key);
            assert_eq!(core.devices[1].added_at, person.devices[1].added_at);
        }
    }

    #[test]
    fn a_usurped_directory_lists_one_device_that_the_owner_does_not() {
        let (_, person) = household();
        let (core, signed, _) = published(DirectoryEdit::Usurped);
        assert!(!signed);
        let (last, own) = core.devices.split_last().unwrap();
        assert_eq!(*last, usurper().unwrap());
        assert_eq!(own.len(), person.devices.len());
    }

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
