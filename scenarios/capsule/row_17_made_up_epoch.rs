//! Row 17. A client makes up the epoch that it writes in.
//!
//! Clause: `amk_version` never regresses in an album, and the admin-signed ledger attests it, invariant 18.
//! Harm: a removed member goes on writing, or a number nobody can follow ends the album for everyone.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 17 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "17",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: the album enters its second epoch, whose key writes; a photo of the first one is still there.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: a record names the epoch before, or one that nobody attests.
        lab.attack(&mut script).await?;

        // Containment: the record is refused, its session ends, and the album stays in its epoch.
        lab.contain(&script).await?;

        // Recovery: the same write names the epoch that the album is in, and is taken.
        lab.recover(script).await
    })
}
