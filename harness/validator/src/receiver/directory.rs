//! Taking in a device directory (client invariant 8, rows 16, 20, 24 and 31).

use super::check::{Broken, require};
use super::verify_signer::signed;
use super::{Check, Policy, Rejection, judge};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry};
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{DeviceId, Hash, UserId};
use gauntlet_wire::marks::{DeviceMark, DirectoryMark};
use gauntlet_wire::reason::Reason;

/// Everything that a client knows when it is given a directory.
#[derive(Debug, Clone)]
pub struct DirectoryFacts {
    /// Whose directory was asked for.
    pub user: UserId,
    /// The user's identity key, pinned when the two met, and never learned from a server.
    pub identity: HybridPublicKey,
    /// What was seen of the directory before. The caller keeps it across restarts.
    pub mark: Option<DirectoryMark>,
}

/// A directory as it arrived.
#[derive(Debug, Clone)]
pub struct DirectoryArrival {
    /// The document.
    pub document: Vec<u8>,
    /// The identity key that the sender shows beside it, if any.
    pub identity: Option<HybridPublicKey>,
}

/// What an accepted directory comes to.
#[derive(Debug, Clone)]
pub struct DirectoryPlan {
    /// The directory to use from now on.
    pub directory: Canonical<DeviceDirectory>,
    /// The mark to keep, with the directory or before it.
    pub mark: DirectoryMark,
}

/// The checks, in order.
pub const DIRECTORY: &[Check<DirectoryFacts, DirectoryArrival>] = &[
    Check {
        reason: Reason::DirectoryMalformed,
        holds: well_formed,
    },
    Check {
        reason: Reason::DirectoryForeign,
        holds: the_users_own,
    },
    Check {
        reason: Reason::IdentityChanged,
        holds: identity_kept,
    },
    Check {
        reason: Reason::DirectoryForged,
        holds: identity_signed,
    },
    Check {
        reason: Reason::DirectoryRewound,
        holds: inv08_not_rewound,
    },
    Check {
        reason: Reason::DirectoryEquivocated,
        holds: inv08_one_document_a_version,
    },
    Check {
        reason: Reason::DirectoryEntryRemoved,
        holds: entries_stay,
    },
    Check {
        reason: Reason::DirectoryEntryChanged,
        holds: entries_immutable,
    },
];

/// Judges a directory by the contract.
///
/// # Errors
/// The first rule of [`DIRECTORY`] that does not hold. The mark and the directory in use stay.
pub fn accept_directory(
    facts: &DirectoryFacts,
    arrival: &DirectoryArrival,
    policy: &Policy,
) -> Result<DirectoryPlan, Rejection> {
    accept_directory_by(DIRECTORY, facts, arrival, policy)
}

/// Judges a directory by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn accept_directory_by(
    checks: &[Check<DirectoryFacts, DirectoryArrival>],
    facts: &DirectoryFacts,
    arrival: &DirectoryArrival,
    policy: &Policy,
) -> Result<DirectoryPlan, Rejection> {
    judge(checks, facts, arrival, policy)?;
    let directory = decode(arrival).map_err(|broken| broken.by(Reason::DirectoryMalformed))?;
    let mark = directory_mark(&facts.identity, &directory);
    Ok(DirectoryPlan { directory, mark })
}

/// The mark of a directory under an identity key.
#[must_use]
pub fn directory_mark(
    identity: &HybridPublicKey,
    directory: &Canonical<DeviceDirectory>,
) -> DirectoryMark {
    let core = &directory.value().core;
    DirectoryMark {
        identity: Hash::of(&identity.to_raw()),
        version: core.directory_version,
        document: directory.hash(),
        devices: core.devices.iter().map(device_mark).collect(),
    }
}

fn device_mark(entry: &DeviceEntry) -> (DeviceId, DeviceMark) {
    let mark = DeviceMark {
        key: Hash::of(&entry.dsk_public.to_raw()),
        added_at: entry.added_at.clone(),
        revoked_at: entry.revoked_at.clone(),
    };
    (entry.device_id, mark)
}

fn decode(arrival: &DirectoryArrival) -> Result<Canonical<DeviceDirectory>, Broken> {
    Canonical::decode(&arrival.document)
        .map_err(|error| Broken::because(format!("directory: {error}")))
}

