//! The only place that writes to the terminal. Colours are dropped where nobody would see them.

use crate::failure::Failure;
use anstyle::{AnsiColor, Style};
use gauntlet_arena::Verdict;
use std::io::Write;

/// Prints a text and a newline on standard output.
///
/// # Errors
/// Standard output is closed.
pub(crate) fn out(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        // The reader has seen enough (`gauntlet list | head`): that is no failure.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => {
            written.map_err(|error| Failure::environment(format!("standard output: {error}")))
        }
    }
}

/// Prints a line on standard error; if that is closed too, nobody is left to tell.
pub(crate) fn error(text: &str) {
    let _closed = writeln!(anstream::stderr().lock(), "{text}");
}

/// A text in a style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A heading.
pub(crate) fn bold(text: &str) -> String {
    styled(Style::new().bold(), text)
}

/// Something of less weight.
pub(crate) fn dim(text: &str) -> String {
    styled(Style::new().dimmed(), text)
}

/// A text in the colour of a verdict.
pub(crate) fn verdict(verdict: Verdict, text: &str) -> String {
    let colour = match verdict {
        Verdict::Held => AnsiColor::Green,
        Verdict::Untested => return dim(text),
        Verdict::Nonconforming => AnsiColor::Yellow,
        Verdict::TransientDamage | Verdict::IrreparableDamage => AnsiColor::Red,
        Verdict::Invalid | Verdict::Error => AnsiColor::Magenta,
    };
    styled(colour.on_default(), text)
}
