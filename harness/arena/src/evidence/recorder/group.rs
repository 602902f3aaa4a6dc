//! Concurrent groups: what was in flight at once is recorded in an order of its own, because the order
//! of its arrival is nobody's.

use super::{Recorder, issued};
use crate::evidence::event::{exchanged, unanswered};
use crate::evidence::{Alike, Event};
use crate::names::Names;
use crate::{Answer, Beat};
use gauntlet_simulator::Request;

/// One of several requests that were in flight at once.
pub(crate) struct Flown<'a> {
    pub(crate) request: &'a Request,
    /// The answer, or why there is none.
    pub(crate) answer: Result<&'a Answer, String>,
}

impl Flown<'_> {
    /// The values that the target issued with the answer, by kind.
    fn issued(&self) -> Vec<(&'static str, String)> {
        let answer = self.answer.as_ref();
        answer.map_or_else(|_| Vec::new(), |answer| issued(self.request, answer))
    }
}

impl Recorder {
    /// Records requests that `actor` had in flight at once, with their answers. Two runs that differ in
    /// the order of arrival alone, or in which of several equal requests was given which value, record
    /// the same.
    pub(crate) fn concurrent(&self, actor: &str, flown: &[Flown<'_>]) {
        let mut log = self.log();
        let beat = log.beat;
        let event = |names: &Names, one: &Flown<'_>| match &one.answer {
            Ok(answer) => exchanged(names, beat, actor, one.request, answer),
            Err(why) => unanswered(names, beat, actor, one.request, why),
        };
        for one in flown {
            log.search(one.request, one.answer.as_ref().ok().copied());
        }
        let mut order: Vec<_> = flown
            .iter()
            .map(|one| {
                let (mut masked, issued) = (log.names.clone(), one.issued());
                for (kind, value) in &issued {
                    masked.mask(kind, value);
                }
                let key = serde_json::to_string(&event(&masked, one)).unwrap_or_default();
                (key, issued, one)
            })
            .collect();
        // Among answers that differ in new values alone, whichever comes first is named first.
        order.sort_by(|(one, own, _), (other, theirs, _)| (one, own).cmp(&(other, theirs)));
        let mut group: Vec<Alike> = Vec::new();
        for (_, issued, one) in order {
            for (kind, value) in issued {
                log.names.issue(kind, &value);
            }
            let exchange = event(&log.names, one);
            match group.last_mut().filter(|last| last.exchange == exchange) {
                Some(last) => last.times += 1,
                None => group.push(Alike { times: 1, exchange }),
            }
        }
        log.push(Event::Concurrent { beat, group });
    }

    /// Records requests that `actor` had in flight when the target was killed. Which of them it had
    /// answered by then is not recorded: no two runs share it. The `answers` are searched like any.
    pub(crate) fn cut_off(&self, actor: &str, requests: &[Request], answers: &[(usize, Answer)]) {
        for (index, answer) in answers {
            if let Some(request) = requests.get(*index) {
                self.log().search(request, Some(answer));
            }
        }
        let why = "the target was killed among the answers";
        let flown: Vec<_> = requests
            .iter()
            .map(|request| Flown {
                request,
                answer: Err(why.to_owned()),
            })
            .collect();
        self.concurrent(actor, &flown);
    }

    /// What follows is another trial of the attack, in a world of its own, from its first beat on.
    pub(crate) fn trial(&self, number: u32, of: u32) {
        let mut log = self.log();
        log.beat = Beat::Control;
        log.trial = (number, of);
        log.push(Event::Trial { number, of });
    }

