//! Row 9. A client dates its writes to distort the audit.
//!
//! Clause: `timestamp` is self-asserted and audit-only; a drift of more than 30 days is refused, invariant 8.
//! Harm: an order, a retention or an authorisation that follows the clock of whoever lies best.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of row 9 in the server's role.
pub(super) const SCENARIO: Scenario = Scenario {
    row: "9",
    role: Role::Server,
    play,
};

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: the honest clock is taken: a photo is uploaded, or is about to be deleted.
        let mut script = lab.control(Photo::SMALL).await?;

        // Attack: the write is dated far away, or just inside the bound.
        lab.attack(&mut script).await?;

        // Containment: far away is refused; inside the bound, the server's own clock dates and keeps the write.
        lab.contain(&script).await?;

        // Recovery: the write goes on, and nothing is purged before its time by the server's clock.
        lab.recover(script).await
    })
}
