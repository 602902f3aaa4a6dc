//! Drafts over bytes that other photos share, or that a purged photo left behind.

use super::aftermath::PAST_GRACE_SECONDS;
use super::cast::accepted;
use super::containment::is_refusal;
use super::drafting::cannot_draft;
use super::lab::Lab;
use super::upload::Upload;
use crate::Stop;
use gauntlet_simulator::{Deed, Draft, Photo, Step, Write};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::Hash;

impl Lab {
    /// Drafts the delete of a photo whose original another photo shares, with what has to come before.
    pub(super) async fn draft_shared(&mut self, photo: Photo, deed: Deed) -> Result<Write, Stop> {
        let other = match deed {
            Deed::DeleteSharedAfterAnother => Some(self.shared_photo(photo).await?),
            Deed::DeleteSharedAfterAPurge => {
                let draft = self.photograph(photo)?;
                Some(self.do_honestly(draft).await?)
            }
            _ => None,
        };
        if let Some(other) = other {
            let delete = self.continued(&other, Deed::Delete)?;
            self.do_honestly(delete).await?;
        }
        if deed == Deed::DeleteSharedAfterAPurge {
            self.empty_the_trash().await?;
        }
        let shared = self.shared_photo(photo).await?;
        self.continued(&shared, deed)
    }

    /// Drafts a write that brings bytes of a photo that was deleted and purged.
    pub(super) async fn draft_as_purged(
        &mut self,
        photo: Photo,
        deed: Deed,
    ) -> Result<Write, Stop> {
        let created = self.photograph(photo)?;
        let created = self.do_honestly(created).await?;
        let updated = self.continued(&created, Deed::Update)?;
        let updated = self.do_honestly(updated).await?;
        let delete = self.continued(&updated, Deed::Delete)?;
        self.do_honestly(delete).await?;
        self.leave_to_a_collection().await?;
        if deed == Deed::UploadAsPurged {
            let now = self.now;
            return self
                .client_mut()
                .copy(&created, now)
                .map_err(cannot_draft)?
                .ok_or_else(|| bare("original"));
        }
        let metadata = updated.op.and_then(|op| op.metadata);
        let metadata = metadata.ok_or_else(|| bare("metadata"))?;
        let next = self.photograph(photo)?;
        let next = self.do_honestly(next).await?;
        let update = self.client().updated(&next, metadata, self.now);
        update.map_err(cannot_draft)
    }

    /// Has what the trash holds purged and marked, and lets its grace pass: the next collection finds it
    /// due.
    async fn leave_to_a_collection(&mut self) -> Result<(), Stop> {
        self.empty_the_trash().await?;
        // What one pass gives up, another pass surely marks.
        self.world.purge().await?;
        self.recorder.hook("collected garbage");
        self.advance(PAST_GRACE_SECONDS).await?;
        self.renew().await
    }

    /// A photo that is uploaded, and another one in the author's other album that shares its original.
    async fn shared_photo(&mut self, photo: Photo) -> Result<Write, Stop> {
        let draft = self.photograph(photo)?;
        let write = self.do_honestly(draft).await?;
        self.share(&write).await?;
        Ok(write)
    }

    /// Uploads a photo with the original of `of` into the author's elder album. A target that does not
    /// take the same bytes into two albums is judged without (`wire.md` §9, row 22).
    async fn share(&mut self, of: &Write) -> Result<(), Stop> {
        let copy = self.cast.elder.copy(of, self.now).map_err(cannot_draft)?;
        let copy = copy.ok_or_else(|| bare("original"))?;
        let mut script = Upload::new(Draft::Write(Box::new(copy.clone())));
        for step in script.draft.steps() {
            let answer = script.send(self.cast.phone.line(), step).await?;
            if is_refusal(answer.status) && step == (Step::Open { blob: 0 }) {
                let answer = answer.summary();
                self.recorder
                    .note(format!("the target does not share blobs: {answer}"));
                return Ok(());
            }
            accepted("the control", "an honest message", &answer)?;
        }
        self.acknowledge(&script.draft)?;
        if let Some(original) = copy.blob(BlobRole::Original) {
            self.sharers.push((copy.asset, Hash::of(&original.bytes)));
        }
        self.done.push(copy);
        Ok(())
    }
}

/// A draft of the simulator's own that lacks what every such draft brings.
fn bare(what: &str) -> Stop {
    Stop::Error(format!("the draft brings no {what}"))
}
