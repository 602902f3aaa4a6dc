//! The handshake (`wire.md` §1.1, invariants 1 and 2).

use crate::bound::{Surface, bounds, without};
use gauntlet_validator::server::{
    Access, HANDSHAKE, Handshake, Policy, Refusal, Rejection, Spoken, handshake, handshake_by,
    judge,
};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::{ProtocolVersion, SuiteId};

#[derive(Debug, Clone)]
pub(crate) struct HandshakeCase {
    request: Handshake,
    policy: Policy,
}

impl HandshakeCase {
    fn protocol(&mut self, values: &[&str]) {
        self.request.protocol = values.iter().map(|value| (*value).to_owned()).collect();
    }

    fn suite(&mut self, values: &[&str]) {
        self.request.suite = values.iter().map(|value| (*value).to_owned()).collect();
    }

    fn read(&mut self) {
        self.request.access = Access::Read;
    }
}

impl Surface for HandshakeCase {
    type Plan = Spoken;

    /// A write inside the window `[2026-05-31, 2026-11-01]`.
    fn honest() -> Self {
        Self {
            request: Handshake {
                access: Access::Write,
                protocol: vec!["2026-11-01".to_owned()],
                suite: vec!["1".to_owned()],
            },
            policy: Policy::default(),
        }
    }

    fn rules() -> Vec<Rule> {
        vec![
            Rule::ProtocolStated,
            Rule::ProtocolInWindow,
            Rule::SuiteStated,
            Rule::SuiteKnown,
        ]
    }

    fn judge(&self) -> Result<Spoken, Refusal> {
        Ok(handshake(&self.request, &self.policy)?)
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        judge(
            &without(HANDSHAKE, left_out),
            &(),
            &self.request,
            &self.policy,
        )
    }
}

bounds! { HandshakeCase;
    inv01_a_write_may_speak_the_oldest_version_but_none_before by ProtocolInWindow {
        inside: |case| case.protocol(&["2026-05-31"]),
        outside: |case| case.protocol(&["2026-05-30"]),
    }
    inv01_a_write_may_speak_the_newest_version_but_none_after by ProtocolInWindow {
        inside: |case| case.protocol(&["2026-11-01"]),
        outside: |case| case.protocol(&["2026-11-02"]),
    }
    inv01_the_window_is_the_deployments by ProtocolInWindow {
        inside: |case| case.policy.min_protocol = ProtocolVersion::B,
        outside: |case| case.policy.max_protocol = ProtocolVersion::A,
    }
    inv01_a_read_may_speak_any_past_version_and_none_of_the_future by ProtocolInWindow {
        inside: |case| { case.read(); case.protocol(&["1970-01-01"]) },
        outside: |case| { case.read(); case.protocol(&["2026-11-02"]) },
    }
    a_version_is_stated by ProtocolStated with layers ProtocolInWindow {
        inside: |case| case.protocol(&["2026-11-01"]),
        outside: |case| case.protocol(&[]),
    }
    a_version_is_stated_on_a_read_too by ProtocolStated with layers ProtocolInWindow {
        inside: |case| { case.read(); case.protocol(&["2026-11-01"]) },
        outside: |case| { case.read(); case.protocol(&[]) },
    }
    a_version_is_stated_once_even_if_it_is_the_same by ProtocolStated with layers ProtocolInWindow {
        inside: |case| case.protocol(&["2026-11-01"]),
        outside: |case| case.protocol(&["2026-11-01", "2026-11-01"]),
    }
    a_version_is_a_real_calendar_date by ProtocolStated with layers ProtocolInWindow {
        inside: |case| case.protocol(&["2026-10-31"]),
        outside: |case| case.protocol(&["2026-09-31"]),
    }
    a_version_has_one_spelling by ProtocolStated with layers ProtocolInWindow {
        inside: |case| case.protocol(&["2026-11-01"]),
        outside: |case| case.protocol(&["2026-11-1"]),
    }
    inv02_a_write_names_a_suite_of_the_inventory by SuiteKnown {
        inside: |case| case.suite(&["1"]),
        outside: |case| case.suite(&["2"]),
    }
    inv02_the_inventory_is_the_deployments by SuiteKnown {
        inside: |case| { case.suite(&["2"]); case.policy.suites.insert(SuiteId::FICTIVE); },
        outside: |case| { case.policy.suites.clear(); },
    }
    inv02_a_read_that_names_a_suite_names_one_of_the_inventory by SuiteKnown {
        inside: |case| { case.read(); case.suite(&["1"]) },
        outside: |case| { case.read(); case.suite(&["65535"]) },
    }
    a_write_names_a_suite_and_a_read_need_not by SuiteStated {
        inside: |case| { case.read(); case.suite(&[]) },
        outside: |case| case.suite(&[]),
    }
    a_suite_is_named_once_even_if_it_is_the_same by SuiteStated {
        inside: |case| case.suite(&["1"]),
        outside: |case| case.suite(&["1", "1"]),
    }
    a_read_names_at_most_one_suite by SuiteStated {
        inside: |case| { case.read(); case.suite(&["1"]) },
        outside: |case| { case.read(); case.suite(&["1", "1"]) },
    }
    a_suite_is_decimal by SuiteStated {
        inside: |case| case.suite(&["1"]),
        outside: |case| case.suite(&["0x0001"]),
    }
    a_suite_is_sixteen_bits by SuiteStated {
        inside: |case| { case.suite(&["65535"]); case.policy.suites.insert(SuiteId(65_535)); },
        outside: |case| case.suite(&["65536"]),
    }
}

#[test]
fn what_passed_is_what_was_spoken() {
    let spoken = HandshakeCase::honest().judge().unwrap();
    assert_eq!(spoken.protocol, ProtocolVersion::B);
    assert_eq!(spoken.suite, Some(SuiteId::ONE));

    let mut read = HandshakeCase::honest();
    read.read();
    read.suite(&[]);
    assert_eq!(read.judge().unwrap().suite, None);
}

#[test]
fn without_any_check_a_version_has_to_be_there_all_the_same() {
    let mut case = HandshakeCase::honest();
    case.protocol(&["2027-01-01"]);
    let spoken = handshake_by(&[], &case.request, &case.policy).unwrap();
    assert_eq!(spoken.protocol, ProtocolVersion::AFTER_MAX);
    case.protocol(&[]);
    let rejection = handshake_by(&[], &case.request, &case.policy).unwrap_err();
    assert_eq!(rejection.rule, Rule::ProtocolStated);
}
