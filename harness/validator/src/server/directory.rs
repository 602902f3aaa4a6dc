//! Publishing a device directory (invariant 23, `formats.md` §5).

use super::check::{Broken, require};
use super::{Check, Extension, Policy, Refusal, judge};
use gauntlet_crypto::verify::verify;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry};
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::UserId;
use gauntlet_wire::rule::Rule;

/// The directory that the server holds for the caller.
#[derive(Debug, Clone)]
pub struct StoredDirectory {
    /// Its version.
    pub version: u64,
    /// The identity key of the first publish: the anchor, fixed for ever.
    pub anchor: HybridPublicKey,
    /// Its entries.
    pub devices: Vec<DeviceEntry>,
}

/// Everything that the server knows when it judges a publish.
#[derive(Debug, Clone)]
pub struct DirectoryFacts {
    /// The caller's directory, once one was published.
    pub stored: Option<StoredDirectory>,
}

/// A directory as it arrived.
#[derive(Debug, Clone)]
pub struct DirectoryRequest {
    /// The authenticated caller.
    pub caller: UserId,
    /// `Content-Type`, if given.
    pub media_type: Option<String>,
    /// The key of `X-Capsule-Identity-Key`, if the header decodes.
    pub identity: Option<HybridPublicKey>,
    /// The body.
    pub document: Vec<u8>,
}

/// What an accepted publish stores.
#[derive(Debug, Clone)]
pub struct DirectoryPlan {
    /// The directory with its exact bytes.
    pub directory: Canonical<DeviceDirectory>,
    /// The anchor that it verifies under.
    pub anchor: HybridPublicKey,
}

/// The checks, in order.
pub const DIRECTORY: &[Check<DirectoryFacts, DirectoryRequest>] = &[
    Check {
        rule: Rule::DirectoryMediaType,
        holds: media_type,
    },
    Check {
        rule: Rule::DirectoryWellFormed,
        holds: inv23_well_formed,
    },
    Check {
        rule: Rule::DirectoryAnchored,
        holds: inv23_anchored,
    },
    Check {
        rule: Rule::DirectoryAdvances,
        holds: inv23_advances,
    },
    Check {
        rule: Rule::DirectoryEntriesKept,
        holds: entries_kept,
    },
];

/// Judges the publication of a directory by the contract.
///
/// # Errors
/// The first rule of [`DIRECTORY`] that does not hold.
pub fn publish_directory(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    policy: &Policy,
) -> Result<DirectoryPlan, Refusal> {
    publish_directory_by(DIRECTORY, facts, request, policy)
}

/// Judges the publication of a directory by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn publish_directory_by(
    checks: &[Check<DirectoryFacts, DirectoryRequest>],
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    policy: &Policy,
) -> Result<DirectoryPlan, Refusal> {
    judge(checks, facts, request, policy)?;
    let directory = decode(request).map_err(|broken| broken.by(Rule::DirectoryWellFormed))?;
    let anchor = anchor(facts, request).map_err(|broken| broken.by(Rule::DirectoryAnchored))?;
    Ok(DirectoryPlan {
        directory,
        anchor: anchor.clone(),
    })
}

fn decode(request: &DirectoryRequest) -> Result<Canonical<DeviceDirectory>, Broken> {
    Canonical::decode(&request.document)
        .map_err(|error| Broken::because(format!("directory: {}", error.expectation())))
}

/// The key that a directory must verify under: the stored anchor, or at first publish the presented
/// key, which then becomes the anchor.
fn anchor<'a>(
    facts: &'a DirectoryFacts,
    request: &'a DirectoryRequest,
) -> Result<&'a HybridPublicKey, Broken> {
    let presented = request
        .identity
        .as_ref()
        .ok_or_else(|| Broken::because("the identity key header is missing or malformed"))?;
    match &facts.stored {
        Some(stored) if stored.anchor != *presented => Err(Broken::because(
            "the identity key is not the one of the first publish",
        )),
        Some(stored) => Ok(&stored.anchor),
        None => Ok(presented),
    }
}

/// `wire.md` §1.3: the document's media type.
fn media_type(_: &DirectoryFacts, request: &DirectoryRequest, _: &Policy) -> Result<(), Broken> {
    require(
        request.media_type.as_deref() == Some("application/cbor"),
        || "a directory travels as application/cbor".to_owned(),
    )
}

/// Invariant 23: a canonical directory, of the caller and of no one else.
fn inv23_well_formed(
    _: &DirectoryFacts,
    request: &DirectoryRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let directory = decode(request)?;
    require(directory.value().core.user_id == request.caller, || {
        "user_id is another account".to_owned()
    })
}

/// Invariant 23: signed, both halves, under the immutable anchor.
fn inv23_anchored(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let directory = decode(request)?.into_value();
    let message = directory.core.signed_bytes();
    verify(anchor(facts, request)?, &message, &directory.signature)
        .map_err(|error| Broken::because(format!("signature: {error}")))
}

/// Invariant 23: the version rises strictly.
fn inv23_advances(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let submitted = decode(request)?.value().core.directory_version;
    let Some(stored) = facts.stored.as_ref().map(|stored| stored.version) else {
        return Ok(());
    };
    require(submitted > stored, || {
        format!("version {submitted} is not above {stored}")
    })
    .map_err(|broken| broken.with(Extension::Versions { submitted, stored }))
}

/// `formats.md` §5, rows 24 and 31: entries never leave and never change, but for a revocation that is
/// added. Who could date an entry back, key it anew or clear its revocation would rewrite what every
/// record of that device is judged by.
fn entries_kept(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let core = decode(request)?.into_value().core;
    let Some(stored) = &facts.stored else {
        return Ok(());
    };
    let kept = |entry: &DeviceEntry| core.devices.iter().any(|next| continues(next, entry));
    let Some(lost) = stored.devices.iter().find(|entry| !kept(entry)) else {
        return Ok(());
    };
    let versions = Extension::Versions {
        submitted: core.directory_version,
        stored: stored.version,
    };
    let detail = format!(
        "the stored entry of device {} is missing or another",
        lost.device_id
    );
    Err(Broken::because(detail).with(versions))
}

/// Whether `next` is `entry`, or `entry` with a revocation that it did not have.
fn continues(next: &DeviceEntry, entry: &DeviceEntry) -> bool {
    let revocation_kept = entry.revoked_at.is_none() || next.revoked_at == entry.revoked_at;
    revocation_kept
        && next.device_id == entry.device_id
        && next.dsk_public == entry.dsk_public
        && next.added_at == entry.added_at
}
