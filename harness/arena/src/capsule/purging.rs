//! What is deleted for good: photos that a script needs purged, and the one that shows that the hook
//! `purge` does what it says.

use super::cast::{Member, accepted};
use super::drafting::cannot_draft;
use super::eye::Eye;
use super::lab::Lab;
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::binding::Hook;
use crate::{Answer, Stop};
use gauntlet_simulator::{Deed, Draft, Photo, Write};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::Hash;

/// Past the thirty days for which an honest delete can be taken back.
const PAST_RETENTION_SECONDS: u64 = 31 * 24 * 3600;

impl Lab {
    /// A photo of the author's and one of the bystander's are uploaded and deleted, both honestly, and
    /// time passes until both are purged.
    ///
    /// # Errors
    /// [`Stop::Untested`] without the hooks, [`Stop::Error`] where they do not do what they say.
    pub(super) async fn purge_photos(&mut self) -> Result<(), Stop> {
        let now = self.now;
        let uploaded = self.client_mut().draft(Photo::SMALL, now);
        let own = self.do_honestly(uploaded.map_err(cannot_draft)?).await?;
        let deleted = self.continued(&own, Deed::Delete)?;
        self.do_honestly(deleted).await?;

        let theirs = self.cast.bystander.upload(Photo::SMALL, now).await?;
        let (deleted, answer) = delete(&mut self.cast.bystander, &theirs, now).await?;
        accepted("bystander", "deleting a photo", &answer)?;
        let [_, bystanders] = &mut self.acknowledged;
        bystanders.push(Acknowledged::of(&theirs)?.continued(&deleted)?);

        self.age(PAST_RETENTION_SECONDS).await?;
        self.renew().await?;
        gone(&self.cast.phone.eye, &own).await?;
        gone(&self.cast.bystander.eye, &theirs).await?;
        if let Err(disorder) = self.cast.phone.eye.pull().await? {
            return Err(Stop::Invalid(disorder));
        }
        self.dated_from = self.cast.phone.eye.last_seq;
        self.purged = vec![own, theirs];
        Ok(())
    }

    /// Deletes the newest photo that no attack is about, so that a purge has something to do that shows;
    /// `None` without the hooks, and where the target refuses.
    pub(super) async fn discard_decoy(&mut self) -> Result<Option<Write>, Stop> {
        let hooked = self.world.offers(Hook::Clock) && self.world.offers(Hook::Purge);
        let Some(decoy) = self.newest.clone().filter(|_| hooked) else {
            return Ok(None);
        };
        let (deleted, answer) = delete(&mut self.cast.laptop, &decoy, self.now).await?;
        if !answer.is_success() {
            self.recorder
                .note("no photo could be deleted, so that a purge has nothing to show");
            return Ok(None);
        }
        self.acknowledge(&Draft::Write(Box::new(deleted)))?;
        Ok(Some(decoy))
    }

    /// Once a delete can't be taken back, a purge takes the photo: a hook that does nothing would let
    /// every audit after it pass.
    pub(super) async fn outlive_retention(&mut self, decoy: &Write) -> Result<(), Stop> {
        self.age(PAST_RETENTION_SECONDS).await?;
        self.renew().await?;
        gone(&self.cast.laptop.eye, decoy).await
    }
}

/// Sends an honest delete of a photo.
async fn delete(
    member: &mut Member,
    photo: &Write,
    now: jiff::Timestamp,
) -> Result<(Write, Answer), Stop> {
    let drafted = member.client.continued(photo, Deed::Delete, now);
    let deleted = drafted
        .map_err(cannot_draft)?
        .ok_or_else(|| Stop::Error("no op carries a delete".to_owned()))?;
    let mut script = Upload::new(Draft::Write(Box::new(deleted.clone())));
    let answer = match script.draft.steps().first() {
        Some(step) => script.send(member.line(), *step).await?,
        None => return Err(Stop::Error("a delete has no message".to_owned())),
    };
    Ok((deleted, answer))
}

/// The original of a photo whose time in the trash is over is not served any more.
async fn gone(eye: &Eye, photo: &Write) -> Result<(), Stop> {
    let Some(original) = photo.blob(BlobRole::Original) else {
        return Err(Stop::Error("the photo has no original".to_owned()));
    };
    let hash = Hash::of(&original.bytes);
    let answer = eye.blob(&hash).await?;
    if matches!(answer.status, 404 | 410) {
        return Ok(());
    }
    Err(Stop::Error(format!(
        "the hook `purge` was to purge what is due in the trash, and GET /blob/{hash}, whose delete is past \
         its retention, answered {}",
        answer.summary()
    )))
}
