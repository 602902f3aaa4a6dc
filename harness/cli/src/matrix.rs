//! The matrix: rows down, roles across.

use crate::print::{bold, dim, verdict};
use crate::screen::{shorten, wrapped};
use gauntlet_arena::{Role, Verdict};
use gauntlet_runner::{NO_SCENARIO, RoleReport, RowReport, RunReport, Summary, attack_total};
use gauntlet_scenarios::Table;
use std::collections::BTreeMap;

/// Width of a row's id, of its verdict, and of a role's cell.
const ID: usize = 5;
const VERDICT: usize = 20;
const CELL: usize = 12;
/// Characters that a title needs at least, to say something.
const TITLE: usize = 24;

/// What there is room for.
#[derive(Debug, PartialEq, Eq)]
struct Layout {
    /// The roles that have a column.
    roles: Vec<Role>,
    /// Whether titles stand on lines of their own.
    below: bool,
    /// Characters of a title; `None` for all.
    title: Option<usize>,
}

impl Layout {
    /// The roles that a row names have columns, as long as these fit; titles stand beside them, or below
    /// where they would be too short.
    fn of(report: &RunReport, width: Option<usize>) -> Self {
        let named = |role: &Role| {
            let mut roles = report.rows.iter().flat_map(|row| &row.roles);
            roles.any(|report| report.role == *role)
        };
        let roles: Vec<Role> = Role::ALL.into_iter().filter(named).collect();
        let Some(width) = width else {
            return Self {
                roles,
                below: false,
                title: None,
            };
        };
        let taken = |roles: &[Role]| ID + VERDICT + CELL * roles.len();
        let roles = if taken(&roles) <= width {
            roles
        } else {
            Vec::new()
        };
        let rest = width.saturating_sub(taken(&roles));
        let below = rest < TITLE;
        Self {
            roles,
            below,
            title: Some(if below {
                width.saturating_sub(ID)
            } else {
                rest
            }),
        }
    }
}

/// The report as tables that keep to `width` columns, with their totals and what they were made from.
pub(crate) fn matrix(report: &RunReport, width: Option<usize>) -> String {
    let layout = Layout::of(report, width);
    let mut lines = Vec::new();
    for table in [Table::Damage, Table::Contract] {
        let rows = report.rows.iter().filter(|row| row.table == table);
        let mut rows = rows.map(|row| line(row, &layout)).peekable();
        if rows.peek().is_some() {
            lines.extend([String::new(), heading(table, &layout)]);
            lines.extend(rows);
        }
    }
    lines.push(String::new());
    lines.push(format!("rows     {}", totals(&report.summary)));
    lines.push(format!("attacks  {}", totals(&attack_total(report))));
    let quiet = |text: String| wrapped(&text, width, 0).into_iter().map(|line| dim(&line));
    lines.extend(untested_reasons(report).into_iter().flat_map(quiet));
    lines.extend(audits(report).into_iter().flat_map(quiet));
    lines.extend(trials(report).into_iter().flat_map(quiet));
    lines.extend(quiet(provenance(report)));
    lines.join("\n")
}

fn heading(table: Table, layout: &Layout) -> String {
    let roles: String = layout
        .roles
        .iter()
        .map(|role| format!("{:CELL$}", role.name()))
        .collect();
    let about = match (layout.below, table) {
        (true, _) => "",
        (false, Table::Damage) => "damage scenario",
        (false, Table::Contract) => "contract",
    };
    let text = format!("{:ID$}{:VERDICT$}{roles}{about}", "row", "verdict");
    bold(text.trim_end())
}

fn line(row: &RowReport, layout: &Layout) -> String {
    let cells: String = layout.roles.iter().map(|role| cell(row, *role)).collect();
    let shown = verdict(row.verdict, &format!("{:VERDICT$}", row.verdict.name()));
    let title = match layout.title {
        Some(length) => shorten(&row.title, length),
        None => row.title.clone(),
    };
    if layout.below {
        let indent = " ".repeat(ID);
        format!("{:ID$}{shown}{cells}\n{indent}{}", row.row, dim(&title))
    } else {
        format!("{:ID$}{shown}{cells}{title}", row.row)
    }
}

/// How many attacks on the role held, of how many; a dot where the row does not name the role.
fn cell(row: &RowReport, role: Role) -> String {
    let Some(report) = row.roles.iter().find(|report| report.role == role) else {
        return dim(&format!("{:CELL$}", "·"));
    };
    let attacks: Vec<_> = row
        .attacks
        .iter()
        .filter(|attack| attack.role == role)
        .collect();
    let held = attacks
        .iter()
        .filter(|attack| attack.verdict == Verdict::Held)
        .count();
    let text = match attacks.len() {
        0 => "untested".to_owned(),
        all => format!("{held}/{all} held"),
    };
    verdict(report.verdict, &format!("{text:CELL$}"))
}

