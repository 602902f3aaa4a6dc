//! The checks of an op that no other surface shares (rows 1, 8, 9, 22 and X3).

use super::asset::after;
use super::check::{Broken, require};
use super::op::{OpFacts, OpRequest};
use super::quota::{QuotaState, quota_state};
use super::record::{Submits, signed, stale};
use super::write::Writes;
use super::{AssetState, Extension, Original, Policy};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::derivative::DerivativeManifest;
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::header;
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::time::Timestamp;

const fn is_derivative(action: Action) -> bool {
    matches!(action, Action::DerivativeAdd | Action::DerivativeReplace)
}

/// `wire.md` §1.3: a metadata blob comes with a metadata update alone.
pub(super) fn brings_what_it_may(
    _: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let body = &request.body;
    let updates = body.envelope.action == Action::MetadataUpdate.as_str();
    require(body.metadata.is_none() || updates, || {
        "a metadata_blob comes with a metadata-update alone".to_owned()
    })
}

/// `formats.md` §4: a delete says until when it can be taken back, in RFC 3339.
pub(super) fn retention_stated(_: &OpFacts, request: &OpRequest, _: &Policy) -> Result<(), Broken> {
    let envelope = &request.body.envelope;
    if envelope.action != Action::Delete.as_str() {
        return Ok(());
    }
    let text = envelope
        .retention_until
        .as_deref()
        .ok_or_else(|| Broken::because("retention_until is missing"))?;
    text.parse::<Timestamp>()
        .map(|_| ())
        .map_err(|error| Broken::because(format!("retention_until: {error}")))
}

/// `wire.md` §1.4: headers, path and envelope say the same, and the envelope's `ciphertext_hash`, with no
/// session whose blob it could name, is the original's.
pub(super) fn envelope_agrees(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let (envelope, spoken) = (&request.body.envelope, request.spoken);
    let agree = |what: &str, same: bool| {
        require(same, || {
            format!("{what} differs between headers, path, envelope and record")
        })
    };
    agree(
        "crypto_suite_id",
        spoken
            .suite
            .is_none_or(|suite| suite.0 == envelope.crypto_suite_id),
    )?;
    agree(
        "protocol_version",
        spoken.protocol.to_string() == envelope.protocol_version,
    )?;
    agree(
        "album_id",
        envelope.album_id.is_none_or(|album| album == request.album),
    )?;
    let original = facts.submission(request).core()?.ciphertext_hash;
    agree(
        "ciphertext_hash",
        envelope.ciphertext_hash == original.to_string(),
    )
}

/// Invariant 16: an op is one of the five actions over stored blobs; create and replace ride upload.
pub(super) fn inv16_action_by_op(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let action = facts.write(request).action()?;
    require(!matches!(action, Action::Create | Action::Replace), || {
        format!("{action} is an action of an upload")
    })
}

/// `wire.md` §1.1: a metadata update states exactly one sidecar schema.
pub(super) fn schema_stated(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    schema(facts, request).map(|_| ())
}

/// The schema of a metadata update; `None` for every other op.
fn schema(facts: &OpFacts, request: &OpRequest) -> Result<Option<u64>, Broken> {
    if facts.write(request).action()? != Action::MetadataUpdate {
        return Ok(None);
    }
    match request.schema.as_slice() {
        [one] => header::parse_decimal_u64(one)
            .map(Some)
            .map_err(|error| Broken::because(format!("{}: {error}", header::SIDECAR_SCHEMA))),
        many => Err(Broken::because(format!(
            "{} is given {} times; expected once",
            header::SIDECAR_SCHEMA,
            many.len()
        ))),
    }
}

/// Row 1: the sidecar that a metadata update seals is of a schema that the server knows.
pub(super) fn schema_known(
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let newest = policy.max_sidecar_schema;
    match schema(facts, request)? {
        Some(schema) => require((1..=u64::from(newest)).contains(&schema), || {
            format!("sidecar schema {schema} is not one of 1 to {newest}")
        }),
        None => Ok(()),
    }
}

/// The derivative manifest of a derivative op; `None` for every other op, which brings none.
pub(super) fn derivative(
    facts: &OpFacts,
    request: &OpRequest,
) -> Result<Option<Canonical<DerivativeManifest>>, Broken> {
    let action = facts.write(request).action()?;
    match (is_derivative(action), request.body.derivative.as_deref()) {
        (false, None) => Ok(None),
        (false, Some(_)) => Err(Broken::because(format!(
            "{action} brings a derivative_cbor"
        ))),
        (true, None) => Err(Broken::because(format!(
            "{action} brings no derivative_cbor"
        ))),
        (true, Some(bytes)) => Canonical::decode(bytes)
            .map(Some)
            .map_err(|error| Broken::because(format!("derivative_cbor: {}", error.expectation()))),
    }
}

/// `formats.md` §11: a derivative op, and no other, brings one canonical derivative manifest.
pub(super) fn derivative_well_formed(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    derivative(facts, request).map(|_| ())
}

/// Row 8: a derivative is of the op's asset, made by its device, in its suite, of a format of its version.
pub(super) fn derivative_agrees(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let Some(manifest) = derivative(facts, request)? else {
        return Ok(());
    };
    let made = &manifest.value().core;
    let core = facts.submission(request).core()?;
    let formats = core.protocol_version.formats();
    let pairs = [
        ("source_asset_id", made.source_asset_id == core.file_id),
        (
            "generated_by_device",
            made.generated_by_device == core.created_by_device,
        ),
        (
            "crypto_suite_id",
            made.crypto_suite_id == core.crypto_suite_id,
        ),
        ("format", made.format.is_of(formats)),
    ];
    match pairs.into_iter().find(|(_, same)| !same) {
        Some((field, _)) => Err(Broken::because(format!(
            "{field} of the derivative does not fit the op"
        ))),
        None => Ok(()),
    }
}

