//! What a client is about to send, prepared whole before anything is sent.

use crate::{Framing, Profile, Request, request::Method};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::header;
use gauntlet_wire::id::{AlbumId, AssetId, Hash, IntentId};
use gauntlet_wire::json::{CreateSession, LifecycleOp, ManifestEnvelope, to_base64};
use gauntlet_wire::manifest::ManifestCore;
use serde::{Deserialize, Serialize};

/// One blob of a photo with everything that its session will declare. All fields are public: what a
/// draft declares and what it holds need not agree.
#[derive(Debug, Clone, PartialEq)]
pub struct Blob {
    /// What the blob is to its asset.
    pub role: BlobRole,
    /// The bytes that will be sent.
    pub bytes: Vec<u8>,
    /// The declared content address.
    pub hash: String,
    /// The declared length in bytes.
    pub size: u64,
    /// The manifest's JSON projection.
    pub envelope: ManifestEnvelope,
}

/// A prepared script: all of its messages, but for the addresses that the target issues on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    /// A photo's upload.
    Write(Box<Write>),
    /// A document that is published in one message.
    Document(Document),
    /// One message that neither writes nor publishes: a step of an upgrade ceremony.
    Call(Request),
    /// A single message that leaves everything as it is.
    Question(Request),
}

/// A prepared write: original, metadata and provenance record, and the signed core behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// The asset.
    pub asset: AssetId,
    /// The album.
    pub album: AlbumId,
    /// What the client speaks.
    pub profile: Profile,
    /// The declared content type.
    pub content_type: String,
    /// Length of every chunk but the last, in bytes.
    pub chunk: usize,
    /// How the length of every chunk is announced.
    pub framing: Framing,
    /// What the record signs.
    pub core: ManifestCore,
    /// The blobs in the order of their upload.
    pub blobs: Vec<Blob>,
    /// The lifecycle op that follows them, if the record does not ride on an upload of its own.
    pub op: Option<Op>,
    /// The upgrade intent that every opening and the op name.
    pub intent: Option<IntentId>,
}

/// A prepared lifecycle op.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// The manifest's JSON projection.
    pub envelope: ManifestEnvelope,
    /// The record.
    pub record: Vec<u8>,
    /// The metadata blob that comes along.
    pub metadata: Option<Vec<u8>>,
    /// The derivative manifest that comes along.
    pub derivative: Option<Vec<u8>>,
    /// The sidecar schema that the header states.
    pub schema: Option<u16>,
}

/// A prepared document: its publication, and where it can be read afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The message that publishes it.
    pub request: Request,
    /// Where every eye of the account reads it.
    pub path: String,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
}

/// One message of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Open the session of a blob.
    Open {
        /// Index into [`Write::blobs`].
        blob: usize,
    },
    /// Append a chunk to it.
    Append {
        /// Index into [`Write::blobs`].
        blob: usize,
        /// Index of the chunk.
        chunk: usize,
    },
    /// Publish the document.
    Publish,
    /// Send the lifecycle op.
    Op,
    /// Send the one message of a [`Draft::Call`].
    Call,
    /// Ask the question.
    Ask,
}

impl Step {
    /// The blob that the step belongs to; a document has none.
    #[must_use]
    pub const fn blob(self) -> Option<usize> {
        match self {
            Self::Open { blob } | Self::Append { blob, .. } => Some(blob),
            Self::Publish | Self::Op | Self::Call | Self::Ask => None,
        }
    }

    /// The chunk that the step sends; only an append has one.
    #[must_use]
    pub const fn chunk(self) -> Option<usize> {
        match self {
            Self::Append { chunk, .. } => Some(chunk),
            Self::Open { .. } | Self::Publish | Self::Op | Self::Call | Self::Ask => None,
        }
    }
}

