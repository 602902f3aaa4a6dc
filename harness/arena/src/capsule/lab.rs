//! The lab: one world, one attack, four beats. It enforces what an author of a row might forget: the
//! order of the beats, exactly one deviation, the sentinel, the comparison, the audit.

use super::belief::Believed;
use super::cast::{Cast, Clock, Setting, accepted};
use super::ceremony::{Ceremony, offered};
use super::depth::Looked;
use super::sentinel::Sentinel;
use super::snapshot::{Snapshot, Watch, snapshot};
use super::strike::{asset, declared, document};
use super::testify::Told;
use super::underway::Underway;
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::binding::{Hook, World};
use crate::{
    Address, Answer, Answered, Attack, Beat, BeatReport, Finding, Recorder, Stop, Strictness,
    Testimony,
};
use gauntlet_simulator::{Borrowed, Document, Draft, Fault, Kind, Photo, Request, Step, Write};
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::json::OpAccepted;
use gauntlet_wire::rule::Rule;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Whether the one declared deviation is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The honest twin: the same script without it.
    Twin,
    /// The attack.
    Attack,
}

/// When containment is judged.
const AT_ONCE: &str = "at once";

/// Everything that a play works with.
pub struct Lab {
    pub(super) world: Box<dyn World>,
    pub(super) attack: Attack,
    pub(super) mode: Mode,
    pub(super) strictness: Strictness,
    pub(super) recorder: Recorder,
    pub(super) address: Address,
    /// The target's time at the beginning, and now.
    pub(super) began: jiff::Timestamp,
    pub(super) now: jiff::Timestamp,
    pub(super) cast: Cast,
    /// Where the album stands that is upgraded, if one is.
    pub(super) ceremony: Ceremony,
    /// What the author and the bystander were told is stored.
    pub(super) acknowledged: [Vec<Acknowledged>; 2],
    /// The author's accepted writes, oldest first.
    pub(super) done: Vec<Write>,
    /// What an honest client was told is accepted, and should not have been.
    pub(super) believed: Vec<Believed>,
    /// What the author's accepted ops were answered, by their links.
    pub(super) op_answers: BTreeMap<Hash, OpAccepted>,
    /// Photos that share their original with one that is deleted, with its address.
    pub(super) sharers: Vec<(AssetId, Hash)>,
    /// Paths of the author's documents that the bystander can read.
    pub(super) public: BTreeSet<String>,
    /// The documents that they published last.
    pub(super) published: [Vec<Document>; 2],
    pub(super) struck: Option<Struck>,
    pub(super) beats: Vec<BeatReport>,
    pub(super) findings: Vec<Finding>,
    pub(super) depth: Vec<Looked>,
    /// How far the target's clock may be from what is taken for it.
    pub(super) uncertainty: Duration,
    /// What the target answered to the message that decides.
    pub(super) answered: Option<Answered>,
    /// What the deviation speaks of in place of the author's own.
    pub(super) lent: BTreeMap<Borrowed, String>,
    /// Where the deviated message differs from the honest one.
    pub(super) differences: Vec<String>,
    /// What was harmed, and the testimony of it.
    pub(super) told: Told,
    /// The bystander's accepted writes, oldest first.
    pub(super) others: Vec<Write>,
    /// A photo of the author's and one of the bystander's that were purged, where the script wants it.
    pub(super) purged: Vec<Write>,
    /// The author's newest photo that no attack is about.
    pub(super) newest: Option<Write>,
    /// The feed's last number before the clock was moved last: what is above it is dated by the clock as
    /// it is now.
    pub(super) dated_from: u64,
    /// An upload of the bystander's that is under way while the attack is made.
    pub(super) underway: Option<Underway>,
    /// The photos that were acknowledged before the attack.
    pub(super) elders: BTreeSet<AssetId>,
    /// How far the eyes had read the feed, by their names, when a photo was acknowledged.
    pub(super) had_read: BTreeMap<AssetId, BTreeMap<String, u64>>,
}

/// The deviated message and what it is judged by.
pub(super) struct Struck {
    pub(super) from: Step,
    /// The asset that the message is about, where it is about one.
    pub(super) asset: Option<AssetId>,
    /// The document that was sent in place of the honest one, where it was one.
    pub(super) document: Option<Document>,
    /// The decisive answer; a fault has none.
    pub(super) answer: Option<Answer>,
    /// Whether it came before the decisive message: one that looks honest was refused.
    pub(super) early: bool,
    /// What was drafted and sent, lies included.
    pub(super) sent: Draft,
    /// The decisive request.
    pub(super) request: Option<Request>,
    /// Where several answers are compared: in what they differ from what they have to be.
    pub(super) departures: Vec<String>,
    /// Of an op that was accepted before: how it was answered then.
    pub(super) repeated: Option<OpAccepted>,
    /// The content address that the blob's session declared, in hex.
    pub(super) declared: String,
    pub(super) watched: Watched,
    pub(super) before: [Snapshot; 2],
    /// Bytes of the author's sentinel.
    pub(super) sentinel: i128,
}

