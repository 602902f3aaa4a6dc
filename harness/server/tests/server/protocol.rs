//! What holds for every route: the gate, problem bodies, headers, bounds of bodies.

use crate::person::{Person, noise};
use crate::world::{Answer, OCTETS, World, uuid};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::header;
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::{AlbumCreated, ServerInfo};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::ProtocolVersion;
use reqwest::{Method, StatusCode};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const B: ProtocolVersion = ProtocolVersion::B;

#[tokio::test]
async fn unknown_routes_and_methods_are_problems_too() {
    let world = World::new().await;
    let unknown = world.call(Method::GET, "/v1/nothing").send().await;
    unknown.problem(404, "error.request.not_found");
    let method = world.call(Method::PUT, "/v1/upload").send().await;
    method.problem(405, "error.request.method_not_allowed");
    assert_eq!(method.header("allow"), "POST");
    let method = world
        .call(Method::GET, &format!("/v1/upload/{}", uuid(1)))
        .send()
        .await;
    method.problem(405, "error.request.method_not_allowed");
    assert_eq!(method.header("allow"), "HEAD,PATCH,DELETE");
}

#[tokio::test]
async fn a_caller_without_a_valid_token_is_unauthenticated() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let quota = || world.read(&ada, "/v1/quota");
    for call in [
        quota().without("authorization"),
        quota().with("authorization", "Bearer nonsense"),
        quota().with("authorization", &ada.token),
        quota().header("authorization", &format!("Bearer {}", ada.token)),
    ] {
        let answer = call.send().await;
        answer.problem(401, "error.request.unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    world.advance(jiff::SignedDuration::from_mins(15));
    quota()
        .send()
        .await
        .problem(401, "error.request.unauthenticated");
}

#[tokio::test]
async fn refusals_are_counted_by_their_rule_and_nothing_else_is() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let before = world.server().refusals();
    world.read(&ada, "/v1/quota").send().await;
    world.call(Method::GET, "/v1/nothing").send().await;
    assert_eq!(world.server().refusals(), before);
    for _ in 0..2 {
        let call = world.read(&ada, "/v1/upload/sessions?status=Sleeping");
        call.send()
            .await
            .problem(400, "error.upload.invalid_status_filter");
    }
    let counted = world.server().refusals();
    assert_eq!(counted.get(&Rule::StatusFilterKnown), Some(&2));
    assert_eq!(counted.len(), before.len() + 1);
}

#[tokio::test]
async fn the_handshake_comes_before_authentication_on_every_route() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let upload = format!("/v1/upload/{}", uuid(1));
    let writes = [
        (Method::POST, "/v1/albums"),
        (Method::POST, "/v1/upload"),
        (Method::PATCH, upload.as_str()),
        (Method::DELETE, upload.as_str()),
        (Method::POST, "/v1/auth/devices/directory"),
    ];
    for (method, path) in writes {
        let call = world.write(&ada, method, path).without("authorization");
        let old = call
            .clone()
            .with(header::PROTOCOL, "2026-01-01")
            .send()
            .await;
        let problem = old.problem(426, "error.protocol.version_unsupported");
        assert_eq!(problem.extension.protocol_min, Some(ProtocolVersion::A));
        assert_eq!(problem.extension.protocol_max, Some(ProtocolVersion::B));
        let twice = call
            .clone()
            .header(header::PROTOCOL, "2026-11-01")
            .send()
            .await;
        twice.problem(400, "error.request.malformed");
        let bare = call.clone().without(header::CRYPTO_SUITE).send().await;
        bare.problem(400, "error.request.malformed");
        let suite = call.clone().with(header::CRYPTO_SUITE, "2").send().await;
        suite.problem(400, "error.upload.unknown_crypto_suite");
        call.send()
            .await
            .problem(401, "error.request.unauthenticated");
    }
    for path in ["/v1/sync", "/v1/quota", "/v1/upload/sessions"] {
        let call = world.read(&ada, path);
        let old = call
            .clone()
            .with(header::PROTOCOL, "2026-01-01")
            .send()
            .await;
        assert_eq!(
            old.status,
            StatusCode::OK,
            "a read of any past version is served"
        );
        let missing = call.without(header::PROTOCOL).send().await;
        missing.problem(400, "error.request.malformed");
    }
}

#[tokio::test]
async fn well_known_documents_need_neither_handshake_nor_token() {
    let world = World::new().await;
    for path in [
        "/v1/version",
        "/.well-known/capsule/server-info",
        "/.well-known/capsule/revoked-jti",
        "/.well-known/capsule/deprecation",
    ] {
        let answer = world.call(Method::GET, path).send().await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header(header::PROTOCOL_MIN), "2026-05-31");
        assert_eq!(answer.header(header::PROTOCOL_MAX), "2026-11-01");
        assert_eq!(answer.header("date"), "Sun, 15 Nov 2026 12:00:00 GMT");
    }
    let info = world
        .call(Method::GET, "/.well-known/capsule/server-info")
        .send()
        .await;
    let info: ServerInfo = info.json(StatusCode::OK);
    assert_eq!(info.server_id, "test.example");
    assert_eq!(info.api_base_url, world.server().base_url());
    world.advance(jiff::SignedDuration::from_hours(24));
    let later = world.call(Method::GET, "/v1/version").send().await;
    assert_eq!(later.header("date"), "Mon, 16 Nov 2026 12:00:00 GMT");
    assert_eq!(later.headers.get_all("date").iter().count(), 1);
}

