//! The contract's own rows: each invariant just inside and just outside its bound, and each rejection of
//! an operation that no damage scenario meets.
//!
//! Clause: `wire.md` §1.3 and §2. Harm: a rule that is kept nowhere but in the text.

use gauntlet_arena::Role;
use gauntlet_arena::capsule::{Lab, Played, Scenario};
use gauntlet_simulator::Photo;

/// The executable test of the row `row` in the server's role.
pub(super) const fn scenario(row: &'static str) -> Scenario {
    Scenario {
        row,
        role: Role::Server,
        play,
    }
}

fn play(lab: &mut Lab) -> Played<'_> {
    Box::pin(async move {
        // Control: the honest client does what its script says, up to the message in question.
        let mut script = lab.control(Photo::of_chunks(3, 16_384)).await?;

        // Attack: that message lies just inside a bound, or just outside.
        lab.attack(&mut script).await?;

        // Containment: it is taken as any other, or refused by the very rule, and nothing has changed.
        lab.contain(&script).await?;

        // Recovery: the honest message is taken, and everything acknowledged reads back.
        lab.recover(script).await
    })
}
