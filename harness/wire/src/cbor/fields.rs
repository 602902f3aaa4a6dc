//! Typed reading of maps, for the schemas of documents.

use super::{Float, Map, SchemaError, Value};
use std::fmt::Display;
use std::str::FromStr;

/// A map of text keys being read, which remembers the keys that were asked for.
///
/// [`Fields::finish`] refuses every other key: cores are closed (`formats.md` §2, §3).
#[derive(Debug)]
pub struct Fields<'a> {
    map: &'a Map,
    path: String,
    taken: Vec<Taken>,
}

impl<'a> Fields<'a> {
    /// The fields of a value that has to be a map; `path` is where it stands, empty at the root.
    ///
    /// # Errors
    /// If the value is no map.
    pub fn of(value: &'a Value, path: &str) -> Result<Self, SchemaError> {
        Field {
            value,
            path: path.to_owned(),
        }
        .fields()
    }

    /// The field under a key, which has to be there: an absent optional is `null`.
    ///
    /// # Errors
    /// If the key is missing.
    pub fn take(&mut self, key: &'static str) -> Result<Field<'a>, SchemaError> {
        self.find(key)
            .ok_or_else(|| self.missing(key, "the key, with null for no value"))
    }

    /// The field under a key that may be absent; `null` does not stand for absence here.
    pub fn find(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.taken.push(Taken::Text(key));
        let value = self.map.get_text(key)?;
        let path = join(&self.path, key);
        Some(Field { value, path })
    }

    /// The field under an integer key, which has to be there.
    ///
    /// # Errors
    /// If the key is missing.
    pub fn take_number(&mut self, key: u64) -> Result<Field<'a>, SchemaError> {
        self.taken.push(Taken::Number(key));
        let path = key.to_string();
        match self.map.get(&Value::Unsigned(key)) {
            Some(value) => Ok(Field {
                value,
                path: join(&self.path, &path),
            }),
            None => Err(self.missing(&path, "the key")),
        }
    }

    fn missing(&self, key: &str, expected: &str) -> SchemaError {
        SchemaError {
            path: join(&self.path, key),
            expected: expected.into(),
            found: "no such key".into(),
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// If the map holds a key that was not taken, or one that is not text.
    pub fn finish(self) -> Result<(), SchemaError> {
        match self.map.iter().find(|(key, _)| !self.is_taken(key)) {
            None => Ok(()),
            Some((key, _)) => Err(SchemaError {
                expected: format!("only the keys {}", self.taken_names()),
                found: format!("the key {}", key.describe()),
                path: self.path,
            }),
        }
    }

    /// Ends the reading of an open map: every key that was not taken, with its value (`formats.md` §2,
    /// unknown keys of a sidecar).
    #[must_use]
    pub fn rest(self) -> Map {
        let mut rest = Map::new();
        for (key, value) in self.map.iter().filter(|(key, _)| !self.is_taken(key)) {
            rest.insert(key.clone(), value.clone());
        }
        rest
    }

    fn is_taken(&self, key: &Value) -> bool {
        self.taken.iter().any(|taken| match (taken, key) {
            (Taken::Text(taken), Value::Text(text)) => taken == text,
            (Taken::Number(taken), Value::Unsigned(number)) => taken == number,
            _ => false,
        })
    }

    fn taken_names(&self) -> String {
        let names = self.taken.iter().map(|taken| match taken {
            Taken::Text(text) => (*text).to_owned(),
            Taken::Number(number) => number.to_string(),
        });
        names.collect::<Vec<_>>().join(", ")
    }
}

/// A key that a schema asked for.
#[derive(Debug, Clone, Copy)]
enum Taken {
    Text(&'static str),
    Number(u64),
}

/// A value at its place in a document.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Field<'a> {
    /// A whole document.
    #[must_use]
    pub const fn root(value: &'a Value) -> Self {
        Self {
            value,
            path: String::new(),
        }
    }

    /// The place, for example `core.devices[3].added_at`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value itself.
    #[must_use]
    pub const fn value(&self) -> &'a Value {
        self.value
    }

    /// The field, unless it is `null`.
    #[must_use]
    pub fn optional(self) -> Option<Self> {
        (*self.value != Value::Null).then_some(self)
    }

    /// A text of at most `max_bytes` bytes.
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn text(&self, max_bytes: usize) -> Result<&'a str, SchemaError> {
        match self.value {
            Value::Text(text) if text.len() <= max_bytes => Ok(text),
            _ => Err(self.refuse(format!("a text of at most {max_bytes} bytes"))),
        }
    }

