//! The end of a ceremony by its holder.

use super::facts;
use crate::bound::{Surface, bounds, without};
use crate::world::{NANOSECOND, album, asset, frozen, intent, upgrade};
use gauntlet_validator::server::{
    END_UPGRADE, Effect, EndRequest, Policy, Refusal, Rejection, UpgradeFacts, end_upgrade, judge,
};
use gauntlet_wire::rule::Rule;

#[derive(Debug, Clone)]
pub(crate) struct EndCase {
    facts: UpgradeFacts,
    request: EndRequest,
}

impl Surface for EndCase {
    type Plan = Vec<Effect>;

    fn honest() -> Self {
        let mut facts = facts();
        facts.album.as_mut().unwrap().upgrade = Some(upgrade());
        Self {
            facts,
            request: EndRequest {
                album: album(),
                intent: Some(intent().to_string()),
            },
        }
    }

    fn rules() -> Vec<Rule> {
        vec![Rule::UpgradeFound]
    }

    fn judge(&self) -> Result<Vec<Effect>, Refusal> {
        end_upgrade(&self.facts, &self.request, &Policy::default())
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let checks = without(END_UPGRADE, left_out);
        judge(&checks, &self.facts, &self.request, &Policy::default())
    }
}

bounds! { EndCase;
    the_end_names_the_live_intent by UpgradeFound {
        inside: |_| (),
        outside: |case| case.request.intent = Some(asset().to_string()),
    }
    the_end_names_an_intent by UpgradeFound {
        inside: |_| (),
        outside: |case| case.request.intent = None,
    }
    an_intent_has_one_spelling by UpgradeFound {
        inside: |_| (),
        outside: |case| case.request.intent = Some(intent().to_string().to_uppercase()),
    }
    there_is_something_to_end by UpgradeFound {
        inside: |_| (),
        outside: |case| case.facts.album.as_mut().unwrap().upgrade = None,
    }
    what_lapsed_is_not_there_to_be_ended by UpgradeFound {
        inside: |case| case.facts.now = upgrade().expires_at - NANOSECOND,
        outside: |case| case.facts.now = upgrade().expires_at,
    }
    a_stranger_ends_nothing by UpgradeFound {
        inside: |_| (),
        outside: |case| case.facts.album.as_mut().unwrap().caller_may_write = false,
    }
}

#[test]
fn the_end_forgets_the_intent_and_nothing_else() {
    let ended = Effect::EndUpgrade {
        album: album(),
        intent: intent(),
    };
    assert_eq!(EndCase::honest().judge().unwrap(), [ended]);
}

#[test]
fn what_was_completed_is_not_ended() {
    let mut case = EndCase::honest();
    let album = case.facts.album.as_mut().unwrap();
    (album.upgrade, album.frozen) = (None, Some(frozen()));
    assert_eq!(case.judge().unwrap_err().rejection.rule, Rule::UpgradeFound);
}
