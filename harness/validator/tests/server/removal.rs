//! The tests can fail: without its rule, the request just outside a bound is accepted.

use crate::append::AppendCase;
use crate::bound::{Bound, Surface};
use crate::create_case::CreateCase;
use crate::directory::DirectoryCase;
use crate::finalize::FinalizeCase;
use crate::handshake::HandshakeCase;
use crate::ledger::{LedgerCase, ReadCase};
use crate::op_case::OpCase;
use crate::provision::ProvisionCase;
use crate::record_case::RecordCase;
use crate::sessions::{CancelCase, QueryCase};
use crate::upgrade::{CompleteCase, EndCase, ProposeCase};
use crate::{
    append, create, directory, finalize, handshake, ledger, op, provision, record, sessions,
    upgrade,
};
use gauntlet_wire::rule::Rule;

/// Something that is tried on the bounds of every surface.
trait Trial {
    fn run<S: Surface>(&self, bounds: &[Bound<S>]);
}

fn on_every_surface(trial: &impl Trial) {
    trial.run::<HandshakeCase>(handshake::BOUNDS);
    trial.run::<CreateCase>(create::BOUNDS);
    trial.run::<AppendCase>(append::BOUNDS);
    trial.run::<QueryCase>(sessions::query::BOUNDS);
    trial.run::<CancelCase>(sessions::cancel::BOUNDS);
    trial.run::<FinalizeCase>(finalize::BOUNDS);
    trial.run::<RecordCase>(record::BOUNDS);
    trial.run::<DirectoryCase>(directory::BOUNDS);
    trial.run::<OpCase>(op::BOUNDS);
    trial.run::<LedgerCase>(ledger::BOUNDS);
    trial.run::<ReadCase>(ledger::read::BOUNDS);
    trial.run::<ProposeCase>(upgrade::BOUNDS);
    trial.run::<EndCase>(upgrade::end::BOUNDS);
    trial.run::<CompleteCase>(upgrade::complete::BOUNDS);
    trial.run::<ProvisionCase>(provision::BOUNDS);
}

struct EveryRuleHasABound;

impl Trial for EveryRuleHasABound {
    fn run<S: Surface>(&self, bounds: &[Bound<S>]) {
        for rule in S::rules() {
            assert!(
                bounds.iter().any(|bound| bound.rule == rule),
                "no bound of {rule}"
            );
        }
        for bound in bounds {
            assert!(
                S::rules().contains(&bound.rule),
                "{} is no rule of its surface",
                bound.rule
            );
        }
    }
}

#[test]
fn every_rule_of_every_list_has_a_bound() {
    on_every_surface(&EveryRuleHasABound);
}

struct OutsideWithoutTheRule;

impl Trial for OutsideWithoutTheRule {
    fn run<S: Surface>(&self, bounds: &[Bound<S>]) {
        for bound in bounds {
            let case = bound.case_outside();
            let refused_by =
                |left_out: &[Rule]| case.judge_without(left_out).err().map(|it| it.rule);
            assert_eq!(refused_by(&[]), Some(bound.rule), "whole list: {case:?}");
            let whole = [&[bound.rule], bound.layers].concat();
            assert_eq!(refused_by(&whole), None, "without {whole:?}: {case:?}");
            // Each layer is one: alone it would refuse the case too.
            for layer in bound.layers {
                let all_but = |rule: &&Rule| *rule != layer;
                let left_out: Vec<Rule> = whole.iter().filter(all_but).copied().collect();
                assert_eq!(
                    refused_by(&left_out),
                    Some(*layer),
                    "without {left_out:?}: {case:?}"
                );
            }
        }
    }
}

#[test]
fn without_its_rule_every_case_just_outside_is_accepted() {
    on_every_surface(&OutsideWithoutTheRule);
}

struct InsideWithoutAnyRule;

impl Trial for InsideWithoutAnyRule {
    fn run<S: Surface>(&self, bounds: &[Bound<S>]) {
        for bound in bounds {
            let case = bound.case_inside();
            for rule in S::rules() {
                assert!(
                    case.judge_without(&[rule]).is_ok(),
                    "without {rule}: {case:?}"
                );
            }
        }
    }
}

#[test]
fn no_rule_is_needed_to_accept_a_case_just_inside() {
    on_every_surface(&InsideWithoutAnyRule);
}

struct RefusalsRepeat;

impl Trial for RefusalsRepeat {
    fn run<S: Surface>(&self, bounds: &[Bound<S>]) {
        for bound in bounds {
            let case = bound.case_outside();
            let first = case.judge().map(|_| ()).unwrap_err();
            assert_eq!(case.judge().map(|_| ()), Err(first), "{case:?}");
        }
    }
}

#[test]
fn a_decision_depends_on_nothing_but_its_arguments() {
    on_every_surface(&RefusalsRepeat);
}
