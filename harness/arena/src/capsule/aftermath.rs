//! The aftermath: the honest successor, what every eye sees, and the witness's audits.

use super::belief::audit_beliefs;
use super::cast::accepted;
use super::depth::Eyes;
use super::eye::Eye;
use super::feeds::{album_oddities, oddities};
use super::lab::{Lab, Mode, Struck};
use super::testify::{Depth, Object, Whose};
use super::upload::Upload;
use super::witness::{Acknowledged, HarmFound, audit, audit_documents};
use crate::binding::Hook;
use crate::{Answer, Expect, Finding, Harm, SessionEffect, Stop, Verdict};
use gauntlet_simulator::{Document, Draft, Profile, Step};
use gauntlet_wire::code::Code;
use gauntlet_wire::id::AssetId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How often an eye looks again for a write that it does not see at once, and the pause between.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);
/// Past every session's lifetime, and past the longest grace that the contract allows (72 h).
pub(super) const PAST_GRACE_SECONDS: u64 = 73 * 3600;

/// What is audited of an account, and with which eyes.
struct Side<'a> {
    whose: Whose,
    photos: &'a [Acknowledged],
    documents: Vec<Document>,
    eyes: &'a [&'a Eye],
    /// Those of the eyes that download every blob.
    readers: &'a [&'a Eye],
}

/// Which of the author's eyes download every blob in an audit: two, turn by turn, and in the last audit
/// all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// The phone, and the device that looks for the first time.
    Newest,
    /// The laptop, and the tablet that was offline.
    Older,
    /// Every eye.
    All,
}

impl Readers {
    /// All of them where the audit is the last.
    const fn of(is_last: bool, otherwise: Self) -> Self {
        if is_last { Self::All } else { otherwise }
    }

    fn among(self, [phone, laptop, tablet, fresh]: [&Eye; 4]) -> Vec<&Eye> {
        match self {
            Self::Newest => vec![phone, fresh],
            Self::Older => vec![laptop, tablet],
            Self::All => vec![phone, laptop, tablet, fresh],
        }
    }
}

/// Something that somebody does not see as it was acknowledged.
pub(super) struct Unseen {
    /// The photo, where it is one and not the feed as such.
    pub(super) asset: Option<AssetId>,
    /// Who does not see it, and in what way.
    pub(super) text: String,
}

/// What a look at every feed comes to.
enum Look {
    /// Every acknowledged photo is shown.
    Everything,
    /// Something is not shown, and may still be.
    NotYet(Unseen),
    /// A feed can't be read, or breaks its order.
    Broken(Unseen),
}

impl Lab {
    /// Sends what is left of the honest upload; returns whether all of it was accepted.
    pub(super) async fn finish(&mut self, upload: &mut Upload) -> Result<bool, Stop> {
        let steps: Vec<Step> = match (self.mode, &self.struck) {
            (Mode::Twin, _) => {
                let from = self.point(upload)?;
                upload.steps_from(from, false).into_iter().skip(1).collect()
            }
            (Mode::Attack, Some(struck)) => {
                let answered = struck.answer.as_ref().is_some_and(Answer::is_success);
                if self.lawful_op(upload, struck, answered).is_some() {
                    // It took effect, and was acknowledged, when it was judged.
                    return Ok(true);
                }
                let burnt = self.attack.expectation.session == SessionEffect::Fails;
                let steps = upload.steps_from(struck.from, burnt);
                let skipped = usize::from(self.goes_on(upload, struck));
                steps.into_iter().skip(skipped).collect()
            }
            (Mode::Attack, None) => {
                return Err(Stop::Invalid(
                    "the scenario recovers before its attack".to_owned(),
                ));
            }
        };
        for step in steps {
            let answer = upload.send(self.successors_line(), step).await?;
            if answer.is_success() {
                self.judge_opening(step, &answer);
                continue;
            }
            let why = match accepted("the author", "the honest successor", &answer) {
                Err(Stop::Invalid(why)) => why,
                Err(other) => return Err(other),
                Ok(()) => continue,
            };
            if self.mode == Mode::Twin {
                return Err(Stop::Invalid(why));
            }
            self.damage(
                "the honest successor succeeds on the same state",
                &why,
                true,
            );
            self.judge_promise(upload, step, &answer).await?;
            return Ok(false);
        }
        self.acknowledge(&upload.draft)?;
        Ok(true)
    }

