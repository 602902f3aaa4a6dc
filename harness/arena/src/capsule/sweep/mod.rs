//! The kill sweep: kill −9 at named and at random moments of an honest client's life, and after every
//! start the witness looks for each write that was acknowledged.
//!
//! Scripts have accounts of their own; the server and its disk are the same for all of them, so what a
//! kill damages is there for the next. A kill spares what the operating system holds: this says nothing
//! about a loss of power.

mod account;
mod book;
mod life;
mod photos;
mod plan;
mod report;
mod script;
mod search;
mod sessions;
mod standing;

pub use report::{Breach, PointReport, SWEEP_SCHEMA, SweepFinding, SweepReport};

use crate::binding::{Binding, CrashPoint, Hook, World};
use crate::{Stop, Verdict};
use plan::{Kill, Reach, plan};
use report::{LAST, RANDOM};
use script::Script;
use std::collections::BTreeSet;
use std::time::Duration;

/// Crash points that a target may list, and the length of a name.
const MAX_POINTS: usize = 1_000;
const MAX_NAME: usize = 64;

/// What a sweep is played with.
#[derive(Debug, Clone)]
pub struct SweepOptions {
    /// What scripts, sizes and kills are drawn from.
    pub seed: u64,
    /// How many scripts with a kill; three for every point where absent.
    pub kills: Option<usize>,
    /// Crash points that are visited; all that the target lists where empty.
    pub points: Vec<String>,
    /// How long one script may take.
    pub deadline: Duration,
}

/// How far a sweep is.
#[derive(Debug, Clone)]
pub enum SweepEvent {
    /// The script without a kill was played.
    Started {
        /// The target's name.
        target: String,
        /// The seed.
        seed: u64,
        /// How many crash points are visited.
        points: usize,
        /// How many scripts with a kill follow.
        scripts: usize,
    },
    /// A script was played.
    Played {
        /// Where it was killed, in order.
        kills: Vec<String>,
        /// How often an acknowledged write was looked for in it.
        checked: usize,
        /// What went wrong.
        findings: usize,
    },
}

/// Sweeps a target in another process: plays an honest life once without a kill, then once with every
/// planned one, and looks for everything once more at the end.
pub async fn sweep(
    binding: &dyn Binding,
    options: &SweepOptions,
    tell: &(dyn Fn(SweepEvent) + Send + Sync),
) -> SweepReport {
    let mut sweep = Sweep {
        binding,
        options,
        tell,
        report: SweepReport::new(binding.target(), options.seed),
        played: Vec::new(),
    };
    let stopped = match sweep.run().await {
        Ok(()) | Err(Stop::Found) => None,
        Err(Stop::Untested(hook)) => Some((Verdict::Untested, Stop::Untested(hook).to_string())),
        Err(Stop::Invalid(why)) => Some((Verdict::Invalid, why)),
        Err(other) => Some((Verdict::Error, other.to_string())),
    };
    sweep.report.conclude(stopped);
    sweep.report
}

struct Sweep<'a> {
    binding: &'a dyn Binding,
    options: &'a SweepOptions,
    tell: &'a (dyn Fn(SweepEvent) + Send + Sync),
    report: SweepReport,
    /// Scripts without a finding, for the last look.
    played: Vec<Script>,
}

