//! `gauntlet mutants`.

use crate::args::{Format, MutantsArgs};
use crate::failure::Failure;
use crate::files::ReportFolder;
use crate::print::{bold, dim, out};
use crate::run::{suite, to_json};
use crate::screen::wrapped;
use crate::{print, screen, target};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_mutants::{
    KILL_MUTANTS, Mutant, MutantOptions, MutantReport, MutantsReport, Status, catalogue,
    run_mutants,
};
use gauntlet_runner::{ExitCode, Selector};
use gauntlet_scenarios::Suite;
use serde::Serialize;
use std::time::Duration;

/// Plants every selected mutant and shows which attacks catch it.
///
/// # Errors
/// Bad arguments, or a report that can't be written.
pub(crate) async fn mutants(args: MutantsArgs) -> Result<ExitCode, Failure> {
    let suite = suite()?;
    let selected = selected(&suite, &args)?;
    if args.list && args.format == Format::Json {
        out(&to_json(&listed(&selected, args.rows.is_empty()))?)?;
        return Ok(ExitCode::Held);
    }
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
        Format::Human => out(&kill_matrix(&report, screen::width()))?,
        Format::Json => out(&to_json(&report)?)?,
    }
    let code = exit_code(&report);
    print::error(&format!("exit {}: {}", code.number(), meaning(code)));
    Ok(code)
}

/// A mutant, as `--list --format json` names it.
#[derive(Serialize)]
struct Listed {
    id: &'static str,
    about: &'static str,
    /// The command that plays it.
    command: &'static str,
    rows: Vec<&'static str>,
    beat: Option<Beat>,
    verdict: Option<Verdict>,
    harm: Option<Harm>,
    killers: Vec<&'static str>,
}

/// The mutants, and those of the kill sweep where `all` are asked for.
fn listed(selected: &[&'static Mutant], all: bool) -> Vec<Listed> {
    let planted = selected.iter().map(|mutant| Listed {
        id: mutant.id,
        about: mutant.about,
        command: "run",
        rows: mutant.rows.to_vec(),
        beat: Some(mutant.beat),
        verdict: Some(mutant.verdict),
        harm: mutant.harm,
        killers: mutant.killers.to_vec(),
    });
    let killed = KILL_MUTANTS.iter().filter(|_| all).map(|mutant| Listed {
        id: mutant.id,
        about: mutant.about,
        command: "sweep",
        rows: Vec::new(),
        beat: None,
        verdict: None,
        harm: None,
        killers: Vec::new(),
    });
    planted.chain(killed).collect()
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

/// Columns before those that caught a mutant, and the least that these need beside them.
const COLUMNS: usize = 94;
const CAUGHT_BY: usize = 30;

fn kill_matrix(report: &MutantsReport, width: Option<usize>) -> String {
    let beside = width.is_none_or(|width| width >= COLUMNS + CAUGHT_BY);
    let heading = format!("{:<15}{:<13}{:<20}", "status", "beat", "damage");
    let heading = if beside {
        format!("{heading}{:<46}caught by", "mutant")
    } else {
        heading
    };
    let mut lines = vec![String::new(), bold(heading.trim_end())];
    lines.extend(
        report
            .mutants
            .iter()
            .map(|mutant| line(mutant, beside, width)),
    );
    let summary = &report.summary;
    lines.push(String::new());
    let total = format!(
        "{} mutants: {} killed, {} survived, {} broke the control, {} caught in another beat, {} \
         caught for another damage, {} could not be played · the reference is {}",
        summary.total,
        summary.killed,
        summary.survived,
        summary.broke_control,
        summary.wrong_beat,
        summary.wrong_verdict,
        summary.error,
        report.reference
    );
    lines.extend(wrapped(&total, width, 0));
    let played = wrapped(&played(report), width, 0);
    lines.extend(played.iter().map(|line| dim(line)));
    lines.join("\n")
}

/// What the matrix rests on: a reader has to know what was not played.
fn played(report: &MutantsReport) -> String {
    let on_mutants: usize = report.mutants.iter().map(|mutant| mutant.attacks).sum();
    let controls: usize = report.mutants.iter().map(|mutant| mutant.controls).sum();
    let which = if report.all_attacks {
        "every attack of their rows".to_owned()
    } else {
        format!(
            "declared killers, and {controls} other controls without an attack; --all-attacks plays the rest"
        )
    };
    format!(
        "{on_mutants} attacks on mutants ({which}) · {} on the reference, all of them · seed {}",
        report.reference_attacks, report.seed
    )
}

fn line(mutant: &MutantReport, beside: bool, width: Option<usize>) -> String {
    let verdict = match mutant.status {
        Status::Killed => Verdict::Held,
        _ => Verdict::IrreparableDamage,
    };
    let beat = mutant.beat.map_or("–", gauntlet_arena::Beat::name);
    let status = print::verdict(verdict, &format!("{:<15}", mutant.status.name()));
    let start = format!("{status}{beat:<13}{:<20}", damage(mutant));
    let caught = caught_by(mutant);
    let mut lines = if beside {
        let mut caught = wrapped(&caught, width, COLUMNS).into_iter();
        let first = caught.next().unwrap_or_default();
        let first = format!("{start}{:<46}{first}", mutant.id);
        let further = caught.map(|text| format!("{:COLUMNS$}{text}", ""));
        std::iter::once(first).chain(further).collect()
    } else {
        let below = wrapped(&format!("caught by {caught}"), width, 4);
        let below = below.iter().map(|text| format!("    {text}"));
        let named = [start.trim_end().to_owned(), format!("  {}", mutant.id)];
        named.into_iter().chain(below).collect::<Vec<_>>()
    };
    if mutant.status != Status::Killed {
        let why = wrapped(&mutant.reason, width, 15);
        lines.extend(why.iter().map(|text| format!("{:15}{text}", "")));
    }
    lines.join("\n")
}

/// Who caught it and, where that takes a race, how surely.
fn caught_by(mutant: &MutantReport) -> String {
    let by = mutant.killed_by.join(", ");
    match mutant.power {
        Some(power) => format!("{by} (in {} of {} trials)", power.caught, power.trials),
        None => by,
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
    use gauntlet_mutants::{MUTANTS_SCHEMA, MutantsSummary, Power};

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
            controls: 3,
            verdict: Verdict::Nonconforming,
            expected_verdict: Verdict::IrreparableDamage,
            harms: Vec::new(),
            expected_harm: Some(Harm::Lost),
            power: Some(Power {
                caught: 7,
                trials: 8,
            }),
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
        let matrix = kill_matrix(&report, None);
        for shown in [
            "wrong-verdict",
            "LOST",
            "row 11: size-zero (in 7 of 8 trials)",
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
        assert!(!kill_matrix(&report, None).contains("comes to"));
    }

    #[test]
    fn the_matrix_keeps_to_the_terminal() {
        let summary = MutantsSummary::default();
        let report = report(Status::WrongVerdict, summary);
        for width in [60, 80, 130, 200] {
            let matrix = kill_matrix(&report, Some(width));
            let plain = anstream::adapter::strip_str(&matrix).to_string();
            assert!(plain.contains("row 11: size-zero"), "{plain}");
            for line in plain.lines() {
                assert!(line.chars().count() <= width, "{width}: {line:?}");
            }
        }
    }
}
