//! The one result model, which every reporter and file is made from.

use gauntlet_arena::{AttackReport, Role, Stop, Verdict};
use gauntlet_scenarios::Table;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the report's shape; see `docs/report.schema.json`.
pub const REPORT_SCHEMA: u32 = 2;

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReport {
    /// [`REPORT_SCHEMA`].
    pub schema: u32,
    /// The seed; always drawn, recorded and printed.
    pub seed: u64,
    /// What was attacked.
    pub target: TargetReport,
    /// What it was attacked with, BLAKE3 in hex.
    pub suite_digest: String,
    /// What stood in the way of every attack, so that none was played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// Rows by verdict.
    pub summary: Summary,
    /// Every selected row.
    pub rows: Vec<RowReport>,
}

/// What stood in the way of every attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obstacle {
    /// Whose affair it is.
    pub kind: ObstacleKind,
    /// What, in one line.
    pub what: String,
}

/// Whose affair an obstacle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObstacleKind {
    /// The target file's: it says something that is not so.
    Configuration,
    /// The target's: it refuses honest clients.
    Target,
    /// The environment's: the target can't be reached, throttles or fails.
    Environment,
}

impl From<&Stop> for Obstacle {
    fn from(stop: &Stop) -> Self {
        let kind = match stop {
            Stop::Misconfigured(_) => ObstacleKind::Configuration,
            Stop::Invalid(_) | Stop::Untested(_) | Stop::Absent(_) | Stop::Found => {
                ObstacleKind::Target
            }
            Stop::Throttled { .. } | Stop::Error(_) => ObstacleKind::Environment,
        };
        Self {
            kind,
            what: stop.to_string(),
        }
    }
}

/// The target of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetReport {
    /// Its name and build.
    pub name: String,
    /// `embedded` or `http`.
    pub binding: String,
    /// What it plays.
    pub roles: Vec<Role>,
    /// How closely its answers had to match.
    pub strictness: gauntlet_arena::Strictness,
    /// What went into the run's ids beside the seed, where the target outlives the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The planted defect, where it is a mutant of the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutant: Option<String>,
}

/// A count per verdict, and the whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many rows were selected.
    pub total: usize,
    /// How many came to each verdict; every verdict is there.
    #[serde(flatten)]
    pub verdicts: BTreeMap<String, usize>,
}

impl Summary {
    /// Counts verdicts.
    #[must_use]
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut counted: BTreeMap<String, usize> = Verdict::ALL
            .iter()
            .map(|verdict| (verdict.name().to_owned(), 0))
            .collect();
        let mut total = 0;
        for verdict in verdicts {
            total += 1;
            *counted.entry(verdict.name().to_owned()).or_insert(0) += 1;
        }
        Self {
            total,
            verdicts: counted,
        }
    }

    /// How many came to `verdict`.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.verdicts.get(verdict.name()).copied().unwrap_or(0)
    }
}

/// What one row came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowReport {
    /// The suite.
    pub suite: String,
    /// The row's id.
    pub row: String,
    /// The table that the row is a line of.
    pub table: Table,
    /// The damage that was attempted.
    pub title: String,
    /// Every selected role of the row.
    pub roles: Vec<RoleReport>,
    /// The worst of its roles.
    pub verdict: Verdict,
    /// Every selected attack.
    pub attacks: Vec<AttackReport>,
    /// Time spent on the row's attacks in milliseconds, summed over parallel worlds.
    pub duration_ms: u64,
}

/// What one role of a row came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleReport {
    /// The role.
    pub role: Role,
    /// The worst of the attacks on it.
    pub verdict: Verdict,
    /// Why, where it is not held.
    pub reason: String,
}

/// How many attacks a report holds of each verdict.
#[must_use]
pub fn attack_total(report: &RunReport) -> Summary {
    Summary::of(
        report
            .rows
            .iter()
            .flat_map(|row| row.attacks.iter().map(|a| a.verdict)),
    )
}
