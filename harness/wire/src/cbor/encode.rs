//! From a value to its one encoding (RFC 8949 §4.2.1).

use super::Value;
use super::float::Shortest;

impl Value {
    /// The canonical encoding.
    ///
    /// It is total: a tree deeper than documents may be is written too, and refused by whoever
    /// checks it against its [`Bounds`](super::Bounds).
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode_into(&mut out);
        out
    }

    fn encode_into(&self, out: &mut Vec<u8>) {
        match self {
            Self::Unsigned(n) => head(out, 0, *n),
            Self::Negative(n) => head(out, 1, *n),
            Self::Bytes(bytes) => string(out, 2, bytes),
            Self::Text(text) => string(out, 3, text.as_bytes()),
            Self::Array(items) => {
                head(out, 4, items.len() as u64);
                items.iter().for_each(|item| item.encode_into(out));
            }
            Self::Map(map) => {
                head(out, 5, map.len() as u64);
                for (key, value) in map.iter() {
                    key.encode_into(out);
                    value.encode_into(out);
                }
            }
            Self::Bool(false) => out.push(0xf4),
            Self::Bool(true) => out.push(0xf5),
            Self::Null => out.push(0xf6),
            Self::Float(float) => shortest(out, float.shortest()),
        }
    }
}

fn string(out: &mut Vec<u8>, major: u8, bytes: &[u8]) {
    head(out, major, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Writes a major type with its argument in as few bytes as hold it.
fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let initial = major << 5;
    if let Ok(byte) = u8::try_from(argument) {
        match byte {
            0..24 => out.push(initial | byte),
            _ => out.extend_from_slice(&[initial | 24, byte]),
        }
    } else if let Ok(short) = u16::try_from(argument) {
        wide(out, initial | 25, &short.to_be_bytes());
    } else if let Ok(word) = u32::try_from(argument) {
        wide(out, initial | 26, &word.to_be_bytes());
    } else {
        wide(out, initial | 27, &argument.to_be_bytes());
    }
}

fn shortest(out: &mut Vec<u8>, float: Shortest) {
    match float {
        Shortest::Half(bits) => wide(out, 0xf9, &bits.to_be_bytes()),
        Shortest::Single(bits) => wide(out, 0xfa, &bits.to_be_bytes()),
        Shortest::Double(bits) => wide(out, 0xfb, &bits.to_be_bytes()),
    }
}

fn wide(out: &mut Vec<u8>, initial: u8, argument: &[u8]) {
    out.push(initial);
    out.extend_from_slice(argument);
}
