//! Row 31. A stale or foreign device directory is published.
//!
//! Clause: the version of a directory rises strictly, under the immutable identity anchor, invariant 23.
//! Harm: a revocation is undone, or a new device is hidden, and every reader believes it.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 31 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "31",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: the author's directory is published, and everyone reads it.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: a directory that does not continue it: by its number, its signature, or its signer.
        lab.attack(&mut script).await?;

        // Containment: the published directory still stands, to the byte.
        lab.contain(&script).await?;

        // Recovery: the next honest directory is published and read by every eye.
        lab.recover(script).await
    })
}
