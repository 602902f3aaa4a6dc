//! The small vocabulary that deviations are made of.

use crate::draft::{Document, Draft, Step, Write, append};
use crate::{
    Ancestor, Client, CoreEdit, Deed, DerivativeEdit, DirectoryEdit, Framing, MetadataEdit,
    Profile, References, Request, Signed, derivative_edit, history,
};
use gauntlet_wire::enums::Action;
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
        spelling: Spelling,
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
}

/// Another spelling of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
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
        }
        Some(request)
    }
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

fn respell(body: &[u8], at: &str, spelling: Spelling) -> Option<Vec<u8>> {
    let mut json: serde_json::Value = serde_json::from_slice(body).ok()?;
    let text = json.pointer_mut(at)?;
    let given = text.as_str()?;
    let spelled = match spelling {
        Spelling::Capitals => given.to_uppercase(),
        Spelling::Cut => given.get(..given.len().checked_sub(1)?)?.to_owned(),
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
    /// Upload the asset once more, as if it had never been.
    Revive,
    /// Send so many updates of the asset's first record in place of the op, one after the other, none of
    /// which has heard of another.
    Crowd {
        /// How many.
        size: usize,
    },
    /// Send another history of the asset from its create on, as long as the true one with the op.
    Rebuild,
    /// Send the op again that was accepted last, with another valid write-tier signature.
    SignAgain,
    /// Send the op again that was accepted last, with the metadata and the derivative of this one.
    Swap,
    /// Declare the address of an accepted record for the blob.
    Declare {
        /// Whose.
        record: Ancestor,
    },
    /// Put other bytes in the place of the metadata blob.
    Metadata(
        /// Which.
        MetadataEdit,
    ),
    /// Change the derivative manifest of an op, and what the op does.
    Derivative {
        /// What the op does, where it is not what it did.
        action: Option<Action>,
        /// The changes to what the manifest signs.
        manifest: Vec<DerivativeEdit>,
        /// How the changed manifest is signed.
        signed: Signed,
    },
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
    /// Ops that are sent before all of them, each judged as the one that decides.
    pub volley: Vec<Write>,
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

    /// Changes to what a derivative manifest signs, with the real keys.
    #[must_use]
    pub fn derivative(manifest: impl Into<Vec<DerivativeEdit>>) -> Self {
        Self::Derivative {
            action: None,
            manifest: manifest.into(),
            signed: Signed::Anew,
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
                volley: Vec::new(),
            });
        }
        let honest = draft.write()?;
        let mut refused_at_any = false;
        let mut volley = Vec::new();
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
            Self::Crowd { size } => {
                let root = means.earlier.first()?;
                volley = means.client.crowd(root, *size, means.now)?;
                (volley.pop()?, vec![Step::Op])
            }
            Self::Rebuild => {
                let root = means.earlier.first()?;
                volley = means.client.rebuilt(root, means.earlier.len(), means.now)?;
                (volley.pop()?, vec![Step::Op])
            }
            Self::SignAgain => {
                let newest = means.earlier.last()?;
                (means.client.signed_again(newest)?, vec![Step::Op])
            }
            Self::Swap => (
                history::swapped(honest, means.earlier.last()?)?,
                vec![Step::Op],
            ),
            Self::Declare { record } => {
                refused_at_any = true;
                let lying = history::declaring(honest, from, (means.references.link_of)(*record)?)?;
                let steps = steps_of(&lying, from);
                (lying, steps)
            }
            Self::Metadata(edit) => (edit.apply(honest, means)?, vec![from]),
            Self::Derivative {
                action,
                manifest,
                signed,
            } => {
                let lying = derivative_edit::lying(honest, *action, manifest, *signed, means)?;
                (lying, vec![from])
            }
            Self::Directory(_) => return None,
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
            volley,
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
    use crate::Method;

    #[test]
    fn a_text_is_respelled_where_it_stands_and_nowhere_else() {
        let body = br#"{"a":{"hash":"00ff"},"hash":"00ff"}"#.to_vec();
        let request = Request::new(Method::Post, "/").with_body("application/json", body);
        let spelled = |at: &str, spelling| {
            let edit = Edit::Respell {
                at: at.to_owned(),
                spelling,
            };
            let request = edit.apply(request.clone(), None)?;
            Some(String::from_utf8(request.body).unwrap())
        };
        assert_eq!(
            spelled("/hash", Spelling::Capitals).unwrap(),
            r#"{"a":{"hash":"00ff"},"hash":"00FF"}"#
        );
        assert_eq!(
            spelled("/a/hash", Spelling::Cut).unwrap(),
            r#"{"a":{"hash":"00f"},"hash":"00ff"}"#
        );
        assert_eq!(spelled("/a", Spelling::Cut), None);
        assert_eq!(spelled("/none", Spelling::Capitals), None);
    }
}
