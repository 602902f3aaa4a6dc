//! Why bytes, or a well-formed value, were refused.

use std::fmt;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $requirement:literal;)*) => {
        /// A rule of canonical CBOR that an input breaks (`formats.md` §2).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $($(#[$doc])* $variant,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant,)*];

            /// The stable kebab-case name of the breach.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$variant => $name,)* }
            }

            /// What the rule demands, as a sentence without capital and stop.
            #[must_use]
            pub const fn requirement(self) -> &'static str {
                match self { $(Rule::$variant => $requirement,)* }
            }
        }
    };
}

rules! {
    /// The input ends before the item does. Offset: the head of the item that is cut short.
    Truncated = "truncated", "an item must be complete";
    /// Bytes follow the item. Offset: the first of them.
    TrailingBytes = "trailing-bytes", "nothing may follow the item";
    /// A string, array or map of indefinite length, or a break. Offset: its head.
    IndefiniteLength = "indefinite-length", "lengths must be definite";
    /// An argument in more bytes than it needs. Offset: its head.
    LongHead = "long-head", "heads must be as short as possible";
    /// Additional information that no major type, or not this one, assigns. Offset: its head.
    ReservedInfo = "reserved-info", "additional information must be assigned";
    /// A map key that sorts before its predecessor. Offset: the later key.
    UnsortedKey = "unsorted-key", "map keys must be sorted by their encoded bytes";
    /// A map key equal to its predecessor. Offset: the later key.
    DuplicateKey = "duplicate-key", "map keys must differ";
    /// A float in more bytes than its value needs. Offset: its head.
    FloatNotShortest = "float-not-shortest", "floats must be as short as their value allows";
    /// A NaN other than `f97e00`. Offset: its head.
    NanNotCanonical = "nan-not-canonical", "every NaN must be f97e00";
    /// A tag. Offset: its head.
    Tag = "tag", "tags are not allowed";
    /// `undefined`, or a simple value but false, true and null. Offset: its head.
    Simple = "simple", "simple values must be false, true or null";
    /// Text that is not UTF-8. Offset: the first byte that is not.
    InvalidUtf8 = "invalid-utf8", "text must be UTF-8";
    /// Arrays and maps nested beyond the bound. Offset: the head of the one too many.
    TooDeep = "too-deep", "nesting must stay within its bound";
    /// A string, or the whole input, beyond its bound. Offset: the string's head, or the first byte
    /// past the bound of the input.
    TooLong = "too-long", "lengths must stay within their bound";
    /// An array or map with more entries than the bound. Offset: its head.
    TooManyItems = "too-many-items", "collections must stay within their bound";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Bytes that are not canonical CBOR: where, by which rule, and what belonged there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {offset}: {}; expected {expected}", rule.requirement())]
pub struct DecodeError {
    /// The offset in bytes from the start of the input; each [`Rule`] says what it points at.
    pub offset: usize,
    /// The rule that is broken.
    pub rule: Rule,
    /// What would have been accepted there.
    pub expected: &'static str,
}

/// A map was built with one key twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key {key} occurs twice in a map")]
pub struct DuplicateKey {
    /// The key, in diagnostic notation.
    pub key: String,
}

/// Canonical CBOR that is not of the document's schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: expected {expected}, found {found}", if path.is_empty() { "document" } else { path.as_str() })]
pub struct SchemaError {
    /// The place, for example `core.devices[3].added_at`; empty at the root.
    pub path: String,
    /// What the schema demands there.
    pub expected: String,
    /// What is there, described in bounded length.
    pub found: String,
}

/// Why bytes are not a document, or a value cannot become one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The bytes are not canonical CBOR within the document's bounds.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The structure is not the document's.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl DocumentError {
    /// Where, and what was expected there, without a word of what was found: that may be a secret out of
    /// its place.
    #[must_use]
    pub fn expectation(&self) -> String {
        match self {
            Self::Decode(error) => error.to_string(),
            Self::Schema(SchemaError { path, expected, .. }) if path.is_empty() => {
                format!("document: expected {expected}")
            }
            Self::Schema(SchemaError { path, expected, .. }) => {
                format!("{path}: expected {expected}")
            }
        }
    }
}
