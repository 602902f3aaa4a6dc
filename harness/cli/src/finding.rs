//! A finding, as an implementer needs to see it: what was sent, what came of it, cause before consequence,
//! what the witness saw, and one command that shows it again.

use crate::files::{ReportPlace, evidence_name};
use crate::invocation::{program, quoted};
use crate::messages::listing;
use crate::page::Page;
use crate::print::{bold, verdict};
use crate::screen::shorten;
use crate::witness;
use gauntlet_arena::{AttackReport, Beat, Event, Evidence, Finding, Verdict};
use gauntlet_runner::{Obstacle, ObstacleKind, RowReport, RunReport};
use std::path::PathBuf;

#[cfg(test)]
mod tests;

/// Differences that are shown, and characters of one.
const DIFFERENCES: usize = 10;
const DIFFERENCE: usize = 320;
/// Characters of what was expected or observed.
const OBSERVED: usize = 1_200;
/// Attacks that are named of a group.
const NAMED: usize = 12;

/// How a run was called, for the commands that repeat a part of it.
pub(crate) struct Called {
    /// The target file, as it was named.
    pub(crate) target: Option<PathBuf>,
    /// Seconds that one attack may take, where that is not the default.
    pub(crate) deadline: Option<u64>,
    /// Where the report goes.
    pub(crate) report: Option<ReportPlace>,
}

/// What a text is made from.
struct Context<'a> {
    called: &'a Called,
    report: &'a RunReport,
    evidence: &'a [Evidence],
    width: Option<usize>,
}

/// Every attack that did not hold, as text; advice says that it is advice, and attacks that ended for one
/// and the same reason, without a finding, are told of once.
pub(crate) fn findings(
    called: &Called,
    report: &RunReport,
    evidence: &[Evidence],
    width: Option<usize>,
) -> Vec<String> {
    if let Some(obstacle) = &report.obstacle {
        return vec![stopped(obstacle, width)];
    }
    let context = Context {
        called,
        report,
        evidence,
        width,
    };
    let mut texts = Vec::new();
    let mut ended: Vec<Vec<(&RowReport, &AttackReport)>> = Vec::new();
    let attacks = report
        .rows
        .iter()
        .flat_map(|row| row.attacks.iter().map(move |attack| (row, attack)));
    for (row, attack) in attacks {
        let alike = |group: &&mut Vec<(&RowReport, &AttackReport)>| {
            let mut first = group.iter().take(1);
            first.any(|(_, one)| (one.verdict, &one.reason) == (attack.verdict, &attack.reason))
        };
        if !attack.findings.is_empty() {
            texts.push(context.one(row, attack));
        } else if attack.verdict != Verdict::Held {
            match ended.iter_mut().find(alike) {
                Some(group) => group.push((row, attack)),
                None => ended.push(vec![(row, attack)]),
            }
        }
    }
    texts.extend(ended.iter().map(|group| match group.as_slice() {
        [(row, attack)] => context.one(row, attack),
        group => context.group(group),
    }));
    texts
}

fn name(row: &RowReport, attack: &AttackReport) -> String {
    format!("row {} / {} / {}", row.row, attack.role, attack.deviation)
}

/// What kept every attack from being played, said once.
fn stopped(obstacle: &Obstacle, width: Option<usize>) -> String {
    let (heading, advice) = match obstacle.kind {
        ObstacleKind::Configuration => (
            "No attack was played: the target file does not fit the target.",
            "mend what is named above: base-url, path-prefix, provision.url, or salt, user-id and \
             access-tokens of the accounts",
        ),
        ObstacleKind::Target => (
            "No attack was played: the target refuses honest clients.",
            "see that the target file names the right server; what an honest client sends first is in \
             docs/control.md and docs/openapi.json",
        ),
        ObstacleKind::Environment => (
            "No attack was played: the honest clients could not be set up.",
            "see that the target runs, and that base-url and, with control, provision.url are where it \
             listens",
        ),
    };
    let mut page = Page::new(bold(heading), width);
    page.item("why", &obstacle.what);
    page.item("what to do", advice);
    page.text()
}

