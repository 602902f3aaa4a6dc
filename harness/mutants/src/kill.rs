//! What counts as a kill.

use crate::Mutant;
use crate::report::{MutantReport, Power, Status};
use gauntlet_arena::Stop;
use gauntlet_arena::{AttackReport, Finding, Harm, Verdict};
use gauntlet_runner::{ControlFailed, RunReport};

/// One attack that caught a mutant.
struct Catch<'a> {
    row: &'a str,
    attack: &'a AttackReport,
    /// The first thing that was found, by beat.
    finding: &'a Finding,
}

impl Catch<'_> {
    fn is_by(&self, killer: &str) -> bool {
        self.attack.deviation == killer
    }

    fn found(&self, harm: Harm) -> bool {
        let findings = &self.attack.findings;
        findings.iter().any(|finding| finding.harm == Some(harm))
    }

    /// The attack's name on a page about `mutant`, whose id names its first row already.
    fn name(&self, mutant: &Mutant) -> String {
        let deviation = &self.attack.deviation;
        match mutant.rows.first() {
            Some(own) if *own == self.row => deviation.clone(),
            _ => format!("row {}: {deviation}", self.row),
        }
    }
}

/// What was played on a mutant.
pub(crate) struct Played {
    /// Attacks of the rows that claim it, each with its control.
    pub(crate) run: RunReport,
    /// How many further controls were played without an attack, all of which held; or one that did not.
    pub(crate) controls: Result<usize, ControlFailed>,
}

/// Judges a mutant by what the rows that claim it have shown.
pub(crate) fn judge(mutant: &'static Mutant, played: &Played) -> MutantReport {
    let Played { run, controls } = played;
    let catches: Vec<Catch<'_>> = run
        .rows
        .iter()
        .flat_map(|row| row.attacks.iter().map(|attack| (row.row.as_str(), attack)))
        .filter_map(|(row, attack)| {
            Some(Catch {
                row,
                attack,
                finding: first_finding(attack)?,
            })
        })
        .collect();
    let declared: Vec<&Catch<'_>> = catches
        .iter()
        .filter(|catch| mutant.killers.iter().any(|killer| catch.is_by(killer)))
        .collect();
    let harms = [Harm::Lost, Harm::Rewritten, Harm::Silent, Harm::Fork];
    let (status, reason) = status(mutant, played, &catches);
    MutantReport {
        killed_by: catches.iter().map(|catch| catch.name(mutant)).collect(),
        beat: declared.iter().map(|catch| catch.finding.beat).min(),
        status,
        attacks: attacks(run).count(),
        controls: *controls.as_ref().unwrap_or(&0),
        verdict: Verdict::worst(attacks(run).map(|attack| attack.verdict)),
        harms: harms
            .into_iter()
            .filter(|harm| declared.iter().any(|catch| catch.found(*harm)))
            .collect(),
        power: power(mutant, run),
        ..MutantReport::unplayed(mutant, reason)
    }
}

/// The weakest of the declared killers that are races.
fn power(mutant: &Mutant, run: &RunReport) -> Option<Power> {
    attacks(run)
        .filter(|attack| mutant.killers.contains(&attack.deviation.as_str()))
        .filter_map(|attack| attack.trials)
        .map(|trials| Power {
            caught: trials.found,
            trials: trials.played,
        })
        .min_by_key(|power| (u64::from(power.caught) << 32) / u64::from(power.trials.max(1)))
}

fn attacks(run: &RunReport) -> impl Iterator<Item = &AttackReport> {
    run.rows.iter().flat_map(|row| &row.attacks)
}

/// What an attack found first, if its verdict is a finding: void, untested and failed attacks show
/// nothing, whatever they saw on their way.
fn first_finding(attack: &AttackReport) -> Option<&Finding> {
    let counting = attack
        .findings
        .iter()
        .filter(|finding| attack.verdict.is_finding() && !finding.is_advice());
    counting.min_by_key(|finding| finding.beat)
}

