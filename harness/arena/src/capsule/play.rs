//! Playing one attack, and the honest twin that makes it mean something.

use super::cast::{Cast, Setting};
use super::conclusion::verdict;
use super::credentials::refused_tokens;
use super::lab::{Lab, Mode, Remains};
use super::trials::{Ended, in_trials};
use crate::binding::{Binding, World};
use crate::evidence::evidence_title;
use crate::{
    Address, Attack, AttackReport, Beat, EVIDENCE_SCHEMA, Evidence, Recorder, Role, Stop, Verdict,
};
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// What a scenario's body returns, and each of its beats.
pub type Played<'lab, T = ()> = Pin<Box<dyn Future<Output = Result<T, Stop>> + Send + 'lab>>;

/// A scenario's body: four short paragraphs over a lab.
pub type PlayFn = for<'lab> fn(&'lab mut Lab) -> Played<'lab>;

/// The executable test of one row in one role.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// The row's id.
    pub row: &'static str,
    /// The role that it tests.
    pub role: Role,
    /// The body.
    pub play: PlayFn,
}

/// What one play needs besides its binding.
#[derive(Debug, Clone, Copy)]
pub struct Play<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The attack.
    pub attack: &'a Attack,
    /// The seed of the run.
    pub seed: u64,
    /// The suite's name.
    pub suite: &'a str,
    /// The planted defect, where the target is a mutant.
    pub mutant: Option<&'a str>,
    /// Time for the whole play in one world.
    pub deadline: Duration,
}

/// How often a throttled attack is tried, each time in a fresh world.
const TRIES: usize = 3;

/// Plays the honest twin of an attack: the same script, in a world of its own, without the deviation.
///
/// # Errors
/// Why the twin was not accepted; the attack is then void.
pub async fn play_twin(binding: &dyn Binding, play: Play<'_>) -> Result<(), Stop> {
    let (ended, recorder) = patiently(binding, play, Mode::Twin).await;
    ended.outcome.map_err(|stop| redacted(stop, &recorder))?;
    let remains = ended.remains.unwrap_or_default();
    if let Some(finding) = remains.findings.first() {
        let found = recorder.redact(&finding.observed);
        return Err(Stop::Invalid(format!(
            "without the deviation, too, in {}: {found}",
            finding.beat
        )));
    }
    let reached = remains.beats.iter().filter(|beat| beat.passed).count();
    if reached == Beat::ALL.len() {
        Ok(())
    } else {
        Err(Stop::Invalid(
            "the honest twin did not play all four beats".to_owned(),
        ))
    }
}

/// Plays an attack whose twin came to `twin`, and says what it comes to.
pub async fn play_attack(
    binding: &dyn Binding,
    play: Play<'_>,
    twin: Result<(), Stop>,
) -> (AttackReport, Evidence) {
    if let Err(stop) = twin {
        let recorder = Recorder::new(&title(binding, play));
        let outcome = Err(match stop {
            Stop::Invalid(why) => Stop::Invalid(format!("the honest twin failed: {why}")),
            other => other,
        });
        let unplayed = Ended {
            outcome,
            remains: None,
            trials: None,
        };
        return conclude(binding, play, unplayed, &recorder);
    }
    let (ended, recorder) = patiently(binding, play, Mode::Attack).await;
    conclude(binding, play, ended, &recorder)
}

/// Sets the scene once, in a world of its own, before anything is attacked: what stands in the way of
/// every attack is said once.
///
/// # Errors
/// Why no scene could be set.
pub async fn preflight(binding: &dyn Binding, seed: u64, deadline: Duration) -> Result<(), Stop> {
    let mut outcome = Ok(());
    for attempt in 0..TRIES {
        if let Err(Stop::Throttled {
            retry_after_seconds,
        }) = outcome
        {
            tokio::time::sleep(Duration::from_secs(retry_after_seconds)).await;
        } else if attempt > 0 {
            break;
        }
        let recorder = Recorder::new("preflight");
        let setting = set_scene(binding, seed, attempt, &recorder);
        outcome = match tokio::time::timeout(deadline, setting).await {
            Ok(outcome) => outcome.map_err(|stop| redacted(stop, &recorder)),
            Err(_) => Err(late(deadline)),
        };
    }
    outcome.map_err(out_of_patience)
}

async fn set_scene(
    binding: &dyn Binding,
    seed: u64,
    attempt: usize,
    recorder: &Recorder,
) -> Result<(), Stop> {
    let mut world = binding.open(seed, &format!("preflight/{attempt}")).await?;
    let address = Address::new(world.base_url());
    recorder.locate(&world.base_url());
    let setting = Setting {
        seed,
        limits: world.limits(),
        recorder,
        address: &address,
        tapped: false,
    };
    let assembled = async {
        refused_tokens(world.as_mut(), &setting).await?;
        Cast::assemble(world.as_mut(), &setting).await.map(|_| ())
    }
    .await;
    closed(world, assembled).await
}

/// What the target said is quoted where its secrets have no names, so they are named here.
fn redacted(stop: Stop, recorder: &Recorder) -> Stop {
    match stop {
        Stop::Invalid(why) => Stop::Invalid(recorder.told(&why)),
        Stop::Misconfigured(why) => Stop::Misconfigured(recorder.told(&why)),
        Stop::Error(why) => Stop::Error(recorder.told(&why)),
        other => other,
    }
}

fn late(deadline: Duration) -> Stop {
    Stop::Error(format!(
        "the play had not ended after {deadline:?} (--deadline)"
    ))
}

fn out_of_patience(stop: Stop) -> Stop {
    match stop {
        Stop::Throttled { .. } => {
            Stop::Error(format!("{stop}; gave up after {TRIES} fresh worlds"))
        }
        other => other,
    }
}

