//! A finding, as an implementer needs to see it: the clause, the difference, what followed, and one
//! command that shows it again.

use crate::matrix::shorten;
use crate::print::{bold, dim, verdict};
use gauntlet_arena::{AttackReport, Event, Evidence, Finding, Verdict};
use gauntlet_runner::{RowReport, RunReport};
use std::path::Path;

/// Lines of a message that are shown.
const SHOWN_LINES: usize = 14;
/// Characters of a line that are shown.
const SHOWN_CHARACTERS: usize = 220;
/// Characters of the difference that are shown: signed bytes in base64 are long.
const SHOWN_DIFFERENCE: usize = 1_000;

/// Every attack that did not hold, as text; advice comes last and says that it is advice.
pub(crate) fn findings(
    target: Option<&Path>,
    report: &RunReport,
    evidence: &[Evidence],
) -> Vec<String> {
    if let Some(obstacle) = &report.obstacle {
        return vec![stopped(obstacle)];
    }
    let mut texts = Vec::new();
    for row in &report.rows {
        for attack in &row.attacks {
            let shown = attack.verdict != Verdict::Held || !attack.findings.is_empty();
            if shown {
                let events = evidence
                    .iter()
                    .find(|kept| kept.digest == attack.evidence && kept.row == row.row)
                    .map_or(&[][..], |kept| kept.events.as_slice());
                texts.push(one(target, report, row, attack, events));
            }
        }
    }
    texts
}

/// What kept every attack from being played, said once.
fn stopped(obstacle: &str) -> String {
    let lines = [
        String::new(),
        bold("No attack was played: the honest clients could not be set up."),
        item("why", obstacle),
        item(
            "what to do",
            "see that the target runs; that the target file names its base-url, its path-prefix and, with \
             control, its provision.url; and that accounts and tokens are valid. An identity_mismatch means \
             that the accounts were set up with another salt: take that one, or other accounts",
        ),
    ];
    lines.join("\n")
}

fn one(
    target: Option<&Path>,
    report: &RunReport,
    row: &RowReport,
    attack: &AttackReport,
    events: &[Event],
) -> String {
    let advice = if attack.verdict == Verdict::Held {
        " (advice only)"
    } else {
        ""
    };
    let name = format!("row {} / {} / {}", row.row, attack.role, attack.deviation);
    let mut lines = vec![
        String::new(),
        format!(
            "{} {}{advice}",
            bold(&name),
            verdict(attack.verdict, attack.verdict.name())
        ),
        item("row", &row.title),
        item(
            "the client",
            &format!("({}) {}", attack.class, attack.about),
        ),
        item("expected", &attack.expectation),
    ];
    if attack.findings.is_empty() {
        lines.push(item("why", &attack.reason));
    }
    lines.extend(grouped(&attack.findings).iter().flat_map(finding));
    lines.extend(messages(events));
    lines.extend(attack.testimony.iter().map(|text| item("witness", text)));
    lines.push(item("beats", &beats(attack)));
    lines.push(item("audit", &attack.audit));
    if let Some(occurrences) = &attack.occurrences {
        lines.push(item("seen in", occurrences));
    }
    lines.extend(proof(attack));
    let digest = report.suite_digest.get(..12).unwrap_or_default();
    lines.push(item(
        "target",
        &format!(
            "{} · suite {digest} · seed {}",
            target_name(report),
            report.seed
        ),
    ));
    lines.push(item("again", &command(target, report, row, attack)));
    lines.join("\n")
}

/// A label and a text.
fn item(name: &str, text: &str) -> String {
    format!("{}{}", label(name), printable(text))
}

fn label(name: &str) -> String {
    format!("  {} ", dim(&format!("{name:<12}")))
}

/// Whatever a target said is shown without control characters, and without those that reorder or hide
/// text on a terminal (Unicode UAX #9 and zero-width characters).
pub(crate) fn printable(text: &str) -> String {
    let hides = |c: char| {
        matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
    };
    text.chars()
        .map(|c| if c.is_control() || hides(c) { ' ' } else { c })
        .collect()
}

/// Findings that break one promise in one way, seen by several eyes or at several moments.
struct Group<'a> {
    first: &'a Finding,
    /// How many more there are.
    more: usize,
}