fn status(mutant: &Mutant, played: &Played, catches: &[Catch<'_>]) -> (Status, String) {
    let Played { run, controls } = played;
    for (verdict, status) in [
        (Verdict::Error, Status::Error),
        (Verdict::Invalid, Status::BrokeControl),
    ] {
        if let Some(attack) = attacks(run).find(|attack| attack.verdict == verdict) {
            return (status, format!("{}: {}", attack.deviation, attack.reason));
        }
    }
    if let Err(ControlFailed { attack, stop }) = controls {
        let status = match stop {
            Stop::Invalid(_) => Status::BrokeControl,
            _ => Status::Error,
        };
        return (status, format!("the control of {attack}: {stop}"));
    }
    let claimed = |row: &str| catches.iter().any(|catch| catch.row == row);
    if let Some(row) = mutant.rows.iter().find(|row| !claimed(row)) {
        return (Status::Survived, format!("row {row} does not notice"));
    }
    let mut declared = Vec::new();
    for killer in mutant.killers {
        match catches.iter().find(|catch| catch.is_by(killer)) {
            Some(catch) => declared.push(catch),
            None => return (Status::Survived, format!("{killer} does not notice")),
        }
    }
    let Some(first) = declared.first() else {
        return (Status::Survived, "no killer is declared".to_owned());
    };
    mismatch(mutant, &declared).unwrap_or_else(|| (Status::Killed, first.finding.observed.clone()))
}

/// In what way the declared killers, all of which caught the mutant, saw something else than it
/// breaks: a change of wording is no proof that a lost photo would be noticed.
fn mismatch(mutant: &Mutant, declared: &[&Catch<'_>]) -> Option<(Status, String)> {
    for catch in declared {
        let (killer, beat) = (&catch.attack.deviation, catch.finding.beat);
        if beat != mutant.beat {
            return Some((Status::WrongBeat, format!("{killer} catches it in {beat}")));
        }
    }
    for catch in declared {
        let (killer, verdict) = (&catch.attack.deviation, catch.attack.verdict);
        if verdict != mutant.verdict {
            let expected = mutant.verdict;
            let reason = format!("{killer} comes to {verdict}; the mutant does {expected}");
            return Some((Status::WrongVerdict, reason));
        }
    }
    let harm = mutant.harm?;
    let unseen = declared.iter().all(|catch| !catch.found(harm));
    unseen.then(|| {
        let reason = format!("no declared killer finds the harm {harm:?}");
        (Status::WrongVerdict, reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_arena::Source;
    use gauntlet_arena::{Beat, Role, Strictness};
    use serde_json::{Value, json};

    const MUTANT: Mutant = Mutant {
        id: "row03-example",
        rows: &["3"],
        invariant: None,
        about: "An example.",
        beat: Beat::Containment,
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: &["offset-ahead"],
        plant: |ports| ports,
    };

    const LOSES: Mutant = Mutant {
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        killers: &["offset-ahead", "chunk-again"],
        ..MUTANT
    };

    const OF_TWO_ROWS: Mutant = Mutant {
        rows: &["11", "3"],
        ..MUTANT
    };

    fn finding(beat: Beat, verdict: Verdict, source: Source) -> Value {
        json!({
            "beat": beat, "verdict": verdict, "clause": "", "source": source,
            "expected": "", "observed": "seen",
        })
    }

    fn attack(deviation: &str, verdict: Verdict, findings: &[Value]) -> Value {
        json!({
            "deviation": deviation, "about": "", "class": "faulty",
            "role": Role::Server, "expectation": "", "verdict": verdict, "reason": "reason",
            "beats": [], "findings": findings, "audit": "", "evidence": "", "duration_ms": 0,
        })
    }

    fn judged(attacks: &[Value]) -> MutantReport {
        judged_as(&MUTANT, &[row("3", attacks)])
    }

    fn row(id: &str, attacks: &[Value]) -> Value {
        json!({
            "suite": "", "row": id, "table": "damage", "title": "", "roles": [], "verdict": Verdict::Held,
            "attacks": attacks, "duration_ms": 0,
        })
    }

    fn judged_as(mutant: &'static Mutant, rows: &[Value]) -> MutantReport {
        let run = run_of(rows);
        let controls = Ok(0);
        judge(mutant, &Played { run, controls })
    }

    fn run_of(rows: &[Value]) -> RunReport {
        let target =
            json!({ "name": "", "binding": "", "roles": [], "strictness": Strictness::Code });
        let run = json!({
            "schema": 1, "seed": 0, "target": target, "suite_digest": "",
            "summary": { "total": 1 }, "rows": rows,
        });
        serde_json::from_value(run).unwrap()
    }

    fn caught(deviation: &str, beat: Beat) -> Value {
        let damage = finding(beat, Verdict::TransientDamage, Source::N);
        attack(deviation, Verdict::TransientDamage, &[damage])
    }

    fn harmed(deviation: &str, harm: Option<Harm>) -> Value {
        let mut damage = finding(Beat::Containment, Verdict::IrreparableDamage, Source::S);
        damage["harm"] = json!(harm);
        attack(deviation, Verdict::IrreparableDamage, &[damage])
    }

    #[test]
    fn a_declared_killer_in_the_declared_beat_kills() {
        let held = attack("chunk-again", Verdict::Held, &[]);
        let report = judged(&[held, caught("offset-ahead", Beat::Containment)]);
        assert_eq!(
            (report.status, report.beat),
            (Status::Killed, Some(Beat::Containment))
        );
        assert_eq!(report.killed_by, ["offset-ahead"]);
        assert_eq!(
            (report.verdict, report.reason.as_str()),
            (Verdict::TransientDamage, "seen")
        );
    }

    #[test]
    fn nothing_and_another_attack_alone_do_not_kill() {
        let held = attack("offset-ahead", Verdict::Held, &[]);
        assert_eq!(
            judged(std::slice::from_ref(&held)).reason,
            "row 3 does not notice"
        );
        let other = judged(&[held, caught("chunk-again", Beat::Containment)]);
        assert_eq!(other.status, Status::Survived);
        assert_eq!(other.reason, "offset-ahead does not notice");
        assert_eq!(other.killed_by, ["chunk-again"]);
        assert_eq!(other.beat, None);
    }

    #[test]
    fn another_beat_than_the_declared_one_does_not_kill() {
        let report = judged(&[caught("offset-ahead", Beat::Recovery)]);
        assert_eq!(
            (report.status, report.beat),
            (Status::WrongBeat, Some(Beat::Recovery))
        );
    }

    #[test]
    fn another_verdict_than_the_declared_one_does_not_kill() {
        for verdict in [Verdict::Nonconforming, Verdict::IrreparableDamage] {
            let seen = finding(Beat::Containment, verdict, Source::N);
            let report = judged(&[attack("offset-ahead", verdict, &[seen])]);
            assert_eq!(
                (report.status, report.verdict, report.expected_verdict),
                (Status::WrongVerdict, verdict, Verdict::TransientDamage)
            );
            assert_eq!(
                report.reason,
                format!("offset-ahead comes to {verdict}; the mutant does transient-damage")
            );
        }
    }

    #[test]
    fn one_declared_killer_with_another_verdict_is_enough() {
        let lost = harmed("offset-ahead", Some(Harm::Lost));
        let report = judged_as(
            &LOSES,
            &[row("3", &[lost, caught("chunk-again", Beat::Containment)])],
        );
        assert_eq!(report.status, Status::WrongVerdict);
        assert_eq!(report.harms, [Harm::Lost]);
    }

    #[test]
    fn one_declared_killer_has_to_find_the_declared_harm() {
        let other = harmed("offset-ahead", Some(Harm::Silent));
        for (harm, status) in [
            (Some(Harm::Lost), Status::Killed),
            (Some(Harm::Rewritten), Status::WrongVerdict),
            (None, Status::WrongVerdict),
        ] {
            let killers = [other.clone(), harmed("chunk-again", harm)];
            let report = judged_as(&LOSES, &[row("3", &killers)]);
            assert_eq!(report.status, status, "{harm:?}");
        }
        // What another attack finds is no proof that the declared ones would.
        let elsewhere = [
            other,
            harmed("chunk-again", None),
            harmed("offset-absent", Some(Harm::Lost)),
        ];
        let report = judged_as(&LOSES, &[row("3", &elsewhere)]);
        assert_eq!(report.status, Status::WrongVerdict);
        assert_eq!(report.reason, "no declared killer finds the harm Lost");
    }

    #[test]
    fn attacks_of_other_rows_are_named_with_their_row() {
        let caught = |deviation| [caught(deviation, Beat::Containment)];
        let rows = [
            row("3", &caught("offset-ahead")),
            row("11", &caught("size-zero")),
        ];
        let report = judged_as(&OF_TWO_ROWS, &rows);
        assert_eq!(report.status, Status::Killed);
        assert_eq!(report.killed_by, ["row 3: offset-ahead", "size-zero"]);
        assert_eq!(report.attacks, 2);
    }

    #[test]
    fn an_advisory_finding_does_not_kill() {
        let advice = finding(Beat::Containment, Verdict::Nonconforming, Source::D);
        let advised = attack("offset-ahead", Verdict::Held, std::slice::from_ref(&advice));
        assert_eq!(judged(&[advised]).status, Status::Survived);
        let damage = finding(Beat::Recovery, Verdict::TransientDamage, Source::D);
        let later = attack("offset-ahead", Verdict::TransientDamage, &[advice, damage]);
        assert_eq!(judged(&[later]).status, Status::WrongBeat);
    }

    #[test]
    fn the_power_is_that_of_the_weakest_declared_race() {
        let raced = |deviation: &str, found: u32, played: u32| {
            let mut attack = caught(deviation, Beat::Containment);
            attack["trials"] = json!({ "played": played, "found": found });
            attack
        };
        let powers = |attacks: &[Value]| {
            let report = judged_as(&LOSES, &[row("3", attacks)]);
            report.power.map(|power| (power.caught, power.trials))
        };
        assert_eq!(powers(&[caught("offset-ahead", Beat::Containment)]), None);
        let strong = raced("offset-ahead", 7, 8);
        assert_eq!(powers(std::slice::from_ref(&strong)), Some((7, 8)));
        let weak = raced("chunk-again", 8, 16);
        assert_eq!(powers(&[strong.clone(), weak]), Some((8, 16)));
        let never = raced("chunk-again", 0, 8);
        assert_eq!(powers(&[strong.clone(), never]), Some((0, 8)));
        // What no one declared to catch it says nothing of its power.
        let other = raced("offset-absent", 0, 8);
        assert_eq!(powers(&[strong, other]), Some((7, 8)));
    }

    #[test]
    fn errors_and_void_controls_outweigh_every_kill() {
        for (verdict, status) in [
            (Verdict::Error, Status::Error),
            (Verdict::Invalid, Status::BrokeControl),
        ] {
            let seen = finding(Beat::Containment, Verdict::TransientDamage, Source::N);
            let void = attack("chunk-again", verdict, &[seen]);
            let report = judged(&[caught("offset-ahead", Beat::Containment), void]);
            assert_eq!(report.status, status);
            assert_eq!(report.killed_by, ["offset-ahead"]);
            assert_eq!(report.reason, "chunk-again: reason");
        }
    }

    #[test]
    fn a_control_that_fails_without_an_attack_outweighs_every_kill() {
        let void = Stop::Invalid("refused".to_owned());
        let dead = Stop::Error("gone".to_owned());
        for (stop, status, reason) in [
            (void, Status::BrokeControl, "refused"),
            (dead, Status::Error, "gone"),
        ] {
            let attack = "chunk-again".to_owned();
            let rows = [row("3", &[caught("offset-ahead", Beat::Containment)])];
            let run = run_of(&rows);
            let controls = Err(ControlFailed { attack, stop });
            let report = judge(&MUTANT, &Played { run, controls });
            assert_eq!(report.status, status);
            assert_eq!(
                report.reason,
                format!("the control of chunk-again: {reason}")
            );
        }
    }
}
