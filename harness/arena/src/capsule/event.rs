//! Messages that something honest has made unlawful, or lawful: the client goes on as if it did not know, or
//! as it should.

use super::difference::{describe, difference};
use super::drafting::cannot_draft;
use super::lab::{Lab, Mode, Struck};
use super::upload::Upload;
use crate::{Line, Stop};
use gauntlet_simulator::{Draft, Event, Kind, Photo, Request, Step};

impl Lab {
    /// Lets the event happen and sends the message: unaltered, or naming the intent that lives by then.
    pub(super) async fn strike_after(
        &mut self,
        upload: &mut Upload,
        from: Step,
        event: Event,
        aware: bool,
    ) -> Result<(), Stop> {
        let honest = upload.request(from)?;
        self.happen(event).await?;
        if aware {
            self.follow(&mut upload.draft);
        }
        let watched = self.watched();
        let before = self.snapshots(&watched).await?;
        let sent = upload.request(from)?;
        self.record_event(event, &honest, &sent)?;
        let answer = self.cast.phone.line().send(&sent).await?;
        upload.opened(from, &answer);
        self.struck = Some(Struck {
            answer: Some(answer),
            request: Some(sent),
            ..Struck::at(from, upload.draft.clone(), watched, before)
        });
        Ok(())
    }

    async fn happen(&mut self, event: Event) -> Result<(), Stop> {
        match event {
            Event::Revocation => self.revoke_the_phone().await,
            Event::Proposal => self.begin_upgrade().await,
            Event::Abort => self.end_upgrade().await,
            Event::Lapse => self.outlive_upgrade().await,
            Event::Renewal => {
                self.end_upgrade().await?;
                self.begin_upgrade().await
            }
            Event::LateRenewal => {
                self.outlive_upgrade().await?;
                self.begin_upgrade().await
            }
            Event::Cutover => {
                self.open_successor().await?;
                self.complete_upgrade().await
            }
            Event::Opening => self.open_another().await,
        }
    }

    /// The author's laptop publishes the next directory, in which the phone is revoked.
    async fn revoke_the_phone(&mut self) -> Result<(), Stop> {
        if self.world.lasting_identity().is_some() {
            // The account would be of no use to any run after this one.
            return Err(Stop::Absent(
                "an account that a device can be revoked of for good",
            ));
        }
        let directory = self.cast.revocation(self.now)?;
        let answer = self.cast.laptop.line().send(&directory.request).await?;
        self.honest_step("a directory that revokes a device", &answer)?;
        self.acknowledge(&Draft::Document(directory))
    }

    fn record_event(&mut self, event: Event, honest: &Request, sent: &Request) -> Result<(), Stop> {
        let as_data = serde_json::to_value(&self.attack.deviation.kind)
            .map_err(|error| Stop::Error(error.to_string()))?;
        let mut differences = vec![format!("after {}", event.about())];
        differences.extend(difference(honest, sent));
        self.recorder
            .deviation(as_data, &describe(honest), &describe(sent), &differences);
        self.differences = differences;
        Ok(())
    }

    /// Makes of what is left of the upload what an honest client does once it knows what happened.
    pub(super) async fn succeed(&mut self, upload: &mut Upload) -> Result<(), Stop> {
        match self.happened() {
            None => {}
            Some(Event::Revocation) => self.make_anew(upload)?,
            Some(Event::Cutover) => self.begin_in_the_successor(upload)?,
            Some(Event::Opening) => self.finish_the_opened().await?,
            Some(_) => self.follow(&mut upload.draft),
        }
        Ok(())
    }

    /// The line of whoever goes on: the laptop, once the phone is revoked.
    pub(super) fn successors_line(&self) -> &Line {
        match self.happened() {
            Some(Event::Revocation) => self.cast.laptop.line(),
            _ => self.line(),
        }
    }

    /// What has happened before the message that decides.
    fn happened(&self) -> Option<Event> {
        match self.attack.deviation.kind {
            Kind::After { event, .. } if self.mode == Mode::Attack => Some(event),
            _ => None,
        }
    }

    /// The laptop makes the write its own.
    fn make_anew(&self, upload: &mut Upload) -> Result<(), Stop> {
        if let Draft::Write(write) = &mut upload.draft {
            let laptop = self.cast.laptop_in_the_album_of(self.client())?;
            let anew = laptop.made_anew(write, self.now);
            **write = anew.map_err(cannot_draft)?;
        }
        Ok(())
    }

    /// The photo goes into the successor, as a client of its version uploads it.
    fn begin_in_the_successor(&mut self, upload: &mut Upload) -> Result<(), Stop> {
        let now = self.now;
        let photo = self.cast.successor.draft(Photo::SMALL, now);
        let photo = photo.map_err(cannot_draft)?;
        *upload = Upload::new(Draft::Write(Box::new(photo)));
        if let Some(struck) = &mut self.struck {
            struck.from = Step::Open { blob: 0 };
        }
        Ok(())
    }

    /// The upload that was in flight runs to its end.
    async fn finish_the_opened(&mut self) -> Result<(), Stop> {
        let Some(mut opened) = self.ceremony.opened.take() else {
            return Ok(());
        };
        for step in opened.draft.steps().into_iter().skip(1) {
            let answer = opened.send(self.cast.phone.line(), step).await?;
            self.honest_step("the rest of an upload in flight", &answer)?;
        }
        self.acknowledge(&opened.draft)
    }
}
