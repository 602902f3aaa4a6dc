//! Targets that lack what is ours alone, or theirs to have: untested by what needs it, and failed by nothing.

use crate::liar::{Asked, Told};
use crate::scene::Scene;
use gauntlet_simulator::Method;
use serde_json::{Value, json};

/// A path below an album.
fn is_of_album(asked: &Asked, method: Method, ending: &str) -> bool {
    let path = asked.request.path.split('?').next().unwrap_or_default();
    asked.is(method, "/v1/albums") && path.ends_with(ending)
}

async fn without(method: Method, ending: &'static str, status: u16) -> Scene {
    Scene::lying(move |asked: &Asked, told: &mut Told| {
        if is_of_album(asked, method, ending) {
            told.say(status);
        }
    })
    .await
}

const BELOW: &[&str] = &["--rows", "17", "--deviation", "update-below-the-epoch"];
const WITHOUT_INTENT: &[&str] = &["--rows", "18", "--deviation", "write-without-the-intent"];
const FROZEN: &[&str] = &["--rows", "18", "--deviation", "write-into-the-frozen-album"];
const IN_FLIGHT: &[&str] = &[
    "--rows",
    "18",
    "--deviation",
    "completion-with-a-session-in-flight",
];
const ELDER_VERSION: &[&str] = &[
    "--rows",
    "18",
    "--deviation",
    "elder-version-into-the-successor",
];
const LAPSED: &[&str] = &["--rows", "18", "--deviation", "write-after-a-lapse"];
const REVOKED: &[&str] = &[
    "--rows",
    "24",
    "--deviation",
    "revoked-before-the-last-chunk",
];

#[tokio::test]
async fn a_target_without_ledgers_is_not_tested_for_epochs() {
    for status in [404, 405] {
        let scene = without(Method::Put, "/ledger", status).await;
        let judged = scene.judged(BELOW).await;
        judged.assert(3, "untested", "does not offer epoch ledgers");
    }
}

#[tokio::test]
async fn a_target_without_ceremonies_is_not_tested_for_them() {
    let scene = without(Method::Post, "/upgrade", 404).await;
    let judged = scene.judged(WITHOUT_INTENT).await;
    judged.assert(3, "untested", "does not offer upgrade ceremonies");
}

#[tokio::test]
async fn a_target_that_completes_no_upgrade_is_tested_for_the_successor_alone() {
    // The server behind it does complete the upgrade; to whoever asks it is still under way.
    let mut proposed = Value::Null;
    let scene = Scene::lying(move |asked: &Asked, told: &mut Told| {
        if is_of_album(asked, Method::Post, "/upgrade") {
            told.json(|status| proposed = status["intent_id"].clone());
        } else if is_of_album(asked, Method::Get, "/upgrade") {
            told.json(|status| status["intent_id"] = proposed.clone());
        } else if is_of_album(asked, Method::Post, "/upgrade/complete") {
            told.say(404);
        }
    })
    .await;
    for selection in [FROZEN, IN_FLIGHT] {
        let judged = scene.judged(selection).await;
        judged.assert(3, "untested", "does not offer the completion of upgrades");
    }
    // The other roles of the row have no scenario, so the run itself is not a pass.
    scene.judged(ELDER_VERSION).await.assert(3, "held", "");
}

#[tokio::test]
async fn accounts_that_outlive_a_run_lose_no_device_to_it_and_have_no_clock() {
    let scene = Scene::lying(|_, _| {}).await;
    let judged = scene.judged(REVOKED).await;
    judged.assert(3, "untested", "does not offer an account that a device");
    scene.judged(LAPSED).await.assert(3, "untested", "`clock`");
    let dated = [
        "--rows",
        "24",
        "--deviation",
        "dated-before-its-device-joined",
    ];
    scene.judged(&dated).await.assert(3, "held", "");
}

#[tokio::test]
async fn who_is_refused_for_an_upgrade_is_to_be_told_which() {
    let scene = Scene::lying(|asked, told| {
        if asked.is(Method::Post, "/v1/upload") && told.answer.status == 409 {
            told.json(|problem| {
                problem["intent_id"] = json!("018f2b1c-0000-7000-8000-000000000001");
            });
        }
    })
    .await;
    let judged = scene.judged(WITHOUT_INTENT).await;
    judged.assert(1, "nonconforming", "018f2b1c-0000-7000-8000-000000000001");
}

#[tokio::test]
async fn an_upgrade_that_is_not_shown_any_more_is_damage() {
    let scene = Scene::lying(|asked, told| {
        if is_of_album(asked, Method::Get, "/upgrade") {
            told.json(|status| {
                status.as_object_mut().unwrap().remove("intent_id");
            });
        }
    })
    .await;
    let judged = scene.judged(WITHOUT_INTENT).await;
    judged.assert(1, "transient-damage", "no intent lives");
}
