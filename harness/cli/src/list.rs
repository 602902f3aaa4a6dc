//! `gauntlet list`.

use crate::args::ListArgs;
use crate::failure::Failure;
use crate::print::{bold, dim, out};
use crate::run::suite;
use crate::screen::{self, shorten, wrapped};
use gauntlet_runner::ExitCode;
use gauntlet_scenarios::Row;
use gauntlet_simulator::catalogue;
use gauntlet_wire::rule::Rule;

/// Prints rows, deviations or rules.
///
/// # Errors
/// Standard output is closed.
pub(crate) fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    if args.rules {
        return rules();
    }
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
    let width = screen::width();
    for row in &suite()?.rows {
        out(&line(row, width))?;
    }
    Ok(ExitCode::Held)
}

/// Every rule of the contract with the answer that a refusal by it has.
fn rules() -> Result<ExitCode, Failure> {
    let width = screen::width();
    out(&bold(&format!(
        "{:<26}{:<11}{:<8}error code",
        "rule", "invariant", "status"
    )))?;
    for rule in Rule::ALL {
        let invariant = rule.invariant().map_or("–".to_owned(), |n| n.to_string());
        out(&format!(
            "{:<26}{invariant:<11}{:<8}{}",
            rule.name(),
            rule.status(),
            rule.code()
        ))?;
        for text in wrapped(rule.about(), width, 4) {
            out(&dim(&format!("    {text}")))?;
        }
    }
    Ok(ExitCode::Held)
}

/// Columns before a row's title, and the least that is shown of it.
const COLUMNS: usize = 58;
const TITLE: usize = 20;

fn line(row: &Row, width: Option<usize>) -> String {
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
        match width {
            Some(width) => shorten(&row.title, width.saturating_sub(COLUMNS).max(TITLE)),
            None => row.title.clone(),
        }
    )
}
