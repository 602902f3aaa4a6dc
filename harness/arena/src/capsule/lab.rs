//! The lab: one world, one attack, four beats. It enforces what an author of a row might forget: the
//! order of the beats, exactly one deviation, the sentinel, the comparison, the audit.

use super::cast::{Cast, Setting, accepted, clock};
use super::containment::{Conformity, conformity, forbidden_changes};
use super::eye::Eye;
use super::snapshot::{Snapshot, snapshot};
use super::upload::{Upload, request_of};
use super::witness::{Acknowledged, HarmFound, audit};
use crate::binding::{Hook, World};
use crate::{
    Address, Answer, Attack, Beat, BeatReport, Expect, Finding, Harm, Limits, Recorder,
    SessionEffect, Source, Stop, Strictness, Verdict,
};
use gauntlet_simulator::{
    ChunkFacts, Fault, Framing, Kind, Lie, Photo, Profile, Request, Step,
};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::header;
use gauntlet_wire::id::{AssetId, Hash};
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::time::Duration;

/// How far a server's timestamp may be from its own `Date`: seconds are cut there, and a run takes
/// time.
const CLOCK_MARGIN: SignedDuration = SignedDuration::from_mins(10);
/// How often an eye looks again for a write that it does not see at once, and the pause between.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);
/// Past every session's lifetime, and past the longest grace that the contract allows (72 h).
const PAST_GRACE_SECONDS: u64 = 73 * 3600;

/// Whether the one declared deviation is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The honest twin: the same script without it.
    Twin,
    /// The attack.
    Attack,
}

/// Everything that a play works with.
pub struct Lab {
    world: Box<dyn World>,
    attack: Attack,
    mode: Mode,
    strictness: Strictness,
    recorder: Recorder,
    address: Address,
    now: jiff::Timestamp,
    cast: Cast,
    /// What the author and the bystander were told is stored.
    acknowledged: [Vec<Acknowledged>; 2],
    struck: Option<Struck>,
    beats: Vec<BeatReport>,
    findings: Vec<Finding>,
    depth: Vec<&'static str>,
}

/// The deviated message and what it is judged by.
struct Struck {
    from: Step,
    /// The decisive answer; a fault has none.
    answer: Option<Answer>,
    watched: Watched,
    before: [Snapshot; 2],
}

/// Blobs whose answers are compared, of the author and of the bystander.
type Watched = [BTreeSet<Hash>; 2];

/// What a play leaves behind.
pub(crate) struct Remains {
    pub(crate) beats: Vec<BeatReport>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) depth: String,
}

impl Lab {
    /// Sets the scene in a fresh world: the cast, a bystander's photo, and a photo of the author's
    /// that is uploaded properly and read back.
    pub(crate) async fn open(
        mut world: Box<dyn World>,
        attack: &Attack,
        mode: Mode,
        seed: u64,
        strictness: Strictness,
        recorder: Recorder,
    ) -> Result<Self, (Stop, Box<dyn World>)> {
        let address = Address::new(world.base_url());
        recorder.name(&world.base_url(), "<target>");
        let setting = Setting {
            seed,
            profile: Profile::B,
            limits: Limits::default(),
            recorder: &recorder,
            address: &address,
        };
        let (cast, now) = match Cast::assemble(world.as_mut(), &setting).await {
            Ok(assembled) => assembled,
            Err(stop) => return Err((stop, world)),
        };
        Ok(Self {
            world,
            attack: attack.clone(),
            mode,
            strictness,
            recorder,
            address,
            now,
            cast,
            acknowledged: [Vec::new(), Vec::new()],
            struck: None,
            beats: Vec::new(),
            findings: Vec::new(),
            depth: Vec::new(),
        })
    }

