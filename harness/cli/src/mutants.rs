//! `gauntlet mutants`.

use crate::args::{Format, MutantsArgs};
use crate::failure::Failure;
use crate::files::ReportFolder;
use crate::print::{bold, dim, out};
use crate::run::{suite, to_json};
use crate::{print, target};
use gauntlet_arena::Verdict;
use gauntlet_mutants::{
    Mutant, MutantOptions, MutantReport, MutantsReport, Status, catalogue, run_mutants,
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

/// Every mutant is caught in its beat, and nothing catches the reference.
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
        ExitCode::Held => "every mutant is caught in its beat, and nothing catches the reference",
        ExitCode::Findings => "a mutant survives, or breaks more than its promise",
        other => other.meaning(),
    }
}

fn kill_matrix(report: &MutantsReport) -> String {
    let mut lines = vec![
        String::new(),
        bold(&format!(
            "{:<15}{:<13}{:<46}caught by",
            "status", "beat", "mutant"
        )),
    ];
    lines.extend(report.mutants.iter().map(line));
    let summary = &report.summary;
    lines.push(String::new());
    lines.push(format!(
        "{} mutants: {} killed, {} survived, {} broke the control, {} caught in another beat, {} \
         could not be played · the reference is {}",
        summary.total,
        summary.killed,
        summary.survived,
        summary.broke_control,
        summary.wrong_beat,
        summary.error,
        print::verdict(report.reference, report.reference.name())
    ));
    lines.push(dim(&format!("seed {}", report.seed)));
    lines.join("\n")
}

fn line(mutant: &MutantReport) -> String {
    let verdict = match mutant.status {
        Status::Killed => Verdict::Held,
        _ => Verdict::IrreparableDamage,
    };
    let beat = mutant.beat.map_or("–", gauntlet_arena::Beat::name);
    format!(
        "{}{beat:<13}{:<46}{}",
        print::verdict(verdict, &format!("{:<15}", mutant.status.name())),
        mutant.id,
        mutant.killed_by.join(", ")
    )
}
