//! Containment: did the target do what the attack expects, and did nothing else change?

use super::snapshot::{Change, Snapshot};
use super::testify::Object;
use super::upload::LENGTH_REQUIRED;
use crate::{Answer, Expect, Expectation, SessionEffect, Strictness};
use gauntlet_simulator::Write;
use gauntlet_wire::code::Code;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::header;
use gauntlet_wire::id::UploadId;
use gauntlet_wire::json::SessionSummary;
use jiff::SignedDuration;

/// How far a server's timestamp may be from its own `Date`: seconds are cut there, and a run takes
/// time.
pub(crate) const CLOCK_MARGIN: SignedDuration = SignedDuration::from_mins(10);

/// How the decisive answer compares with the expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Conformity {
    /// As expected.
    Conforms,
    /// Not as expected.
    Departs {
        /// What was seen.
        observed: String,
    },
}

/// Whether a status refuses what was asked for, at every strictness: 401, 408, 429 and 5xx say nothing
/// of it.
pub(super) const fn is_refusal(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 401 | 408 | 429)
}

/// Compares the decisive answer with the expectation, as closely as `strictness` asks. `offsets` are
/// the byte counts that the answer to an absorbed chunk may state.
pub(crate) fn conformity(
    expectation: &Expectation,
    strictness: Strictness,
    answer: &Answer,
    offsets: &[u64],
) -> Conformity {
    match &expectation.expect {
        Expect::Absorb if offsets.is_empty() => repeated(expectation, answer),
        Expect::Absorb => absorbed(answer, offsets),
        Expect::Accept => accepted(answer),
        Expect::Neutralise(_) if answer.is_success() => Conformity::Conforms,
        Expect::Neutralise(_) | Expect::Refuse(_) | Expect::Decline(_) => {
            refused(expectation, strictness, answer, offsets)
        }
    }
}

/// A repeat that is not a chunk: the first answer again, or what the contract admits beside it.
fn repeated(expectation: &Expectation, answer: &Answer) -> Conformity {
    if answer.is_success() || expectation.or_status.contains(&answer.status) {
        return Conformity::Conforms;
    }
    Conformity::Departs {
        observed: format!(
            "{}: the repeat has to be answered as the first was",
            answer.summary()
        ),
    }
}

fn accepted(answer: &Answer) -> Conformity {
    if answer.is_success() {
        return Conformity::Conforms;
    }
    Conformity::Departs {
        observed: format!("{}: refused, and it is lawful", answer.summary()),
    }
}

fn stated_offset(answer: &Answer) -> Option<u64> {
    answer.header(header::OFFSET)?.parse().ok()
}

fn absorbed(answer: &Answer, offsets: &[u64]) -> Conformity {
    match stated_offset(answer) {
        Some(offset) if answer.is_success() && offsets.contains(&offset) => Conformity::Conforms,
        _ => Conformity::Departs {
            observed: format!(
                "{} with {} {:?}; the repeat has to be answered as the first was",
                answer.summary(),
                header::OFFSET,
                answer.header(header::OFFSET)
            ),
        },
    }
}

fn refused(
    expectation: &Expectation,
    strictness: Strictness,
    answer: &Answer,
    offsets: &[u64],
) -> Conformity {
    let departs = |why: &str| Conformity::Departs {
        observed: format!("{}: {why}", answer.summary()),
    };
    let status = answer.status;
    if answer.is_success() {
        return departs("the request was accepted");
    }
    let asked_for = expectation.statuses().contains(&status) && status < 500;
    if !is_refusal(status) && !asked_for {
        return departs("such an answer never counts as a refusal of the deviation");
    }
    if strictness >= Strictness::Status && !expectation.statuses().contains(&status) {
        return departs("refused, but not with a status that the contract gives this rule");
    }
    if status == LENGTH_REQUIRED && expectation.or_status.contains(&status) {
        // HTTP's own answer, for which the contract has no code.
        return Conformity::Conforms;
    }
    let code = answer.code();
    let named = expectation
        .rules()
        .iter()
        .any(|rule| code.as_deref() == Some(rule.code().as_str()));
    if strictness >= Strictness::Code && !named {
        return departs("refused, but not with the error code of the rule");
    }
    if strictness >= Strictness::Code
        && let Some(missing) = missing_part(answer, code.as_deref(), offsets)
    {
        return departs(&format!("refused without {missing}"));
    }
    Conformity::Conforms
}

