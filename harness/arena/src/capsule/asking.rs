//! Questions: what an honest client asks in a single message, and what a dishonest one puts in it that
//! belongs elsewhere.

use super::cast::accepted;
use super::eye::Eye;
use super::lab::Lab;
use super::snapshot::sessions;
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::Stop;
use gauntlet_simulator::{Borrowed, Deed, Draft, Edit, Kind, Known, Photo, Question, Step};
use gauntlet_wire::enums::{BlobRole, UploadStatus};
use gauntlet_wire::id::{AssetId, Hash, UploadId};
use gauntlet_wire::json::SyncPage;
use std::collections::BTreeSet;

/// Past the retention of an honest delete, which is thirty days.
const PAST_RETENTION_SECONDS: u64 = 31 * 24 * 3600;

impl Lab {
    /// The question, drafted once the target has said what it speaks of.
    pub(super) async fn question(&mut self, question: Question) -> Result<Draft, Stop> {
        let known = self.known_for(question).await?;
        let request = self.client().ask(question, &known);
        request
            .map(Draft::Question)
            .ok_or_else(|| Stop::Error(format!("the simulator can't ask {question:?}")))
    }

    async fn known_for(&mut self, question: Question) -> Result<Known, Stop> {
        let mut known = Known::default();
        let album = self.client().album;
        match question {
            Question::Feed => known.cursor = cursor(&self.cast.phone.eye, "/sync").await?,
            Question::AlbumFeed => {
                let path = format!("/sync?album_id={album}");
                known.cursor = cursor(&self.cast.phone.eye, &path).await?;
            }
            Question::Session => known.session = Some(finished(&self.cast.phone.eye).await?),
            Question::Cancel => known.session = Some(self.open_session().await?),
            Question::Original | Question::Storage => known.blob = Some(self.own_original()?),
            Question::Tombstone => known.blob = Some(self.tombstone().await?),
            Question::Ledger | Question::PublishLedger => self.keeps_ledgers().await?,
            Question::Sessions
            | Question::Quota
            | Question::Directory
            | Question::Album
            | Question::Upgrade
            | Question::Propose => {}
        }
        Ok(known)
    }

    /// The route is ours (`formats.md` §11): a target without it is not held to it.
    async fn keeps_ledgers(&self) -> Result<(), Stop> {
        let path = format!("/albums/{}/ledger", self.client().album);
        let answer = self.cast.phone.eye.read(&path).await?;
        match answer.status {
            404 | 405 => Err(Stop::Absent("epoch ledgers (formats.md §11)")),
            _ => Ok(()),
        }
    }

    /// A session that was opened for a photo of which nothing was sent yet.
    async fn open_session(&mut self) -> Result<UploadId, Stop> {
        let now = self.now;
        let draft = self.client_mut().draft(Photo::SMALL, now);
        let draft = draft.map_err(|error| Stop::Error(error.to_string()))?;
        let mut upload = Upload::new(Draft::Write(Box::new(draft)));
        let step = Step::Open { blob: 0 };
        let answer = upload.send(self.cast.phone.line(), step).await?;
        accepted("the control", "opening a session", &answer)?;
        let id = upload.session(step);
        id.ok_or_else(|| Stop::Invalid("an opened session has no id".to_owned()))
    }

    fn own_original(&self) -> Result<(AssetId, Hash), Stop> {
        let of = |write: &gauntlet_simulator::Write| {
            let original = write.blob(BlobRole::Original)?;
            Some((write.asset, Hash::of(&original.bytes)))
        };
        let own = self.done.iter().find_map(of);
        own.ok_or_else(|| Stop::Error("the author has uploaded nothing yet".to_owned()))
    }

    /// Deletes the author's photo, lets its retention pass, and gives its record, which stays.
    async fn tombstone(&mut self) -> Result<(AssetId, Hash), Stop> {
        let last = self.done.last().cloned();
        let last =
            last.ok_or_else(|| Stop::Error("the author has uploaded nothing yet".to_owned()))?;
        let delete = self.continued(&last, Deed::Delete)?;
        self.do_honestly(delete).await?;
        self.pass_time(PAST_RETENTION_SECONDS).await?;
        let link = last.link();
        let link = link.ok_or_else(|| Stop::Error("the photo has no record".to_owned()))?;
        Ok((last.asset, link))
    }

    /// Asks for everything that the deviation borrows.
    pub(super) async fn borrow(&mut self) -> Result<(), Stop> {
        let Kind::Message(edits) = &self.attack.deviation.kind else {
            return Ok(());
        };
        let wanted: BTreeSet<Borrowed> = edits
            .iter()
            .filter_map(|edit| match edit {
                Edit::Borrow { what, .. } => Some(*what),
                _ => None,
            })
            .collect();
        for what in wanted {
            let lent = self.learned(what).await?;
            self.lent.insert(what, lent);
        }
        Ok(())
    }

    async fn learned(&self, what: Borrowed) -> Result<String, Stop> {
        let cast = &self.cast;
        Ok(match what {
            Borrowed::AnothersAlbum => cast.bystander.client.album.to_string(),
            Borrowed::AnothersSession => finished(&cast.bystander.eye).await?.to_string(),
            Borrowed::AnothersBlob => {
                let [_, bystanders] = &self.acknowledged;
                let mut hashes = bystanders.iter().flat_map(Acknowledged::hashes);
                let first = hashes.next();
                first
                    .ok_or_else(|| Stop::Error("the bystander has uploaded nothing".to_owned()))?
                    .to_string()
            }
            Borrowed::AnothersCursor => cursor(&cast.bystander.eye, "/sync").await?,
            Borrowed::ElderAlbum => cast.elder.album.to_string(),
            Borrowed::FinishedSession => finished(&cast.phone.eye).await?.to_string(),
            Borrowed::PurgedBlob => self.own_original()?.1.to_string(),
        })
    }
}

/// A cursor that the target gives `eye` for the feed at `path`.
async fn cursor(eye: &Eye, path: &str) -> Result<String, Stop> {
    let answer = eye.read(path).await?;
    accepted(eye.line.actor(), "reading the feed", &answer)?;
    let page: SyncPage = answer
        .json()
        .map_err(|error| Stop::Invalid(format!("GET {path}: {error}")))?;
    Ok(page.next_cursor)
}

/// A finished session of `eye`'s account.
async fn finished(eye: &Eye) -> Result<UploadId, Stop> {
    let listed = sessions(eye).await?;
    let is_finished = |status| status == UploadStatus::Completed;
    let finished = listed.iter().find(|session| is_finished(session.status));
    finished
        .map(|session| session.id)
        .ok_or_else(|| Stop::Invalid("no finished session is listed".to_owned()))
}