impl Draft {
    /// Every message of the script, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        match self {
            Self::Write(write) => write.steps(),
            Self::Document(_) => vec![Step::Publish],
            Self::Call(_) => vec![Step::Call],
            Self::Question(_) => vec![Step::Ask],
        }
    }

    /// The request of a step. `session` is the path of the blob's session, which only a step after
    /// the opening needs. `None` where the draft has no such step.
    #[must_use]
    pub fn request(&self, step: Step, session: &str) -> Option<Request> {
        match (self, step) {
            (Self::Write(write), Step::Open { blob }) => write.open(write.blobs.get(blob)?),
            (Self::Write(write), Step::Append { blob, chunk }) => {
                let (offset, bytes) = write.chunk_at(blob, chunk)?;
                Some(append(write, session, offset, bytes))
            }
            (Self::Write(write), Step::Op) => write.send_op(write.op.as_ref()?),
            (Self::Document(document), Step::Publish) => Some(document.request.clone()),
            (Self::Call(request), Step::Call) | (Self::Question(request), Step::Ask) => {
                Some(request.clone())
            }
            _ => None,
        }
    }

    /// The write, where it is one.
    #[must_use]
    pub const fn write(&self) -> Option<&Write> {
        match self {
            Self::Write(write) => Some(write),
            Self::Document(_) | Self::Call(_) | Self::Question(_) => None,
        }
    }
}

impl Write {
    /// Every message of the upload, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let appends = |blob: usize, bytes: usize| {
            (0..bytes.div_ceil(self.chunk)).map(move |chunk| Step::Append { blob, chunk })
        };
        self.blobs
            .iter()
            .enumerate()
            .flat_map(|(blob, held)| {
                std::iter::once(Step::Open { blob }).chain(appends(blob, held.bytes.len()))
            })
            .chain(self.op.iter().map(|_| Step::Op))
            .collect()
    }

    /// What the uploaded blobs weigh, in bytes.
    #[must_use]
    pub fn weight(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.bytes.len() as u64).sum()
    }

    /// The blob of that role.
    #[must_use]
    pub fn blob(&self, role: BlobRole) -> Option<&Blob> {
        self.blobs.iter().find(|blob| blob.role == role)
    }

    /// Places another core in record and envelopes; `record` is its signed record.
    #[must_use]
    pub fn with_core(&self, core: ManifestCore, record: Vec<u8>) -> Self {
        let projected = projection(&core);
        let mut write = self.with_record(record);
        for blob in &mut write.blobs {
            blob.envelope = ManifestEnvelope {
                ciphertext_hash: blob.hash.clone(),
                ..projected.clone()
            };
        }
        if let Some(op) = &mut write.op {
            op.envelope = projected;
        }
        Self { core, ..write }
    }

    /// Declares another content address and length for a blob, whose bytes stay what they are. `None`
    /// where there is no such blob.
    #[must_use]
    pub fn declaring(&self, blob: usize, hash: &Hash, size: u64) -> Option<Self> {
        let mut write = self.clone();
        let named = write.blobs.get_mut(blob)?;
        named.hash = hash.to_string();
        named.size = size;
        named.envelope.ciphertext_hash.clone_from(&named.hash);
        Some(write)
    }

    /// Places another record; the envelopes still say what they said.
    #[must_use]
    pub fn with_record(&self, record: Vec<u8>) -> Self {
        let mut write = self.clone();
        for blob in &mut write.blobs {
            if blob.role == BlobRole::Provenance {
                blob.hash = Hash::of(&record).to_string();
                blob.size = record.len() as u64;
                blob.envelope.ciphertext_hash.clone_from(&blob.hash);
                blob.bytes.clone_from(&record);
            }
        }
        if let Some(op) = &mut write.op {
            op.record = record;
        }
        write
    }

    /// The content address of the provenance record: the chain link.
    #[must_use]
    pub fn link(&self) -> Option<Hash> {
        self.record().map(Hash::of)
    }

    /// The content address of the derivative manifest that the op brings: its link in the derivative's chain.
    #[must_use]
    pub fn derivative_link(&self) -> Option<Hash> {
        let brought = self.op.as_ref()?.derivative.as_deref();
        brought.map(Hash::of)
    }

    /// The bytes of the provenance record.
    #[must_use]
    pub fn record(&self) -> Option<&[u8]> {
        let uploaded = self.blob(BlobRole::Provenance);
        let uploaded = uploaded.map(|blob| blob.bytes.as_slice());
        uploaded.or(self.op.as_ref().map(|op| op.record.as_slice()))
    }

    /// Where one chunk ends.
    #[must_use]
    pub fn end_of(&self, blob: usize, chunk: usize) -> Option<u64> {
        let (start, bytes) = self.chunk_at(blob, chunk)?;
        start.checked_add(bytes.len() as u64)
    }

    /// Start and bytes of one chunk.
    #[must_use]
    pub fn chunk_at(&self, blob: usize, chunk: usize) -> Option<(u64, &[u8])> {
        let bytes = self.blobs.get(blob)?.bytes.as_slice();
        let start = chunk.checked_mul(self.chunk)?;
        let end = start.checked_add(self.chunk)?.min(bytes.len());
        Some((start as u64, bytes.get(start..end)?))
    }

    fn send_op(&self, op: &Op) -> Option<Request> {
        let body = LifecycleOp {
            manifest_envelope: op.envelope.clone(),
            manifest_cbor: to_base64(&op.record),
            metadata_blob: op.metadata.as_deref().map(to_base64),
            derivative_cbor: op.derivative.as_deref().map(to_base64),
        };
        let body = serde_json::to_value(&body).ok()?.to_string().into_bytes();
        let intent = self.intent.map(|intent| format!("?intent_id={intent}"));
        let path = format!("/albums/{}/ops{}", self.album, intent.unwrap_or_default());
        let mut request = spoken(Request::new(Method::Post, path), self.profile);
        if let Some(schema) = op.schema {
            request = request.header(header::SIDECAR_SCHEMA, schema.to_string());
        }
        Some(request.with_body("application/json", body))
    }

    fn open(&self, blob: &Blob) -> Option<Request> {
        let body = CreateSession {
            size: blob.size,
            hash: blob.hash.clone(),
            content_type: self.content_type.clone(),
            crypto_suite_id: self.profile.suite.0,
            protocol_version: self.profile.protocol.to_string(),
            blob_role: blob.role.to_string(),
            manifest_envelope: blob.envelope.clone(),
            album_id: Some(self.album),
            owner_id: None,
            intent_id: self.intent.map(|intent| intent.to_string()),
        };
        // Through a value, so that members stand in the order in which edits will write them.
        let body = serde_json::to_value(&body).ok()?.to_string().into_bytes();
        Some(
            spoken(Request::new(Method::Post, "/upload"), self.profile)
                .with_body("application/json", body),
        )
    }
}

