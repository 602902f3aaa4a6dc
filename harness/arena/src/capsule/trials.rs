//! Trials: what comes of a race depends on the order in which its messages happen to be served, so it is
//! played in several worlds. One finding in any of them is one of the attack.

use super::conclusion::verdict;
use super::lab::{Mode, Remains};
use super::play::{Play, in_a_world};
use crate::binding::Binding;
use crate::{Recorder, Stop, Trials, Verdict};

/// How a play ended, in one world or in several.
pub(super) struct Ended {
    /// The outcome in the decisive world.
    pub(super) outcome: Result<(), Stop>,
    /// What it left behind.
    pub(super) remains: Option<Remains>,
    /// Of a race: how often it was played.
    pub(super) trials: Option<Trials>,
}

/// Plays a race in as many worlds as it has trials, one after the other. The decisive world is the first
/// one with the worst verdict. What shows nothing ends the series: another world would show nothing
/// either.
pub(super) async fn in_trials(
    binding: &dyn Binding,
    play: Play<'_>,
    label: &str,
    recorder: &Recorder,
) -> Ended {
    let of = play.attack.trials;
    let mut decisive = Trial::unplayed();
    let mut trials = Trials {
        played: 0,
        found: 0,
    };
    for number in 1..=of {
        recorder.trial(number, of);
        let label = format!("{label}/trial {number}");
        let trial = Trial::of(in_a_world(binding, play, Mode::Attack, &label, recorder).await);
        trials.played += 1;
        trials.found += u32::from(trial.verdict.is_finding());
        let shows_nothing = !trial.verdict.is_finding() && trial.verdict != Verdict::Held;
        if trials.played == 1 || trial.verdict > decisive.verdict {
            decisive = trial;
        }
        if shows_nothing {
            break;
        }
    }
    Ended {
        outcome: decisive.outcome,
        remains: decisive.remains,
        trials: Some(trials),
    }
}

/// One world of a race.
struct Trial {
    outcome: Result<(), Stop>,
    remains: Option<Remains>,
    verdict: Verdict,
}

impl Trial {
    fn of((outcome, remains): (Result<(), Stop>, Option<Remains>)) -> Self {
        let (beats, findings) = remains.as_ref().map_or((&[][..], &[][..]), |remains| {
            (remains.beats.as_slice(), remains.findings.as_slice())
        });
        Self {
            verdict: verdict(&outcome, beats, findings).0,
            outcome,
            remains,
        }
    }

    /// A race without a trial shows nothing.
    fn unplayed() -> Self {
        let none = Stop::Invalid("the race has no trials".to_owned());
        Self::of((Err(none), None))
    }
}