impl Context<'_> {
    /// Attacks that ended for one and the same reason, without a finding.
    fn group(&self, attacks: &[(&RowReport, &AttackReport)]) -> String {
        let Some((_, first)) = attacks.first() else {
            return String::new();
        };
        let heading = format!(
            "{} {}",
            bold(&format!("{} attacks", attacks.len())),
            verdict(first.verdict, first.verdict.name())
        );
        let mut page = Page::new(heading, self.width);
        page.item("why", &first.reason);
        let named = attacks
            .iter()
            .take(NAMED)
            .map(|(row, attack)| name(row, attack));
        let mut named = named.collect::<Vec<_>>().join(", ");
        if attacks.len() > NAMED {
            named.push_str(&format!(", and {} more", attacks.len() - NAMED));
        }
        page.item("attacks", &named);
        page.text()
    }

    fn one(&self, row: &RowReport, attack: &AttackReport) -> String {
        let advice = match attack.verdict {
            Verdict::Held => " (advice only)",
            _ => "",
        };
        let heading = format!(
            "{} {}{advice}",
            bold(&name(row, attack)),
            verdict(attack.verdict, attack.verdict.name())
        );
        let mut page = Page::new(heading, self.width);
        page.item("row", &row.title);
        page.item(
            "the client",
            &format!("({}) {}", attack.class, attack.about),
        );
        page.item("expected", &attack.expectation);
        if !attack.findings.is_empty() {
            self.messages(&mut page, row, attack);
        }
        if attack.findings.is_empty() || attack.verdict >= Verdict::Invalid {
            page.item("why", &shorten(&attack.reason, OBSERVED));
        }
        self.found(&mut page, attack);
        for testimony in &attack.testimony {
            witness::write(&mut page, testimony);
        }
        page.item("beats", &beats(attack));
        page.item("audit", &attack.audit);
        if let Some(occurrences) = &attack.occurrences {
            page.item("seen in", occurrences);
        }
        if let Some(trials) = &attack.trials {
            let seen = format!(
                "{} of {} trials, each in a fresh world",
                trials.found, trials.played
            );
            page.item("seen in", &seen);
        }
        if let Some(proof) = proof(attack) {
            page.item("proven by", &proof);
        }
        page.item("target", &self.target());
        page.item("evidence", &self.evidence(row, attack));
        page.item("again", &self.command(row, attack));
        page.text()
    }

    /// Where the message that was sent differs from the honest one, and the two of them.
    fn messages(&self, page: &mut Page, row: &RowReport, attack: &AttackReport) {
        for (index, part) in attack.difference.iter().take(DIFFERENCES).enumerate() {
            let label = if index == 0 { "difference" } else { "" };
            page.item(label, &shorten(part, DIFFERENCE));
        }
        let more = attack.difference.len().saturating_sub(DIFFERENCES);
        if more > 0 {
            page.item("", &format!("… and {more} more ({})", self.whole()));
        }
        let kept = self
            .evidence
            .iter()
            .find(|kept| kept.digest == attack.evidence && kept.row == row.row);
        let mut events = kept.into_iter().flat_map(|kept| &kept.events);
        let sent = events.find_map(|event| match event {
            Event::Deviation { honest, sent, .. } => Some((honest, sent)),
            _ => None,
        });
        if let Some((honest, sent)) = sent {
            page.item(
                "messages",
                "− what control and recovery send, + what the attack sent in its place",
            );
            page.lines(listing(honest, sent, page.width()));
        }
    }

    /// Findings as they followed from each other, the cause first, each kind once.
    fn found(&self, page: &mut Page, attack: &AttackReport) {
        let groups = grouped(&attack.findings);
        let cause = groups
            .first()
            .filter(|group| group.first.decisive && groups.len() > 1);
        for (index, group) in groups.iter().enumerate() {
            let label = match cause {
                Some(_) if index == 0 => "cause",
                Some(_) => "led to",
                None => "found",
            };
            let finding = group.first;
            page.graded(
                label,
                finding.verdict,
                &format!("in {}: {}", finding.beat, graded(finding)),
            );
            if index == 0 || cause.is_none_or(|cause| cause.first.clause != finding.clause) {
                page.item(
                    "  clause",
                    &format!("“{}” — {}", finding.clause, finding.source),
                );
            }
            // What stands above is not said again.
            if ![&finding.clause, &attack.expectation].contains(&&finding.expected) {
                page.item("  contract", &shorten(&finding.expected, OBSERVED));
            }
            page.item("  observed", &shorten(&finding.observed, OBSERVED));
            if group.more > 0 {
                let more = format!(
                    "{} more of this kind, by other eyes or at other moments ({})",
                    group.more,
                    self.whole()
                );
                page.item("  and", &more);
            }
        }
    }

    /// Where all that is cut here is.
    fn whole(&self) -> String {
        match &self.called.report {
            Some(place) => format!("all in {}", place.report().display()),
            None => "--report DIR keeps them all".to_owned(),
        }
    }

    fn evidence(&self, row: &RowReport, attack: &AttackReport) -> String {
        let kept = self
            .evidence
            .iter()
            .find(|kept| kept.digest == attack.evidence && kept.row == row.row);
        match (&self.called.report, kept) {
            (_, None) => "none: the attack was not played".to_owned(),
            (None, Some(_)) => "not kept; --report DIR keeps every exchange".to_owned(),
            (Some(place), Some(kept)) => place.evidence(&evidence_name(kept)).display().to_string(),
        }
    }

    fn target(&self) -> String {
        let report = self.report;
        let planted = report.target.mutant.as_deref();
        let planted = planted.map(|id| format!(" with {id} planted"));
        format!(
            "{}{} · suite {} · seed {}",
            report.target.name,
            planted.unwrap_or_default(),
            report.suite_digest.get(..12).unwrap_or_default(),
            report.seed
        )
    }

    /// The command that plays the attack again.
    fn command(&self, row: &RowReport, attack: &AttackReport) -> String {
        let mut command = format!(
            "{} run --rows {} --role {} --deviation {} --seed {}",
            program(),
            row.row,
            attack.role,
            attack.deviation,
            self.report.seed
        );
        if let Some(path) = &self.called.target {
            command.push_str(&format!(" --target {}", quoted(&path.to_string_lossy())));
        }
        if let Some(id) = &self.report.target.mutant {
            command.push_str(&format!(" --mutant {id}"));
        }
        if let Some(seconds) = self.called.deadline {
            command.push_str(&format!(" --deadline {seconds}"));
        }
        command
    }
}

