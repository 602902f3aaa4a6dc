//! Row 22. A delete arrives again: at once, in sequence, after its purge, and for bytes that others share.
//!
//! Clause: a lifecycle manifest that was accepted is answered as it was then and writes nothing; references
//! are counted, never stored. Harm: a retry takes a reference that was another photo's, and its bytes are
//! lost.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 22 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "22",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: photos that share their originals, some of them deleted or purged already.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: a delete comes again or on another's prior, or a reference comes while its blob goes.
        lab.attack(&mut script).await?;

        // Containment: one delete is one entry of the feed, and nothing else changes.
        lab.contain(&script).await?;

        // Recovery: once the trash is emptied, what is shared is still there, and charged.
        lab.recover(script).await
    })
}
