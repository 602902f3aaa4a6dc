//! The gate: from verdicts to an exit code.

use crate::{ObstacleKind, RunReport};
use gauntlet_arena::Verdict;

/// How the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Every selected row held.
    Held,
    /// There are findings.
    Findings,
    /// Usage or configuration.
    Usage,
    /// Something selected was untested.
    Untested,
    /// The harness or the environment failed.
    Failed,
}

impl ExitCode {
    /// The number that the process exits with.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Untested => 3,
            Self::Failed => 4,
        }
    }

    /// What the number means, in a few words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Held => "every selected row held",
            Self::Findings => "there are findings",
            Self::Usage => "usage or configuration",
            Self::Untested => "something selected was untested",
            Self::Failed => "the harness or the environment failed",
        }
    }
}

/// The exit code of a run. A mistake in the configuration outweighs a failed harness, that outweighs
/// findings, findings outweigh what was untested, and a run without a single held row never passes.
#[must_use]
pub fn gate(report: &RunReport) -> ExitCode {
    let rows = report.rows.iter().map(|row| row.verdict);
    let attacks = report
        .rows
        .iter()
        .flat_map(|row| row.attacks.iter().map(|a| a.verdict));
    let verdicts: Vec<Verdict> = rows.chain(attacks).collect();
    let any = |wanted: &[Verdict]| verdicts.iter().any(|verdict| wanted.contains(verdict));
    let obstacle = report.obstacle.as_ref().map(|obstacle| obstacle.kind);
    if obstacle == Some(ObstacleKind::Configuration) {
        ExitCode::Usage
    } else if any(&[Verdict::Error]) {
        ExitCode::Failed
    } else if any(&[
        Verdict::Invalid,
        Verdict::IrreparableDamage,
        Verdict::TransientDamage,
        Verdict::Nonconforming,
    ]) {
        ExitCode::Findings
    } else if verdicts.is_empty() || any(&[Verdict::Untested]) {
        ExitCode::Untested
    } else {
        ExitCode::Held
    }
}
