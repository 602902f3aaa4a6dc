//! What a sweep comes to.

use crate::binding::TargetInfo;
use crate::{Harm, Verdict};
use serde::{Deserialize, Serialize};

/// The version of the sweep report's shape.
pub const SWEEP_SCHEMA: u32 = 2;
/// How the kills at no named point are called.
pub(super) const RANDOM: &str = "random moment";
/// What stands in place of a kill before the first.
pub(super) const NO_KILL: &str = "no kill";
/// How the last look at everything is called.
pub(super) const LAST: &str = "after the last script";

/// The result of one sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepReport {
    /// [`SWEEP_SCHEMA`].
    pub schema: u32,
    /// The target's name and build.
    pub target: String,
    /// The planted defect, where the target was a mutant of the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutant: Option<String>,
    /// What scripts, sizes and kills are drawn from.
    pub seed: u64,
    /// What went into ids beside the seed, where the target outlives the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// What it comes to.
    pub verdict: Verdict,
    /// Honest scripts that were played, the one without a kill included.
    pub scripts: usize,
    /// Kills that were fired.
    pub kills: usize,
    /// Writes that were acknowledged.
    pub acknowledged: usize,
    /// How often an acknowledged write was looked for after a kill.
    pub checked: usize,
    /// How many were not found as they were acknowledged.
    pub lost: usize,
    /// The same by crash point, in the target's order; random moments and the last look come at the end.
    pub points: Vec<PointReport>,
    /// Selected crash points that no script got to: nothing was shown there.
    pub never_reached: Vec<String>,
    /// Selected crash points for which there was no kill left: nothing was shown there.
    pub not_visited: Vec<String>,
    /// What went wrong.
    pub findings: Vec<SweepFinding>,
    /// What ended the sweep before its end, or kept it from beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

/// The kills at one crash point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointReport {
    /// Its name, or what stands in place of one.
    pub point: String,
    /// Kills that were fired there.
    pub kills: usize,
    /// Writes that were under way then and never answered.
    pub interrupted: usize,
    /// How often an acknowledged write was looked for after them.
    pub checked: usize,
    /// How many were not found as they were acknowledged.
    pub lost: usize,
}

/// What kind of promise was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breach {
    /// An acknowledged write is not there as it was acknowledged.
    Lost,
    /// A write that nobody acknowledged is there in part.
    Half,
    /// An honest request was refused.
    Refused,
    /// The account is charged for other bytes than it holds.
    Quota,
}

/// One promise that was broken, with its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepFinding {
    /// What kind of promise.
    pub breach: Breach,
    /// The irreparable harm, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harm: Option<Harm>,
    /// The script; 0 is the one without a kill.
    pub script: usize,
    /// After which kill: a crash point, or what stands in place of one.
    pub after: String,
    /// What should have been seen.
    pub expected: String,
    /// What was seen.
    pub observed: String,
    /// What was acknowledged when, and what happened since.
    pub history: Vec<String>,
}

impl SweepFinding {
    fn verdict(&self) -> Verdict {
        if self.script == 0 && self.after == NO_KILL {
            // Nobody was killed yet: a server that does this shows nothing.
            return Verdict::Invalid;
        }
        match self.breach {
            Breach::Lost => Verdict::IrreparableDamage,
            Breach::Half | Breach::Refused | Breach::Quota => Verdict::TransientDamage,
        }
    }
}

impl SweepReport {
    /// The report of a sweep that has not shown anything yet.
    pub(super) fn new(target: &TargetInfo, seed: u64) -> Self {
        Self {
            schema: SWEEP_SCHEMA,
            target: target.name.clone(),
            mutant: None,
            seed,
            salt: target.salt.clone(),
            verdict: Verdict::Error,
            scripts: 0,
            kills: 0,
            acknowledged: 0,
            checked: 0,
            lost: 0,
            points: Vec::new(),
            never_reached: Vec::new(),
            not_visited: Vec::new(),
            findings: Vec::new(),
            stopped: None,
        }
    }

    /// The row of a crash point.
    pub(super) fn point(&mut self, name: &str) -> Option<&mut PointReport> {
        self.points.iter_mut().find(|row| row.point == name)
    }

    /// Adds the rows up and judges: a sweep is held where every selected point was reached, at least
    /// one kill was fired, and nothing was found.
    pub(super) fn conclude(&mut self, stopped: Option<(Verdict, String)>) {
        self.kills = self.points.iter().map(|row| row.kills).sum();
        self.checked = self.points.iter().map(|row| row.checked).sum();
        self.lost = self.points.iter().map(|row| row.lost).sum();
        let worst = self.findings.iter().map(SweepFinding::verdict).max();
        let unseen = !self.never_reached.is_empty() || !self.not_visited.is_empty();
        let untested = self.kills == 0 || self.checked == 0 || unseen;
        let shown = if untested {
            Verdict::Untested
        } else {
            Verdict::Held
        };
        let ended = stopped.as_ref().map(|(verdict, _)| *verdict);
        self.verdict = [worst, ended]
            .into_iter()
            .flatten()
            .fold(shown, Verdict::max);
        self.stopped = stopped.map(|(_, why)| why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Role, Strictness};

    fn report(kills: usize, never_reached: &[&str]) -> SweepReport {
        let info = TargetInfo {
            name: "t".to_owned(),
            binding: "http",
            roles: vec![Role::Server],
            strictness: Strictness::Code,
            serial: true,
            fresh_accounts: true,
            salt: None,
        };
        let mut report = SweepReport::new(&info, 1);
        report.points.push(PointReport {
            point: "op-after-commit".to_owned(),
            kills,
            interrupted: kills,
            checked: kills * 10,
            lost: 0,
        });
        report.never_reached = never_reached.iter().map(|&name| name.to_owned()).collect();
        report
    }

    fn finding(breach: Breach, script: usize, after: &str) -> SweepFinding {
        SweepFinding {
            breach,
            harm: None,
            script,
            after: after.to_owned(),
            expected: String::new(),
            observed: String::new(),
            history: Vec::new(),
        }
    }

    #[test]
    fn what_could_not_be_told_never_passes() {
        let judged = |mut report: SweepReport, stopped| {
            report.conclude(stopped);
            report.verdict
        };
        assert_eq!(judged(report(1, &[]), None), Verdict::Held);
        assert_eq!(judged(report(0, &[]), None), Verdict::Untested);
        assert_eq!(
            judged(report(1, &["op-after-move"]), None),
            Verdict::Untested
        );
        let dead = Some((Verdict::Error, "dead".to_owned()));
        assert_eq!(judged(report(1, &[]), dead), Verdict::Error);
    }

    #[test]
    fn a_finding_outweighs_what_was_untested_and_is_void_where_nobody_was_killed() {
        for (breach, script, after, verdict) in [
            (Breach::Lost, 3, RANDOM, Verdict::IrreparableDamage),
            (Breach::Half, 3, RANDOM, Verdict::TransientDamage),
            (Breach::Quota, 3, RANDOM, Verdict::TransientDamage),
            (Breach::Refused, 0, NO_KILL, Verdict::Invalid),
            // What an earlier kill did to a later script, or to the control.
            (Breach::Refused, 3, NO_KILL, Verdict::TransientDamage),
            (Breach::Lost, 0, LAST, Verdict::IrreparableDamage),
        ] {
            let mut report = report(1, &["op-after-move"]);
            report.findings.push(finding(breach, script, after));
            report.conclude(None);
            assert_eq!(report.verdict, verdict);
        }
    }
}