    /// **Control.** Bystander and author upload a photo each, properly; then the author's upload of
    /// `photo` runs up to the message that the deviation replaces.
    ///
    /// # Errors
    /// [`Stop::Invalid`] where an honest message is refused.
    pub async fn control(&mut self, photo: Photo) -> Result<Upload, Stop> {
        self.enter(Beat::Control);
        let (bystanders, _) = self.cast.bystander.upload(Photo::SMALL, self.now).await?;
        let (authors, _) = self.cast.phone.upload(Photo::SMALL, self.now).await?;
        self.acknowledged = [vec![authors], vec![bystanders]];
        if let Some(unseen) = self.unseen().await? {
            return Err(Stop::Invalid(format!("an honest upload is not shown: {unseen}")));
        }
        let draft = self
            .cast
            .phone
            .client
            .draft(photo, self.now)
            .map_err(|error| Stop::Error(format!("the simulator can't draft: {error}")))?;
        let mut upload = Upload::new(draft);
        let from = self.point(&upload)?;
        let honest: Vec<Step> =
            upload.draft.steps().into_iter().take_while(|step| *step != from).collect();
        for step in honest {
            let answer = upload.send(self.cast.phone.line(), step).await?;
            accepted("the control", "an honest message", &answer)?;
        }
        if let Err(disorder) = self.cast.offline.pull().await? {
            return Err(Stop::Invalid(disorder));
        }
        self.passed(Beat::Control, "the honest client is accepted, and its photo reads back");
        Ok(upload)
    }

    /// **Attack.** Exactly one declared deviation, in place of the next honest message.
    ///
    /// # Errors
    /// [`Stop::Invalid`] where the deviation changes nothing, or the honest twin is refused.
    pub async fn attack(&mut self, upload: &mut Upload) -> Result<(), Stop> {
        self.enter(Beat::Attack);
        let from = self.point(upload)?;
        if self.mode == Mode::Twin {
            let answer = upload.send(self.cast.phone.line(), from).await?;
            accepted("the honest twin", "the undeviated message", &answer)?;
            self.passed(Beat::Attack, "the undeviated message is accepted");
            return Ok(());
        }
        match self.attack.deviation.kind.clone() {
            Kind::Message(_) | Kind::Draft(_) => self.strike(upload, from).await?,
            Kind::Fault(Fault::Kill) => self.kill(from).await?,
        }
        self.passed(Beat::Attack, self.attack.deviation.about);
        Ok(())
    }

    /// **Containment.** The answer is the expected one and, once an honest write sent after the
    /// attack is visible to every eye, nothing else has changed for anyone.
    ///
    /// # Errors
    /// [`Stop::Error`] where the state can't be read.
    pub async fn contain(&mut self, upload: &Upload) -> Result<(), Stop> {
        self.enter(Beat::Containment);
        if self.mode == Mode::Twin {
            self.passed(Beat::Containment, "nothing to contain");
            return Ok(());
        }
        let Some(struck) = self.struck.take() else {
            return Err(Stop::Invalid("the scenario asks for containment before its attack".into()));
        };
        let found = self.findings.len();
        let answered = self.judge_answer(upload, &struck).await?;
        let (sentinels, bytes) = self.sentinel().await?;
        self.judge_changes(upload, &struck, answered, &sentinels, bytes).await?;
        self.judge_canaries();
        self.struck = Some(struck);
        if self.findings.len() == found {
            self.passed(Beat::Containment, "answered as expected; nothing else changed for anyone");
        } else {
            self.failed(Beat::Containment);
        }
        Ok(())
    }

    /// **Recovery.** The honest successor succeeds on the same state and credentials, everyone sees
    /// it, and nothing that was ever acknowledged is lost: now, after a restart, after garbage
    /// collection.
    ///
    /// # Errors
    /// [`Stop::Error`] where the state can't be read.
    pub async fn recover(&mut self, mut upload: Upload) -> Result<(), Stop> {
        self.enter(Beat::Recovery);
        let found = self.findings.len();
        if self.finish(&mut upload).await? {
            if let Some(unseen) = self.unseen().await? {
                let expected = "every acknowledged photo is shown to every eye";
                self.damage(expected, &unseen, false);
            }
            self.judge_canaries();
            self.judge_clock();
        }
        if self.mode == Mode::Attack {
            self.audit_now("after the attack").await?;
            self.audit_after_restart().await?;
            self.audit_after_collection().await?;
        }
        if self.findings.len() == found {
            self.passed(Beat::Recovery, "the honest successor succeeds; nothing acknowledged is lost");
        } else {
            self.failed(Beat::Recovery);
        }
        Ok(())
    }

