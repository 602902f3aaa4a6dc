//! Row 24. A device makes itself older than it is, or outlives its revocation.
//!
//! Clause: a device writes from its signed `added_at` on, and is asked for again at finalization, invariants
//! 7 and 15. Harm: a device that joined today signs for yesterday, and one that was lost for tomorrow.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 24 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "24",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a device that the signed directory lists uploads a photo.
        let mut script = lab.control(Photo::of_chunks(2, 4096)).await?;

        // Attack: it writes for a time in which nobody vouched for it, or its user's directory is forged to.
        lab.attack(&mut script).await?;

        // Containment: nothing of it is taken, and the published directory stands.
        lab.contain(&script).await?;

        // Recovery: the same write, dated as it was made or by a device that still may, is taken.
        lab.recover(script).await
    })
}
