//! The small vocabulary that deviations are made of.

use crate::draft::{Write, append};
use crate::path;
use crate::request::Method;
use crate::{Borrowed, Framing, Place, Request};
use gauntlet_wire::header;
use gauntlet_wire::id::Hash;
use serde::{Deserialize, Serialize};

/// One change to one message. A deviation's edits are applied in order to the honest message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Edit {
    /// Give a header this value.
    SetHeader {
        /// Lowercase name.
        name: String,
        /// The value.
        value: String,
    },
    /// Give a header a second time.
    RepeatHeader {
        /// Lowercase name.
        name: String,
        /// The second value.
        value: String,
    },
    /// Leave a header out.
    DropHeader {
        /// Lowercase name.
        name: String,
    },
    /// Put a raw JSON text at a pointer (RFC 6901), whatever stood there.
    SetJson {
        /// The pointer; its parent exists.
        at: String,
        /// The raw text, which need not be sensible JSON.
        raw: String,
    },
    /// Spell the text at a pointer (RFC 6901) in another way.
    Respell {
        /// The pointer; a text stands there.
        at: String,
        /// How it is spelled.
        spelling: Respelling,
    },
    /// Give a JSON member a second time.
    RepeatJson {
        /// The member's name, at the top level.
        key: String,
        /// The raw text of the second value.
        raw: String,
    },
    /// Shift the chunk's offset by this many bytes; the chunk's bytes stay.
    ShiftOffset {
        /// Bytes; wraps at the ends of u64.
        by: i64,
    },
    /// Send the bytes of the chunk `by` places away in place of this one's, at this one's offset.
    BytesOfChunk {
        /// How many chunks away.
        by: isize,
    },
    /// Send the chunk `by` places away in place of this one, with its own offset and checksum.
    WholeChunk {
        /// How many chunks away.
        by: isize,
    },
    /// Cut the body to this many bytes; the checksum follows.
    CutBody {
        /// Bytes that stay.
        to: usize,
    },
    /// Append this many bytes to the body; the checksum follows.
    GrowBody {
        /// Bytes added.
        by: usize,
    },
    /// Flip one bit of the body; the checksum follows.
    FlipBodyBit,
    /// State the checksum of other bytes than the body's.
    ChecksumOfOtherBytes,
    /// Announce the body's length in another way.
    Frame(
        /// The framing.
        Framing,
    ),
    /// Speak of something else than the second segment of the path does.
    SetSubject(
        /// What stands there.
        String,
    ),
    /// Give a member of the query this value.
    SetQuery {
        /// The member's name.
        name: String,
        /// The value, which needs no escapes.
        value: String,
    },
    /// Leave a member of the query out.
    DropQuery {
        /// The member's name.
        name: String,
    },
    /// Change one character in the middle of a member of the query.
    BendQuery {
        /// The member's name.
        name: String,
    },
    /// Speak of something that belongs elsewhere. It becomes another edit once the target has said what
    /// that is.
    Borrow {
        /// What.
        what: Borrowed,
        /// Where the message speaks of it.
        into: Place,
    },
    /// Add to a number in the JSON body.
    AddToJson {
        /// The pointer (RFC 6901).
        at: String,
        /// What is added.
        by: u64,
    },
    /// Read the blob that is being uploaded, in place of sending the chunk.
    ReadUnfinished,
}

/// Another spelling of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Respelling {
    /// In capital letters.
    Capitals,
    /// Without its last character.
    Cut,
}

/// What a chunk message is made of, so that edits can speak of its neighbours.
#[derive(Debug, Clone, Copy)]
pub struct ChunkFacts<'a> {
    /// The write that the chunk belongs to.
    pub write: &'a Write,
    /// The blob.
    pub blob: usize,
    /// The chunk's index.
    pub chunk: usize,
    /// The path of the blob's session.
    pub session: &'a str,
}

