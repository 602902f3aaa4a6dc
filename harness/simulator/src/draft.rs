//! A photo's upload, prepared whole before anything is sent.

use crate::{Profile, Request, request::Method};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::header;
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use gauntlet_wire::json::{CreateSession, ManifestEnvelope};
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

/// A prepared upload: original, metadata and provenance record.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
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
    /// The blobs in the order of their upload.
    pub blobs: Vec<Blob>,
}

/// One message of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Open the session of a blob.
    Open {
        /// Index into [`Draft::blobs`].
        blob: usize,
    },
    /// Append a chunk to it.
    Append {
        /// Index into [`Draft::blobs`].
        blob: usize,
        /// Index of the chunk.
        chunk: usize,
    },
}

impl Step {
    /// The blob that the step belongs to.
    #[must_use]
    pub const fn blob(self) -> usize {
        match self {
            Self::Open { blob } | Self::Append { blob, .. } => blob,
        }
    }

    /// The chunk that the step sends; `None` for an opening.
    #[must_use]
    pub const fn chunk(self) -> Option<usize> {
        match self {
            Self::Open { .. } => None,
            Self::Append { chunk, .. } => Some(chunk),
        }
    }
}

impl Draft {
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
            .collect()
    }

    /// The blob of that role.
    #[must_use]
    pub fn blob(&self, role: BlobRole) -> Option<&Blob> {
        self.blobs.iter().find(|blob| blob.role == role)
    }

    /// The content address of the provenance record: the chain link.
    #[must_use]
    pub fn link(&self) -> Option<Hash> {
        self.blob(BlobRole::Provenance)
            .map(|blob| Hash::of(&blob.bytes))
    }

    /// Start and bytes of one chunk.
    #[must_use]
    pub fn chunk_at(&self, blob: usize, chunk: usize) -> Option<(u64, &[u8])> {
        let bytes = self.blobs.get(blob)?.bytes.as_slice();
        let start = chunk.checked_mul(self.chunk)?;
        let end = start.checked_add(self.chunk)?.min(bytes.len());
        Some((start as u64, bytes.get(start..end)?))
    }

    /// The request of a step. `session` is the path of the blob's session, which only a step after
    /// the opening needs. `None` where the draft has no such step.
    #[must_use]
    pub fn request(&self, step: Step, session: &str) -> Option<Request> {
        match step {
            Step::Open { blob } => self.open(self.blobs.get(blob)?),
            Step::Append { blob, chunk } => {
                let (offset, bytes) = self.chunk_at(blob, chunk)?;
                Some(append(self.profile, session, offset, bytes))
            }
        }
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
            intent_id: None,
        };
        // Through a value, so that members stand in the order in which edits will write them.
        let body = serde_json::to_value(&body).ok()?.to_string().into_bytes();
        Some(
            spoken(Request::new(Method::Post, "/upload"), self.profile)
                .with_body("application/json", body),
        )
    }
}

/// The PATCH of `bytes` at `offset`.
pub(crate) fn append(profile: Profile, session: &str, offset: u64, bytes: &[u8]) -> Request {
    spoken(Request::new(Method::Patch, session), profile)
        .header(header::OFFSET, offset.to_string())
        .header(header::CHECKSUM, Hash::of(bytes).to_string())
        .with_body("application/octet-stream", bytes.to_vec())
}

/// The same request with the handshake of a write.
pub(crate) fn spoken(request: Request, profile: Profile) -> Request {
    request
        .header(header::PROTOCOL, profile.protocol.to_string())
        .header(header::CRYPTO_SUITE, profile.suite.0.to_string())
}
