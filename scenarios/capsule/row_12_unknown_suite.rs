//! Row 12. A new client names a crypto suite that the server does not know.
//!
//! Clause: refuse by default, 400 before any session is created, invariants 1 and 2. Harm: bytes are stored
//! under rules that no reader can check, or that two readers take for different ones.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 12 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "12",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo is uploaded under the suite that everyone knows.
        let mut upload = lab.control(Photo::of_chunks(3, 16_384)).await?;

        // Attack: header, body, envelope or record name another suite, or one that two readers
        // would read differently.
        lab.attack(&mut upload).await?;

        // Containment: no session, no reservation, no record comes of it.
        lab.contain(&upload).await?;

        // Recovery: the same photo, under the usual suite, is taken whole.
        lab.recover(upload).await
    })
}