    /// A byte string of any length.
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn bytes(&self) -> Result<&'a [u8], SchemaError> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(self.refuse("a byte string")),
        }
    }

    /// A byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn fixed<const N: usize>(&self) -> Result<[u8; N], SchemaError> {
        match self.value {
            Value::Bytes(bytes) => <[u8; N]>::try_from(bytes.as_slice()).ok(),
            _ => None,
        }
        .ok_or_else(|| self.refuse(format!("a byte string of {N} bytes")))
    }

    /// `N` bytes written as an array of unsigned integers (`formats.md` §2).
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn byte_array<const N: usize>(&self) -> Result<[u8; N], SchemaError> {
        let bytes: Option<Vec<u8>> = match self.value {
            Value::Array(items) if items.len() == N => items.iter().map(unsigned).collect(),
            _ => None,
        };
        bytes
            .and_then(|bytes| <[u8; N]>::try_from(bytes).ok())
            .ok_or_else(|| self.refuse(format!("an array of {N} integers from 0 to 255")))
    }

    /// An unsigned integer of 16 bits.
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn u16(&self) -> Result<u16, SchemaError> {
        unsigned(self.value).ok_or_else(|| self.refuse("an integer from 0 to 65535"))
    }

    /// An unsigned integer of 32 bits.
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn u32(&self) -> Result<u32, SchemaError> {
        unsigned(self.value).ok_or_else(|| self.refuse("an integer from 0 to 4294967295"))
    }

    /// An unsigned integer of 64 bits.
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn u64(&self) -> Result<u64, SchemaError> {
        unsigned(self.value).ok_or_else(|| self.refuse("an integer of 0 or more"))
    }

    /// A float, of whatever width.
    ///
    /// # Errors
    /// If the value is anything else: no integer stands for a float (`formats.md` §2).
    pub fn float(&self) -> Result<Float, SchemaError> {
        match self.value {
            Value::Float(float) => Ok(*float),
            _ => Err(self.refuse("a float")),
        }
    }

    /// The keys and values of a map of at most `max` entries, ascending by encoded key. Both stand at
    /// the place of their number.
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn entries(&self, max: usize) -> Result<Vec<(Field<'a>, Field<'a>)>, SchemaError> {
        match self.value {
            Value::Map(map) if map.len() <= max => {
                let at = |(index, (key, value))| (self.at(index, key), self.at(index, value));
                Ok(map.iter().enumerate().map(at).collect())
            }
            _ => Err(self.refuse(format!("a map of at most {max} entries"))),
        }
    }

    /// The items of an array of at most `max` items.
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn array(&self, max: usize) -> Result<Vec<Field<'a>>, SchemaError> {
        match self.value {
            Value::Array(items) if items.len() <= max => Ok(self.items(items)),
            _ => Err(self.refuse(format!("an array of at most {max} items"))),
        }
    }

    fn items(&self, items: &'a [Value]) -> Vec<Field<'a>> {
        let items = items.iter().enumerate();
        items.map(|(index, value)| self.at(index, value)).collect()
    }

    fn at(&self, index: usize, value: &'a Value) -> Field<'a> {
        Field {
            value,
            path: format!("{}[{index}]", self.path),
        }
    }

    /// The fields of a map.
    ///
    /// # Errors
    /// If the value is anything else.
    pub fn fields(&self) -> Result<Fields<'a>, SchemaError> {
        match self.value {
            Value::Map(map) => Ok(Fields {
                map,
                path: self.path.clone(),
                taken: Vec::new(),
            }),
            _ => Err(self.refuse("a map")),
        }
    }

    /// A text of at most `max_bytes` bytes that spells a `T`; `expected` says what that is.
    ///
    /// # Errors
    /// If the value is no such text, with what `T` says of it.
    pub fn parse<T: FromStr>(&self, max_bytes: usize, expected: &str) -> Result<T, SchemaError>
    where
        T::Err: Display,
    {
        let text = self.text(max_bytes)?;
        text.parse().map_err(|error: T::Err| {
            let mut refusal = self.refuse(expected);
            refusal.found = format!("{} ({error})", refusal.found);
            refusal
        })
    }

    /// The error that something else was expected here.
    pub fn refuse(&self, expected: impl Into<String>) -> SchemaError {
        SchemaError {
            path: self.path.clone(),
            expected: expected.into(),
            found: self.value.describe(),
        }
    }
}

fn unsigned<T: TryFrom<u64>>(value: &Value) -> Option<T> {
    match value {
        Value::Unsigned(n) => T::try_from(*n).ok(),
        _ => None,
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The map of these fields, in any order; the later of two equal keys stays.
#[must_use]
pub fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key.into(), value);
    }
    Value::Map(map)
}

/// An open map: the unknown keys, and over them the known ones.
#[must_use]
pub fn open_map(known: impl IntoIterator<Item = (&'static str, Value)>, unknown: &Map) -> Value {
    let mut map = unknown.clone();
    for (key, value) in known {
        map.insert(key.into(), value);
    }
    Value::Map(map)
}

/// Bytes as an array of unsigned integers, the form of small fixed arrays (`formats.md` §2).
#[must_use]
pub fn byte_array(bytes: &[u8]) -> Value {
    Value::Array(
        bytes
            .iter()
            .map(|byte| Value::Unsigned(u64::from(*byte)))
            .collect(),
    )
}

#[cfg(test)]
mod tests;
