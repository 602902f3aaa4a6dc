//! The cast of a world: an author with three devices, a bystander, and their eyes.

use super::eye::Eye;
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::binding::{Account, World};
use crate::{Address, Answer, HttpTransport, Limits, Line, Recorder, Stop};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_simulator::{Client, Device, Method, Mint, Person, Photo, Profile, Request};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::header;
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;
use std::time::Duration;

/// The author's sessions: phone, laptop, tablet, fresh device.
const AUTHOR_SESSIONS: usize = 4;
/// How long before now the devices joined, well past any uncertainty of the target's clock.
const JOINED_BEFORE: SignedDuration = SignedDuration::from_hours(1);
/// What a `Date` header is cut to (RFC 9110 §5.6.7).
const DATE_RESOLUTION: Duration = Duration::from_secs(1);

/// The target's clock, as an answer said.
pub(crate) struct Clock {
    /// What it said.
    pub(crate) now: jiff::Timestamp,
    /// How far that may be from the truth: the resolution of `Date` and the time that the call took.
    pub(crate) uncertainty: Duration,
}

/// Everyone in a world.
pub(crate) struct Cast {
    /// The author's phone: the client whose script is attacked.
    pub(crate) phone: Member,
    /// The author's laptop: a second device of the same account.
    pub(crate) laptop: Member,
    /// Someone else with an album of their own.
    pub(crate) bystander: Member,
    /// The author's tablet, which last looked before the attack.
    pub(crate) offline: Eye,
    /// A line for a device that looks for the first time after the attack.
    pub(crate) fresh: Line,
    /// How many credentials the author's eyes share the account with.
    pub(crate) author_credentials: usize,
}

/// One device that writes, and its eye.
pub(crate) struct Member {
    pub(crate) client: Client,
    pub(crate) eye: Eye,
}

impl Member {
    pub(crate) fn line(&self) -> &Line {
        &self.eye.line
    }

    /// Uploads a photo from beginning to end and sees it on the feed.
    ///
    /// # Errors
    /// [`Stop::Invalid`] with what was refused; the caller decides what a refusal means.
    pub(crate) async fn upload(
        &mut self,
        photo: Photo,
        now: jiff::Timestamp,
    ) -> Result<(Acknowledged, u64), Stop> {
        let draft = self
            .client
            .draft(photo, now)
            .map_err(|error| Stop::Error(format!("the simulator can't draft: {error}")))?;
        let bytes = draft.blobs.iter().map(|blob| blob.bytes.len() as u64).sum();
        let mut upload = Upload::new(draft);
        for step in upload.draft.steps() {
            let answer = upload.send(self.line(), step).await?;
            accepted(self.line().actor(), "its upload", &answer)?;
        }
        let acknowledged = Acknowledged::of(&upload.draft)
            .ok_or_else(|| Stop::Error("the draft has no record".to_owned()))?;
        Ok((acknowledged, bytes))
    }
}

/// Fails with what was refused.
pub(crate) fn accepted(actor: &str, what: &str, answer: &Answer) -> Result<(), Stop> {
    if answer.is_success() {
        return Ok(());
    }
    if answer.status == 401 {
        let refused = answer.summary();
        return Err(Stop::Error(format!(
            "{actor}: the access token was refused: {refused}"
        )));
    }
    let body = String::from_utf8_lossy(&answer.body);
    let detail: String = body.chars().take(300).collect();
    Err(Stop::Invalid(format!(
        "{actor}: {what} was refused: {} {detail}",
        answer.summary()
    )))
}

/// What a world is set up from.
pub(crate) struct Setting<'a> {
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
    pub(crate) recorder: &'a Recorder,
    pub(crate) address: &'a Address,
}

impl Setting<'_> {
    fn line(&self, actor: &str, token: &str) -> Result<Line, Stop> {
        let transport =
            HttpTransport::new(self.limits).map_err(|error| Stop::Error(error.to_string()))?;
        let recorder = self.recorder.clone();
        recorder.name(token, format!("<token:{actor}>"));
        Ok(Line::new(
            actor,
            token.to_owned(),
            self.address.clone(),
            transport,
            recorder,
        ))
    }
}

