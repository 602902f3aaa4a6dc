//! Row 18. An old client writes into an album that is being upgraded, or was.
//!
//! Clause: while an upgrade is under way a write names its intent, else 409 with the live one (`wire.md` §8).
//! Harm: a write lands behind the state that the members froze, and no album of theirs has it.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 18 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "18",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: the album is upgraded by a signed intent, and the honest client writes under it.
        let mut script = lab.control(Photo::of_chunks(2, 4096)).await?;

        // Attack: a write goes on as if there were no upgrade, or another one, or none any more.
        lab.attack(&mut script).await?;

        // Containment: what is stale is refused with the live intent; what is lawful, open sessions first, goes on.
        lab.contain(&script).await?;

        // Recovery: the client asks which intent lives, or which album goes on, and its write is taken.
        lab.recover(script).await
    })
}
