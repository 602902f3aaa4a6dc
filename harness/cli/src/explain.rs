//! `gauntlet explain ROW`.

use crate::args::ExplainArgs;
use crate::failure::Failure;
use crate::print::{bold, dim, out};
use crate::run::suite;
use gauntlet_arena::Attack;
use gauntlet_runner::ExitCode;
use gauntlet_scenarios::Row;

/// Prints all that is known of a row.
///
/// # Errors
/// A row that the suite does not have.
pub(crate) fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let suite = suite()?;
    let row = suite.row(&args.row.to_ascii_uppercase()).ok_or_else(|| {
        Failure::usage(format!(
            "the suite {} has no row {:?}; `gauntlet list` names its rows",
            suite.name, args.row
        ))
    })?;
    out(&text(row))?;
    Ok(ExitCode::Held)
}

fn text(row: &Row) -> String {
    let classes: Vec<_> = row.classes.iter().map(|class| class.name()).collect();
    let roles: Vec<_> = row.roles.iter().map(|role| role.name()).collect();
    let invariants: Vec<_> = row.invariants.iter().map(u8::to_string).collect();
    let mut lines = vec![
        bold(&format!("Row {}: {}", row.id, row.title)),
        format!("  defence     {}", row.defence),
        format!(
            "  declared in {}",
            row.owner.as_deref().unwrap_or("this suite (extension row)")
        ),
        format!("  attacked by {} clients", classes.join(" and ")),
        format!("  defended by {}", roles.join(", ")),
    ];
    if !invariants.is_empty() {
        lines.push(format!("  invariants  {}", invariants.join(", ")));
    }
    for role in row
        .roles
        .iter()
        .filter(|role| row.attacks_on(**role).next().is_none())
    {
        lines.push(format!(
            "  untested    no scenario is written for the {role} yet"
        ));
    }
    lines.extend(row.attacks.iter().map(attack));
    let mutants = gauntlet_mutants::catalogue()
        .iter()
        .filter(|m| m.rows.contains(&row.id.as_str()));
    let mutants: Vec<String> = mutants
        .map(|mutant| format!("    {}  {}", mutant.id, dim(mutant.about)))
        .collect();
    if !mutants.is_empty() {
        lines.push(String::new());
        lines.push(bold("  mutants that the row catches"));
        lines.extend(mutants);
    }
    lines.join("\n")
}

fn attack(attack: &Attack) -> String {
    let expectation = &attack.expectation;
    let answers = match expectation.answers() {
        none if none.is_empty() => none,
        some => format!(", answered {some}"),
    };
    let needs: Vec<&str> = expectation.needs.iter().map(|hook| hook.name()).collect();
    let needs = match needs.as_slice() {
        [] => String::new(),
        needs => format!(
            "\n    needs       the hooks {}, where the target accepts it",
            needs.join(", ")
        ),
    };
    let trials = match attack.trials {
        1 => String::new(),
        many => format!("\n    trials      {many}, each in a world of its own"),
    };
    format!(
        "\n  {} ({})\n    {}\n    expected    {expectation}{answers}{needs}{trials}\n    clause      “{}” — {}",
        bold(attack.deviation.name),
        attack.role,
        attack.deviation.about,
        expectation.clause,
        expectation.source
    )
}