    /// What is left to conclude from, and the world to close.
    pub(crate) fn remains(self) -> (Box<dyn World>, Remains) {
        let eyes = format!("5 eyes with {} credentials of the author's", self.cast.author_credentials);
        let depth = if self.depth.is_empty() {
            "no audit".to_owned()
        } else {
            format!("{eyes}; {}", self.depth.join(", "))
        };
        (self.world, Remains { beats: self.beats, findings: self.findings, depth })
    }

    fn enter(&self, beat: Beat) {
        self.recorder.enter(beat);
    }

    fn passed(&mut self, beat: Beat, note: &str) {
        self.beats.push(BeatReport { beat, passed: true, note: note.to_owned() });
    }

    fn failed(&mut self, beat: Beat) {
        let note = self.findings.last().map(|finding| finding.observed.clone()).unwrap_or_default();
        self.beats.push(BeatReport { beat, passed: false, note });
    }

    fn point(&self, upload: &Upload) -> Result<Step, Stop> {
        let point = self.attack.deviation.point;
        point.step(&upload.draft).ok_or_else(|| {
            Stop::Invalid(format!("the script has no message at {point:?}; take a larger photo"))
        })
    }

    /// The blobs that author and bystander were told are stored.
    fn watched(&self) -> Watched {
        self.acknowledged
            .each_ref()
            .map(|photos| photos.iter().flat_map(Acknowledged::hashes).copied().collect())
    }

    async fn snapshots(&mut self, watched: &Watched) -> Result<[Snapshot; 2], Stop> {
        let [authors, bystanders] = watched;
        Ok([
            snapshot(&mut self.cast.phone.eye, authors).await?,
            snapshot(&mut self.cast.bystander.eye, bystanders).await?,
        ])
    }

    /// Sends the deviated messages. All but the last look honest and are accepted; the last one
    /// decides, or an earlier one that is refused.
    async fn strike(&mut self, upload: &mut Upload, from: Step) -> Result<(), Stop> {
        let (lie, requests) = self.deviated(upload, from)?;
        let watched = self.watched();
        let mut before = self.snapshots(&watched).await?;
        for (index, step) in lie.steps.iter().enumerate() {
            let last = index + 1 == lie.steps.len();
            if last && index > 0 {
                before = self.snapshots(&watched).await?;
            }
            let request = match &requests {
                Some(request) => request.clone(),
                None => request_of(&lie.draft, upload, *step)?,
            };
            if index == 0 {
                self.record_deviation(&upload.request(from)?, &request, lie.draft != upload.draft)?;
            }
            let answer = self.cast.phone.line().send(&request).await?;
            upload.opened(*step, &answer);
            if last || !answer.is_success() {
                self.struck = Some(Struck { from, answer: Some(answer), watched, before });
                return Ok(());
            }
        }
        Err(Stop::Invalid("the deviation has no messages".to_owned()))
    }

    /// The messages of the deviation: the draft that lies with its steps, or one altered request.
    fn deviated(&self, upload: &Upload, from: Step) -> Result<(Lie, Option<Request>), Stop> {
        let deviation = self.attack.deviation;
        let unfit = || Stop::Invalid(format!("{} does not fit its message", deviation.name));
        match &deviation.kind {
            Kind::Draft(edit) => {
                let client = &self.cast.phone.client;
                let re_sign = |bytes: &[u8], suite| client.re_sign_with_suite(bytes, suite);
                let lie = edit.apply(&upload.draft, from, &re_sign).ok_or_else(unfit)?;
                Ok((lie, None))
            }
            Kind::Message(edits) => {
                let session = upload.session_path(from.blob());
                let facts = from.chunk().map(|chunk| ChunkFacts {
                    draft: &upload.draft,
                    blob: from.blob(),
                    chunk,
                    session: &session,
                });
                let altered = edits
                    .iter()
                    .try_fold(upload.request(from)?, |request, edit| edit.apply(request, facts))
                    .ok_or_else(unfit)?;
                let lie = Lie { draft: upload.draft.clone(), steps: vec![from] };
                Ok((lie, Some(altered)))
            }
            Kind::Fault(_) => Err(unfit()),
        }
    }

