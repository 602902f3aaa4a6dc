//! One script: an honest client's life on accounts of its own, sent write by write over whatever kills
//! come between.

use super::book::{Attempt, Book, Deed};
use super::plan::Kill;
use super::report::{Breach, NO_KILL, RANDOM, SweepFinding};
use crate::binding::{Account, Binding, Hook, World};
use crate::capsule::cast::{authenticated, clock, token};
use crate::capsule::eye::Eye;
use crate::capsule::hooks::Connection;
use crate::{Address, Answer, Harm, HttpTransport, Line, Recorder, Stop};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_simulator::{Client, Device, Mint, Person, Profile};
use gauntlet_wire::code::Code;
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;
use std::time::Duration;

/// The account of a script, and its sessions: phone and laptop.
const ACCOUNT: (&str, usize) = ("author", 2);
/// How long before now the devices joined.
const JOINED_BEFORE: SignedDuration = SignedDuration::from_hours(1);
/// How often a write is sent before the harness gives up: once more than a script has kills.
const TRIES: usize = 4;
/// How often the control surface is asked about a kill, and the pause between.
const LOOKS: usize = 400;
const PAUSE: Duration = Duration::from_millis(10);

/// The answer to a write, which the purge has none of; or why there was none.
type Sent = Result<Option<Answer>, String>;

/// One look for everything acknowledged, and after which kill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Looked {
    pub(super) after: String,
    /// Whether a write was under way and never answered.
    pub(super) interrupted: bool,
    pub(super) checked: usize,
    pub(super) lost: usize,
}

/// A script under way.
pub(super) struct Script {
    /// Its number; 0 is the control.
    pub(super) number: usize,
    pub(super) world: Box<dyn World>,
    /// A second way to the same hooks, so that one can be used beside the other.
    killer: Box<dyn World>,
    pub(super) address: Address,
    pub(super) phone: Eye,
    pub(super) laptop: Eye,
    pub(super) client: Client,
    pub(super) person: Person,
    /// The newest directory that was prepared.
    pub(super) directory_version: u64,
    /// The target's time.
    pub(super) now: jiff::Timestamp,
    pub(super) book: Book,
    /// What is still to come.
    kill: Kill,
    /// Writes sent so far, repeats not counted.
    pub(super) requests: u64,
    /// Kills so far, in order.
    pub(super) kills: Vec<String>,
    pub(super) looks: Vec<Looked>,
    pub(super) findings: Vec<SweepFinding>,
}

impl Script {
    /// Opens a world for the script; nothing is written yet.
    pub(super) async fn open(
        binding: &dyn Binding,
        seed: u64,
        number: usize,
        kill: Kill,
    ) -> Result<Self, Stop> {
        let label = format!("sweep/{number}");
        let mut world = binding.open(seed, &label).await?;
        let killer = binding.open(seed, &label).await?;
        let account = provision(world.as_mut()).await?;
        let address = Address::new(world.base_url());
        let recorder = Recorder::new(&label);
        let limits = world.limits();
        let line = |actor: &str, index: usize| {
            let transport =
                HttpTransport::new(limits).map_err(|error| Stop::Error(error.to_string()))?;
            let (token, address) = (token(&account, index)?, address.clone());
            Ok::<_, Stop>(Line::new(
                actor,
                token,
                address,
                transport,
                recorder.clone(),
            ))
        };
        let phone = line("phone", 0)?;
        let now = clock(&phone).await?;
        // Every other script lives in the older version, so that both are killed.
        let profile = match number % 2 {
            0 => Profile::B,
            _ => Profile::A,
        };
        let mint = Mint::new(seed, &format!("{}/{label}", world.salt()));
        let person = household(&account, &mint, now);
        let device = person
            .devices
            .first()
            .ok_or_else(|| Stop::Error("the author has no phone".to_owned()))?;
        let album = AlbumId::new(mint.named("album id").uuid_v4());
        let keys = mint.named("album");
        let client = Client::new(profile, &person, device, album, &keys, mint.named("phone"));
        Ok(Self {
            number,
            phone: Eye::new(phone, profile.protocol),
            laptop: Eye::new(line("laptop", 1)?, profile.protocol),
            world,
            killer,
            address,
            client,
            person,
            directory_version: 0,
            now,
            book: Book::default(),
            kill,
            requests: 0,
            kills: Vec::new(),
            looks: Vec::new(),
            findings: Vec::new(),
        })
    }

    /// Lives a whole life with its kill, and looks for everything once more at its end.
    pub(super) async fn play(&mut self) -> Result<(), Stop> {
        let Kill::At(aim) = self.kill.clone() else {
            self.live().await?;
            return self.search(None).await;
        };
        self.world.aim(Some(&aim)).await?;
        let lived = self.live().await;
        let fired = self.world.fired().await?;
        // What is left of the aim is not for the next script.
        self.world.aim(None).await?;
        lived?;
        if fired.len() != self.kills.len() {
            return Err(Stop::Error(format!(
                "the control surface says that the target was killed {} times, and connections broke {}",
                fired.len(),
                self.kills.len()
            )));
        }
        self.search(None).await
    }

