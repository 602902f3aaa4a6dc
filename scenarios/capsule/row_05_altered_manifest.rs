//! Row 5. A signed manifest is altered, or half of its signatures is.
//!
//! Clause: both signatures cover the core, suite and version included, and both halves of both have to
//! verify. Harm: a manifest enters the audit trail that nobody signed.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 5 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "5",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo is uploaded up to its record, or is about to be updated.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: the record is not what was signed, or not wholly signed.
        lab.attack(&mut script).await?;

        // Containment: no such record is taken.
        lab.contain(&script).await?;

        // Recovery: the record as it was signed is taken.
        lab.recover(script).await
    })
}