/// Tries again in fresh worlds where the target throttles, as long as it asks for, then gives up.
async fn patiently(binding: &dyn Binding, play: Play<'_>, mode: Mode) -> (Ended, Recorder) {
    let (mut ended, mut recorder) = once(binding, play, mode, 0).await;
    for attempt in 1..TRIES {
        let Err(Stop::Throttled {
            retry_after_seconds,
        }) = ended.outcome
        else {
            return (ended, recorder);
        };
        // A world in which something was found is not thrown away for another try.
        if ended
            .remains
            .as_ref()
            .is_some_and(|remains| !remains.findings.is_empty())
        {
            return (ended, recorder);
        }
        tokio::time::sleep(Duration::from_secs(retry_after_seconds)).await;
        (ended, recorder) = once(binding, play, mode, attempt).await;
    }
    ended.outcome = ended.outcome.map_err(out_of_patience);
    (ended, recorder)
}

/// Plays once: in one world, or a race in as many as it has trials.
async fn once(
    binding: &dyn Binding,
    play: Play<'_>,
    mode: Mode,
    attempt: usize,
) -> (Ended, Recorder) {
    let recorder = Recorder::new(&title(binding, play));
    recorder.watch_for(play.attack.deviation.canaries);
    let label = match attempt {
        0 => format!("{}/{mode:?}", play.attack.name()),
        again => format!("{}/{mode:?}/{again}", play.attack.name()),
    };
    let ended = if mode == Mode::Attack && play.attack.deviation.is_race() {
        in_trials(binding, play, &label, &recorder).await
    } else {
        let (outcome, remains) = in_a_world(binding, play, mode, &label, &recorder).await;
        Ended {
            outcome,
            remains,
            trials: None,
        }
    };
    (ended, recorder)
}

/// Plays in a world of its own.
pub(super) async fn in_a_world(
    binding: &dyn Binding,
    play: Play<'_>,
    mode: Mode,
    label: &str,
    recorder: &Recorder,
) -> (Result<(), Stop>, Option<Remains>) {
    let due = Instant::now() + play.deadline;
    let world = match timeout_at(due, binding.open(play.seed, label)).await {
        Ok(Ok(world)) => world,
        Ok(Err(error)) => return (Err(error.into()), None),
        Err(_) => return (Err(late(play.deadline)), None),
    };
    let strictness = binding.target().strictness;
    let opening = Lab::open(
        world,
        play.attack,
        mode,
        play.seed,
        strictness,
        recorder.clone(),
    );
    let mut lab = match timeout_at(due, opening).await {
        Ok(Ok(lab)) => lab,
        Ok(Err((stop, world))) => return (closed(world, Err(stop)).await, None),
        Err(_) => return (Err(late(play.deadline)), None),
    };
    // The lab outlives its deadline: what it had found by then is not lost with the play.
    let outcome = timeout_at(due, (play.scenario.play)(&mut lab))
        .await
        .unwrap_or_else(|_| Err(late(play.deadline)));
    let (world, remains) = lab.remains();
    (closed(world, outcome).await, Some(remains))
}

/// What went wrong in the background of a world outweighs what the play saw.
async fn closed(world: Box<dyn World>, outcome: Result<(), Stop>) -> Result<(), Stop> {
    match (world.close().await, outcome) {
        (Ok(()), outcome) => outcome,
        (Err(background), Ok(()) | Err(Stop::Found)) => Err(background.into()),
        (Err(background), Err(stop)) => Err(Stop::Error(format!("{background}; {stop}"))),
    }
}

/// What the evidence's chain starts from: everything that a replay is played by.
fn title(binding: &dyn Binding, play: Play<'_>) -> String {
    let target = binding.target();
    evidence_title(
        play.suite,
        &play.attack.name(),
        play.seed,
        &target.name,
        target.binding,
        play.mutant,
    )
}

/// Notes the verdict as the last event. Evidence with a gap proves nothing, whatever was seen.
fn concluded((verdict, reason): (Verdict, String), recorder: &Recorder) -> (Verdict, String) {
    recorder.note(format!("verdict: {verdict}, {reason}"));
    match recorder.gap() {
        Some(gap) => (Verdict::Error, gap),
        None => (verdict, reason),
    }
}

fn conclude(
    binding: &dyn Binding,
    play: Play<'_>,
    ended: Ended,
    recorder: &Recorder,
) -> (AttackReport, Evidence) {
    let Ended {
        outcome,
        remains,
        trials,
    } = ended;
    let Remains {
        beats,
        findings,
        depth: audit,
        difference,
        testimony,
        answered,
    } = remains.unwrap_or_default();
    let (verdict, reason) = concluded(verdict(&outcome, &beats, &findings), recorder);
    let reason = recorder.told(&reason);
    let (events, digest) = recorder.finish();
    let attack = play.attack;
    let report = AttackReport {
        deviation: attack.deviation.name.to_owned(),
        about: attack.deviation.about.to_owned(),
        class: attack.deviation.class,
        role: attack.role,
        expectation: attack.expectation.told(),
        answered,
        verdict,
        reason,
        beats,
        findings,
        difference: difference
            .iter()
            .map(|part| recorder.redact(part))
            .collect(),
        testimony,
        trials,
        occurrences: None,
        audit,
        evidence: digest.clone(),
        duration_ms: 0,
    };
    let evidence = Evidence {
        schema: EVIDENCE_SCHEMA,
        suite: play.suite.to_owned(),
        row: attack.row.clone(),
        deviation: attack.deviation.name.to_owned(),
        role: attack.role,
        seed: play.seed,
        target: binding.target().name.clone(),
        binding: binding.target().binding.to_owned(),
        mutant: play.mutant.map(ToOwned::to_owned),
        verdict,
        digest,
        events,
    };
    (report, evidence)
}
