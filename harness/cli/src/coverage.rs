//! `gauntlet coverage`.

use crate::args::{CoverageArgs, Format};
use crate::failure::Failure;
use crate::files::REPORT;
use crate::print::{bold, dim, out, styled};
use crate::progress::Progress;
use crate::run::{suite, to_json};
use crate::{print, target};
use anstyle::AnsiColor;
use gauntlet_arena::Role;
use gauntlet_runner::{
    Approached, CoverageReport, EmbeddedBinding, Events, ExitCode, Rejected, RunOptions, RunReport,
    Selector, coverage as cover, run,
};
use gauntlet_scenarios::{AttackName, Suite};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Attacks that are named in one cell.
const SHOWN: usize = 3;
/// Bytes of a report that is read: that of a whole run has a few megabytes.
const MAX_REPORT: u64 = 256 << 20;

/// Shows what of the contract the attacks cover, by what the reference was seen to answer.
///
/// # Errors
/// Bad arguments, or a report of something else.
pub(crate) async fn coverage(args: CoverageArgs) -> Result<ExitCode, Failure> {
    let suite = suite()?;
    let report = match &args.from {
        Some(path) => read(path, &suite)?,
        None => play(&suite, &args).await?,
    };
    let coverage = cover(&suite, &report);
    match args.format {
        Format::Human => out(&tables(&coverage))?,
        Format::Json => out(&to_json(&coverage)?)?,
    }
    let code = exit_code(&coverage);
    print::error(&format!("exit {}: {}", code.number(), meaning(code)));
    Ok(code)
}

fn exit_code(coverage: &CoverageReport) -> ExitCode {
    if coverage.missing.is_empty() {
        ExitCode::Held
    } else {
        ExitCode::Findings
    }
}

const fn meaning(code: ExitCode) -> &'static str {
    match code {
        ExitCode::Held => {
            "every rejection in scope is produced, and every bound approached from both sides"
        }
        ExitCode::Findings => "something in scope is missing",
        other => other.meaning(),
    }
}

/// Plays every attack on the server against the built-in reference.
async fn play(suite: &Suite, args: &CoverageArgs) -> Result<RunReport, Failure> {
    let selector = Selector {
        roles: vec![Role::Server],
        ..Selector::default()
    };
    let selection = selector.select(suite).map_err(Failure::usage)?;
    let options = RunOptions {
        seed: target::seed(args.play.seed)?,
        jobs: target::jobs(args.play.jobs),
        deadline: Duration::from_secs(args.play.deadline),
        confirmations: 0,
        mutant: None,
    };
    let (events, progress) = Progress::start();
    let binding = Arc::new(EmbeddedBinding::reference());
    let (report, _) = run(suite, &selection, binding, options, Events::to(events)).await;
    progress.finish().await;
    Ok(report)
}

/// The report of an earlier run of this very suite against the unmodified reference.
fn read(path: &Path, suite: &Suite) -> Result<RunReport, Failure> {
    // The folder that `run --report` was given is as good a name.
    let inside = path.join(REPORT);
    let path = if path.is_dir() { &inside } else { path };
    let refused = |why: String| Failure::usage(format!("--from {}: {why}", path.display()));
    let length = std::fs::metadata(path)
        .map_err(|error| refused(error.to_string()))?
        .len();
    if length > MAX_REPORT {
        return Err(refused(format!(
            "{length} bytes; expected at most {MAX_REPORT}"
        )));
    }
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let report: RunReport = serde_json::from_slice(&bytes)
        .map_err(|error| refused(format!("not a report: {error}")))?;
    if report.suite_digest != suite.digest {
        return Err(refused("the report of another suite than this".to_owned()));
    }
    if report.target.binding != "embedded" || report.target.mutant.is_some() {
        return Err(refused(
            "coverage is of the unmodified built-in reference, which names its rules".to_owned(),
        ));
    }
    Ok(report)
}

fn tables(coverage: &CoverageReport) -> String {
    let mut lines = vec![
        String::new(),
        bold(&format!(
            "{:<26}{:<11}{:<46}produced by",
            "rejection", "invariant", "answer"
        )),
    ];
    lines.extend(coverage.rejections.iter().map(rejection));
    lines.push(String::new());
    lines.push(bold(&format!(
        "{:<11}{:<80}inside / outside",
        "invariant", "bound"
    )));
    lines.extend(coverage.bounds.iter().map(bound));
    lines.push(String::new());
    lines.extend(coverage.missing.iter().map(|what| missing(what)));
    lines.push(totals(coverage));
    lines.join("\n")
}

fn rejection(rejected: &Rejected) -> String {
    let invariant = rejected
        .invariant
        .map_or_else(|| "–".to_owned(), |invariant| invariant.to_string());
    let by = match (&rejected.unreachable, rejected.seen.as_slice()) {
        (Some(reason), []) => dim(&format!("out of reach: {reason}")),
        (_, []) => missing(""),
        (_, seen) => names(seen),
    };
    let answer = format!("{} {}", rejected.status, rejected.code);
    format!(
        "{:<26}{invariant:<11}{answer:<46}{by}",
        rejected.rule.name()
    )
}

fn bound(approached: &Approached) -> String {
    let outside = match &approached.unreachable {
        Some(reason) => dim(&format!("out of reach: {reason}")),
        None => names(&approached.outside),
    };
    let line = format!(
        "{:<11}{:<80}{} / {outside}",
        approached.invariant,
        approached.about,
        inside(approached)
    );
    let faults = approached
        .missing
        .iter()
        .map(|what| format!("\n{}", missing(what)));
    faults.fold(line, |line, fault| line + &fault)
}

fn inside(approached: &Approached) -> String {
    let twins = approached.honest.iter();
    let twins: Vec<String> = twins.map(|attack| format!("twin of {attack}")).collect();
    let accepted = approached.inside.iter().map(AttackName::to_string);
    accepted.chain(twins).collect::<Vec<_>>().join(", ")
}

/// The first names, and how many more there are: JSON has them all.
fn names(attacks: &[AttackName]) -> String {
    let shown: Vec<String> = attacks
        .iter()
        .take(SHOWN)
        .map(AttackName::to_string)
        .collect();
    match attacks.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn missing(what: &str) -> String {
    let label = styled(AnsiColor::Red.on_default(), "MISSING");
    format!("{label} {what}").trim_end().to_owned()
}

fn totals(coverage: &CoverageReport) -> String {
    let reachable = coverage
        .rejections
        .iter()
        .filter(|rejected| rejected.unreachable.is_none());
    let (produced, unseen): (Vec<&Rejected>, Vec<&Rejected>) =
        reachable.partition(|rejected| !rejected.seen.is_empty());
    let approached = coverage
        .bounds
        .iter()
        .filter(|bound| bound.missing.is_empty())
        .count();
    format!(
        "{} of {} rejections produced, {} out of reach · {approached} of {} bounds approached from both \
         sides · {} error codes out of scope · {} missing",
        produced.len(),
        produced.len() + unseen.len(),
        coverage.rejections.len() - produced.len() - unseen.len(),
        coverage.bounds.len(),
        coverage.out_of_scope.len(),
        coverage.missing.len()
    )
}
