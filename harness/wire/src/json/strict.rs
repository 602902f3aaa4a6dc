//! Strict reading of JSON bodies: what two readers could take for two things is refused.

use crate::bounds;
use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use std::collections::BTreeSet;
use std::fmt;

/// Why a JSON body was refused.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// Longer than the bound; it was not parsed.
    #[error("the body is {0} bytes long; expected at most {max}", max = bounds::JSON_BODY)]
    TooLong(usize),
    /// Not JSON of the declared shape. The text of the inner error may quote the body, so only its kind
    /// and its place are said: what does not belong there may be a secret.
    #[error("line {}, column {}: {}", .0.line(), .0.column(), kind(.0))]
    Malformed(serde_json::Error),
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error)
    }
}

fn kind(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        Category::Io | Category::Syntax => "not JSON, or bytes behind it",
        Category::Eof => "the JSON ends early",
        Category::Data => {
            "a member is missing, unknown, repeated or of another type, or nested too deep"
        }
    }
}

/// Reads one JSON document of the shape `T`: no repeated member at any level, no trailing bytes, at
/// most 256 KiB and 32 levels.
///
/// # Errors
/// Anything else, with line and column.
pub fn parse_strict<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonError> {
    if bytes.len() > bounds::JSON_BODY {
        return Err(JsonError::TooLong(bytes.len()));
    }
    // A first pass over the whole document, because `T` may skip over parts that hold repeats.
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Unambiguous { depth: 0 }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(serde_json::from_slice(bytes)?)
}

/// Accepts any JSON value in which no object repeats a member.
#[derive(Clone, Copy)]
struct Unambiguous {
    depth: usize,
}

impl Unambiguous {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        let depth = self.depth + 1;
        if depth > bounds::JSON_DEPTH {
            return Err(E::custom(format!(
                "nested deeper than {} levels",
                bounds::JSON_DEPTH
            )));
        }
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Unambiguous {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value without repeated members")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut seen = BTreeSet::new();
        while let Some(key) = map.next_key::<Key>()? {
            if !seen.insert(key.0.clone()) {
                let key: String = key.0.chars().take(80).collect();
                return Err(serde::de::Error::custom(format!("repeated member {key:?}")));
            }
            map.next_value_seed(inner)?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Key(String);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn refused(text: &str) -> String {
        match parse_strict::<Value>(text.as_bytes()).unwrap_err() {
            JsonError::Malformed(error) => error.to_string(),
            other => other.to_string(),
        }
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sized {
        size: u64,
    }

    #[test]
    fn repeated_members_are_refused_at_every_level() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"[{"b":1},{"b":1,"b":2}]"#,
            r#"{"a":1,"\u0061":2}"#,
        ] {
            assert!(refused(text).contains("repeated member"), "{text}");
        }
        assert!(parse_strict::<Value>(br#"[{"b":1},{"b":1}]"#).is_ok());
    }

    #[test]
    fn the_error_says_where_and_quotes_nothing() {
        for (text, kind) in [
            ("{\"size\":1,\n \"size\":2}", "repeated"),
            ("{\n\"secret\":1}", "unknown"),
            ("{\n\"size\":\"secret\"}", "another type"),
            ("{\n\"size\":secret}", "not JSON"),
            ("{\n\"size\":\"secret", "ends early"),
        ] {
            let error = parse_strict::<Sized>(text.as_bytes()).unwrap_err();
            let said = error.to_string();
            assert!(said.contains("line 2") && said.contains(kind), "{said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn trailing_bytes_and_deep_nesting_are_refused() {
        assert!(refused("{} {}").contains("trailing"));
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_strict::<Value>(nested(bounds::JSON_DEPTH).as_bytes()).is_ok());
        assert!(refused(&nested(bounds::JSON_DEPTH + 1)).contains("nested deeper"));
    }

    #[test]
    fn the_body_is_bounded_before_it_is_parsed() {
        let long = vec![b' '; bounds::JSON_BODY + 1];
        assert!(matches!(
            parse_strict::<Value>(&long),
            Err(JsonError::TooLong(_))
        ));
    }

    #[test]
    fn an_integer_is_an_integer() {
        let size = |text: &str| parse_strict::<Sized>(text.as_bytes());
        assert_eq!(
            size(r#"{"size":9007199254740993}"#).unwrap().size,
            9_007_199_254_740_993
        );
        for text in [
            r#"{"size":1e0}"#,
            r#"{"size":1.0}"#,
            r#"{"size":"1"}"#,
            r#"{"size":-1}"#,
            r#"{"size":18446744073709551616}"#,
            r#"{"size":01}"#,
            r#"{"size":null}"#,
        ] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
