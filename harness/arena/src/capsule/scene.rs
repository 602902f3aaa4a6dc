//! How the album stands when the script begins.

use super::cast::accepted;
use super::drafting::cannot_draft;
use super::lab::Lab;
use crate::Stop;
use gauntlet_simulator::{Draft, Photo, Scene};
use gauntlet_wire::version::Formats;

/// Past the thirty days that a write may be dated from the target's clock, and two more (invariant 8).
const PAST_THE_DRIFT_SECONDS: u64 = 32 * 24 * 3600;
/// What the bounds on epochs take of a target.
const LEDGERS: &str = "epoch ledgers (PUT /albums/{album_id}/ledger, formats.md §11)";

impl Lab {
    /// Brings the album there, honestly.
    pub(super) async fn set_scene(&mut self) -> Result<(), Stop> {
        match self.attack.deviation.script.scene {
            Scene::Plain => Ok(()),
            Scene::Seasoned => self.season().await,
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

    /// So much time passes that every device has joined before the earliest date that a write may bear.
    async fn season(&mut self) -> Result<(), Stop> {
        self.advance(PAST_THE_DRIFT_SECONDS).await?;
        self.renew().await?;
        if let Err(disorder) = self.cast.phone.eye.pull().await? {
            return Err(Stop::Invalid(disorder));
        }
        self.dated_from = self.cast.phone.eye.last_seq;
        self.began = self.now;
        Ok(())
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
