#![allow(clippy::all, clippy::restriction, missing_docs)]
use gauntlet_mutants::*;
#[tokio::main]
async fn main() {
    let suite = gauntlet_scenarios::capsule::suite().unwrap();
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let selected: Vec<_> = catalogue()
        .iter()
        .filter(|m| wanted.is_empty() || wanted.iter().any(|w| m.id.contains(w.as_str())))
        .collect();
    let t = std::time::Instant::now();
    let options = MutantOptions {
        seed: 1,
        jobs: 4,
        deadline: std::time::Duration::from_secs(120),
    };
    let (report, _) = run_mutants(&suite, &selected, options, |m| {
        println!(
            "{:<14} {:<40} {:?} exp {} {} by {:?}\n      {}",
            m.status.name(),
            m.id,
            m.beat,
            m.expected_beat,
            m.verdict,
            m.killed_by,
            m.reason
        );
    })
    .await
    .unwrap();
    println!(
        "reference {} {:?} in {:?}",
        report.reference,
        report.summary,
        t.elapsed()
    );
}