/// What the contract wants to see beside the code of a refusal (`wire.md` §1.1 and §1.2) and is not there.
fn missing_part(answer: &Answer, code: Option<&str>, offsets: &[u64]) -> Option<&'static str> {
    let members: serde_json::Value = answer.json().unwrap_or_default();
    let lacks = |name: &str| members.get(name).is_none();
    let is = |code_of: Code| code == Some(code_of.as_str());
    let told = stated_offset(answer).is_some_and(|offset| offsets.contains(&offset));
    if answer.header(header::PROTOCOL_MIN).is_none()
        || answer.header(header::PROTOCOL_MAX).is_none()
    {
        Some("the headers that name the protocol window")
    } else if is(Code::UploadOffsetMismatch) && !told {
        Some("the offset at which the session stands")
    } else if is(Code::ProtocolVersionUnsupported)
        && (lacks("protocol_min") || lacks("protocol_max"))
    {
        Some("protocol_min and protocol_max")
    } else if is(Code::DirectoryVersionConflict) && (lacks("submitted") || lacks("stored")) {
        Some("the submitted and the stored version")
    } else if is(Code::RequestUnauthenticated) && answer.header("www-authenticate").is_none() {
        Some("the challenge that a 401 carries")
    } else if is(Code::UploadStaleRevival) && lacks("chain_head") {
        Some("the chain_head that would have to be continued")
    } else {
        None
    }
}

/// The session under attack, and what an honest client opened or would have opened it for.
#[derive(Clone, Copy)]
pub(crate) struct Attacked<'a> {
    pub(crate) id: UploadId,
    pub(crate) write: &'a Write,
    pub(crate) blob: usize,
    /// Where the chunk that was sent ends, if one was.
    pub(crate) end: Option<u64>,
    /// Whether the account holds the bytes already, so that they need not be reserved again.
    pub(crate) held_already: bool,
    /// The target's time.
    pub(crate) now: jiff::Timestamp,
}

/// Every change that the expectation does not allow. `effective` says that the message was accepted and
/// has its effect lawfully.
pub(crate) fn forbidden_changes(
    expectation: &Expectation,
    before: &Snapshot,
    after: &Snapshot,
    attacked: Option<Attacked<'_>>,
    effective: bool,
) -> Vec<Change> {
    match (attacked, expectation.session) {
        (Some(attacked), SessionEffect::Fails) => failed_session(before, after, &attacked.id),
        (Some(attacked), SessionEffect::Advances) => advanced_session(
            before,
            after,
            &attacked.id,
            attacked.end.unwrap_or_default(),
        ),
        (Some(attacked), SessionEffect::Unchanged) if effective => match attacked.end {
            None => opened_session(before, after, attacked),
            Some(end) => advanced_session(before, after, &attacked.id, end),
        },
        _ => after.changes_since(before),
    }
}

/// The session has to end as failed, hold no more than was declared, and give its reservation back;
/// everything else stays.
fn failed_session(before: &Snapshot, after: &Snapshot, id: &UploadId) -> Vec<Change> {
    let mut changes = Vec::new();
    let reserved = before
        .sessions
        .get(id)
        .map_or(0, |session| session.total_size);
    match after.sessions.get(id) {
        None => changes.push(of_session(
            *id,
            format!("session {id} is gone; it has to stay readable as failed"),
        )),
        Some(session) => {
            if session.status != UploadStatus::FailedProcessing {
                changes.push(of_session(
                    *id,
                    format!(
                        "session {id} is {}; it has to be FailedProcessing",
                        session.status
                    ),
                ));
            }
            if session.received_bytes > session.total_size {
                changes.push(of_session(
                    *id,
                    format!(
                        "session {id} holds {} of {} declared bytes: the excess was persisted",
                        session.received_bytes, session.total_size
                    ),
                ));
            }
        }
    }
    let after = after.clone().without_session(id, 0);
    changes.extend(after.changes_since(&before.clone().without_session(id, reserved)));
    changes
}

