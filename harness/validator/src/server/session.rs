//! Upload sessions: their state machine, lifetime, and who may look at or end one.
//!
//! ```text
//!            first chunk             bytes == size                  hash and envelope hold
//! Pending ──────────────▶ Uploading ──────────────▶ WaitingForProcessing ─────▶ Completed
//!    │                        │                              │
//!    └────────────────────────┴── size crossed (11) ─────────┴── 13, 14, 15 ──▶ FailedProcessing
//! ```
//! A rejected chunk never moves a session (`wire.md` §3), except across its declared size.

use super::check::{Broken, require};
use super::{Check, Effect, Policy, Refusal, judge};
use gauntlet_wire::enums::{BlobRole, UploadStatus};
use gauntlet_wire::id::{AlbumId, Hash, UploadId, UserId};
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{ProtocolVersion, SuiteId};
use jiff::Timestamp;

/// One upload session as a server stores it.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The server's name for the session.
    pub id: UploadId,
    /// Who opened it, and alone may append to it.
    pub uploader: UserId,
    /// Whose quota it is charged to.
    pub owner: UserId,
    /// The album that the upload is for.
    pub album: AlbumId,
    /// What the blob is to its asset.
    pub role: BlobRole,
    /// The declared length in bytes.
    pub size: u64,
    /// Bytes held against the owner's quota until the session ends: its length, or nothing for a blob
    /// that the owner was charged for already.
    pub reserved: u64,
    /// The declared content address.
    pub hash: Hash,
    /// The declared content type, a member of the closed set.
    pub content_type: String,
    /// The version spoken when the session was opened.
    pub protocol: ProtocolVersion,
    /// The suite declared when the session was opened.
    pub suite: SuiteId,
    /// The manifest's JSON projection, as sent.
    pub envelope: ManifestEnvelope,
    /// Where the session stands.
    pub status: UploadStatus,
    /// How many bytes were acknowledged.
    pub received: u64,
    /// Server time of the creation.
    pub created_at: Timestamp,
    /// Server time of the last accepted chunk, or of the creation.
    pub last_progress_at: Timestamp,
}

impl Session {
    /// Whether the session still takes chunks.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.status, UploadStatus::Pending | UploadStatus::Uploading)
    }

    /// Whether the session's lifetime is over: it is then as if it had never existed. A session
    /// being finalized is never evicted (`wire.md` §3).
    #[must_use]
    pub fn is_expired(&self, now: Timestamp, policy: &Policy) -> bool {
        self.status != UploadStatus::WaitingForProcessing
            && now.duration_since(self.created_at) >= policy.session_lifetime
    }
}

/// A caller's wish to look at or end a session; also the facts of that wish.
#[derive(Debug, Clone)]
pub struct SessionAccess {
    /// The server's clock.
    pub now: Timestamp,
    /// Who asks.
    pub caller: UserId,
    /// The session of that id, if there is one.
    pub session: Option<Session>,
}

impl SessionAccess {
    /// The session, unless it is absent or expired, which look alike.
    fn live(&self, policy: &Policy) -> Result<&Session, Broken> {
        live_session(self.session.as_ref(), self.now, policy)
    }
}

/// The session, unless it is absent or expired: both are "not found" with the same words.
pub(super) fn live_session<'a>(
    session: Option<&'a Session>,
    now: Timestamp,
    policy: &Policy,
) -> Result<&'a Session, Broken> {
    session
        .filter(|session| !session.is_expired(now, policy))
        .ok_or_else(|| Broken::because("no such upload session"))
}

/// Checks of a session query.
pub const QUERY: &[Check<SessionAccess, ()>] = &[
    Check {
        rule: Rule::SessionFound,
        holds: session_found,
    },
    Check {
        rule: Rule::SessionCaller,
        holds: caller_is_uploader_or_owner,
    },
];

/// Checks of a session's cancellation.
pub const CANCEL: &[Check<SessionAccess, ()>] = &[
    Check {
        rule: Rule::SessionFound,
        holds: session_found,
    },
    Check {
        rule: Rule::SessionCaller,
        holds: caller_is_uploader_or_owner,
    },
    Check {
        rule: Rule::SessionActive,
        holds: not_being_finalized,
    },
];

/// The session that `access` may look at.
///
/// # Errors
/// The first rule of [`QUERY`] that does not hold.
pub fn query_session(access: &SessionAccess, policy: &Policy) -> Result<Session, Refusal> {
    query_session_by(QUERY, access, policy)
}

/// The session, judged by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn query_session_by(
    checks: &[Check<SessionAccess, ()>],
    access: &SessionAccess,
    policy: &Policy,
) -> Result<Session, Refusal> {
    judge(checks, access, &(), policy)?;
    let session = access
        .live(policy)
        .map_err(|broken| broken.by(Rule::SessionFound))?;
    Ok(session.clone())
}

/// The effects of ending the session: bytes, row and reservation go.
///
/// # Errors
/// The first rule of [`CANCEL`] that does not hold.
pub fn cancel_session(access: &SessionAccess, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    cancel_session_by(CANCEL, access, policy)
}

/// The same, judged by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn cancel_session_by(
    checks: &[Check<SessionAccess, ()>],
    access: &SessionAccess,
    policy: &Policy,
) -> Result<Vec<Effect>, Refusal> {
    judge(checks, access, &(), policy)?;
    Ok(vec![
        Effect::DiscardBytes,
        Effect::ReleaseReservation,
        Effect::RemoveSession,
    ])
}

fn session_found(access: &SessionAccess, (): &(), policy: &Policy) -> Result<(), Broken> {
    access.live(policy).map(|_| ())
}

/// `wire.md` §1.3: the uploader or the owner may query and cancel.
fn caller_is_uploader_or_owner(
    access: &SessionAccess,
    (): &(),
    policy: &Policy,
) -> Result<(), Broken> {
    let session = access.live(policy)?;
    require(
        [session.uploader, session.owner].contains(&access.caller),
        || "the session belongs to another account".to_owned(),
    )
}

/// `wire.md` §3: a session that is being finalized can't be cancelled; nor is a finished one taken
/// back by its uploader, because its bytes may already be part of an asset.
fn not_being_finalized(access: &SessionAccess, (): &(), policy: &Policy) -> Result<(), Broken> {
    let session = access.live(policy)?;
    require(
        session.is_active() || session.status == UploadStatus::FailedProcessing,
        || format!("the session is {}", session.status),
    )
}
