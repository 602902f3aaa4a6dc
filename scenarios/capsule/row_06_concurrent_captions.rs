//! Row 6. Two devices of one account describe the same photo at once, and neither has heard of the other.
//!
//! Clause: of two records on one prior the first is kept and the second told of it, invariant 17. Harm: what
//! one of two honest users wrote silently never was.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 6 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "6",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo that both devices know, and an update of it.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: the other device's update comes first, and this one continues the same record.
        lab.attack(&mut script).await?;

        // Containment: the first stays as it is; the second is told which record to continue.
        lab.contain(&script).await?;

        // Recovery: the second, rebased, is taken; both are in the chain for every eye.
        lab.recover(script).await
    })
}
