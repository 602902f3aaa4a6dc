//! The upgrade ceremony (`wire.md` §8, `formats.md` §11, row 18).
//!
//! ```text
//!          POST intent               complete
//! normal ──────────────▶ quiescing ──────────▶ frozen
//!    ▲                       │
//!    └── DELETE, or expiry ──┘
//! ```
//! An intent past its time is as if it had never been, wherever it is asked for.

use super::asset::after;
use super::upgrade_checks::{
    album_not_frozen, completion_found, decode, drained, end_found, is_done, live, media_type,
    not_frozen_otherwise, own, proposer, sole, successor_ready, well_formed,
};
use super::{AlbumFacts, Check, DeviceFacts, Effect, Freeze, Policy, Refusal, Upgrade, judge};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::id::{AlbumId, UserId};
use gauntlet_wire::intent::UpgradeIntent;
use gauntlet_wire::json::{CompleteUpgrade, UpgradeCompleted, UpgradeStatus};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::time;
use jiff::{SignedDuration, Timestamp};

/// Everything that the server knows when it judges a step of a ceremony.
#[derive(Debug, Clone)]
pub struct UpgradeFacts {
    /// The server's clock.
    pub now: Timestamp,
    /// The album of the path, if it exists.
    pub album: Option<AlbumFacts>,
    /// Upload sessions of the album that are not terminal, `Pending` ones among them.
    pub in_flight: u64,
    /// For a proposal: the caller's device that the intent names as its proposer, if the caller's
    /// directory lists it.
    pub proposer: Option<DeviceFacts>,
    /// For a proposal: whether an intent of that id was ended, or lapsed, before.
    pub ended: bool,
    /// For a completion: the album that is to go on, if it exists.
    pub successor: Option<AlbumFacts>,
}

/// A signed intent as it arrived.
#[derive(Debug, Clone)]
pub struct ProposeRequest {
    /// The authenticated caller.
    pub caller: UserId,
    /// The album of the path.
    pub album: AlbumId,
    /// `Content-Type`, if given.
    pub media_type: Option<String>,
    /// The body.
    pub document: Vec<u8>,
}

impl ProposeRequest {
    /// The intent, for facts to be looked up by; `None` where the body is none.
    #[must_use]
    pub fn intent(&self) -> Option<UpgradeIntent> {
        decode(self).ok().map(Canonical::into_value)
    }
}

/// The end of a ceremony as it is asked for.
#[derive(Debug, Clone)]
pub struct EndRequest {
    /// The album of the path.
    pub album: AlbumId,
    /// `intent_id` of the query.
    pub intent: Option<String>,
}

/// A completion as it arrived.
#[derive(Debug, Clone)]
pub struct CompleteRequest {
    /// The album of the path.
    pub album: AlbumId,
    /// The strict JSON body.
    pub body: CompleteUpgrade,
}

/// What an accepted step changes and answers.
#[derive(Debug, Clone, PartialEq)]
pub struct UpgradePlan<A> {
    /// What to change; empty where the step was taken before.
    pub effects: Vec<Effect>,
    /// The body of the answer.
    pub answer: A,
}

/// The checks of a proposal, in order.
pub const PROPOSE_UPGRADE: &[Check<UpgradeFacts, ProposeRequest>] = &[
    Check {
        rule: Rule::DocumentMediaType,
        holds: media_type,
    },
    Check {
        rule: Rule::UpgradeWellFormed,
        holds: well_formed,
    },
    Check {
        rule: Rule::UpgradeProposer,
        holds: proposer,
    },
    Check {
        rule: Rule::AlbumNotFrozen,
        holds: album_not_frozen,
    },
    Check {
        rule: Rule::UpgradeSole,
        holds: sole,
    },
];

/// The checks of a look at the ceremony, and of its end, in order.
pub const END_UPGRADE: &[Check<UpgradeFacts, EndRequest>] = &[Check {
    rule: Rule::UpgradeFound,
    holds: end_found,
}];

/// The checks of a completion, in order.
pub const COMPLETE_UPGRADE: &[Check<UpgradeFacts, CompleteRequest>] = &[
    Check {
        rule: Rule::AlbumNotFrozen,
        holds: not_frozen_otherwise,
    },
    Check {
        rule: Rule::UpgradeFound,
        holds: completion_found,
    },
    Check {
        rule: Rule::AlbumWritable,
        holds: successor_ready,
    },
    Check {
        rule: Rule::UpgradeDrained,
        holds: drained,
    },
];

/// Judges a proposal by the contract. The same intent again changes nothing.
///
/// # Errors
/// The first rule of [`PROPOSE_UPGRADE`] that does not hold.
pub fn propose_upgrade(
    facts: &UpgradeFacts,
    request: &ProposeRequest,
    policy: &Policy,
) -> Result<UpgradePlan<UpgradeStatus>, Refusal> {
    propose_upgrade_by(PROPOSE_UPGRADE, facts, request, policy)
}

