//! Squatters: a client uses ids that are another's, or were somebody's once.

use crate::draft::{Draft, Step, Write};
use crate::{Client, Deed, Lie, Photo, Request};
use gauntlet_wire::id::{AlbumId, AssetId};
use gauntlet_wire::manifest::ManifestCore;
use serde::{Deserialize, Serialize};

/// What is done with an id that is not the client's to use. Every signature is made by real keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Squat {
    /// Ask for the stranger's album, as for one of one's own.
    Album,
    /// Publish a ledger of one's own keys for the stranger's album.
    Ledger,
    /// Open an upload into the stranger's album.
    IntoAlbum,
    /// Update the stranger's photo in the stranger's album.
    Update,
    /// Update the stranger's photo as if it lived in one's own album.
    UpdateAsOwn,
    /// Create a photo under an id that is bound.
    Create(Bound),
    /// Open an upload under the id that the stranger's next photo will have, and leave it at that.
    Reserve,
    /// The same, and finish it once the stranger's photo is there.
    Race,
}

/// To what an asset id is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// To a photo of the stranger's.
    Strangers,
    /// To a photo of one's own in another album.
    Sibling,
    /// To a photo of one's own that was purged.
    Purged,
    /// To a photo of the stranger's that was purged.
    StrangersPurged,
}

/// Whose ids there are in a world.
#[derive(Clone, Copy)]
pub struct Estate<'a> {
    /// A photo of the stranger's, as it stands.
    pub strangers: &'a Write,
    /// The photo of a bound id, where the world has one.
    pub bound: &'a dyn Fn(Bound) -> Option<Write>,
    /// The id that the stranger's next photo will have.
    pub coming: AssetId,
    /// The target's time.
    pub now: jiff::Timestamp,
}

/// What a squatter sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Squatting {
    /// One message.
    Request(Request),
    /// The messages of a draft.
    Lie(Lie),
}

impl Squat {
    /// What `client` sends. `None` where the world has no such id.
    #[must_use]
    pub fn apply(self, client: &Client, estate: Estate<'_>) -> Option<Squatting> {
        let Estate {
            strangers,
            coming,
            now,
            ..
        } = estate;
        let theirs = client.in_album(strangers.album);
        Some(match self {
            Self::Album => Squatting::Request(theirs.open_album()),
            Self::Ledger => Squatting::Request(theirs.publish_ledger().ok()?.request),
            Self::IntoAlbum => {
                let own = AssetId::new(client.liar().mint.uuid_v7(now));
                opening(theirs.under(own, now)?)
            }
            Self::Update => updating(client.updating(strangers, strangers.album, now)?),
            Self::UpdateAsOwn => updating(client.updating(strangers, client.album, now)?),
            Self::Create(bound) => {
                let held = (estate.bound)(bound)?;
                let write = client.under(held.asset, now)?;
                let steps = write.steps();
                lie(write, steps, true)
            }
            Self::Reserve => opening(client.under(coming, now)?),
            Self::Race => {
                let write = client.under(coming, now)?;
                let steps = write.steps().into_iter();
                let first = steps.filter(|step| step.blob() == Some(0)).collect();
                lie(write, first, false)
            }
        })
    }
}

fn opening(write: Write) -> Squatting {
    lie(write, vec![Step::Open { blob: 0 }], false)
}

fn updating(write: Write) -> Squatting {
    lie(write, vec![Step::Op], false)
}

fn lie(write: Write, steps: Vec<Step>, refused_at_any: bool) -> Squatting {
    Squatting::Lie(Lie {
        draft: Draft::Write(Box::new(write)),
        steps,
        refused_at_any,
        volley: Vec::new(),
    })
}

impl Client {
    /// The same client, as if `album` were its own.
    fn in_album(&self, album: AlbumId) -> Self {
        let mut elsewhere = self.clone();
        elsewhere.album = album;
        elsewhere
    }

    /// A small photo under a given id, of randomness of its own.
    fn under(&self, asset: AssetId, now: jiff::Timestamp) -> Option<Write> {
        self.liar().photograph(asset, Photo::SMALL, now).ok()
    }

    /// An update of another's photo, signed by this client, as of `album`.
    fn updating(&self, prior: &Write, album: AlbumId, now: jiff::Timestamp) -> Option<Write> {
        let update = self.lying(prior, Deed::Update, now)?;
        let core = ManifestCore {
            album_id: album,
            created_by_user: self.user,
            created_by_device: self.device,
            ..update.core.clone()
        };
        let record = self.record(core.clone()).ok()?;
        Some(Write {
            album,
            ..update.with_core(core, record)
        })
    }
}
