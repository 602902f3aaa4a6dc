//! `gauntlet sweep`: kill −9, start, and look for every write that was acknowledged.

use crate::args::{Format, SweepArgs};
use crate::child::Setup;
use crate::failure::Failure;
use crate::progress::SweepProgress;
use crate::run::to_json;
use crate::supervise::Supervision;
use crate::{print, target};
use gauntlet_arena::binding::{Allowance, HttpBinding, Provision, TargetFile};
use gauntlet_arena::capsule::{Breach, SweepFinding, SweepOptions, SweepReport, sweep as play};
use gauntlet_arena::{Role, Strictness, Verdict};
use gauntlet_mutants::plant;
use gauntlet_runner::{ExitCode, world_folder};
use gauntlet_server::{Clock, CrashPoint, SystemClock};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tempfile::TempDir;

/// Time for one call to the reference in its own process, in milliseconds; a start is part of some.
const TIMEOUT_MS: u64 = 20_000;
/// Lines of history that a finding is printed with, the newest.
const HISTORY: usize = 12;

/// Sweeps and reports.
///
/// # Errors
/// Bad arguments, or a server that can't be started.
pub(crate) async fn sweep(args: SweepArgs) -> Result<ExitCode, Failure> {
    let seed = target::seed(args.seed)?;
    if args.target.is_none() {
        known(&args.points)?;
    }
    let (file, served) = match &args.target {
        Some(path) => (TargetFile::read(path).map_err(Failure::usage)?, None),
        None => {
            let served = Served::start(args.mutant.clone()).await?;
            (served.target(), Some(served))
        }
    };
    let binding = HttpBinding::new(file, format!("{:016x}", target::seed(None)?));
    let options = SweepOptions {
        seed,
        kills: args.kills.and_then(|kills| usize::try_from(kills).ok()),
        points: args.points,
        deadline: Duration::from_secs(args.deadline),
    };
    let progress = SweepProgress::start();
    let mut report = play(&binding, &options, &|event| progress.show(&event)).await;
    progress.finish();
    report.mutant = args.mutant;
    if let Some(served) = served {
        served.stop(&report).await?;
    }
    match args.format {
        Format::Human => human(&report)?,
        Format::Json => print::out(&to_json(&report)?)?,
    }
    let code = code(&report);
    print::error(&format!("exit {}: {}", code.number(), meaning(&report)));
    Ok(code)
}

/// Crash points of the reference are known before it is started; those of another server it lists itself.
fn known(points: &[String]) -> Result<(), Failure> {
    let unknown = points.iter().find(|name| CrashPoint::named(name).is_none());
    let Some(unknown) = unknown else {
        return Ok(());
    };
    let names: Vec<String> = CrashPoint::all().map(|point| point.to_string()).collect();
    Err(Failure::usage(format!(
        "--points {unknown}: no crash point of the reference; expected some of {}",
        names.join(", ")
    )))
}

/// The reference in a process of its own, and its folder, which is removed at the end.
struct Served {
    supervision: Supervision,
    _folder: TempDir,
}

impl Served {
    async fn start(mutant: Option<String>) -> Result<Self, Failure> {
        if let Some(id) = &mutant {
            plant(id).map_err(Failure::usage)?;
        }
        let folder = world_folder().map_err(Failure::environment)?;
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let setup = Setup {
            data: folder.path().to_owned(),
            listen: anywhere,
            mutant,
            clock: SystemClock.now(),
            allowance: Allowance::default(),
        };
        Ok(Self {
            supervision: Supervision::start(setup, anywhere).await?,
            _folder: folder,
        })
    }

    fn target(&self) -> TargetFile {
        TargetFile {
            path: None,
            name: format!("reference {} over http", env!("CARGO_PKG_VERSION")),
            base_url: format!("http://{}", self.supervision.listening),
            path_prefix: "/v1".to_owned(),
            roles: vec![Role::Server],
            strictness: Strictness::Code,
            timeout_ms: TIMEOUT_MS,
            provision: Provision::Control {
                url: format!("http://{}", self.supervision.control),
            },
        }
    }

    /// Stops the server. One that was lost is no further failure where the report says so already.
    async fn stop(self, report: &SweepReport) -> Result<(), Failure> {
        match self.supervision.stop().await {
            Err(_) if report.verdict == Verdict::Error => Ok(()),
            stopped => stopped,
        }
    }
}

