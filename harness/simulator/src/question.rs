//! Scripts of a single message that an honest client sends: reads, and what it says once more.

use crate::draft::spoken;
use crate::request::Method;
use crate::{Client, Request};
use gauntlet_wire::id::{AssetId, Hash, UploadId};
use serde::{Deserialize, Serialize};

/// What is asked. All but a cancellation change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// The feed, from where it was read last.
    Feed,
    /// The feed of one album, from where it was read last.
    AlbumFeed,
    /// The sessions of one state.
    Sessions,
    /// A finished session.
    Session,
    /// That an open session ends.
    Cancel,
    /// The original of a photo.
    Original,
    /// The record of a photo that was deleted and is purged by now.
    Tombstone,
    /// Whether a photo is safely stored.
    Storage,
    /// How much of its quota the account uses.
    Quota,
    /// The own device directory.
    Directory,
    /// That the own album is there, which it is.
    Album,
    /// The ledger of the own album.
    Ledger,
    /// That the ledger is published, which it is.
    PublishLedger,
    /// How the upgrade of the own album stands.
    Upgrade,
    /// An upgrade of the elder album that lapses at once.
    Propose,
}

/// What an asker has learned from the target by then, as far as its question needs it.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// A cursor of the feed that is asked for.
    pub cursor: String,
    /// The session that is asked for.
    pub session: Option<UploadId>,
    /// A photo, with the content address of the blob that is asked for.
    pub blob: Option<(AssetId, Hash)>,
}

/// Something that a message can speak of in place of the client's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Borrowed {
    /// The album of another account.
    AnothersAlbum,
    /// A session of another account.
    AnothersSession,
    /// The original of another account's photo.
    AnothersBlob,
    /// A cursor that another account was given.
    AnothersCursor,
    /// The client's own album of the older version.
    ElderAlbum,
    /// A finished session of the client's own.
    FinishedSession,
    /// The original of a photo of the client's own that was deleted and is purged by now.
    PurgedBlob,
}

/// Where a message speaks of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The second segment of its path.
    Subject,
    /// A member of its query.
    Query(
        /// The name.
        String,
    ),
    /// Members of its JSON body.
    Json(
        /// The pointers (RFC 6901).
        Vec<String>,
    ),
}

impl Client {
    /// The question, as this client asks it. `None` where something has to be known that is not.
    #[must_use]
    pub fn ask(&self, question: Question, known: &Known) -> Option<Request> {
        let album = self.album;
        Some(match question {
            Question::Feed => self.read(format!("/sync?cursor={}", known.cursor)),
            Question::AlbumFeed => {
                self.read(format!("/sync?album_id={album}&cursor={}", known.cursor))
            }
            Question::Sessions => self.read("/upload/sessions?status=Completed"),
            Question::Session => self.query_session(known.session?),
            Question::Cancel => {
                let path = format!("/upload/{}", known.session?);
                spoken(Request::new(Method::Delete, path), self.profile)
            }
            Question::Original | Question::Tombstone => {
                let (_, hash) = known.blob?;
                self.read(format!("/blob/{hash}"))
            }
            Question::Storage => {
                let (asset, hash) = known.blob?;
                self.verify_storage(asset, &[&hash.to_string()])
            }
            Question::Quota => self.read("/quota"),
            Question::Directory => self.read(format!("/users/{}/directory", self.user)),
            Question::Album => self.open_album(),
            Question::Ledger => self.read(format!("/albums/{album}/ledger")),
            Question::PublishLedger => self.publish_ledger().ok()?.request,
            Question::Upgrade => self.read(format!("/albums/{album}/upgrade")),
            Question::Propose => self.propose(None)?,
        })
    }
}
