//! How wide the terminal is, and text that keeps to it.

/// Narrower than this no text is broken: it would be unreadable either way.
const NARROWEST: usize = 40;

/// Columns of the terminal that standard output is; `None` where it is none, so that a file gets whole
/// lines.
pub(crate) fn width() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(usize::from(width.0).max(NARROWEST))
}

/// The text in lines of at most `width` characters, broken between words; a word that is longer is broken
/// anywhere. The first line has `taken` characters before it.
pub(crate) fn wrapped(text: &str, width: Option<usize>, taken: usize) -> Vec<String> {
    let Some(width) = width else {
        return vec![text.to_owned()];
    };
    let room = width.saturating_sub(taken).max(NARROWEST / 2);
    let mut lines = Vec::new();
    let (mut line, mut length) = (String::new(), 0);
    for word in text.split_inclusive(' ') {
        let visible = word.trim_end().chars().count();
        if length > 0 && length + visible > room {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            length = 0;
        }
        for character in word.chars() {
            if length >= room && character != ' ' {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.push(character);
            length += 1;
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// The text, cut with an ellipsis to at most `length` characters.
pub(crate) fn shorten(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let kept: String = text.chars().take(length.saturating_sub(1)).collect();
    format!("{kept}…")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_never_longer_than_the_terminal() {
        let text = "a text of several words, of which one, 0123456789012345678901234567890123456789, is long";
        let lines = wrapped(text, Some(40), 10);
        assert!(
            lines.iter().all(|line| line.chars().count() <= 30),
            "{lines:?}"
        );
        assert_eq!(lines[0], "a text of several words, of");
        let whole = |text: &str| text.replace(' ', "");
        assert_eq!(whole(&lines.concat()), whole(text));
        assert_eq!(wrapped(text, None, 10), [text]);
        assert_eq!(wrapped("", Some(40), 10), [""]);
    }

    #[test]
    fn what_a_target_says_can_neither_move_the_cursor_nor_reorder_the_line() {
        let hostile = "a\u{1b}[2J\u{202e}b\u{2066}c\u{200b}d\u{feff}é";
        assert_eq!(printable(hostile), "a [2J b c d é");
    }
}
