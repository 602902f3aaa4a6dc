//! Row X5. A client sends a key, or a photo as it is, where the contract has no room for it.
//!
//! Clause: a server holds no keys and no plaintext, in nothing that it received, stored or logged. Harm:
//! whoever reads a log, a temporary file or a backup of the server's reads the library.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row X5 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "X5",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: honest clients upload sealed photos, and nothing of theirs is in the open.
        let mut script = lab.control(Photo::of_chunks(2, 4096)).await?;

        // Attack: a secret stands in a member, a header, the path or the body, and the scan sees it go.
        lab.attack(&mut script).await?;

        // Containment: it is refused or ignored, and neither kept, logged nor answered.
        lab.contain(&script).await?;

        // Recovery: the honest photo follows, and the target keeps nothing but what is sealed.
        lab.recover(script).await
    })
}
