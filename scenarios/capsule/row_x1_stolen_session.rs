//! Row X1. A stolen session deletes, without any key.
//!
//! Clause: manifest signatures are verified before anything irreversible. Harm: whoever steals a token can
//! purge a library.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row X1 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "X1",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo is uploaded, which its owner is about to delete.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: the delete is signed by nobody.
        lab.attack(&mut script).await?;

        // Containment: the photo stays as it was.
        lab.contain(&script).await?;

        // Recovery: the owner's delete is taken, and can be taken back for thirty days.
        lab.recover(script).await
    })
}
