//! Opening an upload session (`wire.md` §1.3, invariants 1–8).

use super::check::{Broken, require};
use super::{Check, Effect, Extension, Policy, Refusal, Rejection, Session, Spoken, judge};
use gauntlet_wire::enums::{BlobRole, ContentType, UploadStatus};
use gauntlet_wire::id::{AlbumId, AssetId, Hash, UploadId, UserId};
use gauntlet_wire::json::CreateSession;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::time::Timestamp;
use gauntlet_wire::version::{ProtocolVersion, SuiteId};

/// What the server knows of the album that a write names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlbumFacts {
    /// The version that the album is pinned to for life.
    pub pin: ProtocolVersion,
    /// Whether the caller may write to it.
    pub caller_may_write: bool,
}

/// The caller's published directory entry for the device that a write names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFacts {
    /// When the device joined.
    pub added_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// The quota of the account that pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotaFacts {
    /// Bytes held plus live reservations (`formats.md` §11).
    pub used: u64,
}

/// An earlier upload of the same (owner, hash, album), the deduplication tuple.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicate {
    /// A session that still takes chunks.
    Active {
        /// The session.
        id: UploadId,
        /// Its received count.
        received: u64,
    },
    /// A finished upload.
    Finished {
        /// The asset that holds the blob.
        asset: AssetId,
    },
}

/// Everything that the server knows when it judges the opening of a session.
#[derive(Debug, Clone)]
pub struct SessionFacts {
    /// The server's clock.
    pub now: jiff::Timestamp,
    /// A fresh id, should a session be opened.
    pub fresh_id: UploadId,
    /// The album that the request names, if it exists.
    pub album: Option<AlbumFacts>,
    /// The device that the request names, if the caller's directory lists it.
    pub device: Option<DeviceFacts>,
    /// The payer's quota.
    pub quota: QuotaFacts,
    /// An earlier upload of the same tuple.
    pub duplicate: Option<Duplicate>,
}

/// A request to open a session, past authentication, handshake and body shape.
#[derive(Debug, Clone)]
pub struct CreateRequest {
    /// The authenticated caller.
    pub caller: UserId,
    /// What the handshake headers said.
    pub spoken: Spoken,
    /// The strict JSON body.
    pub body: CreateSession,
}

impl CreateRequest {
    /// The album, from the top level or the envelope; the two agree where both are given.
    #[must_use]
    pub fn album(&self) -> Option<AlbumId> {
        self.body.album_id.or(self.body.manifest_envelope.album_id)
    }
}

/// The outcome of an accepted request to open a session.
#[derive(Debug, Clone, PartialEq)]
pub enum CreatePlan {
    /// Open a new session: 201.
    Open {
        /// The session to open.
        session: Box<Session>,
        /// What to change.
        effects: Vec<Effect>,
    },
    /// An active session of the same tuple exists: 200, nothing changes.
    Resume {
        /// The session.
        id: UploadId,
        /// Its received count.
        received: u64,
    },
}

/// The checks, in the order of `wire.md` §2: body shape, 1–5, 8, 6, 7, quota.
pub const CREATE_SESSION: &[Check<SessionFacts, CreateRequest>] = &[
    Check {
        rule: Rule::BodyWellFormed,
        holds: role_is_known,
    },
    Check {
        rule: Rule::EnvelopeAgrees,
        holds: envelope_agrees,
    },
    Check {
        rule: Rule::ProtocolInWindow,
        holds: inv01_body_protocol_in_window,
    },
    Check {
        rule: Rule::SuiteKnown,
        holds: inv02_suite_known,
    },
    Check {
        rule: Rule::HashWellFormed,
        holds: inv03_hash_well_formed,
    },
    Check {
        rule: Rule::SizePositive,
        holds: inv04_size_positive,
    },
    Check {
        rule: Rule::SizeWithinMax,
        holds: inv04_size_within_max,
    },
    Check {
        rule: Rule::ContentTypeKnown,
        holds: inv05_content_type_known,
    },
    Check {
        rule: Rule::TimestampInRange,
        holds: inv08_timestamp_in_range,
    },
    Check {
        rule: Rule::OwnerPermitted,
        holds: owner_is_caller,
    },
    Check {
        rule: Rule::AlbumWritable,
        holds: inv06_album_writable,
    },
    Check {
        rule: Rule::DeviceListed,
        holds: inv07_device_listed,
    },
    Check {
        rule: Rule::QuotaAdmits,
        holds: quota_admits,
    },
    Check {
        rule: Rule::BlobNew,
        holds: blob_is_new,
    },
];

