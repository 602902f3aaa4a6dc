//! `gauntlet coverage` reads what a run has seen, and passes nothing that it has not.

use crate::support::gauntlet;
use serde_json::Value;

#[tokio::test]
async fn what_a_run_has_not_seen_is_missing_and_another_runs_report_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let path = report.to_str().unwrap();
    let ended = gauntlet(&["run", "--seed", "5", "--rows", "E8", "--report", path]).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    let from = report.join("report.json");
    let covered = gauntlet(&["coverage", "--from", path]).await;
    assert_eq!(covered.code, 1, "{}{}", covered.stdout, covered.stderr);
    for part in [
        "E8/storage-of-no-hash",
        "MISSING no attack is refused by size-positive (400 error.upload.invalid_size)",
        "MISSING invariant 4, one byte, and not none: I4/size-one was not played",
        "1 of ",
    ] {
        assert!(covered.stdout.contains(part), "{part}: {}", covered.stdout);
    }
    let json = [
        "coverage",
        "--format",
        "json",
        "--from",
        from.to_str().unwrap(),
    ];
    let printed: Value = serde_json::from_str(&gauntlet(&json).await.stdout).unwrap();
    let produced = |rule: &str| -> usize {
        let rejections = printed["rejections"].as_array().unwrap();
        let one = rejections.iter().find(|one| one["rule"] == rule).unwrap();
        one["seen"].as_array().unwrap().len()
    };
    assert_eq!(
        (produced("question-well-formed"), produced("size-positive")),
        (1, 0)
    );

    let text = std::fs::read_to_string(&from).unwrap();
    for (part, instead) in [
        ("\"binding\": \"embedded\"", "\"binding\": \"http\""),
        ("\"suite_digest\": \"", "\"suite_digest\": \"0"),
        ("\"schema\": 2", "\"schema\": \"2\""),
    ] {
        assert!(text.contains(part), "{part}");
        std::fs::write(&from, text.replace(part, instead)).unwrap();
        let refused = gauntlet(&["coverage", "--from", from.to_str().unwrap()]).await;
        assert_eq!(refused.code, 2, "{instead}: {}", refused.stdout);
    }
}
