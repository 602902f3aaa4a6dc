//! Every endpoint is fed garbage: what comes back is lawful, and no one is harmed.

use crate::op::in_a_month;
use crate::person::{Person, Photo, noise};
use crate::world::{Answer, Call, OCTETS, World, small_policy, uuid};
use gauntlet_server::Contract;
use gauntlet_validator::server::Policy;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::header;
use gauntlet_wire::id::{Hash, UploadId};
use gauntlet_wire::version::ProtocolVersion;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reqwest::Method;
use std::sync::Arc;
use std::time::Duration;

const B: ProtocolVersion = ProtocolVersion::B;
/// Requests of one run.
const CASES: u32 = 1500;

/// One request, as far as it is not honest.
#[derive(Debug, Clone)]
struct Garbage {
    method: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    None,
    Bytes(&'static str, Vec<u8>),
    /// An honest body of the fixture, altered.
    Altered {
        media_type: &'static str,
        which: usize,
        alteration: Alteration,
    },
}

#[derive(Debug, Clone)]
enum Alteration {
    /// The byte at this place is another.
    Flip(prop::sample::Index, u8),
    /// It ends here.
    Cut(prop::sample::Index),
    /// These bytes are put in.
    Insert(prop::sample::Index, &'static str),
    /// Every number and text of this spelling is another.
    Respell(&'static str, &'static str),
}

impl Alteration {
    fn apply(&self, honest: &[u8]) -> Vec<u8> {
        let mut bytes = honest.to_vec();
        match self {
            Self::Flip(at, mask) => {
                let at = at.index(bytes.len());
                bytes[at] ^= mask;
            }
            Self::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Self::Insert(at, text) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, text.bytes());
            }
            Self::Respell(from, to) => {
                let text = String::from_utf8_lossy(&bytes).replace(from, to);
                bytes = text.into_bytes();
            }
        }
        bytes
    }
}

/// An honest person with something of everything.
struct Fixture {
    ada: Person,
    photo: Photo,
    upload: UploadId,
    bodies: Vec<Vec<u8>>,
}

impl Fixture {
    async fn new(world: &World) -> Self {
        let ada = world.person("ada", B).await;
        let photo = ada.photo("beach", 5000);
        world.upload(&ada, &photo).await;
        let open = ada.photo("open", 9000);
        let upload = world.open(&ada, &open, BlobRole::Original).await;
        let json = |value: serde_json::Value| value.to_string().into_bytes();
        let next = ada.photo("next", 4096).create(BlobRole::Original);
        let update = ada.update(&photo.head(), noise("caption", 400));
        let delete = ada.delete(&photo.head(), in_a_month());
        let bodies = vec![
            serde_json::to_vec(&next).unwrap(),
            serde_json::to_vec(&update.body()).unwrap(),
            serde_json::to_vec(&delete.body()).unwrap(),
            json(serde_json::json!({ "album_id": ada.album })),
            json(serde_json::json!({ "assets": [{
                "asset_id": photo.asset, "blob_hashes": [photo.link] }], "deep": true })),
            json(
                serde_json::json!({ "intent_id": uuid(1), "frozen_state_hash": photo.link,
                "successor_album_id": uuid(2) }),
            ),
            ada.ledger(ada.album, 2),
            ada.directory(2, None),
            open.original[..4096].to_vec(),
        ];
        Self {
            ada,
            photo,
            upload,
            bodies,
        }
    }

    fn path(&self, template: &str) -> String {
        template
            .replace("{album}", &self.ada.album.to_string())
            .replace("{upload}", &self.upload.to_string())
            .replace("{user}", &self.ada.user.to_string())
            .replace("{hash}", &Hash::of(&self.photo.original).to_string())
    }

    fn call(&self, world: &World, garbage: &Garbage) -> Call {
        let method = Method::from_bytes(garbage.method.as_bytes()).unwrap();
        let call = world.write(&self.ada, method, &self.path(&garbage.path));
        let call = garbage
            .headers
            .iter()
            .fold(call, |call, (name, value)| call.with(name, value));
        match &garbage.body {
            Body::None => call,
            Body::Bytes(media_type, bytes) => call.body(media_type, bytes.clone()),
            Body::Altered {
                media_type,
                which,
                alteration,
            } => {
                let honest = &self.bodies[which % self.bodies.len()];
                call.body(media_type, alteration.apply(honest))
            }
        }
    }
}

const PATHS: &[&str] = &[
    "/v1/albums",
    "/v1/albums/{album}/ledger",
    "/v1/albums/{album}/ops",
    "/v1/albums/{album}/upgrade",
    "/v1/albums/{album}/upgrade/complete",
    "/v1/upload",
    "/v1/upload/sessions",
    "/v1/upload/{upload}",
    "/v1/sync",
    "/v1/blob/{hash}",
    "/v1/storage/verify",
    "/v1/quota",
    "/v1/version",
    "/v1/auth/devices/directory",
    "/v1/users/{user}/directory",
    "/.well-known/capsule/server-info",
    "/v1/nothing",
];

