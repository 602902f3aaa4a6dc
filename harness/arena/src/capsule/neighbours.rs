//! Other accounts: what the bystander may not read is not read after an attack either.

use super::kept::given;
use super::lab::Lab;
use crate::{Source, Stop};
use gauntlet_simulator::Write;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::Hash;

/// `wire.md` §1.3, blob.
const BLOB: &str = "A stranger who asks for a blob is answered as if it were not there: 404.";
/// `wire.md` §1.3, sync feed.
const FEED: &str = "The feed of an album is its members': 403 for everyone else.";

impl Lab {
    /// Has the bystander ask for the author's newest photo and for the feed of the author's album.
    pub(super) async fn judge_neighbours(&mut self) -> Result<(), Stop> {
        let original = self.newest.as_ref().and_then(original);
        let blob = original.map(|hash| (BLOB, format!("/blob/{hash}")));
        let album = self.cast.phone.client.album;
        let feed = (FEED, format!("/sync?album_id={album}"));
        for (clause, path) in blob.into_iter().chain([feed]) {
            let eye = &self.cast.bystander.eye;
            let (actor, answer) = (eye.line.actor().to_owned(), eye.read(&path).await?);
            if let Some(verdict) = given(&answer) {
                let observed = format!("{actor}: GET {path}: {}", answer.summary());
                self.find_against(clause, Source::N, verdict, &observed);
            }
        }
        Ok(())
    }
}

fn original(write: &Write) -> Option<Hash> {
    let original = write.blob(BlobRole::Original)?;
    Some(Hash::of(&original.bytes))
}
