//! The small vocabulary that deviations are made of.

use crate::draft::{Document, Draft, Step, Write, append};
use crate::path;
use crate::request::Method;
use crate::{
    Borrowed, Client, CoreEdit, Deed, DirectoryEdit, Framing, IntentEdit, LedgerEdit, Place,
    Profile, References, Request, Signed,
};
use gauntlet_wire::enums::BlobRole;
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
    Some(append(facts.write.profile, facts.session, offset, bytes))
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

fn set_json(body: &[u8], at: &str, raw: &str) -> Option<Vec<u8>> {
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

/// One change to a draft: it shows in several messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum DraftEdit {
    /// Speak another protocol version, in headers, bodies and envelopes, as a client of the old or the
    /// new class does.
    Speak(
        /// What it speaks.
        Profile,
    ),
    /// Change what is signed, or how.
    Manifest {
        /// The changes to the core.
        core: Vec<CoreEdit>,
        /// How the changed record is signed.
        signed: Signed,
        /// Whether the record alone is changed, and the envelopes still say what they said.
        record_alone: bool,
    },
    /// Place the record of another asset, which was accepted there, under this asset's envelopes.
    Transplant,
    /// Send another op in place of this one, on an older record of the chain.
    Instead {
        /// What the op does.
        deed: Deed,
    },
    /// Send the op again that was accepted last.
    Again,
    /// Upload the asset of a tombstone once more, as if it had never been.
    Revive,
    /// Declare another content type for every blob.
    ContentType(
        /// What is declared.
        String,
    ),
    /// Publish a directory that departs from the next honest one.
    Directory(
        /// The departure.
        DirectoryEdit,
    ),
    /// Upload an original of so many bytes; the record names it.
    Original {
        /// Its length.
        bytes: usize,
    },
    /// Send a blob in chunks of another length, from its first one on.
    Rechunk {
        /// Length of every chunk but the last, in bytes.
        chunk: usize,
    },
    /// Publish a ledger that departs from the one that stands.
    Ledger(
        /// The departure.
        LedgerEdit,
    ),
    /// Propose an upgrade that departs from the honest one.
    Propose(
        /// The departure.
        IntentEdit,
    ),
    /// Send a blob in smaller chunks, past its declared size by one chunk.
    Overrun {
        /// Length of every chunk from here on, in bytes.
        chunk: usize,
    },
}

/// A draft that lies, and the steps of the lie: the last of them decides, and every earlier one looks
/// honest.
#[derive(Debug, Clone, PartialEq)]
pub struct Lie {
    /// What is sent.
    pub draft: Draft,
    /// In which messages.
    pub steps: Vec<Step>,
    /// Whether a refusal of an earlier one is as good as one of the last.
    pub refused_at_any: bool,
}

/// What a liar has at hand.
#[derive(Clone, Copy)]
pub struct Means<'a> {
    /// The client, with its real keys.
    pub client: &'a Client,
    /// What a lie can refer to.
    pub references: References<'a>,
    /// The next directory with a departure.
    pub directory: &'a dyn Fn(DirectoryEdit) -> Option<Document>,
    /// The accepted writes of the asset, oldest first.
    pub earlier: &'a [Write],
    /// An accepted write of another asset of the same author.
    pub other: Option<&'a Write>,
    /// The target's time.
    pub now: jiff::Timestamp,
}

impl DraftEdit {
    /// A change to what is signed, in record and envelopes alike, with the real keys.
    #[must_use]
    pub fn core(edit: CoreEdit) -> Self {
        Self::signed([edit], Signed::Anew)
    }

    /// Changes to what is signed, in record and envelopes alike.
    #[must_use]
    pub fn signed(core: impl Into<Vec<CoreEdit>>, signed: Signed) -> Self {
        Self::Manifest {
            core: core.into(),
            signed,
            record_alone: false,
        }
    }

    /// A change to what is signed, in the record alone, with the real keys.
    #[must_use]
    pub fn record_alone(edit: CoreEdit) -> Self {
        Self::Manifest {
            core: vec![edit],
            signed: Signed::Anew,
            record_alone: true,
        }
    }

    /// Applies the edit to the messages from `from` on. `None` where it does not fit the draft.
    #[must_use]
    pub fn apply(&self, draft: &Draft, from: Step, means: Means<'_>) -> Option<Lie> {
        if let Self::Directory(edit) = self {
            return Some(Lie {
                draft: Draft::Document((means.directory)(*edit)?),
                steps: vec![from],
                refused_at_any: false,
            });
        }
        let posted = match self {
            Self::Ledger(edit) => Some(means.client.lying_ledger(*edit)?),
            Self::Propose(edit) => Some(means.client.propose(Some(*edit))?),
            _ => None,
        };
        if let Some(request) = posted {
            return Some(Lie {
                draft: Draft::Question(request),
                steps: vec![from],
                refused_at_any: false,
            });
        }
        let honest = draft.write()?;
        let mut refused_at_any = false;
        let (lying, steps) = match self {
            Self::Speak(profile) => (speaking(honest, *profile), vec![from]),
            Self::ContentType(content_type) => {
                let mut lying = honest.clone();
                lying.content_type.clone_from(content_type);
                (lying, vec![from])
            }
            Self::Manifest {
                core,
                signed,
                record_alone,
            } => {
                let lying = manifest(honest, core, *signed, *record_alone, means)?;
                // An opening shows its envelope; what the record alone says shows in its last chunk.
                let shows_at_once = !record_alone && *signed == Signed::Anew;
                let steps = if shows_at_once {
                    vec![from]
                } else {
                    steps_of(&lying, from)
                };
                (lying, steps)
            }
            Self::Transplant => {
                let lying = honest.with_record(means.other?.record()?.to_vec());
                let steps = steps_of(&lying, from);
                (lying, steps)
            }
            Self::Instead { deed } => {
                let root = means.earlier.first()?;
                let lying = means.client.lying(root, *deed, means.now)?;
                (lying, vec![Step::Op])
            }
            Self::Again => (means.earlier.last()?.clone(), vec![Step::Op]),
            Self::Revive => {
                let root = means.earlier.first()?;
                let lying = means.client.again(root, means.now)?;
                refused_at_any = true;
                let steps = lying.steps();
                (lying, steps)
            }
            Self::Original { bytes } => (with_original(honest, *bytes, means)?, vec![from]),
            Self::Rechunk { chunk } => {
                let mut lying = honest.clone();
                lying.chunk = *chunk;
                (lying, vec![from])
            }
            Self::Directory(_) | Self::Ledger(_) | Self::Propose(_) => return None,
            Self::Overrun { chunk } => {
                let blob = from.blob()?;
                let (start, _) = honest.chunk_at(blob, from.chunk()?)?;
                let mut lying = honest.clone();
                let bytes = &mut lying.blobs.get_mut(blob)?.bytes;
                bytes.resize(bytes.len().next_multiple_of(*chunk), 0xA5);
                lying.chunk = *chunk;
                let steps = steps_from(&lying, blob, start);
                (lying, steps)
            }
        };
        Some(Lie {
            draft: Draft::Write(Box::new(lying)),
            steps,
            refused_at_any,
        })
    }
}

