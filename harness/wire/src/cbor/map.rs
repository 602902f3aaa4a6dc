//! A map that cannot be non-canonical.

use super::value::shorter_first;
use super::{DuplicateKey, Value};
use std::cmp::Ordering;

/// A CBOR map: always sorted by encoded key, never with a key twice (RFC 8949 §4.2.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Map {
    /// Strictly ascending by key in the order of [`Value`], which is the order of encodings.
    entries: Vec<(Value, Value)>,
}

impl Map {
    /// The empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
        }
    }

    /// The map of these entries, given in any order.
    ///
    /// # Errors
    /// If a key occurs twice.
    pub fn from_entries(mut entries: Vec<(Value, Value)>) -> Result<Self, DuplicateKey> {
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        match entries
            .array_windows()
            .find(|[(left, _), (right, _)]| left == right)
        {
            Some([(key, _), _]) => Err(DuplicateKey {
                key: key.diagnostic(),
            }),
            None => Ok(Self { entries }),
        }
    }

    /// The map of entries that the decoder has found strictly ascending by encoded key.
    pub(super) const fn from_ascending(entries: Vec<(Value, Value)>) -> Self {
        Self { entries }
    }

    /// Puts a value under a key and returns the value it replaces.
    pub fn insert(&mut self, key: Value, value: Value) -> Option<Value> {
        match self.position(&key) {
            Ok(at) => self
                .entries
                .get_mut(at)
                .map(|(_, old)| std::mem::replace(old, value)),
            Err(at) => {
                self.entries.insert(at, (key, value));
                None
            }
        }
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &Value) -> Option<&Value> {
        let at = self.position(key).ok()?;
        self.entries.get(at).map(|(_, value)| value)
    }

    /// The value under a text key.
    #[must_use]
    pub fn get_text(&self, key: &str) -> Option<&Value> {
        let at = self
            .entries
            .binary_search_by(|(other, _)| other.cmp_text(key))
            .ok()?;
        self.entries.get(at).map(|(_, value)| value)
    }

    /// Takes a key out and returns its value.
    pub fn remove(&mut self, key: &Value) -> Option<Value> {
        let at = self.position(key).ok()?;
        Some(self.entries.remove(at).1)
    }

    /// The entries, ascending by encoded key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Value, &Value)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn position(&self, key: &Value) -> Result<usize, usize> {
        self.entries.binary_search_by(|(other, _)| other.cmp(key))
    }
}

impl PartialOrd for Map {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The bytewise order of the encodings: the smaller map first, then entry by entry.
impl Ord for Map {
    fn cmp(&self, other: &Self) -> Ordering {
        shorter_first(&self.entries, &other.entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &str) -> Value {
        key.into()
    }

    #[test]
    fn entries_are_sorted_by_encoded_key() {
        let keys = [
            text("b"),
            text("aa"),
            Value::Null,
            10u64.into(),
            text("a"),
            Value::Negative(0),
        ];
        let map = Map::from_entries(keys.map(|key| (key, Value::Null)).into()).unwrap();
        let sorted: Vec<_> = map.iter().map(|(key, _)| key.clone()).collect();
        let expected = [
            10u64.into(),
            Value::Negative(0),
            text("a"),
            text("b"),
            text("aa"),
            Value::Null,
        ];
        assert_eq!(sorted, expected);
    }

    #[test]
    fn a_key_twice_is_refused_and_named() {
        let entries = vec![
            (text("k"), 1u64.into()),
            (text("a"), 2u64.into()),
            (text("k"), 3u64.into()),
        ];
        let error = Map::from_entries(entries).unwrap_err();
        assert_eq!(error.to_string(), r#"the key "k" occurs twice in a map"#);
    }

    #[test]
    fn insert_replaces_and_keeps_order() {
        let mut map = Map::new();
        assert!(map.is_empty());
        for key in ["c", "a", "b"] {
            assert_eq!(map.insert(text(key), Value::Null), None);
        }
        assert_eq!(map.insert(text("a"), true.into()), Some(Value::Null));
        assert_eq!(map.len(), 3);
        assert!(map.iter().map(|(key, _)| key).is_sorted());
        assert_eq!(map.get_text("a"), Some(&Value::Bool(true)));
        assert_eq!(map.get(&text("b")), Some(&Value::Null));
    }

    #[test]
    fn keys_of_other_kinds_are_not_found_as_text() {
        let keys: [Value; 5] = [
            0u64.into(),
            b"k".into(),
            text("longer"),
            Value::Array(vec![]),
            Value::Null,
        ];
        let mut map = Map::from_entries(keys.map(|key| (key, Value::Null)).into()).unwrap();
        assert_eq!(map.get_text("k"), None);
        map.insert(text("k"), true.into());
        assert_eq!(map.get_text("k"), Some(&Value::Bool(true)));
        assert_eq!(map.remove(&text("k")), Some(Value::Bool(true)));
        assert_eq!(map.remove(&text("k")), None);
        assert_eq!(map.len(), 5);
    }
}
