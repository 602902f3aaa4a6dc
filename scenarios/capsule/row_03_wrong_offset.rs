//! Row 3. A buggy client uploads a chunk with the wrong offset and tries again.
//!
//! Clause: the idempotency tuple (upload_id, offset, chunk_hash), `wire.md` §3, invariants 9, 10 and 12.
//! Harm: acknowledged bytes are overwritten, doubled or lost, and the photo that its owner believes safe
//! never was.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 3 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "3",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: a photo's first chunk is acknowledged, at offset 0, by its checksum.
        let mut upload = lab.control(Photo::of_chunks(3, 16_384)).await?;

        // Attack: the second chunk goes wrong: to another place, with another checksum, cut, twice, or
        // not at all, because the target dies.
        lab.attack(&mut upload).await?;

        // Containment: the session stands where it stood, at the end of the first chunk, alive.
        lab.contain(&upload).await?;

        // Recovery: the right second chunk is taken, and the photo becomes exactly what was declared.
        lab.recover(upload).await
    })
}
