//! The matrix: rows down, roles across.

use crate::print::{bold, dim, verdict};
use gauntlet_arena::{Role, Verdict};
use gauntlet_runner::{NO_SCENARIO, RoleReport, RowReport, RunReport, Summary, attack_total};
use gauntlet_scenarios::Table;
use std::collections::BTreeMap;

/// Width of a role's cell and of a row's verdict.
const CELL: usize = 12;
const VERDICT: usize = 20;
/// Characters of a row's title.
const TITLE: usize = 58;

/// The report as a table, with its totals and what it was made from.
pub(crate) fn matrix(report: &RunReport) -> String {
    let mut lines = Vec::new();
    for table in [Table::Damage, Table::Contract] {
        let rows = report.rows.iter().filter(|row| row.table == table);
        let mut rows = rows.map(line).peekable();
        if rows.peek().is_some() {
            lines.extend([String::new(), heading(table)]);
            lines.extend(rows);
        }
    }
    lines.push(String::new());
    lines.push(format!("rows     {}", totals(&report.summary)));
    lines.push(format!("attacks  {}", totals(&attack_total(report))));
    lines.extend(untested_reasons(report));
    lines.extend(audits(report));
    lines.push(dim(&provenance(report)));
    lines.join("\n")
}

fn heading(table: Table) -> String {
    let roles: String = Role::ALL
        .iter()
        .map(|role| format!("{:CELL$}", role.name()))
        .collect();
    let about = match table {
        Table::Damage => "damage scenario",
        Table::Contract => "contract",
    };
    bold(&format!("{:<5}{:VERDICT$}{roles}{about}", "row", "verdict"))
}

fn line(row: &RowReport) -> String {
    let cells: String = Role::ALL.iter().map(|role| cell(row, *role)).collect();
    let shown = verdict(row.verdict, &format!("{:VERDICT$}", row.verdict.name()));
    format!("{:<5}{shown}{cells}{}", row.row, shorten(&row.title, TITLE))
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
            NO_SCENARIO => dim(&format!("untested {} roles: {reason}", places.len())),
            _ => format!("untested {}: {reason}", places.join(", ")),
        })
        .collect()
}

/// How deep the audits looked, each depth once: what held, held no deeper than that.
fn audits(report: &RunReport) -> Vec<String> {
    let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
    let played = report.rows.iter().flat_map(|row| &row.attacks);
    for attack in played.filter(|attack| !attack.audit.is_empty()) {
        // The clock's uncertainty, which differs from attack to attack, comes last.
        let depth = attack
            .audit
            .rsplit_once("; ")
            .map_or(attack.audit.as_str(), |(depth, _)| depth);
        *depths.entry(depth).or_default() += 1;
    }
    let line =
        |(depth, attacks): (&str, usize)| dim(&format!("audited  {attacks} attacks {depth}"));
    depths.into_iter().map(line).collect()
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

/// The text, cut with an ellipsis to at most `length` characters.
pub(crate) fn shorten(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let kept: String = text.chars().take(length.saturating_sub(1)).collect();
    format!("{kept}…")
}
