//! Row 30. A client supplies what only the server may say.
//!
//! Clause: the server assigns or recomputes these itself and ignores what clients supply; the hash is
//! recomputed at finalization, invariant 14. Harm: an audit trail dated, numbered and counted by the
//! attacker, and a blob collected while photos still need it.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 30 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "30",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo is uploaded, or deleted, by a client that leaves these fields to the server.
        let mut upload = lab.control(Photo::of_chunks(3, 16_384)).await?;

        // Attack: the opening, or the op, states a time, a number, a count or a hash of its own; or the bytes are
        // not those declared.
        lab.attack(&mut upload).await?;

        // Containment: the server refuses, or serves its own values and never the client's.
        lab.contain(&upload).await?;

        // Recovery: the honest photo is dated and numbered by the server, and what is still referred to
        // survives collection.
        lab.recover(upload).await
    })
}
