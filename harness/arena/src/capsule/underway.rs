//! An upload of another client that is under way while the attack is made, and goes on afterwards.

use super::cast::{Member, accepted};
use super::drafting::cannot_draft;
use super::lab::{Lab, Mode};
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::Stop;
use gauntlet_simulator::{Draft, Photo, Step};
use jiff::SignedDuration;

/// Bytes of a chunk: more than a block, as clients send them.
const CHUNK: usize = 64 << 10;
/// A photo of which a chunk is sent before the attack, and the rest afterwards.
const PHOTO: Photo = Photo::of_chunks(1, CHUNK);
/// How many of its messages are sent before: the opening and one chunk.
const SENT: usize = 2;
/// For how long a session without progress is surely kept (`wire.md` §3, lifetime).
const GUARANTEED: SignedDuration = SignedDuration::from_hours(1);
/// The same section.
const GOES_ON: &str =
    "an upload of another client, half sent before the attack, goes on to its end";

/// The upload under way.
pub(super) struct Underway {
    upload: Upload,
    /// The target's time when its last chunk was sent.
    since: jiff::Timestamp,
}

impl Lab {
    /// The bystander begins an upload.
    pub(super) async fn set_out(&mut self) -> Result<(), Stop> {
        let since = self.now;
        let bystander = &mut self.cast.bystander;
        let draft = bystander.client.draft(PHOTO, since).map_err(cannot_draft)?;
        let mut upload = Upload::new(Draft::Write(Box::new(draft)));
        for step in upload.draft.steps().into_iter().take(SENT) {
            send(bystander, &mut upload, step).await?;
        }
        self.underway = Some(Underway { upload, since });
        Ok(())
    }

    /// The bystander brings it to its end. A session that stood still for longer than it is surely kept may
    /// be gone.
    pub(super) async fn arrive(&mut self) -> Result<(), Stop> {
        let Some(Underway { mut upload, since }) = self.underway.take() else {
            return Ok(());
        };
        if self.now.duration_since(since) >= GUARANTEED {
            self.recorder
                .note("an upload under way stood still for too long to be held to its end");
            return Ok(());
        }
        for step in upload.draft.steps().into_iter().skip(SENT) {
            match send(&self.cast.bystander, &mut upload, step).await {
                Err(Stop::Invalid(why)) if self.mode == Mode::Attack => {
                    self.damage(GOES_ON, &why, true);
                    return Ok(());
                }
                sent => sent?,
            }
        }
        let [_, bystanders] = &mut self.acknowledged;
        if let Some(write) = upload.draft.write() {
            bystanders.push(Acknowledged::of(write)?);
        }
        Ok(())
    }
}

async fn send(member: &Member, upload: &mut Upload, step: Step) -> Result<(), Stop> {
    let answer = upload.send(member.line(), step).await?;
    accepted(member.line().actor(), "an upload under way", &answer)
}