    /// A deviation has to show in the bytes that reach the target: in its first message, or in what
    /// was drafted.
    fn record_deviation(
        &self,
        honest: &Request,
        sent: &Request,
        drafted: bool,
    ) -> Result<(), Stop> {
        let difference = difference(honest, sent);
        let difference = match (difference, drafted) {
            (Some(difference), _) => difference,
            (None, true) => "in what the following messages carry".to_owned(),
            (None, false) => {
                return Err(Stop::Invalid(format!(
                    "{} leaves the bytes that reach the target unchanged",
                    self.attack.deviation.name
                )));
            }
        };
        let as_data = serde_json::to_value(&self.attack.deviation.kind)
            .map_err(|error| Stop::Error(error.to_string()))?;
        self.recorder.deviation(as_data, &describe(honest), &describe(sent), &difference);
        Ok(())
    }

    /// Kills the target between two honest messages.
    async fn kill(&mut self, from: Step) -> Result<(), Stop> {
        let watched = self.watched();
        let before = self.snapshots(&watched).await?;
        self.world.crash().await?;
        self.recorder.hook("killed the target without a goodbye and started it again");
        self.moved();
        self.struck = Some(Struck { from, answer: None, watched, before });
        Ok(())
    }

    /// A target that was started again may be reached elsewhere.
    fn moved(&self) {
        let base = self.world.base_url();
        self.recorder.name(&base, "<target>");
        self.address.set(base);
    }

    /// Judges the decisive answer; returns whether it was an acceptance.
    async fn judge_answer(&mut self, upload: &Upload, struck: &Struck) -> Result<bool, Stop> {
        let Some(answer) = &struck.answer else {
            return Ok(false);
        };
        let offsets = self.offsets_of_a_repeat(upload, struck.from);
        let expectation = self.attack.expectation.clone();
        match conformity(&expectation, self.strictness, answer, &offsets) {
            Conformity::Conforms => {}
            Conformity::Departs { .. } if self.settled_as_failed(upload, struck).await? => {
                self.recorder.note("the last chunk was acknowledged, and the session then failed");
                return Ok(false);
            }
            Conformity::Departs { observed } => {
                let expected = self.expected();
                self.find(Verdict::Nonconforming, expected, observed, None);
            }
        }
        Ok(answer.is_success())
    }

    /// The contract lets the last chunk be acknowledged and its finalization fail afterwards
    /// (`wire.md` §9, row 30): then the session's own state is the refusal.
    async fn settled_as_failed(&self, upload: &Upload, struck: &Struck) -> Result<bool, Stop> {
        let may_settle = self.attack.expectation.session == SessionEffect::Fails;
        let acknowledged = struck.answer.as_ref().is_some_and(Answer::is_success);
        let session = upload.session(struck.from.blob());
        let (true, true, Some(id)) = (may_settle, acknowledged, session) else {
            return Ok(false);
        };
        let query = self.cast.phone.client.query_session(id);
        let answer = self.cast.phone.line().send(&query).await?;
        let failed = UploadStatus::FailedProcessing.as_str();
        Ok(answer.header(header::UPLOAD_STATUS) == Some(failed))
    }

    /// A repeated chunk is answered with the offset of then or of now (`wire.md` §9, row 3).
    fn offsets_of_a_repeat(&self, upload: &Upload, from: Step) -> Vec<u64> {
        let received = from
            .chunk()
            .and_then(|chunk| upload.draft.chunk_at(from.blob(), chunk))
            .map(|(offset, _)| offset);
        received.into_iter().collect()
    }

