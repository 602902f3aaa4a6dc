//! The kill sweep: green on the reference, red on one that acknowledges from memory.

use crate::support::{Ended, Served, gauntlet};
use gauntlet_mutants::KILL_MUTANTS;
use serde_json::{Value, json};
use std::path::Path;

/// What a sweep came to.
pub(crate) struct Swept {
    pub(crate) ended: Ended,
    pub(crate) report: Value,
}

impl Swept {
    /// Runs `gauntlet sweep` with these arguments.
    pub(crate) async fn with(arguments: &[&str]) -> Self {
        let arguments = [&["sweep", "--format", "json"], arguments].concat();
        let ended = gauntlet(&arguments).await;
        let report = serde_json::from_str(&ended.stdout).unwrap_or_default();
        Self { ended, report }
    }

    pub(crate) fn assert(&self, code: i32, verdict: &str) -> &Self {
        assert_eq!(
            self.ended.code, code,
            "{:#}\n{}",
            self.report, self.ended.stderr
        );
        assert_eq!(self.report["verdict"], verdict, "{:#}", self.report);
        self
    }

    /// That there is a finding of that kind and harm which says so.
    pub(crate) fn assert_finding(&self, breach: &str, harm: Option<&str>, said: &str) {
        let found = self.report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| {
                let words = format!("{} {}", finding["expected"], finding["observed"]);
                finding["breach"] == breach
                    && finding.get("harm").and_then(Value::as_str) == harm
                    && words.contains(said)
            });
        assert!(
            found,
            "no {breach} {harm:?} {said:?} in {:#}",
            self.report["findings"]
        );
    }
}

fn schema() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sweep.schema.json");
    let schema = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

#[tokio::test]
async fn the_reference_keeps_what_it_acknowledged() {
    let points =
        "append-before-flush,finalization-after-move,op-before-commit,recovery-after-session";
    let arguments = ["--seed", "5", "--kills", "8", "--points", points];
    let swept = Swept::with(&arguments).await;
    swept.assert(0, "held");
    let report = &swept.report;
    let errors: Vec<String> = schema()
        .iter_errors(report)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    // The control, four scripts with a named kill, of which one kills a start too, and four random moments.
    assert_eq!(
        (&report["scripts"], &report["kills"]),
        (&json!(9), &json!(9))
    );
    assert_eq!(
        (&report["lost"], &report["never_reached"]),
        (&json!(0), &json!([]))
    );
    assert!(report["checked"].as_u64().unwrap() > 9 * 30, "{report:#}");
    for name in points.split(',').chain(["random moment"]) {
        let rows = report["points"].as_array().unwrap();
        let row = rows.iter().find(|row| row["point"] == name).unwrap();
        assert!(row["kills"].as_u64() > Some(0), "{row}");
        assert!(row["checked"].as_u64() > Some(0), "{row}");
    }
    let again = Swept::with(&arguments).await;
    let named = |report: &Value| report["points"][0].clone();
    assert_eq!(named(&again.report), named(report));
}

#[tokio::test]
async fn every_server_that_acknowledges_from_memory_is_caught() {
    for mutant in KILL_MUTANTS {
        let swept = Swept::with(&[
            "--seed",
            "5",
            "--kills",
            "1",
            "--mutant",
            mutant.id,
            "--points",
            mutant.point,
        ])
        .await;
        swept.assert(1, "irreparable-damage");
        let harm = serde_json::to_value(mutant.harm).unwrap();
        let breach = serde_json::to_value(mutant.breach).unwrap();
        let finding = &swept.report["findings"][0];
        assert_eq!(finding["breach"], breach, "{}: {finding:#}", mutant.id);
        assert_eq!(finding["harm"], harm, "{}: {finding:#}", mutant.id);
        assert_eq!(finding["after"], mutant.point, "{}", mutant.id);
        let history = finding["history"].as_array().unwrap();
        let killed = format!("killed: {}, and started again", mutant.point);
        assert_eq!(history.last().unwrap(), &json!(killed), "{}", mutant.id);
        assert_ne!(swept.report["lost"], 0);
    }
}

#[tokio::test]
async fn what_the_target_does_not_offer_is_named_and_never_passes() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--account", "author,bystander"]).await;
    let swept = Swept::with(&["--target", served.target.to_str().unwrap()]).await;
    swept.assert(3, "untested");
    let stopped = swept.report["stopped"].as_str().unwrap();
    assert!(stopped.contains("`crash-points`"), "{stopped}");
}

#[tokio::test]
async fn a_point_that_no_kill_was_left_for_never_passes_and_is_not_called_unreachable() {
    let points = "opening-before-commit,op-after-commit";
    let swept = Swept::with(&["--points", points, "--kills", "1"]).await;
    swept.assert(3, "untested");
    assert_eq!(swept.report["not_visited"], json!(["op-after-commit"]));
    assert_eq!(swept.report["never_reached"], json!([]));
}

#[tokio::test]
async fn a_crash_point_that_the_reference_does_not_have_is_a_mistake_of_the_user() {
    let ended = gauntlet(&["sweep", "--points", "lunch"]).await;
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("op-after-commit"), "{}", ended.stderr);
    let ended = gauntlet(&["sweep", "--mutant", "kill-time"]).await;
    assert_eq!(ended.code, 2, "{}", ended.stderr);
}
