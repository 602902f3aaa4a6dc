//! Crash points: where the server says that it is, in which order.

use crate::person::noise;
use crate::world::{World, start_of_time};
use gauntlet_server::{CrashPoint, CrashPoints, CrashSwitch, crash_router};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::version::ProtocolVersion;
use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

const B: ProtocolVersion = ProtocolVersion::B;

/// Writes down what it hears.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl CrashPoints for Heard {
    fn reached(&self, point: CrashPoint) {
        self.0.lock().unwrap().push(point.to_string());
    }
}

impl Heard {
    /// What was heard since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

async fn watched() -> (World, Arc<Heard>) {
    let mut world = World::new().await;
    let heard = Arc::new(Heard::default());
    world.crash_points = heard.clone();
    world.restart().await;
    (world, heard)
}

#[tokio::test]
async fn bytes_are_in_place_before_the_commit_that_speaks_of_them() {
    let (world, heard) = watched().await;
    let start = ["recovery-begun", "recovery-after-orphans", "recovery-ended"];
    assert_eq!(heard.take(), start);
    let ada = world.person("ada", B).await;
    let published = [
        "directory-before-commit",
        "directory-after-commit",
        "album-before-commit",
        "album-after-commit",
        "ledger-before-commit",
        "ledger-after-commit",
    ];
    assert_eq!(heard.take(), published);
    let photo = ada.photo("beach", 4096);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    assert_eq!(
        heard.take(),
        ["opening-before-commit", "opening-after-commit"]
    );
    world.send_rest(&ada, upload, &photo.original, 0).await;
    let finished = [
        "append-before-flush",
        "append-after-flush",
        "append-before-commit",
        "append-after-commit",
        "finalization-before-move",
        "finalization-after-move",
        "finalization-before-commit",
        "finalization-after-commit",
    ];
    assert_eq!(heard.take(), finished);
    world.send(&ada, &photo, BlobRole::Metadata).await;
    world.send(&ada, &photo, BlobRole::Provenance).await;
    heard.take();
    let update = ada.update(&photo.head(), noise("caption", 300));
    world.op(&ada, &update).await;
    let record_and_metadata = [
        "op-before-move",
        "op-after-move",
        "op-before-move",
        "op-after-move",
        "op-before-commit",
        "op-after-commit",
    ];
    assert_eq!(heard.take(), record_and_metadata);
}

#[tokio::test]
async fn bytes_go_after_the_commit_that_forgets_them() {
    let (world, heard) = watched().await;
    let mut ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    heard.take();
    let path = format!("/v1/upload/{upload}");
    let cancelled = world.write(&ada, Method::DELETE, &path).send().await;
    assert_eq!(cancelled.status, StatusCode::NO_CONTENT);
    let given_up = [
        "cancellation-before-commit",
        "cancellation-after-commit",
        "discard-after-removal",
    ];
    assert_eq!(heard.take(), given_up);

    world.upload(&ada, &photo).await;
    let retention = SignedDuration::from_hours(25);
    let delete = ada.delete(&photo.head(), start_of_time() + retention);
    world.op(&ada, &delete).await;
    heard.take();
    let collect = async |step| {
        world.advance(step);
        world.server().admin().collect_garbage().await.unwrap();
        heard.take()
    };
    let marked = collect(retention).await;
    assert_eq!(
        marked[..3],
        [
            "purge-before-commit",
            "purge-after-commit",
            "mark-before-commit"
        ]
    );
    let swept = collect(world.policy.collection_grace).await;
    let one = [
        "sweep-before-commit",
        "sweep-after-commit",
        "sweep-after-removal",
        "forgetting-before-commit",
        "forgetting-after-commit",
    ];
    assert_eq!(swept[..5], one);
    world.refresh(&mut ada).await;
    let abandoned = ada.photo("abandoned", 5000);
    world.open(&ada, &abandoned, BlobRole::Original).await;
    world.advance(world.policy.session_lifetime);
    world.refresh(&mut ada).await;
    heard.take();
    let other = ada.photo("other", 5000);
    world.open(&ada, &other, BlobRole::Original).await;
    assert_eq!(
        heard.take()[..3],
        [
            "expiry-before-commit",
            "expiry-after-commit",
            "discard-after-removal"
        ]
    );
}

#[tokio::test]
async fn the_control_surface_lists_the_points_and_aims_at_one() {
    let killed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&killed);
    let kill = move |point: CrashPoint| seen.lock().unwrap().push(point.to_string());
    let switch = Arc::new(CrashSwitch::new(kill));
    let mut world = World::new().await;
    world.crash_points = switch.clone();
    world.restart().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, crash_router(switch)).await });
    let http = reqwest::Client::new();
    let aim = async |body: Value| {
        let call = http.post(format!("{base}/crash-at")).json(&body);
        call.send().await.unwrap().status()
    };
    for wrong in [
        json!({ "point": "lunch" }),
        json!({ "point": "op-after-move", "nth": 0 }),
    ] {
        assert_eq!(aim(wrong).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        aim(json!({ "point": "album-after-commit", "nth": 2 })).await,
        StatusCode::OK
    );
    world.person("ada", B).await;
    assert!(killed.lock().unwrap().is_empty());
    world.person("bob", B).await;
    assert_eq!(*killed.lock().unwrap(), ["album-after-commit"]);

    let listed = http.get(format!("{base}/crash-points")).send().await;
    let listed: Value = listed.unwrap().json().await.unwrap();
    let points = listed["points"].as_array().unwrap();
    assert_eq!(points.len(), CrashPoint::all().count());
    for wanted in [
        json!({ "name": "album-after-commit", "when": "request", "reached": 2 }),
        json!({ "name": "recovery-begun", "when": "start", "reached": 1 }),
        json!({ "name": "sweep-after-removal", "when": "request", "reached": 0 }),
    ] {
        assert!(points.contains(&wanted), "{wanted}");
    }
    assert_eq!(aim(json!({})).await, StatusCode::OK);
}