fn manifest(
    honest: &Write,
    edits: &[CoreEdit],
    signed: Signed,
    record_alone: bool,
    means: Means<'_>,
) -> Option<Write> {
    let core = edits.iter().try_fold(honest.core.clone(), |core, edit| {
        edit.apply(&core, means.references)
    })?;
    let record = means
        .client
        .lying_record(core.clone(), honest.record()?, signed)?;
    Some(if record_alone {
        honest.with_record(record)
    } else {
        honest.with_core(core, record)
    })
}

/// The write with an original of so many bytes, which are no sealed photo: no server can tell.
fn with_original(honest: &Write, bytes: usize, means: Means<'_>) -> Option<Write> {
    let original = vec![0xA5; bytes];
    let mut core = honest.core.clone();
    core.ciphertext_hash = Hash::of(&original);
    let mut lying = honest.clone();
    let blob = lying
        .blobs
        .iter_mut()
        .find(|blob| blob.role == BlobRole::Original)?;
    blob.hash = core.ciphertext_hash.to_string();
    blob.size = original.len() as u64;
    blob.bytes = original;
    let record = means
        .client
        .lying_record(core.clone(), honest.record()?, Signed::Anew)?;
    Some(lying.with_core(core, record))
}

/// Every message that carries the record: the op, or the whole upload of the step's blob.
fn steps_of(write: &Write, from: Step) -> Vec<Step> {
    from.blob()
        .map_or_else(|| vec![from], |blob| steps_from(write, blob, 0))
}

fn speaking(honest: &Write, profile: Profile) -> Write {
    let mut lying = honest.clone();
    lying.profile = profile;
    for blob in &mut lying.blobs {
        blob.envelope.protocol_version = profile.protocol.to_string();
        blob.envelope.crypto_suite_id = profile.suite.0;
    }
    lying
}

/// The steps of a blob that start at `start` or later; its opening counts as 0.
fn steps_from(write: &Write, blob: usize, start: u64) -> Vec<Step> {
    let begins = |step: &Step| match step.chunk() {
        None => Some(0),
        Some(chunk) => write.chunk_at(blob, chunk).map(|(offset, _)| offset),
    };
    write
        .steps()
        .into_iter()
        .filter(|step| step.blob() == Some(blob) && begins(step).is_some_and(|at| at >= start))
        .filter(|step| start == 0 || step.chunk().is_some())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> String {
        name.to_owned()
    }

    #[test]
    fn a_number_in_a_body_is_raised_where_there_is_one() {
        let raised = |body: &str| {
            let request =
                Request::new(Method::Post, "/upload").with_body("application/json", body.into());
            let edit = Edit::AddToJson {
                at: named("/size"),
                by: 1,
            };
            edit.apply(request, None)
                .map(|request| String::from_utf8(request.body).unwrap())
        };
        assert_eq!(raised(r#"{"size":7}"#).unwrap(), r#"{"size":8}"#);
        for body in [
            r#"{"size":18446744073709551615}"#,
            r#"{"size":"7"}"#,
            "{}",
            "",
        ] {
            assert_eq!(raised(body), None, "{body}");
        }
    }

    #[test]
    fn what_is_borrowed_becomes_an_edit_once_it_is_known_and_fits_nothing_before() {
        let borrow = |into| Edit::Borrow {
            what: Borrowed::AnothersAlbum,
            into,
        };
        let lent = |_| Some(named("x"));
        let json = Place::Json(vec![named("/a"), named("/b")]);
        let set = |at: &str| Edit::SetJson {
            at: named(at),
            raw: named("\"x\""),
        };
        for (into, edits) in [
            (Place::Subject, vec![Edit::SetSubject(named("x"))]),
            (
                Place::Query(named("q")),
                vec![Edit::SetQuery {
                    name: named("q"),
                    value: named("x"),
                }],
            ),
            (json, vec![set("/a"), set("/b")]),
        ] {
            assert_eq!(borrow(into.clone()).resolved(lent).unwrap(), edits);
            assert_eq!(borrow(into.clone()).resolved(|_| None), None);
            let request = Request::new(Method::Get, "/albums/ab/ops");
            assert_eq!(borrow(into).apply(request, None), None);
        }
        let other = Edit::FlipBodyBit;
        assert_eq!(other.resolved(|_| None).unwrap(), [Edit::FlipBodyBit]);
    }
}