/// Judges the opening of a session by the contract.
///
/// # Errors
/// The first rule of [`CREATE_SESSION`] that does not hold.
pub fn create_session(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Result<CreatePlan, Refusal> {
    create_session_by(CREATE_SESSION, facts, request, policy)
}

/// Judges the opening of a session by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn create_session_by(
    checks: &[Check<SessionFacts, CreateRequest>],
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Result<CreatePlan, Refusal> {
    judge(checks, facts, request, policy)?;
    if let Some(Duplicate::Active { id, received }) = facts.duplicate {
        return Ok(CreatePlan::Resume { id, received });
    }
    let session = Box::new(open(facts, request)?);
    let effects = vec![Effect::OpenSession(session.clone())];
    Ok(CreatePlan::Open { session, effects })
}

fn open(facts: &SessionFacts, request: &CreateRequest) -> Result<Session, Rejection> {
    let body = &request.body;
    Ok(Session {
        id: facts.fresh_id,
        uploader: request.caller,
        owner: body.owner_id.unwrap_or(request.caller),
        album: request
            .album()
            .ok_or_else(|| no_album().by(Rule::AlbumWritable))?,
        role: role(body).map_err(|broken| broken.by(Rule::BodyWellFormed))?,
        size: body.size,
        hash: declared_hash(body).map_err(|broken| broken.by(Rule::HashWellFormed))?,
        content_type: body.content_type.clone(),
        protocol: request.spoken.protocol,
        suite: SuiteId(body.crypto_suite_id),
        envelope: body.manifest_envelope.clone(),
        status: UploadStatus::Pending,
        received: 0,
        created_at: facts.now,
        last_progress_at: facts.now,
    })
}

fn role(body: &CreateSession) -> Result<BlobRole, Broken> {
    body.blob_role
        .parse()
        .map_err(|error| Broken::because(format!("blob_role: {error}")))
}

fn declared_hash(body: &CreateSession) -> Result<Hash, Broken> {
    body.hash
        .parse()
        .map_err(|error| Broken::because(format!("hash: {error}")))
}

fn no_album() -> Broken {
    Broken::because("no album is named, at the top level or in the envelope")
}

/// `wire.md` §4: `blob_role` is a closed enum.
fn role_is_known(_: &SessionFacts, request: &CreateRequest, _: &Policy) -> Result<(), Broken> {
    role(&request.body).map(|_| ())
}

/// `wire.md` §1.4: headers, top-level fields and envelope say the same.
fn envelope_agrees(_: &SessionFacts, request: &CreateRequest, _: &Policy) -> Result<(), Broken> {
    let body = &request.body;
    let envelope = &body.manifest_envelope;
    let agree = |what: &str, same: bool| {
        require(same, || {
            format!("{what} differs between headers, body and envelope")
        })
    };
    agree(
        "crypto_suite_id",
        body.crypto_suite_id == envelope.crypto_suite_id
            && request
                .spoken
                .suite
                .is_none_or(|suite| suite.0 == body.crypto_suite_id),
    )?;
    agree(
        "protocol_version",
        body.protocol_version == envelope.protocol_version
            && request.spoken.protocol.to_string() == body.protocol_version,
    )?;
    agree(
        "hash and ciphertext_hash",
        body.hash == envelope.ciphertext_hash,
    )?;
    agree(
        "album_id",
        body.album_id.is_none()
            || envelope.album_id.is_none()
            || body.album_id == envelope.album_id,
    )
}

/// Invariant 1: the version in the body lies inside the window, as the header's does.
fn inv01_body_protocol_in_window(
    _: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let version = &request.body.protocol_version;
    let inside = version
        .parse::<ProtocolVersion>()
        .is_ok_and(|spoken| (policy.min_protocol..=policy.max_protocol).contains(&spoken));
    require(inside, || {
        format!("protocol_version {version:?} is outside the window")
    })
}

/// Invariant 2: the suite in the body is in the inventory.
fn inv02_suite_known(
    _: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let suite = SuiteId(request.body.crypto_suite_id);
    require(policy.suites.contains(&suite), || {
        format!("crypto_suite_id {suite} is not in the inventory")
    })
}

/// Invariant 3: the hash is 64 lowercase hex characters.
fn inv03_hash_well_formed(
    _: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    declared_hash(&request.body).map(|_| ())
}

/// Invariant 4, lower bound.
fn inv04_size_positive(
    _: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    require(request.body.size > 0, || {
        "size is 0; expected at least 1".to_owned()
    })
}

/// Invariant 4, upper bound.
fn inv04_size_within_max(
    _: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let (size, limit) = (request.body.size, policy.max_file_size);
    require(size <= limit, || {
        format!("size is {size}; expected at most {limit}")
    })
    .map_err(|broken| broken.with(Extension::Limit(limit)))
}

/// Invariant 5: the content type is in the closed set of the version spoken.
fn inv05_content_type_known(
    _: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    ContentType::parse(
        &request.body.content_type,
        request.spoken.protocol.formats(),
    )
    .map(|_| ())
    .map_err(|error| Broken::because(format!("content_type: {error}")))
}

/// Invariant 8: sanity, not security: the timestamp is near the server's clock, on either side.
fn inv08_timestamp_in_range(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let timestamp = written_at(request)?;
    let drift = timestamp.instant().duration_since(facts.now).abs();
    require(drift <= policy.timestamp_drift, || {
        format!(
            "timestamp {} is {drift} from the server's clock",
            timestamp.text()
        )
    })
}

fn written_at(request: &CreateRequest) -> Result<Timestamp, Broken> {
    let text = &request.body.manifest_envelope.timestamp;
    text.parse()
        .map_err(|error| Broken::because(format!("timestamp: {error}")))
}

/// `wire.md` §1.5: an account uploads for itself.
fn owner_is_caller(_: &SessionFacts, request: &CreateRequest, _: &Policy) -> Result<(), Broken> {
    require(
        request
            .body
            .owner_id
            .is_none_or(|owner| owner == request.caller),
        || "owner_id is another account".to_owned(),
    )
}

/// Invariant 6: the album exists, the caller may write to it, and its pin is the version spoken.
/// One detail serves all three, so a stranger learns nothing of the album.
fn inv06_album_writable(
    facts: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    request.album().ok_or_else(no_album)?;
    let writable = facts
        .album
        .is_some_and(|album| album.caller_may_write && album.pin == request.spoken.protocol);
    require(writable, || {
        "the album is absent, not yours, or pinned to another version".to_owned()
    })
}

/// Invariant 7: the device is in the caller's published directory, joined before the timestamp, and
/// was not revoked by now.
fn inv07_device_listed(
    facts: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let envelope = &request.body.manifest_envelope;
    require(envelope.created_by_user == request.caller, || {
        "created_by_user is another account".to_owned()
    })?;
    let device = facts
        .device
        .as_ref()
        .ok_or_else(|| Broken::because("created_by_device is not in the published directory"))?;
    require(
        device.added_at.instant() < written_at(request)?.instant(),
        || "the device joined after the timestamp".to_owned(),
    )?;
    let revoked = device
        .revoked_at
        .as_ref()
        .is_some_and(|at| at.instant() <= facts.now);
    require(!revoked, || "the device is revoked".to_owned())
}

/// Quota (`wire.md` §3): used plus declared bytes stay within the hard limit, checked when a session
/// is opened. An active duplicate has reserved its bytes already.
fn quota_admits(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    if matches!(facts.duplicate, Some(Duplicate::Active { .. })) {
        return Ok(());
    }
    let wanted = facts.quota.used.saturating_add(request.body.size);
    let admitted = policy.quota_hard_limit.is_none_or(|limit| wanted <= limit);
    require(admitted, || {
        format!("{wanted} bytes would exceed the account's hard limit")
    })
}

/// Idempotency (`wire.md` §3): the bytes of a finished upload are not taken twice.
fn blob_is_new(facts: &SessionFacts, _: &CreateRequest, _: &Policy) -> Result<(), Broken> {
    match facts.duplicate {
        Some(Duplicate::Finished { asset }) => {
            Err(Broken::because("the blob is already stored for this album")
                .with(Extension::ExistingAsset(asset)))
        }
        _ => Ok(()),
    }
}
