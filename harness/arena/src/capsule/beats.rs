//! The four beats, as scenarios call them. Each is boxed, so that it is compiled once and not with every
//! scenario.

use super::lab::Lab;
use super::play::Played;
use super::upload::Upload;
use gauntlet_simulator::Photo;

impl Lab {
    /// **Control.** Bystander and author upload a photo each, properly; then the author's upload of
    /// `photo` runs up to the message that the deviation replaces.
    ///
    /// # Errors
    /// [`Stop::Invalid`] where an honest message is refused.
    pub fn control(&mut self, photo: Photo) -> Played<'_, Upload> {
        Box::pin(self.play_control(photo))
    }

    /// **Attack.** Exactly one declared deviation, in place of the next honest message.
    ///
    /// # Errors
    /// [`Stop::Invalid`] where the deviation changes nothing, or the honest twin is refused.
    pub fn attack<'lab>(&'lab mut self, upload: &'lab mut Upload) -> Played<'lab> {
        Box::pin(self.play_attack(upload))
    }

    /// **Containment.** The answer is the expected one and, once an honest write sent after the
    /// attack is visible to every eye, nothing else has changed for anyone.
    ///
    /// # Errors
    /// [`Stop::Error`] where the state can't be read.
    pub fn contain<'lab>(&'lab mut self, upload: &'lab Upload) -> Played<'lab> {
        Box::pin(self.play_contain(upload))
    }

    /// **Recovery.** The honest successor succeeds on the same state and credentials, everyone sees
    /// it, and nothing that was ever acknowledged is lost: now, after a restart, after garbage
    /// collection.
    ///
    /// # Errors
    /// [`Stop::Error`] where the state can't be read.
    pub fn recover(&mut self, upload: Upload) -> Played<'_> {
        Box::pin(self.play_recover(upload))
    }
}