/// The PATCH of `bytes` at `offset`, as the client of `write` speaks.
pub(crate) fn append(write: &Write, session: &str, offset: u64, bytes: &[u8]) -> Request {
    let request = spoken(Request::new(Method::Patch, session), write.profile)
        .header(header::OFFSET, offset.to_string())
        .header(header::CHECKSUM, Hash::of(bytes).to_string())
        .with_body("application/octet-stream", bytes.to_vec());
    Request {
        framing: write.framing,
        ..request
    }
}

/// The same request with the handshake of a write.
pub(crate) fn spoken(request: Request, profile: Profile) -> Request {
    request
        .header(header::PROTOCOL, profile.protocol.to_string())
        .header(header::CRYPTO_SUITE, profile.suite.0.to_string())
}

/// The JSON projection of `core` (`wire.md` §1.4); an A-version envelope omits the B fields, and a replace
/// names its original.
pub(crate) fn projection(core: &ManifestCore) -> ManifestEnvelope {
    ManifestEnvelope {
        crypto_suite_id: core.crypto_suite_id.0,
        protocol_version: core.protocol_version.to_string(),
        album_id: Some(core.album_id),
        file_id: core.file_id,
        amk_version: core.amk_version,
        ciphertext_hash: core.ciphertext_hash.to_string(),
        plaintext_size: core.plaintext_size,
        chunk_size: core.chunk_size,
        key_mode: core.b.as_ref().map(|b| b.key_mode),
        metadata_blob_hash: core.b.as_ref().and_then(|b| b.metadata_blob_hash),
        original_blob_hash: (core.action == Action::Replace).then_some(core.ciphertext_hash),
        created_by_user: core.created_by_user,
        created_by_device: core.created_by_device,
        client_version: core.client_version.clone(),
        timestamp: core.timestamp.text().to_owned(),
        action: core.action.to_string(),
        prior_provenance_hash: core.prior_provenance_hash,
        retention_until: core
            .retention_until
            .as_ref()
            .map(|until| until.text().to_owned()),
    }
}