/// Judges a proposal by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn propose_upgrade_by(
    checks: &[Check<UpgradeFacts, ProposeRequest>],
    facts: &UpgradeFacts,
    request: &ProposeRequest,
    policy: &Policy,
) -> Result<UpgradePlan<UpgradeStatus>, Refusal> {
    judge(checks, facts, request, policy)?;
    let intent = decode(request).map_err(|broken| broken.by(Rule::UpgradeWellFormed))?;
    if let Some(live) = live(facts).filter(|live| live.document == intent.hash()) {
        return Ok(UpgradePlan {
            effects: Vec::new(),
            answer: status(request.album, Some(live), facts.in_flight),
        });
    }
    let core = &intent.value().core;
    let deadline = SignedDuration::from_secs(core.deadline_seconds.into());
    let upgrade = Upgrade {
        album: request.album,
        intent: core.intent_id,
        document: intent.hash(),
        to_version: core.to_version,
        expires_at: after(facts.now, deadline),
    };
    Ok(UpgradePlan {
        effects: vec![Effect::OpenUpgrade(Box::new(upgrade))],
        answer: status(request.album, Some(&upgrade), facts.in_flight),
    })
}

/// What `GET` answers to one who may write to the album.
///
/// # Errors
/// [`Rule::UpgradeFound`] for an album that is absent or not the caller's, with the same words.
pub fn upgrade_status(album: AlbumId, facts: &UpgradeFacts) -> Result<UpgradeStatus, Refusal> {
    own(facts.album.as_ref()).map_err(|broken| broken.by(Rule::UpgradeFound))?;
    Ok(status(album, live(facts), facts.in_flight))
}

/// Judges the end of a ceremony by the contract: back to normal.
///
/// # Errors
/// The first rule of [`END_UPGRADE`] that does not hold.
pub fn end_upgrade(
    facts: &UpgradeFacts,
    request: &EndRequest,
    policy: &Policy,
) -> Result<Vec<Effect>, Refusal> {
    end_upgrade_by(END_UPGRADE, facts, request, policy)
}

/// Judges the end of a ceremony by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn end_upgrade_by(
    checks: &[Check<UpgradeFacts, EndRequest>],
    facts: &UpgradeFacts,
    request: &EndRequest,
    policy: &Policy,
) -> Result<Vec<Effect>, Refusal> {
    judge(checks, facts, request, policy)?;
    let ended = live(facts).map(|live| Effect::EndUpgrade {
        album: request.album,
        intent: live.intent,
    });
    Ok(ended.into_iter().collect())
}

/// Judges a completion by the contract: the album is frozen for good. The same completion again changes
/// nothing.
///
/// # Errors
/// The first rule of [`COMPLETE_UPGRADE`] that does not hold.
pub fn complete_upgrade(
    facts: &UpgradeFacts,
    request: &CompleteRequest,
    policy: &Policy,
) -> Result<UpgradePlan<UpgradeCompleted>, Refusal> {
    complete_upgrade_by(COMPLETE_UPGRADE, facts, request, policy)
}

/// Judges a completion by the given checks.
///
/// # Errors
/// The first rule that does not hold.
pub fn complete_upgrade_by(
    checks: &[Check<UpgradeFacts, CompleteRequest>],
    facts: &UpgradeFacts,
    request: &CompleteRequest,
    policy: &Policy,
) -> Result<UpgradePlan<UpgradeCompleted>, Refusal> {
    judge(checks, facts, request, policy)?;
    let freeze = request.freeze();
    let effects = if is_done(facts, request) {
        Vec::new()
    } else {
        vec![Effect::FreezeAlbum(Box::new(freeze))]
    };
    Ok(UpgradePlan {
        effects,
        answer: UpgradeCompleted {
            album_id: freeze.album,
            intent_id: freeze.intent,
            successor_album_id: freeze.successor,
        },
    })
}

impl CompleteRequest {
    pub(super) const fn freeze(&self) -> Freeze {
        Freeze {
            album: self.album,
            intent: self.body.intent_id,
            frozen_state_hash: self.body.frozen_state_hash,
            successor: self.body.successor_album_id,
        }
    }
}

fn status(album: AlbumId, live: Option<&Upgrade>, in_flight: u64) -> UpgradeStatus {
    UpgradeStatus {
        album_id: album,
        intent_id: live.map(|live| live.intent),
        to_protocol_version: live.map(|live| live.to_version),
        expires_at: live.map(|live| time::Timestamp::from_instant(live.expires_at)),
        in_flight,
    }
}
