//! Uploads of others that are under way while the attack is made, and go on afterwards.

use super::cast::{Cast, Member, accepted};
use super::drafting::cannot_draft;
use super::lab::{Lab, Mode};
use super::testify::Whose;
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::Stop;
use gauntlet_simulator::{Draft, Photo, Step};
use jiff::SignedDuration;

/// A photo of which a chunk is sent before the attack, and the rest afterwards.
const PHOTO: Photo = Photo::of_chunks(1, 4096);
/// How much of it is sent before.
const SENT: usize = 2;
/// For how long a session without progress is surely kept (`wire.md` §3, lifetime).
const GUARANTEED: SignedDuration = SignedDuration::from_hours(1);
/// The same section.
const GOES_ON: &str =
    "the upload of another client, half of it sent before the attack, goes on to its end";

/// One upload under way.
pub(super) struct Underway {
    whose: Whose,
    upload: Upload,
    /// The target's time when its last chunk was sent.
    since: jiff::Timestamp,
}

impl Lab {
    /// The author's laptop and the bystander begin an upload each.
    pub(super) async fn set_out(&mut self) -> Result<(), Stop> {
        for whose in Whose::BOTH {
            let now = self.now;
            let member = writer(&mut self.cast, whose);
            let draft = member.client.draft(PHOTO, now).map_err(cannot_draft)?;
            let mut upload = Upload::new(Draft::Write(Box::new(draft)));
            for step in upload.draft.steps().into_iter().take(SENT) {
                send(member, &mut upload, step).await?;
            }
            self.underway.push(Underway {
                whose,
                upload,
                since: now,
            });
        }
        Ok(())
    }

    /// They bring it to its end. A session that stood still for longer than it is surely kept may be gone.
    pub(super) async fn arrive(&mut self) -> Result<(), Stop> {
        for underway in std::mem::take(&mut self.underway) {
            if self.now.duration_since(underway.since) >= GUARANTEED {
                self.recorder
                    .note("an upload under way stood still for too long to be held to it");
                continue;
            }
            match self.finish_underway(underway).await {
                Err(Stop::Invalid(why)) if self.mode == Mode::Attack => {
                    self.damage(GOES_ON, &why, true);
                }
                finished => finished?,
            }
        }
        Ok(())
    }

    async fn finish_underway(&mut self, underway: Underway) -> Result<(), Stop> {
        let Underway {
            whose, mut upload, ..
        } = underway;
        let member = writer(&mut self.cast, whose);
        for step in upload.draft.steps().into_iter().skip(SENT) {
            send(member, &mut upload, step).await?;
        }
        let [authors, bystanders] = &mut self.acknowledged;
        let acknowledged = match whose {
            Whose::Author => authors,
            Whose::Bystander => bystanders,
        };
        if let Some(write) = upload.draft.write() {
            acknowledged.push(Acknowledged::of(write)?);
        }
        Ok(())
    }
}

/// Who has an upload under way on either side: nobody whose script is attacked.
fn writer(cast: &mut Cast, whose: Whose) -> &mut Member {
    match whose {
        Whose::Author => &mut cast.laptop,
        Whose::Bystander => &mut cast.bystander,
    }
}

async fn send(member: &Member, upload: &mut Upload, step: Step) -> Result<(), Stop> {
    let answer = upload.send(member.line(), step).await?;
    accepted(member.line().actor(), "an upload under way", &answer)
}
