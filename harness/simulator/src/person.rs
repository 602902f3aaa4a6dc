//! People and their devices, with real keys.

use crate::{Mint, Secret};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry, DirectoryCore};
use gauntlet_wire::id::{DeviceId, UserId};
use gauntlet_wire::time::Timestamp;

/// One device of a person: an id and a signing key.
pub struct Device {
    /// The device's id.
    pub id: DeviceId,
    /// When it joined, as the directory says.
    pub added_at: Timestamp,
    /// Since when it is revoked, if it is.
    pub revoked_at: Option<Timestamp>,
    /// The device signing key.
    pub signer: HybridSigner,
}

impl Device {
    /// Draws a device that joined at `added_at`.
    #[must_use]
    pub fn draw(mint: &mut Mint, added_at: Timestamp) -> Self {
        let id = DeviceId::new(mint.uuid_v4());
        let seed = mint.secret(Secret::DeviceSeed, id.uuid());
        Self {
            id,
            added_at,
            revoked_at: None,
            signer: HybridSigner::from_seed(&seed),
        }
    }
}

/// A person: an account on the target, an identity key, and devices.
pub struct Person {
    /// The account's id on the target.
    pub user: UserId,
    /// The identity key (IK).
    pub identity: HybridSigner,
    /// The devices, oldest first.
    pub devices: Vec<Device>,
    /// Entries of devices that nobody holds any more: an account that outlives a run keeps them.
    pub others: Vec<DeviceEntry>,
}

impl Person {
    /// The device directory at `version`, signed by the identity key.
    ///
    /// # Errors
    /// A directory past its bounds, which a person drawn by the simulator never has.
    pub fn directory(
        &self,
        version: u64,
        updated_at: Timestamp,
    ) -> Result<Canonical<DeviceDirectory>, DocumentError> {
        let devices = self
            .devices
            .iter()
            .map(|device| DeviceEntry {
                device_id: device.id,
                dsk_public: device.signer.public().clone(),
                added_at: device.added_at.clone(),
                revoked_at: device.revoked_at.clone(),
            })
            .chain(self.others.iter().cloned())
            .collect();
        let core = DirectoryCore {
            user_id: self.user,
            directory_version: version,
            updated_at,
            devices,
        };
        let signature = self.identity.sign(&core.signed_bytes());
        Canonical::encode(DeviceDirectory { core, signature })
    }
}
