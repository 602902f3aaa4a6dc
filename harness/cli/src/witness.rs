//! What the witness says, on a page.

use crate::page::Page;
use crate::screen::shorten;
use gauntlet_arena::{Sight, Testimony};

/// Characters of one reading, and of one thing that is amiss.
const READING: usize = 2_000;
const AMISS: usize = 300;

/// Writes a testimony: what should be read, then what is read and by whom. Eyes that read the same are
/// named together.
pub(crate) fn write(page: &mut Page, testimony: &Testimony) {
    page.item("witness", &testimony.object);
    for (index, expected) in testimony.expected.iter().enumerate() {
        page.item(if index == 0 { "  expected" } else { "" }, expected);
    }
    for (sight, eyes) in grouped(&testimony.seen) {
        let read = match sight.read.as_slice() {
            [] => "nothing".to_owned(),
            read => shorten(&read.join(" · "), READING),
        };
        page.item("  read", &read);
        page.item("    by", &eyes.join(", "));
        for amiss in &sight.amiss {
            page.item("    amiss", &shorten(amiss, AMISS));
        }
    }
    for note in &testimony.notes {
        page.item("  note", note);
    }
}

/// The different readings in order, each with all who read it.
fn grouped(seen: &[Sight]) -> Vec<(&Sight, Vec<&str>)> {
    let mut groups: Vec<(&Sight, Vec<&str>)> = Vec::new();
    for sight in seen {
        let same = |(held, _): &&mut (&Sight, Vec<&str>)| {
            (&held.read, &held.amiss) == (&sight.read, &sight.amiss)
        };
        match groups.iter_mut().find(same) {
            // Two eyes of one account may have one name.
            Some((_, eyes)) if eyes.contains(&sight.eye.as_str()) => {}
            Some((_, eyes)) => eyes.push(&sight.eye),
            None => groups.push((sight, vec![&sight.eye])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_read_the_same_are_named_together() {
        let sight = |eye: &str, read: &[&str], amiss: &[&str]| Sight {
            eye: eye.to_owned(),
            read: read.iter().map(ToString::to_string).collect(),
            amiss: amiss.iter().map(ToString::to_string).collect(),
        };
        let testimony = Testimony {
            object: "the feed".to_owned(),
            expected: vec!["A created".to_owned(), "B created".to_owned()],
            seen: vec![
                sight("phone", &["2 A created"], &["B is not on the feed"]),
                sight("fresh", &["1 B created", "2 A created"], &[]),
                sight("laptop", &["2 A created"], &["B is not on the feed"]),
                sight("tablet", &[], &["B is not on the feed"]),
                sight("tablet", &[], &["B is not on the feed"]),
            ],
            notes: vec!["A is asset 1".to_owned()],
        };
        let mut page = Page::new("heading".to_owned(), None);
        write(&mut page, &testimony);
        let text = anstream::adapter::strip_str(&page.text()).to_string();
        let lines: Vec<&str> = text.lines().skip(2).map(str::trim_end).collect();
        assert_eq!(
            lines,
            [
                "  witness      the feed",
                "    expected   A created",
                "               B created",
                "    read       2 A created",
                "      by       phone, laptop",
                "      amiss    B is not on the feed",
                "    read       1 B created · 2 A created",
                "      by       fresh",
                "    read       nothing",
                "      by       tablet",
                "      amiss    B is not on the feed",
                "    note       A is asset 1",
            ]
        );
    }
}
