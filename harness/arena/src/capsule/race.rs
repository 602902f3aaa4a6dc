//! Races: the honest message several times at once, and what its answers have to have in common.

use super::difference::describe;
use super::lab::{Lab, Struck};
use super::testify::{Object, Whose};
use super::upload::{Upload, session_id};
use crate::binding::Hook;
use crate::{Answer, Expect, Stop, Strictness};
use gauntlet_simulator::{Amid, Draft, Kind, Race, Request, Step};
use gauntlet_wire::header;
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::OpAccepted;
use std::collections::{BTreeMap, BTreeSet};

/// The longest start of a collection, as a power of two, in steps of the scheduler.
const LONGEST_START: u32 = 16;

impl Lab {
    /// Sends the honest message several times at once, in its own place.
    pub(super) async fn race(
        &mut self,
        upload: &mut Upload,
        from: Step,
        race: Race,
    ) -> Result<(), Stop> {
        let request = upload.request(from)?;
        self.record_race(&request, race)?;
        let mut watched = self.watched();
        // What the message brings may be gone until then, and is there afterwards.
        let [own, _] = &mut watched;
        own.blobs.retain(|hash| !brings(&upload.draft, hash));
        let before = self.snapshots(&watched).await?;
        let copies = vec![request; usize::from(race.copies.clamp(1, Race::MAX_COPIES))];
        let answers = match race.amid {
            None => self.line().send_at_once(&copies).await?,
            Some(Amid::Collection) => self.amid_a_collection(&copies).await?,
            Some(Amid::Kill) => self.amid_a_kill(&copies).await?,
        };
        let accepted = answers.iter().find(|answer| answer.is_success());
        let answer = accepted.or(answers.first()).cloned();
        if let Some(answer) = &answer {
            upload.opened(from, answer);
        }
        let departures = match from {
            Step::Open { .. } => openings(&answers, race.amid, self.strictness),
            Step::Op => ops(&answers),
            Step::Append { .. } | Step::Publish | Step::Call | Step::Ask => refusals(&answers),
        };
        self.struck = Some(Struck {
            answer,
            departures,
            ..Struck::at(from, upload.draft.clone(), watched, before)
        });
        Ok(())
    }

    fn record_race(&mut self, request: &Request, race: Race) -> Result<(), Stop> {
        let as_data = serde_json::to_value(&self.attack.deviation.kind)
            .map_err(|error| Stop::Error(error.to_string()))?;
        let copies = match race.copies {
            1 => "the same message".to_owned(),
            many => format!("{many} copies of it, all in flight before the first is answered"),
        };
        let amid = match race.amid {
            None => "",
            Some(Amid::Kill) => "; the target is killed among the answers",
            Some(Amid::Collection) => "; the target collects garbage meanwhile",
        };
        let honest = describe(request);
        let differences = vec![format!("{copies}{amid}")];
        let sent = format!("{copies}{amid}\n{honest}");
        self.recorder
            .deviation(as_data, &honest, &sent, &differences);
        self.differences = differences;
        Ok(())
    }

    /// Lets the target collect garbage while the messages are in flight. In the first trial they have a
    /// start; from then on the collection has one that doubles from trial to trial.
    async fn amid_a_collection(&mut self, copies: &[Request]) -> Result<Vec<Answer>, Stop> {
        if !self.world.offers(Hook::Purge) {
            return Err(Stop::Untested(Hook::Purge));
        }
        let (trial, _) = self.recorder.current_trial();
        let held = self.line().hold(copies).await?;
        let collecting = self.world.purge();
        let (collected, arrivals) = if trial == 1 {
            let flight = held.release().await;
            tokio::join!(collecting, flight.rest())
        } else {
            let sending = async {
                for _ in 0..1_u32 << trial.min(LONGEST_START) {
                    tokio::task::yield_now().await;
                }
                held.release().await.rest().await
            };
            tokio::join!(collecting, sending)
        };
        collected?;
        self.recorder
            .hook("let the target collect garbage while messages were in flight");
        self.line().landed(copies, arrivals)
    }

    /// Kills the target among the answers: after the first in the first trial, and after more of them from
    /// trial to trial. Then the message is sent once more.
    async fn amid_a_kill(&mut self, copies: &[Request]) -> Result<Vec<Answer>, Stop> {
        if !self.world.offers(Hook::Crash) {
            return Err(Stop::Untested(Hook::Crash));
        }
        let (trial, of) = self.recorder.current_trial();
        let answered = answered_before_the_kill(copies.len(), trial, of);
        let mut flight = self.line().hold(copies).await?.release().await;
        let mut arrivals = Vec::new();
        while arrivals.len() < answered
            && let Some(arrival) = flight.next().await
        {
            arrivals.push(arrival);
        }
        self.crash().await?;
        arrivals.extend(flight.rest().await);
        let mut answers = self.line().cut_off(copies, arrivals)?;
        if answers.is_empty() {
            return Err(Stop::Error(
                "the target answered none of the messages before it was killed".to_owned(),
            ));
        }
        if let Some(request) = copies.first() {
            answers.push(self.line().send(request).await?);
        }
        Ok(answers)
    }

