//! What a client knows of an album.

use gauntlet_wire::directory::{DeviceEntry, DirectoryCore};
use gauntlet_wire::id::{AlbumId, DeviceId, UserId};
use gauntlet_wire::ledger::EpochLedger;
use gauntlet_wire::version::ProtocolVersion;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt;

/// What a client knows of an album: nothing here was learned from the server alone.
#[derive(Clone)]
pub struct AlbumFacts {
    /// The album.
    pub album: AlbumId,
    /// The version that it is pinned to.
    pub pin: ProtocolVersion,
    /// The accepted directories of those who write or have written to it.
    pub directories: BTreeMap<UserId, DirectoryCore>,
    /// The accepted ledger; without one no epoch is attested.
    pub ledger: Option<EpochLedger>,
    /// Who was removed from it and not let in again.
    pub removals: BTreeMap<UserId, Removal>,
    /// The album master keys at hand, by epoch.
    pub keys: BTreeMap<u32, [u8; 32]>,
}

/// That a writer was removed from an album.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removal {
    /// The first epoch without the writer.
    pub epoch: u32,
    /// When the removal was committed.
    pub at: Timestamp,
}

impl AlbumFacts {
    /// The entry of a user's device.
    pub(super) fn device(&self, user: UserId, device: DeviceId) -> Option<&DeviceEntry> {
        let directory = self.directories.get(&user)?;
        let mut devices = directory.devices.iter();
        devices.find(|entry| entry.device_id == device)
    }
}

/// Without the keys themselves.
impl fmt::Debug for AlbumFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epochs: Vec<&u32> = self.keys.keys().collect();
        f.debug_struct("AlbumFacts")
            .field("album", &self.album)
            .field("pin", &self.pin)
            .field("directories", &self.directories)
            .field("ledger", &self.ledger)
            .field("removals", &self.removals)
            .field("keys", &epochs)
            .finish()
    }
}