/// Invariant 25 (version B): the metadata blob that comes along is the one that the manifest commits to.
pub(super) fn inv25_blob_matches(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let (Some(brought), Some(b)) = (request.metadata_hash(), facts.submission(request).core()?.b)
    else {
        return Ok(());
    };
    require(b.metadata_blob_hash == Some(brought), || {
        "the metadata blob is not the one that the manifest commits to".to_owned()
    })
}

/// `formats.md` §4, row X1: a derivative is signed by the device of its op.
pub(super) fn derivative_device_signed(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let Some(manifest) = derivative(facts, request)? else {
        return Ok(());
    };
    let manifest = manifest.into_value();
    signed(
        "device_sig of the derivative",
        facts.submission(request).device_key()?,
        &manifest.core.signed_bytes(),
        &manifest.device_sig,
    )
}

/// `formats.md` §4, row X1: a derivative is signed by the write-tier key of its op's epoch.
pub(super) fn derivative_write_signed(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let Some(manifest) = derivative(facts, request)? else {
        return Ok(());
    };
    let manifest = manifest.into_value();
    signed(
        "write_sig of the derivative",
        facts.submission(request).write_tier_key()?,
        &manifest.core.signed_bytes(),
        &manifest.write_sig,
    )
}

/// Row X3: a delete can be taken back for at least the floor, by the server's clock.
pub(super) fn retention_floor(
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let Some(until) = facts.submission(request).core()?.retention_until else {
        return Ok(());
    };
    let floor = after(facts.now, policy.retention_floor);
    require(until.instant() >= floor, || {
        format!("retention_until {} is before {floor}", until.text())
    })
}

/// `wire.md` §3: a restore comes while the delete can be taken back, by the server's clock.
pub(super) fn restore_in_time(
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    if facts.submission(request).core()?.action != Action::TrashRestore {
        return Ok(());
    }
    let asset = &facts.asset;
    let in_time = asset
        .state
        .retained_until(policy)
        .is_some_and(|until| facts.now < until);
    require(in_time, || match asset.state {
        AssetState::Live => "the asset is not deleted".to_owned(),
        AssetState::Trashed { .. } | AssetState::Purged => "the delete is final".to_owned(),
    })
    .map_err(|broken| stale(broken, asset))
}

/// Row 8: an add opens the chain of its asset, role and format, and a replace continues its head.
pub(super) fn derivative_head_current(
    facts: &OpFacts,
    request: &OpRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let Some(manifest) = derivative(facts, request)? else {
        return Ok(());
    };
    let prior = manifest.value().core.prior_provenance_hash;
    let head = facts.derivative_head;
    let opens = facts.write(request).action()? == Action::DerivativeAdd;
    require(prior == head && opens == head.is_none(), || {
        "the derivative does not continue the head of its chain".to_owned()
    })
    .map_err(|broken| broken.with(Extension::ChainHead(head)))
}

/// Every blob that an op names is held, or comes with it: the original and the metadata of the write
/// that it continues, which it leaves as they are; a metadata update's own metadata; a derivative.
pub(super) fn blobs_held(facts: &OpFacts, request: &OpRequest, _: &Policy) -> Result<(), Broken> {
    let core = facts.submission(request).core()?;
    let asset = &facts.asset;
    require(asset.head_shown, || {
        "the write that the op continues still waits for its metadata blob".to_owned()
    })?;
    let original = asset.head.as_ref().map(|head| head.original);
    require(original == Some(Original::of(&core)), || {
        "an op leaves the original as it is".to_owned()
    })?;
    metadata_after(facts, request, &core)?;
    if let Some(manifest) = derivative(facts, request)? {
        let hash = manifest.value().core.ciphertext_hash;
        return require(asset.holds(BlobRole::Derivative, hash), || {
            format!("the derivative {hash} is not held")
        });
    }
    Ok(())
}

/// The asset's metadata blob once the op is accepted.
pub(super) fn metadata_after(
    facts: &OpFacts,
    request: &OpRequest,
    core: &ManifestCore,
) -> Result<Hash, Broken> {
    let asset = &facts.asset;
    let committed = core.b.as_ref().and_then(|b| b.metadata_blob_hash);
    if core.action == Action::MetadataUpdate {
        let formats = core.protocol_version.formats();
        return request
            .metadata_hash()
            .or_else(|| asset.metadata_of(formats, committed, core.prior_provenance_hash))
            .ok_or_else(|| Broken::because("the metadata blob of the update is not held"));
    }
    let shown = asset
        .shown_metadata
        .ok_or_else(|| Broken::because("no metadata blob of the asset is shown"))?;
    require(committed.is_none_or(|hash| hash == shown), || {
        format!("{} leaves the metadata as it is", core.action)
    })?;
    Ok(shown)
}

/// Quota (`wire.md` §3): once the grace is over, metadata does not grow. What brings no bytes of its own,
/// a delete and a restore among it, is always taken.
pub(super) fn quota_in_grace(
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let grows = request.body.metadata.is_some() && !facts.quota.charged;
    let expired = quota_state(&facts.quota, facts.now, policy) == QuotaState::GraceExpired;
    require(!(grows && expired), || {
        "the account is above its hard limit for longer than the grace".to_owned()
    })
}
