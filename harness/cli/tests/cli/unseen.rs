//! Servers that lie where few look: to the eye that comes late, in the part of an answer that nobody
//! compares, about what was refused. None of them holds.

use crate::liar::Moment;
use crate::scene::{OFFSET_AHEAD, Scene};
use gauntlet_simulator::Method;
use serde_json::json;

#[tokio::test]
async fn other_bytes_for_an_eye_that_comes_late_are_a_loss() {
    for (actor, named) in [
        ("fresh", "author's fresh device"),
        ("tablet", "author's tablet"),
    ] {
        let scene = Scene::lying(move |asked, told| {
            let after = asked.moment == Moment::After;
            if after && asked.actor == actor && asked.is(Method::Get, "/v1/blob") {
                told.answer.body = b"garbage".to_vec();
            }
        })
        .await;
        let judged = scene.judged(OFFSET_AHEAD).await;
        judged
            .assert(1, "irreparable-damage", "gave bytes that hash to")
            .assert_harm("LOST", named);
    }
}

#[tokio::test]
async fn a_ledger_that_was_refused_and_is_served_is_a_rewritten_trail() {
    let refused = ["E4", "ledger-without-ml-dsa"];
    let mut forged = None;
    let scene = Scene::lying(move |asked, told| {
        let path = asked.request.path.clone();
        if asked.is(Method::Put, "/v1/albums")
            && path.ends_with("/ledger")
            && told.answer.status == 403
        {
            forged = Some((path, asked.request.body.clone()));
        } else if let Some((_, bytes)) = forged.as_ref().filter(|(held, _)| *held == path) {
            told.answer.body.clone_from(bytes);
        }
    })
    .await;
    let judged = scene
        .judged(&["--rows", refused[0], "--deviation", refused[1]])
        .await;
    judged
        .assert(1, "irreparable-damage", "document /albums/")
        .assert_harm("REWRITTEN", "author's fresh device");
}

#[tokio::test]
async fn what_a_refused_op_brought_and_is_served_is_damage() {
    let mut refused = false;
    let scene = Scene::lying(move |asked, told| {
        let path = asked.request.path.as_str();
        let failed = !told.answer.is_success();
        if asked.is(Method::Post, "/v1/albums") {
            refused = failed && path.ends_with("/ops");
        } else if refused && failed && asked.actor == "phone" && asked.is(Method::Get, "/v1/blob") {
            told.say(200);
        }
    })
    .await;
    let stale = &[
        "--rows",
        "4",
        "--deviation",
        "never-sent-update-on-an-old-head",
    ];
    let judged = scene.judged(stale).await;
    judged.assert(1, "transient-damage", "GET /blob/");
}

#[tokio::test]
async fn a_stranger_who_is_let_in_after_the_attack_is_damage() {
    for path in ["/v1/blob", "/v1/sync"] {
        let scene = Scene::lying(move |asked, told| {
            let refused = asked.is_after() && !told.answer.is_success();
            if refused && asked.actor == "bystander" && asked.is(Method::Get, path) {
                told.say(200);
            }
        })
        .await;
        let judged = scene.judged(OFFSET_AHEAD).await;
        judged.assert(1, "transient-damage", "bystander: GET /");
    }
}

#[tokio::test]
async fn an_upload_of_another_that_ends_with_the_attack_is_damage() {
    let scene = Scene::lying(|asked, told| {
        let goes_on = asked.request.header_value("x-capsule-offset") == Some("65536");
        if asked.is_after() && asked.actor == "bystander" && goes_on {
            told.say(404);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "transient-damage", "an upload under way was refused");
}

#[tokio::test]
async fn small_pages_that_end_early_hide_what_was_written() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_feed() && asked.request.path.contains("page_size=1") {
            told.json(|page| page["has_more"] = json!(false));
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged
        .assert(
            1,
            "irreparable-damage",
            "the feed has no entry of the asset",
        )
        .assert_harm("SILENT", "author's tablet");
}

#[tokio::test]
async fn a_part_of_a_blob_that_is_another_part_is_damage() {
    let scene = Scene::lying(|asked, told| {
        if asked.request.header_value("range").is_some() {
            told.answer.body.rotate_left(1);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "transient-damage", "other bytes");
}

#[tokio::test]
async fn entries_of_another_account_on_a_page_that_is_read_on_are_damage() {
    let (mut authors, mut last) = (Vec::<serde_json::Value>::new(), 0);
    let seq = |entry: &serde_json::Value| entry["sync_seq"].as_u64().unwrap();
    let scene = Scene::lying(move |asked, told| {
        if !asked.is_feed() || !told.answer.is_success() {
            return;
        }
        let (bystanders, after) = (asked.actor == "bystander", asked.is_after());
        let reads_on = asked.request.path.contains("cursor=");
        told.entries(|entries| {
            if !bystanders {
                authors.extend(entries.iter().cloned());
                return;
            }
            let newest = entries.iter().map(seq).max().unwrap_or(0);
            if after && reads_on {
                let between = |entry: &&serde_json::Value| seq(entry) > last && seq(entry) < newest;
                let more: Vec<_> = authors.iter().filter(between).cloned().collect();
                entries.extend(more);
                entries.sort_by_key(seq);
                entries.dedup_by_key(|entry| seq(entry));
            }
            last = last.max(newest);
        });
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "transient-damage", "bystander is shown ");
}

#[tokio::test]
async fn a_photo_that_nobody_wrote_is_damage_whoever_is_shown_it() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.actor == "fresh" && asked.is_feed() {
            told.entries(|entries| {
                let Some(mut phantom) = entries.last().cloned() else {
                    return;
                };
                phantom["asset_id"] = json!("018f2b1c-0000-7000-8000-000000000001");
                phantom["sync_seq"] = json!(phantom["sync_seq"].as_u64().unwrap() + 1);
                entries.push(phantom);
            });
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(
        1,
        "transient-damage",
        "author's fresh device is shown 018f2b1c",
    );
}

#[tokio::test]
async fn one_record_with_two_dates_is_damage() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.actor == "fresh" && asked.is_feed() {
            told.entries(|entries| {
                for entry in entries {
                    entry["changed_at"] = json!("1999-01-01T00:00:00Z");
                }
            });
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "transient-damage", "of 1999-01-01");
}

#[tokio::test]
async fn an_album_whose_own_feed_omits_a_photo_is_damage() {
    let scene = Scene::lying(|asked, told| {
        let of_an_album = asked.is_feed() && asked.request.path.contains("album_id=");
        if asked.is_after() && of_an_album {
            told.entries(|entries| drop(entries.pop()));
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "transient-damage", "is not shown as entry");
}

#[tokio::test]
async fn a_target_that_says_of_what_it_keeps_that_it_does_not_is_nonconforming() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.request.path == "/v1/storage/verify" {
            told.json(|verdicts| {
                for asset in verdicts["assets"].as_array_mut().unwrap() {
                    asset["durable"] = json!(false);
                }
            });
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "nonconforming", "durable = false");
}
