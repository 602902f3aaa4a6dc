//! There is no path from "could not tell" to green: each of these ends non-zero and says why.

use crate::support::{Ended, Manner, gauntlet, target, target_file};

/// One attack is enough to see how a hostile target is taken.
const ONE: [&str; 4] = ["--rows", "3", "--deviation", "offset-ahead"];

async fn run_against(base: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let file = target_file(folder.path(), base);
    let mut arguments = vec!["run", "--seed", "1", "--target", file.to_str().unwrap()];
    arguments.extend(ONE);
    gauntlet(&arguments).await
}

fn assert_ends(ended: &Ended, code: i32, named: &str) {
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.code, code, "{said}");
    assert!(said.contains(named), "expected {named:?} in:\n{said}");
}

#[tokio::test]
async fn a_dead_target_is_an_error() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let ended = run_against(&format!("http://{address}")).await;
    assert_ends(&ended, 4, "can't be reached");
    assert_ends(&ended, 4, &format!("the target at http://{address}"));
}

#[tokio::test]
async fn a_run_that_plays_nothing_leaves_an_earlier_report_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let place = report.to_str().unwrap();
    let ended = gauntlet(&["run", "--seed", "1", "--rows", "E8", "--report", place]).await;
    assert_ends(&ended, 0, "every selected row held");
    let kept = std::fs::read(report.join("report.json")).unwrap();
    let base = target(Manner::Closed).await;
    let file = target_file(folder.path(), &base);
    let file = file.to_str().unwrap();
    let arguments = ["run", "--rows", "E8", "--target", file, "--report", place];
    assert_ends(
        &gauntlet(&arguments).await,
        4,
        "is kept: nothing was played",
    );
    assert_eq!(std::fs::read(report.join("report.json")).unwrap(), kept);
    let evidence = std::fs::read_dir(report.join("evidence")).unwrap();
    assert!(evidence.count() > 0);
}

#[tokio::test]
async fn a_target_that_closes_every_connection_is_an_error() {
    let base = target(Manner::Closed).await;
    assert_ends(&run_against(&base).await, 4, "closed the connection");
}

#[tokio::test]
async fn a_hung_target_is_an_error() {
    let base = target(Manner::Hung).await;
    assert_ends(&run_against(&base).await, 4, "had not answered");
}

#[tokio::test]
async fn an_endless_body_is_an_error() {
    let base = target(Manner::Endless).await;
    assert_ends(&run_against(&base).await, 4, "runs past");
}

#[tokio::test]
async fn a_target_that_refuses_everything_shows_nothing() {
    let base = target(Manner::Always(
        "HTTP/1.1 403 Forbidden\r\nDate: Sun, 15 Nov 2026 12:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    let ended = run_against(&base).await;
    assert_ends(&ended, 1, "invalid");
    assert_ends(&ended, 1, "publishing a directory was refused: 403");
}

#[tokio::test]
async fn a_target_that_accepts_everything_shows_nothing() {
    let base = target(Manner::Always(
        "HTTP/1.1 200 OK\r\nDate: Sun, 15 Nov 2026 12:00:00 GMT\r\nContent-Length: 2\r\n\r\n{}",
    ))
    .await;
    let ended = run_against(&base).await;
    assert_ends(&ended, 1, "invalid");
    assert_ends(
        &ended,
        1,
        "the ledger that was just published reads back as other bytes",
    );
}

#[tokio::test]
async fn a_target_that_throttles_everything_is_an_error() {
    let base = target(Manner::Always(
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    assert_ends(&run_against(&base).await, 4, "gave up after 3 fresh worlds");
}

#[tokio::test]
async fn a_target_that_only_fails_shows_nothing() {
    let base = target(Manner::Always(
        "HTTP/1.1 500 Oops\r\nDate: Sun, 15 Nov 2026 12:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    let ended = run_against(&base).await;
    assert_ends(&ended, 1, "invalid");
    assert_ends(&ended, 1, "publishing a directory was refused: 500");
}

#[tokio::test]
async fn what_is_not_http_is_an_error() {
    let base = target(Manner::Always("SSH-2.0-OpenSSH_9.9\r\n")).await;
    assert_ends(&run_against(&base).await, 4, "invalid HTTP version");
}

#[tokio::test]
async fn filters_that_name_or_leave_nothing_are_usage_errors() {
    for (arguments, named) in [
        (&["run", "--rows", "99"][..], "no row 99"),
        (&["run", "--rows", ""], "not a row"),
        (&["run", "--rows", "3", "--role", "index"], "leave nothing"),
        (&["run", "--role", "king"], "unknown role"),
        (&["run", "--class", "tired"], "unknown class"),
        (
            &["run", "--invariant", "99"],
            "no row leans on invariant 99",
        ),
        (&["run", "--deviation", "none-such"], "none-such"),
        (&["run", "--mutant", "none-such"], "none-such"),
        (&["explain", "99"], "no row"),
        (&["list", "--rules", "--deviations"], "cannot be used with"),
        (&["mutants", "--rows", "7"], "no mutant"),
        (&["run", "--jobs", "0"], "--jobs"),
    ] {
        assert_ends(&gauntlet(arguments).await, 2, named);
    }
}

#[tokio::test]
async fn a_target_file_that_can_not_be_used_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("target.toml");
    let path = file.to_str().unwrap();
    assert_ends(
        &gauntlet(&["run", "--target", path]).await,
        2,
        "target.toml",
    );
    std::fs::write(&file, "name = \"x\"\nbase-url = 7\n").unwrap();
    assert_ends(&gauntlet(&["run", "--target", path]).await, 2, "line 2");
}

#[tokio::test]
async fn a_report_that_can_not_be_written_is_a_usage_error_before_anything_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let path = file.join("report");
    let ended = gauntlet(&["run", "--rows", "3", "--report", path.to_str().unwrap()]).await;
    assert_ends(&ended, 2, "can't write there");
    assert!(!ended.stderr.contains("attacks on"), "{ended:?}");
}

#[tokio::test]
async fn evidence_that_can_not_be_read_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evidence.json");
    let path = file.to_str().unwrap();
    assert_ends(&gauntlet(&["replay", path]).await, 2, "evidence.json");
    std::fs::write(&file, "{}").unwrap();
    assert_ends(
        &gauntlet(&["replay", path]).await,
        2,
        "not an evidence file",
    );
}