/// The session holds the chunk that was sent, as it would for any client; everything else stays.
fn advanced_session(before: &Snapshot, after: &Snapshot, id: &UploadId, end: u64) -> Vec<Change> {
    let mut changes = Vec::new();
    match after.sessions.get(id) {
        None => {
            let gone = format!("session {id} is gone; it has to run to its end");
            changes.push(of_session(*id, gone));
        }
        Some(session) => {
            // What is whole may still be looked at (`wire.md` §3, states).
            let lawful: &[UploadStatus] = if end < session.total_size {
                &[UploadStatus::Uploading]
            } else {
                &[UploadStatus::Completed, UploadStatus::WaitingForProcessing]
            };
            if !lawful.contains(&session.status) || session.received_bytes != end {
                let lawful: Vec<String> = lawful.iter().map(ToString::to_string).collect();
                let stands = format!(
                    "session {id} is {} with {} bytes; it has to be {} with {end}",
                    session.status,
                    session.received_bytes,
                    lawful.join(" or ")
                );
                changes.push(of_session(*id, stands));
            }
        }
    }
    let after = after.clone().without_session(id, 0);
    changes.extend(after.changes_since(&before.clone().without_session(id, 0)));
    changes
}

/// The session that an accepted opening created has to look as an honest one does; everything else
/// stays.
fn opened_session(before: &Snapshot, after: &Snapshot, attacked: Attacked<'_>) -> Vec<Change> {
    let id = &attacked.id;
    let Some(session) = after.sessions.get(id) else {
        let missing = format!("session {id} was acknowledged and is not listed");
        return vec![of_session(*id, missing)];
    };
    let mut changes = unlike_honest(session, attacked);
    let unreserved = attacked.held_already && after.used == before.used;
    let reserved = if unreserved || before.sessions.contains_key(id) {
        0
    } else {
        session.total_size
    };
    let after = after.clone().without_session(id, reserved);
    changes.extend(after.changes_since(&before.clone().without_session(id, 0)));
    changes
}

/// In what a new session differs from the one that the honest opening would have made.
fn unlike_honest(session: &SessionSummary, attacked: Attacked<'_>) -> Vec<Change> {
    let Attacked {
        id,
        write,
        blob,
        now,
        ..
    } = attacked;
    let mut changes = Vec::new();
    if (session.status, session.received_bytes) != (UploadStatus::Pending, 0) {
        changes.push(of_session(
            id,
            format!(
                "session {id} is {} with {} bytes; a new one is Pending with none",
                session.status, session.received_bytes
            ),
        ));
    }
    let honest = write.blobs.get(blob).map(|blob| (blob.role, blob.size));
    if session.asset_id != write.asset
        || session.album_id.is_some_and(|album| album != write.album)
        || Some((session.blob_role, session.total_size)) != honest
    {
        changes.push(of_session(id, format!(
            "session {id} is for the {} of asset {} with {} bytes, which is not what was opened",
            session.blob_role, session.asset_id, session.total_size
        )));
    }
    let dated = [&session.created_at, &session.last_progress_at];
    for at in dated {
        if at.instant().duration_since(now).abs() > CLOCK_MARGIN {
            changes.push(of_session(
                id,
                format!("session {id} is dated {at}, and it is {now}"),
            ));
        }
    }
    changes
}

