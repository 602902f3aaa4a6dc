//! What the honest client sets out to do, drafted; and what it does before, up to there.

use super::cast::accepted;
use super::lab::Lab;
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::Stop;
use gauntlet_simulator::{Client, Deed, Draft, Photo, Write};
use gauntlet_wire::cbor::DocumentError;
use gauntlet_wire::version::Formats;

impl Lab {
    /// What the honest client sets out to do, drafted; what has to come before it is done.
    pub(super) async fn draft(&mut self, photo: Photo) -> Result<Draft, Stop> {
        let deed = self.attack.deviation.script.deed;
        if deed == Deed::Directory {
            let document = self.cast.next_directory(self.now).map_err(cannot_draft)?;
            return Ok(Draft::Document(document));
        }
        if deed == Deed::UploadAfterPurge {
            self.purge_photos().await?;
        }
        let now = self.now;
        let uploaded = self.client_mut().draft(photo, now).map_err(cannot_draft)?;
        if matches!(deed, Deed::Upload | Deed::UploadAfterPurge) {
            return Ok(Draft::Write(Box::new(uploaded)));
        }
        let before: &[Deed] = match deed {
            Deed::UpdateAgain => &[Deed::Update],
            Deed::Restore => &[Deed::Update, Deed::Delete],
            _ => &[],
        };
        let mut prior = self.do_honestly(uploaded).await?;
        for deed in before {
            let next = self.continued(&prior, *deed)?;
            prior = self.do_honestly(next).await?;
        }
        Ok(Draft::Write(Box::new(self.continued(&prior, deed)?)))
    }

    pub(super) fn continued(&mut self, prior: &Write, deed: Deed) -> Result<Write, Stop> {
        let now = self.now;
        let next = self.client_mut().continued(prior, deed, now);
        next.map_err(cannot_draft)?
            .ok_or_else(|| Stop::Error(format!("no op carries {deed:?}")))
    }

    /// Sends a whole write, honestly, and takes down what was acknowledged.
    pub(super) async fn do_honestly(&mut self, write: Write) -> Result<Write, Stop> {
        let mut script = Upload::new(Draft::Write(Box::new(write.clone())));
        for step in script.draft.steps() {
            let answer = script.send(self.cast.phone.line(), step).await?;
            accepted("the control", "an honest message", &answer)?;
        }
        self.acknowledge(&script.draft)?;
        self.done.push(write.clone());
        Ok(write)
    }

    /// The client whose script is attacked: the phone, in the album of the deviation's version.
    pub(super) fn client(&self) -> &Client {
        match self.attack.deviation.script.album {
            Formats::A => &self.cast.elder,
            Formats::B => &self.cast.phone.client,
        }
    }

    pub(super) fn client_mut(&mut self) -> &mut Client {
        match self.attack.deviation.script.album {
            Formats::A => &mut self.cast.elder,
            Formats::B => &mut self.cast.phone.client,
        }
    }

    /// The witness takes down what the author was told.
    pub(super) fn acknowledge(&mut self, draft: &Draft) -> Result<(), Stop> {
        match draft {
            Draft::Write(write) => {
                let [authors, _] = &mut self.acknowledged;
                let held = authors.iter_mut().find(|photo| photo.asset == write.asset);
                let photo = match &held {
                    Some(held) => held.continued(write)?,
                    None => Acknowledged::of(write)?,
                };
                match held {
                    Some(held) => *held = photo,
                    None => authors.push(photo),
                }
            }
            Draft::Document(document) => {
                let [authors, _] = &mut self.published;
                authors.retain(|held| held.path != document.path);
                authors.push(document.clone());
            }
        }
        Ok(())
    }
}

pub(super) fn cannot_draft(error: DocumentError) -> Stop {
    Stop::Error(format!("the simulator can't draft: {error}"))
}
