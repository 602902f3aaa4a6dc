//! The reference holds every attack, twice in the same way.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use gauntlet_arena::Verdict;
use gauntlet_runner::{EmbeddedBinding, Events, RunOptions, RunReport, Selector, attack_total, run};
use std::sync::Arc;
use std::time::Duration;

async fn run_reference(seed: u64, selector: Selector) -> RunReport {
    let suite = gauntlet_scenarios::capsule::suite().unwrap();
    let selection = selector.select(&suite).unwrap();
    let options = RunOptions {
        seed,
        jobs: 2,
        deadline: Duration::from_secs(120),
        confirmations: 0,
        mutant: None,
    };
    let binding = Arc::new(EmbeddedBinding::reference());
    run(&suite, &selection, binding, options, Events::unwatched()).await.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_holds_every_attack_and_repeats_itself() {
    let first = run_reference(7, Selector::default()).await;
    for row in &first.rows {
        for attack in &row.attacks {
            if attack.verdict != Verdict::Held || !attack.findings.is_empty() {
                panic!("row {}: {attack:#?}", row.row);
            }
        }
    }
    assert!(attack_total(&first).total >= 39);
    let second = run_reference(7, Selector::default()).await;
    let digests = |report: &RunReport| -> Vec<String> {
        report.rows.iter().flat_map(|row| row.attacks.iter().map(|a| a.evidence.clone())).collect()
    };
    assert_eq!(digests(&first), digests(&second));
}
