//! What somebody reads who has a terminal and nothing else.

use crate::support::{Ended, Served, gauntlet};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the program as one who installed it does, without cargo around it.
fn installed(arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_gauntlet"))
        .args(arguments)
        .env_remove("CARGO")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn red(mutant: &str, row: &str, deviation: &str) -> Ended {
    installed(&[
        "run",
        "--seed",
        "5",
        "--rows",
        row,
        "--deviation",
        deviation,
        "--mutant",
        mutant,
    ])
}

fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "expected {part:?} in:\n{text}");
    }
}

/// What stands behind a label.
fn labelled<'a>(text: &'a str, label: &str) -> &'a str {
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(label));
    let line = line.unwrap_or_else(|| panic!("no {label:?} in:\n{text}"));
    line.trim_start().strip_prefix(label).unwrap().trim()
}

#[test]
fn a_write_that_some_never_see_is_shown_as_a_timeline() {
    let ended = red(
        "row03-feed-numbered-in-memory",
        "3",
        "kill-after-acknowledged-chunk",
    );
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_says(
        &ended.stdout,
        &[
            "(SILENT)",
            "the feed of the author, after the attack: sync_seq, asset, change",
            "B created — asset",
            "written honestly after the attack",
            "read       2 A created · 3 C created",
            "amiss    B is not on the feed",
            "read       1 B created",
            "by       author's fresh device",
            "the feed gives B the number 1, and author's phone",
            "no message differs: right before PATCH /upload/<upload-",
        ],
    );
    assert!(
        !ended.stdout.contains("the upload session"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_forged_directory_is_shown_as_every_eye_reads_it() {
    let ended = red(
        "row31-signature-not-verified",
        "31",
        "directory-number-raised-unsigned",
    );
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_says(
        &ended.stdout,
        &[
            "difference   core.updated_at: ",
            "signature.ed: 64 of 64 bytes differ, at byte 0: h'",
            "GET /users/<user:author>/directory, after the attack",
            "expected   directory number 1",
            "signed by the identity key",
            "read       directory number 2",
            "NOT signed by the identity key",
            "what the attack sent",
            "by       author's phone, author's laptop, author's tablet, author's fresh device, bystander\n",
            "amiss    core.directory_version: 1 → 2",
        ],
    );
    assert_eq!(
        ended.stdout.matches("  witness ").count(),
        1,
        "{}",
        ended.stdout
    );
}

#[test]
fn a_record_inside_a_message_is_decoded() {
    let ended = red(
        "rowX1-delete-not-verified",
        "X1",
        "delete-with-garbage-signatures",
    );
    assert_eq!(ended.code, 1, "{}{}", ended.stdout, ended.stderr);
    assert_says(
        &ended.stdout,
        &["manifest_cbor.manifest.device_sig.ed: 63 of 64 bytes differ"],
    );
}

#[test]
fn the_printed_command_plays_the_same_attack_again() {
    let first = red(
        "row03-checksum-not-compared",
        "3",
        "checksum-of-other-bytes",
    );
    assert_eq!(first.code, 1, "{}", first.stderr);
    assert_says(
        labelled(&first.stdout, "evidence"),
        &["not kept; --report DIR"],
    );
    let command = labelled(&first.stdout, "again").to_owned();
    let again = Command::new("sh")
        .args(["-c", &command])
        .env_remove("CARGO")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(1), "{command}");
    let said = |text: &str| labelled(text, "observed").to_owned();
    assert_eq!(
        said(&String::from_utf8_lossy(&again.stdout)),
        said(&first.stdout)
    );
}

#[tokio::test]
async fn a_run_by_cargo_is_repeated_by_cargo() {
    // The tests themselves are run by cargo.
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
    ])
    .await;
    let command = labelled(&ended.stdout, "again");
    assert!(command.starts_with("cargo run --"), "{command}");
}