impl Sweep<'_> {
    async fn run(&mut self) -> Result<(), Stop> {
        let target = self.binding.target();
        if !target.serial {
            let name = &target.name;
            return Err(Stop::Error(format!(
                "{name} is no server in another process"
            )));
        }
        let reach = self.control().await?;
        let selected = self.selected(&reach);
        let kills = plan(self.options.seed, &reach, &selected, self.options.kills);
        (self.tell)(SweepEvent::Started {
            target: target.name.clone(),
            seed: self.options.seed,
            points: selected.len(),
            scripts: kills.len(),
        });
        let planned: BTreeSet<String> = kills.iter().flat_map(Kill::points).collect();
        for (index, kill) in kills.into_iter().enumerate() {
            self.play(index + 1, kill).await?;
        }
        let rows = self.report.points.iter();
        let killed: BTreeSet<String> = rows
            .filter(|row| row.kills > 0)
            .map(|row| row.point.clone())
            .collect();
        let without = selected.into_iter().filter(|name| !killed.contains(name));
        (self.report.not_visited, self.report.never_reached) =
            without.partition(|name| reach.gets_to(name) && !planned.contains(name));
        self.look_at_everything().await
    }

    /// The control: a script without a kill is taken whole. Says how often each point was reached by it, or
    /// by one start.
    async fn control(&mut self) -> Result<Reach, Stop> {
        let mut script = self.open(0, Kill::Never).await?;
        for hook in [Hook::CrashPoints, Hook::Crash, Hook::Clock, Hook::Purge] {
            if !script.world.offers(hook) {
                return Err(Stop::Untested(hook));
            }
        }
        let before = listed(script.world.as_ref()).await?;
        let outcome = self.bounded(&mut script).await;
        let after = listed(script.world.as_ref()).await?;
        script.world.crash().await?;
        let started = listed(script.world.as_ref()).await?;
        let requests = script.requests;
        self.file(script, outcome)?;
        if !self.report.findings.is_empty() {
            return Err(Stop::Found);
        }
        let count = |points: &[CrashPoint], name: &str| {
            let found = points.iter().find(|point| point.name == name);
            found.map_or(0, |point| point.reached)
        };
        let points = after.iter().map(|point| {
            let by_script = point.reached.saturating_sub(count(&before, &point.name));
            let reached = match point.when {
                crate::binding::When::Request => by_script,
                crate::binding::When::Start => count(&started, &point.name),
            };
            CrashPoint {
                reached,
                ..point.clone()
            }
        });
        Ok(Reach {
            points: points.collect(),
            requests,
        })
    }

    /// The points that are visited; one that the target does not list is visited in vain. Each that it
    /// lists has a row in the report.
    fn selected(&mut self, reach: &Reach) -> Vec<String> {
        let names = reach.points.iter().map(|point| point.name.as_str());
        self.report.points = names.clone().chain([RANDOM, LAST]).map(row).collect();
        match self.options.points.as_slice() {
            [] => names.map(str::to_owned).collect(),
            wanted => wanted.to_vec(),
        }
    }

    async fn open(&self, number: usize, kill: Kill) -> Result<Script, Stop> {
        Script::open(self.binding, self.options.seed, number, kill).await
    }

    async fn bounded(&self, script: &mut Script) -> Result<(), Stop> {
        let deadline = self.options.deadline;
        tokio::time::timeout(deadline, script.play())
            .await
            .unwrap_or_else(|_| {
                Err(Stop::Error(format!(
                    "a script had not ended after {deadline:?}"
                )))
            })
    }

    /// One script with a kill.
    async fn play(&mut self, number: usize, kill: Kill) -> Result<(), Stop> {
        let mut script = self.open(number, kill).await?;
        let outcome = self.bounded(&mut script).await;
        let told = SweepEvent::Played {
            kills: script.kills.clone(),
            checked: script.looks.iter().map(|look| look.checked).sum(),
            findings: script.findings.len(),
        };
        self.file(script, outcome)?;
        (self.tell)(told);
        Ok(())
    }

    /// Adds a script to the report; one that is still sound is kept for the last look.
    fn file(&mut self, mut script: Script, outcome: Result<(), Stop>) -> Result<(), Stop> {
        self.report.scripts += 1;
        self.report.acknowledged += script.book.writes;
        for kill in &script.kills {
            if let Some(row) = self.report.point(kill) {
                row.kills += 1;
            }
        }
        self.file_looks(&mut script);
        let outcome = match outcome {
            // What can't be read any more after a kill was not left as it has to be.
            Err(Stop::Invalid(why)) => {
                let expected = "an honest client is served".to_owned();
                script.find(Breach::Refused, None, expected, why, &[]);
                Err(Stop::Found)
            }
            other => other,
        };
        self.report.findings.append(&mut script.findings);
        match outcome {
            Ok(()) => self.played.push(script),
            Err(Stop::Found) => {}
            Err(other) => return Err(other),
        }
        Ok(())
    }

    fn file_looks(&mut self, script: &mut Script) {
        for look in std::mem::take(&mut script.looks) {
            if let Some(row) = self.report.point(&look.after) {
                row.interrupted += usize::from(look.interrupted);
                row.checked += look.checked;
                row.lost += look.lost;
            }
        }
    }

    /// The last look: once more at everything that any script was told, after one more start.
    async fn look_at_everything(&mut self) -> Result<(), Stop> {
        let mut played = std::mem::take(&mut self.played);
        let Some(first) = played.first_mut() else {
            return Ok(());
        };
        if first.world.offers(Hook::Restart) {
            first.world.restart().await?;
        }
        for mut script in played {
            script.kills.push(LAST.to_owned());
            script.reconnect()?;
            script.renew().await?;
            script.book.expire_sessions();
            let looked = script.search(None).await;
            self.file_looks(&mut script);
            self.report.findings.append(&mut script.findings);
            match looked {
                Ok(()) | Err(Stop::Found) => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }
}

fn row(name: &str) -> PointReport {
    PointReport {
        point: name.to_owned(),
        kills: 0,
        interrupted: 0,
        checked: 0,
        lost: 0,
    }
}

/// The target's crash points, within bounds: their names go into reports.
async fn listed(world: &dyn World) -> Result<Vec<CrashPoint>, Stop> {
    let points = world.crash_points().await?;
    let is_name = |name: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(plain)
    };
    if points.len() > MAX_POINTS {
        let count = points.len();
        return Err(Stop::Error(format!(
            "the target lists {count} crash points; expected at most {MAX_POINTS}"
        )));
    }
    match points.iter().find(|point| !is_name(&point.name)) {
        None => Ok(points),
        Some(point) => Err(Stop::Error(format!(
            "the target lists a crash point {:?}; expected a kebab-case name of at most {MAX_NAME} bytes",
            point.name
        ))),
    }
}
