//! Servers that stop to answer, throttle or never end, from a moment on: none of them holds.

use crate::liar::Ending;
use crate::scene::{ANEW, LEAK, OFFSET_AHEAD, Scene};
use gauntlet_simulator::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_target_that_is_reset_after_the_attack_is_an_error() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() {
            told.ending = Ending::Cut(0);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(4, "error", "closed the connection");
    assert_eq!(judged.passed(), 2, "{:#}", judged.attack);
}

#[tokio::test]
async fn an_answer_that_is_cut_in_its_middle_is_an_error() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.is_feed() {
            told.ending = Ending::Cut(600);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(4, "error", "closed the connection");
}

#[tokio::test]
async fn credentials_that_are_refused_after_the_attack_contain_nothing() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() {
            told.say(401);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(4, "error", "the access token was refused");
    assert_eq!(judged.passed(), 2, "{:#}", judged.attack);
}

#[tokio::test]
async fn credentials_that_run_out_in_the_audit_are_no_harm_of_the_target() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.actor == "fresh" {
            told.say(401);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(4, "error", "the access token was refused");
}

#[tokio::test]
async fn a_target_that_refuses_everything_once_it_is_set_up_shows_nothing() {
    let mut uploading = false;
    let scene = Scene::lying(move |asked, told| {
        uploading |= asked.is(Method::Post, "/v1/upload");
        if uploading {
            told.say(403);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "invalid", "the honest twin failed");
    judged.assert(1, "invalid", "was refused: 403");
}

#[tokio::test]
async fn a_target_that_refuses_everything_after_the_attack_has_lost_it() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() {
            told.say(403);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged
        .assert(1, "irreparable-damage", "its upload was refused: 403")
        .assert(1, "irreparable-damage", "GET /sync answered 403")
        .assert_harm("LOST", "author's phone");
}

#[tokio::test]
async fn a_finding_outlives_the_throttling_that_follows_it() {
    // Only the first attack is answered so: a second try, in a fresh world, would hold.
    let (mut failed, mut throttled) = (false, false);
    let scene = Scene::lying(move |asked, told| {
        if asked.is_attack() && !failed {
            failed = true;
            told.say(500);
        } else if asked.is_after() && asked.actor == "fresh" && !throttled {
            throttled = true;
            told.say(429);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(4, "error", "throttles (429)");
    judged.assert(4, "error", "never counts as a refusal");
}

#[tokio::test]
async fn throttling_of_the_attack_alone_is_never_taken_for_a_refusal() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_attack() {
            told.say(429);
            told.header("retry-after", Some("0"));
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(4, "error", "gave up after 3 fresh worlds");
}

#[tokio::test]
async fn a_feed_without_end_voids_the_control() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_feed() {
            told.json(|page| page["has_more"] = json!(true));
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "invalid", "the feed has no end after 1000 pages");
}

#[tokio::test]
async fn a_feed_without_end_after_the_attack_hides_the_trail() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.actor == "fresh" && asked.is_feed() {
            told.json(|page| page["has_more"] = json!(true));
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged
        .assert(1, "irreparable-damage", "the feed has no end")
        .assert_harm("REWRITTEN", "author's fresh device");
}

#[tokio::test]
async fn a_feed_that_is_slow_and_without_end_meets_the_deadline_and_hides_no_finding() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_attack() {
            told.say(500);
        } else if asked.is_after() && asked.is_feed() {
            told.json(|page| page["has_more"] = json!(true));
            told.ending = Ending::Whole(Duration::from_millis(200));
        }
    })
    .await;
    let selection = [OFFSET_AHEAD, &["--deadline", "15"]].concat();
    let judged = scene.judged(&selection).await;
    judged.assert(4, "error", "the play had not ended after 15s");
    judged.assert(4, "error", "never counts as a refusal");
}

#[tokio::test]
async fn a_hook_that_says_yes_and_does_nothing_is_an_error() {
    let kill = &[
        "--rows",
        "3",
        "--deviation",
        "kill-after-acknowledged-chunk",
    ];
    for (withheld, selection, said) in [
        (&["/crash"], &kill[..], "still open"),
        (&["/restart"], OFFSET_AHEAD, "still open"),
        (&["/clock"], OFFSET_AHEAD, "its Date moved by 0"),
        (&["/purge"], OFFSET_AHEAD, "the hook `purge` was to purge"),
        (&["/purge"], ANEW, "the hook `purge` was to purge"),
        (&["/storage"], LEAK, "missing field `paths`"),
    ] {
        let scene = Scene::withholding(withheld).await;
        scene.judged(selection).await.assert(4, "error", said);
    }
}

#[tokio::test]
async fn a_storage_that_is_another_is_an_error() {
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("log"), b"all is well").unwrap();
    let elsewhere = elsewhere.path().to_str().unwrap().to_owned();
    type Shown = Box<dyn Fn(&str) -> Value + Send>;
    let shown: [(Shown, &str); 4] = [
        (Box::new(|_| json!([])), "holds the newest photo"),
        (
            Box::new(move |_| json!([elsewhere])),
            "holds the newest photo",
        ),
        (
            // The blobs without the database.
            Box::new(|data| json!([format!("{data}/blobs"), format!("{data}/uploads")])),
            "holds the id of an upload session",
        ),
        (
            Box::new(|data| json!([format!("{data}/nowhere")])),
            "nowhere: No such file",
        ),
    ];
    for (shown, said) in shown {
        let scene = Scene::showing(shown).await;
        scene.judged(LEAK).await.assert(4, "error", said);
    }
}

#[tokio::test]
async fn without_the_storage_what_is_judged_over_http_alone_is_and_the_rest_is_untested() {
    for (selection, hook) in [(LEAK, "`storage`"), (ANEW, "`clock`")] {
        let scene = Scene::lying(|_, _| {}).await;
        let judged = scene.judged(selection).await;
        judged.assert(3, "untested", hook);
    }
    // A refusal that quotes a key is seen on the wire, whatever is shown.
    let scene = Scene::lying(|asked, told| {
        if told.answer.status == 400 {
            told.json(|problem| {
                problem["detail"] = asked.request.header_value("x-capsule-checksum").into()
            });
        }
    })
    .await;
    let judged = scene
        .judged(&["--rows", "X5", "--deviation", "key-for-a-checksum"])
        .await;
    judged
        .assert(1, "transient-damage", "the file key of asset")
        .assert(1, "transient-damage", "was answered, in the member detail");
}

#[tokio::test]
async fn credentials_that_are_one_and_the_same_count_as_one() {
    let scene = Scene::lying(|_, _| {}).await;
    let text = std::fs::read_to_string(&scene.target).unwrap();
    let tokens = text.lines().find(|line| line.starts_with("access-tokens"));
    let list = tokens.unwrap().strip_prefix("access-tokens = ").unwrap();
    let first = serde_json::from_str::<Vec<String>>(list).unwrap().remove(0);
    let repeated = format!("{:?}", [&first, &first, &first, &first]);
    std::fs::write(&scene.target, text.replace(list, &repeated)).unwrap();
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(0, "held", "");
    let audit = judged.attack["audit"].as_str().unwrap();
    assert!(
        audit.contains("the author's eyes with 1 credential"),
        "{audit}"
    );
}
