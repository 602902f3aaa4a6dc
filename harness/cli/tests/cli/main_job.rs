//! The main job as a user does it: run, report, replay, and the same rows in another process.

use crate::support::{Served, gauntlet};
use serde_json::Value;
use std::path::Path;

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn schema() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/report.schema.json");
    jsonschema::validator_for(&json(&path)).unwrap()
}

#[tokio::test]
async fn a_run_reports_every_row_and_never_passes_what_is_untested() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let arguments = [
        "run",
        "--seed",
        "5",
        "--rows",
        "3,7,11,E8",
        "--format",
        "json",
        "--report",
        report.to_str().unwrap(),
    ];
    let ended = gauntlet(&arguments).await;
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(printed, json(&report.join("report.json")));
    let errors: Vec<String> = schema()
        .iter_errors(&printed)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let rows = printed["rows"].as_array().unwrap();
    let verdicts: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row["table"].as_str(),
                row["row"].as_str(),
                row["verdict"].as_str(),
            )
        })
        .collect();
    let told = |table, row, verdict| (Some(table), Some(row), Some(verdict));
    assert_eq!(
        verdicts,
        [
            told("damage", "3", "held"),
            told("damage", "7", "untested"),
            told("damage", "11", "held"),
            told("contract", "E8", "held"),
        ]
    );
    assert_eq!(printed["summary"]["total"], 4);
    assert_eq!(printed["seed"], 5);
    let attacks: Vec<&Value> = rows
        .iter()
        .flat_map(|row| row["attacks"].as_array().unwrap())
        .collect();
    assert!(attacks.len() > 10);
    assert!(
        attacks.iter().all(|attack| attack["verdict"] == "held"),
        "{attacks:#?}"
    );
    let evidence = std::fs::read_dir(report.join("evidence")).unwrap().count();
    assert_eq!(evidence, attacks.len());
}

#[tokio::test]
async fn a_red_row_explains_itself_and_replays_to_the_same_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let ended = gauntlet(&[
        "run",
        "--seed",
        "5",
        "--rows",
        "3",
        "--deviation",
        "checksum-of-other-bytes",
        "--mutant",
        "row03-checksum-not-compared",
        "--report",
        report.to_str().unwrap(),
    ])
    .await;
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    for part in [
        "transient-damage",
        "clause",
        "Invariant 12",
        "difference",
        "x-capsule-checksum",
        "3 of 3 fresh worlds",
        "containment ✗",
        "proven by",
        "seed 5",
        "led to",
    ] {
        assert!(
            ended.stdout.contains(part),
            "expected {part:?} in:\n{}",
            ended.stdout
        );
    }
    let named = ended.stdout.lines().find_map(|line| {
        let path = line.trim_start().strip_prefix("evidence")?;
        Some(path.trim().to_owned())
    });
    let replayed = gauntlet(&["replay", &named.unwrap()]).await;
    assert_eq!(replayed.code, 1, "{}", replayed.stderr);
    assert!(
        replayed.stdout.contains("the same evidence to the byte"),
        "{}",
        replayed.stdout
    );
}

#[tokio::test]
async fn a_race_says_in_how_many_trials_it_was_found() {
    let arguments = |format: &'static str| {
        let deviation = "openings-at-once";
        let mutant = "row10-reserved-per-request";
        let rows = [
            "run",
            "--seed",
            "5",
            "--rows",
            "10",
            "--deviation",
            deviation,
        ];
        [&rows[..], &["--mutant", mutant, "--format", format]].concat()
    };
    let ended = gauntlet(&arguments("human")).await;
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    for part in [
        "1 attack in 8 trials",
        "8 of 8 trials, each in a fresh world",
        "32 copies of it, all in flight before the first is answered",
        "used went from",
    ] {
        assert!(
            ended.stdout.contains(part),
            "expected {part:?} in:\n{}",
            ended.stdout
        );
    }
    let ended = gauntlet(&arguments("json")).await;
    let printed: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert!(schema().is_valid(&printed));
    let trials = &printed["rows"][0]["attacks"][0]["trials"];
    assert_eq!(trials, &serde_json::json!({ "played": 8, "found": 8 }));
}

#[tokio::test]
async fn the_same_rows_hold_against_a_server_in_another_process_with_control() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--control", "127.0.0.1:0"]).await;
    let target = served.target.to_str().unwrap();
    let ended = gauntlet(&[
        "run",
        "--seed",
        "5",
        "--rows",
        "3,11,12,30,X5,X6",
        "--role",
        "server",
        "--target",
        target,
    ])
    .await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("6 held of 6"), "{}", ended.stdout);
}

#[tokio::test]
async fn with_static_accounts_what_needs_a_hook_says_which() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--account", "author,bystander"]).await;
    let target = served.target.to_str().unwrap();
    for _ in 0..2 {
        // The second run meets accounts that already have a directory and albums.
        let ended = gauntlet(&[
            "run", "--seed", "5", "--rows", "3", "--role", "server", "--target", target,
            "--format", "json",
        ])
        .await;
        assert_eq!(ended.code, 3, "{}{}", ended.stdout, ended.stderr);
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        for attack in report["rows"][0]["attacks"].as_array().unwrap() {
            if attack["deviation"] == "kill-after-acknowledged-chunk" {
                assert_eq!(attack["verdict"], "untested");
                assert!(
                    attack["reason"].as_str().unwrap().contains("`crash`"),
                    "{attack}"
                );
            } else {
                assert_eq!(attack["verdict"], "held", "{attack:#}");
            }
        }
    }
}
