//! `gauntlet mutants`.

use crate::args::{Format, MutantsArgs};
use crate::failure::Failure;
use crate::files::ReportFolder;
use crate::print::{bold, dim, out};
use crate::run::{suite, to_json};
use crate::{print, target};
use gauntlet_arena::Verdict;
use gauntlet_mutants::{
    KILL_MUTANTS, Mutant, MutantOptions, MutantReport, MutantsReport, Status, catalogue,
    run_mutants,
};
use gauntlet_runner::{ExitCode, Selector};
use gauntlet_scenarios::Suite;
use std::time::Duration;

/// Plants every selected mutant and shows which attacks catch it.
///
/// # Errors
/// Bad arguments, or a report that can't be written.
pub(crate) async fn mutants(args: MutantsArgs) -> Result<ExitCode, Failure> {
    let suite = suite()?;
    let selected = selected(&suite, &args)?;
    if args.list {
        for mutant in &selected {
            let rows = mutant.rows.join(", ");
            out(&format!(
                "{}  (row {rows})\n    {}",
                bold(mutant.id),
                mutant.about
            ))?;
        }
        if args.rows.is_empty() {
            for mutant in KILL_MUTANTS {
                let title = bold(mutant.id);
                out(&format!("{title}  (gauntlet sweep)\n    {}", mutant.about))?;
            }
        }
        return Ok(ExitCode::Held);
    }
    let folder = args
        .report
        .as_deref()
        .map(ReportFolder::prepare)
        .transpose()?;
    let options = MutantOptions {
        seed: target::seed(args.play.seed)?,
        jobs: target::jobs(args.play.jobs),
        deadline: Duration::from_secs(args.play.deadline),
        all_attacks: args.all_attacks,
    };
    print::error(&format!(
        "{} mutants, seed {}",
        selected.len(),
        options.seed
    ));
    let (mut done, all) = (0, selected.len());
    let (report, evidence) = run_mutants(&suite, &selected, options, |mutant| {
        done += 1;
        print::error(&format!(
            "[{done}/{all}] {:>14}  {}",
            mutant.status.name(),
            mutant.id
        ));
    })
    .await
    .map_err(Failure::usage)?;
    if let Some(folder) = folder {
        let path = folder.write(&report, &evidence)?;
        print::error(&format!("report: {}", path.display()));
    }
    match args.format {
        Format::Human => out(&kill_matrix(&report))?,
        Format::Json => out(&to_json(&report)?)?,
    }
    let code = exit_code(&report);
    print::error(&format!("exit {}: {}", code.number(), meaning(code)));
    Ok(code)
}

fn selected(suite: &Suite, args: &MutantsArgs) -> Result<Vec<&'static Mutant>, Failure> {
    let selector = Selector {
        rows: args.rows.clone(),
        ..Selector::default()
    };
    let selection = selector.select(suite).map_err(Failure::usage)?;
    let mutants: Vec<_> = catalogue()
        .iter()
        .filter(|mutant| {
            selection
                .rows
                .iter()
                .any(|chosen| mutant.rows.contains(&chosen.row.id.as_str()))
        })
        .collect();
    if mutants.is_empty() {
        return Err(Failure::usage(
            "no mutant belongs to these rows; `gauntlet mutants --list`",
        ));
    }
    Ok(mutants)
}

/// Every mutant is caught as declared, and nothing catches the reference.
fn exit_code(report: &MutantsReport) -> ExitCode {
    if report.is_proof() {
        ExitCode::Held
    } else if report.reference == Verdict::Error || report.summary.error > 0 {
        ExitCode::Failed
    } else {
        ExitCode::Findings
    }
}

const fn meaning(code: ExitCode) -> &'static str {
    match code {
        ExitCode::Held => {
            "every mutant is caught in its beat for its damage, and nothing catches the reference"
        }
        ExitCode::Findings => {
            "a mutant survives, breaks more than its promise, or is caught for something else"
        }
        other => other.meaning(),
    }
}

