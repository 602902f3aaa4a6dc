//! `gauntlet replay EVIDENCE`.

use crate::args::{Format, ReplayArgs};
use crate::failure::Failure;
use crate::run::{suite, to_json};
use crate::screen::printable;
use crate::{print, target};
use gauntlet_arena::Verdict;
use gauntlet_runner::{ExitCode, Replay, read_evidence, replay as replay_evidence};
use std::time::Duration;

/// Plays the attack of an evidence file again and compares.
///
/// # Errors
/// Evidence that can't be read, or names an attack that is no more.
pub(crate) async fn replay(args: ReplayArgs) -> Result<ExitCode, Failure> {
    let suite = suite()?;
    let recorded = read_evidence(&args.evidence).map_err(Failure::usage)?;
    if recorded.binding != "embedded" && args.target.is_none() {
        return Err(Failure::usage(format!(
            "{}: recorded against {:?}; name its target file with --target",
            args.evidence.display(),
            recorded.target
        )));
    }
    let binding = target::binding(args.target.as_deref(), recorded.mutant.as_deref())?;
    let deadline = Duration::from_secs(args.deadline);
    let replay = replay_evidence(&suite, binding.as_ref(), &recorded, deadline)
        .await
        .map_err(Failure::usage)?;
    match args.format {
        Format::Json => print::out(&to_json(&replay.report)?)?,
        Format::Human => {
            let name = format!(
                "row {} / {} / {}",
                recorded.row, recorded.role, recorded.deviation
            );
            print::out(&format!("{name}, seed {}", recorded.seed))?;
            let planted = recorded
                .mutant
                .as_deref()
                .map(|id| format!(" with {id} planted"));
            let target = &binding.target().name;
            print::out(&format!(
                "  target    {target}{}",
                planted.unwrap_or_default()
            ))?;
            let recorded_as = print::verdict(recorded.verdict, recorded.verdict.name());
            print::out(&format!("  recorded  {recorded_as}  {}", recorded.digest))?;
            let report = &replay.report;
            let now = print::verdict(report.verdict, report.verdict.name());
            print::out(&format!("  replayed  {now}  {}", report.evidence))?;
            print::out(&format!("  {}", comparison(&replay)))?;
            print::out(&format!("  {}", printable(&report.reason)))?;
        }
    }
    Ok(exit_code(replay.report.verdict))
}

fn comparison(replay: &Replay) -> &'static str {
    match (replay.same_verdict, replay.same_digest) {
        (true, true) => "the same verdict, and the same evidence to the byte",
        (true, false) => "the same verdict; other bytes were exchanged than recorded",
        (false, _) => "ANOTHER VERDICT than recorded",
    }
}

fn exit_code(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Held => ExitCode::Held,
        Verdict::Untested => ExitCode::Untested,
        Verdict::Error => ExitCode::Failed,
        Verdict::Nonconforming
        | Verdict::TransientDamage
        | Verdict::IrreparableDamage
        | Verdict::Invalid => ExitCode::Findings,
    }
}