#[tokio::test]
async fn a_report_replaces_a_report_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let path = report.to_str().unwrap();
    let run = |deviation: &'static str| {
        let path = path.to_owned();
        async move {
            gauntlet(&[
                "run",
                "--rows",
                "3",
                "--deviation",
                deviation,
                "--report",
                &path,
            ])
            .await
        }
    };
    for deviation in ["offset-ahead", "chunk-again"] {
        let ended = run(deviation).await;
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let evidence = std::fs::read_dir(report.join("evidence")).unwrap();
        let names: Vec<_> = evidence.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [format!("row-03-server-{deviation}.json").as_str()]);
    }
    std::fs::write(report.join("notes.txt"), "mine").unwrap();
    let refused = run("offset-ahead").await;
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert_says(&refused.stderr, &["notes.txt is there"]);
    assert!(!refused.stderr.contains("attacks on"), "{}", refused.stderr);
    assert!(
        report
            .join("evidence/row-03-server-chunk-again.json")
            .exists()
    );
}

#[tokio::test]
async fn a_target_file_replaces_only_what_was_written_so() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--account", "author,bystander"];
    let served = Served::start(folder.path(), &arguments).await;
    let first = std::fs::read_to_string(&served.target).unwrap();
    drop(served);
    let mine = folder.path().join("mine.toml");
    std::fs::write(&mine, "# my notes\n").unwrap();
    for more in [&arguments[..], &["--control", "127.0.0.1:0"]] {
        let mut command = vec!["serve", "--listen", "127.0.0.1:0", "--write-target"];
        command.push(mine.to_str().unwrap());
        command.extend(more);
        let ended = gauntlet(&command).await;
        assert_eq!(ended.code, 2, "{ended:?}");
        assert_says(&ended.stderr, &["mine.toml", "did not write"]);
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "# my notes\n");
    }
    // Its own is replaced: the next server has other tokens.
    let again = Served::restart(folder.path(), &arguments, &first).await;
    assert_ne!(std::fs::read_to_string(&again.target).unwrap(), first);
}

#[tokio::test]
async fn the_rules_are_listed_with_their_answers() {
    let ended = gauntlet(&["list", "--rules"]).await;
    assert_eq!(ended.code, 0);
    for rule in gauntlet_wire::rule::Rule::ALL {
        let line = ended.stdout.lines().find(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(rule.name())
        });
        let line = line.unwrap_or_else(|| panic!("{rule} is not listed"));
        assert_says(line, &[&rule.status().to_string(), rule.code().as_str()]);
    }
    assert_says(&ended.stdout, &["the received count"]);
}

#[tokio::test]
async fn mutants_are_listed_as_data() {
    let ended = gauntlet(&["mutants", "--list", "--format", "json"]).await;
    let listed: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let listed = listed.as_array().unwrap();
    let named = |id: &str| listed.iter().find(|mutant| mutant["id"] == id).unwrap();
    let planted = named("row03-checksum-not-compared");
    assert_eq!(planted["rows"], serde_json::json!(["3", "11"]));
    assert_eq!(planted["command"], "run");
    assert_eq!(named("kill-blob-in-memory")["command"], "sweep");
}

