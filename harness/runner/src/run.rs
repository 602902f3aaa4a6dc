//! One run: every selected attack in a world of its own, in parallel where the target allows.

use crate::confirm::confirm;
use crate::report::{
    Obstacle, REPORT_SCHEMA, RoleReport, RowReport, RunReport, Summary, TargetReport,
};
use crate::select::Selected;
use crate::{Event, Events, Selection};
use gauntlet_arena::binding::Binding;
use gauntlet_arena::capsule::{Play, Scenario, play_attack, play_twin, preflight};
use gauntlet_arena::{Attack, AttackReport, Evidence, Role, Stop, Verdict};
use gauntlet_scenarios::Suite;
use gauntlet_simulator::{Point, Script};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;

/// How a run is made.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Everything random comes from it.
    pub seed: u64,
    /// How many worlds at once; one for a target whose worlds share a server.
    pub jobs: usize,
    /// Time for one attack.
    pub deadline: Duration,
    /// In how many further fresh worlds a finding is tried again.
    pub confirmations: u32,
    /// The planted defect, where the target is a mutant.
    pub mutant: Option<String>,
}

/// An honest twin serves every attack that replaces the same message of the same script.
type Twins = BTreeMap<(String, Role, (Script, Point)), Arc<OnceCell<Result<(), Stop>>>>;

/// Why a role is untested that no scenario attacks.
pub const NO_SCENARIO: &str = "no scenario is written yet";

/// Why an attack of an interrupted run shows nothing.
const INTERRUPTED: &str = "the run was interrupted before it had ended";

/// One attack on its way to a world.
pub(crate) struct Task {
    pub(crate) scenario: &'static Scenario,
    pub(crate) attack: Attack,
    pub(crate) twin: Arc<OnceCell<Result<(), Stop>>>,
}

/// What every task of a run shares.
struct Shared {
    binding: Arc<dyn Binding>,
    options: RunOptions,
    suite: &'static str,
    events: Events,
    worlds: Semaphore,
}

/// Runs a selection and returns its report, with the evidence of every attack that was played.
pub async fn run(
    suite: &Suite,
    selection: &Selection<'_>,
    binding: Arc<dyn Binding>,
    options: RunOptions,
    events: Events,
) -> (RunReport, Vec<Evidence>) {
    let never = std::future::pending();
    let ran = run_until(suite, selection, binding, options, events, never).await;
    (ran.report, ran.evidence)
}

/// What a run leaves behind.
#[derive(Debug)]
pub struct Ran {
    /// The report; of an interrupted run, every attack that had not ended is an error in it.
    pub report: RunReport,
    /// The evidence of every attack that was played to its end.
    pub evidence: Vec<Evidence>,
    /// Whether the run was interrupted.
    pub interrupted: bool,
}

/// Runs a selection until it ends or `stop` does.
pub async fn run_until(
    suite: &Suite,
    selection: &Selection<'_>,
    binding: Arc<dyn Binding>,
    options: RunOptions,
    events: Events,
    stop: impl Future<Output = ()>,
) -> Ran {
    let target = target_report(binding.as_ref(), &options);
    let roles = target.roles.clone();
    let jobs = if binding.target().serial {
        1
    } else {
        options.jobs.max(1)
    };
    let seed = options.seed;
    let tasks = tasks(suite, selection, &roles);
    events.emit(Event::Started {
        attacks: tasks.len(),
        seed,
        target: target.name.clone(),
    });
    let shared = Arc::new(Shared {
        binding,
        options,
        suite: suite.name,
        events,
        worlds: Semaphore::new(jobs),
    });
    let mut stop = std::pin::pin!(stop);
    let mut interrupted = false;
    let obstacle = tokio::select! {
        obstacle = obstacle(&shared, &tasks) => obstacle,
        () = &mut stop => {
            interrupted = true;
            None
        }
    };
    let mut played = match &obstacle {
        None if interrupted => unplayed(&tasks, &Stop::Error(INTERRUPTED.to_owned())),
        None => play_all(&shared, tasks, stop, &mut interrupted).await,
        Some(stop) => unplayed(&tasks, stop),
    };
    let mut evidence = Vec::new();
    let rows: Vec<RowReport> = selection
        .rows
        .iter()
        .map(|selected| row_report(suite, selected, &roles, &mut played, &mut evidence))
        .collect();
    let report = RunReport {
        schema: REPORT_SCHEMA,
        seed,
        target,
        suite_digest: suite.digest.clone(),
        obstacle: obstacle.as_ref().map(Obstacle::from),
        summary: Summary::of(rows.iter().map(|row| row.verdict)),
        rows,
    };
    Ran {
        report,
        evidence,
        interrupted,
    }
}

