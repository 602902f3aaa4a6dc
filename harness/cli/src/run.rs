//! `gauntlet run`.

use crate::args::{DEADLINE, Format, RunArgs};
use crate::failure::Failure;
use crate::files::ReportFolder;
use crate::finding::Called;
use crate::progress::Progress;
use crate::{finding, interrupt, matrix, print, screen, target};
use gauntlet_arena::{Evidence, Verdict};
use gauntlet_runner::{
    Events, ExitCode, Ran, RowReport, RunOptions, RunReport, Selection, gate, run_until,
};
use gauntlet_scenarios::Suite;
use std::time::Duration;

/// In how many further fresh worlds a finding is tried.
const CONFIRMATIONS: u32 = 2;

/// The suite that is built in.
///
/// # Errors
/// Rows and scenarios that do not fit together: a defect of this build.
pub(crate) fn suite() -> Result<Suite, Failure> {
    gauntlet_scenarios::capsule::suite().map_err(Failure::environment)
}

/// Runs rows and reports.
///
/// # Errors
/// Bad arguments, before anything is run; a report that can't be written.
pub(crate) async fn run(args: RunArgs) -> Result<ExitCode, Failure> {
    let suite = suite()?;
    let selection = args
        .select
        .selector()
        .select(&suite)
        .map_err(Failure::usage)?;
    let binding = target::binding(args.target.as_deref(), args.mutant.as_deref())?;
    let folder = args
        .report
        .as_deref()
        .map(ReportFolder::prepare)
        .transpose()?;
    let options = RunOptions {
        seed: target::seed(args.play.seed)?,
        jobs: target::jobs(args.play.jobs),
        deadline: Duration::from_secs(args.play.deadline),
        confirmations: CONFIRMATIONS,
        mutant: args.mutant.clone(),
    };
    if let Some(note) = args
        .mutant
        .as_deref()
        .and_then(|id| unclaimed(id, &selection))
    {
        print::error(&note);
    }
    let mut called = Called {
        target: args.target.clone(),
        deadline: (args.play.deadline != DEADLINE).then_some(args.play.deadline),
        report: folder.as_ref().map(ReportFolder::place),
    };
    let (events, progress) = Progress::start();
    let stop = interrupt::interrupted();
    let Ran {
        report,
        evidence,
        interrupted,
    } = run_until(
        &suite,
        &selection,
        binding,
        options,
        Events::to(events),
        stop,
    )
    .await;
    progress.finish().await;
    if interrupted {
        if args.format == Format::Human {
            print::out("INTERRUPTED: what had not ended by then is an error below")?;
            print::out(&matrix::matrix(&report, screen::width()))?;
        }
        return Err(Failure::environment("interrupted: no report was written"));
    }
    // A run that was stopped before it began has nothing to put in an earlier report's place.
    let kept = folder.filter(|folder| report.obstacle.is_none() || !folder.holds_a_report());
    let written = kept
        .map(|folder| folder.write(&report, &evidence))
        .transpose();
    if let (Ok(None), Some(place)) = (&written, &called.report) {
        let earlier = place.report();
        print::error(&format!(
            "report: {} is kept: nothing was played",
            earlier.display()
        ));
    }
    if written.is_err() {
        // The findings must not name files that are not there.
        called.report = None;
    }
    match args.format {
        Format::Human => human(&called, &report, &evidence)?,
        Format::Json => print::out(&to_json(&report)?)?,
    }
    if let Some(path) = written? {
        print::error(&format!("report: {}", path.display()));
    }
    let code = gate(&report);
    let deciding = deciding(code, &report);
    print::error(&format!(
        "exit {}: {}{deciding}",
        code.number(),
        code.meaning()
    ));
    Ok(code)
}

/// How many rows an exit code is for, and the first of them.
fn deciding(code: ExitCode, report: &RunReport) -> String {
    let decides = |verdict: Verdict| match code {
        ExitCode::Held | ExitCode::Usage => false,
        ExitCode::Findings => matches!(
            verdict,
            Verdict::Invalid
                | Verdict::IrreparableDamage
                | Verdict::TransientDamage
                | Verdict::Nonconforming
        ),
        ExitCode::Untested => verdict == Verdict::Untested,
        ExitCode::Failed => verdict == Verdict::Error,
    };
    let named = |row: &&RowReport| {
        decides(row.verdict) || row.attacks.iter().any(|attack| decides(attack.verdict))
    };
    let mut rows = report.rows.iter().filter(named);
    match (rows.next(), rows.count()) {
        (None, _) => String::new(),
        (Some(first), more) => format!(
            ", in {} of {} rows, the first is row {}",
            more + 1,
            report.rows.len(),
            first.row
        ),
    }
}

/// Says so where none of the selected rows claims to catch the planted defect: it would then go
/// unnoticed, and rightly.
fn unclaimed(id: &str, selection: &Selection<'_>) -> Option<String> {
    let mutant = gauntlet_mutants::named(id).ok()?;
    let claimed = selection
        .rows
        .iter()
        .any(|selected| mutant.rows.contains(&selected.row.id.as_str()));
    let rows = mutant.rows.join(",");
    (!claimed).then(|| {
        format!("note: {id} breaks a promise of row {rows}; the selected rows need not notice (--rows {rows})")
    })
}

/// A report as it is printed.
///
/// # Errors
/// A value that JSON can't hold: a defect of this build.
pub(crate) fn to_json(report: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(report).map_err(Failure::environment)
}

fn human(called: &Called, report: &RunReport, evidence: &[Evidence]) -> Result<(), Failure> {
    let width = screen::width();
    print::out(&matrix::matrix(report, width))?;
    for text in finding::findings(called, report, evidence, width) {
        print::out(&text)?;
    }
    Ok(())
}
