//! Row 1. A client announces a sidecar schema that the server does not know.
//!
//! Clause: `X-Capsule-Sidecar-Schema` above the newest known one is refused. Harm: a sidecar that nobody here
//! can read replaces one that everybody could.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 1 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "1",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo is uploaded, whose metadata is about to be updated.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: the update announces a later schema.
        lab.attack(&mut script).await?;

        // Containment: the photo keeps the metadata that it had.
        lab.contain(&script).await?;

        // Recovery: the same update under the known schema is taken.
        lab.recover(script).await
    })
}
