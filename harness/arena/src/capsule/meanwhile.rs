//! What happens in a world right before the message that a deviation replaces.

use super::cast::authenticated;
use super::drafting::cannot_draft;
use super::lab::Lab;
use crate::Stop;
use gauntlet_simulator::{DirectoryEdit, Meanwhile};

impl Lab {
    /// Lets happen what the script says, in the twin as in the attack.
    pub(super) async fn meanwhile(&mut self) -> Result<(), Stop> {
        match self.attack.deviation.script.meanwhile {
            Meanwhile::Nothing => Ok(()),
            Meanwhile::Restart => self.restart().await,
            Meanwhile::UsurpedDirectory => self.offer_a_usurped_directory().await,
            // They hold for the message alone: see `Lab::tighten`.
            Meanwhile::AtFileSize | Meanwhile::AtQuota | Meanwhile::AboveQuota(_) => Ok(()),
        }
    }

    /// Offers a directory under another identity key, as whoever holds a session can. What the target makes of
    /// it is for the message to show that comes next.
    async fn offer_a_usurped_directory(&self) -> Result<(), Stop> {
        let usurped = self.cast.lying_directory(DirectoryEdit::Usurped, self.now);
        let usurped = usurped.map_err(cannot_draft)?;
        let answer = self.cast.phone.line().send(&usurped.request).await?;
        authenticated("the author", &answer)
    }
}