fn kill_matrix(report: &MutantsReport) -> String {
    let mut lines = vec![
        String::new(),
        bold(&format!(
            "{:<15}{:<13}{:<20}{:<46}caught by",
            "status", "beat", "damage", "mutant"
        )),
    ];
    lines.extend(report.mutants.iter().map(line));
    let summary = &report.summary;
    lines.push(String::new());
    lines.push(format!(
        "{} mutants: {} killed, {} survived, {} broke the control, {} caught in another beat, {} \
         caught for another damage, {} could not be played · the reference is {}",
        summary.total,
        summary.killed,
        summary.survived,
        summary.broke_control,
        summary.wrong_beat,
        summary.wrong_verdict,
        summary.error,
        print::verdict(report.reference, report.reference.name())
    ));
    lines.push(dim(&played(report)));
    lines.join("\n")
}

/// What the matrix rests on: a reader has to know what was not played.
fn played(report: &MutantsReport) -> String {
    let on_mutants: usize = report.mutants.iter().map(|mutant| mutant.attacks).sum();
    let which = if report.all_attacks {
        "every attack of their rows"
    } else {
        "declared killers and one attack for every other control; --all-attacks plays the rest"
    };
    format!(
        "{on_mutants} attacks on mutants ({which}) · {} on the reference, all of them · seed {}",
        report.reference_attacks, report.seed
    )
}

fn line(mutant: &MutantReport) -> String {
    let verdict = match mutant.status {
        Status::Killed => Verdict::Held,
        _ => Verdict::IrreparableDamage,
    };
    let beat = mutant.beat.map_or("–", gauntlet_arena::Beat::name);
    let line = format!(
        "{}{beat:<13}{:<20}{:<46}{}",
        print::verdict(verdict, &format!("{:<15}", mutant.status.name())),
        damage(mutant),
        mutant.id,
        mutant.killed_by.join(", ")
    );
    match mutant.status {
        Status::Killed => line,
        _ => format!("{line}\n{}{}", " ".repeat(15), mutant.reason),
    }
}

/// What the mutant does: the irreparable harm, else the verdict that its killers have to come to.
fn damage(mutant: &MutantReport) -> String {
    match mutant.expected_harm {
        Some(harm) => format!("{harm:?}").to_uppercase(),
        None => mutant.expected_verdict.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_arena::{Beat, Harm};
    use gauntlet_mutants::{MUTANTS_SCHEMA, MutantsSummary};

    fn report(status: Status, summary: MutantsSummary) -> MutantsReport {
        let mutant = MutantReport {
            id: "row03-example",
            rows: &["3"],
            invariant: None,
            about: "An example.",
            killers: &["chunk-again"],
            killed_by: vec!["chunk-again".to_owned(), "row 11: size-zero".to_owned()],
            beat: Some(Beat::Containment),
            expected_beat: Beat::Containment,
            status,
            attacks: 2,
            verdict: Verdict::Nonconforming,
            expected_verdict: Verdict::IrreparableDamage,
            harms: Vec::new(),
            expected_harm: Some(Harm::Lost),
            reason: "chunk-again comes to nonconforming".to_owned(),
        };
        MutantsReport {
            schema: MUTANTS_SCHEMA,
            seed: 5,
            suite_digest: String::new(),
            summary,
            reference: Verdict::Held,
            reference_attacks: 17,
            all_attacks: false,
            mutants: vec![mutant],
        }
    }

    #[test]
    fn a_mutant_that_is_caught_for_another_damage_fails_the_matrix_and_says_why() {
        let summary = MutantsSummary {
            total: 1,
            wrong_verdict: 1,
            ..MutantsSummary::default()
        };
        let report = report(Status::WrongVerdict, summary);
        assert_eq!(exit_code(&report), ExitCode::Findings);
        let matrix = kill_matrix(&report);
        for shown in [
            "wrong-verdict",
            "LOST",
            "row 11: size-zero",
            "1 caught for another damage",
            "chunk-again comes to nonconforming",
            "2 attacks on mutants",
            "17 on the reference",
        ] {
            assert!(matrix.contains(shown), "{shown} is not in {matrix}");
        }
    }

    #[test]
    fn a_killed_mutant_proves_and_needs_no_words() {
        let summary = MutantsSummary {
            total: 1,
            killed: 1,
            ..MutantsSummary::default()
        };
        let report = report(Status::Killed, summary);
        assert_eq!(exit_code(&report), ExitCode::Held);
        assert!(!kill_matrix(&report).contains("comes to"));
    }
}
