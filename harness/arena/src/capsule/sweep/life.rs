//! An honest client's life: everything that it can have acknowledged, in an order that leads through
//! every transaction of a server.

use super::book::{Attempt, Chunk, Deed, Opening};
use super::script::Script;
use crate::Stop;
use crate::capsule::upload::Upload;
use gauntlet_simulator::{Deed as Next, Draft, Photo, Step, Write};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{Hash, UploadId};
use gauntlet_wire::time::Timestamp;

/// Bytes of a chunk: the smallest that may be followed by another.
const CHUNK: usize = 4096;
/// Past the retention of an honest delete.
const PAST_RETENTION: u64 = 31 * 24 * 3600;
/// Past the longest grace that the contract allows before a blob is swept (72 h).
const PAST_GRACE: u64 = 73 * 3600;

impl Script {
    /// Lives it.
    pub(super) async fn live(&mut self) -> Result<(), Stop> {
        self.publish_directory().await?;
        self.open_album().await?;
        self.publish_ledger().await?;

        let beach = self.upload(Photo::of_chunks(2, CHUNK)).await?;
        let party = self.upload(Photo::SMALL).await?;
        let beach = self.follow(beach, Next::Update).await?;
        let beach = self.add_thumbnail(beach).await?;
        self.give_up().await?;
        self.begin().await?;

        let beach = self.follow(beach, Next::Delete).await?;
        let beach = self.follow(beach, Next::Restore).await?;
        self.follow(party, Next::Delete).await?;
        self.publish_directory().await?;

        self.pass(PAST_RETENTION).await?;
        self.purge().await?;
        self.pass(PAST_GRACE).await?;
        self.purge().await?;

        self.follow(beach, Next::Update).await?;
        self.upload(Photo::SMALL).await?;
        Ok(())
    }

    /// The author's next directory.
    async fn publish_directory(&mut self) -> Result<(), Stop> {
        self.directory_version += 1;
        let (version, updated_at) = (self.directory_version, Timestamp::from_instant(self.now));
        let document = self
            .client
            .publish_directory(&self.person, version, updated_at)
            .map_err(cant_sign)?;
        let attempt = Attempt {
            what: format!("the device directory, version {version}"),
            request: Some(document.request.clone()),
            deed: Deed::Directory(document),
        };
        self.write(attempt).await.map(|_| ())
    }

    async fn open_album(&mut self) -> Result<(), Stop> {
        let attempt = Attempt {
            what: format!("the album {}", self.client.album),
            request: Some(self.client.open_album()),
            deed: Deed::Album,
        };
        self.write(attempt).await.map(|_| ())
    }

    async fn publish_ledger(&mut self) -> Result<(), Stop> {
        let document = self.client.publish_ledger().map_err(cant_sign)?;
        let attempt = Attempt {
            what: format!("the ledger of the album {}", self.client.album),
            request: Some(document.request.clone()),
            deed: Deed::Ledger(document),
        };
        self.write(attempt).await.map(|_| ())
    }

    /// A photo, from its first session to its record.
    async fn upload(&mut self, photo: Photo) -> Result<Write, Stop> {
        let write = self.client.draft(photo, self.now).map_err(cant_sign)?;
        let mut upload = Upload::new(Draft::Write(Box::new(write.clone())));
        for step in upload.draft.steps() {
            self.step(&mut upload, &write, step).await?;
        }
        Ok(write)
    }

    /// What an op makes of a photo.
    async fn follow(&mut self, prior: Write, next: Next) -> Result<Write, Stop> {
        let write = self
            .client
            .continued(&prior, next, self.now)
            .map_err(cant_sign)?
            .ok_or_else(|| Stop::Error(format!("no op is a {next:?}")))?;
        self.operate(write).await
    }

    async fn add_thumbnail(&mut self, prior: Write) -> Result<Write, Stop> {
        self.follow(prior, Next::AddThumbnail).await
    }

    /// The uploads that an op brings, and the op.
    async fn operate(&mut self, write: Write) -> Result<Write, Stop> {
        let mut upload = Upload::new(Draft::Write(Box::new(write.clone())));
        for step in upload.draft.steps() {
            self.step(&mut upload, &write, step).await?;
        }
        Ok(write)
    }

    /// A photo that is begun and never finished.
    async fn begin(&mut self) -> Result<UploadId, Stop> {
        let photo = Photo::of_chunks(2, CHUNK);
        let write = self.client.draft(photo, self.now).map_err(cant_sign)?;
        let mut upload = Upload::new(Draft::Write(Box::new(write.clone())));
        let open = Step::Open { blob: 0 };
        self.step(&mut upload, &write, open).await?;
        self.step(&mut upload, &write, Step::Append { blob: 0, chunk: 0 })
            .await?;
        session(&upload, open)
    }

    /// A photo that is begun and given up.
    async fn give_up(&mut self) -> Result<(), Stop> {
        let id = self.begin().await?;
        let attempt = Attempt {
            what: format!("the end of the session {id}"),
            request: Some(self.client.cancel_session(id)),
            deed: Deed::Cancel(id),
        };
        self.write(attempt).await.map(|_| ())
    }

    /// What is due in the trash goes, and what has been without reference for long.
    async fn purge(&mut self) -> Result<(), Stop> {
        let attempt = Attempt {
            what: "the purge of what is due".to_owned(),
            request: None,
            deed: Deed::Purge,
        };
        self.write(attempt).await.map(|_| ())
    }

    /// One message of a write.
    async fn step(&mut self, upload: &mut Upload, write: &Write, step: Step) -> Result<(), Stop> {
        let request = upload.request(step)?;
        let (what, deed) = match step {
            Step::Open { blob } => {
                let opening = opening(write, blob)?;
                let what = format!(
                    "a session for the {} of asset {}",
                    opening.role, write.asset
                );
                (what, Deed::Open(opening))
            }
            Step::Append { blob, chunk } => {
                let opening = opening(write, blob)?;
                let end = write
                    .chunk_at(blob, chunk)
                    .map_or(0, |(start, bytes)| start + bytes.len() as u64);
                let is_last = opening.role == BlobRole::Provenance && end == opening.size;
                let what = format!(
                    "the {} of asset {} up to byte {end} of {}",
                    opening.role, write.asset, opening.size
                );
                let chunk = Chunk {
                    session: session(upload, step)?,
                    end,
                    completes: is_last.then(|| Box::new(write.clone())),
                };
                (what, Deed::Append(chunk))
            }
            Step::Op | Step::Publish | Step::Call | Step::Ask => {
                let what = format!("the {} of asset {}", write.core.action, write.asset);
                (what, Deed::Op(Box::new(write.clone())))
            }
        };
        let attempt = Attempt {
            what,
            request: Some(request),
            deed,
        };
        if let Some(answer) = self.write(attempt).await? {
            upload.opened(step, &answer);
        }
        Ok(())
    }
}

fn opening(write: &Write, blob: usize) -> Result<Opening, Stop> {
    let blob = write.blobs.get(blob);
    let blob = blob.ok_or_else(|| Stop::Error("the draft has no such blob".to_owned()))?;
    Ok(Opening {
        asset: write.asset,
        role: blob.role,
        hash: Hash::of(&blob.bytes),
        size: blob.size,
    })
}

fn session(upload: &Upload, step: Step) -> Result<UploadId, Stop> {
    let session = upload.session(step);
    session.ok_or_else(|| Stop::Invalid("an accepted opening named no session".to_owned()))
}

fn cant_sign(error: impl std::fmt::Display) -> Stop {
    Stop::Error(format!("the simulator can't draft: {error}"))
}