#[tokio::test]
async fn what_is_for_another_command_or_another_file_says_so() {
    let ended = gauntlet(&["run", "--mutant", "kill-blob-in-memory"]).await;
    assert_eq!(ended.code, 2, "{ended:?}");
    assert_says(
        &ended.stderr,
        &["gauntlet sweep --mutant kill-blob-in-memory"],
    );
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    std::fs::write(&report, r#"{"schema":2,"suite_digest":"x","rows":[]}"#).unwrap();
    let path = report.to_str().unwrap();
    let ended = gauntlet(&["replay", path]).await;
    assert_eq!(ended.code, 2, "{ended:?}");
    assert_says(&ended.stderr, &["this is a report", "evidence/"]);
    let ended = gauntlet(&["run", "--rows", "3", "--report", path]).await;
    assert_eq!(ended.code, 2, "{ended:?}");
    assert_says(&ended.stderr, &["it is a file"]);
}

#[test]
fn the_witness_blames_no_honest_upload_and_no_bystander_for_the_attack() {
    let ended = red("row17-no-upper-bound", "17", "create-above-the-epoch");
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(
        ended
            .stdout
            .matches("witness      the upload session")
            .count(),
        1,
        "the attacked one alone: {}",
        ended.stdout
    );
    assert!(
        !ended.stdout.contains("the feed of the bystander"),
        "{}",
        ended.stdout
    );
    assert_says(
        &ended.stdout,
        &[
            "answered 204: the request was accepted",
            "observed   PATCH /upload/<upload-",
            "+7373 bytes",
            "GET /blob/{hash} answers 404",
            "is proven able to fail by row17-no-upper-bound",
        ],
    );
    assert_says(
        &ended.stderr,
        &["exit 1: there are findings, in 1 of 1 rows, the first is row 17"],
    );
}

#[test]
fn a_message_that_is_sent_again_is_compared_with_itself() {
    let ended = red(
        "row04-accepted-record-shown-again",
        "4",
        "accepted-update-again",
    );
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let difference = labelled(&ended.stdout, "difference");
    assert_says(
        difference,
        &[
            "sent again, to the byte: message ",
            "/ops, which was accepted",
        ],
    );
}

#[test]
fn an_accepted_write_that_no_eye_sees_is_named() {
    let ended = red(
        "row06-second-acknowledged-and-dropped",
        "6",
        "caption-behind-a-later-one",
    );
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_says(
        &ended.stdout,
        &[
            "the write of record ",
            "/ops answered 200 in the attack beat",
            "amiss    the accepted write is not in effect, and nobody was told",
            "no eye sees it",
        ],
    );
}

#[tokio::test]
async fn rows_are_named_in_any_case() {
    let lower = gauntlet(&["explain", "x4"]).await;
    let upper = gauntlet(&["explain", "X4"]).await;
    assert_eq!((lower.code, &lower.stdout), (0, &upper.stdout));
    let ended = gauntlet(&["mutants", "--list", "--rows", "x1"]).await;
    assert_says(&ended.stdout, &["rowX1-"]);
}

#[tokio::test]
async fn the_help_of_replay_says_what_its_exit_codes_mean() {
    let ended = gauntlet(&["replay", "--help"]).await;
    assert_says(&ended.stdout, &["Exit codes", "0 it held", "4 the harness"]);
}

/// A run of one attack against a target file with one change.
async fn with(target: &Path, from: &str, to: &str) -> Ended {
    let text = std::fs::read_to_string(target).unwrap();
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{from}");
    let file = target.with_extension("changed.toml");
    std::fs::write(&file, changed).unwrap();
    let path = file.to_str().unwrap();
    gauntlet(&[
        "run",
        "--rows",
        "3",
        "--deviation",
        "offset-ahead",
        "--target",
        path,
    ])
    .await
}

#[tokio::test]
async fn mistakes_in_a_target_file_are_said_once_and_are_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--account", "author,bystander"]).await;
    let target = served.target.as_path();
    let path = target.to_str().unwrap();
    let honest = gauntlet(&[
        "run",
        "--rows",
        "3",
        "--deviation",
        "offset-ahead",
        "--target",
        path,
    ])
    .await;
    assert_eq!(honest.code, 0, "{}{}", honest.stdout, honest.stderr);

    let text = std::fs::read_to_string(target).unwrap();
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap();
    let tokens: Vec<String> =
        serde_json::from_str(line("access-tokens = ").split_once(" = ").unwrap().1).unwrap();
    let user = "user-id = \"018f2b1c-0000-7000-8000-00000000000a\"";
    for (from, to, named) in [
        (line("salt"), "salt = \"another\"", "salt of that time"),
        (
            line("name"),
            "name = \"x\"\npath-prefix = \"/v9\"",
            "path-prefix",
        ),
        (line("user-id"), user, "user-id"),
        (&tokens[1], "no-token", "token 2 of author (401"),
    ] {
        let ended = with(target, from, to).await;
        assert_eq!(ended.code, 2, "{named}: {}{}", ended.stdout, ended.stderr);
        assert_says(
            &ended.stdout,
            &["No attack was played: the target file", named],
        );
        assert_eq!(
            ended.stdout.matches("  why ").count(),
            1,
            "{}",
            ended.stdout
        );
    }
}

#[tokio::test]
async fn a_control_surface_that_is_none_is_a_mistake_in_the_target_file() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), &["--control", "127.0.0.1:0"]).await;
    let text = std::fs::read_to_string(&served.target).unwrap();
    let control = text
        .lines()
        .find(|line| line.starts_with("url = "))
        .unwrap();
    let elsewhere = format!("url = \"http://{}\"", served.address());
    let ended = with(&served.target, control, &elsewhere).await;
    assert_eq!(ended.code, 2, "{}{}", ended.stdout, ended.stderr);
    assert_says(&ended.stdout, &["provision.url"]);
}
