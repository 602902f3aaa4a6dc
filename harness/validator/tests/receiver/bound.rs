//! A bound: two arrivals that differ in one property, one just inside and one just outside.

use gauntlet_validator::receiver::{Check, Rejection};
use gauntlet_wire::reason::Reason;
use std::fmt::Debug;

/// One surface: facts, arrival and policy of one case, to be judged.
pub(crate) trait Surface: Clone + Debug {
    /// A case that the contract accepts.
    fn honest() -> Self;

    /// The reasons of the surface's lists, in the order of the contract.
    fn reasons() -> Vec<Reason>;

    /// The contract's answer.
    fn judge(&self) -> Result<(), Rejection>;

    /// The answer of the surface's lists with some rules left out.
    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection>;
}

/// The list without some of its rules.
pub(crate) fn without<F, R>(checks: &[Check<F, R>], left_out: &[Reason]) -> Vec<Check<F, R>> {
    let kept = |check: &&Check<F, R>| !left_out.contains(&check.reason);
    checks.iter().filter(kept).copied().collect()
}

/// The reasons of a list.
pub(crate) fn named<F, R>(checks: &[Check<F, R>]) -> Vec<Reason> {
    checks.iter().map(|check| check.reason).collect()
}

#[derive(Clone)]
pub(crate) struct Bound<S> {
    /// What the case outside is refused for.
    pub(crate) reason: Reason,
    /// Makes the honest case one just inside.
    pub(crate) inside: fn(&mut S),
    /// Makes the honest case one just outside.
    pub(crate) outside: fn(&mut S),
    /// Later rules of the surface that the case outside breaks too.
    pub(crate) layers: &'static [Reason],
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
        if let Err(rejection) = inside.judge() {
            panic!("inside, refused: {rejection:?}\n{inside:?}");
        }
        let outside = self.case_outside();
        let Err(rejection) = outside.judge() else {
            panic!("outside, accepted:\n{outside:?}");
        };
        assert_eq!(rejection.reason, self.reason, "{rejection:?}");
        assert!(!rejection.detail.is_empty());
    }
}

fn changed<S: Surface>(change: fn(&mut S)) -> S {
    let mut case = S::honest();
    change(&mut case);
    case
}

/// The layers of a bound: reasons in brackets, or the name of a list of them.
macro_rules! layers {
    () => { &[] };
    ([$($layer:ident)+]) => { &[$(gauntlet_wire::reason::Reason::$layer),+] };
    ($group:ident) => { $group };
}
pub(crate) use layers;

/// Declares the bounds of a surface: a table for the tests that run over all of them, and one test
/// for each.
macro_rules! bounds {
    ($surface:ty; $(
        $name:ident by $reason:ident $(with $layers:tt)? {
            inside: $inside:expr,
            outside: $outside:expr $(,)?
        }
    )*) => {
        pub(crate) const BOUNDS: &[crate::bound::Bound<$surface>] = &[$(
            crate::bound::Bound {
                reason: gauntlet_wire::reason::Reason::$reason,
                inside: $inside,
                outside: $outside,
                layers: crate::bound::layers!($($layers)?),
            },
        )*];

        $(#[test]
        fn $name() {
            let bound: crate::bound::Bound<$surface> = crate::bound::Bound {
                reason: gauntlet_wire::reason::Reason::$reason,
                inside: $inside,
                outside: $outside,
                layers: &[],
            };
            bound.holds();
        })*
    };
}
pub(crate) use bounds;
