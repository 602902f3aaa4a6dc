//! Upload sessions: load facts, ask the judge, carry the effects out.

use crate::app::App;
use crate::crash::Commit;
use crate::effects::{Change, discard};
use crate::facts::Opening;
use crate::failure::{Failure, Fault};
use crate::finalize::finalize;
use crate::quota;
use crate::store::Transaction;
use bytes::Bytes;
use gauntlet_validator::server::{
    AppendFacts, AppendRequest, CreatePlan, CreateRequest, Effect, Refusal, Session, SessionAccess,
};
use gauntlet_wire::header;
use gauntlet_wire::id::{UploadId, UserId};
use jiff::Timestamp;

/// Opens a session, or finds the active one of the same tuple.
pub(crate) async fn open(app: &App, request: &CreateRequest) -> Result<CreatePlan, Failure> {
    let now = app.now();
    quota::look(app, request.owner(), now).await?;
    let mut transaction = begin_without_expired(app, now).await?;
    // Drawn where openings wait for each other: of several at once, the first draws the first id.
    let opening = Opening::of_request(request, app.entropy.upload(now));
    let facts = opening.facts(app, &mut *transaction, now).await?;
    let plan = match app.judge.create_session(&facts, request, &app.policy) {
        Ok(plan) => plan,
        Err(refusal) => return Err(refused(app, transaction, None, refusal, now).await),
    };
    if let CreatePlan::Open { session, effects } = &plan {
        let change = Change::new(effects, now).committing(Commit::Opening);
        let change = change.of(session);
        change.commit(app, transaction).await?;
    }
    Ok(plan)
}

/// A write transaction in which no session is expired, so that the bytes that they reserved, their
/// files and their places in the unique index are free.
async fn begin_without_expired(app: &App, now: Timestamp) -> Result<Box<dyn Transaction>, Failure> {
    let mut transaction = app.store.begin().await?;
    let expired = transaction.remove_expired(app.opened_after(now)).await?;
    if expired.is_empty() {
        return Ok(transaction);
    }
    app.commit(Commit::Expiry, transaction).await?;
    for upload in expired {
        discard(app, upload).await;
    }
    Ok(app.store.begin().await?)
}

/// The session that the caller may look at.
pub(crate) async fn query(
    app: &App,
    caller: UserId,
    id: Option<UploadId>,
) -> Result<Session, Failure> {
    let now = app.now();
    let session = match id {
        Some(id) => app.store.read().await?.session(id).await?,
        None => None,
    };
    let access = SessionAccess {
        now,
        caller,
        session,
    };
    app.judge
        .query_session(&access, &app.policy)
        .map_err(|refusal| refusal.rejection.into())
}

/// The caller's own sessions, oldest first.
pub(crate) async fn list(app: &App, caller: UserId) -> Result<Vec<Session>, Failure> {
    let now = app.now();
    let mut sessions = app.store.read().await?.sessions_of(caller).await?;
    sessions.retain(|session| !session.is_expired(now, &app.policy));
    Ok(sessions)
}

/// Ends a session.
pub(crate) async fn cancel(app: &App, caller: UserId, id: Option<UploadId>) -> Result<(), Failure> {
    let now = app.now();
    let mut transaction = app.store.begin().await?;
    let session = find(&mut *transaction, id).await?;
    let access = SessionAccess {
        now,
        caller,
        session: session.clone(),
    };
    match app.judge.cancel_session(&access, &app.policy) {
        Ok(effects) => {
            let session = found(session)?;
            let change = Change::new(&effects, now).committing(Commit::Cancellation);
            change.of(&session).commit(app, transaction).await
        }
        Err(refusal) => Err(refused(app, transaction, session.as_ref(), refusal, now).await),
    }
}

/// Appends a chunk, and finalizes the session if that was the last. Returns the received count that
/// the answer names.
pub(crate) async fn append(
    app: &App,
    id: Option<UploadId>,
    request: &AppendRequest,
    body: Bytes,
) -> Result<u64, Failure> {
    let now = app.now();
    let mut transaction = app.store.begin().await?;
    let session = find(&mut *transaction, id).await?;
    let accepted = match (id, request.offset.as_slice()) {
        (Some(id), [offset]) => match header::parse_decimal_u64(offset) {
            Ok(offset) => transaction.accepted_chunk(id, offset).await?,
            Err(_) => None,
        },
        _ => None,
    };
    let facts = AppendFacts {
        now,
        session: session.clone(),
        accepted,
    };
    let plan = match app.judge.append_chunk(&facts, request, &app.policy) {
        Ok(plan) => plan,
        Err(refusal) => {
            let session = session.as_ref();
            return Err(refused_with(app, transaction, session, refusal, body, now).await);
        }
    };
    let session = found(session)?;
    let change = Change::new(&plan.effects, now).committing(Commit::Append);
    let change = change.of(&session).with_body(body);
    change.commit(app, transaction).await?;
    if plan.complete {
        finalize(app, session.id).await?;
    }
    Ok(plan.offset)
}

async fn find(
    transaction: &mut dyn Transaction,
    id: Option<UploadId>,
) -> Result<Option<Session>, Failure> {
    match id {
        Some(id) => Ok(transaction.session(id).await?),
        None => Ok(None),
    }
}

/// The session that an accepted request is about; no lawful judge accepts one about none.
fn found(session: Option<Session>) -> Result<Session, Fault> {
    session.ok_or_else(|| Fault::Integrity("a plan for a session that does not exist".to_owned()))
}

/// Carries out the effects that a refusal brings, and turns it into the answer.
pub(crate) async fn refused(
    app: &App,
    transaction: Box<dyn Transaction>,
    session: Option<&Session>,
    refusal: Refusal,
    now: Timestamp,
) -> Failure {
    refused_with(app, transaction, session, refusal, Bytes::new(), now).await
}

/// The same with the chunk that the effects may speak of.
async fn refused_with(
    app: &App,
    transaction: Box<dyn Transaction>,
    session: Option<&Session>,
    refusal: Refusal,
    body: Bytes,
    now: Timestamp,
) -> Failure {
    // A refused opening has a session only where its effects open one.
    let opened = refusal.effects.iter().find_map(|effect| match effect {
        Effect::OpenSession(session) => Some(session.as_ref()),
        _ => None,
    });
    if !refusal.effects.is_empty() {
        let change = Change::new(&refusal.effects, now).with_body(body);
        let change = match session.or(opened) {
            Some(session) => change.of(session),
            None => change,
        };
        if let Err(failure) = change.commit(app, transaction).await {
            return failure;
        }
    }
    Failure::Rejected(refusal.rejection)
}
