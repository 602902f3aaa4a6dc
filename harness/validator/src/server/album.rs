//! What a server knows of an album, and the provisioning of one (`wire.md` §1.3).

use super::check::{Broken, require};
use super::{Check, Policy, Refusal, Spoken, judge};
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{AlbumId, Hash, IntentId, UserId};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::ProtocolVersion;
use jiff::Timestamp;

/// What the server knows of the album that a write names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlbumFacts {
    /// The version that the album is pinned to for life.
    pub pin: ProtocolVersion,
    /// Whether the caller may write to it.
    pub caller_may_write: bool,
    /// The newest upgrade intent that was neither ended nor completed. Whether it lives is judged, not
    /// stored: an intent past its time is as if it had never been (`wire.md` §8).
    pub upgrade: Option<Upgrade>,
    /// The completed upgrade that froze the album for good.
    pub frozen: Option<Freeze>,
}

/// A stored upgrade intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upgrade {
    /// The album.
    pub album: AlbumId,
    /// The ceremony.
    pub intent: IntentId,
    /// SHA-256 of the signed intent's bytes.
    pub document: Hash,
    /// The pin of the successor.
    pub to_version: ProtocolVersion,
    /// Server time at which it lapses.
    pub expires_at: Timestamp,
}

/// A completed upgrade (`formats.md` §11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freeze {
    /// The album that takes no write any more.
    pub album: AlbumId,
    /// The ceremony that froze it.
    pub intent: IntentId,
    /// What the members froze: computed by them, not judged by the server.
    pub frozen_state_hash: Hash,
    /// The album that goes on.
    pub successor: AlbumId,
}

/// What the server knows of an album's epochs, for the epoch that a record names (invariant 18). The
/// default is an album without records and without a ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EpochFacts {
    /// The highest epoch of any record that the album has accepted.
    pub accepted: Option<u32>,
    /// The ceiling of the album's stored ledger, if there is one.
    pub ceiling: Option<u32>,
    /// The write-tier key that the stored ledger attests for the epoch, if it does.
    pub write_tier: Option<HybridPublicKey>,
}

impl AlbumFacts {
    /// The intent that lives at `now`.
    #[must_use]
    pub fn live_upgrade(&self, now: Timestamp) -> Option<&Upgrade> {
        self.upgrade.as_ref().filter(|it| now < it.expires_at)
    }
}

/// What the server knows when it is asked for an album.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvisionFacts {
    /// The album of that id: its owner, fixed for ever, and its pin.
    pub stored: Option<(UserId, ProtocolVersion)>,
}

/// A request for an album.
#[derive(Debug, Clone)]
pub struct ProvisionRequest {
    /// The authenticated caller.
    pub caller: UserId,
    /// What the handshake headers said.
    pub spoken: Spoken,
    /// `album_id` of the body.
    pub album: String,
}

/// What an accepted request for an album answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvisionPlan {
    /// The album.
    pub album: AlbumId,
    /// Its pin: the version that the creating request speaks.
    pub pin: ProtocolVersion,
    /// Whether the album is to be inserted, as the caller's; nothing changes otherwise.
    pub created: bool,
}

/// The checks of a request for an album, in order.
pub const PROVISION: &[Check<ProvisionFacts, ProvisionRequest>] = &[
    Check {
        rule: Rule::AlbumIdWellFormed,
        holds: id_well_formed,
    },
    Check {
        rule: Rule::AlbumAvailable,
        holds: album_available,
    },
];

/// Judges a request for an album by the contract.
///
/// # Errors
/// The first rule of [`PROVISION`] that does not hold.
pub fn provision_album(
    facts: &ProvisionFacts,
    request: &ProvisionRequest,
    policy: &Policy,
) -> Result<ProvisionPlan, Refusal> {
    provision_album_by(PROVISION, facts, request, policy)
}

/// Judges a request for an album by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn provision_album_by(
    checks: &[Check<ProvisionFacts, ProvisionRequest>],
    facts: &ProvisionFacts,
    request: &ProvisionRequest,
    policy: &Policy,
) -> Result<ProvisionPlan, Refusal> {
    judge(checks, facts, request, policy)?;
    let album = id(request).map_err(|broken| broken.by(Rule::AlbumIdWellFormed))?;
    Ok(ProvisionPlan {
        album,
        pin: facts.stored.map_or(request.spoken.protocol, |(_, pin)| pin),
        created: facts.stored.is_none(),
    })
}

fn id(request: &ProvisionRequest) -> Result<AlbumId, Broken> {
    request
        .album
        .parse()
        .map_err(|error| Broken::because(format!("album_id: {error}")))
}

/// `wire.md` §1.5: an album id is a UUID in its one spelling.
fn id_well_formed(
    _: &ProvisionFacts,
    request: &ProvisionRequest,
    _: &Policy,
) -> Result<(), Broken> {
    id(request).map(|_| ())
}

/// Row X6: an album id is its first owner's for ever.
fn album_available(
    facts: &ProvisionFacts,
    request: &ProvisionRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let own = facts
        .stored
        .is_none_or(|(owner, _)| owner == request.caller);
    require(own, || "the album id is not available".to_owned())
}
