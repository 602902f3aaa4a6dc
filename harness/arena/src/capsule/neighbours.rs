//! Other accounts: what the bystander may not read is not read after an attack either.

use super::kept::given;
use super::lab::Lab;
use crate::{Source, Stop};
use gauntlet_wire::id::Hash;

/// `wire.md` §1.3, blob.
const BLOB: &str = "A stranger who asks for a blob is answered as if it were not there: 404.";
/// `wire.md` §1.3, sync feed.
const FEED: &str = "The feed of an album is its members': 403 for everyone else.";
/// The same table, ledger.
const DOCUMENT: &str = "A document that strangers may not read is not given to them.";

impl Lab {
    /// Has the bystander ask for every blob of the author's newest photo, for the feed of the author's album, and
    /// for the author's documents that the bystander could not read before the attack.
    pub(super) async fn judge_neighbours(&mut self, moment: &str) -> Result<(), Stop> {
        let blobs = self.newest.iter().flat_map(|photo| &photo.blobs);
        let blobs = blobs.map(|blob| (BLOB, format!("/blob/{}", Hash::of(&blob.bytes))));
        let album = self.cast.phone.client.album;
        let feed = (FEED, format!("/sync?album_id={album}"));
        let [documents, _] = &self.published;
        let private = documents.iter().map(|document| &document.path);
        let private = private.filter(|path| !self.public.contains(*path));
        let private = private.map(|path| (DOCUMENT, path.clone()));
        let asked: Vec<(&str, String)> = blobs.chain([feed]).chain(private).collect();
        for (clause, path) in asked {
            let eye = &self.cast.bystander.eye;
            let (actor, answer) = (eye.line.actor().to_owned(), eye.read(&path).await?);
            if let Some(verdict) = given(&answer) {
                let observed = format!("{moment}: {actor}: GET {path}: {}", answer.summary());
                self.find_against(clause, Source::N, verdict, &observed);
            }
        }
        Ok(())
    }
}