/// `formats.md` §2 and §5: one canonical directory.
fn well_formed(_: &DirectoryFacts, arrival: &DirectoryArrival, _: &Policy) -> Result<(), Broken> {
    decode(arrival).map(|_| ())
}

/// The directory is of the user that was asked for.
fn the_users_own(
    facts: &DirectoryFacts,
    arrival: &DirectoryArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let found = decode(arrival)?.value().core.user_id;
    require(found == facts.user, || {
        format!("user_id is {found}; expected {}", facts.user)
    })
}

/// Row 31: the identity key is the one of the first meeting, whatever the sender shows and whatever key the
/// client's own store has come to hold.
fn identity_kept(
    facts: &DirectoryFacts,
    arrival: &DirectoryArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let shown = arrival.identity.as_ref();
    require(shown.is_none_or(|shown| *shown == facts.identity), || {
        "the identity key shown is not the pinned one".to_owned()
    })?;
    let pinned = Hash::of(&facts.identity.to_raw());
    let marked = facts.mark.as_ref().map(|mark| mark.identity);
    require(marked.is_none_or(|marked| marked == pinned), || {
        "the mark was made under another identity key".to_owned()
    })
}

/// Row 31: the directory is signed, both halves, by the pinned identity key. The version is inside what
/// is signed.
fn identity_signed(
    facts: &DirectoryFacts,
    arrival: &DirectoryArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let directory = decode(arrival)?.into_value();
    let message = directory.core.signed_bytes();
    signed("signature", &facts.identity, &message, &directory.signature)
}

/// Client invariant 8: the version is not below the highest seen.
fn inv08_not_rewound(
    facts: &DirectoryFacts,
    arrival: &DirectoryArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let found = decode(arrival)?.value().core.directory_version;
    let seen = facts.mark.as_ref().map(|mark| mark.version);
    require(seen.is_none_or(|seen| found >= seen), || {
        format!(
            "version {found} is below {}, which was seen",
            seen.unwrap_or_default()
        )
    })
}

/// Row 31: a version is one document. Two of them were signed to tell two readers two things.
fn inv08_one_document_a_version(
    facts: &DirectoryFacts,
    arrival: &DirectoryArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let directory = decode(arrival)?;
    let version = directory.value().core.directory_version;
    let seen = facts.mark.as_ref().filter(|mark| mark.version == version);
    require(
        seen.is_none_or(|seen| seen.document == directory.hash()),
        || format!("another directory of version {version} was seen"),
    )
}

/// `formats.md` §5: an entry never leaves. The key of a retired device is what its records are verified
/// with for ever (row 16).
fn entries_stay(
    facts: &DirectoryFacts,
    arrival: &DirectoryArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let directory = decode(arrival)?.into_value();
    let listed = |device| {
        directory
            .core
            .devices
            .iter()
            .any(|it| it.device_id == device)
    };
    let mut seen = facts.mark.iter().flat_map(|mark| mark.devices.keys());
    seen.find(|device| !listed(**device))
        .map_or(Ok(()), |device| {
            Err(Broken::because(format!("{device} is not listed any more")))
        })
}

/// `formats.md` §5: an entry never changes, but for `revoked_at` going from null to a time.
fn entries_immutable(
    facts: &DirectoryFacts,
    arrival: &DirectoryArrival,
    _: &Policy,
) -> Result<(), Broken> {
    let directory = decode(arrival)?.into_value();
    let Some(mark) = &facts.mark else {
        return Ok(());
    };
    for (device, found) in directory.core.devices.iter().map(device_mark) {
        let Some(seen) = mark.devices.get(&device) else {
            continue;
        };
        let revocation_kept = seen.revoked_at.is_none() || seen.revoked_at == found.revoked_at;
        let kept = [
            ("dsk_public", seen.key == found.key),
            ("added_at", seen.added_at == found.added_at),
            ("revoked_at", revocation_kept),
        ];
        if let Some((field, _)) = kept.into_iter().find(|(_, kept)| !kept) {
            return Err(Broken::because(format!("{field} of {device} has changed")));
        }
    }
    Ok(())
}
