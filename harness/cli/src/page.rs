//! A page of labels and texts, kept to the terminal's width.

use crate::print::{dim, verdict};
use crate::screen::{printable, wrapped};
use gauntlet_arena::Verdict;

/// Characters before every text: indent, label, space.
const LABEL: usize = 12;
const BEFORE: usize = LABEL + 3;

/// Lines of labels and texts.
pub(crate) struct Page {
    lines: Vec<String>,
    width: Option<usize>,
}

impl Page {
    /// A page that begins with an empty line and a heading.
    pub(crate) fn new(heading: String, width: Option<usize>) -> Self {
        Self {
            lines: vec![String::new(), heading],
            width,
        }
    }

    /// Columns that there are.
    pub(crate) const fn width(&self) -> Option<usize> {
        self.width
    }

    /// A label and a text; what is too long goes on below the text.
    pub(crate) fn item(&mut self, label: &str, text: &str) {
        self.styled(label, text, |text| text.to_owned());
    }

    /// The same in the colour of a verdict.
    pub(crate) fn graded(&mut self, label: &str, grade: Verdict, text: &str) {
        self.styled(label, text, |text| verdict(grade, text));
    }

    /// Lines that are laid out already.
    pub(crate) fn lines(&mut self, lines: Vec<String>) {
        self.lines.extend(lines);
    }

    /// The page as one text.
    pub(crate) fn text(self) -> String {
        self.lines.join("\n")
    }

    fn styled(&mut self, label: &str, text: &str, style: impl Fn(&str) -> String) {
        let texts = wrapped(&printable(text), self.width, BEFORE);
        for (index, text) in texts.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let label = dim(&format!("{label:<LABEL$}"));
            self.lines.push(format!("  {label} {}", style(text)));
        }
    }
}