#[tokio::test]
async fn an_album_id_is_bound_to_its_first_owner_and_pinned_for_life() {
    let world = World::new().await;
    let ada = world.person("ada", ProtocolVersion::A).await;
    let bob = world.person("bob", B).await;
    let body = serde_json::json!({ "album_id": ada.album }).to_string();
    let again = world
        .write(&ada, Method::POST, "/v1/albums")
        .with(header::PROTOCOL, "2026-11-01")
        .json(body)
        .send()
        .await;
    let album: AlbumCreated = again.json(StatusCode::OK);
    assert!(!album.created);
    assert_eq!(album.protocol_version, ProtocolVersion::A);
    let taken = world.create_album(&bob, ada.album).await;
    taken.problem(403, "error.album.not_available");
    for (body, code) in [
        (r#"{"album_id":"ALBUM"}"#, "error.album.invalid_id"),
        (r#"{"album_id":"x","owner":"y"}"#, "error.request.malformed"),
        ("[]", "error.request.malformed"),
    ] {
        let call = world.write(&ada, Method::POST, "/v1/albums");
        call.json(body.to_owned()).send().await.problem(400, code);
    }
}

#[tokio::test]
async fn bodies_of_another_type_or_beyond_their_bound_are_refused() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    for path in ["/v1/albums", "/v1/upload", "/v1/storage/verify"] {
        let call = world.write(&ada, Method::POST, path);
        let text = call.clone().body("text/plain", b"{}".to_vec()).send().await;
        text.problem(415, "error.request.unsupported_media_type");
        let long = call.json(" ".repeat((256 << 10) + 1)).send().await;
        long.problem(413, "error.request.too_large");
    }
}

#[tokio::test]
async fn an_early_refusal_of_a_large_body_still_reaches_its_client() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    for size in [1 << 20, 8 << 20] {
        let body = noise("large", size);
        let call = world
            .write(&ada, Method::PATCH, &format!("/v1/upload/{}", uuid(1)))
            .header(header::OFFSET, "0")
            .header(header::CHECKSUM, &Hash::of(&body).to_string())
            .body(OCTETS, body);
        let old = call
            .clone()
            .with(header::PROTOCOL, "2026-01-01")
            .send()
            .await;
        old.problem(426, "error.protocol.version_unsupported");
        call.send()
            .await
            .problem(404, "error.upload.session_not_found");
    }
}

/// Sends the head of a chunk over a bare socket; what follows is the test's.
async fn bare_chunk(world: &World, ada: &Person, framing: &str) -> TcpStream {
    let photo = ada.photo("beach", 50_000);
    let upload = world.open(ada, &photo, BlobRole::Original).await;
    let head = format!(
        "PATCH /v1/upload/{upload} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n\
         {}: {B}\r\n{}: 1\r\n{}: 0\r\n{}: {}\r\ncontent-type: {OCTETS}\r\n{framing}\r\n\r\n",
        ada.token,
        header::PROTOCOL,
        header::CRYPTO_SUITE,
        header::OFFSET,
        header::CHECKSUM,
        Hash::of(b""),
    );
    let mut stream = TcpStream::connect(world.server().address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The status line of the answer on a bare socket.
async fn status_line(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n") && stream.read(&mut byte).await.unwrap() == 1 {
        answer.push(byte[0]);
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn an_endless_body_is_refused_where_it_crosses_the_bound() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let mut stream = bare_chunk(&world, &ada, "transfer-encoding: chunked").await;
    let (mut reading, mut writing) = stream.split();
    let piece = [b"8000\r\n".as_slice(), &[7; 0x8000], b"\r\n"].concat();
    let endless = async {
        while writing.write_all(&piece).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let mut start = [0; 12];
    tokio::select! {
        () = endless => panic!("the connection ended before an answer came"),
        read = reading.read_exact(&mut start) => { read.unwrap(); }
    }
    assert_eq!(&start, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_body_announced_as_too_long_is_refused_before_it_is_sent() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let mut stream = bare_chunk(&world, &ada, "content-length: 1000000000000").await;
    let line = tokio::time::timeout(Duration::from_secs(5), status_line(&mut stream)).await;
    assert!(line.unwrap().starts_with("HTTP/1.1 413"));
}

#[tokio::test]
async fn clients_that_hang_do_not_keep_others_waiting() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let hanging = [
        bare_chunk(&world, &ada, "content-length: 4096").await,
        TcpStream::connect(world.server().address()).await.unwrap(),
    ];
    let bob = world.person("bob", B).await;
    let photo = bob.photo("beach", 5000);
    let done = tokio::time::timeout(Duration::from_secs(10), world.upload(&bob, &photo)).await;
    assert!(done.is_ok());
    drop(hanging);
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_its_session_as_it_was() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let mut stream = bare_chunk(&world, &ada, "content-length: 4096").await;
    stream.write_all(&[7; 1000]).await.unwrap();
    stream.shutdown().await.unwrap();
    let line = status_line(&mut stream).await;
    assert!(
        line.is_empty() || line.starts_with("HTTP/1.1 400"),
        "{line}"
    );
    let photo = ada.photo("beach", 50_000);
    let resumed = world
        .open_with(&ada, &photo.create(BlobRole::Original))
        .await;
    assert_eq!(resumed.status, StatusCode::OK);
    assert_eq!(resumed.header(header::OFFSET), "0");
    assert!(world.uploads().is_empty());
}

#[tokio::test]
async fn every_answer_speaks_over_http_2_as_over_http_1() {
    let world = World::new().await;
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .unwrap();
    let url = format!("{}/v1/nothing", world.server().base_url());
    let response = client.get(url).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let answer = Answer::read(response).await;
    answer.problem(404, "error.request.not_found");
    assert_eq!(answer.headers.get_all("date").iter().count(), 1);
    assert_eq!(answer.header("date"), "Sun, 15 Nov 2026 12:00:00 GMT");
}
