//! Names for what a target issues, so that two runs of one attack can be compared.

use std::collections::BTreeMap;

/// Replaces issued values (session ids, tokens, addresses) by names in order of first appearance,
/// and secrets by names that reveal nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    by_value: BTreeMap<String, String>,
    counts: BTreeMap<&'static str, usize>,
}

impl Names {
    /// Gives `value` the next name of its kind, such as `<upload-1>`, unless it has one.
    pub(crate) fn issue(&mut self, kind: &'static str, value: &str) {
        if value.is_empty() || self.by_value.contains_key(value) {
            return;
        }
        let count = self.counts.entry(kind).or_insert(0);
        *count += 1;
        self.by_value
            .insert(value.to_owned(), format!("<{kind}-{count}>"));
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
        }
    }

    /// `text` with every known value replaced. Longer values go first, so that one that contains
    /// another is replaced whole.
    pub(crate) fn replace(&self, text: &str) -> String {
        let mut values: Vec<_> = self.by_value.iter().collect();
        values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        values
            .into_iter()
            .fold(text.to_owned(), |text, (value, name)| {
                if text.contains(value.as_str()) {
                    text.replace(value.as_str(), name)
                } else {
                    text
                }
            })
    }
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
}
