//! What happens in a world right before the message that a deviation replaces.

use super::lab::Lab;
use super::upload::Upload;
use crate::Stop;
use gauntlet_simulator::{Deed, Draft, Meanwhile, Writer};
use jiff::SignedDuration;

impl Lab {
    /// Lets happen what the script says, in the twin as in the attack.
    pub(super) async fn meanwhile(&mut self, upload: &mut Upload) -> Result<(), Stop> {
        match self.attack.deviation.script.meanwhile {
            Meanwhile::Nothing => Ok(()),
            Meanwhile::Restart => self.restart().await,
            Meanwhile::Edited { by, minutes } => self.edited(upload, by, minutes).await,
        }
    }

    /// Gives the photo that the author wrote last other metadata. An op that would have continued it is
    /// drafted anew, over the edit: that is the rebase of a client that is told of it.
    async fn edited(&mut self, upload: &mut Upload, by: Writer, minutes: i64) -> Result<(), Stop> {
        let nothing = || Stop::Invalid("nothing is there that could be edited".to_owned());
        let newest = self.done.last().cloned().ok_or_else(nothing)?;
        let dated = self
            .now
            .checked_add(SignedDuration::from_mins(minutes))
            .map_err(|error| Stop::Error(error.to_string()))?;
        let edit = self.continued(by, &newest, Deed::Update, dated)?;
        let edit = self.do_honestly(by, edit).await?;
        let rebases = upload
            .draft
            .write()
            .is_some_and(|write| write.op.is_some() && write.asset == edit.asset);
        if rebases {
            let script = self.attack.deviation.script;
            let rebased = self.continued(script.writer, &edit, script.deed, self.now)?;
            upload.draft = Draft::Write(Box::new(rebased));
        }
        Ok(())
    }
}
