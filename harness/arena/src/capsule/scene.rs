//! How the album stands when the script begins.

use super::cast::accepted;
use super::drafting::cannot_draft;
use super::lab::Lab;
use crate::Stop;
use gauntlet_simulator::{Draft, Photo, Scene};
use gauntlet_wire::version::Formats;

/// What the bounds on epochs take of a target.
const LEDGERS: &str = "epoch ledgers (PUT /albums/{album_id}/ledger, formats.md §11)";

impl Lab {
    /// Brings the album there, honestly.
    pub(super) async fn set_scene(&mut self) -> Result<(), Stop> {
        match self.attack.deviation.script.scene {
            Scene::Plain => Ok(()),
            Scene::Bumped => {
                self.bump().await?;
                let now = self.now;
                let photo = self.client_mut().draft(Photo::SMALL, now);
                self.do_honestly(photo.map_err(cannot_draft)?).await?;
                Ok(())
            }
            Scene::Attested => self.bump().await,
            Scene::Quiescing => self.begin_upgrade().await,
            Scene::Upgraded => {
                self.begin_upgrade().await?;
                self.open_successor().await?;
                match self.complete_upgrade().await {
                    // The contract has no such step: the members cut over among themselves.
                    Err(Stop::Absent(_)) => Ok(()),
                    completed => completed,
                }
            }
        }
    }

    /// The album enters its next epoch, on every device, and its ledger says so.
    async fn bump(&mut self) -> Result<(), Stop> {
        self.client_mut().bump();
        if self.attack.deviation.script.album == Formats::B {
            // The laptop writes there, too.
            self.cast.laptop.client.bump();
        }
        let ledger = self.client().publish_ledger().map_err(cannot_draft)?;
        let answer = self.cast.phone.line().send(&ledger.request).await?;
        if matches!(answer.status, 404 | 405) {
            return Err(Stop::Absent(LEDGERS));
        }
        accepted("the control", "the ledger of the next epoch", &answer)?;
        self.acknowledge(&Draft::Document(ledger))
    }
}
