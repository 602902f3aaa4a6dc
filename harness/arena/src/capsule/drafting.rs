//! What the honest client sets out to do, drafted; and what it does before, up to there.

use super::cast::accepted;
use super::lab::Lab;
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::{Line, Stop};
use gauntlet_simulator::{Client, Deed, Draft, Photo, Scene, Step, Write, Writer};
use gauntlet_wire::cbor::DocumentError;
use gauntlet_wire::version::Formats;

impl Lab {
    /// What the honest client sets out to do, drafted; what has to come before it is done.
    pub(super) async fn draft(&mut self, photo: Photo) -> Result<Draft, Stop> {
        let deed = self.attack.deviation.script.deed;
        if deed == Deed::UploadAfterPurge {
            self.purge_photos().await?;
        }
        let prior = self.bring(deed, photo).await?;
        self.set_scene().await?;
        let now = self.now;
        let write = match (deed, &prior) {
            (Deed::Directory, _) => {
                let document = self.cast.next_directory(now).map_err(cannot_draft)?;
                return Ok(Draft::Document(document));
            }
            (Deed::Upgrade, _) => return Ok(Draft::Call(self.proposal()?)),
            (Deed::Completion, _) => {
                self.open_successor().await?;
                return Ok(Draft::Call(self.completion()?));
            }
            (Deed::Abort, _) => return Ok(Draft::Call(self.abort()?)),
            (Deed::Ask(question), _) => return self.question(question).await,
            (Deed::UploadLarge, _) => self.photograph(Photo::LARGE)?,
            (Deed::UploadAsPurged | Deed::UpdateAsPurged, _) => {
                self.draft_as_purged(photo, deed).await?
            }
            (shared, _) if shared.is_shared() => self.draft_shared(photo, shared).await?,
            (_, None) => self.photograph(photo)?,
            (_, Some(prior)) => self.following(prior, deed, photo)?,
        };
        let mut draft = Draft::Write(Box::new(write));
        self.follow(&mut draft);
        Ok(draft)
    }

    /// Uploads the photo that a deed is done to and brings it there; `None` for a deed that begins anew, or
    /// whose own draft does.
    async fn bring(&mut self, deed: Deed, photo: Photo) -> Result<Option<Write>, Stop> {
        let before: &[Deed] = match deed {
            Deed::Upload
            | Deed::UploadLarge
            | Deed::UploadAfterPurge
            | Deed::UploadAsPurged
            | Deed::UpdateAsPurged
            | Deed::DeleteShared
            | Deed::DeleteSharedAfterAnother
            | Deed::DeleteSharedAfterAPurge
            | Deed::Directory
            | Deed::Upgrade
            | Deed::Completion
            | Deed::Abort
            | Deed::Ask(_) => return Ok(None),
            Deed::UpdateAgain => &[Deed::Update],
            Deed::ReplaceAgain => &[Deed::Replace],
            Deed::Restore => &[Deed::Update, Deed::Delete],
            Deed::ReplaceThumbnail => &[Deed::AddThumbnail],
            Deed::ReplaceThumbnailAgain => &[Deed::AddThumbnail, Deed::ReplaceThumbnail],
            Deed::Delete | Deed::Update | Deed::Replace | Deed::AddThumbnail => &[],
        };
        let uploaded = self.photograph(photo)?;
        let mut prior = self.do_honestly(uploaded).await?;
        for deed in before {
            let next = self.following(&prior, *deed, photo)?;
            prior = self.do_honestly(next).await?;
        }
        Ok(Some(prior))
    }

    pub(super) fn photograph(&mut self, photo: Photo) -> Result<Write, Stop> {
        let now = self.now;
        let mut write = self.client_mut().draft(photo, now).map_err(cannot_draft)?;
        write.framing = self.attack.deviation.script.framing;
        Ok(write)
    }

    /// The write of the script's own device that continues `prior`; a replace brings `photo`.
    fn following(&mut self, prior: &Write, deed: Deed, photo: Photo) -> Result<Write, Stop> {
        if !matches!(deed, Deed::Replace | Deed::ReplaceAgain) {
            return self.continued(prior, deed);
        }
        let now = self.now;
        let replaced = self.client_mut().replaced(prior, photo, now);
        replaced.map_err(cannot_draft)
    }

    /// The write of the script's own device that continues `prior`.
    pub(super) fn continued(&mut self, prior: &Write, deed: Deed) -> Result<Write, Stop> {
        let now = self.now;
        self.continued_by(self.attack.deviation.script.writer, prior, deed, now)
    }

    /// The write of `writer`'s that continues `prior`, dated `now`.
    pub(super) fn continued_by(
        &mut self,
        writer: Writer,
        prior: &Write,
        deed: Deed,
        now: jiff::Timestamp,
    ) -> Result<Write, Stop> {
        let next = self.client_of(writer).continued(prior, deed, now);
        next.map_err(cannot_draft)?
            .ok_or_else(|| Stop::Error(format!("no op carries {deed:?}")))
    }

    /// Sends a whole write of the script's own device, honestly, and takes down what was acknowledged.
    pub(super) async fn do_honestly(&mut self, write: Write) -> Result<Write, Stop> {
        let writer = self.attack.deviation.script.writer;
        self.do_honestly_by(writer, write).await
    }

    /// Sends a whole write of `by`'s, honestly, and takes down what was acknowledged.
    pub(super) async fn do_honestly_by(&mut self, by: Writer, write: Write) -> Result<Write, Stop> {
        let mut script = Upload::new(Draft::Write(Box::new(write.clone())));
        for step in script.draft.steps() {
            let answer = script.send(self.line_of(by), step).await?;
            accepted("the control", "an honest message", &answer)?;
            if let (Step::Op, Some(link), Ok(told)) = (step, write.link(), answer.json()) {
                self.op_answers.insert(link, told);
            }
        }
        self.acknowledge(&script.draft)?;
        self.done.push(write.clone());
        Ok(write)
    }

    /// The client whose script is attacked, in the album of the deviation's version or, once that was
    /// upgraded, in its successor.
    pub(super) fn client(&self) -> &Client {
        let script = self.attack.deviation.script;
        match (script.scene, script.album, script.writer) {
            (Scene::Upgraded, _, _) => &self.cast.successor,
            (_, Formats::A, _) => &self.cast.elder,
            (_, Formats::B, Writer::Phone) => &self.cast.phone.client,
            (_, Formats::B, Writer::Laptop) => &self.cast.laptop.client,
        }
    }

    pub(super) fn client_mut(&mut self) -> &mut Client {
        self.client_of(self.attack.deviation.script.writer)
    }

    fn client_of(&mut self, writer: Writer) -> &mut Client {
        let script = self.attack.deviation.script;
        match (script.scene, script.album, writer) {
            (Scene::Upgraded, _, _) => &mut self.cast.successor,
            (_, Formats::A, _) => &mut self.cast.elder,
            (_, Formats::B, Writer::Phone) => &mut self.cast.phone.client,
            (_, Formats::B, Writer::Laptop) => &mut self.cast.laptop.client,
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
            // A step of a ceremony or a question leaves nothing that could be lost.
            Draft::Call(_) | Draft::Question(_) => {}
        }
        Ok(())
    }
}

pub(super) fn cannot_draft(error: DocumentError) -> Stop {
    Stop::Error(format!("the simulator can't draft: {error}"))
}
