//! Row 21. A buggy client makes its metadata blob, or what is said of it, by hand.
//!
//! Clause: the metadata blob is the one that the manifest commits to, invariant 25; a server sees its hash
//! alone. Harm: a photo is described by bytes that nobody signed for, or that nobody can read.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 21 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "21",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: metadata is sealed, committed to and taken.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: other bytes than the manifest's, other spellings, other suites; or sound garbage.
        lab.attack(&mut script).await?;

        // Containment: what the manifest does not commit to changes nothing.
        lab.contain(&script).await?;

        // Recovery: the honest blob is taken, and everything that was acknowledged reads back.
        lab.recover(script).await
    })
}
