//! What has no place in a request is neither answered, nor logged, nor kept (row X5).

use crate::person::Person;
use crate::world::{Answer, Call, OCTETS, World, uuid};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::header;
use gauntlet_wire::version::ProtocolVersion;
use reqwest::Method;
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber;

/// Longer than any short field may be, and nothing that an encoding would change.
fn secret() -> String {
    "holiday".repeat(20)
}

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn dispatch(&self) -> Dispatch {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_writer(move || log.clone())
            .with_ansi(false);
        Dispatch::new(subscriber.finish())
    }
}

/// The pointers of every member of a JSON object, and of one more at every level.
fn members(of: &Value, at: &str) -> Vec<String> {
    let Some(members) = of.as_object() else {
        return vec![at.to_owned()];
    };
    let inner = members
        .iter()
        .flat_map(|(name, value)| self::members(value, &format!("{at}/{name}")));
    inner.chain([format!("{at}/unknown")]).collect()
}

fn put(body: &Value, at: &str, value: Value) -> String {
    let mut body = body.clone();
    let (parent, name) = at.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body.to_string()
}

/// Requests with the secret in every place of an opening, of a chunk and of a document.
async fn misplaced(world: &World, ada: &Person) -> Vec<Call> {
    let photo = ada.photo("beach", 5000);
    let body = serde_json::to_value(photo.create(BlobRole::Original)).unwrap();
    let open = |body: String| world.write(ada, Method::POST, "/v1/upload").json(body);
    let mut calls: Vec<Call> = members(&body, "")
        .iter()
        .map(|at| open(put(&body, at, json!(secret()))))
        .collect();
    calls.push(open(put(&body, &format!("/{}", secret()), json!(1))));
    calls.push(open(secret()));
    calls.push(open(body.to_string()).query(&format!("?key={}", secret())));
    calls.push(open(body.to_string()).header("x-key", &secret()));
    let upload = world.open(ada, &photo, BlobRole::Metadata).await;
    let chunk = world.chunk(ada, upload, 0, &photo.metadata);
    for name in [
        header::PROTOCOL,
        header::CRYPTO_SUITE,
        header::OFFSET,
        header::CHECKSUM,
        "content-type",
        "authorization",
    ] {
        calls.push(chunk.clone().with(name, &secret()));
    }
    for path in ["/v1/upload/", "/v1/blob/", "/v1/", "/v1/albums/", "/"] {
        let path = format!("{path}{}", secret());
        calls.push(world.write(ada, Method::PATCH, &path).body(OCTETS, vec![1]));
        calls.push(world.read(ada, &path));
    }
    let ledger = format!("/v1/albums/{}/ledger", uuid(1));
    let text = [&[0x78, secret().len() as u8], secret().as_bytes()].concat();
    for (method, path) in [
        (Method::PUT, ledger.as_str()),
        (Method::POST, "/v1/auth/devices/directory"),
    ] {
        let document = world.write(ada, method, path);
        calls.push(document.body("application/cbor", text.clone()));
    }
    for path in ["sync?cursor=", "sync?album_id=", "upload/sessions?status="] {
        calls.push(world.read(ada, &format!("/v1/{path}{}", secret())));
    }
    calls
}

fn holds(bytes: &[u8]) -> bool {
    let secret = secret();
    bytes
        .windows(secret.len())
        .any(|window| window == secret.as_bytes())
}

fn kept_below(folder: &Path) -> Option<String> {
    std::fs::read_dir(folder).unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return kept_below(&path);
        }
        let held =
            holds(&std::fs::read(&path).unwrap()) || path.to_string_lossy().contains(&secret());
        held.then(|| path.display().to_string())
    })
}

fn assert_silent(answer: &Answer) {
    let headers = format!("{:?}", answer.headers);
    assert!(!holds(&answer.body), "{}", answer.text());
    assert!(!headers.contains(&secret()), "{headers}");
}

#[tokio::test]
async fn a_secret_out_of_its_place_is_neither_answered_nor_logged_nor_kept() {
    let log = Log::default();
    // With one dispatcher alive, tracing asks only that of the thread which first gets to a place in the code;
    // another test's has none, and the place would stay silent for this one too.
    let _second = Dispatch::new(tracing_subscriber::registry());
    let world = World::new().with_subscriber(log.dispatch()).await;
    let ada = world.person("ada", ProtocolVersion::B).await;
    let calls = misplaced(&world, &ada).await;
    assert!(calls.len() > 45, "{}", calls.len());
    for call in calls {
        assert_silent(&call.send().await);
    }
    let said = log.text();
    assert!(said.contains("route=\"/v1/upload\" status=400"), "{said}");
    assert!(said.contains("route=\"no route\" status=404"), "{said}");
    let quoted = said.lines().find(|line| line.contains(&secret()));
    assert_eq!(quoted, None);
    assert_eq!(kept_below(world.root.path()), None);
}
