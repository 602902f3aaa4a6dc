//! Row 4. Something that was true once is sent again, to undo what came since.
//!
//! Clause: a record continues the stored head of its asset, invariant 17. Harm: a deleted photo comes back,
//! or an older state silently replaces a newer one.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 4 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "4",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo with a history, as long as the attack needs.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: an old, a doubled, a rootless or a foreign record.
        lab.attack(&mut script).await?;

        // Containment: the chain stands where it stood, and the feed shows nothing new.
        lab.contain(&script).await?;

        // Recovery: the honest record that continues the head is taken.
        lab.recover(script).await
    })
}