/// The findings by what they come to, the worst first.
fn grouped(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let kind = |finding: &Finding| {
        let harm = finding.harm.map(|harm| format!("{harm:?}"));
        (finding.beat, finding.verdict, harm, finding.clause.clone())
    };
    for finding in findings {
        match groups
            .iter_mut()
            .find(|group| kind(group.first) == kind(finding))
        {
            Some(group) => group.more += 1,
            None => groups.push(Group {
                first: finding,
                more: 0,
            }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.first.verdict));
    groups
}

fn finding(group: &Group<'_>) -> Vec<String> {
    let finding = group.first;
    let mut graded = finding.verdict.name().to_owned();
    if let Some(harm) = finding.harm {
        graded.push_str(&format!(" ({})", format!("{harm:?}").to_uppercase()));
    }
    match finding.surfaced {
        Some(true) => graded.push_str(", surfaced"),
        Some(false) => graded.push_str(", and nobody is told"),
        None => {}
    }
    let found = verdict(finding.verdict, &graded);
    let mut lines = vec![
        format!("{}in {}: {found}", label("found"), finding.beat),
        item(
            "  clause",
            &format!("“{}” — {}", finding.clause, finding.source),
        ),
        item("  contract", &finding.expected),
        item("  observed", &finding.observed),
    ];
    if group.more > 0 {
        let more = format!(
            "{} more of this kind, by other eyes and at other moments (all in the report)",
            group.more
        );
        lines.push(item("  and", &more));
    }
    lines
}

/// The message that control and recovery send, the one that the attack sent, and their difference.
fn messages(events: &[Event]) -> Vec<String> {
    let deviation = events.iter().find_map(|event| match event {
        Event::Deviation {
            honest,
            sent,
            difference,
            ..
        } => Some((honest, sent, difference)),
        _ => None,
    });
    let Some((honest, sent, difference)) = deviation else {
        return Vec::new();
    };
    let mut lines = vec![item("difference", &shorten(difference, SHOWN_DIFFERENCE))];
    lines.push(item("honest", "what control and recovery send:"));
    lines.extend(shown(honest));
    lines.push(item("attack", "what was sent in its place:"));
    lines.extend(shown(sent));
    lines
}

fn shown(message: &str) -> Vec<String> {
    let mut lines: Vec<String> = message
        .lines()
        .take(SHOWN_LINES)
        .map(|line| format!("      {}", printable(&shorten(line, SHOWN_CHARACTERS))))
        .collect();
    if message.lines().count() > SHOWN_LINES {
        lines.push("      …".to_owned());
    }
    lines
}

fn beats(attack: &AttackReport) -> String {
    if attack.beats.is_empty() {
        return "none was played".to_owned();
    }
    let mark = |passed: bool| if passed { "✓" } else { "✗" };
    let played = attack
        .beats
        .iter()
        .map(|beat| format!("{} {}", beat.beat, mark(beat.passed)));
    played.collect::<Vec<_>>().join("  ")
}

/// The mutants that prove that this very attack can fail.
fn proof(attack: &AttackReport) -> Option<String> {
    let caught: Vec<&str> = gauntlet_mutants::catalogue()
        .iter()
        .filter(|mutant| mutant.killers.contains(&attack.deviation.as_str()))
        .map(|mutant| mutant.id)
        .collect();
    (!caught.is_empty()).then(|| {
        item(
            "proven by",
            &format!("this attack also catches {}", caught.join(", ")),
        )
    })
}

fn target_name(report: &RunReport) -> String {
    match &report.target.mutant {
        Some(id) => format!("{} with {id} planted", report.target.name),
        None => report.target.name.clone(),
    }
}

fn command(
    target: Option<&Path>,
    report: &RunReport,
    row: &RowReport,
    attack: &AttackReport,
) -> String {
    let mut command = format!(
        "gauntlet run --rows {} --role {} --deviation {} --seed {}",
        row.row, attack.role, attack.deviation, report.seed
    );
    if let Some(path) = target {
        command.push_str(&format!(" --target {}", path.display()));
    }
    if let Some(id) = &report.target.mutant {
        command.push_str(&format!(" --mutant {id}"));
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_arena::{Beat, Harm, Source};

    #[test]
    fn findings_of_one_kind_are_shown_once_and_the_worst_first() {
        let finding = |verdict, harm, observed: &str| Finding {
            beat: Beat::Recovery,
            verdict,
            harm,
            surfaced: None,
            clause: "c".to_owned(),
            source: Source::S,
            expected: "e".to_owned(),
            observed: observed.to_owned(),
        };
        let damage = Verdict::IrreparableDamage;
        let findings = [
            finding(Verdict::TransientDamage, None, "one"),
            finding(damage, Some(Harm::Lost), "two"),
            finding(damage, Some(Harm::Lost), "three"),
            finding(damage, Some(Harm::Silent), "four"),
        ];
        let shown: Vec<_> = grouped(&findings)
            .iter()
            .map(|group| (group.first.observed.clone(), group.more))
            .collect();
        let expected = [("two", 1), ("four", 0), ("one", 0)];
        assert_eq!(shown, expected.map(|(text, more)| (text.to_owned(), more)));
    }

    #[test]
    fn what_a_target_says_can_neither_move_the_cursor_nor_reorder_the_line() {
        let hostile = "a\u{1b}[2J\u{202e}b\u{2066}c\u{200b}d\u{feff}é";
        assert_eq!(printable(hostile), "a [2J b c d é");
    }
}
