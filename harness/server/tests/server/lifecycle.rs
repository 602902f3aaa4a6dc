//! Panics, hang-ups, shutdown, crash, operator.

use crate::person::noise;
use crate::world::{World, small_policy, start_of_time};
use gauntlet_server::{Clock, Judge, ManualClock, ServerFailure, control_router};
use gauntlet_validator::server::{
    AppendFacts, AppendPlan, AppendRequest, Policy, Refusal, append_chunk,
};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::version::ProtocolVersion;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

const B: ProtocolVersion = ProtocolVersion::B;

/// Panics at every chunk.
struct Panicking;

impl Judge for Panicking {
    fn append_chunk(
        &self,
        _: &AppendFacts,
        _: &AppendRequest,
        _: &Policy,
    ) -> Result<AppendPlan, Refusal> {
        panic!("judge out of order")
    }
}

/// Takes its time over every chunk, and says when it has begun.
#[derive(Default)]
struct Slow {
    begun: AtomicBool,
}

impl Judge for Slow {
    fn append_chunk(
        &self,
        facts: &AppendFacts,
        request: &AppendRequest,
        policy: &Policy,
    ) -> Result<AppendPlan, Refusal> {
        self.begun.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(300));
        append_chunk(facts, request, policy)
    }
}

impl Slow {
    async fn has_begun(&self) {
        while !self.begun.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_answered_counted_and_leaves_the_server_usable() {
    let world = World::with(small_policy(), Arc::new(Panicking)).await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    assert_eq!(world.server().panics(), 0);
    for panics in 1..=3 {
        let answer = world.chunk(&ada, upload, 0, &photo.original).send().await;
        answer.problem(500, "error.unexpected");
        assert_eq!(world.server().panics(), panics);
    }
    // The transactions that the panics tore down are rolled back.
    assert_eq!(world.state(&ada, upload).await.0, "Pending");
    world.open(&ada, &photo, BlobRole::Metadata).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_lets_a_request_in_flight_finish() {
    let judge = Arc::new(Slow::default());
    let mut world = World::with(small_policy(), judge.clone()).await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    let address = world.server().address();
    let call = tokio::spawn(world.chunk(&ada, upload, 0, &photo.original).send());
    judge.has_begun().await;
    world.running.take().unwrap().shutdown().await.unwrap();
    assert_eq!(call.await.unwrap().status, StatusCode::NO_CONTENT);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_whose_client_hung_up_is_written_whole_or_not_at_all() {
    let judge = Arc::new(Slow::default());
    let world = World::with(small_policy(), judge.clone()).await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    // Over HTTP/2 a hang-up is a reset of the stream, which ends its handler at once.
    let http2 = reqwest::Client::builder().http2_prior_knowledge();
    let mut call = world.chunk(&ada, upload, 0, &photo.original[..4096]);
    call.http = http2.build().unwrap();
    tokio::select! {
        _ = call.send() => panic!("the judge takes longer"),
        () = judge.has_begun() => {}
    }
    // The writer waits for the abandoned request, which runs to its end.
    let other = noise("other", 4096);
    let next = world.chunk(&ada, upload, 0, &other).send().await;
    next.problem(409, "error.upload.chunk_conflict");
    let rest = world
        .chunk(&ada, upload, 4096, &photo.original[4096..])
        .send()
        .await;
    assert_eq!(rest.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever_for_a_client_that_hangs() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let mut hanging = TcpStream::connect(world.server().address()).await.unwrap();
    let head = format!(
        "POST /v1/albums HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n\
         x-capsule-protocol: {B}\r\nx-capsule-crypto-suite: 1\r\n\
         content-type: application/json\r\ncontent-length: 100\r\n\r\n{{",
        ada.token
    );
    hanging.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = tokio::time::Instant::now();
    let outcome = world.running.take().unwrap().shutdown().await;
    assert!(begun.elapsed() < Duration::from_secs(8));
    assert!(
        matches!(outcome, Err(ServerFailure::Unfinished { requests: 1 })),
        "{outcome:?}"
    );
    world.start().await;
    assert_eq!(world.used(&ada).await, 0);
}

#[tokio::test]
async fn a_crash_drops_connections_and_the_files_are_free_at_once() {
    let mut world = World::new().await;
    let ada = world.person("ada", B).await;
    let address = world.server().address();
    let idle = TcpStream::connect(address).await.unwrap();
    world.crash().await;
    assert!(TcpStream::connect(address).await.is_err());
    let mut byte = [0];
    let ended = tokio::time::timeout(Duration::from_secs(1), idle.peek(&mut byte)).await;
    assert!(matches!(ended, Ok(Ok(0) | Err(_))), "{ended:?}");
    world.start().await;
    assert_eq!(world.used(&ada).await, 0);
}

#[tokio::test]
async fn a_server_that_was_ended_does_nothing_for_its_operator() {
    let mut world = World::new().await;
    let admin = world.server().admin();
    assert!(admin.provision("ada", 0).await.is_ok());
    world.crash().await;
    assert!(admin.provision("ada", 0).await.is_err());
}

#[tokio::test]
async fn provisioning_is_idempotent_by_name_and_bounded() {
    let world = World::new().await;
    let admin = world.server().admin();
    let first = admin.provision("ada", 2).await.unwrap();
    let second = admin.provision("ada", 1).await.unwrap();
    assert_eq!(first.user_id, second.user_id);
    let mut tokens = [first.access_tokens, second.access_tokens].concat();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 3, "every token is of a session of its own");
    assert_ne!(
        admin.provision("bob", 0).await.unwrap().user_id,
        first.user_id
    );
    assert!(admin.provision("", 1).await.is_err());
    assert!(admin.provision(&"x".repeat(129), 1).await.is_err());
    assert!(admin.provision("ada", 1001).await.is_err());
}

#[tokio::test]
async fn the_control_listener_offers_its_hooks_and_the_public_one_does_not() {
    let world = World::new().await;
    let clock: Arc<ManualClock> = world.clock.clone();
    let router = control_router(world.server().admin(), clock);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let http = reqwest::Client::new();
    let post = async |path: &str, body: Value| {
        let call = http.post(format!("{base}{path}")).json(&body);
        let response = call.send().await.unwrap();
        (
            response.status(),
            response.json::<Value>().await.unwrap_or_default(),
        )
    };
    let hooks: Value = http
        .get(format!("{base}/hooks"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(hooks, json!({ "hooks": ["provision", "clock", "purge"] }));
    let wish = json!({ "accounts": [{ "name": "ada", "sessions": 2 }] });
    let (_, accounts) = post("/provision", wish).await;
    assert_eq!(
        accounts["accounts"][0]["access_tokens"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (_, now) = post("/clock", json!({ "advance_seconds": 3600 })).await;
    assert_eq!(now, json!({ "now": "2026-11-15T13:00:00.000Z" }));
    assert_eq!(
        world.clock.now(),
        start_of_time() + jiff::SignedDuration::from_hours(1)
    );
    let (status, report) = post("/purge", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let nothing = json!({ "purged": 0, "marked": 0, "unmarked": 0, "swept": 0, "orphans": 0 });
    assert_eq!(report, nothing);
    let wish = json!({ "accounts": [{ "name": "", "sessions": 2 }] });
    assert_eq!(post("/provision", wish).await.0, StatusCode::BAD_REQUEST);
    let public = world.call(reqwest::Method::GET, "/hooks").send().await;
    public.problem(404, "error.request.not_found");
}

#[tokio::test]
async fn a_server_starts_fast_enough_to_be_started_by_the_hundred() {
    let mut world = World::new().await;
    #[expect(
        clippy::disallowed_methods,
        reason = "the measured duration is the test"
    )]
    let now = Instant::now;
    let mut times = Vec::new();
    for _ in 0..5 {
        world.crash().await;
        std::fs::remove_dir_all(world.data()).unwrap();
        let begun = now();
        world.start().await;
        times.push(begun.elapsed());
    }
    // Far above what it takes, because machines that run tests are busy.
    let fastest = times.iter().min().unwrap();
    assert!(*fastest < Duration::from_millis(100), "{times:?}");
}
