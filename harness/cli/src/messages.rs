//! The message that control and recovery send beside the one that the attack sent, as one listing in which
//! the difference is marked.

use crate::print::{dim, styled};
use crate::screen::{printable, shorten};
use anstyle::{AnsiColor, Style};

/// Lines of the whole listing, and unchanged lines of a body around a changed one.
const LINES: usize = 60;
const CONTEXT: usize = 1;
/// Characters of a line where nothing else bounds it.
const CHARACTERS: usize = 160;
/// Before every line: the mark stands in it.
const INDENT: &str = "      ";

/// One line of the listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'a> {
    Same(&'a str),
    Honest(&'a str),
    Sent(&'a str),
}

impl<'a> Line<'a> {
    const fn text(self) -> &'a str {
        match self {
            Self::Same(text) | Self::Honest(text) | Self::Sent(text) => text,
        }
    }
}

/// The two messages in one listing: − only honest, + only sent. Of a body only what is around a difference
/// is shown.
pub(crate) fn listing(honest: &str, sent: &str, width: Option<usize>) -> Vec<String> {
    let (honest, sent): (Vec<_>, Vec<_>) = (honest.lines().collect(), sent.lines().collect());
    let lines = compared(&honest, &sent);
    if lines.iter().all(|line| matches!(line, Line::Same(_))) {
        let same = "the same message; what differs is what came before";
        return vec![dim(&format!(
            "{INDENT}{}",
            shorten(
                same,
                width.map_or(CHARACTERS, |width| width.saturating_sub(INDENT.len()))
            )
        ))];
    }
    let mut shown = Vec::new();
    let mut hidden = 0;
    for (index, line) in lines.iter().enumerate() {
        if is_shown(&lines, index) {
            if hidden > 0 {
                shown.push(omitted(hidden));
                hidden = 0;
            }
            shown.push(written(*line, width));
        } else {
            hidden += 1;
        }
    }
    if hidden > 0 {
        shown.push(omitted(hidden));
    }
    if shown.len() > LINES {
        let more = shown.len() - LINES;
        shown.truncate(LINES);
        shown.push(dim(&format!(
            "{INDENT}… {more} lines more, in the evidence"
        )));
    }
    shown
}

fn omitted(count: usize) -> String {
    dim(&format!("{INDENT}… {count} parts the same in both"))
}

fn written(line: Line<'_>, width: Option<usize>) -> String {
    let room = width.map_or(CHARACTERS, |width| width.saturating_sub(INDENT.len()));
    let text = shorten(&printable(line.text()), room);
    let coloured = |colour: AnsiColor, mark: char| {
        styled(
            Style::new().fg_color(Some(colour.into())),
            &format!("    {mark} {text}"),
        )
    };
    match line {
        Line::Same(_) => format!("{INDENT}{text}"),
        Line::Honest(_) => coloured(AnsiColor::Green, '−'),
        Line::Sent(_) => coloured(AnsiColor::Red, '+'),
    }
}

/// The head of a message is shown whole; of a body, the differences and what stands beside them.
fn is_shown(lines: &[Line<'_>], index: usize) -> bool {
    let head = lines
        .iter()
        .position(|line| line.text().is_empty())
        .unwrap_or(lines.len());
    let from = index.saturating_sub(CONTEXT);
    let around = lines.iter().skip(from).take(index + CONTEXT + 1 - from);
    let differs = around
        .into_iter()
        .any(|line| !matches!(line, Line::Same(_)));
    // A body of a single line is no more to read than what would stand for it.
    index <= head || differs || lines.len() <= head + 2
}

/// The longest common subsequence of two short texts, line by line, and what is between.
fn compared<'a>(honest: &[&'a str], sent: &[&'a str]) -> Vec<Line<'a>> {
    let columns = sent.len() + 1;
    let mut longest = vec![0_u32; (honest.len() + 1) * columns];
    let at = |longest: &[u32], row: usize, column: usize| {
        longest
            .get(row * columns + column)
            .copied()
            .unwrap_or_default()
    };
    for (row, ours) in honest.iter().enumerate().rev() {
        for (column, theirs) in sent.iter().enumerate().rev() {
            let length = if ours == theirs {
                at(&longest, row + 1, column + 1) + 1
            } else {
                at(&longest, row + 1, column).max(at(&longest, row, column + 1))
            };
            if let Some(cell) = longest.get_mut(row * columns + column) {
                *cell = length;
            }
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::new();
    loop {
        match (honest.get(row), sent.get(column)) {
            (Some(ours), Some(theirs)) if ours == theirs => {
                lines.push(Line::Same(ours));
                (row, column) = (row + 1, column + 1);
            }
            (Some(ours), theirs)
                if theirs.is_none()
                    || at(&longest, row + 1, column) >= at(&longest, row, column + 1) =>
            {
                lines.push(Line::Honest(ours));
                row += 1;
            }
            (_, Some(theirs)) => {
                lines.push(Line::Sent(theirs));
                column += 1;
            }
            (_, None) => return lines,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HONEST: &str =
        "POST /upload\na: 1\nb: 2\n\nm.a: 1\nm.b: 2\nm.c: 3\nm.d: 4\nm.e: 5\nm.f: 6";

    #[test]
    fn the_one_difference_is_marked_and_the_rest_of_the_body_counted() {
        let sent = HONEST.replace("m.d: 4", "m.d: 7").replace("b: 2\n\n", "\n");
        let plain: Vec<String> = listing(HONEST, &sent, None)
            .iter()
            .map(|line| anstream::adapter::strip_str(line).to_string())
            .collect();
        assert_eq!(
            plain,
            [
                "      POST /upload",
                "      a: 1",
                "    − b: 2",
                "      ",
                "      … 2 parts the same in both",
                "      m.c: 3",
                "    − m.d: 4",
                "    + m.d: 7",
                "      m.e: 5",
                "      … 1 parts the same in both",
            ]
        );
    }

    #[test]
    fn two_messages_that_are_one_are_said_to_be() {
        let shown = listing(HONEST, HONEST, None).concat();
        let shown = anstream::adapter::strip_str(&shown).to_string();
        assert_eq!(
            shown.trim(),
            "the same message; what differs is what came before"
        );
    }

    #[test]
    fn a_listing_is_bounded_in_both_directions() {
        let long = (0..500)
            .map(|n| format!("{n}: {}\n", "x".repeat(500)))
            .collect::<String>();
        let shown = listing(&long, "", Some(80));
        assert_eq!(shown.len(), LINES + 1);
        for line in shown {
            assert!(
                anstream::adapter::strip_str(&line)
                    .to_string()
                    .chars()
                    .count()
                    <= 80
            );
        }
    }
}
