//! Leaks: a client puts a secret where the contract has no room for it.

use crate::draft::{Draft, Step};
use crate::draft_edit::steps_from;
use crate::edit::set_json;
use crate::{Canaries, Canary, Client, Lie, Request, Secret, Write};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::{self, Bounds, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One secret, spelled in one way, in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Leak {
    /// What is leaked: of the client, its album, or the asset of its draft.
    pub secret: Secret,
    /// How it is spelled, where the place holds text.
    pub spelling: Spelling,
    /// Where it is put.
    pub place: Spot,
}

/// How a secret becomes text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// It is text.
    Plain,
    /// Lowercase hexadecimal digits.
    Hex,
    /// RFC 4648 §4, padded.
    Base64,
    /// RFC 4648 §5, without padding.
    Base64Url,
}

/// Where a secret is put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spot {
    /// The JSON member at this pointer (RFC 6901), whose parent exists.
    Member(String),
    /// The value of this header.
    Header(String),
    /// The value of this parameter of the query.
    Query(String),
    /// The last segment of the path.
    Segment,
    /// The whole body, as bytes; the other headers stay.
    Body,
    /// What is uploaded from this chunk on, under the hash of what should have been.
    Upload,
    /// A member of the document's core.
    Core(String),
}

impl Spelling {
    fn of(self, secret: &[u8]) -> String {
        match self {
            Self::Plain => String::from_utf8_lossy(secret).into_owned(),
            Self::Hex => secret.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Base64 => STANDARD.encode(secret),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(secret),
        }
    }
}

impl Leak {
    /// What is leaked by `client`, in the midst of `draft`.
    #[must_use]
    pub fn canary(&self, client: &Client, draft: &Draft, canaries: &Canaries) -> Option<Canary> {
        let asset = draft.write().map(|write| write.asset.uuid());
        let of: Uuid = match self.secret {
            Secret::AlbumKey | Secret::WriteTierSeed | Secret::AdminSeed => client.album.uuid(),
            Secret::DeviceSeed => client.device.uuid(),
            Secret::IdentitySeed => client.user.uuid(),
            Secret::FileKey
            | Secret::MetadataKey
            | Secret::Photo
            | Secret::Sidecar
            | Secret::Caption => asset?,
        };
        canaries.newest(self.secret, of)
    }

    /// The honest `request` with the secret in its place. `None` where it has no such place.
    #[must_use]
    pub fn apply(&self, mut request: Request, canary: &Canary) -> Option<Request> {
        let spelled = self.spelling.of(&canary.bytes);
        match &self.place {
            Spot::Member(at) => {
                let raw = serde_json::Value::from(spelled).to_string();
                request.body = set_json(&request.body, at, &raw)?;
            }
            Spot::Header(name) => request.set_header(name, spelled),
            Spot::Query(name) => request.path = format!("{}?{name}={spelled}", request.path),
            Spot::Segment => {
                let (parent, _) = request.path.rsplit_once('/')?;
                request.path = format!("{parent}/{spelled}");
            }
            Spot::Body => request.body.clone_from(&canary.bytes),
            Spot::Core(member) => request.body = with_member(&request.body, member, canary)?,
            Spot::Upload => return None,
        }
        Some(request)
    }

    /// The honest upload with the secret in place of its bytes from `from` on, where that is the place.
    #[must_use]
    pub fn upload(&self, honest: &Write, from: Step, canary: &Canary) -> Option<Lie> {
        if self.place != Spot::Upload {
            return None;
        }
        let blob = from.blob()?;
        let (start, _) = honest.chunk_at(blob, from.chunk()?)?;
        let mut lying = honest.clone();
        let bytes = &mut lying.blobs.get_mut(blob)?.bytes;
        let kept = bytes.len().min(usize::try_from(start).ok()?);
        let secret = canary.bytes.iter().copied().chain(std::iter::repeat(0));
        for (byte, leaked) in bytes.iter_mut().zip(secret).skip(kept) {
            *byte = leaked;
        }
        let steps = steps_from(&lying, blob, start);
        Some(Lie {
            draft: Draft::Write(Box::new(lying)),
            steps,
            refused_at_any: false,
            volley: Vec::new(),
        })
    }
}

/// The signed document with one more member of its core: what a client writes that serialises more
/// than it should. The signature stays.
fn with_member(document: &[u8], member: &str, canary: &Canary) -> Option<Vec<u8>> {
    let bounds = Bounds::up_to(bounds::DIRECTORY);
    let Value::Map(mut document) = cbor::decode(document, &bounds).ok()? else {
        return None;
    };
    let Value::Map(mut core) = document.get_text("core")?.clone() else {
        return None;
    };
    core.insert(member.into(), Value::Bytes(canary.bytes.clone()));
    document.insert("core".into(), Value::Map(core));
    Some(Value::Map(document).encode())
}
