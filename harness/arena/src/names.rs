//! Names for what a target issues, so that two runs of one attack can be compared.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::cell::OnceCell;
use std::collections::BTreeMap;

/// What stands for a text in which more values would have to be found than can be.
const WITHHELD: &str = "<withheld: too many values to be named>";

/// Replaces issued values (session ids, tokens, addresses) by names in order of first appearance,
/// and secrets by names that reveal nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    by_value: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
    /// Finds the values in one pass. It is made when it is first asked for after a change: texts are many
    /// more than values.
    finder: OnceCell<Option<AhoCorasick>>,
}

impl Names {
    /// Gives `value` the next name of its kind, such as `<upload-1>`, unless it has one.
    pub(crate) fn issue(&mut self, kind: &'static str, value: &str) {
        if value.is_empty() || self.by_value.contains_key(value) {
            return;
        }
        let count = self.counts.entry(kind).or_insert(0);
        *count += 1;
        let name = format!("<{kind}-{count}>");
        self.set(value, name);
    }

    /// Replaces `value`, unless it has a name, by its kind alone.
    pub(crate) fn mask(&mut self, kind: &str, value: &str) {
        if !self.by_value.contains_key(value) {
            self.set(value, format!("<{kind}>"));
        }
    }

    /// Gives `value` this very name.
    pub(crate) fn set(&mut self, value: &str, name: String) {
        if !value.is_empty() {
            self.by_value.insert(value.to_owned(), name);
            self.finder.take();
        }
    }

    /// `text` with every known value replaced. Of two values that begin in one place the longer is, so that
    /// one that contains another is replaced whole; in names nothing is replaced.
    pub(crate) fn replace(&self, text: &str) -> String {
        let Some(finder) = self.finder.get_or_init(|| finder(self.by_value.keys())) else {
            return WITHHELD.to_owned();
        };
        let names: Vec<&String> = self.by_value.values().collect();
        let mut replaced = String::with_capacity(text.len());
        finder.replace_all_with(text, &mut replaced, |found, _, replaced| {
            let name = names.get(found.pattern().as_usize());
            replaced.push_str(name.map_or(WITHHELD, |name| name.as_str()));
            true
        });
        replaced
    }
}

/// The automaton over the values; small to make rather than fast to run, as it is made anew for every value.
fn finder<'a>(values: impl Iterator<Item = &'a String>) -> Option<AhoCorasick> {
    let mut builder = AhoCorasick::builder();
    builder
        .match_kind(MatchKind::LeftmostLongest)
        .kind(Some(AhoCorasickKind::NoncontiguousNFA));
    builder.build(values).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_named_in_order_of_first_appearance() {
        let mut names = Names::default();
        names.issue("upload", "bbb");
        names.issue("upload", "aaa");
        names.issue("upload", "bbb");
        assert_eq!(names.replace("/aaa/bbb/ccc"), "/<upload-2>/<upload-1>/ccc");
    }

    #[test]
    fn a_value_that_contains_another_is_replaced_whole() {
        let mut names = Names::default();
        names.issue("a", "12");
        names.issue("b", "123");
        assert_eq!(names.replace("123 12"), "<b-1> <a-1>");
    }

    #[test]
    fn a_value_is_replaced_from_the_moment_that_it_is_named_and_a_name_is_not_read_again() {
        let mut names = Names::default();
        names.issue("upload", "12");
        assert_eq!(names.replace("12 load"), "<upload-1> load");
        names.mask("key", "load");
        assert_eq!(names.replace("12 load"), "<upload-1> <key>");
    }
}
