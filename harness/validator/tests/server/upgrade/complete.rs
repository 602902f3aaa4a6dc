//! The completion of a ceremony: the album is frozen for good.

use super::facts;
use crate::bound::{Surface, bounds, without};
use crate::world::{NANOSECOND, album, album_facts, frozen, hash, intent, other_album, upgrade};
use gauntlet_validator::server::{
    AlbumFacts, COMPLETE_UPGRADE, CompleteRequest, Effect, Freeze, Policy, Refusal, Rejection,
    UpgradeFacts, UpgradePlan, complete_upgrade, judge,
};
use gauntlet_wire::id::IntentId;
use gauntlet_wire::json::{CompleteUpgrade, UpgradeCompleted};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

#[derive(Debug, Clone)]
pub(crate) struct CompleteCase {
    facts: UpgradeFacts,
    request: CompleteRequest,
}

impl CompleteCase {
    fn album(&mut self) -> &mut AlbumFacts {
        self.facts.album.as_mut().unwrap()
    }

    /// The album is frozen by this very completion, and its ceremony over.
    fn done(&mut self) {
        (self.album().upgrade, self.album().frozen) = (None, Some(frozen()));
    }
}

impl Surface for CompleteCase {
    type Plan = UpgradePlan<UpgradeCompleted>;

    fn honest() -> Self {
        let mut facts = facts();
        facts.album.as_mut().unwrap().upgrade = Some(upgrade());
        Self {
            facts,
            request: CompleteRequest {
                album: album(),
                body: CompleteUpgrade {
                    intent_id: intent(),
                    frozen_state_hash: hash(0x1f),
                    successor_album_id: other_album(),
                },
            },
        }
    }

    fn rules() -> Vec<Rule> {
        vec![
            Rule::AlbumNotFrozen,
            Rule::UpgradeFound,
            Rule::AlbumWritable,
            Rule::UpgradeDrained,
        ]
    }

    fn judge(&self) -> Result<UpgradePlan<UpgradeCompleted>, Refusal> {
        complete_upgrade(&self.facts, &self.request, &Policy::default())
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let checks = without(COMPLETE_UPGRADE, left_out);
        judge(&checks, &self.facts, &self.request, &Policy::default())
    }
}

bounds! { CompleteCase;
    a_frozen_album_is_not_frozen_otherwise by AlbumNotFrozen
        with layers UpgradeFound AlbumWritable {
        inside: CompleteCase::done,
        outside: |case| { case.done(); case.request.body.frozen_state_hash = hash(0x2f) },
    }
    a_frozen_album_keeps_its_successor by AlbumNotFrozen with layers UpgradeFound AlbumWritable {
        inside: CompleteCase::done,
        outside: |case| {
            case.done();
            case.album().frozen = Some(Freeze { successor: album(), ..frozen() });
        },
    }
    the_completion_names_the_live_intent by UpgradeFound {
        inside: |_| (),
        outside: |case| case.request.body.intent_id = IntentId::from_slice(&[0x2d; 16]).unwrap(),
    }
    what_lapsed_is_not_completed by UpgradeFound with layers AlbumWritable {
        inside: |case| case.facts.now = upgrade().expires_at - NANOSECOND,
        outside: |case| case.facts.now = upgrade().expires_at,
    }
    a_stranger_completes_nothing by UpgradeFound {
        inside: |_| (),
        outside: |case| case.album().caller_may_write = false,
    }
    the_successor_is_there by AlbumWritable {
        inside: |_| (),
        outside: |case| case.facts.successor = None,
    }
    the_successor_is_the_callers by AlbumWritable {
        inside: |_| (),
        outside: |case| case.facts.successor.as_mut().unwrap().caller_may_write = false,
    }
    the_successor_is_pinned_to_the_version_promised by AlbumWritable {
        inside: |case| case.facts.successor = Some(album_facts(Formats::B)),
        outside: |case| case.facts.successor = Some(album_facts(Formats::A)),
    }
    the_successor_is_another_album by AlbumWritable {
        inside: |_| (),
        outside: |case| case.request.body.successor_album_id = album(),
    }
    nothing_is_in_flight by UpgradeDrained {
        inside: |case| case.facts.in_flight = 0,
        outside: |case| case.facts.in_flight = 1,
    }
}

#[test]
fn a_completion_freezes_the_album_and_the_same_again_is_answered() {
    let mut case = CompleteCase::honest();
    let plan = case.judge().unwrap();
    assert_eq!(plan.effects, [Effect::FreezeAlbum(Box::new(frozen()))]);
    let answer = UpgradeCompleted {
        album_id: album(),
        intent_id: intent(),
        successor_album_id: other_album(),
    };
    assert_eq!(plan.answer, answer);
    case.done();
    // Whatever became of the successor and the clock since.
    case.facts.successor = None;
    case.facts.in_flight = 1;
    case.facts.now = upgrade().expires_at;
    let again = case.judge().unwrap();
    assert_eq!((again.effects, again.answer), (Vec::new(), answer));
}
