//! Confirmation: a finding is tried again in fresh worlds, so that a report says how often it
//! happens.

use gauntlet_arena::binding::Binding;
use gauntlet_arena::capsule::{Play, play_attack};
use gauntlet_arena::{AttackReport, Verdict};

/// Plays a finding `times` more and notes in how many worlds it came to the same verdict. Nothing is
/// ever made better by it: the first verdict stands.
pub(crate) async fn confirm(
    binding: &dyn Binding,
    play: Play<'_>,
    times: u32,
    report: &mut AttackReport,
) {
    let is_finding = !matches!(
        report.verdict,
        Verdict::Held | Verdict::Untested | Verdict::Error
    );
    // A race says by its trials how often it was found.
    if times == 0 || !is_finding || report.trials.is_some() {
        return;
    }
    let mut seen = 1;
    for _ in 0..times {
        let (again, _) = play_attack(binding, play, Ok(())).await;
        seen += u32::from(again.verdict == report.verdict);
    }
    let kind = if binding.target().fresh_accounts {
        "fresh worlds"
    } else {
        "plays on the same accounts"
    };
    report.occurrences = Some(format!("{seen} of {} {kind}", times + 1));
}
