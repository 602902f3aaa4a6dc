//! Row X6. A client takes ids that are another's, or creates a photo anew after its purge.
//!
//! Clause: ids are bound to their first owner for ever. Harm: a stranger shuts the owner out of an album,
//! continues a photo's history, or passes another photo off as one that was purged.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row X6 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "X6",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: the author and a stranger upload photos into albums of their own.
        let mut upload = lab.control(Photo::SMALL).await?;

        // Attack: an id is used that is bound, or is about to be.
        lab.attack(&mut upload).await?;

        // Containment: it stays whose it is, and the refusal tells nothing of what is another's.
        lab.contain(&upload).await?;

        // Recovery: an honest photo under an id of its own succeeds.
        lab.recover(upload).await
    })
}
