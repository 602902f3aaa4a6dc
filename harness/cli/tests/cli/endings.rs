//! A run that can't end properly says so, and leaves nothing half written.

use crate::liar::Ending;
use crate::scene::{OFFSET_AHEAD, Scene};
use crate::support::gauntlet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::sync::Notify;

/// A run of a mutant, which is red.
const RED: &[&str] = &[
    "run",
    "--seed",
    "1",
    "--rows",
    "3",
    "--deviation",
    "checksum-of-other-bytes",
    "--mutant",
    "row03-checksum-not-compared",
];

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn a_run_that_is_asked_to_stop_ends_without_a_report() {
    let struck = Arc::new(Notify::new());
    let notice = Arc::clone(&struck);
    let scene = Scene::lying(move |asked, told| {
        if asked.is_attack() {
            notice.notify_one();
            told.ending = Ending::Hung;
        }
    })
    .await;
    for signal in ["INT", "TERM", "HUP"] {
        let report = scene.folder.path().join(signal);
        let path = report.to_str().unwrap().to_owned();
        let child = Command::new(env!("CARGO_BIN_EXE_gauntlet"))
            .args(scene.arguments(OFFSET_AHEAD))
            .args(["--report", &path])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        struck.notified().await;
        let kill = ["-s", signal, &child.id().to_string()];
        assert!(Command::new("kill").args(kill).status().unwrap().success());
        let ended = tokio::task::spawn_blocking(|| child.wait_with_output());
        let ended = ended.await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(4), "{signal}: {said}");
        assert!(
            said.contains("interrupted: no report was written"),
            "{said}"
        );
        let shown = String::from_utf8_lossy(&ended.stdout);
        assert!(
            shown.starts_with("INTERRUPTED") && shown.contains("1 error of 1"),
            "{signal}: {shown}"
        );
        assert_eq!(files(&report), [""; 0], "{signal}");
    }
}

#[tokio::test]
async fn a_report_folder_that_is_gone_at_the_end_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let gone = report.clone();
    let scene = Scene::lying(move |asked, _| {
        if asked.is_attack() {
            std::fs::remove_dir_all(&gone).unwrap();
        }
    })
    .await;
    let mut arguments = scene.arguments(OFFSET_AHEAD);
    arguments.extend(["--report", report.to_str().unwrap()]);
    let ended = gauntlet(&arguments).await;
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("report/report.json: can't be written"),
        "{ended:?}"
    );
    assert!(
        ended.stdout.contains("attacks"),
        "what was found is said all the same: {ended:?}"
    );
}

#[tokio::test]
async fn a_report_goes_where_a_relative_path_says_and_again_in_its_place() {
    let scene = Scene::lying(|_, _| {}).await;
    let report = scene.folder.path().join("report");
    for _ in 0..2 {
        let run = Command::new(env!("CARGO_BIN_EXE_gauntlet"))
            .args(scene.arguments(OFFSET_AHEAD))
            .args(["--report", "report"])
            .current_dir(scene.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let ended = tokio::task::spawn_blocking(|| run.wait_with_output());
        let ended = ended.await.unwrap().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("report: report/report.json"), "{said}");
        assert_eq!(files(&report).len(), 2, "{said}");
    }
}

/// A bound on the length of files stands for a disk that fills up: a write ends in the same way, and no
/// privilege is needed.
#[tokio::test]
async fn a_report_that_does_not_fit_on_the_disk_is_an_error_and_leaves_no_half() {
    let scene = Scene::lying(|_, _| {}).await;
    let report = scene.folder.path().join("report");
    let bounded = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_gauntlet"))
        .args(scene.arguments(OFFSET_AHEAD))
        .arg("--report")
        .arg(&report)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = tokio::task::spawn_blocking(|| bounded.wait_with_output());
    let ended = ended.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(4), "{said}");
    assert!(said.contains("can't be written: File too large"), "{said}");
    assert_eq!(files(&report), [""; 0]);
}

#[tokio::test]
async fn an_output_that_takes_nothing_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let child = Command::new(env!("CARGO_BIN_EXE_gauntlet"))
        .args(RED)
        .stdout(full.unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output());
    let ended = ended.await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(4), "{said}");
    assert!(said.contains("standard output: No space left"), "{said}");
}

#[tokio::test]
async fn a_red_run_is_red_though_nobody_reads_its_output() {
    let closed = Command::new("sh")
        .args(["-c", "exec \"$0\" \"$@\" >&-"])
        .arg(env!("CARGO_BIN_EXE_gauntlet"))
        .args(RED)
        .stderr(Stdio::null())
        .spawn();
    let unread = Command::new(env!("CARGO_BIN_EXE_gauntlet"))
        .args(RED)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    for child in [closed, unread] {
        let mut child = child.unwrap();
        drop(child.stdout.take());
        let ended = tokio::task::spawn_blocking(move || child.wait());
        assert_eq!(ended.await.unwrap().unwrap().code(), Some(1));
    }
}
