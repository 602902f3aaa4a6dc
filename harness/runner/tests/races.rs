//! Races: played in as many worlds as they have trials, recorded in an order that no run decides, and
//! found where they are found once.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use gauntlet_arena::{AttackReport, Event, Evidence, Trials, Verdict};
use gauntlet_runner::{EmbeddedBinding, Events, RowRange, RunOptions, Selector, run};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    CreatePlan, CreateRequest, Policy, Refusal, Rejection, SessionFacts, create_session,
};
use gauntlet_wire::rule::Rule;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

async fn played(binding: EmbeddedBinding, row: &str, deviation: &str) -> (AttackReport, Evidence) {
    let suite = gauntlet_scenarios::capsule::suite().unwrap();
    let selector = Selector {
        rows: vec![RowRange::One(row.to_owned())],
        deviations: vec![deviation.to_owned()],
        ..Selector::default()
    };
    let selection = selector.select(&suite).unwrap();
    let options = RunOptions {
        seed: 7,
        jobs: 1,
        deadline: Duration::from_secs(120),
        confirmations: 2,
        mutant: None,
    };
    let binding = Arc::new(binding);
    let (report, mut evidence) =
        run(&suite, &selection, binding, options, Events::unwatched()).await;
    let attack = report.rows[0].attacks[0].clone();
    (attack, evidence.pop().unwrap())
}

/// How often each exchange of every concurrent group happened, with the status of its answer.
fn groups(evidence: &Evidence) -> Vec<Vec<(usize, Option<u16>)>> {
    let group = |event: &Event| match event {
        Event::Concurrent { group, .. } => Some(group.clone()),
        _ => None,
    };
    let groups = evidence.events.iter().filter_map(group);
    groups
        .map(|group| {
            let status = |event: &Event| match event {
                Event::Exchange { status, .. } => Some(*status),
                Event::Unanswered { .. } => None,
                other => panic!("{other:?}"),
            };
            group
                .iter()
                .map(|alike| (alike.times, status(&alike.exchange)))
                .collect()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_of_a_race_leave_the_same_evidence() {
    for (row, deviation, group) in [
        (
            "10",
            "openings-at-once",
            vec![(31, Some(200)), (1, Some(201))],
        ),
        ("10", "openings-at-once-then-a-kill", vec![(32, None)]),
        (
            "22",
            "deletes-at-once",
            vec![(1, Some(200)), (19, Some(200))],
        ),
        (
            "22",
            "upload-while-its-bytes-are-collected",
            vec![(1, Some(204))],
        ),
        (
            "22",
            "update-while-its-metadata-is-collected",
            vec![(1, Some(200))],
        ),
    ] {
        let (first, evidence) = played(EmbeddedBinding::reference(), row, deviation).await;
        assert_eq!(first.verdict, Verdict::Held, "{first:#?}");
        let trials = Trials {
            played: 8,
            found: 0,
        };
        assert_eq!(first.trials, Some(trials));
        assert!(evidence.is_intact());
        assert_eq!(groups(&evidence), vec![group; 8], "{deviation}");
        let (second, _) = played(EmbeddedBinding::reference(), row, deviation).await;
        assert_eq!(first.evidence, second.evidence, "{deviation}");
    }
}

/// Refuses the opening that finds its session open.
struct RefusesRepeats;

impl Judge for RefusesRepeats {
    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Result<CreatePlan, Refusal> {
        match create_session(facts, request, policy)? {
            CreatePlan::Resume { .. } => Err(Rejection::new(Rule::BlobNew, "planted").into()),
            plan => Ok(plan),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_finding_in_any_trial_is_a_finding_and_the_trials_are_counted() {
    let worlds = AtomicU64::new(0);
    // One world in three is defective; one more is opened ahead of the attack, and one for its twin.
    let plant = move |ports: Ports| match worlds.fetch_add(1, Ordering::SeqCst) % 3 {
        0 => Ports {
            judge: Arc::new(RefusesRepeats),
            ..ports
        },
        _ => ports,
    };
    let binding = EmbeddedBinding::altered(Arc::new(plant));
    let (attack, evidence) = played(binding, "10", "openings-at-once").await;
    assert_eq!(attack.verdict, Verdict::Nonconforming, "{attack:#?}");
    let trials = Trials {
        played: 8,
        found: 3,
    };
    assert_eq!(attack.trials, Some(trials));
    // The trials say how often it happened: it is not tried again.
    assert_eq!(attack.occurrences, None);
    let started = evidence
        .events
        .iter()
        .filter(|event| matches!(event, Event::Trial { .. }));
    assert_eq!(started.count(), 8);
    assert!(attack.reason.contains("31 of 32"), "{}", attack.reason);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attack_that_races_nothing_is_played_once() {
    let (attack, _) = played(EmbeddedBinding::reference(), "22", "delete-again").await;
    assert_eq!((attack.verdict, attack.trials), (Verdict::Held, None));
}
