//! Provisioning an album (`wire.md` §1.3, row X6).

use crate::bound::{Surface, bounds, without};
use crate::world::{album, caller, stranger, version};
use gauntlet_validator::server::{
    PROVISION, Policy, ProvisionFacts, ProvisionPlan, ProvisionRequest, Refusal, Rejection, Spoken,
    judge, provision_album,
};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{Formats, SuiteId};

#[derive(Debug, Clone)]
pub(crate) struct ProvisionCase {
    facts: ProvisionFacts,
    request: ProvisionRequest,
}

impl Surface for ProvisionCase {
    type Plan = ProvisionPlan;

    fn honest() -> Self {
        Self {
            facts: ProvisionFacts { stored: None },
            request: ProvisionRequest {
                caller: caller(),
                spoken: Spoken {
                    protocol: version(Formats::B),
                    suite: Some(SuiteId::ONE),
                },
                album: album().to_string(),
            },
        }
    }

    fn rules() -> Vec<Rule> {
        vec![Rule::AlbumIdWellFormed, Rule::AlbumAvailable]
    }

    fn judge(&self) -> Result<ProvisionPlan, Refusal> {
        provision_album(&self.facts, &self.request, &Policy::default())
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let checks = without(PROVISION, left_out);
        judge(&checks, &self.facts, &self.request, &Policy::default())
    }
}

bounds! { ProvisionCase;
    an_album_id_is_a_uuid_in_its_one_spelling by AlbumIdWellFormed {
        inside: |case| case.request.album = "0a0b0c0d-0000-4000-8000-00000000000a".to_owned(),
        outside: |case| case.request.album = "0A0B0C0D-0000-4000-8000-00000000000A".to_owned(),
    }
    x6_an_album_is_its_first_owners_for_ever by AlbumAvailable {
        inside: |case| case.facts.stored = Some((caller(), version(Formats::B))),
        outside: |case| case.facts.stored = Some((stranger(), version(Formats::B))),
    }
}

#[test]
fn an_album_is_pinned_to_the_version_that_creates_it_and_stays_there() {
    let mut case = ProvisionCase::honest();
    let created = ProvisionPlan {
        album: album(),
        pin: version(Formats::B),
        created: true,
    };
    assert_eq!(case.judge().unwrap(), created);
    case.facts.stored = Some((caller(), version(Formats::A)));
    let found = ProvisionPlan {
        pin: version(Formats::A),
        created: false,
        ..created
    };
    assert_eq!(case.judge().unwrap(), found);
}