    /// Sends a write until it is acknowledged, over every kill that comes between.
    ///
    /// # Errors
    /// [`Stop::Found`] where it is refused; as [`Script::search`].
    pub(super) async fn write(&mut self, attempt: Attempt) -> Result<Option<Answer>, Stop> {
        self.requests += 1;
        for repeat in 0..TRIES {
            let (answered, killed) = self.send(&attempt).await?;
            match answered {
                Ok(answer) => {
                    let answer = self.acknowledged(&attempt, answer, repeat > 0).await?;
                    if killed {
                        self.search(None).await?;
                    }
                    return Ok(answer);
                }
                Err(why) => {
                    if !killed {
                        self.settle(&why).await?;
                    }
                    self.search(Some(&attempt)).await?;
                }
            }
        }
        Err(Stop::Error(format!(
            "{}: not acknowledged after {TRIES} tries",
            attempt.what
        )))
    }

    /// Sends a write once, with a kill beside it if its moment has come. Gives the answer, or why there is
    /// none, and whether the target was killed meanwhile.
    async fn send(&mut self, attempt: &Attempt) -> Result<(Sent, bool), Stop> {
        let pause = match self.kill {
            Kill::Moment { request, pause } if request == self.requests => pause,
            _ => {
                let sent = deliver(&self.phone.line, self.world.as_mut(), attempt).await?;
                return Ok((sent, false));
            }
        };
        self.kill = Kill::Never;
        let held = Connection::open(&self.address).await?;
        let (sent, killed) = tokio::join!(
            deliver(&self.phone.line, self.world.as_mut(), attempt),
            kill_after(self.killer.as_mut(), pause),
        );
        killed?;
        held.ended("died without a goodbye").await?;
        self.killed(&[RANDOM.to_owned()])?;
        Ok((sent?, true))
    }