fn target_report(binding: &dyn Binding, options: &RunOptions) -> TargetReport {
    let target = binding.target();
    TargetReport {
        name: target.name.clone(),
        binding: target.binding.to_owned(),
        roles: target.roles.clone(),
        strictness: target.strictness,
        salt: target.salt.clone(),
        mutant: options.mutant.clone(),
    }
}

/// The attacks of a selection that can be played on a target of these roles, with the twins that they share.
pub(crate) fn tasks(suite: &Suite, selection: &Selection<'_>, roles: &[Role]) -> Vec<Task> {
    let mut twins = Twins::new();
    let attacks = selection
        .rows
        .iter()
        .flat_map(|selected| selected.attacks.iter());
    attacks
        .filter(|attack| roles.contains(&attack.role))
        .filter_map(|attack| {
            let scenario = suite.scenario(&attack.row, attack.role)?;
            let prefix = (attack.row.clone(), attack.role, attack.deviation.prefix());
            let twin = twins.entry(prefix).or_default().clone();
            Some(Task {
                scenario,
                attack: (*attack).clone(),
                twin,
            })
        })
        .collect()
}

/// What stands in the way of every attack.
async fn obstacle(shared: &Shared, tasks: &[Task]) -> Option<Stop> {
    if tasks.is_empty() {
        return None;
    }
    let RunOptions { seed, deadline, .. } = shared.options;
    preflight(shared.binding.as_ref(), seed, deadline)
        .await
        .err()
}

/// Every attack as what stands in its way makes it.
fn unplayed(tasks: &[Task], stop: &Stop) -> PlayedAttacks {
    let verdict = match stop {
        Stop::Invalid(_) => Verdict::Invalid,
        Stop::Untested(_) | Stop::Absent(_) => Verdict::Untested,
        Stop::Throttled { .. } | Stop::Misconfigured(_) | Stop::Error(_) | Stop::Found => {
            Verdict::Error
        }
    };
    tasks
        .iter()
        .map(|Task { attack, .. }| {
            let report = AttackReport {
                verdict,
                ..broken(attack, &stop.to_string())
            };
            (key(attack), (report, None))
        })
        .collect()
}

type PlayedAttacks = BTreeMap<Key, (AttackReport, Option<Evidence>)>;

