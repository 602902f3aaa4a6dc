//! Values for human eyes: diagnostic notation (RFC 8949 §8), in bounded length.

use super::Value;
use std::fmt::{self, Write};

/// Bytes of a whole notation, and of what is shown of one string.
const WHOLE: usize = 4_096;
const STRING: usize = 64;

/// Where a notation was cut.
const CUT: &str = "...";

impl Value {
    /// The value in diagnostic notation (RFC 8949 §8); `...` stands where it was cut to stay
    /// within about 4 KiB in all and 64 bytes a string.
    #[must_use]
    pub fn diagnostic(&self) -> String {
        let mut out = Bounded {
            text: String::new(),
        };
        if write_value(&mut out, self).is_err() {
            out.text.push_str(CUT);
        }
        out.text
    }

    /// Kind and size, and of a small value the value, as in "text \"abc\"" or "array of 3 items".
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Unsigned(_) | Self::Negative(_) => format!("integer {}", self.diagnostic()),
            Self::Bytes(bytes) => format!("byte string of {} bytes", bytes.len()),
            Self::Text(_) => format!("text {}", self.diagnostic()),
            Self::Array(items) => format!("array of {} items", items.len()),
            Self::Map(map) => format!("map of {} entries", map.len()),
            Self::Float(_) => format!("float {}", self.diagnostic()),
            Self::Bool(_) | Self::Null => self.diagnostic(),
        }
    }
}

/// A text that takes no more than `WHOLE` bytes and errs on the write that would pass it.
struct Bounded {
    text: String,
}

impl Write for Bounded {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        if self.text.len() + piece.len() > WHOLE {
            return Err(fmt::Error);
        }
        self.text.push_str(piece);
        Ok(())
    }
}

fn write_value(out: &mut Bounded, value: &Value) -> fmt::Result {
    match value {
        Value::Unsigned(n) => write!(out, "{n}"),
        Value::Negative(n) => write!(out, "{}", -1 - i128::from(*n)),
        Value::Bytes(bytes) => write_bytes(out, bytes),
        Value::Text(text) => write_text(out, text),
        Value::Array(items) => {
            out.write_char('[')?;
            separated(out, items, write_value)?;
            out.write_char(']')
        }
        Value::Map(map) => {
            out.write_char('{')?;
            separated(out, map.iter(), |out, (key, value)| {
                write_value(out, key)?;
                out.write_str(": ")?;
                write_value(out, value)
            })?;
            out.write_char('}')
        }
        Value::Bool(bool) => write!(out, "{bool}"),
        Value::Null => out.write_str("null"),
        Value::Float(float) => write_float(out, float.value()),
    }
}

fn separated<T>(
    out: &mut Bounded,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Bounded, T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        write(out, item)?;
    }
    Ok(())
}

fn write_bytes(out: &mut Bounded, bytes: &[u8]) -> fmt::Result {
    let shown = bytes.get(..STRING).unwrap_or(bytes);
    write!(
        out,
        "h'{}{}'",
        hex::encode(shown),
        if shown.len() < bytes.len() { CUT } else { "" }
    )
}

/// Text as JSON writes it, with every control character escaped.
fn write_text(out: &mut Bounded, text: &str) -> fmt::Result {
    let shown = text.get(..text.floor_char_boundary(STRING)).unwrap_or(text);
    out.write_char('"')?;
    for character in shown.chars() {
        match character {
            '"' | '\\' => write!(out, "\\{character}")?,
            control if control.is_control() => write!(out, "\\u{:04x}", u32::from(control))?,
            plain => out.write_char(plain)?,
        }
    }
    write!(out, "{}\"", if shown.len() < text.len() { CUT } else { "" })
}

fn write_float(out: &mut Bounded, float: f64) -> fmt::Result {
    if float.is_infinite() {
        return out.write_str(if float > 0.0 { "Infinity" } else { "-Infinity" });
    }
    // `{:?}` writes the shortest digits that read back as this value, with a point or an exponent.
    write!(out, "{float:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor::map;

    #[test]
    fn every_kind_has_its_notation() {
        let value = map([
            (
                "n",
                Value::Array(vec![
                    7u64.into(),
                    Value::Negative(u64::MAX),
                    Value::Null,
                    true.into(),
                ]),
            ),
            ("b", b"\x00\xff".into()),
            ("t", "a\"\\\n\u{fc}".into()),
            (
                "f",
                Value::Array(
                    [1.0, -0.0, 1.5e300, f64::NAN, f64::NEG_INFINITY]
                        .map(Value::from)
                        .into(),
                ),
            ),
        ]);
        let expected = r#"{"b": h'00ff', "f": [1.0, -0.0, 1.5e300, NaN, -Infinity], "#.to_owned()
            + r#""n": [7, -18446744073709551616, null, true], "t": "a\"\\\u000aü"}"#;
        assert_eq!(value.diagnostic(), expected);
    }

    #[test]
    fn length_is_bounded() {
        let long = Value::Array(vec![Value::Null; 100_000]).diagnostic();
        assert!(
            long.ends_with(CUT) && long.len() <= WHOLE + CUT.len(),
            "{}",
            long.len()
        );
        assert_eq!(
            Value::from(vec![0; 65]).diagnostic(),
            format!("h'{}...'", "00".repeat(64))
        );
        assert_eq!(
            Value::from("\u{20ac}".repeat(22)).diagnostic(),
            format!("\"{}...\"", "\u{20ac}".repeat(21))
        );
        assert_eq!(
            Value::from("x".repeat(64)).diagnostic(),
            format!("\"{}\"", "x".repeat(64))
        );
    }
}
