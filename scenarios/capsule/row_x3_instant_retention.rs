//! Row X3. A validly signed delete asks for instant retention.
//!
//! Clause: retention has a floor, by the server's clock. Harm: a single device with real keys destroys originals
//! before anybody can object.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row X3 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "X3",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo is uploaded, which its owner is about to delete.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: the delete can be taken back for no time, too short a time, or just long enough.
        lab.attack(&mut script).await?;

        // Containment: below the floor nothing is deleted.
        lab.contain(&script).await?;

        // Recovery: an honest delete is taken, and the original outlives every purge before its time.
        lab.recover(script).await
    })
}
