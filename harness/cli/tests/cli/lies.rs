//! Servers that lie to a part of those who ask, or from a moment on: none of them holds.

use crate::liar::{Ending, Moment};
use crate::scene::{OFFSET_AHEAD, Scene};
use gauntlet_simulator::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ACROSS_THE_SIZE: &[&str] = &["--rows", "11", "--deviation", "chunk-across-the-size"];

#[tokio::test]
async fn the_relay_itself_is_honest() {
    for selection in [OFFSET_AHEAD, ACROSS_THE_SIZE] {
        let scene = Scene::lying(|_, _| {}).await;
        scene.judged(selection).await.assert(0, "held", "");
    }
}

#[tokio::test]
async fn a_target_that_asks_for_lengths_is_told_and_holds() {
    let scene = Scene::asking_for_lengths().await;
    let selection = &["--rows", "11", "--deviation", "body-without-length"];
    let judged = scene.judged(selection).await;
    judged.assert(0, "held", "");
    assert_eq!(judged.passed(), 4, "{:#}", judged.attack);
}

#[tokio::test]
async fn a_quota_that_never_moves_voids_the_control() {
    let scene = Scene::lying(|asked, told| {
        if asked.is(Method::Get, "/v1/quota") {
            told.json(|quota| quota["used"] = json!(0));
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "invalid", "the quota does not account");
}

#[tokio::test]
async fn a_quota_that_stands_still_from_the_attack_on_is_damage() {
    let mut last = BTreeMap::new();
    let scene = Scene::lying(move |asked, told| {
        if asked.is(Method::Get, "/v1/quota") {
            let account = asked.actor == "bystander";
            match asked.moment {
                Moment::After => told.answer.body.clone_from(&last[&account]),
                _ => drop(last.insert(account, told.answer.body.clone())),
            }
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "transient-damage", "quota: used went from");
}

#[tokio::test]
async fn a_session_list_that_is_always_empty_voids_the_control() {
    let scene = Scene::lying(|asked, told| {
        if asked.is(Method::Get, "/v1/upload/sessions") {
            told.json(|list| list["sessions"] = json!([]));
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "invalid", "is not in the session list");
}

#[tokio::test]
async fn blobs_that_never_read_back_void_the_control_and_blame_no_attack() {
    let scene = Scene::lying(|asked, told| {
        if asked.is(Method::Get, "/v1/blob") {
            told.answer.body.iter_mut().for_each(|byte| *byte ^= 1);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "invalid", "without any attack");
}

#[tokio::test]
async fn what_is_said_under_a_failure_does_not_count() {
    for path in ["/v1/quota", "/v1/upload/sessions"] {
        let scene = Scene::lying(move |asked, told| {
            if asked.is(Method::Get, path) {
                told.answer.status = 500;
            }
        })
        .await;
        let judged = scene.judged(OFFSET_AHEAD).await;
        judged.assert(1, "invalid", "can't be read: 500");
    }
}

#[tokio::test]
async fn writes_that_one_device_is_never_shown_are_silently_lost() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.actor == "laptop" && asked.is_feed() {
            told.entries(Vec::clear);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged
        .assert(1, "irreparable-damage", "is not on the feed")
        .assert_harm("SILENT", "author's laptop");
}

#[tokio::test]
async fn a_first_page_that_stays_as_it_was_is_found_by_a_fresh_device() {
    let mut pages = BTreeMap::new();
    let scene = Scene::lying(move |asked, told| {
        if asked.is_first_page() {
            let account = asked.actor == "bystander";
            match asked.moment {
                Moment::After => told.answer.body.clone_from(&pages[&account]),
                _ => drop(pages.insert(account, told.answer.body.clone())),
            }
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged
        .assert(1, "irreparable-damage", "")
        .assert_harm("SILENT", "author's fresh device");
}

#[tokio::test]
async fn a_feed_that_stands_still_for_those_who_read_on_is_found() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.is_feed() && !asked.is_first_page() {
            told.entries(Vec::clear);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged
        .assert(1, "irreparable-damage", "author's phone: asset")
        .assert_harm("SILENT", "author's tablet");
}

#[tokio::test]
async fn a_record_in_the_place_of_another_is_a_rewritten_trail() {
    let mut other = None;
    let scene = Scene::lying(move |asked, told| {
        if !asked.is_feed() {
            return;
        }
        told.entries(|entries| {
            for entry in entries {
                let record = other.get_or_insert_with(|| entry["manifest_cbor"].clone());
                if asked.is_after() && asked.actor == "laptop" {
                    entry["manifest_cbor"] = record.clone();
                }
            }
        });
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged
        .assert(1, "irreparable-damage", "is not the acknowledged one")
        .assert_harm("REWRITTEN", "author's laptop");
}

#[tokio::test]
async fn an_entry_that_is_not_of_what_was_written_is_damage() {
    type Edit = fn(&mut Value);
    let elsewhere: Edit = |entry| entry["album_id"] = json!("018f2b1c-0000-4000-8000-00000000000e");
    let longer: Edit = |entry| entry["blobs"][0]["size"] = json!(1);
    let withheld: Edit = |entry| entry["original_held"] = json!(false);
    let deleted: Edit = |entry| entry["change"] = json!("deleted");
    let older: Edit = |entry| entry["protocol_version"] = json!("2026-01-01");
    let another: Edit = |entry| entry["metadata_blob"] = entry["blobs"][0]["hash"].clone();
    let bare: Edit = |entry| drop(entry.as_object_mut().unwrap().remove("metadata_blob"));
    let more: Edit = |entry| {
        let mut blob = entry["blobs"][0].clone();
        blob["role"] = json!("backup");
        entry["blobs"].as_array_mut().unwrap().push(blob);
    };
    for (edit, said) in [
        (older, "in version 2026-01-01"),
        (another, "as the metadata of"),
        (bare, "the feed names nothing"),
        (more, "the feed lists the backup"),
        (elsewhere, "in album 018f2b1c-0000-4000-8000-00000000000e"),
        (longer, "with its"),
        (withheld, "is not held"),
        (deleted, "was deleted"),
    ] {
        let scene = Scene::lying(move |asked, told| {
            if asked.is_after() && asked.actor == "fresh" && asked.is_feed() {
                told.entries(|entries| entries.iter_mut().for_each(edit));
            }
        })
        .await;
        let judged = scene.judged(OFFSET_AHEAD).await;
        judged.assert(1, "transient-damage", said);
    }
}

#[tokio::test]
async fn two_records_of_one_asset_for_two_eyes_are_a_fork() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.actor == "fresh" && asked.is_feed() {
            told.entries(|entries| {
                let last = entries.len() - 1;
                let record = entries[last]["manifest_cbor"].clone();
                entries[last]["manifest_cbor"] = entries[0]["manifest_cbor"].clone();
                entries[0]["manifest_cbor"] = record;
            });
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged
        .assert(1, "irreparable-damage", "sees the head")
        .assert_harm("FORK", "author's fresh device")
        .assert_harm("REWRITTEN", "author's fresh device");
}

#[tokio::test]
async fn a_feed_that_falls_back_once_is_disorder_and_not_looked_at_again() {
    let mut told_once = false;
    let scene = Scene::lying(move |asked, told| {
        if asked.is_after() && asked.actor == "laptop" && asked.is_feed() {
            told.entries(|entries| {
                if let (Some(entry), false) = (entries.first_mut(), told_once) {
                    entry["sync_seq"] = json!(1);
                    told_once = true;
                }
            });
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "transient-damage", "the feed must rise strictly");
    assert_eq!(
        judged.attack["occurrences"],
        "1 of 3 plays on the same accounts"
    );
}

#[tokio::test]
async fn what_one_account_writes_and_another_is_shown_is_damage() {
    let mut authors: Vec<Value> = Vec::new();
    let scene = Scene::lying(move |asked, told| {
        if !(asked.is_after() && asked.is_first_page()) {
            return;
        }
        told.entries(|entries| {
            if asked.actor == "bystander" {
                let mut seq = entries.last().unwrap()["sync_seq"].as_u64().unwrap();
                for mut entry in authors.drain(..) {
                    seq += 1;
                    entry["sync_seq"] = json!(seq);
                    entries.push(entry);
                }
            } else {
                // The author's last entry is the write that was sent after the attack.
                authors = entries.last().cloned().into_iter().collect();
            }
        });
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "transient-damage", "for the bystander: feed entry");
}

#[tokio::test]
async fn other_bytes_for_the_second_eye_are_a_loss() {
    let scene = Scene::lying(|asked, told| {
        let original = asked.is(Method::Get, "/v1/blob") && told.answer.body.len() > 16_384;
        if asked.is_after() && asked.actor == "laptop" && original {
            told.answer.body[0] ^= 1;
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged
        .assert(1, "irreparable-damage", "gave bytes that hash to")
        .assert_harm("LOST", "author's laptop");
}

#[tokio::test]
async fn a_misplaced_chunk_is_to_be_told_where_the_session_stands() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_attack() {
            told.header("x-capsule-offset", None);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "nonconforming", "without the offset at which");
}

#[tokio::test]
async fn a_session_that_contradicts_its_listing_does_not_conform() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.is(Method::Head, "/v1/upload") {
            told.header("x-capsule-offset", Some("0"));
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "nonconforming", "and the listing says");
}

#[tokio::test]
async fn a_failed_session_that_takes_another_chunk_is_damage() {
    let scene = Scene::lying(|asked, told| {
        let refused = asked.request.method == Method::Patch && !told.answer.is_success();
        if asked.is_after() && refused {
            told.say(204);
        }
    })
    .await;
    let judged = scene.judged(ACROSS_THE_SIZE).await;
    judged.assert(1, "transient-damage", "sent to it again: 204");
}

#[tokio::test]
async fn a_failed_upload_that_is_said_to_be_stored_is_damage() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.is(Method::Post, "/v1/storage/verify") {
            told.json(|verdicts| verdicts["assets"][0]["blobs"][0]["stored"] = json!(true));
        }
    })
    .await;
    let judged = scene.judged(ACROSS_THE_SIZE).await;
    judged.assert(1, "transient-damage", "stored = true");
}

#[tokio::test]
async fn a_failed_upload_that_can_be_read_is_damage() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_after() && asked.is(Method::Get, "/v1/blob") && told.answer.status == 404 {
            told.say(200);
        }
    })
    .await;
    let judged = scene.judged(ACROSS_THE_SIZE).await;
    judged.assert(1, "transient-damage", "GET /blob/");
}

#[tokio::test]
async fn an_answer_that_says_nothing_of_the_deviation_is_no_refusal() {
    for status in [302, 401, 500] {
        let scene = Scene::lying(move |asked, told| {
            if asked.is_attack() {
                told.say(status);
            }
        })
        .await;
        let judged = scene.judged(OFFSET_AHEAD).await;
        judged.assert(1, "nonconforming", "never counts as a refusal");
    }
}

#[tokio::test]
async fn a_yes_to_the_attack_without_an_effect_does_not_conform() {
    let scene = Scene::lying(|asked, told| {
        if asked.is_attack() {
            told.say(204);
        }
    })
    .await;
    let judged = scene.judged(OFFSET_AHEAD).await;
    judged.assert(1, "nonconforming", "the request was accepted");
}

#[tokio::test]
async fn a_connection_that_ends_or_hangs_at_the_attack_is_an_error() {
    for (ending, said) in [
        (Ending::Cut(0), "closed the connection"),
        (Ending::Cut(40), "closed the connection"),
        (Ending::Hung, "had not answered"),
    ] {
        let scene = Scene::lying(move |asked, told| {
            if asked.is_attack() {
                told.ending = ending;
            }
        })
        .await;
        let judged = scene.judged(OFFSET_AHEAD).await;
        judged.assert(4, "error", said);
        assert_eq!(judged.passed(), 1, "{:#}", judged.attack);
    }
}
