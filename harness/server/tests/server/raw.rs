//! Requests that no HTTP library would send, over a bare socket.

use crate::person::{Person, noise};
use crate::world::{World, start_of_time};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::header;
use gauntlet_wire::id::Hash;
use gauntlet_wire::problem::Problem;
use gauntlet_wire::version::ProtocolVersion;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const B: ProtocolVersion = ProtocolVersion::B;
const GARBAGE: &[u8] = b"this is not HTTP\r\n\r\n";

/// Everything that the server says to `bytes` until it ends the connection.
async fn exchange(world: &World, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(world.server().address()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut said = Vec::new();
    let read = stream.read_to_end(&mut said);
    let ended = tokio::time::timeout(Duration::from_secs(10), read).await;
    assert!(ended.is_ok(), "the connection stays open");
    said
}

/// One answer, and what follows it.
struct Said<'a> {
    status: u16,
    head: String,
    body: &'a [u8],
    rest: &'a [u8],
}

fn split(said: &[u8]) -> Said<'_> {
    let end = said
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap()
        + 4;
    let head = String::from_utf8(said[..end].to_vec()).unwrap();
    let length = value(&head, "content-length").parse::<usize>().unwrap();
    Said {
        status: head[9..12].parse().unwrap(),
        body: &said[end..end + length],
        rest: &said[end + length..],
        head,
    }
}

fn value<'a>(head: &'a str, name: &str) -> &'a str {
    let mut values = head.lines().filter_map(|line| line.split_once(": "));
    let found = values.find(|(given, _)| *given == name);
    found.unwrap_or_else(|| panic!("no {name} in {head}")).1
}

/// The last thing said has to be a problem in every respect.
fn problem(said: &Said<'_>, status: u16, code: &str) {
    assert_eq!(said.status, status, "{}", said.head);
    assert!(said.rest.is_empty());
    let problem: Problem = serde_json::from_slice(said.body).unwrap();
    assert_eq!((problem.status, problem.code.as_str()), (status, code));
    let headers = [
        ("content-type", "application/problem+json"),
        ("connection", "close"),
        ("date", "Sun, 15 Nov 2026 12:00:00 GMT"),
        (header::PROTOCOL_MIN, "2026-05-31"),
        (header::PROTOCOL_MAX, "2026-11-01"),
        (header::MIN_CLIENT_BUILD, "0.0.0"),
    ];
    for (name, expected) in headers {
        assert_eq!(value(&said.head, name), expected);
    }
}

fn get(ada: &Person, path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n{}: {B}\r\n\r\n",
        ada.token,
        header::PROTOCOL
    )
    .into_bytes()
}

#[tokio::test]
async fn a_request_that_can_not_be_parsed_is_a_problem_too() {
    let world = World::new().await;
    for bytes in [
        GARBAGE,
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\x01 HTTP/1.1\r\nhost: test\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost test\r\n\r\n",
        b"GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ] {
        let said = exchange(&world, bytes).await;
        problem(&split(&said), 400, "error.request.malformed");
    }
    assert_eq!(start_of_time().to_string(), "2026-11-15T12:00:00Z");
}

#[tokio::test]
async fn a_head_that_is_too_long_is_a_problem_too() {
    let world = World::new().await;
    let many: String = (0..65).map(|n| format!("x-{n}: y\r\n")).collect();
    let long = format!("x: {}\r\n", "y".repeat(300_000));
    for fields in [many, long] {
        let bytes = format!("GET / HTTP/1.1\r\nhost: test\r\n{fields}\r\n");
        let said = exchange(&world, bytes.as_bytes()).await;
        problem(&split(&said), 431, "error.request.too_large");
    }
    let target = format!("GET /{} HTTP/1.1\r\n\r\n", "y".repeat(300_000));
    let said = exchange(&world, target.as_bytes()).await;
    problem(&split(&said), 431, "error.request.too_large");
}

#[tokio::test]
async fn a_client_that_is_still_sending_hears_that_it_sends_too_much() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(world.server().address()).await.unwrap();
    let start = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(100_000));
    stream.write_all(start.as_bytes()).await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.write_all(&[b'y'; 100_000]).await.unwrap();
    }
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    problem(&split(&said), 431, "error.request.too_large");
}

#[tokio::test]
async fn stored_bytes_that_look_like_such_an_answer_come_back_as_they_are() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let canned = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    for (name, size) in [("one", 1), ("many", 12_000)] {
        let mut photo = ada.photo(name, 5000);
        photo.original = canned.repeat(size);
        photo.core.ciphertext_hash = Hash::of(&photo.original);
        world.send(&ada, &photo, BlobRole::Original).await;
        let path = format!("/v1/blob/{}", photo.core.ciphertext_hash);
        let mut head = get(&ada, &path);
        head.splice(..3, *b"HEAD");
        // Everything at once, so that the answers leave together.
        let asked = [get(&ada, &path), head, get(&ada, &path), GARBAGE.to_vec()].concat();
        let said = exchange(&world, &asked).await;
        let first = split(&said);
        assert!(first.body == photo.original);
        let end = first.rest.windows(4).position(|four| four == b"\r\n\r\n");
        let third = split(&first.rest[end.unwrap() + 4..]);
        assert!(third.body == photo.original);
        problem(&split(third.rest), 400, "error.request.malformed");
    }
}

#[tokio::test]
async fn a_client_that_waits_to_be_asked_for_its_body_is_asked() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let upload = world.open(&ada, &photo, BlobRole::Original).await;
    let head = format!(
        "PATCH /v1/upload/{upload} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n\
         {}: {B}\r\n{}: 1\r\n{}: 0\r\n{}: {}\r\ncontent-type: application/octet-stream\r\n\
         content-length: 5000\r\nexpect: 100-continue\r\n\r\n",
        ada.token,
        header::PROTOCOL,
        header::CRYPTO_SUITE,
        header::OFFSET,
        header::CHECKSUM,
        Hash::of(&photo.original),
    );
    let mut stream = TcpStream::connect(world.server().address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = [0; 25];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"HTTP/1.1 100 Continue\r\n\r\n");
    let sent = [photo.original.as_slice(), GARBAGE].concat();
    stream.write_all(&sent).await.unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    assert!(said.starts_with(b"HTTP/1.1 204 No Content\r\n"));
    let end = said.windows(4).position(|four| four == b"\r\n\r\n");
    problem(
        &split(&said[end.unwrap() + 4..]),
        400,
        "error.request.malformed",
    );
    assert_eq!(world.state(&ada, upload).await.0, "Completed");
}

#[tokio::test]
async fn noise_on_the_socket_harms_no_one() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    for round in 0..20 {
        let bytes = [noise(&round.to_string(), 3000), GARBAGE.to_vec()].concat();
        let said = exchange(&world, &bytes).await;
        assert!(
            said.is_empty() || said.starts_with(b"HTTP/1.1 4"),
            "{said:?}"
        );
    }
    world.upload(&ada, &ada.photo("beach", 5000)).await;
    assert_eq!(world.server().panics(), 0);
}