/// What a finding comes to, in words.
fn graded(finding: &Finding) -> String {
    let mut graded = finding.verdict.name().to_owned();
    if let Some(harm) = finding.harm {
        graded.push_str(&format!(" ({})", format!("{harm:?}").to_uppercase()));
    }
    match finding.surfaced {
        Some(true) => graded.push_str(", surfaced"),
        Some(false) => graded.push_str(", and nobody is told"),
        None => {}
    }
    graded
}

/// Findings that break one promise in one way, seen by several eyes or at several moments.
struct Group<'a> {
    first: &'a Finding,
    /// How many more there are.
    more: usize,
}

/// The findings in the order in which they followed from each other: the decisive answer, then beat by
/// beat, and of one beat the worst first.
fn grouped(findings: &[Finding]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let kind = |finding: &Finding| {
        let harm = finding.harm.map(|harm| format!("{harm:?}"));
        let told = (finding.decisive, finding.beat, finding.verdict);
        (told, harm, finding.clause.clone())
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
    groups.sort_by_key(|group| {
        let finding = group.first;
        (
            !finding.decisive,
            finding.beat,
            std::cmp::Reverse(finding.verdict),
        )
    });
    groups
}

fn beats(attack: &AttackReport) -> String {
    if attack.beats.is_empty() {
        return "none was played".to_owned();
    }
    let mark = |beat: Beat| {
        let played = attack.beats.iter().find(|played| played.beat == beat);
        played.map_or(
            "not reached",
            |played| if played.passed { "✓" } else { "✗" },
        )
    };
    let all = Beat::ALL.map(|beat| format!("{beat} {}", mark(beat)));
    all.join("  ")
}

/// The mutants that prove that this very attack can fail.
fn proof(attack: &AttackReport) -> Option<String> {
    let caught: Vec<&str> = gauntlet_mutants::catalogue()
        .iter()
        .filter(|mutant| mutant.killers.contains(&attack.deviation.as_str()))
        .map(|mutant| mutant.id)
        .collect();
    (!caught.is_empty()).then(|| {
        format!(
            "this attack is proven able to fail by {}",
            caught.join(", ")
        )
    })
}
