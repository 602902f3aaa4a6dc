//! The upgrade ceremony (`wire.md` §8, `formats.md` §11, row 18).

use crate::bound::{Surface, bounds, without};
use crate::world::{
    DEVICE, NANOSECOND, STRANGER, album, album_facts, caller, device, device_facts, frozen, hash,
    intent, now, other_album, time,
};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_validator::server::{
    AlbumFacts, Effect, Extension, PROPOSE_UPGRADE, Policy, ProposeRequest, Refusal, Rejection,
    Upgrade, UpgradeFacts, UpgradePlan, judge, propose_upgrade, upgrade_status,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::id::IntentId;
use gauntlet_wire::intent::{IntentCore, UpgradeIntent};
use gauntlet_wire::json::UpgradeStatus;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{Formats, ProtocolVersion};
use jiff::SignedDuration;

pub(crate) mod complete;
pub(crate) mod end;
pub(crate) use complete::CompleteCase;
pub(crate) use end::EndCase;

/// An hour, in seconds.
const DEADLINE: u32 = 3600;

/// The facts of an album of version A.
fn facts() -> UpgradeFacts {
    UpgradeFacts {
        now: now(),
        album: Some(album_facts(Formats::A)),
        in_flight: 0,
        proposer: Some(device_facts()),
        ended: false,
        successor: Some(album_facts(Formats::B)),
    }
}

#[derive(Debug, Clone)]
pub(crate) struct ProposeCase {
    facts: UpgradeFacts,
    core: IntentCore,
    signer: &'static HybridSigner,
    spoil: fn(&mut UpgradeIntent),
    media_type: Option<String>,
    trailing: Vec<u8>,
    policy: Policy,
}

impl ProposeCase {
    fn album(&mut self) -> &mut AlbumFacts {
        self.facts.album.as_mut().unwrap()
    }

    fn request(&self) -> ProposeRequest {
        let mut intent = UpgradeIntent {
            core: self.core.clone(),
            signature: self.signer.sign(&self.core.signed_bytes()),
        };
        (self.spoil)(&mut intent);
        let document = Canonical::encode(intent).unwrap().into_bytes();
        ProposeRequest {
            caller: caller(),
            album: album(),
            media_type: self.media_type.clone(),
            document: [document, self.trailing.clone()].concat(),
        }
    }

    /// The intent is the live one already, for as long as it has.
    fn live(&mut self) -> Upgrade {
        let Ok(plan) = self.judge() else {
            panic!("no honest proposal: {self:?}");
        };
        let [Effect::OpenUpgrade(upgrade)] = plan.effects.as_slice() else {
            panic!("nothing is opened: {plan:?}");
        };
        self.album().upgrade = Some(**upgrade);
        **upgrade
    }
}

impl Surface for ProposeCase {
    type Plan = UpgradePlan<UpgradeStatus>;

    fn honest() -> Self {
        Self {
            facts: facts(),
            core: IntentCore {
                album_id: album(),
                from_version: ProtocolVersion::A,
                to_version: ProtocolVersion::B,
                intent_id: intent(),
                proposer_device: device(),
                deadline_seconds: DEADLINE,
            },
            signer: &DEVICE,
            spoil: |_| (),
            media_type: Some("application/cbor".to_owned()),
            trailing: Vec::new(),
            policy: Policy::default(),
        }
    }

    fn rules() -> Vec<Rule> {
        vec![
            Rule::DocumentMediaType,
            Rule::UpgradeWellFormed,
            Rule::UpgradeProposer,
            Rule::AlbumNotFrozen,
            Rule::UpgradeSole,
        ]
    }

    fn judge(&self) -> Result<UpgradePlan<UpgradeStatus>, Refusal> {
        propose_upgrade(&self.facts, &self.request(), &self.policy)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let checks = without(PROPOSE_UPGRADE, left_out);
        judge(&checks, &self.facts, &self.request(), &self.policy)
    }
}

/// Another ceremony.
fn other_intent() -> IntentId {
    IntentId::from_slice(&[0x2d; 16]).unwrap()
}

bounds! { ProposeCase;
    an_intent_travels_as_cbor by DocumentMediaType {
        inside: |_| (),
        outside: |case| case.media_type = Some("application/json".to_owned()),
    }
    an_intent_is_canonical by UpgradeWellFormed with layers UpgradeProposer {
        inside: |_| (),
        outside: |case| case.trailing = vec![0],
    }
    an_intent_is_of_this_album by UpgradeWellFormed {
        inside: |_| (),
        outside: |case| case.core.album_id = other_album(),
    }
    an_intent_starts_at_the_pin by UpgradeWellFormed {
        inside: |_| (),
        outside: |case| case.core.from_version = ProtocolVersion::BEFORE_MIN,
    }
    an_intent_leads_to_a_version_that_the_server_speaks by UpgradeWellFormed {
        inside: |case| case.policy.max_protocol = ProtocolVersion::B,
        outside: |case| case.core.to_version = ProtocolVersion::AFTER_MAX,
    }
    an_upgrade_is_of_an_album_that_is_there by UpgradeProposer {
        inside: |_| (),
        outside: |case| case.facts.album = None,
    }
    an_upgrade_is_of_an_album_of_the_callers by UpgradeProposer {
        inside: |_| (),
        outside: |case| case.album().caller_may_write = false,
    }
    a_proposer_is_a_listed_device by UpgradeProposer {
        inside: |_| (),
        outside: |case| case.facts.proposer = None,
    }
    a_proposer_is_not_revoked by UpgradeProposer {
        inside: |case| case.facts.proposer.as_mut().unwrap().revoked_at = Some(time(now() + NANOSECOND)),
        outside: |case| case.facts.proposer.as_mut().unwrap().revoked_at = Some(time(now())),
    }
    a_proposer_signs by UpgradeProposer {
        inside: |_| (),
        outside: |case| case.signer = &STRANGER,
    }
    both_halves_of_the_proposers_signature_hold_the_first by UpgradeProposer {
        inside: |_| (),
        outside: |case| case.spoil = |intent| intent.signature.ed[0] ^= 1,
    }
    both_halves_of_the_proposers_signature_hold_the_second by UpgradeProposer {
        inside: |_| (),
        outside: |case| case.spoil = |intent| intent.signature.ml[0] ^= 1,
    }
    an_intent_that_was_ended_does_not_come_back by UpgradeProposer {
        inside: |case| case.facts.ended = false,
        outside: |case| case.facts.ended = true,
    }
    an_album_is_upgraded_once by AlbumNotFrozen {
        inside: |case| case.album().frozen = None,
        outside: |case| case.album().frozen = Some(frozen()),
    }
    one_ceremony_at_a_time by UpgradeSole {
        inside: |case| { case.live(); },
        outside: |case| { case.live(); case.core.intent_id = other_intent() },
    }
    the_same_id_with_another_deadline_is_another_intent by UpgradeSole {
        inside: |case| { case.live(); },
        outside: |case| { case.live(); case.core.deadline_seconds += 1 },
    }
    a_ceremony_lapses_by_the_servers_clock by UpgradeSole {
        inside: |case| { case.facts.now = case.live().expires_at; case.core.intent_id = other_intent() },
        outside: |case| {
            case.facts.now = case.live().expires_at - NANOSECOND;
            case.core.intent_id = other_intent();
        },
    }
}

#[test]
fn a_proposal_opens_the_ceremony_from_the_servers_receipt() {
    let mut case = ProposeCase::honest();
    case.facts.in_flight = 3;
    let plan = case.judge().unwrap();
    let expires_at = now() + SignedDuration::from_hours(1);
    let upgrade = Upgrade {
        album: album(),
        intent: intent(),
        document: gauntlet_wire::id::Hash::of(&case.request().document),
        to_version: ProtocolVersion::B,
        expires_at,
    };
    assert_eq!(plan.effects, [Effect::OpenUpgrade(Box::new(upgrade))]);
    let answer = UpgradeStatus {
        album_id: album(),
        intent_id: Some(intent()),
        to_protocol_version: Some(ProtocolVersion::B),
        expires_at: Some(gauntlet_wire::time::Timestamp::from_instant(expires_at)),
        in_flight: 3,
    };
    assert_eq!(plan.answer, answer);
}

#[test]
fn the_same_intent_again_is_answered_and_gains_no_time() {
    let mut case = ProposeCase::honest();
    let first = case.judge().unwrap().answer;
    case.live();
    case.facts.now = now() + SignedDuration::from_mins(30);
    let again = case.judge().unwrap();
    assert_eq!(again.effects, []);
    assert_eq!(again.answer, first);
}

#[test]
fn another_intent_is_told_the_live_one() {
    let mut case = ProposeCase::honest();
    case.live();
    case.core.intent_id = other_intent();
    let rejection = case.judge().unwrap_err().rejection;
    assert_eq!(rejection.extension, Some(Extension::Intent(intent())));
    assert_eq!(
        (rejection.status(), rejection.code().as_str()),
        (409, "error.album.upgrade_in_flight")
    );
}

#[test]
fn the_longest_deadline_does_not_overflow() {
    let mut case = ProposeCase::honest();
    case.core.deadline_seconds = u32::MAX;
    case.facts.now = jiff::Timestamp::MAX;
    assert_eq!(case.live().expires_at, jiff::Timestamp::MAX);
}

#[test]
fn the_status_shows_what_lives_and_nothing_that_lapsed() {
    let mut case = ProposeCase::honest();
    case.facts.in_flight = 2;
    let idle = UpgradeStatus {
        album_id: album(),
        intent_id: None,
        to_protocol_version: None,
        expires_at: None,
        in_flight: 2,
    };
    let status = |case: &ProposeCase| upgrade_status(album(), &case.facts).unwrap();
    assert_eq!(status(&case), idle);
    let upgrade = case.live();
    case.facts.now = upgrade.expires_at - NANOSECOND;
    assert_eq!(status(&case).intent_id, Some(intent()));
    case.facts.now = upgrade.expires_at;
    assert_eq!(status(&case), idle);
}

#[test]
fn the_status_is_for_those_of_the_album() {
    let mut foreign = facts();
    foreign.album.as_mut().unwrap().caller_may_write = false;
    let mut absent = facts();
    absent.album = None;
    let refusal = upgrade_status(album(), &foreign).unwrap_err();
    assert_eq!(refusal.rejection.rule, Rule::UpgradeFound);
    assert_eq!(refusal, upgrade_status(album(), &absent).unwrap_err());
}

#[test]
fn the_proposer_is_looked_up_by_what_the_body_says() {
    let case = ProposeCase::honest();
    assert_eq!(case.request().intent().unwrap().core, case.core);
    let mut broken = case.request();
    broken.document = hash(0).as_bytes().to_vec();
    assert_eq!(broken.intent(), None);
}
