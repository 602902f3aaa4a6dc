//! Row 16. Somebody who holds every current key writes the past of a photo anew.
//!
//! Clause: each record references its predecessor's hash, and no route overwrites one, invariant 17. Harm:
//! the audit trail says what its last holder wants it to have said.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 16 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "16",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo with a history, and the directory that its records verify under.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: a past record altered, signed again or overwritten; a key of the past withdrawn.
        lab.attack(&mut script).await?;

        // Containment: every record reads back to the byte, and the head is what it was.
        lab.contain(&script).await?;

        // Recovery: the honest record is appended to the history that everyone knows.
        lab.recover(script).await
    })
}