    /// A write was not answered: waits until the control surface has said at which point the target was
    /// killed, and runs it again.
    async fn settle(&mut self, why: &str) -> Result<(), Stop> {
        let Kill::At(aim) = &self.kill else {
            return Err(Stop::Error(format!("without a kill: {why}")));
        };
        let aimed: Vec<&str> = aim.points().collect();
        for _ in 0..LOOKS {
            let fired = self.world.fired().await?;
            if !aimed
                .iter()
                .zip(&fired)
                .all(|(aimed, fired)| aimed == fired)
                || fired.len() > aimed.len()
            {
                return Err(Stop::Error(
                    "the control surface says that the target was killed where it was not to be"
                        .to_owned(),
                ));
            }
            // A start may have been killed too, which nobody but the control surface sees.
            if let Some(new @ [_, ..]) = fired.get(self.kills.len()..) {
                return self.killed(new);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(Stop::Error(format!(
            "a write was not answered, and no crash point was reached: {why}"
        )))
    }

    /// The target was killed, and runs again.
    fn killed(&mut self, at: &[String]) -> Result<(), Stop> {
        self.kills.extend_from_slice(at);
        self.reconnect()
    }

    /// The target was started again; it may be reached elsewhere.
    pub(super) fn reconnect(&mut self) -> Result<(), Stop> {
        self.address.set(self.world.base_url());
        self.phone.line.reconnect()?;
        self.laptop.line.reconnect()
    }

    /// Enters an answered write, if the answer acknowledges it.
    async fn acknowledged(
        &mut self,
        attempt: &Attempt,
        answer: Option<Answer>,
        repeated: bool,
    ) -> Result<Option<Answer>, Stop> {
        if let Some(refusal) = answer.as_ref().filter(|answer| !answer.is_success()) {
            authenticated("phone", refusal)?;
            if matches!(attempt.deed, Deed::Ledger(_)) && matches!(refusal.status, 404 | 405) {
                // The route is ours (`formats.md` §11): a target may do without it.
                return Ok(answer);
            }
            if !(repeated && self.is_done_already(attempt, refusal).await?) {
                return Err(self.refused(attempt, refusal, repeated));
            }
        }
        let said = answer
            .as_ref()
            .map_or_else(|| "done".to_owned(), Answer::summary);
        let again = if repeated { ", sent again" } else { "" };
        let told = format!("write {}: {}{again}: {said}", self.requests, attempt.what);
        self.book.enter(attempt, answer.as_ref(), told)?;
        self.see(attempt, answer.as_ref()).await?;
        Ok(answer)
    }

    /// Whether the refusal of a repeat says that the first one took effect (`wire.md` §3): the session is
    /// complete, the directory is stored, the session is gone.
    async fn is_done_already(&self, attempt: &Attempt, refusal: &Answer) -> Result<bool, Stop> {
        // What is there is looked at, so that a server without codes is believed no more than one with.
        let is = |code: Code| {
            let said = refusal.code();
            refusal.status == 409 && said.is_none_or(|said| said == code.as_str())
        };
        match &attempt.deed {
            Deed::Append(chunk) if is(Code::UploadSessionNotActive) => {
                let standing = self.standing(chunk.session).await?;
                Ok(standing.is_some_and(|standing| standing.is_complete()))
            }
            Deed::Directory(document) if is(Code::DirectoryVersionConflict) => {
                let answer = self.phone.read(&document.path).await?;
                Ok(answer.is_success() && answer.body == document.bytes)
            }
            Deed::Cancel(_) => Ok(refusal.status == 404),
            _ => Ok(false),
        }
    }

    /// An honest write was refused.
    fn refused(&mut self, attempt: &Attempt, refusal: &Answer, repeated: bool) -> Stop {
        let expected = match repeated {
            true => format!(
                "{}, interrupted and sent again, is a replay or is taken",
                attempt.what
            ),
            false => format!("{}: accepted", attempt.what),
        };
        let body = String::from_utf8_lossy(&refusal.body);
        let detail: String = body.chars().take(300).collect();
        let observed = format!("write {}: {} {detail}", self.requests, refusal.summary());
        self.find(Breach::Refused, None, expected, observed, &[]);
        Stop::Found
    }

    /// Takes a finding down, with what was acknowledged before it and the kills since.
    pub(super) fn find(
        &mut self,
        breach: Breach,
        harm: Option<Harm>,
        expected: String,
        observed: String,
        told: &[String],
    ) {
        let kills = self
            .kills
            .iter()
            .map(|point| format!("killed: {point}, and started again"));
        let history = told.iter().cloned().chain(kills).collect();
        self.findings.push(SweepFinding {
            breach,
            harm,
            script: self.number,
            after: self.after(),
            expected,
            observed,
            history,
        });
    }

    /// The kill that came last.
    pub(super) fn after(&self) -> String {
        self.kills
            .last()
            .cloned()
            .unwrap_or_else(|| NO_KILL.to_owned())
    }

    /// Lets the target's clock pass, which ends tokens and sessions.
    pub(super) async fn pass(&mut self, seconds: u64) -> Result<(), Stop> {
        self.world.advance_clock(seconds).await?;
        self.renew().await?;
        self.book.expire_sessions();
        Ok(())
    }

    /// Takes fresh credentials, and the target's time.
    pub(super) async fn renew(&mut self) -> Result<(), Stop> {
        let account = provision(self.world.as_mut()).await?;
        self.phone.line.renew(token(&account, 0)?);
        self.laptop.line.renew(token(&account, 1)?);
        self.now = clock(&self.phone.line).await?;
        Ok(())
    }
}

/// Kills the target after a pause. A timer of the runtime is a thousand times too coarse for it.
async fn kill_after(world: &mut dyn World, pause: Duration) -> Result<(), Stop> {
    if !world.offers(Hook::Crash) {
        return Err(Stop::Untested(Hook::Crash));
    }
    tokio::task::spawn_blocking(move || std::thread::sleep(pause))
        .await
        .map_err(|error| Stop::Error(error.to_string()))?;
    Ok(world.crash().await?)
}

/// Sends a write as it is, or has the hook do it. That there is no answer is no error here: kills are
/// what is played.
async fn deliver(line: &Line, world: &mut dyn World, attempt: &Attempt) -> Result<Sent, Stop> {
    let sent = match &attempt.request {
        Some(request) => line.send(request).await.map(Some),
        None => world.purge().await.map(|()| None).map_err(Stop::from),
    };
    match sent {
        Ok(answer) => Ok(Ok(answer)),
        Err(Stop::Error(why)) => Ok(Err(why)),
        Err(other) => Err(other),
    }
}

async fn provision(world: &mut dyn World) -> Result<Account, Stop> {
    let accounts = world.provision(&[ACCOUNT]).await?;
    let account = accounts.into_iter().next();
    account.ok_or_else(|| Stop::Error("the target made no account".to_owned()))
}

fn household(account: &Account, mint: &Mint, now: jiff::Timestamp) -> Person {
    let joined = Timestamp::from_instant(now - JOINED_BEFORE);
    let draw = |name| Device::draw(&mut mint.named(name), joined.clone());
    Person {
        user: account.user_id,
        identity: HybridSigner::from_seed(&mint.named("identity").array()),
        devices: vec![draw("the phone"), draw("the laptop")],
        others: Vec::new(),
    }
}
