use super::recorder::KEPT_EVENTS;
use super::*;
use crate::Answer;
use gauntlet_simulator::{Method, Request};

fn exchange(recorder: &Recorder, upload: &str) {
    let answer = Answer {
        status: 201,
        headers: vec![
            ("location".to_owned(), format!("/v1/upload/{upload}")),
            ("date".to_owned(), "now".to_owned()),
        ],
        body: Vec::new(),
    };
    recorder.exchange("author", &Request::new(Method::Post, "/upload"), &answer);
}

#[test]
fn issued_values_do_not_change_the_digest_and_anything_else_does() {
    let digest = |upload: &str, note: &str| {
        let recorder = Recorder::new("title");
        exchange(&recorder, upload);
        recorder.note(format!("{upload} {note}"));
        recorder.finish().1
    };
    let one = "018f2b1c-0000-7000-8000-000000000001";
    let other = "018f2b1c-0000-7000-8000-000000000002";
    assert_eq!(digest(one, "x"), digest(other, "x"));
    assert_ne!(digest(one, "x"), digest(one, "y"));
    // A target does not choose what is replaced.
    assert_ne!(digest("x", "x"), digest("y", "x"));
}

/// Evidence of `row 3 / server / chunk-again`, held.
fn evidence(events: Vec<Event>, digest: String) -> Evidence {
    Evidence {
        schema: EVIDENCE_SCHEMA,
        suite: "capsule".to_owned(),
        row: "3".to_owned(),
        deviation: "chunk-again".to_owned(),
        role: Role::Server,
        seed: 1,
        target: "t".to_owned(),
        binding: "embedded".to_owned(),
        mutant: None,
        verdict: Verdict::Held,
        digest,
        events,
    }
}

#[test]
fn altered_evidence_is_told_from_intact() {
    let name = "row 3 / server / chunk-again";
    let recorder = Recorder::new(&evidence_title("capsule", name, 1, "t", "embedded", None));
    exchange(&recorder, "aaa");
    recorder.note("verdict: held, as the contract says");
    let (events, digest) = recorder.finish();
    let evidence = evidence(events, digest);
    let read = |evidence: &Evidence| -> Evidence {
        serde_json::from_slice(&serde_json::to_vec(evidence).unwrap()).unwrap()
    };
    assert!(read(&evidence).is_intact());
    let mut other_status = evidence.clone();
    if let Some(Event::Exchange { status, .. }) = other_status.events.first_mut() {
        *status = 200;
    }
    let other_verdict = Evidence {
        verdict: Verdict::TransientDamage,
        ..evidence.clone()
    };
    let other_mutant = Evidence {
        mutant: Some("row03-accepts-a-gap".to_owned()),
        ..evidence.clone()
    };
    let other_suite = Evidence {
        suite: "another".to_owned(),
        ..evidence.clone()
    };
    let mut more = serde_json::to_value(&evidence).unwrap();
    more["remark"] = "nobody chained this".into();
    assert!(serde_json::from_value::<Evidence>(more).is_err());
    let mut shorter = evidence;
    shorter.events.remove(0);
    for altered in [
        other_status,
        other_verdict,
        other_mutant,
        other_suite,
        shorter,
    ] {
        assert!(!read(&altered).is_intact());
    }
}

#[test]
fn what_can_not_be_chained_is_an_error_and_no_event_without_content() {
    struct Unwritable;
    impl Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("unwritable"))
        }
    }
    let error = chained(blake3::hash(b"title"), &Unwritable).unwrap_err();
    assert!(error.to_string().contains("unwritable"), "{error}");
}

#[test]
fn a_token_is_never_kept() {
    let recorder = Recorder::new("title");
    recorder.name("s3cret", "<token:author>");
    recorder.note("Bearer s3cret");
    let (events, _) = recorder.finish();
    let text = serde_json::to_string(&events).unwrap();
    assert!(
        !text.contains("s3cret") && text.contains("<token:author>"),
        "{text}"
    );
}

#[test]
fn canaries_are_sought_in_accepted_answers_alone() {
    let recorder = Recorder::new("title");
    recorder.watch_for(&["other", "canary"]);
    let answer = |status, body: &str| Answer {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.as_bytes().to_vec(),
    };
    let request = Request::new(Method::Get, "/sync");
    recorder.exchange("author", &request, &answer(400, "canary"));
    assert_eq!(recorder.served_canary(), None);
    recorder.exchange("author", &request, &answer(200, "nothing"));
    assert_eq!(recorder.served_canary(), None);
    let in_a_header = Answer {
        headers: vec![("etag".to_owned(), "a canary here".to_owned())],
        ..answer(200, "")
    };
    recorder.exchange("author", &request, &in_a_header);
    assert_eq!(recorder.served_canary(), Some("canary"));
}

#[test]
fn evidence_past_its_bound_keeps_its_end_and_stays_checkable() {
    let name = "row 3 / server / chunk-again";
    let recorder = Recorder::new(&evidence_title("capsule", name, 1, "t", "embedded", None));
    for number in 0..KEPT_EVENTS + 10 {
        recorder.note(format!("{number}"));
    }
    recorder.note("verdict: held, as the contract says");
    let (events, digest) = recorder.finish();
    assert_eq!(events.len(), KEPT_EVENTS + 2);
    assert!(matches!(
        events.get(KEPT_EVENTS),
        Some(Event::Omitted { count: 10, .. })
    ));
    let mut evidence = evidence(events, digest);
    assert!(evidence.is_intact());
    let mut cut = evidence.clone();
    cut.events.remove(KEPT_EVENTS);
    evidence.events.remove(7);
    assert!(!cut.is_intact() && !evidence.is_intact());
}

#[test]
fn a_request_without_an_answer_is_recorded() {
    let recorder = Recorder::new("title");
    recorder.name("http://127.0.0.1:1", "<target>");
    let request = Request::new(Method::Get, "/sync");
    recorder.unanswered("author", &request, "http://127.0.0.1:1 refused");
    let (events, _) = recorder.finish();
    let [Event::Unanswered { request, why, .. }] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(
        (request.as_str(), why.as_str()),
        ("GET /sync", "<target> refused")
    );
}