    /// Honest writes after the attack by a co-device and by the bystander, seen by every eye.
    async fn sentinel(&mut self) -> Result<(BTreeSet<AssetId>, [u64; 2]), Stop> {
        let author = self.cast.laptop.upload(Photo::SMALL, self.now).await;
        let bystander = self.cast.bystander.upload(Photo::SMALL, self.now).await;
        let mut assets = BTreeSet::new();
        let mut bytes = [0, 0];
        let sides = [author, bystander].into_iter().zip(bytes.iter_mut()).zip(&mut self.acknowledged);
        let mut refused = None;
        for ((written, weight), acknowledged) in sides {
            match written {
                Ok((photo, length)) => {
                    assets.insert(photo.asset);
                    *weight = length;
                    acknowledged.push(photo);
                }
                Err(Stop::Invalid(why)) => refused = Some(why),
                Err(other) => return Err(other),
            }
        }
        if let Some(why) = refused {
            self.damage("an honest write after the attack is accepted", &why, true);
        } else if let Some(unseen) = self.unseen().await? {
            self.damage("an honest write after the attack is shown to every eye", &unseen, false);
        }
        Ok((assets, bytes))
    }

    async fn judge_changes(
        &mut self,
        upload: &Upload,
        struck: &Struck,
        accepted: bool,
        sentinels: &BTreeSet<AssetId>,
        bytes: [u64; 2],
    ) -> Result<(), Stop> {
        let session = upload.session(struck.from.blob());
        let expectation = self.attack.expectation.clone();
        let after = self.snapshots(&struck.watched).await?;
        let mut changes = Vec::new();
        let sides = after.into_iter().zip(&struck.before).zip(bytes);
        for (((after, before), weight), whose) in sides.zip(["the author", "the bystander"]) {
            let after = after.without(sentinels, weight);
            let session = session.filter(|_| whose == "the author");
            let found = forbidden_changes(&expectation, before, &after, session, accepted);
            changes.extend(found.into_iter().map(|change| format!("for {whose}: {change}")));
        }
        if !changes.is_empty() {
            let surfaced = struck.answer.as_ref().is_some_and(|answer| !answer.is_success());
            let expected = format!("{}, and nothing else changes", self.expected());
            self.damage(&expected, &self.recorder.redact(&changes.join("; ")), surfaced);
        }
        Ok(())
    }

    /// No forged value comes back in anything that the target serves.
    fn judge_canaries(&mut self) {
        if let Some(canary) = self.recorder.served_canary(self.attack.deviation.canaries) {
            let expected = "the server's own values are served, never the client's";
            self.damage(expected, &format!("the forged value {canary} was served"), false);
        }
    }

    /// What the server dates, it dates by its own clock.
    fn judge_clock(&mut self) {
        let dated = |eye: &Eye| -> Vec<(AssetId, jiff::Timestamp)> {
            eye.pins.iter().map(|(id, pin)| (*id, pin.entry.changed_at.instant())).collect()
        };
        let now = self.now;
        let off = dated(&self.cast.phone.eye).into_iter().find(|(id, changed_at)| {
            self.is_ours(id) && changed_at.duration_since(now).abs() > CLOCK_MARGIN
        });
        if let Some((asset, changed_at)) = off {
            let expected = format!("changed_at is the server's time, near {now}");
            self.damage(&expected, &format!("asset {asset} is dated {changed_at}"), false);
        }
    }

    fn is_ours(&self, asset: &AssetId) -> bool {
        self.acknowledged.iter().flatten().any(|photo| photo.asset == *asset)
    }

    /// Sends what is left of the honest upload; returns whether all of it was accepted.
    async fn finish(&mut self, upload: &mut Upload) -> Result<bool, Stop> {
        let steps = match (self.mode, &self.struck) {
            (Mode::Twin, _) => {
                let from = self.point(upload)?;
                upload.steps_from(from, false).into_iter().skip(1).collect()
            }
            (Mode::Attack, Some(struck)) => {
                let burnt = self.attack.expectation.session == SessionEffect::Fails;
                upload.steps_from(struck.from, burnt)
            }
            (Mode::Attack, None) => {
                return Err(Stop::Invalid("the scenario recovers before its attack".to_owned()));
            }
        };
        for step in steps {
            let answer = upload.send(self.cast.phone.line(), step).await?;
            if answer.is_success() {
                continue;
            }
            let Err(Stop::Invalid(why)) = accepted("the author", "the honest successor", &answer)
            else {
                return Ok(false);
            };
            if self.mode == Mode::Twin {
                return Err(Stop::Invalid(why));
            }
            self.damage("the honest successor succeeds on the same state", &why, true);
            return Ok(false);
        }
        let photo = Acknowledged::of(&upload.draft)
            .ok_or_else(|| Stop::Error("the draft has no record".to_owned()))?;
        let [authors, _] = &mut self.acknowledged;
        authors.push(photo);
        Ok(true)
    }

