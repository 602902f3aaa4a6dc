//! Row 2. A faulty client uploads bytes under a content type that is not theirs.
//!
//! Clause: the closed set of content types per protocol version, invariant 5. A server can't look into
//! the bytes; the set is what it can hold a client to. Harm: a type that some reader dispatches on
//! smuggles bytes to a decoder that nobody hardened for them.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 2 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "2",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: photos of the author and of the bystander are taken with a type of the set.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: the next photo's opening declares a type that its album does not know.
        lab.attack(&mut script).await?;

        // Containment: no session is opened, and nothing is reserved.
        lab.contain(&script).await?;

        // Recovery: the same photo under its own type is taken whole.
        lab.recover(script).await
    })
}