    /// Which trial is being played, from 1, and of how many.
    pub(crate) fn current_trial(&self) -> (u32, u32) {
        self.log().trial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_simulator::{Canaries, Method, Secret};
    use std::collections::BTreeSet;

    const IDS: [&str; 3] = [
        "018f2b1c-0000-7000-8000-000000000001",
        "018f2b1c-0000-7000-8000-000000000002",
        "018f2b1c-0000-7000-8000-000000000003",
    ];

    fn answer(status: u16, upload: &str) -> Answer {
        Answer {
            status,
            headers: vec![("location".to_owned(), format!("/v1/upload/{upload}"))],
            body: format!("{{\"id\":\"{upload}\"}}").into_bytes(),
        }
    }

    /// The evidence of these answers, in this order of arrival, and of a note that names every id.
    fn recorded(answers: &[Answer]) -> (Vec<Event>, String) {
        let recorder = Recorder::new("title");
        let request = Request::new(Method::Post, "/upload");
        let flown: Vec<_> = answers
            .iter()
            .map(|answer| Flown {
                request: &request,
                answer: Ok(answer),
            })
            .collect();
        recorder.concurrent("author", &flown);
        recorder.finish()
    }

    #[test]
    fn the_order_of_arrival_does_not_change_the_digest() {
        let [one, other, third] = IDS;
        let digest = |answers: &[Answer]| recorded(answers).1;
        let expected = digest(&[answer(201, one), answer(200, one), answer(200, one)]);
        for arrived in [
            [answer(200, one), answer(201, one), answer(200, one)],
            [answer(200, one), answer(200, one), answer(201, one)],
            // Another of the equal requests was first, and drew another id.
            [answer(200, other), answer(200, other), answer(201, other)],
        ] {
            assert_eq!(digest(&arrived), expected);
        }
        // Whichever of several new values comes first has the first name.
        let apart = [answer(201, one), answer(201, other), answer(200, third)];
        let turned = [answer(200, one), answer(201, third), answer(201, other)];
        assert_eq!(digest(&apart), digest(&turned));
        // What is not the order changes it.
        for differs in [
            vec![answer(201, one), answer(200, one)],
            vec![answer(201, one), answer(201, one), answer(200, one)],
            vec![answer(201, one), answer(200, one), answer(200, other)],
        ] {
            assert_ne!(digest(&differs), expected);
        }
    }

    #[test]
    fn equal_exchanges_are_counted_and_their_values_named() {
        let [one, ..] = IDS;
        let (events, _) = recorded(&[answer(200, one), answer(201, one), answer(200, one)]);
        let [Event::Concurrent { group, .. }] = events.as_slice() else {
            panic!("{events:?}");
        };
        let times: Vec<_> = group.iter().map(|alike| alike.times).collect();
        assert_eq!(times, [2, 1]);
        let text = serde_json::to_string(group).unwrap();
        assert!(text.contains("<upload-1>") && !text.contains(one), "{text}");
    }

    /// What a tap finds of what was sent and answered, once `record` has recorded it: a secret each in the
    /// second of two requests and in the second of two answers.
    fn tapped(record: impl FnOnce(&Recorder, &[Request], &[Answer])) -> [Vec<Secret>; 2] {
        let (canaries, of) = (Canaries::default(), uuid::Uuid::from_u128(1));
        let secrets = [[7; 32], [9; 32]];
        canaries.add(Secret::FileKey, of, &secrets[0]);
        canaries.add(Secret::AlbumKey, of, &secrets[1]);
        let recorder = Recorder::new("title");
        recorder.tap(&canaries);
        let plain = Request::new(Method::Post, "/upload");
        let leaking = plain.clone().with_body("text/plain", secrets[0].to_vec());
        let mut told = answer(400, IDS[1]);
        told.body = secrets[1].to_vec();
        record(&recorder, &[plain, leaking], &[answer(201, IDS[0]), told]);
        let received = recorder.received().unwrap().into_keys().collect();
        [recorder.sent().unwrap(), received]
            .map(|found: BTreeSet<_>| found.into_iter().map(|canary| canary.secret).collect())
    }

    #[test]
    fn what_is_in_flight_at_once_passes_the_tap_as_well() {
        let both = [vec![Secret::FileKey], vec![Secret::AlbumKey]];
        let at_once = tapped(|recorder, requests, answers| {
            let pairs = requests.iter().zip(answers);
            let flown: Vec<_> = pairs
                .map(|(request, answer)| Flown {
                    request,
                    answer: Ok(answer),
                })
                .collect();
            recorder.concurrent("author", &flown);
        });
        assert_eq!(at_once, both);
        let cut_off = tapped(|recorder, requests, answers| {
            let answers: Vec<_> = answers.iter().cloned().enumerate().collect();
            recorder.cut_off("author", requests, &answers);
        });
        assert_eq!(cut_off, both);
    }

    #[test]
    fn what_a_killed_target_had_answered_is_left_out() {
        let recorder = Recorder::new("title");
        let request = Request::new(Method::Post, "/upload");
        recorder.cut_off("author", &vec![request; 5], &[]);
        let (events, _) = recorder.finish();
        let [Event::Concurrent { group, .. }] = events.as_slice() else {
            panic!("{events:?}");
        };
        assert!(matches!(
            group.as_slice(),
            [Alike {
                times: 5,
                exchange: Event::Unanswered { .. }
            }]
        ));
    }
}
