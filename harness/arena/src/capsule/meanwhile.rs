//! What happens in a world right before the message that a deviation replaces.

use super::lab::Lab;
use crate::Stop;
use gauntlet_simulator::Meanwhile;

impl Lab {
    /// Lets happen what the script says, in the twin as in the attack.
    pub(super) async fn meanwhile(&mut self) -> Result<(), Stop> {
        match self.attack.deviation.script.meanwhile {
            Meanwhile::Nothing => Ok(()),
            Meanwhile::Restart => self.restart().await,
            // They hold for the message alone: see `Lab::tighten`.
            Meanwhile::AtFileSize | Meanwhile::AtQuota | Meanwhile::AboveQuota(_) => Ok(()),
        }
    }
}
