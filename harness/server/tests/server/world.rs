//! A server on a loopback socket with a hand-moved clock and a disk that can lose its power.

use crate::person::Person;
use gauntlet_server::{
    Clock, Config, Contract, CrashPoints, DirectoryDisk, Disk, Judge, ManualClock, Ports,
    RoutesAlone, Running, Server, SqliteFile, Unheard, VolatileDisk,
};
use gauntlet_validator::server::Policy;
use gauntlet_wire::header;
use gauntlet_wire::id::{AlbumId, UploadId};
use gauntlet_wire::json::{Quota, SyncPage};
use gauntlet_wire::problem::Problem;
use gauntlet_wire::version::ProtocolVersion;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const OCTETS: &str = "application/octet-stream";

pub(crate) fn start_of_time() -> Timestamp {
    "2026-11-15T12:00:00Z".parse().unwrap()
}

/// A policy whose numbers are small enough to be crossed in a test.
pub(crate) fn small_policy() -> Policy {
    Policy {
        max_file_size: 1 << 20,
        max_chunk: 64 << 10,
        quota_hard_limit: Some(1 << 20),
        ..Policy::default()
    }
}

/// One world: a data folder, its ports, and the server that runs over them.
pub(crate) struct World {
    pub(crate) root: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) disk: Arc<VolatileDisk>,
    /// What the next start runs on: the disk above, or something around it.
    pub(crate) runs_on: Arc<dyn Disk>,
    pub(crate) judge: Arc<dyn Judge>,
    pub(crate) crash_points: Arc<dyn CrashPoints>,
    pub(crate) policy: Policy,
    pub(crate) running: Option<Running>,
    http: reqwest::Client,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(small_policy(), Arc::new(Contract)).await
    }

    pub(crate) async fn with(policy: Policy, judge: Arc<dyn Judge>) -> Self {
        // Another test of this process may have installed it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let root = tempfile::tempdir().unwrap();
        let disk = DirectoryDisk::new(root.path().join("disk")).unwrap();
        let disk = Arc::new(VolatileDisk::new(disk));
        let mut world = Self {
            clock: Arc::new(ManualClock::new(start_of_time())),
            runs_on: disk.clone(),
            disk,
            judge,
            crash_points: Arc::new(Unheard),
            policy,
            running: None,
            http: reqwest::Client::new(),
            root,
        };
        world.start().await;
        world
    }

    pub(crate) async fn start(&mut self) {
        let config = Config {
            server_id: "test.example".to_owned(),
            policy: self.policy.clone(),
            data: self.data(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: [42; 32],
        };
        let ports = Ports {
            clock: self.clock.clone(),
            disk: Arc::clone(&self.runs_on),
            judge: self.judge.clone(),
            access: Arc::new(RoutesAlone),
            crash_points: self.crash_points.clone(),
            store: Arc::new(SqliteFile),
        };
        self.running = Some(Server::start(config, ports).await.unwrap());
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    pub(crate) fn server(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) async fn crash(&mut self) {
        self.running.take().unwrap().crash().await;
    }

    /// A crash with the power gone, and a start over what is left.
    pub(crate) async fn lose_power(&mut self) {
        self.crash().await;
        self.disk.lose_power().unwrap();
        self.start().await;
    }

    pub(crate) async fn restart(&mut self) {
        self.running.take().unwrap().shutdown().await.unwrap();
        self.start().await;
    }

    pub(crate) fn advance(&self, step: SignedDuration) {
        self.clock.advance(step);
    }

    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A person with an account, a published directory and an album with its ledger, speaking
    /// `protocol`.
    pub(crate) async fn person(&self, name: &str, protocol: ProtocolVersion) -> Person {
        let account = self.server().admin().provision(name, 1).await.unwrap();
        let token = account.access_tokens[0].clone();
        let person = Person::new(name, account.user_id, token, protocol);
        let published = self.publish(&person, 1, None).await;
        assert_eq!(published.status, StatusCode::OK, "{published:?}");
        let album = self.create_album(&person, person.album).await;
        assert_eq!(album.status, StatusCode::OK, "{album:?}");
        let ledger = person.ledger(person.album, 1);
        let stored = self.publish_ledger(&person, person.album, ledger).await;
        assert_eq!(stored.status, StatusCode::OK, "{stored:?}");
        person
    }

    pub(crate) async fn publish_ledger(
        &self,
        person: &Person,
        album: AlbumId,
        ledger: Vec<u8>,
    ) -> Answer {
        let path = format!("/v1/albums/{album}/ledger");
        self.write(person, Method::PUT, &path)
            .body("application/cbor", ledger)
            .send()
            .await
    }

    /// Fresh credentials, as 15 minutes of moved clock make necessary.
    pub(crate) async fn refresh(&self, person: &mut Person) {
        let account = self
            .server()
            .admin()
            .provision(&person.name, 1)
            .await
            .unwrap();
        assert_eq!(account.user_id, person.user);
        person.token.clone_from(&account.access_tokens[0]);
    }

    pub(crate) async fn create_album(&self, person: &Person, album: AlbumId) -> Answer {
        let body = serde_json::json!({ "album_id": album });
        self.write(person, Method::POST, "/v1/albums")
            .json(body.to_string())
            .send()
            .await
    }

    pub(crate) async fn publish(
        &self,
        person: &Person,
        version: u64,
        revoked_at: Option<Timestamp>,
    ) -> Answer {
        let document = person.directory(version, revoked_at);
        self.write(person, Method::POST, "/v1/auth/devices/directory")
            .header(header::IDENTITY_KEY, &person.identity_header())
            .body("application/cbor", document)
            .send()
            .await
    }

    pub(crate) async fn feed(&self, person: &Person) -> SyncPage {
        let page = self.read(person, "/v1/sync").send().await;
        page.json(StatusCode::OK)
    }

    pub(crate) async fn used(&self, person: &Person) -> u64 {
        let quota = self.read(person, "/v1/quota").send().await;
        quota.json::<Quota>(StatusCode::OK).used
    }

    /// A request with the handshake and token of a read.
    pub(crate) fn read(&self, person: &Person, path: &str) -> Call {
        self.call(Method::GET, path)
            .header(header::PROTOCOL, &person.protocol.to_string())
            .header("authorization", &format!("Bearer {}", person.token))
    }

    /// A request with the handshake and token of a write.
    pub(crate) fn write(&self, person: &Person, method: Method, path: &str) -> Call {
        Call {
            method,
            ..self.read(person, path)
        }
        .header(header::CRYPTO_SUITE, "1")
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        Call {
            http: self.http.clone(),
            method,
            url: format!("{}{path}", self.server().base_url()),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Every file that lies in the uploads folder.
    pub(crate) fn uploads(&self) -> Vec<UploadId> {
        self.disk.uploads().unwrap()
    }
}

/// A request that is being put together.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) http: reqwest::Client,
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Call {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a query, given with its question mark.
    pub(crate) fn query(mut self, query: &str) -> Self {
        self.url.push_str(query);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| given != name);
        self
    }

    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).header(name, value)
    }

    pub(crate) fn body(self, media_type: &str, body: Vec<u8>) -> Self {
        Self {
            body: Some(body),
            ..self.header("content-type", media_type)
        }
    }

    pub(crate) fn json(self, body: String) -> Self {
        self.body("application/json", body.into_bytes())
    }

    pub(crate) async fn send(self) -> Answer {
        let mut request = self.http.request(self.method, &self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let answer = Answer::read(client.execute(request).await.unwrap()).await;
        crate::openapi::assert_described(&method, &path, &answer);
        answer
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, status: StatusCode) -> T {
        assert_eq!(self.status, status, "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The problem body, which must be one in every respect.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Problem {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!((problem.status, problem.code.as_str()), (status, code));
        assert_eq!(
            self.header(header::PROTOCOL_MIN),
            ProtocolVersion::A.as_str()
        );
        assert_eq!(
            self.header(header::PROTOCOL_MAX),
            ProtocolVersion::B.as_str()
        );
        assert_eq!(self.header(header::MIN_CLIENT_BUILD), "0.0.0");
        problem
    }
}

pub(crate) fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}
