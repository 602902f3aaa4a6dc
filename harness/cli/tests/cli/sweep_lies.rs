//! The kill sweep against servers that say that they lost a write: every look finds it.

use crate::liar::{Asked, Before, Ending, Told, liar};
use crate::support::Served;
use crate::sweep::Swept;
use gauntlet_simulator::Method;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The honest give-up of a session: a point that every script gets to once, with much acknowledged before.
const GIVE_UP: &str = "cancellation-before-commit";

/// A served reference with its control surface, and a liar before one of the two.
struct Between {
    _served: Served,
    _folder: tempfile::TempDir,
    target: PathBuf,
}

/// Which of the two the liar stands before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Server,
    Control,
}

impl Between {
    async fn at(place: Place, lie: impl FnMut(&Asked, &mut Told) + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let served = Served::start(folder.path(), &["--control", "127.0.0.1:0"]).await;
        let text = std::fs::read_to_string(&served.target).unwrap();
        let key = match place {
            Place::Server => "base-url = \"",
            Place::Control => "\nurl = \"",
        };
        let start = text.find(key).unwrap() + key.len();
        let upstream = text[start..].split('"').next().unwrap().to_owned();
        let before = Before {
            asks_for_lengths: false,
            upstream: upstream.clone(),
            actors: Vec::new(),
            withheld: &[],
        };
        let address = liar(before, Box::new(lie)).await;
        let target = folder.path().join("between.toml");
        std::fs::write(&target, text.replace(&upstream, &address)).unwrap();
        Self {
            _served: served,
            _folder: folder,
            target,
        }
    }

    /// One script that is killed at `point`.
    async fn swept(&self, point: &str, seed: &str) -> Swept {
        let target = self.target.to_str().unwrap();
        let arguments = [
            "--kills", "1", "--points", point, "--seed", seed, "--target", target,
        ];
        Swept::with(&arguments).await
    }
}

/// The lie, told in every script but the control. A script publishes two directories.
fn after_the_control(
    mut lie: impl FnMut(&Asked, &mut Told) + Send + 'static,
) -> impl FnMut(&Asked, &mut Told) + Send + 'static {
    let mut published = 0;
    move |asked, told| {
        let publishes = asked.is(Method::Post, "/v1/auth/devices/directory");
        published += usize::from(publishes && told.answer.is_success());
        if published > 2 {
            lie(asked, told);
        }
    }
}

/// Sweeps a server that lies, with a kill at `point`, which has to be found irreparable.
async fn lost(
    (point, seed): (&str, &str),
    harm: Option<&str>,
    said: &str,
    lie: impl FnMut(&Asked, &mut Told) + Send + 'static,
) {
    let between = Between::at(Place::Server, after_the_control(lie)).await;
    let swept = between.swept(point, seed).await;
    swept
        .assert(1, "irreparable-damage")
        .assert_finding("lost", harm, said);
}

/// The same where the damage can be mended.
async fn damaged(
    (point, seed): (&str, &str),
    breach: &str,
    said: &str,
    lie: impl FnMut(&Asked, &mut Told) + Send + 'static,
) {
    let between = Between::at(Place::Server, after_the_control(lie)).await;
    let swept = between.swept(point, seed).await;
    swept
        .assert(1, "transient-damage")
        .assert_finding(breach, None, said);
}

fn is_session(asked: &Asked) -> bool {
    asked.is(Method::Head, "/v1/upload")
}

fn is_blob(asked: &Asked) -> bool {
    asked.is(Method::Get, "/v1/blob")
}

/// The whole feed, as only a device that looks for the first time reads it late.
fn is_whole_feed(asked: &Asked, told: &mut Told) -> bool {
    let mut count = 0;
    if asked.is_first_page() {
        told.entries(|entries| count = entries.len());
    }
    count > 3
}

#[tokio::test]
async fn the_relay_itself_is_no_finding() {
    let between = Between::at(Place::Server, |_, _| {}).await;
    between.swept(GIVE_UP, "5").await.assert(0, "held");
}

