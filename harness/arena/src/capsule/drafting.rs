//! What the honest client sets out to do, drafted; and what it does before, up to there.

use super::cast::accepted;
use super::lab::Lab;
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::{Line, Stop};
use gauntlet_simulator::{Client, Deed, Draft, Photo, Write, Writer};
use gauntlet_wire::cbor::DocumentError;
use gauntlet_wire::version::Formats;

impl Lab {
    /// What the honest client sets out to do, drafted; what has to come before it is done.
    pub(super) async fn draft(&mut self, photo: Photo) -> Result<Draft, Stop> {
        let script = self.attack.deviation.script;
        let (deed, writer) = (script.deed, script.writer);
        if deed == Deed::Directory {
            let document = self.cast.next_directory(self.now).map_err(cannot_draft)?;
            return Ok(Draft::Document(document));
        }
        let now = self.now;
        let uploaded = self.client_mut(writer).draft(photo, now);
        let uploaded = uploaded.map_err(cannot_draft)?;
        if deed == Deed::Upload {
            return Ok(Draft::Write(Box::new(uploaded)));
        }
        let before: &[Deed] = match deed {
            Deed::UpdateAgain => &[Deed::Update],
            Deed::Restore => &[Deed::Update, Deed::Delete],
            Deed::ReplaceThumbnail => &[Deed::AddThumbnail],
            Deed::ReplaceThumbnailAgain => &[Deed::AddThumbnail, Deed::ReplaceThumbnail],
            _ => &[],
        };
        let mut prior = self.do_honestly(writer, uploaded).await?;
        for deed in before {
            let next = self.continued(writer, &prior, *deed, now)?;
            prior = self.do_honestly(writer, next).await?;
        }
        let next = self.continued(writer, &prior, deed, now)?;
        Ok(Draft::Write(Box::new(next)))
    }

    /// The write of `writer`'s that continues `prior`, dated `now`.
    pub(super) fn continued(
        &mut self,
        writer: Writer,
        prior: &Write,
        deed: Deed,
        now: jiff::Timestamp,
    ) -> Result<Write, Stop> {
        let client = self.client_mut(writer);
        if deed == Deed::Replace {
            return client
                .replaced(prior, Photo::SMALL, now)
                .map_err(cannot_draft);
        }
        let next = client.continued(prior, deed, now).map_err(cannot_draft)?;
        next.ok_or_else(|| Stop::Error(format!("no op carries {deed:?}")))
    }

    /// Sends a whole write, honestly, and takes down what was acknowledged.
    pub(super) async fn do_honestly(&mut self, by: Writer, write: Write) -> Result<Write, Stop> {
        let mut script = Upload::new(Draft::Write(Box::new(write.clone())));
        for step in script.draft.steps() {
            let answer = script.send(self.line_of(by), step).await?;
            accepted("the control", "an honest message", &answer)?;
        }
        self.acknowledge(&script.draft)?;
        self.done.push(write.clone());
        Ok(write)
    }

    /// The client whose script is attacked, in the album of the deviation's version.
    pub(super) fn client(&self) -> &Client {
        let script = self.attack.deviation.script;
        match (script.album, script.writer) {
            (Formats::A, _) => &self.cast.elder,
            (Formats::B, Writer::Phone) => &self.cast.phone.client,
            (Formats::B, Writer::Laptop) => &self.cast.laptop.client,
        }
    }

    fn client_mut(&mut self, writer: Writer) -> &mut Client {
        match (self.attack.deviation.script.album, writer) {
            (Formats::A, _) => &mut self.cast.elder,
            (Formats::B, Writer::Phone) => &mut self.cast.phone.client,
            (Formats::B, Writer::Laptop) => &mut self.cast.laptop.client,
        }
    }

    /// The line of the device whose script is attacked.
    pub(super) fn line(&self) -> &Line {
        self.line_of(self.attack.deviation.script.writer)
    }

    fn line_of(&self, writer: Writer) -> &Line {
        match writer {
            Writer::Phone => self.cast.phone.line(),
            Writer::Laptop => self.cast.laptop.line(),
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

fn cannot_draft(error: DocumentError) -> Stop {
    Stop::Error(format!("the simulator can't draft: {error}"))
}
