//! Opening an upload session (`wire.md` §1.3, invariants 1–8, 16 and 25).

use super::opening::{
    blob_is_new, body_coherent, declared_hash, envelope_agrees, head_continued,
    inv03_hash_well_formed, inv04_size_positive, inv04_size_within_max, inv05_content_type_known,
    inv16_action_fits, inv25_metadata_hash_matches, new_session_names_the_intent, owner_is_caller,
    quota_admits, replace_complete, reservation, role,
};
use super::write::{
    Write, Writes, album_not_frozen, inv01_body_protocol_in_window, inv02_body_suite_known,
    inv06_album_writable, inv07_device_listed, inv07_device_not_revoked, inv08_timestamp_in_range,
    inv16_action_known, no_album, x6_asset_id_owned,
};
use super::{
    AlbumFacts, AssetFacts, Check, DeviceFacts, Effect, Policy, QuotaFacts, Refusal, Rejection,
    Session, Spoken, judge,
};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{AlbumId, AssetId, UploadId, UserId};
use gauntlet_wire::json::CreateSession;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::SuiteId;

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
    /// The asset that the request names.
    pub asset: AssetFacts,
    /// The payer's quota; `charged` speaks of the declared hash.
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
    /// Whose quota pays: the caller's, where the body names no owner.
    #[must_use]
    pub fn owner(&self) -> UserId {
        self.body.owner_id.unwrap_or(self.caller)
    }

    /// The album, from the top level or the envelope; the two agree where both are given.
    #[must_use]
    pub fn album(&self) -> Option<AlbumId> {
        self.body.album_id.or(self.body.manifest_envelope.album_id)
    }
}

impl Writes<CreateRequest> for SessionFacts {
    fn write<'a>(&'a self, request: &'a CreateRequest) -> Write<'a> {
        Write {
            now: self.now,
            caller: request.caller,
            spoken: request.spoken,
            protocol: &request.body.protocol_version,
            suite: SuiteId(request.body.crypto_suite_id),
            album: request.album(),
            album_facts: self.album.as_ref(),
            device: self.device.as_ref(),
            asset: &self.asset,
            envelope: &request.body.manifest_envelope,
            intent: request.body.intent_id.as_deref(),
        }
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

/// The checks, in the order of `wire.md` §2: body shape, 1–5, 8, 6, 7, quota, deduplication; what the
/// contract does not place stands where all that it reads has been judged.
pub const CREATE_SESSION: &[Check<SessionFacts, CreateRequest>] = &[
    Check {
        rule: Rule::BodyWellFormed,
        holds: body_coherent,
    },
    Check {
        rule: Rule::ProtocolInWindow,
        holds: inv01_body_protocol_in_window,
    },
    Check {
        rule: Rule::SuiteKnown,
        holds: inv02_body_suite_known,
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
        rule: Rule::ActionKnown,
        holds: inv16_action_known,
    },
    Check {
        rule: Rule::ActionFits,
        holds: inv16_action_fits,
    },
    Check {
        rule: Rule::EnvelopeAgrees,
        holds: envelope_agrees,
    },
    Check {
        rule: Rule::MetadataHashMatches,
        holds: inv25_metadata_hash_matches,
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
        rule: Rule::DeviceNotRevoked,
        holds: inv07_device_not_revoked,
    },
    Check {
        rule: Rule::AlbumNotFrozen,
        holds: album_not_frozen,
    },
    Check {
        rule: Rule::AlbumNotQuiescing,
        holds: new_session_names_the_intent,
    },
    Check {
        rule: Rule::AssetIdOwned,
        holds: x6_asset_id_owned,
    },
    Check {
        rule: Rule::QuotaAdmits,
        holds: quota_admits,
    },
    Check {
        rule: Rule::BlobNew,
        holds: blob_is_new,
    },
    Check {
        rule: Rule::HeadCurrent,
        holds: head_continued,
    },
    Check {
        rule: Rule::ReplaceComplete,
        holds: replace_complete,
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
        owner: request.owner(),
        album: request
            .album()
            .ok_or_else(|| no_album().by(Rule::AlbumWritable))?,
        role: role(body).map_err(|broken| broken.by(Rule::BodyWellFormed))?,
        size: body.size,
        reserved: reservation(facts, body.size),
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
