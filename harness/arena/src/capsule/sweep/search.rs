//! The search: after every kill the witness looks for each write that was acknowledged, and for halves of
//! the one that was not.

use super::book::{Attempt, Deed, Next, Told};
use super::report::Breach;
use super::script::{Looked, Script};
use crate::capsule::eye::Eye;
use crate::{Answer, Harm, Stop};
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::OpAccepted;
use std::time::Duration;

/// How often an eye looks again for a write that it is not shown at once, and the pause between.
const LOOKS: usize = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// What one look finds.
#[derive(Default)]
pub(super) struct Search {
    /// How many acknowledged writes were looked for.
    pub(super) checked: usize,
    /// Whether the write that was interrupted took effect, where that can be seen.
    pub(super) landed: Option<bool>,
    breaches: Vec<Missed>,
}

/// One broken promise.
struct Missed {
    breach: Breach,
    harm: Option<Harm>,
    expected: String,
    observed: String,
    told: Told,
}

/// The eyes of one look: two devices that read on, and one that reads the feed from its beginning.
pub(super) struct Eyes {
    phone: Eye,
    pub(super) laptop: Eye,
    pub(super) fresh: Eye,
}

impl Eyes {
    pub(super) fn all(&self) -> [&Eye; 3] {
        [&self.fresh, &self.phone, &self.laptop]
    }
}

impl Search {
    /// A write that was acknowledged is not there. Several eyes that miss the same are one loss.
    pub(super) fn lost(
        &mut self,
        harm: Option<Harm>,
        expected: impl Into<String>,
        observed: impl Into<String>,
        told: &Told,
    ) {
        self.missed(Breach::Lost, harm, expected.into(), observed.into(), told);
    }

    /// A write that was interrupted is there in part.
    pub(super) fn half(&mut self, expected: impl Into<String>, observed: impl Into<String>) {
        let (expected, observed) = (expected.into(), observed.into());
        self.missed(Breach::Half, None, expected, observed, &Told::new());
    }

    pub(super) fn missed(
        &mut self,
        breach: Breach,
        harm: Option<Harm>,
        expected: String,
        observed: String,
        told: &Told,
    ) {
        if self.breaches.iter().any(|held| held.expected == expected) {
            return;
        }
        self.breaches.push(Missed {
            breach,
            harm,
            expected,
            observed,
            told: told.clone(),
        });
    }
}

impl Script {
    /// Looks for everything that was acknowledged; `pending` was sent and not answered.
    ///
    /// # Errors
    /// [`Stop::Found`] where something is not as it has to be: there is nothing to go on from.
    pub(super) async fn search(&mut self, pending: Option<&Attempt>) -> Result<(), Stop> {
        let mut search = Search::default();
        let next = match pending {
            Some(attempt) => self.book.next_photo(attempt)?,
            None => None,
        };
        if let Some(eyes) = self.eyes(next.as_ref(), &mut search).await? {
            self.search_photos(&eyes, next.as_ref(), &mut search)
                .await?;
            self.search_blobs(&eyes, &mut search).await?;
        }
        self.search_purged(pending, &mut search).await?;
        self.search_sessions(pending, &mut search).await?;
        self.search_documents(pending, &mut search).await?;
        self.search_album(pending, &mut search).await?;
        self.search_quota(pending, &mut search).await?;
        self.conclude(search, pending)
    }

    /// Takes down what a look found.
    fn conclude(&mut self, search: Search, pending: Option<&Attempt>) -> Result<(), Stop> {
        let lost = |missed: &&Missed| missed.breach == Breach::Lost;
        self.looks.push(Looked {
            after: self.after(),
            interrupted: pending.is_some(),
            checked: search.checked,
            lost: search.breaches.iter().filter(lost).count(),
        });
        if search.breaches.is_empty() {
            return Ok(());
        }
        let interrupted = pending.map(|attempt| format!("interrupted: {}", attempt.what));
        for missed in search.breaches {
            let mut told = missed.told;
            told.extend(interrupted.clone());
            let (expected, observed) = (missed.expected, missed.observed);
            self.find(missed.breach, missed.harm, expected, observed, &told);
        }
        Err(Stop::Found)
    }

    /// Every eye, having pulled until it is shown what was acknowledged, or long enough; none where a feed
    /// does not read on.
    async fn eyes(
        &mut self,
        next: Option<&Next>,
        search: &mut Search,
    ) -> Result<Option<Eyes>, Stop> {
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let Some(eyes) = self.look(search).await? else {
                return Ok(None);
            };
            let shown = |eye: &&Eye| self.book.is_shown_to(eye, next);
            if eyes.all().iter().all(shown) || look + 1 == LOOKS {
                return Ok(Some(eyes));
            }
        }
        Ok(None)
    }

    /// One look of every eye.
    async fn look(&mut self, search: &mut Search) -> Result<Option<Eyes>, Stop> {
        let mut fresh = self.phone.newcomer();
        let mut disorder = None;
        for eye in [&mut self.phone, &mut self.laptop, &mut fresh] {
            let pulled = eye.pull().await?.err();
            disorder = disorder.or(pulled.map(|why| format!("{}: {why}", eye.line.actor())));
            for pin in eye.pins.values() {
                let numbered = self.book.number(pin.head(), pin.entry.sync_seq).err();
                disorder = disorder.or(numbered);
            }
        }
        if let Some(disorder) = disorder {
            let expected = "the feed reads on, in order, and no number shows two records";
            search.lost(Some(Harm::Rewritten), expected, disorder, &Told::new());
            return Ok(None);
        }
        Ok(Some(Eyes {
            phone: self.phone.clone(),
            laptop: self.laptop.clone(),
            fresh,
        }))
    }

    /// After a write that the feed shows: takes its entry in, so that its number is known before any
    /// later kill.
    ///
    /// # Errors
    /// [`Stop::Found`] where answer and feed number it differently, or anew.
    pub(super) async fn see(
        &mut self,
        attempt: &Attempt,
        answer: Option<&Answer>,
    ) -> Result<(), Stop> {
        let Some(record) = shown_record(attempt) else {
            return Ok(());
        };
        let said = answer.and_then(|answer| answer.json::<OpAccepted>().ok());
        let mut disorder = self.phone.pull().await?.err();
        let seen = self.phone.pins.values().find(|pin| pin.head() == record);
        let numbers = [
            said.map(|accepted| accepted.sync_seq),
            seen.map(|pin| pin.entry.sync_seq),
        ];
        for number in numbers.into_iter().flatten() {
            disorder = disorder.or(self.book.number(record, number).err());
        }
        let Some(disorder) = disorder else {
            return Ok(());
        };
        let expected = format!("{} is numbered once, and the feed reads on", attempt.what);
        self.find(Breach::Lost, Some(Harm::Rewritten), expected, disorder, &[]);
        Err(Stop::Found)
    }
}

/// The record that a write has the feed show.
fn shown_record(attempt: &Attempt) -> Option<Hash> {
    match &attempt.deed {
        Deed::Op(write) => write.link(),
        Deed::Append(chunk) => chunk.completes.as_ref()?.link(),
        _ => None,
    }
}

/// An answer of which a body is all that tells two apart.
pub(super) fn described(eye: &Eye, answer: &Answer) -> String {
    let (actor, body) = (eye.line.actor(), Hash::of(&answer.body));
    format!(
        "{actor}: {} with a body that hashes to {body}",
        answer.summary()
    )
}
