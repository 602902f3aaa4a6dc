//! The checks of an opening that no other surface shares (invariants 3–5, 16, 17 and 25, quota,
//! deduplication).

use super::check::{Broken, require};
use super::create::{CreateRequest, Duplicate, SessionFacts};
use super::record::{brought, stale};
use super::write::{Writes, album_not_quiescing};
use super::{AssetFacts, AssetState, Extension, Policy};
use gauntlet_wire::bounds;
use gauntlet_wire::enums::{Action, BlobRole, ContentType};
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::CreateSession;
use gauntlet_wire::manifest::CHUNK_SIZE;
use gauntlet_wire::version::Formats;

pub(super) fn role(body: &CreateSession) -> Result<BlobRole, Broken> {
    body.blob_role
        .parse()
        .map_err(|error| Broken::because(format!("blob_role: {error}")))
}

/// Whether the body says that the blob is of that role.
fn is_of(request: &CreateRequest, role: BlobRole) -> bool {
    request.body.blob_role == role.as_str()
}

/// Whether the envelope says that the write is that action.
fn is_action(request: &CreateRequest, action: Action) -> bool {
    request.body.manifest_envelope.action == action.as_str()
}

pub(super) fn declared_hash(body: &CreateSession) -> Result<Hash, Broken> {
    body.hash
        .parse()
        .map_err(|error| Broken::because(format!("hash: {error}")))
}

/// `wire.md` §1.4 and §4: `blob_role` is a closed enum, `chunk_size` has one value, and a replace names
/// its original. `formats.md` §4 and §9: `client_version` is short, and `retention_until` is a delete's; a
/// field that no rule reads would be kept with any text in it.
pub(super) fn body_coherent(
    _: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let envelope = &request.body.manifest_envelope;
    role(&request.body)?;
    require(envelope.chunk_size == CHUNK_SIZE, || {
        format!(
            "chunk_size is {}; expected {CHUNK_SIZE}",
            envelope.chunk_size
        )
    })?;
    require(envelope.client_version.len() <= bounds::SHORT_TEXT, || {
        let most = bounds::SHORT_TEXT;
        format!("client_version is longer than {most} bytes")
    })?;
    require(
        is_action(request, Action::Delete) || envelope.retention_until.is_none(),
        || "retention_until comes with a delete alone".to_owned(),
    )?;
    require(
        !is_action(request, Action::Replace) || envelope.original_blob_hash.is_some(),
        || "original_blob_hash is missing; a replace names its original".to_owned(),
    )
}

/// Invariant 3: the hash is 64 lowercase hex characters.
pub(super) fn inv03_hash_well_formed(
    _: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    declared_hash(&request.body).map(|_| ())
}

/// Invariant 4, lower bound.
pub(super) fn inv04_size_positive(
    _: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    require(request.body.size > 0, || {
        "size is 0; expected at least 1".to_owned()
    })
}