const fn code(report: &SweepReport) -> ExitCode {
    match report.verdict {
        Verdict::Held => ExitCode::Held,
        Verdict::Untested => ExitCode::Untested,
        Verdict::Error => ExitCode::Failed,
        Verdict::Invalid
        | Verdict::IrreparableDamage
        | Verdict::TransientDamage
        | Verdict::Nonconforming => ExitCode::Findings,
    }
}

/// What the exit code means here, in a few words.
const fn meaning(report: &SweepReport) -> &'static str {
    match report.verdict {
        Verdict::Held => "every acknowledged write is there",
        Verdict::Untested => "something was not swept",
        Verdict::Error => "the harness or the environment failed",
        Verdict::Invalid => "the honest client was refused without any kill",
        Verdict::IrreparableDamage => "an acknowledged write was lost",
        Verdict::TransientDamage | Verdict::Nonconforming => "there are findings",
    }
}

fn human(report: &SweepReport) -> Result<(), Failure> {
    print::out(&table(report))?;
    for finding in &report.findings {
        print::out(&described(finding))?;
    }
    Ok(())
}

fn table(report: &SweepReport) -> String {
    let mut lines = vec![print::bold(&line("point", &HEADINGS))];
    let rows = report.points.iter();
    for row in rows.filter(|row| row.kills + row.checked > 0) {
        let counts = [row.kills, row.interrupted, row.checked, row.lost];
        let verdict = match row.lost {
            0 => Verdict::Held,
            _ => Verdict::IrreparableDamage,
        };
        lines.push(print::verdict(verdict, &line(&row.point, &counts)));
    }
    for (names, what) in [
        (&report.never_reached, "never reached"),
        (
            &report.not_visited,
            "not visited: too few kills were asked for",
        ),
    ] {
        let untested = |name| print::verdict(Verdict::Untested, &format!("{name:<28}{what}"));
        lines.extend(names.iter().map(untested));
    }
    let interrupted = report.points.iter().map(|row| row.interrupted).sum();
    let totals = [report.kills, interrupted, report.checked, report.lost];
    lines.push(print::bold(&line("total", &totals)));
    lines.push(String::new());
    lines.push(format!(
        "{} kills, as the control surface says, in {} scripts; {} acknowledged writes, looked for {} times, {} lost",
        report.kills, report.scripts, report.acknowledged, report.checked, report.lost
    ));
    lines.push(print::dim(&format!(
        "{}, seed {}",
        report.target, report.seed
    )));
    lines.extend(report.stopped.as_ref().map(|why| format!("stopped: {why}")));
    lines.join("\n")
}

/// What the columns of the table count: kills, writes that they left without an answer, looks for an
/// acknowledged write after them, and writes that were not there.
const HEADINGS: [&str; 4] = ["kills", "interrupted", "checked", "lost"];

fn line<T: std::fmt::Display>(point: &str, counts: &[T; 4]) -> String {
    let [kills, interrupted, checked, lost] = counts;
    format!("{point:<28}{kills:>6} {interrupted:>12} {checked:>9} {lost:>6}")
}

fn described(finding: &SweepFinding) -> String {
    let harm = finding
        .harm
        .map(|harm| format!(" ({harm:?})").to_uppercase());
    let breach = match finding.breach {
        Breach::Lost => "acknowledged, and not there",
        Breach::Half => "not acknowledged, and there in part",
        Breach::Refused => "honest, and refused",
        Breach::Quota => "charged for other bytes than are held",
    };
    let title = format!(
        "\n{breach}{}: script {}, after: {}",
        harm.unwrap_or_default(),
        finding.script,
        finding.after
    );
    let mut lines = vec![
        print::verdict(Verdict::IrreparableDamage, &title),
        format!("  expected  {}", finding.expected),
        format!("  observed  {}", finding.observed),
    ];
    let skipped = finding.history.len().saturating_sub(HISTORY);
    lines.extend((skipped > 0).then(|| format!("  history   … {skipped} earlier")));
    let newest = finding.history.iter().skip(skipped);
    lines.extend(newest.map(|line| format!("  history   {line}")));
    lines.join("\n")
}
