//! A bound: two requests that differ in one property, one just inside and one just outside.

use gauntlet_validator::server::{Check, Effect, Refusal, Rejection};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::rule::Rule;
use std::fmt::Debug;

/// One write surface: facts, request and policy of one case, to be judged.
pub(crate) trait Surface: Clone + Debug {
    /// What an accepted case comes to.
    type Plan: Debug;

    /// A case that the contract accepts.
    fn honest() -> Self;

    /// The rules of the surface, in the order of the contract.
    fn rules() -> Vec<Rule>;

    /// The contract's answer.
    fn judge(&self) -> Result<Self::Plan, Refusal>;

    /// The answer of the surface's lists with some rules left out.
    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection>;

    /// What a refusal by `rule` changes all the same.
    fn attached(_: Rule) -> Vec<Effect> {
        Vec::new()
    }
}

/// The effects that end a session without a blob.
pub(crate) fn ending() -> Vec<Effect> {
    vec![
        Effect::DiscardBytes,
        Effect::ReleaseReservation,
        Effect::SetStatus(UploadStatus::FailedProcessing),
    ]
}

/// The list without some of its rules.
pub(crate) fn without<F, R>(checks: &[Check<F, R>], left_out: &[Rule]) -> Vec<Check<F, R>> {
    let kept = |check: &&Check<F, R>| !left_out.contains(&check.rule);
    checks.iter().filter(kept).copied().collect()
}

pub(crate) struct Bound<S> {
    /// The rule that refuses the case outside.
    pub(crate) rule: Rule,
    /// Makes the honest case one just inside.
    pub(crate) inside: fn(&mut S),
    /// Makes the honest case one just outside.
    pub(crate) outside: fn(&mut S),
    /// Later rules of the surface that the case outside breaks too, because they read what this
    /// rule has found to be there.
    pub(crate) layers: &'static [Rule],
}

impl<S: Surface> Bound<S> {
    pub(crate) fn case_inside(&self) -> S {
        changed(self.inside)
    }

    pub(crate) fn case_outside(&self) -> S {
        changed(self.outside)
    }

    #[track_caller]
    pub(crate) fn holds(&self) {
        let inside = self.case_inside();
        if let Err(refusal) = inside.judge() {
            panic!("inside, refused: {refusal:?}\n{inside:?}");
        }
        let outside = self.case_outside();
        let Err(refusal) = outside.judge() else {
            panic!("outside, accepted:\n{outside:?}");
        };
        assert_eq!(refusal.rejection.rule, self.rule, "{refusal:?}");
        assert_eq!(refusal.effects, S::attached(self.rule));
        assert!(!refusal.rejection.detail.is_empty());
    }
}

fn changed<S: Surface>(change: fn(&mut S)) -> S {
    let mut case = S::honest();
    change(&mut case);
    case
}

/// Declares the bounds of a surface: a table for the tests that run over all of them, and one test
/// for each.
macro_rules! bounds {
    ($surface:ty; $(
        $name:ident by $rule:ident $(with layers $($layer:ident)+)? {
            inside: $inside:expr,
            outside: $outside:expr $(,)?
        }
    )*) => {
        pub(crate) const BOUNDS: &[crate::bound::Bound<$surface>] = &[$(
            crate::bound::Bound {
                rule: gauntlet_wire::rule::Rule::$rule,
                inside: $inside,
                outside: $outside,
                layers: &[$($(gauntlet_wire::rule::Rule::$layer),+)?],
            },
        )*];

        $(#[test]
        fn $name() {
            let bound: crate::bound::Bound<$surface> = crate::bound::Bound {
                rule: gauntlet_wire::rule::Rule::$rule,
                inside: $inside,
                outside: $outside,
                layers: &[],
            };
            bound.holds();
        })*
    };
}
pub(crate) use bounds;
