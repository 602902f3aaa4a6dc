//! Row X2. A badly signed manifest becomes the head and wedges honest writers.
//!
//! Clause: a head that does not verify is never chained on. Harm: no honest device can continue the chain,
//! and every reader that walks it stops.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row X2 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "X2",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo is uploaded up to its record, or is about to be updated.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: the record is signed by nobody.
        lab.attack(&mut script).await?;

        // Containment: the head stays where it was.
        lab.contain(&script).await?;

        // Recovery: the owner's record is taken.
        lab.recover(script).await
    })
}