/// Invariant 4, upper bound.
pub(super) fn inv04_size_within_max(
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
pub(super) fn inv05_content_type_known(
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

/// Invariant 16: an upload brings the blobs of a create or a replace, or ahead of an op the metadata or
/// the derivative that it will name.
pub(super) fn inv16_action_fits(
    facts: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let action = facts.write(request).action()?;
    let fits = match action {
        Action::Create | Action::Replace => true,
        Action::MetadataUpdate => is_of(request, BlobRole::Metadata),
        Action::DerivativeAdd | Action::DerivativeReplace => is_of(request, BlobRole::Derivative),
        Action::Delete | Action::TrashRestore => false,
    };
    require(fits, || {
        format!("{action} uploads no {} blob", request.body.blob_role)
    })
}

/// `wire.md` §1.4: headers, top-level fields and envelope say the same.
pub(super) fn envelope_agrees(
    _: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
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
        "hash and original_blob_hash",
        !is_of(request, BlobRole::Original)
            || envelope
                .original_blob_hash
                .is_none_or(|hash| hash.to_string() == body.hash),
    )?;
    agree(
        "album_id",
        body.album_id.is_none()
            || envelope.album_id.is_none()
            || body.album_id == envelope.album_id,
    )
}

/// Invariant 25 (version B): a metadata blob is the one that the manifest commits to.
pub(super) fn inv25_metadata_hash_matches(
    _: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let body = &request.body;
    let committed = body.manifest_envelope.metadata_blob_hash;
    let applies =
        request.spoken.protocol.formats() == Formats::B && is_of(request, BlobRole::Metadata);
    require(
        !applies || committed.map(|hash| hash.to_string()).as_ref() == Some(&body.hash),
        || "the metadata blob is not the one of metadata_blob_hash".to_owned(),
    )
}

/// `wire.md` §1.5: an account uploads for itself.
pub(super) fn owner_is_caller(
    _: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    require(
        request
            .body
            .owner_id
            .is_none_or(|owner| owner == request.caller),
        || "owner_id is another account".to_owned(),
    )
}

/// Quota (`wire.md` §3): used plus what the upload would add stays within the hard limit, checked when a
/// session is opened. An active duplicate has reserved its bytes already.
pub(super) fn quota_admits(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    if matches!(facts.duplicate, Some(Duplicate::Active { .. })) {
        return Ok(());
    }
    let added = reservation(facts, request.body.size);
    let wanted = facts.quota.used.saturating_add(added);
    let admitted = policy.quota_hard_limit.is_none_or(|limit| wanted <= limit);
    require(admitted, || {
        format!("{wanted} bytes would exceed the account's hard limit")
    })
}

/// Bytes that an opening reserves: none for a blob that the payer is charged for already, since the same
/// bytes in another album cost nothing more (row 10).
pub(super) fn reservation(facts: &SessionFacts, size: u64) -> u64 {
    if facts.quota.charged { 0 } else { size }
}

/// Idempotency (`wire.md` §3): the bytes of a finished upload are not taken twice.
pub(super) fn blob_is_new(
    facts: &SessionFacts,
    _: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    match facts.duplicate {
        Some(Duplicate::Finished { asset }) => {
            Err(Broken::because("the blob is already stored for this album")
                .with(Extension::ExistingAsset(asset)))
        }
        _ => Ok(()),
    }
}

/// Invariant 17, as far as an opening can tell: the write continues the stored head, or is a create
/// whose record came first; and nothing but a restore continues a delete (rows 4 and X6).
pub(super) fn head_continued(
    facts: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let asset = &facts.asset;
    let prior = request.body.manifest_envelope.prior_provenance_hash;
    require(asset.state == AssetState::Live, || {
        "the asset is deleted".to_owned()
    })
    .and_then(|()| {
        let current = prior == asset.head_link();
        require(current || is_late_part(asset, request), || {
            "the prior is not the stored head".to_owned()
        })
    })
    .map_err(|broken| stale(broken, asset))
}

/// Whether the blob is a part of a create whose record is the head already: the blobs of a create come in
/// any order, but those that its record names are no others.
fn is_late_part(asset: &AssetFacts, request: &CreateRequest) -> bool {
    let body = &request.body;
    let Some(head) = asset.head.as_ref().filter(|head| head.prior.is_none()) else {
        return false;
    };
    let of_create = is_action(request, Action::Create)
        && body.manifest_envelope.prior_provenance_hash.is_none();
    let is = |hash: Hash| hash.to_string() == body.hash;
    let named = match body.blob_role.parse() {
        Ok(BlobRole::Original) => is(head.original.hash),
        Ok(BlobRole::Metadata) => head.metadata.map_or(!asset.head_shown, is),
        Ok(BlobRole::Derivative | BlobRole::Backup) => true,
        Ok(BlobRole::Provenance) | Err(_) => false,
    };
    of_create && named
}

/// `wire.md` §3, finalization: the record of a replace is the last of its blobs to come.
pub(super) fn replace_complete(
    facts: &SessionFacts,
    request: &CreateRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let envelope = &request.body.manifest_envelope;
    let is_record = is_of(request, BlobRole::Provenance) && is_action(request, Action::Replace);
    let (true, Some(original)) = (is_record, envelope.original_blob_hash) else {
        return Ok(());
    };
    let metadata = facts.asset.metadata_of(
        request.spoken.protocol.formats(),
        envelope.metadata_blob_hash,
        envelope.prior_provenance_hash,
    );
    brought(&facts.asset, original, metadata)
}

/// `wire.md` §8, row 18: a *new* session names the live intent. One that is open runs to its end, also for
/// a client that has lost the answer.
pub(super) fn new_session_names_the_intent(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    match facts.duplicate {
        Some(Duplicate::Active { .. }) => Ok(()),
        _ => album_not_quiescing(facts, request, policy),
    }
}