impl Edit {
    /// Applies the edit. `None` where the message has nothing that the edit could change: the
    /// deviation does not fit the message.
    #[must_use]
    pub fn apply(&self, mut request: Request, chunk: Option<ChunkFacts<'_>>) -> Option<Request> {
        match self {
            Self::SetHeader { name, value } => request.set_header(name, value),
            Self::RepeatHeader { name, value } => {
                request.header_value(name)?;
                request.headers.push((name.clone(), value.clone()));
            }
            Self::DropHeader { name } => {
                request.header_value(name)?;
                request.remove_header(name);
            }
            Self::SetJson { at, raw } => request.body = set_json(&request.body, at, raw)?,
            Self::Respell { at, spelling } => {
                request.body = respell(&request.body, at, *spelling)?;
            }
            Self::RepeatJson { key, raw } => request.body = repeat_json(&request.body, key, raw)?,
            Self::ShiftOffset { by } => {
                let offset: u64 = request.header_value(header::OFFSET)?.parse().ok()?;
                let shifted = offset.wrapping_add_signed(*by);
                request.set_header(header::OFFSET, shifted.to_string());
            }
            Self::BytesOfChunk { by } => {
                let neighbour = neighbour(chunk?, *by)?;
                set_body(&mut request, neighbour.body);
            }
            Self::WholeChunk { by } => request = neighbour(chunk?, *by)?,
            Self::CutBody { to } => {
                let body = request.body.get(..*to)?.to_vec();
                set_body(&mut request, body);
            }
            Self::GrowBody { by } => {
                let mut body = std::mem::take(&mut request.body);
                body.resize(body.len() + by, 0xA5);
                set_body(&mut request, body);
            }
            Self::FlipBodyBit => {
                let mut body = std::mem::take(&mut request.body);
                *body.first_mut()? ^= 1;
                set_body(&mut request, body);
            }
            Self::ChecksumOfOtherBytes => {
                request.header_value(header::CHECKSUM)?;
                let other = Hash::of(b"other bytes than the body's");
                request.set_header(header::CHECKSUM, other.to_string());
            }
            Self::Frame(framing) => request.framing = *framing,
            Self::SetSubject(subject) => {
                request.path = path::with_subject(&request.path, subject)?;
            }
            Self::SetQuery { name, value } => {
                request.path = path::with_member(&request.path, name, value);
            }
            Self::DropQuery { name } => {
                request.path = path::without_member(&request.path, name)?;
            }
            Self::BendQuery { name } => {
                request.path = path::with_member_bent(&request.path, name)?;
            }
            Self::AddToJson { at, by } => request.body = add_to_json(&request.body, at, *by)?,
            Self::ReadUnfinished => {
                let facts = chunk?;
                let hash = &facts.write.blobs.get(facts.blob)?.hash;
                let protocol = request.header_value(header::PROTOCOL)?.to_owned();
                request = Request::new(Method::Get, format!("/blob/{hash}"))
                    .header(header::PROTOCOL, protocol);
            }
            // It fits no message before it was resolved.
            Self::Borrow { .. } => return None,
        }
        Some(request)
    }

    /// The edits that this one comes to, now that what it borrows is known. `None` where the target has
    /// no such thing.
    #[must_use]
    pub fn resolved(&self, lent: impl Fn(Borrowed) -> Option<String>) -> Option<Vec<Self>> {
        let Self::Borrow { what, into } = self else {
            return Some(vec![self.clone()]);
        };
        let value = lent(*what)?;
        Some(match into {
            Place::Subject => vec![Self::SetSubject(value)],
            Place::Query(name) => vec![Self::SetQuery {
                name: name.clone(),
                value,
            }],
            Place::Json(pointers) => {
                let raw = serde_json::Value::from(value).to_string();
                let set = |at: &String| Self::SetJson {
                    at: at.clone(),
                    raw: raw.clone(),
                };
                pointers.iter().map(set).collect()
            }
        })
    }
}

fn add_to_json(body: &[u8], at: &str, by: u64) -> Option<Vec<u8>> {
    let mut json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let number = json.pointer_mut(at)?;
    *number = number.as_u64()?.checked_add(by)?.into();
    Some(json.to_string().into_bytes())
}

fn neighbour(facts: ChunkFacts<'_>, by: isize) -> Option<Request> {
    let chunk = facts.chunk.checked_add_signed(by)?;
    let (offset, bytes) = facts.write.chunk_at(facts.blob, chunk)?;
    Some(append(facts.write, facts.session, offset, bytes))
}

/// Replaces the body and, so that nothing else is wrong, its checksum.
fn set_body(request: &mut Request, body: Vec<u8>) {
    if request.header_value(header::CHECKSUM).is_some() {
        request.set_header(header::CHECKSUM, Hash::of(&body).to_string());
    }
    request.body = body;
}

/// Stands where raw text goes, until the rest has been written as proper JSON.
const PLACEHOLDER: &str = "\u{2020}gauntlet\u{2020}";

pub(crate) fn set_json(body: &[u8], at: &str, raw: &str) -> Option<Vec<u8>> {
    let mut json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let (parent, key) = at.rsplit_once('/')?;
    let members = json.pointer_mut(parent)?.as_object_mut()?;
    members.insert(key.to_owned(), PLACEHOLDER.into());
    let text = json.to_string();
    Some(
        text.replace(&format!("\"{PLACEHOLDER}\""), raw)
            .into_bytes(),
    )
}

fn respell(body: &[u8], at: &str, spelling: Respelling) -> Option<Vec<u8>> {
    let mut json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = json.pointer_mut(at)?;
    let given = text.as_str()?;
    let spelled = match spelling {
        Respelling::Capitals => given.to_uppercase(),
        Respelling::Cut => given.get(..given.len().checked_sub(1)?)?.to_owned(),
    };
    *text = spelled.into();
    Some(json.to_string().into_bytes())
}

fn repeat_json(body: &[u8], key: &str, raw: &str) -> Option<Vec<u8>> {
    let mut json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let members = json.as_object_mut()?;
    members.get(key)?;
    members.insert(PLACEHOLDER.to_owned(), serde_json::Value::Null);
    let text = json.to_string();
    let repeated = format!("{}:{raw}", serde_json::Value::from(key));
    Some(
        text.replace(&format!("\"{PLACEHOLDER}\":null"), &repeated)
            .into_bytes(),
    )
}

#[cfg(test)]
mod tests;