fn path() -> impl Strategy<Value = String> {
    let segment = select(vec![
        "",
        "%00",
        "%ff%fe",
        "..",
        "%2e%2e%2f",
        "0",
        "{album}",
        "00000000-0000-0000-0000-000000000000",
    ]);
    let query = select(vec![
        "",
        "?",
        "?intent_id=",
        "?intent_id=x&intent_id=y",
        "?cursor=AAAA",
        "?page_size=-1",
        "?page_size=1000&album_id=x",
        "?status=Pending",
        "?%ff=%fe",
        "?a=b&c",
        "?cursor=%00",
    ]);
    let path = prop_oneof![
        4 => select(PATHS).prop_map(str::to_owned),
        1 => (select(PATHS), segment).prop_map(|(path, segment)| {
            let cut = path.rsplit_once('/').map_or("", |(start, _)| start);
            format!("{cut}/{segment}")
        }),
    ];
    (path, query).prop_map(|(path, query)| format!("{path}{query}"))
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let name = select(vec![
        header::PROTOCOL,
        header::CRYPTO_SUITE,
        header::SIDECAR_SCHEMA,
        header::OFFSET,
        header::CHECKSUM,
        header::IDENTITY_KEY,
        "authorization",
        "range",
        "if-range",
        "accept",
        "content-encoding",
        "expect",
    ]);
    let value = prop_oneof![
        select(vec![
            "",
            "0",
            "1",
            "-1",
            "+1",
            "01",
            "18446744073709551615",
            "18446744073709551616",
            "2026-11-01",
            "9999-99-99",
            "Bearer ",
            "Bearer a.b.c",
            "bytes=0-",
            "bytes=18446744073709551615-",
            "\t1",
        ])
        .prop_map(str::to_owned),
        "[ -~]{0,300}",
    ];
    prop::collection::vec((name, value), 0..3)
}

fn body() -> impl Strategy<Value = Body> {
    let media_type = select(vec![
        "application/json",
        "application/cbor",
        OCTETS,
        "text/plain",
        "application/json; charset=x",
        "",
        "multipart/form-data; boundary=x",
    ]);
    let json = select(vec![
        "",
        "{}",
        "[]",
        "null",
        "0",
        "\"x\"",
        "{\"a\":1e999}",
        "{\"a\":{\"a\":1,\"a\":2}}",
        "[[[[[[[[",
        "{\"album_id\":null}",
        "\u{feff}{}",
        "{\"size\":18446744073709551615}",
    ]);
    let place = || any::<prop::sample::Index>();
    let alteration = prop_oneof![
        (place(), 1..=255_u8).prop_map(|(at, mask)| Alteration::Flip(at, mask)),
        place().prop_map(Alteration::Cut),
        (
            place(),
            select(vec!["\0", "{", "\"", ",\"a\":1", "\u{9f92}"])
        )
            .prop_map(|(at, text)| Alteration::Insert(at, text)),
        select(vec![
            (":1,", ":18446744073709551615,"),
            (":1,", ":-1,"),
            (":4096,", ":4097,"),
            ("2026-", "9999-"),
            ("image/jpeg", "image/jxl"),
            ("original", "backup"),
            ("\"delete\"", "\"create\""),
            ("Z\"", "+23:59\""),
            ("derived", "wrapped"),
        ])
        .prop_map(|(from, to)| Alteration::Respell(from, to)),
    ];
    prop_oneof![
        1 => Just(Body::None),
        2 => (media_type.clone(), json).prop_map(|(media, text)| Body::Bytes(media, text.into())),
        2 => (media_type.clone(), prop::collection::vec(any::<u8>(), 0..2000))
            .prop_map(|(media, bytes)| Body::Bytes(media, bytes)),
        1 => (media_type, 0..2_000_000_usize)
            .prop_map(|(media, size)| Body::Bytes(media, vec![b'['; size])),
        6 => (select(vec!["application/json", "application/cbor", OCTETS]), 0..9_usize, alteration)
            .prop_map(|(media_type, which, alteration)| Body::Altered {
                media_type,
                which,
                alteration,
            }),
    ]
}

fn garbage() -> impl Strategy<Value = Garbage> {
    let method = select(vec![
        "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW",
    ]);
    (method, path(), headers(), body()).prop_map(|(method, path, headers, body)| Garbage {
        method,
        path,
        headers,
        body,
    })
}

/// A success of the contract, or a problem with a code of its catalogue.
fn assert_lawful(garbage: &Garbage, answer: &Answer) {
    if answer.status.is_success() {
        return;
    }
    assert!(answer.status.is_client_error(), "{garbage:?}: {answer:?}");
    if garbage.method == "HEAD" {
        return;
    }
    let problem: gauntlet_wire::problem::Problem = serde_json::from_slice(&answer.body).unwrap();
    assert!(problem.code.parse::<gauntlet_wire::code::Code>().is_ok());
    answer.problem(answer.status.as_u16(), &problem.code);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_refused_lawfully_wherever_it_is_sent() {
    let policy = Policy {
        quota_hard_limit: None,
        ..small_policy()
    };
    let world = World::with(policy, Arc::new(Contract)).await;
    let fixture = Fixture::new(&world).await;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = garbage();
    let (mut refused, mut taken) = (0, 0);
    for _ in 0..CASES {
        let garbage = strategy.new_tree(&mut runner).unwrap().current();
        let call = fixture.call(&world, &garbage).send();
        let answer = tokio::time::timeout(Duration::from_secs(10), call).await;
        let answer = answer.unwrap_or_else(|_| panic!("{garbage:?} hangs"));
        assert_lawful(&garbage, &answer);
        *(if answer.status.is_success() {
            &mut taken
        } else {
            &mut refused
        }) += 1;
    }
    // Reached: most of it is refused, and some of it was no garbage.
    assert!(
        refused > CASES / 2 && taken > 0,
        "{refused} refused, {taken} taken"
    );
    assert_eq!(world.server().panics(), 0);
    let bob = world.person("bob", B).await;
    world.upload(&bob, &bob.photo("after", 5000)).await;
    let got = world
        .download(&fixture.ada, Hash::of(&fixture.photo.original))
        .await;
    assert!(got.body == fixture.photo.original);
}
