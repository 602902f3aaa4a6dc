//! What counts as a kill.

use crate::Mutant;
use crate::report::{MutantReport, Status};
use gauntlet_arena::{AttackReport, Finding, Verdict};
use gauntlet_runner::RunReport;

/// One attack that caught a mutant.
struct Catch<'a> {
    row: &'a str,
    deviation: &'a str,
    /// The first thing that was found, by beat.
    finding: &'a Finding,
}

/// Judges a mutant by the run of the rows that claim it.
pub(crate) fn judge(mutant: &'static Mutant, run: &RunReport) -> MutantReport {
    let catches: Vec<Catch<'_>> = run
        .rows
        .iter()
        .flat_map(|row| row.attacks.iter().map(|attack| (row.row.as_str(), attack)))
        .filter_map(|(row, attack)| {
            Some(Catch {
                row,
                deviation: &attack.deviation,
                finding: first_finding(attack)?,
            })
        })
        .collect();
    let declared = catches
        .iter()
        .filter(|catch| mutant.killers.contains(&catch.deviation));
    let beat = declared.map(|catch| catch.finding.beat).min();
    let (status, reason) = status(mutant, run, &catches);
    MutantReport {
        killed_by: catches
            .iter()
            .map(|catch| catch.deviation.to_owned())
            .collect(),
        beat,
        status,
        verdict: Verdict::worst(attacks(run).map(|attack| attack.verdict)),
        ..MutantReport::unplayed(mutant, reason)
    }
}

fn attacks(run: &RunReport) -> impl Iterator<Item = &AttackReport> {
    run.rows.iter().flat_map(|row| &row.attacks)
}

/// What an attack found first, if its verdict is a finding: void, untested and failed attacks show
/// nothing, whatever they saw on their way.
fn first_finding(attack: &AttackReport) -> Option<&Finding> {
    let is_finding = matches!(
        attack.verdict,
        Verdict::Nonconforming | Verdict::TransientDamage | Verdict::IrreparableDamage
    );
    let counting = attack
        .findings
        .iter()
        .filter(|finding| is_finding && !finding.is_advice());
    counting.min_by_key(|finding| finding.beat)
}

fn status(mutant: &Mutant, run: &RunReport, catches: &[Catch<'_>]) -> (Status, String) {
    for (verdict, status) in [
        (Verdict::Error, Status::Error),
        (Verdict::Invalid, Status::BrokeControl),
    ] {
        if let Some(attack) = attacks(run).find(|attack| attack.verdict == verdict) {
            return (status, format!("{}: {}", attack.deviation, attack.reason));
        }
    }
    if let Some(row) = mutant
        .rows
        .iter()
        .find(|row| catches.iter().all(|c| c.row != **row))
    {
        return (Status::Survived, format!("row {row} does not notice"));
    }
    let mut first = None;
    let mut elsewhere = None;
    for killer in mutant.killers {
        let Some(catch) = catches.iter().find(|catch| catch.deviation == *killer) else {
            return (Status::Survived, format!("{killer} does not notice"));
        };
        first = first.or(Some(catch));
        elsewhere = elsewhere.or(Some(catch).filter(|catch| catch.finding.beat != mutant.beat));
    }
    match (elsewhere, first) {
        (Some(catch), _) => {
            let beat = catch.finding.beat;
            (
                Status::WrongBeat,
                format!("{} catches it in {beat}", catch.deviation),
            )
        }
        (None, Some(catch)) => (Status::Killed, catch.finding.observed.clone()),
        (None, None) => (Status::Survived, "no killer is declared".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_arena::Source;
    use gauntlet_arena::{Beat, Role, Strictness};
    use serde_json::{Value, json};

    static MUTANT: Mutant = Mutant {
        id: "row03-example",
        rows: &["3"],
        invariant: None,
        about: "An example.",
        beat: Beat::Containment,
        killers: &["offset-ahead"],
        plant: |ports| ports,
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
        let row = json!({
            "suite": "", "row": "3", "title": "", "roles": [], "verdict": Verdict::Held,
            "attacks": attacks, "duration_ms": 0,
        });
        let target =
            json!({ "name": "", "binding": "", "roles": [], "strictness": Strictness::Code });
        let run = json!({
            "schema": 1, "seed": 0, "target": target, "suite_digest": "",
            "summary": { "total": 1 }, "rows": [row],
        });
        judge(&MUTANT, &serde_json::from_value(run).unwrap())
    }

    fn caught(deviation: &str, beat: Beat) -> Value {
        let damage = finding(beat, Verdict::TransientDamage, Source::N);
        attack(deviation, Verdict::TransientDamage, &[damage])
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
    fn an_advisory_finding_does_not_kill() {
        let advice = finding(Beat::Containment, Verdict::Nonconforming, Source::D);
        let advised = attack("offset-ahead", Verdict::Held, std::slice::from_ref(&advice));
        assert_eq!(judged(&[advised]).status, Status::Survived);
        let damage = finding(Beat::Recovery, Verdict::TransientDamage, Source::D);
        let later = attack("offset-ahead", Verdict::TransientDamage, &[advice, damage]);
        assert_eq!(judged(&[later]).status, Status::WrongBeat);
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
}
