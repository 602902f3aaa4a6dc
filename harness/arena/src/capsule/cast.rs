//! The cast of a world: an author with three devices, a bystander, and their eyes.

use super::credentials::misconfigured;
use super::devices::take_over;
use super::eye::Eye;
use super::snapshot::sessions;
use super::upload::Upload;
use crate::binding::{Account, SHORTEST_TOKEN, World};
use crate::{Address, Answer, HttpTransport, Limits, Line, Recorder, Stop};
use gauntlet_simulator::{
    Client, Device, DirectoryEdit, Document, Draft, Maker, Method, Mint, Person, Photo, Profile,
    Request, Secret, Step, USURPER, Write,
};
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, UploadId};
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// The author's sessions: phone, laptop, tablet, fresh device.
const AUTHOR_SESSIONS: usize = 4;
/// How long before now the devices joined, well past any uncertainty of the target's clock.
const JOINED_BEFORE: SignedDuration = SignedDuration::from_hours(1);
/// How long before now the retired device was revoked.
const REVOKED_BEFORE: SignedDuration = SignedDuration::from_mins(30);
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
    /// The same phone in an album of the older version.
    pub(crate) elder: Client,
    /// The same phone in the album that an upgrade of that one leads to, which is opened for it.
    pub(crate) successor: Client,
    /// The author's laptop: a second device of the same account.
    pub(crate) laptop: Member,
    /// Someone else with an album of their own.
    pub(crate) bystander: Member,
    /// The author's tablet, which last looked before the attack.
    pub(crate) offline: Eye,
    /// A line for a device that looks for the first time after the attack.
    pub(crate) fresh: Line,
    /// With how many different credentials the author's eyes share the account.
    pub(crate) author_credentials: usize,
    /// The author, and the version of the directory that the target holds.
    pub(super) author: Person,
    pub(super) directory_version: u64,
}

/// One device that writes, and its eye.
pub(crate) struct Member {
    pub(crate) client: Client,
    pub(crate) eye: Eye,
    /// The photo that it began to upload last, whatever came of it.
    pub(crate) begun: Option<AssetId>,
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
    ) -> Result<Write, Stop> {
        let draft = self
            .client
            .draft(photo, now)
            .map_err(|error| Stop::Error(format!("the simulator can't draft: {error}")))?;
        self.begun = Some(draft.asset);
        let mut upload = Upload::new(Draft::Write(Box::new(draft.clone())));
        for step in upload.draft.steps() {
            let answer = upload.send(self.line(), step).await?;
            accepted(self.line().actor(), "its upload", &answer)?;
            if matches!(step, Step::Open { .. }) {
                self.lists(upload.session(step)).await?;
            }
        }
        Ok(draft)
    }

    /// An open session is listed (`wire.md` §1.3): on a server that does not list, no later comparison of
    /// lists would mean anything.
    async fn lists(&self, session: Option<UploadId>) -> Result<(), Stop> {
        let listed = sessions(&self.eye).await?;
        if session.is_some_and(|id| listed.iter().any(|session| session.id == id)) {
            return Ok(());
        }
        let named = session.map_or_else(|| "without an id".to_owned(), |id| id.to_string());
        Err(Stop::Invalid(format!(
            "{}: the session {named}, just opened, is not in the session list",
            self.line().actor()
        )))
    }
}

/// Fails with what was refused.
pub(crate) fn accepted(actor: &str, what: &str, answer: &Answer) -> Result<(), Stop> {
    if answer.is_success() {
        return Ok(());
    }
    authenticated(actor, answer)?;
    let body = String::from_utf8_lossy(&answer.body);
    let detail: String = body.chars().take(300).collect();
    Err(Stop::Invalid(format!(
        "{actor}: {what} was refused: {} {detail}",
        answer.summary()
    )))
}

/// Fails where the credentials were refused: that says nothing of what was asked with them.
pub(crate) fn authenticated(actor: &str, answer: &Answer) -> Result<(), Stop> {
    if answer.status != 401 {
        return Ok(());
    }
    let refused = answer.summary();
    Err(Stop::Error(format!(
        "{actor}: the access token was refused: {refused}"
    )))
}