const fn of_session(id: UploadId, text: String) -> Change {
    Change {
        object: Object::Session(id),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use gauntlet_wire::rule::Rule;

    fn expectation(expect: Expect) -> Expectation {
        Expectation {
            expect,
            or_status: vec![413],
            session: SessionEffect::Unchanged,
            needs: Vec::new(),
            source: Source::N,
            clause: String::new(),
        }
    }

    fn answer(status: u16, code: &str) -> Answer {
        let body =
            format!(r#"{{"type":"about:blank","title":"t","status":{status},"code":"{code}"}}"#);
        let window = |name: &str| (name.to_owned(), "2026-05-31".to_owned());
        Answer {
            status,
            headers: vec![window(header::PROTOCOL_MIN), window(header::PROTOCOL_MAX)],
            body: body.into_bytes(),
        }
    }

    fn judged(strictness: Strictness, answer: &Answer) -> bool {
        let expectation = expectation(Expect::Refuse(vec![Rule::SizeBound]));
        conformity(&expectation, strictness, answer, &[]) == Conformity::Conforms
    }

    #[test]
    fn a_refusal_counts_only_for_the_right_reason() {
        let right = Rule::SizeBound.code().as_str();
        let other = Rule::ChunkAligned.code().as_str();
        for (status, code, [outcome, by_status, by_code]) in [
            (400, right, [true, true, true]),
            (413, right, [true, true, true]),
            (400, other, [true, true, false]),
            (409, right, [true, false, false]),
            (204, right, [false, false, false]),
            (401, right, [false, false, false]),
            (408, right, [false, false, false]),
            (429, right, [false, false, false]),
            (500, right, [false, false, false]),
            (302, right, [false, false, false]),
        ] {
            let answer = answer(status, code);
            let judged = [Strictness::Outcome, Strictness::Status, Strictness::Code]
                .map(|strictness| judged(strictness, &answer));
            assert_eq!(judged, [outcome, by_status, by_code], "{status} {code}");
        }
    }

    #[test]
    fn a_status_that_says_nothing_counts_where_it_is_asked_for() {
        let unauthenticated = Rule::Authenticated;
        let mut answer = answer(401, unauthenticated.code().as_str());
        let asked_for = expectation(Expect::Refuse(vec![unauthenticated]));
        let judged = |answer: &Answer| conformity(&asked_for, Strictness::Code, answer, &[]);
        assert_ne!(judged(&answer), Conformity::Conforms, "without a challenge");
        let challenge = ("www-authenticate".to_owned(), "Bearer".to_owned());
        answer.headers.push(challenge);
        assert_eq!(judged(&answer), Conformity::Conforms);
        assert!(!self::judged(Strictness::Outcome, &answer));
    }

    #[test]
    fn a_refusal_without_its_window_or_its_members_is_not_clear_enough() {
        let code = Rule::SizeBound.code().as_str();
        let mut bare = answer(400, code);
        bare.headers.clear();
        assert!(judged(Strictness::Status, &bare) && !judged(Strictness::Code, &bare));
        let full = answer(409, Code::DirectoryVersionConflict.as_str());
        let missing = |answer: &Answer| missing_part(answer, answer.code().as_deref(), &[7]);
        assert!(missing(&full).unwrap().contains("stored"));
        assert!(missing(&answer(409, Code::UploadOffsetMismatch.as_str())).is_some());
        assert!(missing(&answer(426, Code::ProtocolVersionUnsupported.as_str())).is_some());
        assert!(missing(&answer(409, Code::UploadStaleRevival.as_str())).is_some());
        assert_eq!(missing(&answer(400, code)), None);
    }

    #[test]
    fn a_refusal_without_a_code_is_not_clear_enough_at_the_code_level() {
        let mute = Answer {
            status: 400,
            headers: Vec::new(),
            body: Vec::new(),
        };
        assert!(judged(Strictness::Status, &mute));
        assert!(!judged(Strictness::Code, &mute));
    }

    fn session(id: u8, status: UploadStatus, received: u64) -> SessionSummary {
        serde_json::from_value(serde_json::json!({
            "id": format!("018f2b1c-0000-7000-8000-0000000000{id:02}"),
            "asset_id": "018f2b1c-0000-7000-8000-0000000000ff",
            "blob_role": "original", "status": status,
            "received_bytes": received, "total_size": 8192,
            "created_at": "2026-11-15T12:00:00Z", "last_progress_at": "2026-11-15T12:00:00Z",
        }))
        .unwrap()
    }

    fn texts(changes: Vec<Change>) -> Vec<String> {
        changes.into_iter().map(|change| change.text).collect()
    }

    #[test]
    fn a_session_that_goes_on_holds_the_chunk_and_changes_alone() {
        use UploadStatus::{Completed, FailedProcessing, Uploading, WaitingForProcessing};
        let other = || session(2, Uploading, 0);
        let before = Snapshot::of_sessions([session(1, Uploading, 4096), other()]);
        let id = session(1, Uploading, 0).id;
        let changes = |after: SessionSummary, end| {
            let after = Snapshot::of_sessions([after, other()]);
            texts(advanced_session(&before, &after, &id, end))
        };
        assert_eq!(changes(session(1, Completed, 8192), 8192), [""; 0]);
        let looked_at = session(1, WaitingForProcessing, 8192);
        assert_eq!(changes(looked_at, 8192), [""; 0]);
        assert_eq!(changes(session(1, Uploading, 6000), 6000), [""; 0]);
        for (after, end) in [
            (session(1, Uploading, 4096), 8192),
            (session(1, Uploading, 8192), 8192),
            (session(1, Completed, 6000), 6000),
            (session(1, WaitingForProcessing, 6000), 6000),
            (session(1, WaitingForProcessing, 4096), 8192),
            (session(1, FailedProcessing, 8192), 8192),
        ] {
            let found = changes(after, end);
            assert!(
                found.len() == 1 && found[0].contains("it has to be"),
                "{found:?}"
            );
        }
        let gone = Snapshot::of_sessions([other()]);
        let found = texts(advanced_session(&before, &gone, &id, 8192));
        assert!(found[0].contains("it has to run to its end"), "{found:?}");
        let alone = Snapshot::of_sessions([session(1, Completed, 8192)]);
        let found = texts(advanced_session(&before, &alone, &id, 8192));
        assert!(
            found.len() == 1 && found[0].contains("is gone"),
            "{found:?}"
        );
    }

    #[test]
    fn what_we_alone_ask_for_is_judged_like_any_refusal() {
        let decline = expectation(Expect::Decline(vec![Rule::SizeBound]));
        let judged = |answer: &Answer| {
            conformity(&decline, Strictness::Code, answer, &[]) == Conformity::Conforms
        };
        let right = Rule::SizeBound.code().as_str();
        assert!(judged(&answer(400, right)));
        assert!(!judged(&answer(400, Rule::ChunkAligned.code().as_str())));
        assert!(!judged(&answer(200, right)) && !judged(&answer(500, right)));
        assert!(decline.expect.lets_pass() && Expect::Accept.lets_pass());
        assert!(!Expect::Refuse(Vec::new()).lets_pass() && !Expect::Absorb.lets_pass());
    }

    #[test]
    fn a_length_may_be_asked_for_where_the_contract_leaves_it_free() {
        let refuse = expectation(Expect::Refuse(vec![Rule::SizeBound]));
        let asked = Answer {
            status: LENGTH_REQUIRED,
            headers: Vec::new(),
            body: Vec::new(),
        };
        let free = Expectation {
            or_status: vec![LENGTH_REQUIRED],
            ..refuse.clone()
        };
        let judged = |expectation| conformity(expectation, Strictness::Code, &asked, &[]);
        assert_eq!(judged(&free), Conformity::Conforms);
        assert_ne!(judged(&refuse), Conformity::Conforms);
    }

    #[test]
    fn a_repeat_is_absorbed_only_with_an_offset_that_is_right() {
        let absorb = expectation(Expect::Absorb);
        let at = |status, offset: &str| Answer {
            status,
            headers: vec![(header::OFFSET.to_owned(), offset.to_owned())],
            body: Vec::new(),
        };
        let judged = |answer: &Answer| {
            conformity(&absorb, Strictness::Code, answer, &[4096, 8192]) == Conformity::Conforms
        };
        assert!(judged(&at(204, "4096")) && judged(&at(204, "8192")));
        assert!(!judged(&at(204, "12288")) && !judged(&at(204, "")) && !judged(&at(409, "4096")));
    }
}
