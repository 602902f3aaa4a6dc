//! Row 10. The same bytes are brought many times: at once, by two accounts, into two albums.
//!
//! Clause: the deduplication check and the insert of the pending row are atomic. Harm: one photo becomes
//! two, a quota is charged twice, and an answer betrays what another account holds.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 10 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "10",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: author and bystander each have a photo, and another one is about to be uploaded.
        let mut upload = lab.control(Photo::SMALL).await?;

        // Attack: its session is opened many times at once, or for bytes that are there already.
        lab.attack(&mut upload).await?;

        // Containment: one session, one reservation, and no word of what another account holds.
        lab.contain(&upload).await?;

        // Recovery: the upload ends as one asset that is charged once.
        lab.recover(upload).await
    })
}
