//! Row 8. A buggy client puts a corrupt thumbnail in the place of a good one.
//!
//! Clause: a derivative continues the head of its own chain, and only a derivative-replace does so over
//! another, invariant 17. Harm: what a photo looks like is lost to every device that does not hold it.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 8 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "8",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo with as many thumbnails in a row as the attack needs.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: a derivative out of its chain, not what it says, or corrupt; or one beside the others.
        lab.attack(&mut script).await?;

        // Containment: the good thumbnail is listed and fetched as before.
        lab.contain(&script).await?;

        // Recovery: the honest derivative advances its chain by one, and every manifest reads back.
        lab.recover(script).await
    })
}
