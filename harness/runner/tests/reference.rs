//! The reference holds every attack, twice in the same way; and a target that panics in the
//! background never does.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use gauntlet_arena::{Role, Verdict};
use gauntlet_runner::{
    EmbeddedBinding, Events, ExitCode, RowRange, RunOptions, RunReport, Selector, attack_total,
    coverage, gate, run,
};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{AppendFacts, AppendPlan, AppendRequest, Policy, Refusal};
use std::sync::Arc;
use std::time::Duration;

async fn run_on(binding: EmbeddedBinding, selector: Selector) -> RunReport {
    let suite = gauntlet_scenarios::capsule::suite().unwrap();
    let selection = selector.select(&suite).unwrap();
    let options = RunOptions {
        seed: 7,
        jobs: 4,
        deadline: Duration::from_secs(120),
        confirmations: 0,
        mutant: None,
    };
    run(
        &suite,
        &selection,
        Arc::new(binding),
        options,
        Events::unwatched(),
    )
    .await
    .0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_holds_every_attack_and_repeats_itself() {
    let first = run_on(EmbeddedBinding::reference(), Selector::default()).await;
    for row in &first.rows {
        for attack in &row.attacks {
            assert!(
                attack.verdict == Verdict::Held && attack.findings.is_empty(),
                "row {}: {attack:#?}",
                row.row
            );
        }
    }
    let suite = gauntlet_scenarios::capsule::suite().unwrap();
    let written = suite
        .rows
        .iter()
        .map(|row| row.attacks_on(Role::Server).count());
    assert_eq!(attack_total(&first).total, written.sum::<usize>());
    every_rejection_is_owed_to_the_attacks_that_produce_it(&first);
    // Rows that use every hook, every kind of deed and every surface; the races repeat in `races.rs`.
    let rows = [
        "3", "6", "8", "11", "17", "18", "24", "30", "X3", "X5", "X6", "E5",
    ];
    let again = Selector {
        rows: rows.map(|row| row.parse::<RowRange>().unwrap()).to_vec(),
        ..Selector::default()
    };
    let second = run_on(EmbeddedBinding::reference(), again).await;
    let digests = |report: &RunReport| -> Vec<String> {
        let of = report
            .rows
            .iter()
            .filter(|row| rows.contains(&row.row.as_str()));
        of.flat_map(|row| row.attacks.iter().map(|attack| attack.evidence.clone()))
            .collect()
    };
    assert!(digests(&second).len() > 100);
    assert_eq!(digests(&first), digests(&second));
}

/// An attack that alone produces a rejection leaves it missing when it is taken away.
fn every_rejection_is_owed_to_the_attacks_that_produce_it(run: &RunReport) {
    let suite = gauntlet_scenarios::capsule::suite().unwrap();
    let whole = coverage(&suite, run);
    let mut taken = 0;
    for rejected in &whole.rejections {
        let [by] = rejected.seen.as_slice() else {
            continue;
        };
        let mut less = run.clone();
        let row = less.rows.iter_mut().find(|row| row.row == by.row).unwrap();
        row.attacks
            .retain(|attack| attack.deviation != by.deviation);
        let missing = coverage(&suite, &less).missing;
        let named = format!("no attack is refused by {} ", rejected.rule);
        assert!(
            !whole.missing.iter().any(|what| what.starts_with(&named)),
            "{named}"
        );
        assert!(
            missing.iter().any(|what| what.starts_with(&named)),
            "{named}: {missing:?}"
        );
        taken += 1;
    }
    assert!(taken >= 20, "only {taken} rejections rest on one attack");
}

/// Panics on the chunk that an attack repeats, and on nothing honest.
struct PanicsOnReplay;

impl Judge for PanicsOnReplay {
    fn append_chunk(
        &self,
        facts: &AppendFacts,
        request: &AppendRequest,
        policy: &Policy,
    ) -> Result<AppendPlan, Refusal> {
        assert!(facts.accepted.is_none(), "planted");
        gauntlet_validator::server::append_chunk(facts, request, policy)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_the_server_is_an_error_and_never_a_refusal() {
    let plant = |ports: Ports| Ports {
        judge: Arc::new(PanicsOnReplay),
        ..ports
    };
    let binding = EmbeddedBinding::altered(Arc::new(plant));
    let selector = Selector {
        rows: vec![RowRange::One("3".to_owned())],
        deviations: vec!["chunk-again".to_owned()],
        ..Selector::default()
    };
    let report = run_on(binding, selector).await;
    let attack = &report.rows[0].attacks[0];
    assert_eq!(attack.verdict, Verdict::Error, "{attack:#?}");
    assert!(attack.reason.contains("panicked"), "{}", attack.reason);
    assert_eq!(gate(&report), ExitCode::Failed);
}