    /// The successor of an opening that was refused, or whose session failed, opens a session of its own: to
    /// be given one that is there already means that the refused one left something behind.
    fn judge_opening(&mut self, step: Step, answer: &Answer) {
        let replaced = self.struck.as_ref().is_some_and(|struck| {
            let refused = struck
                .answer
                .as_ref()
                .is_some_and(|answer| !answer.is_success());
            let fails = self.attack.expectation.session == SessionEffect::Fails;
            refused && step.blob() == struck.from.blob() && (fails || struck.from == step)
        });
        if replaced && matches!(step, Step::Open { .. }) && answer.status != 201 {
            let expected = "201: the honest opening makes a session of its own";
            let observed = format!("{}: a session is there already", answer.summary());
            self.damage(expected, &observed, false);
        }
    }

    /// Who is told that the bytes are there already will not send them again: `duplicate_blob` is a
    /// promise like any acknowledgement.
    async fn judge_promise(
        &mut self,
        upload: &Upload,
        step: Step,
        answer: &Answer,
    ) -> Result<(), Stop> {
        let blob = upload
            .draft
            .write()
            .and_then(|write| write.blobs.get(step.blob()?));
        let promised = blob.and_then(|blob| blob.hash.parse().ok());
        let told = answer.code().as_deref() == Some(Code::UploadDuplicateBlob.as_str());
        if let (true, Some(hash)) = (told, promised)
            && let Err(lost) = self.cast.phone.eye.fetch(&hash).await?
        {
            let expected =
                format!("{hash}, of which the author was told that it is stored, reads back");
            self.find(
                Verdict::IrreparableDamage,
                expected,
                &lost,
                Some(Harm::Lost),
            );
            self.told.harm(Whose::Author, Object::Blob(hash));
        }
        Ok(())
    }

    /// Whether the honest upload goes on behind the message: in the session that a forged opening of the same
    /// asset was given, as only there would the forged part take effect, behind a chunk that was lawful, or
    /// behind a message that was sent several times at once.
    fn goes_on(&self, upload: &Upload, struck: &Struck) -> bool {
        let opened = matches!(struck.from, Step::Open { .. });
        let tolerated = match self.attack.expectation.expect {
            Expect::Accept => true,
            Expect::Neutralise(_) => opened,
            Expect::Refuse(_) | Expect::Absorb | Expect::Decline(_) => {
                self.attack.deviation.is_race()
            }
        };
        let asset = |draft: &Draft| draft.write().map(|write| write.asset);
        let own = asset(&struck.sent) == asset(&upload.draft);
        tolerated && own && struck.answer.as_ref().is_some_and(Answer::is_success)
    }

