//! What happens in a world right before the message that a deviation replaces.

use super::cast::authenticated;
use super::drafting::cannot_draft;
use super::lab::Lab;
use super::upload::Upload;
use crate::Stop;
use gauntlet_simulator::{Deed, DirectoryEdit, Draft, Meanwhile, Writer};
use jiff::SignedDuration;

impl Lab {
    /// Lets happen what the script says, in the twin as in the attack.
    pub(super) async fn meanwhile(&mut self, upload: &mut Upload) -> Result<(), Stop> {
        match self.attack.deviation.script.meanwhile {
            Meanwhile::Nothing => Ok(()),
            Meanwhile::Restart => self.restart().await,
            Meanwhile::UsurpedDirectory => self.offer_a_usurped_directory().await,
            // They hold for the message alone: see `Lab::tighten`.
            Meanwhile::AtFileSize | Meanwhile::AtQuota | Meanwhile::AboveQuota(_) => Ok(()),
            Meanwhile::Edited { by, minutes } => self.edited(upload, by, minutes).await,
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

    /// Gives the photo that the author wrote last other metadata. An op that would have continued it is
    /// drafted anew, over the edit: that is the rebase of a client that is told of it.
    async fn edited(&mut self, upload: &mut Upload, by: Writer, minutes: i64) -> Result<(), Stop> {
        let nothing = || Stop::Invalid("nothing is there that could be edited".to_owned());
        let newest = self.done.last().cloned().ok_or_else(nothing)?;
        let dated = self
            .now
            .checked_add(SignedDuration::from_mins(minutes))
            .map_err(|error| Stop::Error(error.to_string()))?;
        let edit = self.continued_by(by, &newest, Deed::Update, dated)?;
        let edit = self.do_honestly_by(by, edit).await?;
        let rebases = upload
            .draft
            .write()
            .is_some_and(|write| write.op.is_some() && write.asset == edit.asset);
        if rebases {
            let script = self.attack.deviation.script;
            let rebased = self.continued(&edit, script.deed)?;
            upload.draft = Draft::Write(Box::new(rebased));
        }
        Ok(())
    }
}
