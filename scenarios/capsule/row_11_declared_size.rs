//! Row 11. A faulty client uploads bytes that exceed its declared size.
//!
//! Clause: the server bounds what it receives at every chunk, not only at finalization, invariants 4 and
//! 11. Harm: a quota that was checked once is run through, and the disk fills with bytes that no one
//! declared.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 11 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "11",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo's chunks are acknowledged up to the one that will not fit.
        let mut upload = lab.control(Photo::of_chunks(3, 16_384)).await?;

        // Attack: the upload runs past what was declared: in one chunk, in many, without a length, or
        // by declaring nothing.
        lab.attack(&mut upload).await?;

        // Containment: the crossing chunk is refused, the session ends, its reservation is given back.
        lab.contain(&upload).await?;

        // Recovery: the same photo, opened anew, is taken whole.
        lab.recover(upload).await
    })
}
