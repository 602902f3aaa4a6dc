//! What a record is, before it is asked who signed it (client invariants 3 and 4, rows 4 and 12).

use super::check::{Broken, require};
use super::{Arrival, Policy, VerifyFacts};
use gauntlet_wire::cbor::Value;
use gauntlet_wire::enums::{Action, KeyMode};
use gauntlet_wire::version::{ProtocolVersion, SuiteId};

/// `formats.md` §2: canonical CBOR within the bounds of a record.
pub(super) fn canonical(_: &VerifyFacts, arrival: &Arrival, _: &Policy) -> Result<(), Broken> {
    arrival.value().map(|_| ())
}

/// Row 12: the suite is in the inventory, else nothing behind it is read: a later suite may well have other
/// fields.
pub(super) fn suite_known(
    _: &VerifyFacts,
    arrival: &Arrival,
    policy: &Policy,
) -> Result<(), Broken> {
    let suite = match arrival.core_field("crypto_suite_id")? {
        Some(Value::Unsigned(number)) => u16::try_from(*number).ok().map(SuiteId),
        _ => None,
    };
    require(
        suite.is_some_and(|suite| policy.rank(suite).is_some()),
        || match suite {
            Some(suite) => format!("suite {suite} is not in the inventory"),
            None => "the record names no suite".to_owned(),
        },
    )
}

/// Client invariant 3: the version is inside the client's own window.
pub(super) fn inv03_protocol_in_window(
    _: &VerifyFacts,
    arrival: &Arrival,
    policy: &Policy,
) -> Result<(), Broken> {
    let version: Option<ProtocolVersion> = match arrival.core_field("protocol_version")? {
        Some(Value::Text(text)) => text.parse().ok(),
        _ => None,
    };
    let inside =
        version.is_some_and(|it| (policy.min_protocol..=policy.max_protocol).contains(&it));
    require(inside, || match version {
        Some(version) => format!("version {version} is outside the client's window"),
        None => "the record names no protocol version".to_owned(),
    })
}

/// Client invariant 4: action and key mode are of their closed enums.
pub(super) fn enums_closed(_: &VerifyFacts, arrival: &Arrival, _: &Policy) -> Result<(), Broken> {
    let unknown = |error: gauntlet_wire::enums::UnknownValue| Broken::because(error.to_string());
    if let Some(Value::Text(action)) = arrival.core_field("action")? {
        action.parse::<Action>().map_err(unknown)?;
    }
    if let Some(Value::Text(key_mode)) = arrival.core_field("key_mode")? {
        key_mode.parse::<KeyMode>().map_err(unknown)?;
    }
    Ok(())
}

/// `wire.md` §4: what is no create continues something.
pub(super) fn prior_stated(_: &VerifyFacts, arrival: &Arrival, _: &Policy) -> Result<(), Broken> {
    let prior = arrival.core_field("prior_provenance_hash")?;
    let create = matches!(arrival.core_field("action")?, Some(Value::Text(action)) if action == Action::Create.as_str());
    require(create || prior != Some(&Value::Null), || {
        "no create, and its prior is null".to_owned()
    })
}

/// `formats.md` §4: one canonical record, structurally sound.
pub(super) fn well_formed(_: &VerifyFacts, arrival: &Arrival, _: &Policy) -> Result<(), Broken> {
    arrival.record().map(|_| ())
}

/// Row 4: the record is of the asset that it was given for.
pub(super) fn asset_bound(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let found = arrival.core()?.file_id;
    require(found == facts.asset, || {
        format!("file_id is {found}; expected {}", facts.asset)
    })
}

/// Row 4: the record is of the album that it was given for.
pub(super) fn album_bound(
    facts: &VerifyFacts,
    arrival: &Arrival,
    _: &Policy,
) -> Result<(), Broken> {
    let (found, expected) = (arrival.core()?.album_id, facts.album.album);
    require(found == expected, || {
        format!("album_id is {found}; expected {expected}")
    })
}

/// `formats.md` §1: an album is pinned to one version for life.
pub(super) fn pin_kept(facts: &VerifyFacts, arrival: &Arrival, _: &Policy) -> Result<(), Broken> {
    let (found, pin) = (arrival.core()?.protocol_version, facts.album.pin);
    require(found == pin, || {
        format!("version {found}; the album is pinned to {pin}")
    })
}