/// What names an attack among the selected ones.
type Key = (String, Role, &'static str);

fn key(attack: &Attack) -> Key {
    (attack.row.clone(), attack.role, attack.deviation.name)
}

/// Plays every task, until `stop` ends, which is noted. A task that panics is an error of its own attack,
/// never a gap in the report.
async fn play_all(
    shared: &Arc<Shared>,
    tasks: Vec<Task>,
    mut stop: Pin<&mut impl Future<Output = ()>>,
    interrupted: &mut bool,
) -> PlayedAttacks {
    let mut running = JoinSet::new();
    let mut names = BTreeMap::new();
    for task in tasks {
        let attack = task.attack.clone();
        let handle = running.spawn(play_one(Arc::clone(shared), task));
        names.insert(handle.id(), attack);
    }
    let mut played = PlayedAttacks::new();
    loop {
        let ended = tokio::select! {
            ended = running.join_next_with_id() => ended,
            () = &mut stop => {
                *interrupted = true;
                break;
            }
        };
        let Some(ended) = ended else { break };
        let (attack, report, evidence) = match ended {
            Ok((id, (report, evidence))) => (names.remove(&id), report, Some(evidence)),
            Err(error) => {
                let attack = names.remove(&error.id());
                let Some(of) = &attack else { continue };
                (
                    attack.clone(),
                    broken(of, &format!("the harness panicked: {error}")),
                    None,
                )
            }
        };
        let Some(attack) = attack else { continue };
        let finished = Event::AttackFinished {
            name: attack.name(),
            report: Box::new(report.clone()),
        };
        shared.events.emit(finished);
        played.insert(key(&attack), (report, evidence));
    }
    // Worlds go with their plays, and their folders with them.
    running.shutdown().await;
    if *interrupted {
        for attack in names.values() {
            let unended = (broken(attack, INTERRUPTED), None);
            played.entry(key(attack)).or_insert(unended);
        }
    }
    played
}

/// The report of an attack that the harness could not play.
fn broken(attack: &Attack, reason: &str) -> AttackReport {
    AttackReport {
        deviation: attack.deviation.name.to_owned(),
        about: attack.deviation.about.to_owned(),
        class: attack.deviation.class,
        role: attack.role,
        expectation: attack.expectation.told(),
        answered: None,
        verdict: Verdict::Error,
        reason: reason.to_owned(),
        beats: Vec::new(),
        findings: Vec::new(),
        difference: Vec::new(),
        testimony: Vec::new(),
        trials: None,
        occurrences: None,
        audit: "no audit".to_owned(),
        evidence: String::new(),
        duration_ms: 0,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a duration is measured for the report alone"
)]
async fn play_one(shared: Arc<Shared>, task: Task) -> (AttackReport, Evidence) {
    let play = Play {
        scenario: task.scenario,
        attack: &task.attack,
        seed: shared.options.seed,
        suite: shared.suite,
        mutant: shared.options.mutant.as_deref(),
        deadline: shared.options.deadline,
    };
    // The semaphore is never closed; were it, the attack would run unthrottled rather than not at all.
    let _place = shared.worlds.acquire().await.ok();
    let began = std::time::Instant::now();
    shared.events.emit(Event::AttackStarted {
        name: task.attack.name(),
    });
    let binding = shared.binding.as_ref();
    let twin = task
        .twin
        .get_or_init(|| play_twin(binding, play))
        .await
        .clone();
    let (mut report, evidence) = play_attack(binding, play, twin).await;
    confirm(binding, play, shared.options.confirmations, &mut report).await;
    report.duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    (report, evidence)
}

fn row_report(
    suite: &Suite,
    selected: &Selected<'_>,
    offered: &[Role],
    played: &mut PlayedAttacks,
    evidence: &mut Vec<Evidence>,
) -> RowReport {
    let row = selected.row;
    let mut attacks = Vec::new();
    for attack in &selected.attacks {
        let playable =
            offered.contains(&attack.role) && suite.scenario(&attack.row, attack.role).is_some();
        match played.remove(&key(attack)) {
            Some((report, kept)) => {
                attacks.push(report);
                evidence.extend(kept);
            }
            None if playable => attacks.push(broken(attack, "the harness lost the attack")),
            None => {}
        }
    }
    let roles: Vec<RoleReport> = selected
        .roles
        .iter()
        .map(|role| role_report(suite, selected, *role, offered, &attacks))
        .collect();
    RowReport {
        suite: suite.name.to_owned(),
        row: row.id.clone(),
        table: row.table,
        title: row.title.clone(),
        verdict: Verdict::worst(roles.iter().map(|role| role.verdict)),
        duration_ms: attacks.iter().map(|attack| attack.duration_ms).sum(),
        roles,
        attacks,
    }
}

fn role_report(
    suite: &Suite,
    selected: &Selected<'_>,
    role: Role,
    offered: &[Role],
    attacks: &[AttackReport],
) -> RoleReport {
    let worst = attacks
        .iter()
        .filter(|attack| attack.role == role)
        .max_by_key(|a| a.verdict);
    let untested = |reason: String| RoleReport {
        role,
        verdict: Verdict::Untested,
        reason,
    };
    match worst {
        _ if suite.scenario(&selected.row.id, role).is_none() => untested(NO_SCENARIO.to_owned()),
        _ if !offered.contains(&role) => {
            untested(format!("the target does not offer the role {role}"))
        }
        None => untested("the filters leave no attack on this role".to_owned()),
        Some(attack) => RoleReport {
            role,
            verdict: attack.verdict,
            reason: match attack.verdict {
                Verdict::Held => String::new(),
                _ => format!("{}: {}", attack.deviation, attack.reason),
            },
        },
    }
}