/// What a world is set up from.
pub(crate) struct Setting<'a> {
    pub(crate) seed: u64,
    pub(crate) limits: Limits,
    pub(crate) recorder: &'a Recorder,
    pub(crate) address: &'a Address,
    /// Whether everything that passes is searched for secrets, which takes longer than all the rest.
    pub(crate) tapped: bool,
}

impl Setting<'_> {
    pub(super) fn line(&self, actor: &str, token: &str) -> Result<Line, Stop> {
        let transport =
            HttpTransport::new(self.limits).map_err(|error| Stop::Error(error.to_string()))?;
        let recorder = self.recorder.clone();
        // A shorter one would be found inside of words; a target file with such is refused.
        if token.chars().count() >= SHORTEST_TOKEN {
            recorder.name(token, format!("<token:{actor}>"));
        }
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
    ) -> Result<(Self, [Vec<Document>; 2], Clock), Stop> {
        let accounts = world
            .provision(&[("author", AUTHOR_SESSIONS), ("bystander", 1)])
            .await?;
        let [author, bystander] = accounts.as_slice() else {
            return Err(Stop::Error(
                "the target did not make both accounts".to_owned(),
            ));
        };
        for account in &accounts {
            // What a world calls its account may hold more: the play, and the world's number.
            let name = account.name.rsplit('/').next().unwrap_or_default();
            setting
                .recorder
                .name(&account.user_id.to_string(), format!("<user:{name}>"));
        }
        let mint = Mint::new(setting.seed, &world.salt());
        let identity = match world.lasting_identity() {
            Some(salt) => Mint::new(0, &salt).remembered_in(mint.canaries()),
            None => mint.clone(),
        };
        if setting.tapped {
            setting.recorder.tap(mint.canaries());
        }
        let began = tokio::time::Instant::now();
        let now = clock(&setting.line("observer", &token(author, 0)?)?).await?;
        let uncertainty = DATE_RESOLUTION + began.elapsed();

        let mut author_person = household("author", author, &identity, AUTHORS_DEVICES, now);
        let mut bystander_person = household(
            "bystander",
            bystander,
            &identity,
            &[("camera", State::Current)],
            now,
        );
        let client =
            |person: &Person, device: usize, profile: Profile, album: &str, actor: &str| {
                let device = person
                    .devices
                    .get(device)
                    .ok_or_else(|| Stop::Error(format!("{actor} has no such device")))?;
                let owner = mint.named(&format!("{album} of {}", person.user));
                let album = AlbumId::new(owner.named("id").uuid_v4());
                let own = mint.named(&format!("device {actor}"));
                Ok::<_, Stop>(Client::new(profile, person, device, album, &owner, own))
            };
        let member = |actor: &str, session: &str, client: Client| {
            let line = setting.line(actor, session)?;
            let eye = Eye::new(line, client.profile.protocol);
            Ok::<_, Stop>(Member {
                client,
                eye,
                begun: None,
            })
        };
        let (a, b) = (Profile::A, Profile::B);
        let person = &author_person;
        let phone = client(person, 0, b, "album", "author's phone")?;
        let phone = member("author's phone", &token(author, 0)?, phone)?;
        let elder = client(person, 0, a, "elder album", "author's phone, elder album")?;
        let successor = client(person, 0, b, "successor", "author's phone, successor")?;
        let laptop = client(person, 1, b, "album", "author's laptop")?;
        let laptop = member("author's laptop", &token(author, 1)?, laptop)?;
        // The bystander lives in the older version, so that every world serves both.
        let camera = client(&bystander_person, 0, a, "elder album", "bystander")?;
        let camera = member("bystander", &token(bystander, 0)?, camera)?;

        let lasting = world.lasting_identity().is_some();
        let (authors, directory_version) =
            publish(&phone, &mut author_person, now, lasting).await?;
        let (bystanders, _) = publish(&camera, &mut bystander_person, now, lasting).await?;
        let mut authors = vec![authors];
        for client in [&phone.client, &elder] {
            authors.extend(open_album(&phone.eye, client).await?);
        }
        let mut bystanders = vec![bystanders];
        bystanders.extend(open_album(&camera.eye, &camera.client).await?);
        let offline = setting.line("author's tablet", &token(author, 2)?)?;
        let cast = Self {
            phone,
            elder,
            successor,
            laptop,
            bystander: camera,
            offline: Eye::new(offline, Profile::B.protocol),
            fresh: setting.line("author's fresh device", &token(author, 3)?)?,
            author_credentials: (0..AUTHOR_SESSIONS)
                .map(|index| token(author, index))
                .collect::<Result<BTreeSet<_>, _>>()?
                .len(),
            author: author_person,
            directory_version,
        };
        Ok((cast, [authors, bystanders], Clock { now, uncertainty }))
    }

    /// The author's next directory.
    pub(crate) fn next_directory(&self, now: jiff::Timestamp) -> Result<Document, DocumentError> {
        let version = self.directory_version.saturating_add(1);
        let updated_at = Timestamp::from_instant(now);
        let client = &self.phone.client;
        client.publish_directory(&self.author, version, updated_at)
    }

    /// The same with a departure.
    pub(crate) fn lying_directory(
        &self,
        edit: DirectoryEdit,
        now: jiff::Timestamp,
    ) -> Result<Document, DocumentError> {
        let version = self.directory_version.saturating_add(1);
        // Another time than the published one's, so that an equal number means other bytes.
        let updated_at =
            Timestamp::from_instant(now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now));
        let client = &self.phone.client;
        client.publish_lie(&self.author, version, updated_at, edit)
    }

    /// The key that everyone has pinned as the author's.
    pub(crate) fn identity(&self) -> &HybridPublicKey {
        self.author.identity.public()
    }

    /// The device that a manifest of that maker names.
    pub(crate) fn device_of(&self, maker: Maker) -> Option<DeviceId> {
        let own = |index: usize| self.author.devices.get(index).map(|device| device.id);
        match maker {
            Maker::Nobody => Some(NOBODYS),
            Maker::Stranger => Some(self.bystander.client.device),
            Maker::Revoked => own(2),
            Maker::Newcomer => own(3),
            Maker::Usurper => Some(USURPER),
        }
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
pub(super) fn token(account: &Account, index: usize) -> Result<String, Stop> {
    account
        .access_tokens
        .get(index)
        .or(account.access_tokens.last())
        .cloned()
        .ok_or_else(|| Stop::Error(format!("account {} has no access token", account.name)))
}

/// How a device stands in its owner's directory.
#[derive(Clone, Copy)]
enum State {
    /// It joined an hour ago.
    Current,
    /// It was revoked since.
    Revoked,
    /// It will join, long after everything that is written here.
    Newcomer,
}

/// The author's devices, in the directory's order.
const AUTHORS_DEVICES: &[(&str, State)] = &[
    ("phone", State::Current),
    ("laptop", State::Current),
    ("retired", State::Revoked),
    ("newcomer", State::Newcomer),
];
/// A device that no directory lists: a version-4 id, drawn once.
const NOBODYS: DeviceId = DeviceId::new(Uuid::from_u128(0x6e6f_626f_6479_4473_8465_7669_6365_2121));
/// When the newcomer joins. Accounts that outlive a run keep their directory, so it is far away.
const FAR_AWAY: &str = "2100-01-01T00:00:00Z";

fn household(
    name: &str,
    account: &Account,
    identity: &Mint,
    devices: &[(&str, State)],
    now: jiff::Timestamp,
) -> Person {
    let own = identity.named(name);
    let joined = Timestamp::from_instant(now - JOINED_BEFORE);
    let far_away = FAR_AWAY.parse().unwrap_or_else(|_| joined.clone());
    let draw = |(device, state): &(&str, State)| {
        let mut device = Device::draw(&mut own.named(device), joined.clone());
        match state {
            State::Current => {}
            State::Revoked => {
                device.revoked_at = Some(Timestamp::from_instant(now - REVOKED_BEFORE));
            }
            State::Newcomer => device.added_at.clone_from(&far_away),
        }
        device
    };
    let user = account.user_id;
    let seed = own
        .named("identity")
        .secret(Secret::IdentitySeed, user.uuid());
    Person {
        user,
        identity: gauntlet_crypto::sign::HybridSigner::from_seed(&seed),
        devices: devices.iter().map(draw).collect(),
        others: Vec::new(),
    }
}

/// The target's clock, from the `Date` of an answer that needs no rights.
pub(crate) async fn clock(line: &Line) -> Result<jiff::Timestamp, Stop> {
    let answer = probe(line).await?;
    let date = answer.date().ok_or_else(|| {
        Stop::Error(format!(
            "GET /version answered {} without a Date",
            answer.summary()
        ))
    })?;
    // Everything is dated from it, years ahead and behind.
    let year = date.to_zoned(jiff::tz::TimeZone::UTC).year();
    if (1971..9900).contains(&year) {
        Ok(date)
    } else {
        Err(Stop::Error(format!(
            "the target's Date is of the year {year}"
        )))
    }
}

/// The version probe: the one route that needs no rights.
async fn probe(line: &Line) -> Result<Answer, Stop> {
    line.send(&Request::new(Method::Get, "/version")).await
}

/// Publishes the person's directory, unless the target holds one that lists the devices already:
/// accounts that outlive a world keep theirs, and its entries never change. Gives the directory that
/// the target holds now, and its version.
async fn publish(
    member: &Member,
    person: &mut Person,
    now: jiff::Timestamp,
    lasting: bool,
) -> Result<(Document, u64), Stop> {
    let path = format!("/users/{}/directory", person.user);
    let answer = member
        .line()
        .send(&member.client.read(path.clone()))
        .await?;
    let held = Canonical::<DeviceDirectory>::decode(&answer.body).ok();
    if let Some(held) = &held
        && take_over(person, &held.value().core)
    {
        let document = Document {
            request: member.client.read(path.clone()),
            path,
            bytes: answer.body,
        };
        return Ok((document, held.value().core.directory_version));
    }
    let version = held.map_or(1, |held| {
        held.value().core.directory_version.saturating_add(1)
    });
    let document = member
        .client
        .publish_directory(person, version, Timestamp::from_instant(now))
        .map_err(|error| Stop::Error(format!("the simulator can't sign: {error}")))?;
    let answer = member.line().send(&document.request).await?;
    let routed = matches!(answer.status, 404 | 405) && probe(member.line()).await?.is_success();
    if let Some(hint) = misconfigured(&answer, lasting, routed) {
        let (actor, refused) = (member.line().actor(), answer.summary());
        let path = &document.request.path;
        return Err(Stop::Misconfigured(format!(
            "{actor}: POST {path} was refused: {refused}; {hint}"
        )));
    }
    accepted(member.line().actor(), "publishing a directory", &answer)?;
    Ok((document, version))
}

/// Opens the client's album, and gives its ledger.
async fn open_album(eye: &Eye, client: &Client) -> Result<Option<Document>, Stop> {
    let opened = eye.line.send(&client.open_album()).await?;
    accepted(eye.line.actor(), "opening an album", &opened)?;
    publish_ledger(eye, client).await
}

/// Publishes the ledger of the client's album, which names the key that its write-tier signatures verify
/// under, and gives it where it can be read. The routes are ours (`formats.md` §11): a target without them
/// verifies no such signature.
pub(super) async fn publish_ledger(eye: &Eye, client: &Client) -> Result<Option<Document>, Stop> {
    let ledger = client
        .publish_ledger()
        .map_err(|error| Stop::Error(format!("the simulator can't sign: {error}")))?;
    let answer = eye.line.send(&ledger.request).await?;
    if matches!(answer.status, 404 | 405) {
        return Ok(None);
    }
    accepted(eye.line.actor(), "publishing a ledger", &answer)?;
    let read = eye.read(&ledger.path).await?;
    if matches!(read.status, 404 | 405) {
        return Ok(None);
    }
    accepted(eye.line.actor(), "reading a ledger", &read)?;
    if read.body == ledger.bytes {
        return Ok(Some(ledger));
    }
    Err(Stop::Invalid(format!(
        "{}: the ledger that was just published reads back as other bytes",
        eye.line.actor()
    )))
}
