//! Looking at a session and ending it (`wire.md` §1.3), and how long it lives (§3).

use crate::bound::{Surface, bounds, without};
use crate::world::{NANOSECOND, caller, days, now, session, stranger};
use gauntlet_validator::server::{
    CANCEL, Effect, Policy, QUERY, Refusal, Rejection, Session, SessionAccess, cancel_session,
    judge, query_session,
};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::UserId;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

#[derive(Debug, Clone)]
pub(crate) struct AccessCase {
    pub(crate) access: SessionAccess,
    pub(crate) policy: Policy,
}

impl AccessCase {
    /// A session of one account, opened by another, that `caller` asks for.
    fn by(caller: UserId) -> Self {
        let mut session = session(Formats::B);
        session.owner = owner();
        let access = SessionAccess {
            now: now(),
            caller,
            session: Some(session),
        };
        Self {
            access,
            policy: Policy::default(),
        }
    }

    pub(crate) fn status(&mut self, status: UploadStatus) {
        if let Some(session) = &mut self.access.session {
            session.status = status;
        }
    }
}

fn owner() -> UserId {
    UserId::from_slice(&[9; 16]).unwrap()
}

/// `HEAD /v1/upload/{id}`.
#[derive(Debug, Clone)]
pub(crate) struct QueryCase(pub(crate) AccessCase);

impl Surface for QueryCase {
    type Plan = Session;

    fn honest() -> Self {
        Self(AccessCase::by(caller()))
    }

    fn rules() -> Vec<Rule> {
        vec![Rule::SessionFound, Rule::SessionCaller]
    }

    fn judge(&self) -> Result<Session, Refusal> {
        query_session(&self.0.access, &self.0.policy)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        judge(
            &without(QUERY, left_out),
            &self.0.access,
            &(),
            &self.0.policy,
        )
    }
}

/// `DELETE /v1/upload/{id}`.
#[derive(Debug, Clone)]
pub(crate) struct CancelCase(pub(crate) AccessCase);

impl Surface for CancelCase {
    type Plan = Vec<Effect>;

    fn honest() -> Self {
        Self(AccessCase::by(caller()))
    }

    fn rules() -> Vec<Rule> {
        vec![Rule::SessionFound, Rule::SessionCaller, Rule::SessionActive]
    }

    fn judge(&self) -> Result<Vec<Effect>, Refusal> {
        cancel_session(&self.0.access, &self.0.policy)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        judge(
            &without(CANCEL, left_out),
            &self.0.access,
            &(),
            &self.0.policy,
        )
    }
}

pub(crate) mod query {
    use super::*;

    bounds! { QueryCase;
        a_session_exists by SessionFound with layers SessionCaller {
            inside: |case| assert!(case.0.access.session.is_some()),
            outside: |case| case.0.access.session = None,
        }
        a_session_lives_for_a_day by SessionFound with layers SessionCaller {
            inside: |case| case.0.access.now = now() + days(1) - NANOSECOND,
            outside: |case| case.0.access.now = now() + days(1),
        }
        a_finished_session_is_readable_for_a_day by SessionFound with layers SessionCaller {
            inside: |case| {
                case.0.status(UploadStatus::Completed);
                case.0.access.now = now() + days(1) - NANOSECOND;
            },
            outside: |case| {
                case.0.status(UploadStatus::Completed);
                case.0.access.now = now() + days(1);
            },
        }
        the_uploader_may_look_and_a_stranger_not by SessionCaller {
            inside: |case| case.0.access.caller = caller(),
            outside: |case| case.0.access.caller = stranger(),
        }
        the_owner_may_look_at_what_another_uploads by SessionCaller {
            inside: |case| case.0.access.caller = owner(),
            outside: |case| case.0.access.caller = stranger(),
        }
    }
}

pub(crate) mod cancel {
    use super::*;

    bounds! { CancelCase;
        a_session_exists by SessionFound with layers SessionCaller SessionActive {
            inside: |case| assert!(case.0.access.session.is_some()),
            outside: |case| case.0.access.session = None,
        }
        a_session_lives_for_a_day by SessionFound with layers SessionCaller SessionActive {
            inside: |case| case.0.access.now = now() + days(1) - NANOSECOND,
            outside: |case| case.0.access.now = now() + days(1),
        }
        the_owner_may_cancel_and_a_stranger_not by SessionCaller {
            inside: |case| case.0.access.caller = owner(),
            outside: |case| case.0.access.caller = stranger(),
        }
        a_session_that_is_being_finalized_is_not_cancelled by SessionActive {
            inside: |case| case.0.status(UploadStatus::Uploading),
            outside: |case| case.0.status(UploadStatus::WaitingForProcessing),
        }
        a_finished_upload_is_not_taken_back by SessionActive {
            inside: |case| case.0.status(UploadStatus::FailedProcessing),
            outside: |case| case.0.status(UploadStatus::Completed),
        }
    }
}

#[test]
fn a_query_shows_the_session_as_it_is_in_every_state() {
    for status in UploadStatus::ALL {
        let mut case = QueryCase::honest();
        case.0.status(*status);
        assert_eq!(Some(case.judge().unwrap()), case.0.access.session);
    }
}

#[test]
fn a_cancelled_session_gives_back_bytes_and_reservation_and_is_gone() {
    let gone = vec![
        Effect::DiscardBytes,
        Effect::ReleaseReservation,
        Effect::RemoveSession,
    ];
    for status in [UploadStatus::Pending, UploadStatus::Uploading] {
        let mut case = CancelCase::honest();
        case.0.status(status);
        assert_eq!(case.judge().unwrap(), gone);
    }
}

#[test]
fn a_session_that_is_being_finalized_is_never_evicted() {
    let policy = Policy::default();
    let mut session = session(Formats::B);
    for status in UploadStatus::ALL {
        session.status = *status;
        let waits = *status == UploadStatus::WaitingForProcessing;
        assert!(!session.is_expired(now() + days(1) - NANOSECOND, &policy));
        assert_eq!(
            session.is_expired(now() + days(1), &policy),
            !waits,
            "{status}"
        );
        assert_eq!(
            session.is_expired(now() + days(1000), &policy),
            !waits,
            "{status}"
        );
    }
}

#[test]
fn a_session_is_active_until_its_bytes_are_complete() {
    let mut session = session(Formats::B);
    for status in UploadStatus::ALL {
        session.status = *status;
        let takes_chunks = ["Pending", "Uploading"].contains(&status.as_str());
        assert_eq!(session.is_active(), takes_chunks, "{status}");
    }
}

#[test]
fn a_stranger_cannot_tell_an_expired_session_from_one_that_never_was() {
    let mut absent = QueryCase::honest();
    absent.0.access.caller = stranger();
    absent.0.access.session = None;
    let mut expired = QueryCase::honest();
    expired.0.access.caller = stranger();
    expired.0.access.now = now() + days(1);
    assert_eq!(absent.judge().unwrap_err(), expired.judge().unwrap_err());
}
