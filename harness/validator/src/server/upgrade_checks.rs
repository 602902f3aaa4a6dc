//! The checks of the upgrade ceremony (`wire.md` §8, row 18).

use super::check::{Broken, require};
use super::upgrade::{CompleteRequest, EndRequest, ProposeRequest, UpgradeFacts};
use super::write::not_frozen;
use super::{AlbumFacts, Extension, Policy, Upgrade};
use gauntlet_crypto::verify::{VerifyingKey, verify_intent};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::id::IntentId;
use gauntlet_wire::intent::UpgradeIntent;

pub(super) fn live(facts: &UpgradeFacts) -> Option<&Upgrade> {
    facts.album.as_ref()?.live_upgrade(facts.now)
}

/// The album, if the caller may write to it.
pub(super) fn own(album: Option<&AlbumFacts>) -> Result<&AlbumFacts, Broken> {
    album
        .filter(|album| album.caller_may_write)
        .ok_or_else(|| Broken::because("the album is absent or not yours"))
}

pub(super) fn decode(request: &ProposeRequest) -> Result<Canonical<UpgradeIntent>, Broken> {
    Canonical::decode(&request.document)
        .map_err(|error| Broken::because(format!("intent: {}", error.expectation())))
}

/// `wire.md` §1.3: the document's media type.
pub(super) fn media_type(
    _: &UpgradeFacts,
    request: &ProposeRequest,
    _: &Policy,
) -> Result<(), Broken> {
    require(
        request.media_type.as_deref() == Some("application/cbor"),
        || "an intent travels as application/cbor".to_owned(),
    )
}

/// `formats.md` §11: a canonical intent of this album, from its pin to a later version that the server
/// speaks. The pin of an album that is not the caller's is not told.
pub(super) fn well_formed(
    facts: &UpgradeFacts,
    request: &ProposeRequest,
    policy: &Policy,
) -> Result<(), Broken> {
    let core = decode(request)?.into_value().core;
    require(core.album_id == request.album, || {
        "album_id is another album".to_owned()
    })?;
    require(core.to_version <= policy.max_protocol, || {
        format!("to_version {} is unknown", core.to_version)
    })?;
    let pin = own(facts.album.as_ref()).map(|album| album.pin);
    require(
        pin.is_err() || pin.is_ok_and(|pin| pin == core.from_version),
        || format!("from_version {} is not the album's", core.from_version),
    )
}

/// `wire.md` §8: the intent is signed, both halves, by a listed device of the caller, who may upgrade the
/// album; and it was not ended before, or whoever kept a copy could stop the album again.
pub(super) fn proposer(
    facts: &UpgradeFacts,
    request: &ProposeRequest,
    _: &Policy,
) -> Result<(), Broken> {
    own(facts.album.as_ref())?;
    let device = facts
        .proposer
        .as_ref()
        .ok_or_else(|| Broken::because("proposer_device is not in the published directory"))?;
    let revoked = device
        .revoked_at
        .as_ref()
        .is_some_and(|at| at.instant() <= facts.now);
    require(!revoked, || "the proposer's device is revoked".to_owned())?;
    require(!facts.ended, || {
        "the intent was ended; a new one needs an id of its own".to_owned()
    })?;
    let intent = decode(request)?.into_value();
    VerifyingKey::decode(&device.key)
        .and_then(|key| verify_intent(&intent, &key))
        .map_err(|error| Broken::because(format!("signature: {error}")))
}

/// `formats.md` §11: a completed upgrade froze the album for good.
pub(super) fn album_not_frozen(
    facts: &UpgradeFacts,
    _: &ProposeRequest,
    _: &Policy,
) -> Result<(), Broken> {
    not_frozen(facts.album.as_ref())
}

/// `wire.md` §8: one ceremony at a time; the same intent, to the byte, is that one.
pub(super) fn sole(
    facts: &UpgradeFacts,
    request: &ProposeRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let Some(live) = live(facts) else {
        return Ok(());
    };
    require(live.document == decode(request)?.hash(), || {
        "another upgrade of the album is in flight".to_owned()
    })
    .map_err(|broken| broken.with(Extension::Intent(live.intent)))
}

/// `wire.md` §8: the live intent of an album of the caller's.
pub(super) fn found(facts: &UpgradeFacts, named: Option<IntentId>) -> Result<(), Broken> {
    own(facts.album.as_ref())?;
    let live = live(facts).map(|live| live.intent);
    require(live.is_some() && live == named, || {
        "no such upgrade is in flight".to_owned()
    })
}

pub(super) fn end_found(
    facts: &UpgradeFacts,
    request: &EndRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let named = request.intent.as_ref();
    found(facts, named.and_then(|intent| intent.parse().ok()))
}

/// Whether this very completion froze the album before.
pub(super) fn is_done(facts: &UpgradeFacts, request: &CompleteRequest) -> bool {
    own(facts.album.as_ref()).is_ok_and(|album| album.frozen == Some(request.freeze()))
}

/// `formats.md` §11: an album is frozen once, in one way.
pub(super) fn not_frozen_otherwise(
    facts: &UpgradeFacts,
    request: &CompleteRequest,
    _: &Policy,
) -> Result<(), Broken> {
    if is_done(facts, request) {
        return Ok(());
    }
    not_frozen(own(facts.album.as_ref()).ok())
}

pub(super) fn completion_found(
    facts: &UpgradeFacts,
    request: &CompleteRequest,
    _: &Policy,
) -> Result<(), Broken> {
    if is_done(facts, request) {
        return Ok(());
    }
    found(facts, Some(request.body.intent_id))
}

/// `wire.md` §8: the album that goes on is there, the caller's, and pinned to the version promised.
pub(super) fn successor_ready(
    facts: &UpgradeFacts,
    request: &CompleteRequest,
    _: &Policy,
) -> Result<(), Broken> {
    if is_done(facts, request) {
        return Ok(());
    }
    let promised = live(facts).map(|live| live.to_version);
    let ready = own(facts.successor.as_ref()).is_ok_and(|it| Some(it.pin) == promised);
    require(
        ready && request.body.successor_album_id != request.album,
        || "the successor is absent, not yours, or pinned to another version".to_owned(),
    )
}

/// `wire.md` §8: nobody freezes an album while uploads to it are under way.
pub(super) fn drained(
    facts: &UpgradeFacts,
    request: &CompleteRequest,
    _: &Policy,
) -> Result<(), Broken> {
    require(is_done(facts, request) || facts.in_flight == 0, || {
        format!("{} uploads are in flight", facts.in_flight)
    })
    .map_err(|broken| broken.with(Extension::Intent(request.body.intent_id)))
}