impl Cast {
    /// Sets a world up: accounts, directories, albums. The target's clock, as its answers say, is
    /// the time of everything that is signed.
    pub(crate) async fn assemble(
        world: &mut dyn World,
        setting: &Setting<'_>,
    ) -> Result<(Self, Clock), Stop> {
        let accounts = world
            .provision(&[("author", AUTHOR_SESSIONS), ("bystander", 1)])
            .await?;
        let [author, bystander] = accounts.as_slice() else {
            return Err(Stop::Error(
                "the target did not make both accounts".to_owned(),
            ));
        };
        for account in &accounts {
            setting.recorder.name(
                &account.user_id.to_string(),
                format!("<user:{}>", account.name),
            );
        }
        let mint = Mint::new(setting.seed, &world.salt());
        let identity = match world.lasting_identity() {
            Some(salt) => Mint::new(0, &salt),
            None => mint.clone(),
        };
        let began = tokio::time::Instant::now();
        let now = clock(&setting.line("observer", &token(author, 0)?)?).await?;
        let uncertainty = DATE_RESOLUTION + began.elapsed();

        let people = [
            household("author", author, &identity, &["phone", "laptop"], now),
            household("bystander", bystander, &identity, &["camera"], now),
        ];
        let [author_person, bystander_person] = &people;
        let member =
            |actor: &str, session: &str, person: &Person, device: usize, profile: Profile| {
                let device = person
                    .devices
                    .get(device)
                    .ok_or_else(|| Stop::Error(format!("{actor} has no such device")))?;
                let owner = mint.named(&format!("album of {}", person.user));
                let album = AlbumId::new(owner.named("id").uuid_v4());
                let client = Client::new(
                    profile,
                    person,
                    device,
                    album,
                    &owner,
                    mint.named(&format!("device {actor}")),
                );
                let line = setting.line(actor, session)?;
                Ok::<_, Stop>(Member {
                    client,
                    eye: Eye::new(line, profile.protocol),
                })
            };
        let phone = member(
            "author's phone",
            &token(author, 0)?,
            author_person,
            0,
            Profile::B,
        )?;
        let laptop = member(
            "author's laptop",
            &token(author, 1)?,
            author_person,
            1,
            Profile::B,
        )?;
        // The bystander lives in the older version, so that every world serves both.
        let camera = member(
            "bystander",
            &token(bystander, 0)?,
            bystander_person,
            0,
            Profile::A,
        )?;
        for (member, person) in [(&phone, author_person), (&camera, bystander_person)] {
            publish(member, person, now).await?;
            let opened = member.line().send(&member.client.open_album()).await?;
            accepted(member.line().actor(), "opening an album", &opened)?;
        }
        let offline = setting.line("author's tablet", &token(author, 2)?)?;
        let cast = Self {
            phone,
            laptop,
            bystander: camera,
            offline: Eye::new(offline, Profile::B.protocol),
            fresh: setting.line("author's fresh device", &token(author, 3)?)?,
            author_credentials: author.access_tokens.len().min(AUTHOR_SESSIONS),
        };
        Ok((cast, Clock { now, uncertainty }))
    }

    /// Takes fresh credentials for every line; tokens do not outlive a jump of the clock.
    pub(crate) async fn renew(
        &mut self,
        world: &mut dyn World,
        recorder: &Recorder,
    ) -> Result<(), Stop> {
        let accounts = world
            .provision(&[("author", AUTHOR_SESSIONS), ("bystander", 1)])
            .await?;
        let [author, bystander] = accounts.as_slice() else {
            return Err(Stop::Error(
                "the target did not find both accounts again".to_owned(),
            ));
        };
        let lines = [
            (&mut self.phone.eye.line, token(author, 0)?),
            (&mut self.laptop.eye.line, token(author, 1)?),
            (&mut self.offline.line, token(author, 2)?),
            (&mut self.fresh, token(author, 3)?),
            (&mut self.bystander.eye.line, token(bystander, 0)?),
        ];
        for (line, token) in lines {
            recorder.name(&token, format!("<token:{}>", line.actor()));
            line.renew(token);
        }
        Ok(())
    }
}

/// The token of an account's `index`-th session; with fewer sessions, the last is shared.
fn token(account: &Account, index: usize) -> Result<String, Stop> {
    account
        .access_tokens
        .get(index)
        .or(account.access_tokens.last())
        .cloned()
        .ok_or_else(|| Stop::Error(format!("account {} has no access token", account.name)))
}

fn household(
    name: &str,
    account: &Account,
    identity: &Mint,
    devices: &[&str],
    now: jiff::Timestamp,
) -> Person {
    let own = identity.named(name);
    let joined = Timestamp::from_instant(now - JOINED_BEFORE);
    Person {
        user: account.user_id,
        identity: gauntlet_crypto::sign::HybridSigner::from_seed(&own.named("identity").array()),
        devices: devices
            .iter()
            .map(|device| Device::draw(&mut own.named(device), joined.clone()))
            .collect(),
    }
}

/// The target's clock, from the `Date` of an answer that needs no rights.
pub(crate) async fn clock(line: &Line) -> Result<jiff::Timestamp, Stop> {
    let answer = line.send(&Request::new(Method::Get, "/version")).await?;
    answer.date().ok_or_else(|| {
        Stop::Error(format!(
            "GET /version answered {} without a Date",
            answer.summary()
        ))
    })
}

/// Publishes the person's directory, unless the target holds one that lists the device already:
/// accounts that outlive a world keep theirs.
async fn publish(member: &Member, person: &Person, now: jiff::Timestamp) -> Result<(), Stop> {
    let path = format!("/users/{}/directory", person.user);
    let held = member.line().send(&member.client.read(path)).await?;
    let held = Canonical::<DeviceDirectory>::decode(&held.body).ok();
    let version = match &held {
        None => 1,
        Some(held) => held.value().core.directory_version.saturating_add(1),
    };
    let listed = held.is_some_and(|held| {
        let devices = &held.value().core.devices;
        person
            .devices
            .iter()
            .all(|own| devices.iter().any(|entry| entry.device_id == own.id))
    });
    if listed {
        return Ok(());
    }
    let identity = STANDARD.encode(person.identity.public().to_raw());
    let request = member
        .client
        .publish_directory(person, version, Timestamp::from_instant(now), identity)
        .map_err(|error| Stop::Error(format!("the simulator can't sign: {error}")))?;
    debug_assert!(request.header_value(header::IDENTITY_KEY).is_some());
    let answer = member.line().send(&request).await?;
    accepted(member.line().actor(), "publishing a directory", &answer)
}