fn totals(summary: &Summary) -> String {
    let counted: Vec<String> = Verdict::ALL
        .iter()
        .filter(|one| summary.count(**one) > 0)
        .map(|one| verdict(*one, &format!("{} {one}", summary.count(*one))))
        .collect();
    match summary.total {
        0 => "none".to_owned(),
        total => format!("{} of {total}", counted.join(", ")),
    }
}

/// Why roles are untested, each reason once with the rows that it concerns. What is not written yet is
/// only counted: the rows say so themselves.
fn untested_reasons(report: &RunReport) -> Vec<String> {
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in &report.rows {
        let untested = |role: &&RoleReport| role.verdict == Verdict::Untested;
        for role in row.roles.iter().filter(untested) {
            let place = format!("row {} ({})", row.row, role.role);
            reasons.entry(&role.reason).or_default().push(place);
        }
    }
    reasons
        .into_iter()
        .map(|(reason, places)| match reason {
            NO_SCENARIO => format!("untested {} roles: {reason}", places.len()),
            _ => format!("untested {}: {reason}", places.join(", ")),
        })
        .collect()
}

/// How deep the audits looked, each depth once: what held, held no deeper than that.
fn audits(report: &RunReport) -> Vec<String> {
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    let played = report.rows.iter().flat_map(|row| &row.attacks);
    for attack in played.filter(|attack| !attack.beats.is_empty()) {
        // The clock's uncertainty, which differs from attack to attack, comes last.
        let depth = attack
            .audit
            .rsplit_once("; ")
            .map_or(attack.audit.as_str(), |(depth, _)| depth);
        *depths.entry(depth).or_default() += 1;
    }
    let line = |(depth, attacks): (&str, usize)| format!("audited  {} {depth}", counted(attacks));
    depths.into_iter().map(line).collect()
}

/// In how many worlds races were played, each number once: what held, held no more often than that.
fn trials(report: &RunReport) -> Vec<String> {
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    let played = report.rows.iter().flat_map(|row| &row.attacks);
    for trials in played.filter_map(|attack| attack.trials) {
        *counts.entry(trials.played).or_default() += 1;
    }
    let line = |(trials, races): (u32, usize)| {
        let each = if races == 1 { "" } else { " each" };
        format!("raced    {} in {trials} trials{each}", counted(races))
    };
    counts.into_iter().map(line).collect()
}

fn counted(attacks: usize) -> String {
    match attacks {
        1 => "1 attack".to_owned(),
        more => format!("{more} attacks"),
    }
}

fn provenance(report: &RunReport) -> String {
    let mutant = report
        .target
        .mutant
        .as_deref()
        .map(|id| format!(" with {id} planted"));
    format!(
        "target {}{} ({}) · suite {} · seed {}",
        report.target.name,
        mutant.unwrap_or_default(),
        report.target.binding,
        shorten(&report.suite_digest, 13),
        report.seed
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> RunReport {
        let role = |role: Role| json!({ "role": role, "verdict": "held", "reason": "" });
        let row = |id: &str, roles: &[Role]| {
            let roles: Vec<_> = roles.iter().map(|one| role(*one)).collect();
            json!({
                "suite": "capsule", "table": "damage", "row": id, "title": "A long title of a damage that is attempted here",
                "roles": roles, "verdict": "irreparable-damage", "attacks": [], "duration_ms": 0,
            })
        };
        let target = json!({
            "name": "a target with a name of some length", "binding": "http", "roles": [],
            "strictness": "code",
        });
        let rows = [
            row("3", &[Role::Server]),
            row("33", &[Role::Server, Role::Peer]),
        ];
        let whole = json!({
            "schema": 2, "seed": 7, "target": target, "suite_digest": "0123456789abcdef",
            "summary": { "total": 2 }, "rows": rows,
        });
        serde_json::from_value(whole).unwrap()
    }

    #[test]
    fn the_table_keeps_to_the_terminal_and_shows_the_roles_that_there_are() {
        for width in [40, 50, 60, 73, 80, 120, 300] {
            let text = matrix(&report(), Some(width));
            let plain = anstream::adapter::strip_str(&text).to_string();
            for line in plain.lines() {
                assert!(line.chars().count() <= width, "{width}: {line:?}");
            }
            for shown in ["33", "irreparable-damage", "A long title"] {
                assert!(plain.contains(shown), "{width}: {plain}");
            }
            assert_eq!(plain.contains("peer"), width >= 50, "{width}");
            assert!(!plain.contains("index"), "{plain}");
        }
    }

    #[test]
    fn what_is_no_terminal_gets_whole_titles() {
        let text = matrix(&report(), None);
        assert!(
            text.contains("A long title of a damage that is attempted here"),
            "{text}"
        );
    }
}