    /// Whether the message under attack has an effect where it is accepted: a lawful or a tolerated one,
    /// or one of several copies.
    pub(super) fn takes_effect(&self) -> bool {
        match self.attack.deviation.kind {
            Kind::Race(_) => true,
            _ => matches!(
                self.attack.expectation.expect,
                Expect::Neutralise(_) | Expect::Accept
            ),
        }
    }

    /// One op, however often it arrived, is one entry of the feed, under the number that was stated.
    pub(super) fn judge_number(&mut self, upload: &Upload, struck: &Struck) {
        let raced = self.attack.deviation.is_race() && struck.from == Step::Op;
        let stated: Option<OpAccepted> = struck
            .answer
            .as_ref()
            .filter(|answer| raced && answer.is_success())
            .and_then(|answer| answer.json().ok());
        let (Some(stated), Some(write)) = (stated, upload.draft.write()) else {
            return;
        };
        let pin = self.cast.phone.eye.pins.get(&write.asset);
        let shown = pin.map(|pin| pin.entry.sync_seq);
        if shown != Some(stated.sync_seq) {
            self.told.harm(Whose::Author, Object::Feed);
            let shown = shown.map_or_else(|| "nothing".to_owned(), |seq| format!("sync_seq {seq}"));
            self.damage(
                "one op is one entry of the feed, under the number that its answer states",
                &format!(
                    "the answer states sync_seq {}, and the feed shows {shown}",
                    stated.sync_seq
                ),
                false,
            );
        }
    }
}

/// How many of so many copies are answered before the kill: one in the first trial, and evenly more in
/// every further one.
fn answered_before_the_kill(copies: usize, trial: u32, of: u32) -> usize {
    let earlier = usize::try_from(trial.saturating_sub(1)).unwrap_or(0);
    let trials = usize::try_from(of.max(1)).unwrap_or(1);
    1 + copies.saturating_sub(1) * earlier / trials
}

/// Whether the script brings the blob at this address.
fn brings(draft: &Draft, hash: &Hash) -> bool {
    let Some(write) = draft.write() else {
        return false;
    };
    let metadata = write.op.as_ref().and_then(|op| op.metadata.as_deref());
    let uploaded = write.blobs.iter().map(|blob| blob.bytes.as_slice());
    uploaded
        .chain(metadata)
        .any(|bytes| Hash::of(bytes) == *hash)
}

/// Answers that are none of success, each kind once.
fn refusals(answers: &[Answer]) -> Vec<String> {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for answer in answers.iter().filter(|answer| !answer.is_success()) {
        *kinds.entry(answer.summary()).or_default() += 1;
    }
    let of = answers.len();
    kinds
        .into_iter()
        .map(|(kind, times)| format!("{times} of {of} messages in flight were answered {kind}"))
        .collect()
}

/// Openings of one tuple: one opens a session, the others are given it (`wire.md` §1.3).
fn openings(answers: &[Answer], amid: Option<Amid>, strictness: Strictness) -> Vec<String> {
    let mut departures = refusals(answers);
    let (opened, of) = (
        answers.iter().filter(|answer| answer.status == 201).count(),
        answers.len(),
    );
    // The one that opened it may be among those whose answers were lost.
    let killed = amid == Some(Amid::Kill);
    let lawful = if killed { 0..=1 } else { 1..=1 };
    if strictness > Strictness::Outcome && !lawful.contains(&opened) {
        departures.push(format!(
            "{opened} of {of} openings at once were answered 201; one opens the session, and the others \
             are given it with 200"
        ));
    }
    let accepted = || answers.iter().filter(|answer| answer.is_success());
    let sessions: BTreeSet<_> = accepted().map(session_id).collect();
    if sessions.len() > 1 || sessions.contains(&None) {
        departures.push(format!(
            "{} openings were given {} sessions; they are for one",
            accepted().count(),
            sessions.len()
        ));
    }
    let again = answers.last().filter(|_| killed);
    if again.is_some_and(|again| again.status == 201) {
        departures.push(
            "after the kill the opening is answered 201, although its session was acknowledged before"
                .to_owned(),
        );
    }
    let silent = |answer: &&Answer| answer.status == 200 && answer.header(header::OFFSET).is_none();
    if strictness >= Strictness::Code && accepted().any(|answer| silent(&answer)) {
        departures.push(format!(
            "an opening that was given the session (200) does not state {}",
            header::OFFSET
        ));
    }
    departures
}

