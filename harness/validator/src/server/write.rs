//! What every write that names album, device and asset is held to, whatever its surface (invariants 1,
//! 2, 6–8 and 16, rows 18, 24 and X6).

use super::check::{Broken, require};
use super::{AlbumFacts, AssetFacts, Extension, Policy, Spoken};
use gauntlet_wire::enums::Action;
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{AlbumId, UserId};
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::time::Timestamp;
use gauntlet_wire::version::{ProtocolVersion, SuiteId};

/// The caller's published directory entry for the device that a write names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFacts {
    /// The key that it signs with.
    pub key: HybridPublicKey,
    /// When the device joined.
    pub added_at: Timestamp,
    /// When it was revoked, if it was. May lie ahead.
    pub revoked_at: Option<Timestamp>,
}

/// One write, as these rules look at it.
pub(super) struct Write<'a> {
    pub(super) now: jiff::Timestamp,
    pub(super) caller: UserId,
    pub(super) spoken: Spoken,
    /// The version that the body declares at its outermost.
    pub(super) protocol: &'a str,
    /// The suite that the body declares at its outermost.
    pub(super) suite: SuiteId,
    /// The album that the write names.
    pub(super) album: Option<AlbumId>,
    /// That album, if it exists.
    pub(super) album_facts: Option<&'a AlbumFacts>,
    pub(super) device: Option<&'a DeviceFacts>,
    pub(super) asset: &'a AssetFacts,
    pub(super) envelope: &'a ManifestEnvelope,
    /// The upgrade intent that the write says it belongs to.
    pub(super) intent: Option<&'a str>,
}

/// Facts that, with a request of type `R`, make a [`Write`].
pub(super) trait Writes<R> {
    fn write<'a>(&'a self, request: &'a R) -> Write<'a>;
}

impl Write<'_> {
    /// The action of the envelope.
    pub(super) fn action(&self) -> Result<Action, Broken> {
        let action = &self.envelope.action;
        action
            .parse()
            .map_err(|error| Broken::because(format!("action: {error}")))
    }

    fn written_at(&self) -> Result<Timestamp, Broken> {
        let text = &self.envelope.timestamp;
        text.parse()
            .map_err(|error| Broken::because(format!("timestamp: {error}")))
    }
}

/// Invariant 1: the version in the body lies inside the window, as the header's does.
pub(super) fn inv01_body_protocol_in_window<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    policy: &Policy,
) -> Result<(), Broken> {
    let version = facts.write(request).protocol;
    let inside = version
        .parse::<ProtocolVersion>()
        .is_ok_and(|spoken| (policy.min_protocol..=policy.max_protocol).contains(&spoken));
    require(inside, || {
        "protocol_version is outside the window".to_owned()
    })
}

/// Invariant 2: the suite in the body is in the inventory.
pub(super) fn inv02_body_suite_known<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    policy: &Policy,
) -> Result<(), Broken> {
    let suite = facts.write(request).suite;
    require(policy.suites.contains(&suite), || {
        format!("crypto_suite_id {suite} is not in the inventory")
    })
}

/// Invariant 16: the action is one of the closed enum.
pub(super) fn inv16_action_known<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    facts.write(request).action().map(|_| ())
}

/// Invariant 8: sanity, not security: the timestamp is near the server's clock, on either side.
pub(super) fn inv08_timestamp_in_range<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    policy: &Policy,
) -> Result<(), Broken> {
    let write = facts.write(request);
    let timestamp = write.written_at()?;
    let drift = timestamp.instant().duration_since(write.now).abs();
    require(drift <= policy.timestamp_drift, || {
        format!(
            "timestamp {} is {drift} from the server's clock",
            timestamp.text()
        )
    })
}

/// Invariant 6: the album exists, the caller may write to it, and its pin is the version spoken.
/// One detail serves all three, so a stranger learns nothing of the album.
pub(super) fn inv06_album_writable<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let write = facts.write(request);
    write.album.ok_or_else(no_album)?;
    let writable = write
        .album_facts
        .is_some_and(|album| album.caller_may_write && album.pin == write.spoken.protocol);
    require(writable, || {
        "the album is absent, not yours, or pinned to another version".to_owned()
    })
}

pub(super) fn no_album() -> Broken {
    Broken::because("no album is named, at the top level or in the envelope")
}

/// Invariant 7: the device is in the caller's published directory, and joined before the timestamp.
pub(super) fn inv07_device_listed<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let write = facts.write(request);
    require(write.envelope.created_by_user == write.caller, || {
        "created_by_user is another account".to_owned()
    })?;
    let device = write
        .device
        .ok_or_else(|| Broken::because("created_by_device is not in the published directory"))?;
    require(
        device.added_at.instant() < write.written_at()?.instant(),
        || "the device joined after the timestamp".to_owned(),
    )
}

/// Invariant 7 and row 24: the device is not revoked, neither by the server's clock, which no client
/// can turn back, nor by the timestamp, which can lie ahead of it.
pub(super) fn inv07_device_not_revoked<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let write = facts.write(request);
    let revoked_at = write.device.and_then(|device| device.revoked_at.as_ref());
    let Some(revoked_at) = revoked_at.map(Timestamp::instant) else {
        return Ok(());
    };
    require(write.now < revoked_at, || {
        "the device is revoked".to_owned()
    })?;
    require(write.written_at()?.instant() < revoked_at, || {
        "the device is revoked before the timestamp".to_owned()
    })
}

/// `formats.md` §11: a completed upgrade froze the album for good.
pub(super) fn album_not_frozen<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    not_frozen(facts.write(request).album_facts)
}

/// An album that no completed upgrade has frozen, or none.
pub(super) fn not_frozen(album: Option<&AlbumFacts>) -> Result<(), Broken> {
    album
        .and_then(|album| album.frozen.as_ref())
        .map_or(Ok(()), |frozen| {
            let detail = format!("the album is frozen; {} goes on", frozen.successor);
            Err(Broken::because(detail).with(Extension::Intent(frozen.intent)))
        })
}

/// `wire.md` §8, row 18: while an intent lives, a write names it.
pub(super) fn album_not_quiescing<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let write = facts.write(request);
    let live = write
        .album_facts
        .and_then(|album| album.live_upgrade(write.now));
    let Some(live) = live else {
        return Ok(());
    };
    let named = write.intent.and_then(|intent| intent.parse().ok());
    require(named == Some(live.intent), || {
        "the album is being upgraded; only writes of the ceremony are taken".to_owned()
    })
    .map_err(|broken| broken.with(Extension::Intent(live.intent)))
}

/// Row X6: the id of an asset is bound for ever to the album that first used it, as an album's is to its
/// owner.
pub(super) fn x6_asset_id_owned<F: Writes<R>, R>(
    facts: &F,
    request: &R,
    _: &Policy,
) -> Result<(), Broken> {
    let write = facts.write(request);
    owned(write.asset, write.album)
}

/// The asset's id is free, or bound to this album.
pub(super) fn owned(asset: &AssetFacts, album: Option<AlbumId>) -> Result<(), Broken> {
    require(asset.album.is_none() || asset.album == album, || {
        "the asset id is in use elsewhere".to_owned()
    })
}