    /// Waits until every eye sees every acknowledged photo; says what stays unseen.
    async fn unseen(&mut self) -> Result<Option<String>, Stop> {
        let mut unseen = None;
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            unseen = self.look().await?;
            if unseen.is_none() {
                break;
            }
        }
        Ok(unseen)
    }

    /// One look of every eye that is online; the tablet stays offline until the audit.
    async fn look(&mut self) -> Result<Option<String>, Stop> {
        let [authors, bystanders] = &self.acknowledged;
        let cast = &mut self.cast;
        let looking = [
            (&mut cast.phone.eye, authors),
            (&mut cast.laptop.eye, authors),
            (&mut cast.bystander.eye, bystanders),
        ];
        for (eye, photos) in looking {
            if let Err(disorder) = eye.pull().await? {
                return Ok(Some(format!("{}: {disorder}", eye.line.actor())));
            }
            let hidden = photos.iter().find_map(|photo| photo.unseen_by(eye));
            if let Some(hidden) = hidden {
                return Ok(Some(format!("{}: {hidden}", eye.line.actor())));
            }
        }
        Ok(None)
    }

    /// The witness's audit, by every eye; the fresh one looks for the first time.
    async fn audit_now(&mut self, moment: &'static str) -> Result<(), Stop> {
        let [authors, bystanders] = self.acknowledged.clone();
        let version = Profile::B.protocol;
        let mut fresh = Eye::new(self.cast.fresh.clone(), version);
        let mut second = Eye::new(self.cast.bystander.line().clone(), version);
        let mut harms = Vec::new();
        let cast = &mut self.cast;
        for eye in [
            &mut cast.phone.eye,
            &mut cast.laptop.eye,
            &mut cast.offline,
            &mut fresh,
            &mut cast.bystander.eye,
            &mut second,
        ] {
            if let Err(disorder) = eye.pull().await? {
                harms.push(HarmFound {
                    harm: Harm::Rewritten,
                    expected: "the feed reads on, in order".to_owned(),
                    observed: format!("{}: {disorder}", eye.line.actor()),
                });
            }
        }
        let authors_eyes = [&cast.phone.eye, &cast.laptop.eye, &cast.offline, &fresh];
        harms.extend(audit(&authors, &authors_eyes).await?);
        harms.extend(audit(&bystanders, &[&cast.bystander.eye, &second]).await?);
        for harm in harms {
            self.find(
                Verdict::IrreparableDamage,
                harm.expected,
                format!("{moment}: {}", harm.observed),
                Some(harm.harm),
            );
        }
        self.depth.push(moment);
        self.recorder.note(format!("audited {moment}"));
        Ok(())
    }

    async fn audit_after_restart(&mut self) -> Result<(), Stop> {
        if !self.world.offers(Hook::Restart) {
            return Ok(());
        }
        self.world.restart().await?;
        self.recorder.hook("stopped the target and started it again");
        self.moved();
        self.audit_now("after a restart").await
    }

    /// Lets the clock pass every grace, twice, with a collection after each: one to mark, one to
    /// sweep.
    async fn audit_after_collection(&mut self) -> Result<(), Stop> {
        if !(self.world.offers(Hook::Clock) && self.world.offers(Hook::Purge)) {
            return Ok(());
        }
        for _ in 0..2 {
            self.world.advance_clock(PAST_GRACE_SECONDS).await?;
            self.world.purge().await?;
        }
        self.recorder.hook("moved the clock past every grace and collected garbage, twice");
        self.cast.renew(self.world.as_mut(), &self.recorder).await?;
        self.now = clock(self.cast.phone.line()).await?;
        self.audit_now("after garbage collection").await
    }

    fn expected(&self) -> String {
        let expectation = &self.attack.expectation;
        let statuses: Vec<String> = expectation.statuses().iter().map(u16::to_string).collect();
        match &expectation.expect {
            Expect::Absorb => expectation.to_string(),
            Expect::Refuse(_) | Expect::Neutralise(_) => {
                format!("{expectation}, status {}", statuses.join(" or "))
            }
        }
    }

    /// Records a forbidden change that can be mended.
    fn damage(&mut self, expected: &str, observed: &str, surfaced: bool) {
        self.find(Verdict::TransientDamage, expected.to_owned(), observed.to_owned(), None);
        if let Some(finding) = self.findings.last_mut() {
            finding.surfaced = Some(surfaced);
        }
    }

    fn find(
        &mut self,
        verdict: Verdict,
        expected: String,
        observed: String,
        harm: Option<Harm>,
    ) {
        let expectation = &self.attack.expectation;
        let (clause, source) = match harm {
            None => (expectation.clause.clone(), expectation.source),
            Some(harm) => (irreparable_clause(harm).to_owned(), Source::S),
        };
        let finding = Finding {
            beat: self.recorder.beat(),
            verdict,
            harm,
            surfaced: None,
            clause,
            source,
            expected,
            observed: self.recorder.redact(&observed),
        };
        self.recorder.finding(&finding);
        self.findings.push(finding);
    }
}