/// One op several times: one answer, but for `replayed` (`wire.md` §3, idempotency).
fn ops(answers: &[Answer]) -> Vec<String> {
    let mut departures = refusals(answers);
    let accepted: Vec<&Answer> = answers.iter().filter(|one| one.is_success()).collect();
    let read: Vec<OpAccepted> = accepted.iter().filter_map(|one| one.json().ok()).collect();
    if read.len() != accepted.len() {
        departures.push(
            "an accepted op is not answered with asset_id, sync_seq, action and replayed"
                .to_owned(),
        );
    }
    let numbers: BTreeSet<u64> = read.iter().map(|one| one.sync_seq).collect();
    if numbers.len() > 1 {
        departures.push(format!(
            "one op was answered with {} numbers, sync_seq {numbers:?}",
            numbers.len()
        ));
    }
    let about: BTreeSet<_> = read.iter().map(|one| (one.asset_id, one.action)).collect();
    if about.len() > 1 {
        departures.push(format!("one op was answered as {} ops", about.len()));
    }
    let first = read.iter().filter(|one| !one.replayed).count();
    let alike = accepted
        .iter()
        .all(|one| Some(&one.body) == accepted.first().map(|first| &first.body));
    if first != 1 && !alike && !read.is_empty() {
        departures.push(format!(
            "{first} of {} copies of one op were answered as not replayed; one of them is the first",
            read.len()
        ));
    }
    departures
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "018f2b1c-0000-7000-8000-000000000001";
    const OTHER: &str = "018f2b1c-0000-7000-8000-000000000002";

    fn opening(status: u16, session: &str) -> Answer {
        Answer {
            status,
            headers: vec![
                ("location".to_owned(), format!("/v1/upload/{session}")),
                (header::OFFSET.to_owned(), "0".to_owned()),
            ],
            body: Vec::new(),
        }
    }

    fn op(sync_seq: u64, replayed: bool) -> Answer {
        let body = serde_json::json!({
            "asset_id": SESSION, "sync_seq": sync_seq, "action": "delete", "replayed": replayed,
        });
        Answer {
            status: 200,
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
    }

    fn judged(answers: &[Answer]) -> Vec<String> {
        openings(answers, None, Strictness::Code)
    }

    #[test]
    fn the_kill_comes_later_from_trial_to_trial_and_never_after_all_answers() {
        let after: Vec<usize> = (1..=8)
            .map(|trial| answered_before_the_kill(32, trial, 8))
            .collect();
        assert_eq!(after, [1, 4, 8, 12, 16, 20, 24, 28]);
        assert_eq!(answered_before_the_kill(1, 8, 8), 1);
        assert_eq!(answered_before_the_kill(32, 1, 1), 1);
    }

    #[test]
    fn one_opening_opens_and_the_others_are_given_its_session() {
        let given = opening(200, SESSION);
        assert_eq!(
            judged(&[given.clone(), opening(201, SESSION), given.clone()]),
            [""; 0]
        );
        for (answers, named) in [
            (vec![given.clone(), given.clone()], "0 of 2 openings"),
            (
                vec![opening(201, SESSION), opening(201, SESSION)],
                "2 of 2 openings",
            ),
            (
                vec![opening(201, SESSION), opening(200, OTHER)],
                "2 sessions",
            ),
            (vec![opening(201, SESSION), opening(200, "x")], "2 sessions"),
            (
                vec![opening(201, SESSION), opening(500, SESSION)],
                "1 of 2 messages",
            ),
        ] {
            let found = judged(&answers);
            assert!(found.len() == 1 && found[0].contains(named), "{found:?}");
        }
        let mut mute = given;
        mute.headers.pop();
        let answers = [opening(201, SESSION), mute];
        assert_eq!(judged(&answers).len(), 1);
        assert_eq!(openings(&answers, None, Strictness::Status), [""; 0]);
    }

    #[test]
    fn after_a_kill_the_session_is_found_again() {
        let judged = |answers: &[Answer]| openings(answers, Some(Amid::Kill), Strictness::Code);
        let given = opening(200, SESSION);
        assert_eq!(judged(&[opening(201, SESSION), given.clone()]), [""; 0]);
        assert_eq!(judged(&[given.clone(), given.clone()]), [""; 0]);
        let forgotten = judged(&[given, opening(201, OTHER)]);
        assert!(
            forgotten.iter().any(|text| text.contains("after the kill")),
            "{forgotten:?}"
        );
    }

    #[test]
    fn copies_of_an_op_are_answered_alike_but_for_replayed() {
        assert_eq!(ops(&[op(7, true), op(7, false), op(7, true)]), [""; 0]);
        assert_eq!(
            ops(&[op(7, false), op(7, false)]),
            [""; 0],
            "identical bodies"
        );
        for (answers, named) in [
            (vec![op(7, false), op(8, true)], "2 numbers"),
            (
                vec![op(7, false), op(7, false), op(7, true)],
                "2 of 3 copies",
            ),
            (vec![op(7, false), opening(409, SESSION)], "1 of 2 messages"),
        ] {
            let found = ops(&answers);
            assert!(found.iter().any(|text| text.contains(named)), "{found:?}");
        }
    }
}
