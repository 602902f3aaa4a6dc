//! A message as the tree of its parts: JSON by members, canonical CBOR decoded, all else as bytes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::{Bounds, Value, decode};
use gauntlet_wire::id::Hash;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Levels of a JSON body that are taken apart; what lies deeper is shown as it is spelled.
const DEPTH: usize = 16;
/// Bounds that every document keeps.
const ANY_DOCUMENT: Bounds = Bounds::up_to(bounds::LEDGER);
/// How members end whose base64 is meant as a document.
const DOCUMENT_MEMBER: &str = "_cbor";
/// Characters of base64 that may hold a document: no shorter text is decoded.
const SHORTEST_DOCUMENT: usize = 16;
/// Bytes that are shown whole: ids, hashes, nonces.
pub(super) const SHORT_BYTES: usize = 32;
/// Characters that are shown of one spelled value.
const SPELLED: usize = 400;
/// Lines that are shown of one tree.
const LINES: usize = 400;

/// One part of a message, or a tree of parts.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// A value as it is spelled.
    Spelled(String),
    /// Bytes that are no document.
    Bytes(Vec<u8>),
    /// Members or items, in order; a name may repeat.
    Tree {
        /// The whole in one line.
        shown: String,
        /// The canonical encoding; of JSON, nothing.
        encoded: Vec<u8>,
        /// The parts by name.
        parts: Vec<(String, Part)>,
    },
}

/// Trees are equal by their parts: how the whole is written is no part.
impl PartialEq for Part {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Spelled(ours), Self::Spelled(theirs)) => ours == theirs,
            (Self::Bytes(ours), Self::Bytes(theirs)) => ours == theirs,
            (Self::Tree { parts: ours, .. }, Self::Tree { parts: theirs, .. }) => ours == theirs,
            _ => false,
        }
    }
}

impl Part {
    /// A body: JSON and canonical documents by their parts, whatever its media type says.
    pub(super) fn of_body(body: &[u8]) -> Self {
        let text = std::str::from_utf8(body).ok();
        let json = text.and_then(|text| serde_json::from_str::<&RawValue>(text).ok());
        match json {
            Some(json) => Self::of_json("", json, 0),
            None => Self::of_document(body).unwrap_or_else(|| Self::Bytes(body.to_vec())),
        }
    }

    /// A canonical document (`formats.md` §2), which is a map or an array.
    fn of_document(bytes: &[u8]) -> Option<Self> {
        let value = decode(bytes, &ANY_DOCUMENT).ok()?;
        matches!(value, Value::Map(_) | Value::Array(_)).then(|| Self::of_value(&value))
    }

    /// Which rule of canonical CBOR (`formats.md` §2) the bytes break, if they break one.
    pub(super) fn not_canonical(bytes: &[u8]) -> Option<String> {
        decode(bytes, &ANY_DOCUMENT)
            .err()
            .map(|error| error.to_string())
    }

    fn of_value(value: &Value) -> Self {
        let parts = match value {
            Value::Bytes(bytes) => return Self::Bytes(bytes.clone()),
            Value::Map(map) => map
                .iter()
                .map(|(key, value)| (name(key), Self::of_value(value)))
                .collect(),
            Value::Array(items) => numbered(items.iter().map(Self::of_value)),
            scalar => return Self::Spelled(scalar.diagnostic()),
        };
        Self::Tree {
            shown: value.diagnostic(),
            encoded: value.encode(),
            parts,
        }
    }

    fn of_json(member: &str, json: &RawValue, depth: usize) -> Self {
        let text = json.get();
        let spelled = || Self::Spelled(text.to_owned());
        let parts =
            match text.bytes().next() {
                Some(b'{') if depth < DEPTH => serde_json::from_str(text).ok().map(|members| {
                    let Members(members) = members;
                    members
                        .into_iter()
                        .map(|(name, json)| {
                            let part = Self::of_json(&name, json, depth + 1);
                            (name, part)
                        })
                        .collect()
                }),
                Some(b'[') if depth < DEPTH => serde_json::from_str::<Vec<&RawValue>>(text)
                    .ok()
                    .map(|items| {
                        let part = |item| Self::of_json("", item, depth + 1);
                        numbered(items.into_iter().map(part))
                    }),
                Some(b'"') => return in_base64(member, text).unwrap_or_else(spelled),
                _ => None,
            };
        parts.map_or_else(spelled, |parts| Self::Tree {
            shown: text.to_owned(),
            encoded: Vec::new(),
            parts,
        })
    }