const fn irreparable_clause(harm: Harm) -> &'static str {
    match harm {
        Harm::Lost => "A faulty, malicious or version-mismatched client must not be able to cause the loss of original bytes.",
        Harm::Rewritten => "A faulty, malicious or version-mismatched client must not be able to cause the loss of the audit trail.",
        Harm::Silent => "A faulty, malicious or version-mismatched client must not be able to cause an undetected silent overwrite of user intent.",
        Harm::Fork => "History is append-only: any two readers see one chain, of which one may be a prefix of the other.",
    }
}

/// A request in a few lines, for people: its line, its headers, its body's shape.
fn describe(request: &Request) -> String {
    let mut text = format!("{} {}\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    match request.framing {
        Framing::Stated => {}
        Framing::Chunked => text.push_str("transfer-encoding: chunked\n"),
        Framing::Understated(by) => {
            text.push_str(&format!("content-length: {by} less than is sent\n"));
        }
    }
    match std::str::from_utf8(&request.body) {
        Ok(body) if request.header_value("content-type") == Some("application/json") => {
            text.push_str(body);
        }
        _ => text.push_str(&format!(
            "body: {} bytes, SHA-256 {}",
            request.body.len(),
            Hash::of(&request.body)
        )),
    }
    text
}

/// The parts in which two requests differ; `None` where they are the same bytes on the wire.
fn difference(honest: &Request, sent: &Request) -> Option<String> {
    let mut parts = Vec::new();
    if (honest.method, &honest.path) != (sent.method, &sent.path) {
        parts.push(format!("{} {} → {} {}", honest.method, honest.path, sent.method, sent.path));
    }
    let headers = |request: &Request| -> BTreeSet<(String, String)> {
        request.headers.iter().cloned().collect()
    };
    let (before, after) = (headers(honest), headers(sent));
    parts.extend(before.difference(&after).map(|(name, value)| format!("without {name}: {value}")));
    parts.extend(after.difference(&before).map(|(name, value)| format!("with {name}: {value}")));
    if before == after && honest.headers.len() != sent.headers.len() {
        parts.push("a header is repeated".to_owned());
    }
    if honest.body != sent.body {
        parts.push(format!("body of {} → {} bytes", honest.body.len(), sent.body.len()));
    }
    if honest.framing != sent.framing {
        parts.push(format!("framing {:?} → {:?}", honest.framing, sent.framing));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}
