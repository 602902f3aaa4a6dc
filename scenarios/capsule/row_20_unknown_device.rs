//! Row 20. A write claims a device that is not in its user's directory.
//!
//! Clause: `created_by_device` has to be in the user's published device directory, invariant 7. Harm: a
//! record that no device answers for enters the audit trail.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 20 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "20",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: the author's phone, which the directory lists, uploads a photo.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: the next photo is signed in the name of a device that the directory does not vouch for.
        lab.attack(&mut script).await?;

        // Containment: no session is opened, and nothing is reserved.
        lab.contain(&script).await?;

        // Recovery: the phone signs the same photo in its own name, and it is taken.
        lab.recover(script).await
    })
}
