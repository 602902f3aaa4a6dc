//! The tree that canonical CBOR stands for.

use super::{Float, Map};
use std::cmp::Ordering;

/// A CBOR item of the kinds that documents use: no tags, no `undefined` (`formats.md` §2).
///
/// A value has exactly one encoding, and values order as their encodings do, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// An unsigned integer (major type 0).
    Unsigned(u64),
    /// The integer `-1 - n` (major type 1).
    Negative(u64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text string.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// A map.
    Map(Map),
    /// `false` or `true`.
    Bool(bool),
    /// `null`, which stands for an absent optional inside most documents.
    Null,
    /// A float.
    Float(Float),
}

impl Value {
    /// The rank of the kind in encodings: the major type, and within type 7 the initial byte.
    const fn rank(&self) -> u8 {
        match self {
            Self::Unsigned(_) => 0,
            Self::Negative(_) => 1,
            Self::Bytes(_) => 2,
            Self::Text(_) => 3,
            Self::Array(_) => 4,
            Self::Map(_) => 5,
            Self::Bool(_) => 6,
            Self::Null => 7,
            Self::Float(_) => 8,
        }
    }

    /// Compares with the text value `text`, without building it.
    pub(super) fn cmp_text(&self, text: &str) -> Ordering {
        const TEXT_RANK: u8 = 3;
        match self {
            Self::Text(own) => shorter_first(own.as_bytes(), text.as_bytes()),
            other => other.rank().cmp(&TEXT_RANK),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The bytewise order of the encodings (RFC 8949 §4.2.1).
///
/// Shortest heads order as their arguments do, so a length decides before the content does; and no
/// encoding is a prefix of another, so collections of equal length compare item by item.
impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Unsigned(left), Self::Unsigned(right))
            | (Self::Negative(left), Self::Negative(right)) => left.cmp(right),
            (Self::Bytes(left), Self::Bytes(right)) => shorter_first(left, right),
            (Self::Text(left), Self::Text(right)) => {
                shorter_first(left.as_bytes(), right.as_bytes())
            }
            (Self::Array(left), Self::Array(right)) => shorter_first(left, right),
            (Self::Map(left), Self::Map(right)) => left.cmp(right),
            (Self::Bool(left), Self::Bool(right)) => left.cmp(right),
            (Self::Float(left), Self::Float(right)) => left.cmp(right),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// The order of two encoded sequences behind length heads.
pub(super) fn shorter_first<T: Ord>(left: &[T], right: &[T]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

macro_rules! from {
    ($($source:ty => $variant:ident($convert:expr);)*) => {
        $(impl From<$source> for Value {
            fn from(source: $source) -> Self {
                Self::$variant($convert(source))
            }
        })*
    };
}

from! {
    u16 => Unsigned(u64::from);
    u32 => Unsigned(u64::from);
    u64 => Unsigned(u64::from);
    &str => Text(String::from);
    String => Text(String::from);
    &[u8] => Bytes(Vec::from);
    Vec<u8> => Bytes(Vec::from);
    Vec<Value> => Array(Vec::from);
    Map => Map(Map::from);
    bool => Bool(bool::from);
    f64 => Float(Float::new);
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// An absent optional is `null`, present under its key (`formats.md` §2).
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(optional: Option<T>) -> Self {
        optional.map_or(Self::Null, Into::into)
    }
}