    /// Waits until every eye that is online sees every acknowledged photo; says what stays unseen. Only
    /// what may still come is waited for: a feed out of order, or not readable, is said at once.
    pub(super) async fn unseen(&mut self) -> Result<Option<Unseen>, Stop> {
        self.note_positions();
        let mut seen = Look::Everything;
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            seen = self.look().await?;
            if !matches!(seen, Look::NotYet(_)) {
                break;
            }
        }
        Ok(match seen {
            Look::Everything => None,
            Look::NotYet(what) | Look::Broken(what) => Some(what),
        })
    }

    /// Notes how far every eye had read when a photo was acknowledged: nobody has looked since.
    fn note_positions(&mut self) {
        let cast = &self.cast;
        let eyes = [
            &cast.phone.eye,
            &cast.laptop.eye,
            &cast.offline,
            &cast.bystander.eye,
        ];
        let positions = eyes.map(|eye| (eye.line.actor().to_owned(), eye.last_seq));
        let positions = BTreeMap::from(positions);
        for photo in self.acknowledged.iter().flatten() {
            let noted = self.had_read.entry(photo.asset);
            noted.or_insert_with(|| positions.clone());
        }
    }

    /// One look of every eye that is online; the tablet stays offline until the audit.
    async fn look(&mut self) -> Result<Look, Stop> {
        let [authors, bystanders] = &self.acknowledged;
        let cast = &mut self.cast;
        let looking = [
            (&mut cast.phone.eye, authors),
            (&mut cast.laptop.eye, authors),
            (&mut cast.bystander.eye, bystanders),
        ];
        // All of them look, whatever the first one sees: what is testified later is what each has seen.
        let mut seen = Look::Everything;
        for (eye, photos) in looking {
            let pulled = eye.pull().await?;
            let actor = eye.line.actor();
            let hidden = photos
                .iter()
                .find_map(|photo| Some((photo.asset, photo.unseen_by(eye)?)));
            seen = match (seen, pulled, hidden) {
                (Look::Broken(what), _, _) => Look::Broken(what),
                (_, Err(disorder), _) => Look::Broken(Unseen {
                    asset: None,
                    text: format!("{actor}: {disorder}"),
                }),
                (Look::Everything, Ok(()), Some((asset, hidden))) => Look::NotYet(Unseen {
                    asset: Some(asset),
                    text: format!("{actor}: {hidden}"),
                }),
                (seen, Ok(()), _) => seen,
            };
        }
        Ok(seen)
    }

    /// Every audit, as far as hooks reach: the last of them is the most thorough.
    pub(super) async fn audit_from_now_on(&mut self) -> Result<(), Stop> {
        self.judge_range().await?;
        self.judge_storage_word().await?;
        let decoy = self.discard_decoy().await?;
        let collects = self.world.offers(Hook::Clock) && self.world.offers(Hook::Purge);
        let is_last = !(collects || self.world.offers(Hook::Restart));
        self.audit_with_outsiders("after the attack", Readers::of(is_last, Readers::Newest))
            .await?;
        if self.world.offers(Hook::Restart) {
            self.restart().await?;
            self.audit_with_outsiders("after a restart", Readers::of(!collects, Readers::Older))
                .await?;
        }
        if !collects {
            return Ok(());
        }
        self.audit_after_collection(Readers::of(decoy.is_none(), Readers::Newest))
            .await?;
        self.audit_after_the_trash().await?;
        // Where something was found, a photo that was put in the trash by it could still be restored: that it is
        // gone after the retention is nothing new.
        let sound = self.findings.iter().all(Finding::is_advice);
        if let Some(decoy) = decoy.filter(|_| sound) {
            self.outlive_retention(&decoy).await?;
            self.audit_with_outsiders("after the retention", Readers::All)
                .await?;
        }
        Ok(())
    }

    /// A target that loses or alters what it acknowledged without any attack shows nothing by one.
    pub(super) async fn audit_control(&mut self) -> Result<(), Stop> {
        let found = self.findings.len();
        self.audit_now("before any attack", Readers::All).await?;
        match self.findings.get(found) {
            None => Ok(()),
            Some(finding) => Err(Stop::Invalid(format!(
                "honest work does not read back, without any attack: {}",
                finding.observed
            ))),
        }
    }

    /// The witness's audit, by every eye; the fresh one looks for the first time.
    pub(super) async fn audit_now(
        &mut self,
        moment: &'static str,
        readers: Readers,
    ) -> Result<(), Stop> {
        let [authors, bystanders] = self.acknowledged.clone();
        let version = Profile::B.protocol;
        let mut fresh = Eye::new(self.cast.fresh.clone(), version);
        let mut second = Eye::new(self.cast.bystander.line().clone(), version);
        let mut harms = Vec::new();
        let cast = &mut self.cast;
        let eyes = [
            &mut cast.phone.eye,
            &mut cast.laptop.eye,
            &mut cast.offline,
            &mut fresh,
            &mut cast.bystander.eye,
            &mut second,
        ];
        let feed = eyes.len();
        for eye in eyes {
            if let Err(disorder) = eye.pull().await? {
                let observed = format!("{}: {disorder}", eye.line.actor());
                harms.push(HarmFound::new(
                    Harm::Rewritten,
                    Object::Feed,
                    "the feed reads on, in order",
                    observed,
                ));
            }
        }
        let cast = &self.cast;
        let authors_eyes = [&cast.phone.eye, &cast.laptop.eye, &cast.offline, &fresh];
        let bystanders_eyes = [&cast.bystander.eye, &second];
        let hidden: Vec<String> = hidden_from(&authors, &authors_eyes)
            .chain(hidden_from(&bystanders, &bystanders_eyes))
            .collect();
        let [authors_documents, bystanders_documents] = self.published.clone();
        let public = authors_documents
            .iter()
            .filter(|held| self.public.contains(&held.path));
        let readable = bystanders_documents.iter().chain(public).cloned().collect();
        let lawful = self.lawful_assets();
        let [authors_lawful, bystanders_lawful] = [0, 1].map(|side| lawful.as_ref()?.get(side));
        let mut odd = oddities(&authors_eyes, authors_lawful);
        odd.extend(oddities(&bystanders_eyes, bystanders_lawful));
        odd.extend(album_oddities(&authors, &fresh).await?);
        odd.extend(album_oddities(&bystanders, &second).await?);
        let authors_readers = readers.among(authors_eyes);
        // The bystander's two eyes ask with one and the same token.
        let bystanders_readers = [&second];
        let bytes = authors_readers.len() + bystanders_readers.len();
        let sides: [Side<'_>; 2] = [
            Side {
                whose: Whose::Author,
                photos: &authors,
                documents: authors_documents,
                eyes: &authors_eyes,
                readers: &authors_readers,
            },
            Side {
                whose: Whose::Bystander,
                photos: &bystanders,
                documents: readable,
                eyes: &bystanders_eyes,
                readers: &bystanders_readers,
            },
        ];
        let mut harmed = BTreeSet::new();
        for side in sides {
            let Side { whose, eyes, .. } = side;
            let mut found = audit(side.photos, eyes, side.readers, self.now).await?;
            found.extend(audit_documents(&side.documents, eyes).await?);
            harmed.extend(found.iter().map(|harm| (whose, harm.object.clone())));
            harms.extend(found);
        }
        let beliefs = audit_beliefs(&self.believed, &authors_eyes).await?;
        harmed.extend(
            beliefs
                .iter()
                .map(|harm| (Whose::Author, harm.object.clone())),
        );
        harms.extend(beliefs);
        let eyes: [&[&Eye]; 2] = [&authors_eyes, &bystanders_eyes];
        let taken = self.testimony_by(harmed, moment, eyes).await?;
        self.keep(Depth::Audit, taken);
        for harm in harms {
            self.find(
                Verdict::IrreparableDamage,
                harm.expected,
                &format!("{moment}: {}", harm.observed),
                Some(harm.harm),
            );
        }
        for hidden in hidden {
            self.hidden(&format!("{moment}: {hidden}"));
        }
        self.judge_feeds(moment, odd);
        self.audited(moment, Eyes { feed, bytes });
        self.recorder.note(format!("audited {moment}"));
        Ok(())
    }

    /// An audit, and what strangers may not read and a refused message brought: neither a restart nor a
    /// collection nor the days that pass may bring it to light.
    async fn audit_with_outsiders(
        &mut self,
        moment: &'static str,
        readers: Readers,
    ) -> Result<(), Stop> {
        self.audit_now(moment, readers).await?;
        self.judge_neighbours(moment).await?;
        if let Some(struck) = self.struck.take() {
            let judged = self.judge_kept(&struck, moment).await;
            self.struck = Some(struck);
            judged?;
        }
        Ok(())
    }

    /// Lets the clock pass every grace, twice, with a collection after each: one to mark, one to
    /// sweep.
    async fn audit_after_collection(&mut self, readers: Readers) -> Result<(), Stop> {
        for _ in 0..2 {
            self.age(PAST_GRACE_SECONDS).await?;
        }
        self.renew().await?;
        self.audit_with_outsiders("after garbage collection", readers)
            .await
    }
}

/// What is shown otherwise than it was acknowledged, to which eye. What is not shown at all is a harm of
/// its own.
fn hidden_from<'a>(
    photos: &'a [Acknowledged],
    eyes: &'a [&Eye],
) -> impl Iterator<Item = String> + 'a {
    eyes.iter().flat_map(move |eye| {
        let shown = photos
            .iter()
            .filter(|photo| eye.pins.contains_key(&photo.asset));
        let hidden = shown.filter_map(|photo| photo.unseen_by(eye));
        hidden.map(|hidden| format!("{}: {hidden}", eye.line.actor()))
    })
}
