//! The tests can fail: without its rule, the case just outside a bound is accepted.

use crate::bound::{Bound, Surface};
use crate::chain::ChainCase;
use crate::derivative::DerivativeCase;
use crate::directory::DirectoryCase;
use crate::edit::EditCase;
use crate::feed::FeedCase;
use crate::ledger::LedgerCase;
use crate::metadata::BlobCase;
use crate::successor::SuccessorCase;
use crate::verify_case::VerifyCase;
use crate::{
    chain, derivative, directory, edit, feed, ledger, metadata, successor, verify, verify_chain,
};
use gauntlet_wire::reason::Reason;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Something that is tried on the bounds of every surface.
trait Trial {
    fn run<S: Surface>(&self, bounds: &[Bound<S>]);
}

fn on_every_surface(trial: &impl Trial) {
    trial.run::<VerifyCase>(&[verify::BOUNDS, verify_chain::BOUNDS].concat());
    trial.run::<DirectoryCase>(directory::BOUNDS);
    trial.run::<LedgerCase>(ledger::BOUNDS);
    trial.run::<ChainCase>(chain::BOUNDS);
    trial.run::<FeedCase>(feed::BOUNDS);
    trial.run::<BlobCase>(metadata::BOUNDS);
    trial.run::<EditCase>(edit::BOUNDS);
    trial.run::<SuccessorCase>(successor::BOUNDS);
    trial.run::<DerivativeCase>(derivative::BOUNDS);
}

struct EveryRuleHasABound;

impl Trial for EveryRuleHasABound {
    fn run<S: Surface>(&self, bounds: &[Bound<S>]) {
        for reason in S::reasons() {
            assert!(
                bounds.iter().any(|bound| bound.reason == reason),
                "no bound of {reason}"
            );
        }
        for bound in bounds {
            assert!(
                S::reasons().contains(&bound.reason),
                "{} is no rule of its surface",
                bound.reason
            );
        }
    }
}

#[test]
fn every_rule_of_every_list_has_a_bound() {
    on_every_surface(&EveryRuleHasABound);
}

/// What is said of a part of something, of what waits, or where no list is asked.
const WITHOUT_A_RULE: &[Reason] = &[Reason::EntryMalformed, Reason::WriteAhead];

struct Reasons(RefCell<BTreeSet<Reason>>);

impl Trial for Reasons {
    fn run<S: Surface>(&self, _: &[Bound<S>]) {
        self.0.borrow_mut().extend(S::reasons());
    }
}

#[test]
fn every_reason_is_one_of_a_list() {
    let listed = Reasons(RefCell::default());
    on_every_surface(&listed);
    let mut listed = listed.0.into_inner();
    for reason in WITHOUT_A_RULE {
        assert!(listed.insert(*reason), "{reason} has a rule");
    }
    assert_eq!(listed, Reason::ALL.iter().copied().collect());
}

struct OutsideWithoutTheRule;

impl Trial for OutsideWithoutTheRule {
    fn run<S: Surface>(&self, bounds: &[Bound<S>]) {
        for bound in bounds {
            let case = bound.case_outside();
            let refused_by =
                |left_out: &[Reason]| case.judge_without(left_out).err().map(|it| it.reason);
            assert_eq!(refused_by(&[]), Some(bound.reason), "whole list: {case:?}");
            let whole = [&[bound.reason], bound.layers].concat();
            assert_eq!(refused_by(&whole), None, "without {whole:?}: {case:?}");
            // Each layer is one: alone it would refuse the case too.
            for layer in bound.layers {
                let all_but = |reason: &&Reason| *reason != layer;
                let left_out: Vec<Reason> = whole.iter().filter(all_but).copied().collect();
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
            for reason in S::reasons() {
                assert!(
                    case.judge_without(&[reason]).is_ok(),
                    "without {reason}: {case:?}"
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
            let first = case.judge().unwrap_err();
            assert_eq!(case.judge(), Err(first), "{case:?}");
        }
    }
}

#[test]
fn a_decision_depends_on_nothing_but_its_arguments() {
    on_every_surface(&RefusalsRepeat);
}
