//! Which kills are played: every named point in turn, and random moments, drawn from the seed.

use crate::binding::{Aim, CrashPoint, When};
use gauntlet_simulator::Mint;
use std::collections::BTreeSet;
use std::time::Duration;

/// The longest pause between a request and a kill at a random moment, in microseconds: as long as the
/// slowest request of a small server takes.
const LONGEST_PAUSE: u64 = 6_000;

/// One kill that a script is played with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kill {
    /// None: the control.
    Never,
    /// At a named point, and perhaps once more after the start.
    At(Aim),
    /// At a random moment: so long after the script's `request`-th write was sent.
    Moment {
        /// The write, counted from 1.
        request: u64,
        /// The pause.
        pause: Duration,
    },
}

impl Kill {
    /// The named points that it is aimed at.
    pub(super) fn points(&self) -> BTreeSet<String> {
        match self {
            Self::At(aim) => aim.points().map(str::to_owned).collect(),
            Self::Never | Self::Moment { .. } => BTreeSet::new(),
        }
    }
}

/// How far a script without a kill gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reach {
    /// Every point, and how often it was reached: while the script ran, or by one start.
    pub(super) points: Vec<CrashPoint>,
    /// How many writes it sent.
    pub(super) requests: u64,
}

impl Reach {
    /// Whether a script, or a start, gets to the point at all.
    pub(super) fn gets_to(&self, name: &str) -> bool {
        let point = self.points.iter().find(|point| point.name == name);
        point.is_some_and(|point| point.reached > 0)
    }
}

/// The kills of a sweep: the selected points, as many random moments, the points again, and so on, until
/// there are `kills` of them; without a number, two rounds of points. Points that a script does not get to
/// are left out.
pub(super) fn plan(
    seed: u64,
    reach: &Reach,
    selected: &[String],
    kills: Option<usize>,
) -> Vec<Kill> {
    let mut dice = Dice(Mint::new(seed, "").named("kills"));
    let points: Vec<&CrashPoint> = reach
        .points
        .iter()
        .filter(|point| selected.contains(&point.name) && point.reached > 0)
        .collect();
    let serving: Vec<&CrashPoint> = reach
        .points
        .iter()
        .filter(|point| point.when == When::Request && point.reached > 0)
        .collect();
    let wanted = kills.unwrap_or(points.len() * 3);
    let mut plan = Vec::new();
    let mut round = 0;
    while plan.len() < wanted && !serving.is_empty() && reach.requests > 0 {
        plan.extend(points.iter().map(|point| {
            let aim = match point.when {
                // Only a start gets there, and only a kill makes one.
                When::Start => dice.aim(&serving).then(dice.at(point)),
                When::Request if round == 0 => dice.at(point),
                // The start, or what is sent again after it, is killed as soon as it gets to another.
                When::Request => dice.at(point).then(Aim {
                    nth: 1,
                    ..dice.aim(&serving)
                }),
            };
            Kill::At(aim)
        }));
        let moments = points.len().max(1);
        plan.extend((0..moments).map(|_| Kill::Moment {
            request: dice.up_to(reach.requests),
            pause: Duration::from_micros(dice.up_to(LONGEST_PAUSE)),
        }));
        round += 1;
    }
    plan.truncate(wanted);
    plan
}

struct Dice(Mint);

impl Dice {
    /// A number from 1 to `most`.
    fn up_to(&mut self, most: u64) -> u64 {
        u64::from_be_bytes(self.0.array()) % most.max(1) + 1
    }

    /// One of the times that `point` is reached.
    fn at(&mut self, point: &CrashPoint) -> Aim {
        Aim::at(&point.name, self.up_to(point.reached))
    }

    /// One of the times that one of `points` is reached; nowhere, where there is none.
    fn aim(&mut self, points: &[&CrashPoint]) -> Aim {
        let drawn = self.up_to(points.len() as u64).saturating_sub(1);
        let drawn = usize::try_from(drawn).unwrap_or_default();
        points
            .get(drawn)
            .map_or_else(|| Aim::at("", 1), |point| self.at(point))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(name: &str, when: When, reached: u64) -> CrashPoint {
        CrashPoint {
            name: name.to_owned(),
            when,
            reached,
        }
    }

    fn reach() -> Reach {
        Reach {
            points: vec![
                point("write", When::Request, 7),
                point("never", When::Request, 0),
                point("start", When::Start, 1),
            ],
            requests: 40,
        }
    }

    fn all() -> Vec<String> {
        ["write", "never", "start"].map(str::to_owned).to_vec()
    }

    #[test]
    fn every_point_that_is_reached_is_visited_before_any_random_moment() {
        let plan = plan(1, &reach(), &all(), None);
        assert_eq!(plan.len(), 6);
        let Kill::At(first) = &plan[0] else {
            panic!("{plan:?}");
        };
        assert_eq!(first.point, "write");
        assert!((1..=7).contains(&first.nth) && first.then.is_none());
        let Kill::At(second) = &plan[1] else {
            panic!("{plan:?}");
        };
        assert_eq!(second.point, "write", "a start is made by a kill");
        assert_eq!(second.then.as_ref().unwrap().point, "start");
        for moment in &plan[2..4] {
            let Kill::Moment { request, pause } = moment else {
                panic!("{plan:?}");
            };
            assert!((1..=40).contains(request));
            assert!(pause.as_micros() <= u128::from(LONGEST_PAUSE));
        }
        let Kill::At(again) = &plan[4] else {
            panic!("{plan:?}");
        };
        let then = again.then.as_ref().unwrap();
        assert_eq!((then.point.as_str(), then.nth), ("write", 1));
    }

    #[test]
    fn a_seed_draws_the_same_kills_and_another_seed_others() {
        let of = |seed| plan(seed, &reach(), &all(), Some(30));
        assert_eq!(of(1).len(), 30);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn no_kill_is_planned_for_what_was_not_selected() {
        let plan = plan(1, &reach(), &["write".to_owned()], Some(4));
        assert_eq!(plan.len(), 4);
        let aimed = |kill: &&Kill| matches!(kill, Kill::At(aim) if aim.point == "write");
        assert_eq!(plan.iter().filter(aimed).count(), 2);
        let nothing = Reach {
            points: Vec::new(),
            requests: 0,
        };
        assert!(super::plan(1, &nothing, &all(), Some(4)).is_empty());
    }
}