    /// The part in one line, cut where it is long.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Spelled(text) | Self::Tree { shown: text, .. } => shortened(text),
            Self::Bytes(bytes) if bytes.len() <= SHORT_BYTES => {
                Value::from(bytes.as_slice()).diagnostic()
            }
            Self::Bytes(bytes) => format!("{} bytes, SHA-256 {}", bytes.len(), Hash::of(bytes)),
        }
    }

    /// Every part on a line of its own: `path: value`.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.write(String::new(), &mut lines);
        if lines.len() > LINES {
            let more = lines.len() - LINES;
            lines.truncate(LINES);
            lines.push(format!("… and {more} parts more"));
        }
        lines
    }

    fn write(&self, path: String, lines: &mut Vec<String>) {
        match self {
            Self::Tree { parts, .. } if !parts.is_empty() => {
                for (name, part) in parts {
                    part.write(below(&path, name), lines);
                }
            }
            part => lines.push(format!("{}: {}", titled(&path), part.shown())),
        }
    }
}

/// The path of a part: `manifest_envelope.action`, `core.devices[2].revoked_at`.
pub(super) fn below(path: &str, name: &str) -> String {
    if path.is_empty() || name.starts_with('[') {
        format!("{path}{name}")
    } else {
        format!("{path}.{name}")
    }
}

/// The path, or what a whole message without parts is called.
pub(super) fn titled(path: &str) -> &str {
    if path.is_empty() { "body" } else { path }
}

/// A text key stands for itself; any other is in diagnostic notation.
fn name(key: &Value) -> String {
    match key {
        Value::Text(text) => text.clone(),
        other => other.diagnostic(),
    }
}

fn numbered(items: impl Iterator<Item = Part>) -> Vec<(String, Part)> {
    let named = |(index, part)| (format!("[{index}]"), part);
    items.enumerate().map(named).collect()
}

/// The document in a JSON text of base64; bytes, where the member should hold one and does not.
fn in_base64(member: &str, spelled: &str) -> Option<Part> {
    let text: String = serde_json::from_str(spelled).ok()?;
    let meant = member.ends_with(DOCUMENT_MEMBER);
    if text.len() < SHORTEST_DOCUMENT && !meant {
        return None;
    }
    let bytes = STANDARD.decode(text).ok()?;
    let document = Part::of_document(&bytes);
    document.or_else(|| meant.then_some(Part::Bytes(bytes)))
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SPELLED) {
        None => text.to_owned(),
        Some((cut, _)) => format!(
            "{}… ({} bytes)",
            text.get(..cut).unwrap_or_default(),
            text.len()
        ),
    }
}

/// The members of a JSON object as they are spelled, repeats included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_wire::cbor::map;
    use gauntlet_wire::json::to_base64;

    #[test]
    fn json_is_taken_apart_as_it_is_spelled() {
        let body = br#"{"a":1e0,"e":{"b":["x",{}]},"a":9007199254740993}"#;
        assert_eq!(
            Part::of_body(body).lines(),
            [
                "a: 1e0",
                "e.b[0]: \"x\"",
                "e.b[1]: {}",
                "a: 9007199254740993"
            ]
        );
    }

    #[test]
    fn a_document_in_a_member_is_decoded() {
        let record = map([
            ("core", map([("action", "delete".into())])),
            ("n", 7u64.into()),
        ]);
        let body = format!(r#"{{"manifest_cbor":"{}"}}"#, to_base64(&record.encode()));
        assert_eq!(
            Part::of_body(body.as_bytes()).lines(),
            [
                "manifest_cbor.n: 7",
                "manifest_cbor.core.action: \"delete\""
            ]
        );
        assert_eq!(
            Part::of_body(&record.encode()).lines(),
            ["n: 7", "core.action: \"delete\""]
        );
    }

    #[test]
    fn what_is_no_document_is_shown_by_length_and_digest() {
        let lines = Part::of_body(&[0xA5; 100]).lines();
        assert!(
            lines[0].starts_with("body: 100 bytes, SHA-256 "),
            "{lines:?}"
        );
        // A text that happens to be base64 is a text.
        assert_eq!(
            Part::of_body(br#""metadata-update0""#).lines(),
            ["body: \"metadata-update0\""]
        );
    }

    #[test]
    fn neither_depth_nor_length_runs_away() {
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(Part::of_body(deep.as_bytes()).lines().len(), 1);
        let many = format!("[{}1]", "1,".repeat(5_000));
        let lines = Part::of_body(many.as_bytes()).lines();
        assert_eq!(lines.len(), LINES + 1);
        assert_eq!(lines[LINES], "… and 4601 parts more");
        let long = format!("\"{}\"", "é".repeat(5_000));
        assert!(Part::of_body(long.as_bytes()).shown().len() < 1_000);
    }
}