impl Struck {
    /// What was sent in place of the message at `from`, before anything was answered.
    pub(super) fn at(from: Step, sent: Draft, watched: Watched, before: [Snapshot; 2]) -> Self {
        Self {
            from,
            asset: asset(&sent),
            document: document(&sent),
            answer: None,
            early: false,
            declared: declared(&sent, from),
            sent,
            request: None,
            departures: Vec::new(),
            repeated: None,
            watched,
            before,
            sentinel: 0,
        }
    }
}

/// What is compared of the author and of the bystander.
pub(super) type Watched = [Watch; 2];

/// What a play leaves behind.
#[derive(Default)]
pub(crate) struct Remains {
    pub(crate) beats: Vec<BeatReport>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) depth: String,
    pub(crate) answered: Option<Answered>,
    pub(crate) difference: Vec<String>,
    pub(crate) testimony: Vec<Testimony>,
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
        recorder.locate(&world.base_url());
        let setting = Setting {
            seed,
            limits: world.limits(),
            recorder: &recorder,
            address: &address,
            tapped: matches!(attack.deviation.kind, Kind::Leak(_)),
        };
        let (cast, published, Clock { now, uncertainty }) =
            match Cast::assemble(world.as_mut(), &setting).await {
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
            began: now,
            now,
            cast,
            ceremony: Ceremony::default(),
            acknowledged: [Vec::new(), Vec::new()],
            done: Vec::new(),
            believed: Vec::new(),
            op_answers: BTreeMap::new(),
            sharers: Vec::new(),
            public: BTreeSet::new(),
            published,
            struck: None,
            beats: Vec::new(),
            findings: Vec::new(),
            depth: Vec::new(),
            uncertainty,
            answered: None,
            lent: BTreeMap::new(),
            differences: Vec::new(),
            told: Told::default(),
            others: Vec::new(),
            purged: Vec::new(),
            newest: None,
            dated_from: 0,
            underway: None,
            elders: BTreeSet::new(),
            had_read: BTreeMap::new(),
        })
    }

    /// The body of [`Lab::control`].
    pub(super) async fn play_control(&mut self, photo: Photo) -> Result<Upload, Stop> {
        self.enter(Beat::Control);
        let nothing = Watched::default();
        let before = self.snapshots(&nothing).await?;
        let bystanders = self.cast.bystander.upload(Photo::SMALL, self.now).await?;
        let authors = self.cast.phone.upload(Photo::SMALL, self.now).await?;
        let after = self.snapshots(&nothing).await?;
        quota_accounts(&before, &after, [authors.weight(), bystanders.weight()])?;
        self.acknowledged = [
            vec![Acknowledged::of(&authors)?],
            vec![Acknowledged::of(&bystanders)?],
        ];
        self.newest = Some(authors.clone());
        self.done.push(authors);
        self.others.push(bystanders);
        if let Some(unseen) = self.unseen().await? {
            return Err(Stop::Invalid(format!(
                "an honest upload is not shown: {}",
                unseen.text
            )));
        }
        self.find_public().await?;
        let mut upload = Upload::new(self.draft(photo).await?);
        self.set_out().await?;
        if self.mode == Mode::Twin {
            // Before the script: a server that breaks a promise in its middle is the attack's to find.
            self.audit_control().await?;
        }
        let from = self.point(&upload)?;
        let honest: Vec<Step> = upload
            .draft
            .steps()
            .into_iter()
            .take_while(|step| *step != from)
            .collect();
        for step in honest {
            let answer = upload.send(self.line(), step).await?;
            accepted("the control", "an honest message", &answer)?;
        }
        if let Err(disorder) = self.cast.offline.pull().await? {
            return Err(Stop::Invalid(disorder));
        }
        // A client may page as finely as it likes; the feed is the same.
        self.cast.offline.turn_pages_of(1);
        let found = self.findings.len();
        self.judge_leaks("after the honest work").await?;
        if self.findings.len() == found {
            self.passed(
                Beat::Control,
                "the honest client is accepted; in its twin all of its work reads back",
            );
        } else {
            self.failed(Beat::Control);
        }
        Ok(upload)
    }

    /// The body of [`Lab::attack`].
    pub(super) async fn play_attack(&mut self, upload: &mut Upload) -> Result<(), Stop> {
        self.enter(Beat::Attack);
        let from = self.point(upload)?;
        self.meanwhile(upload).await?;
        let deviated = match self.tighten(upload, from).await {
            Ok(()) => self.deviate(upload, from).await,
            Err(stop) => Err(stop),
        };
        // Whatever came of it: others may live on the same target.
        let loosened = self.loosen().await;
        deviated.and(loosened)
    }

    /// The deviation, or in the twin the message that it replaces.
    async fn deviate(&mut self, upload: &mut Upload, from: Step) -> Result<(), Stop> {
        if self.mode == Mode::Twin {
            let answer = upload.send(self.line(), from).await?;
            offered(self.attack.deviation.script.deed, &answer)?;
            accepted("the honest twin", "the undeviated message", &answer)?;
            self.passed(Beat::Attack, "the undeviated message is accepted");
            return Ok(());
        }
        self.borrow().await?;
        let before = self.world.refusals();
        match self.attack.deviation.kind.clone() {
            Kind::Message(_) | Kind::Draft(_) | Kind::Leak(_) | Kind::Squat(_) => {
                self.strike(upload, from).await?;
            }
            Kind::Fault(Fault::Kill) => self.kill(upload, from).await?,
            Kind::After { event, aware } => self.strike_after(upload, from, event, aware).await?,
            Kind::Race(race) => self.race(upload, from, race).await?,
            Kind::Probe => self.probe(upload, from).await?,
        }
        self.answered = self.answered_since(&before);
        self.passed(Beat::Attack, self.attack.deviation.about);
        Ok(())
    }

    /// The body of [`Lab::contain`].
    pub(super) async fn play_contain(&mut self, upload: &Upload) -> Result<(), Stop> {
        self.enter(Beat::Containment);
        if self.mode == Mode::Twin {
            self.passed(Beat::Containment, "nothing to contain");
            return Ok(());
        }
        let Some(mut struck) = self.struck.take() else {
            return Err(Stop::Invalid(
                "the scenario asks for containment before its attack".into(),
            ));
        };
        let found = self.findings.len();
        let photos = self.acknowledged.iter().flatten();
        self.elders = photos.map(|photo| photo.asset).collect();
        let answered = self.judge_answer(upload, &struck).await?;
        self.judge_head(&struck);
        if self.lawful_op(upload, &struck, answered).is_some() {
            self.acknowledge(&upload.draft)?;
        }
        let sentinels = self.sentinel(struck.asset).await?;
        let [own, _] = sentinels;
        struck.sentinel = own.map_or(0, Sentinel::weight);
        self.judge_number(upload, &struck);
        self.judge_changes(upload, &struck, answered, sentinels)
            .await?;
        self.judge_session(upload, &struck).await?;
        self.judge_kept(&struck, AT_ONCE).await?;
        self.judge_neighbours(AT_ONCE).await?;
        self.judge_ceremony().await?;
        self.judge_canaries();
        self.judge_disclosure(&struck).await?;
        self.judge_leaks("after the attack").await?;
        self.struck = Some(struck);
        if self.findings.len() == found {
            self.passed(
                Beat::Containment,
                "answered as expected; nothing else changed for anyone",
            );
        } else {
            self.failed(Beat::Containment);
            self.testify(upload).await?;
        }
        Ok(())
    }

    /// The body of [`Lab::recover`].
    pub(super) async fn play_recover(&mut self, mut upload: Upload) -> Result<(), Stop> {
        self.enter(Beat::Recovery);
        let found = self.findings.len();
        self.succeed(&mut upload).await?;
        if self.finish(&mut upload).await? {
            if let Some(unseen) = self.unseen().await? {
                self.hidden(&unseen.text);
            }
            self.judge_canaries();
            self.judge_clock();
            self.judge_account(&upload).await?;
        }
        self.arrive().await?;
        if self.mode == Mode::Attack {
            // What is written from now on has to reach everyone, too: a feed that ran ahead hides it.
            let attacked = self.struck.as_ref().and_then(|struck| struck.asset);
            self.sentinel(attacked).await?;
            self.judge_leaks("after the honest successor").await?;
            self.audit_from_now_on().await?;
            self.require_hooks()?;
        }
        if self.findings.len() == found {
            self.passed(
                Beat::Recovery,
                "the honest successor succeeds; nothing acknowledged is lost",
            );
        } else {
            self.failed(Beat::Recovery);
        }
        Ok(())
    }

    /// The decisive answer, with the rules that the target has refused by since.
    fn answered_since(&self, before: &BTreeMap<Rule, u64>) -> Option<Answered> {
        let answer = self.struck.as_ref()?.answer.as_ref()?;
        let after = self.world.refusals();
        let risen = after
            .into_iter()
            .filter(|(rule, count)| before.get(rule) != Some(count));
        Some(Answered::of(answer, risen.map(|(rule, _)| rule)))
    }

    /// An accepted deviation whose damage shows through a hook alone is not shown to be harmless
    /// without that hook.
    fn require_hooks(&self) -> Result<(), Stop> {
        let answer = self
            .struck
            .as_ref()
            .and_then(|struck| struck.answer.as_ref());
        if self.seeks_leaks() && !self.world.offers(Hook::Storage) {
            return Err(Stop::Untested(Hook::Storage));
        }
        let needs = &self.attack.expectation.needs;
        match needs.iter().find(|hook| !self.world.offers(**hook)) {
            Some(hook) if answer.is_some_and(Answer::is_success) => Err(Stop::Untested(*hook)),
            _ => Ok(()),
        }
    }

    /// What is left to conclude from, and the world to close.
    pub(crate) fn remains(self) -> (Box<dyn World>, Remains) {
        let depth = self.audit_depth();
        let testimony = self.testimony();
        let difference = match self.findings.as_slice() {
            [] => Vec::new(),
            _ => self.differences,
        };
        let remains = Remains {
            beats: self.beats,
            findings: self.findings,
            depth,
            answered: self.answered,
            difference,
            testimony,
        };
        (self.world, remains)
    }

    fn enter(&self, beat: Beat) {
        self.recorder.enter(beat);
    }

    fn passed(&mut self, beat: Beat, note: &str) {
        self.beats.push(BeatReport {
            beat,
            passed: true,
            note: note.to_owned(),
        });
    }

    fn failed(&mut self, beat: Beat) {
        let note = self
            .findings
            .last()
            .map(|finding| finding.observed.clone())
            .unwrap_or_default();
        self.beats.push(BeatReport {
            beat,
            passed: false,
            note,
        });
    }

    /// Notes which of the author's documents the bystander can read: directories are, ledgers need not be.
    async fn find_public(&mut self) -> Result<(), Stop> {
        let [documents, _] = &self.published;
        for document in documents {
            let answer = self.cast.bystander.eye.read(&document.path).await?;
            if answer.is_success() && answer.body == document.bytes {
                self.public.insert(document.path.clone());
            }
        }
        Ok(())
    }

    pub(super) fn point(&self, upload: &Upload) -> Result<Step, Stop> {
        let point = self.attack.deviation.point;
        point.step(&upload.draft).ok_or_else(|| {
            Stop::Invalid(format!(
                "the script has no message at {point:?}; take a larger photo"
            ))
        })
    }

    /// What author and bystander were told is stored.
    pub(super) fn watched(&self) -> Watched {
        let [authors, bystanders] = &self.acknowledged;
        let [authors_documents, bystanders_documents] = &self.published;
        let watch = |photos: &[Acknowledged], documents: &[Document]| Watch {
            blobs: photos
                .iter()
                .flat_map(Acknowledged::hashes)
                .copied()
                .collect(),
            documents: documents.iter().map(|held| held.path.clone()).collect(),
        };
        let mut watched = [
            watch(authors, authors_documents),
            watch(bystanders, bystanders_documents),
        ];
        // What the author publishes is published for others.
        let public: Vec<String> = authors_documents
            .iter()
            .filter(|held| self.public.contains(&held.path))
            .map(|held| held.path.clone())
            .collect();
        let [_, bystander] = &mut watched;
        bystander.documents.extend(public);
        watched
    }

    pub(super) async fn snapshots(&mut self, watched: &Watched) -> Result<[Snapshot; 2], Stop> {
        let [authors, bystanders] = watched;
        Ok([
            snapshot(&self.cast.phone.eye, authors).await?,
            snapshot(&self.cast.bystander.eye, bystanders).await?,
        ])
    }
}

/// An honest photo raises `used` by exactly what it weighs (`wire.md` §3, quota): on a server that
/// does not account, no later comparison of quotas would mean anything.
fn quota_accounts(
    before: &[Snapshot; 2],
    after: &[Snapshot; 2],
    weights: [u64; 2],
) -> Result<(), Stop> {
    for ((before, after), weight) in before.iter().zip(after).zip(weights) {
        let rose = after.used - before.used;
        if rose != i128::from(weight) {
            return Err(Stop::Invalid(format!(
                "the quota does not account: used rose by {rose} bytes for a photo of {weight}"
            )));
        }
    }
    Ok(())
}
