//! `gauntlet list`.

use crate::args::ListArgs;
use crate::failure::Failure;
use crate::matrix::shorten;
use crate::print::{bold, out};
use crate::run::suite;
use gauntlet_runner::ExitCode;
use gauntlet_scenarios::Row;
use gauntlet_simulator::catalogue;

/// Prints rows or deviations.
///
/// # Errors
/// Standard output is closed.
pub(crate) fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    if args.deviations {
        for deviation in catalogue() {
            out(&format!(
                "{}  ({})\n    {}",
                bold(deviation.name),
                deviation.class,
                deviation.about
            ))?;
        }
        return Ok(ExitCode::Held);
    }
    out(&bold(&format!(
        "{:<5}{:<11}{:<20}{:<13}{:<9}damage scenario, or what of the contract",
        "row", "class", "roles", "invariants", "attacks"
    )))?;
    for row in &suite()?.rows {
        out(&line(row))?;
    }
    Ok(ExitCode::Held)
}

fn line(row: &Row) -> String {
    let classes: Vec<_> = row.classes.iter().map(|class| class.name()).collect();
    let roles: Vec<_> = row.roles.iter().map(|role| role.name()).collect();
    let invariants: Vec<_> = row.invariants.iter().map(u8::to_string).collect();
    let attacks = match row.attacks.len() {
        0 => "–".to_owned(),
        count => count.to_string(),
    };
    format!(
        "{:<5}{:<11}{:<20}{:<13}{attacks:<9}{}",
        row.id,
        shorten(&classes.join(","), 10),
        shorten(&roles.join(","), 19),
        invariants.join(","),
        shorten(&row.title, 80)
    )
}
