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
            Meanwhile::RefusedDirectory => self.offer_a_usurped_directory().await,
            // They hold for the message alone: see `Lab::tighten`.
            Meanwhile::AtFileSize | Meanwhile::AtQuota | Meanwhile::AboveQuota(_) => Ok(()),
        }
    }

    /// Offers a directory under another identity key. A target that takes it has no author any more that a
    /// write could be compared with: row 31 is about that.
    async fn offer_a_usurped_directory(&self) -> Result<(), Stop> {
        let usurped = self.cast.lying_directory(DirectoryEdit::Usurped, self.now);
        let usurped = usurped.map_err(cannot_draft)?;
        let answer = self.cast.phone.line().send(&usurped.request).await?;
        authenticated("the author", &answer)?;
        if answer.is_success() {
            let taken = "a directory under another identity key was taken (row 31)";
            return Err(Stop::Invalid(taken.to_owned()));
        }
        Ok(())
    }
}