#[tokio::test]
async fn a_feed_that_shows_a_write_a_moment_later_is_waited_for() {
    // The second that reads it whole is a newcomer, who looks again from the beginning.
    let mut reads = 0;
    let lie = after_the_control(move |asked, told| {
        reads += u32::from(is_whole_feed(asked, told));
        if reads == 2 {
            told.entries(Vec::clear);
        }
    });
    let between = Between::at(Place::Server, lie).await;
    between.swept(GIVE_UP, "5").await.assert(0, "held");
}

#[tokio::test]
async fn a_session_that_fell_behind_or_is_gone_is_a_loss() {
    lost(
        (GIVE_UP, "5"),
        Some("LOST"),
        "4096 bytes of the original",
        |asked, told| {
            if is_session(asked) {
                told.header("x-capsule-offset", Some("0"));
            }
        },
    )
    .await;
    // The session that is begun and left alone, while a directory is published.
    lost(
        ("directory-after-commit", "2"),
        Some("SILENT"),
        "HEAD of it: no session",
        |asked, told| {
            if is_session(asked) {
                told.say(404);
            }
        },
    )
    .await;
    lost(
        (GIVE_UP, "5"),
        None,
        "not in the session list",
        |asked, told| {
            if asked.is(Method::Get, "/v1/upload/sessions") {
                told.json(|list| list["sessions"] = json!([]));
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_session_that_comes_back_is_a_loss() {
    lost(
        ("directory-after-commit", "2"),
        None,
        "stays given up",
        |asked, told| {
            if is_session(asked) && told.answer.status == 404 {
                told.say(200);
                told.header("x-capsule-offset", Some("0"));
                told.header("x-capsule-upload-status", Some("Uploading"));
            }
        },
    )
    .await;
}

#[tokio::test]
async fn bytes_that_read_back_otherwise_are_a_loss() {
    lost(
        (GIVE_UP, "5"),
        Some("LOST"),
        "gave bytes that hash to",
        |asked, told| {
            if is_blob(asked) && told.answer.body.len() == 8315 {
                told.answer.body[0] ^= 1;
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_feed_that_forgot_or_numbers_anew_is_a_loss() {
    lost(
        (GIVE_UP, "5"),
        Some("SILENT"),
        "the feed has no entry of the asset",
        |asked, told| {
            if is_whole_feed(asked, told) {
                told.entries(Vec::clear);
            }
        },
    )
    .await;
    lost(
        (GIVE_UP, "5"),
        Some("REWRITTEN"),
        "stood under",
        |asked, told| {
            if is_whole_feed(asked, told) {
                told.entries(|entries| {
                    for entry in entries {
                        entry["sync_seq"] = json!(entry["sync_seq"].as_u64().unwrap() + 1_000);
                    }
                });
            }
        },
    )
    .await;
    lost(
        (GIVE_UP, "5"),
        Some("REWRITTEN"),
        "is numbered once",
        |asked, told| {
            if asked.request.path.ends_with("/ops") {
                told.json(|accepted| accepted["sync_seq"] = json!(1_u64 << 40));
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_document_or_an_album_that_is_gone_is_a_loss() {
    lost(
        (GIVE_UP, "5"),
        Some("REWRITTEN"),
        "gives what was published last",
        |asked, told| {
            if asked.is(Method::Get, "/v1/users") {
                told.say(404);
            }
        },
    )
    .await;
    lost(
        (GIVE_UP, "5"),
        Some("SILENT"),
        "the album is there",
        |asked, told| {
            if asked.is(Method::Post, "/v1/albums") && !asked.request.path.ends_with("/ops") {
                told.json(|album| album["created"] = json!(true));
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_purge_that_is_undone_is_a_loss_and_half_a_purge_is_damage() {
    lost(
        ("expiry-before-commit", "5"),
        None,
        "the purged blob",
        |asked, told| {
            if is_blob(asked) && told.answer.status == 410 {
                told.say(200);
            }
        },
    )
    .await;
    let mut first = None;
    damaged(
        ("purge-after-commit", "5"),
        "half",
        "1 of 2 blobs read back",
        move |asked, told| {
            if is_blob(asked) && told.answer.status == 410 {
                let path = &asked.request.path;
                if first.get_or_insert_with(|| path.clone()) == path {
                    told.say(200);
                }
            }
        },
    )
    .await;
}

#[tokio::test]
async fn what_nobody_acknowledged_is_there_whole_or_not_at_all() {
    damaged(
        (GIVE_UP, "5"),
        "half",
        "an interrupted chunk is there whole",
        |asked, told| {
            if is_session(asked) {
                told.header("x-capsule-offset", Some("4097"));
            }
        },
    )
    .await;
    damaged(
        (GIVE_UP, "5"),
        "half",
        "that the author did not open",
        |asked, told| {
            if asked.is(Method::Get, "/v1/upload/sessions") {
                told.json(|list| {
                    let sessions = list["sessions"].as_array_mut().unwrap();
                    let mut stranger = sessions[0].clone();
                    stranger["id"] = json!("018f2b1c-0000-7000-8000-00000000000e");
                    stranger["status"] = json!("Uploading");
                    sessions.push(stranger);
                });
            }
        },
    )
    .await;
    // An update that took effect, and whose metadata can't be read: the third entry of the feed.
    let mut metadata = None;
    damaged(
        ("op-after-commit", "3"),
        "half",
        "reads back",
        move |asked, told| {
            if asked.is_first_page() {
                told.entries(|entries| {
                    if let [_, _, update] = entries.as_slice() {
                        metadata = update["metadata_blob"].as_str().map(str::to_owned);
                    }
                });
            }
            let named = |hash: &String| asked.request.path.ends_with(hash.as_str());
            if is_blob(asked) && metadata.as_ref().is_some_and(named) {
                told.say(404);
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_wrong_charge_or_a_refused_repeat_is_damage() {
    damaged(
        (GIVE_UP, "5"),
        "quota",
        "bytes are charged",
        |asked, told| {
            if asked.is(Method::Get, "/v1/quota") {
                told.json(|quota| quota["used"] = json!(quota["used"].as_u64().unwrap() + 1));
            }
        },
    )
    .await;
    damaged(
        ("op-after-commit", "5"),
        "refused",
        "is a replay or is taken",
        |asked, told| {
            let replayed = |value: Value| value["replayed"] == json!(true);
            if told.answer.json().is_ok_and(replayed) && asked.request.method == Method::Post {
                told.say(409);
            }
        },
    )
    .await;
}

#[tokio::test]
async fn a_server_that_refuses_without_a_kill_has_shown_nothing() {
    let between = Between::at(Place::Server, |asked, told| {
        if asked.is(Method::Get, "/v1/quota") {
            told.json(|quota| quota["used"] = json!(0));
        }
    })
    .await;
    let swept = between.swept(GIVE_UP, "5").await;
    swept.assert(1, "invalid");
    assert_eq!(swept.report["kills"], 0);
}

#[tokio::test]
async fn a_connection_that_breaks_without_a_kill_is_an_error() {
    let lie = after_the_control(|asked, told| {
        if asked.request.path.ends_with("/ops") {
            told.ending = Ending::Cut(0);
        }
    });
    let between = Between::at(Place::Server, lie).await;
    let swept = between.swept(GIVE_UP, "5").await;
    swept.assert(4, "error");
    let stopped = swept.report["stopped"].as_str().unwrap();
    assert!(stopped.contains("no crash point was reached"), "{stopped}");
}

#[tokio::test]
async fn a_point_that_is_never_reached_never_passes() {
    // One that no script gets to, and one that is said to be reached and never is.
    for grows in [false, true] {
        let mut reached = 0;
        let between = Between::at(Place::Control, move |asked, told| {
            match asked.request.path.as_str() {
                "/crash-points" => told.json(|listed| {
                    reached += u64::from(grows);
                    let ghost = json!({ "name": "ghost", "when": "request", "reached": reached });
                    listed["points"].as_array_mut().unwrap().push(ghost);
                }),
                "/crash-at" if told.answer.status == 400 => {
                    told.answer.status = 200;
                    told.answer.body = b"{}".to_vec();
                }
                _ => {}
            }
        })
        .await;
        let target = between.target.to_str().unwrap();
        let points = format!("{GIVE_UP},ghost");
        let arguments = [
            "--kills", "2", "--points", &points, "--seed", "5", "--target", target,
        ];
        let swept = Swept::with(&arguments).await;
        swept.assert(3, "untested");
        assert_eq!(swept.report["never_reached"], json!(["ghost"]));
        assert_eq!(swept.report["lost"], 0);
    }
}
