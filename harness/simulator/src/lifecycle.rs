//! What becomes of a photo after its upload: each deed one signed record that continues the last.

use crate::client::blob;
use crate::derivative::Thumbnail;
use crate::draft::{Op, Write, projection};
use crate::signed::Signatures;
use crate::{Client, Deed, Photo, Signed};
use gauntlet_wire::cbor::{Canonical, Document as _, DocumentError};
use gauntlet_wire::enums::{Action, BlobRole, KeyMode};
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::{ManifestB, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;

/// For how long an honest delete can be taken back.
const RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The sidecar schema that clients write.
const SCHEMA: u16 = 1;

impl Client {
    /// Prepares the op that continues `prior`, the newest accepted write of its asset, with the blob that
    /// is uploaded ahead of it where there is one. `None` for a deed that no op carries.
    ///
    /// # Errors
    /// A record past its bounds.
    pub fn continued(
        &mut self,
        prior: &Write,
        deed: Deed,
        now: jiff::Timestamp,
    ) -> Result<Option<Write>, DocumentError> {
        let action = match deed {
            Deed::Delete
            | Deed::DeleteShared
            | Deed::DeleteSharedAfterAnother
            | Deed::DeleteSharedAfterAPurge => Action::Delete,
            Deed::Update | Deed::UpdateAgain | Deed::UpdateAsPurged => Action::MetadataUpdate,
            Deed::Restore => Action::TrashRestore,
            Deed::AddThumbnail => Action::DerivativeAdd,
            Deed::ReplaceThumbnail | Deed::ReplaceThumbnailAgain => Action::DerivativeReplace,
            Deed::Upload
            | Deed::UploadLarge
            | Deed::UploadAfterPurge
            | Deed::UploadAsPurged
            | Deed::Directory
            | Deed::Replace
            | Deed::ReplaceAgain
            | Deed::Upgrade
            | Deed::Completion
            | Deed::Abort
            | Deed::Ask(_) => return Ok(None),
        };
        let metadata = (action == Action::MetadataUpdate).then(|| {
            let content = Hash::from_bytes(self.mint.array());
            self.seal_metadata(prior.asset, &content)
        });
        let thumbnail = match action {
            Action::DerivativeAdd | Action::DerivativeReplace => {
                Some(self.next_thumbnail(prior, now)?)
            }
            _ => None,
        };
        let brought = Brought {
            metadata,
            thumbnail,
        };
        self.op(prior, action, brought, now).map(Some)
    }

    /// Prepares the update that gives a photo this very metadata blob.
    ///
    /// # Errors
    /// A record past its bounds.
    pub fn updated(
        &self,
        prior: &Write,
        metadata: Vec<u8>,
        now: jiff::Timestamp,
    ) -> Result<Write, DocumentError> {
        let brought = Brought {
            metadata: Some(metadata),
            thumbnail: None,
        };
        self.op(prior, Action::MetadataUpdate, brought, now)
    }

    fn op(
        &self,
        prior: &Write,
        action: Action,
        brought: Brought,
        now: jiff::Timestamp,
    ) -> Result<Write, DocumentError> {
        let Brought {
            metadata,
            thumbnail,
        } = brought;
        let (bytes, derivative) = thumbnail.map(|made| (made.bytes, made.manifest)).unzip();
        let core = ManifestCore {
            created_by_device: self.device,
            ..following(prior, action, metadata.as_deref(), self.epoch(), now)
        };
        let record = self.record(core.clone())?;
        let envelope = projection(&core);
        let ahead = bytes.map(|bytes| blob(BlobRole::Derivative, bytes, &envelope));
        let op = Op {
            envelope,
            record,
            schema: metadata.as_ref().map(|_| SCHEMA),
            metadata,
            derivative,
        };
        Ok(Write {
            core,
            blobs: ahead.into_iter().collect(),
            op: Some(op),
            intent: None,
            ..prior.clone()
        })
    }
}

/// What an op brings beside its record.
struct Brought {
    metadata: Option<Vec<u8>>,
    thumbnail: Option<Thumbnail>,
}

impl Client {
    /// What [`Client::continued`] would make, of randomness of its own: a lie shifts no honest draw.
    pub(crate) fn lying(&self, prior: &Write, deed: Deed, now: jiff::Timestamp) -> Option<Write> {
        let mut liar = self.liar();
        liar.continued(prior, deed, now).ok().flatten()
    }

    /// Another photo under the id of `prior`'s asset, created as if that had never been.
    pub(crate) fn again(&self, prior: &Write, now: jiff::Timestamp) -> Option<Write> {
        self.liar().photograph(prior.asset, Photo::SMALL, now).ok()
    }

    pub(crate) fn liar(&self) -> Self {
        let mut liar = self.clone();
        liar.mint = self.mint.named("lies");
        liar
    }

    /// The record of a core, signed as `signed` says. Nothing is checked: the bytes may break every rule
    /// of a record's structure. `before` is the record that the client would have sent.
    pub(crate) fn lying_record(
        &self,
        core: ManifestCore,
        before: &[u8],
        signed: Signed,
    ) -> Option<Vec<u8>> {
        let before: ProvenanceRecord = Canonical::decode(before).ok()?.into_value();
        let mut record = self.signed(core);
        let manifest = &mut record.manifest;
        let carried = |device, write| Signatures { device, write };
        let signatures = signed.of(
            carried(manifest.device_sig.clone(), manifest.write_sig.clone()),
            carried(before.manifest.device_sig, before.manifest.write_sig),
        );
        (manifest.device_sig, manifest.write_sig) = (signatures.device, signatures.write);
        Some(record.to_value().encode())
    }
}

/// The core of the write that continues `prior`: the original stays as it is.
fn following(
    prior: &Write,
    action: Action,
    metadata: Option<&[u8]>,
    epoch: u32,
    now: jiff::Timestamp,
) -> ManifestCore {
    let b = prior.core.b.as_ref().map(|_| ManifestB {
        metadata_blob_hash: metadata.map(Hash::of),
        key_mode: KeyMode::Derived,
        wrapped_file_key: None,
    });
    ManifestCore {
        amk_version: epoch,
        timestamp: Timestamp::from_instant(now),
        action,
        prior_provenance_hash: prior.link(),
        retention_until: (action == Action::Delete)
            .then(|| Timestamp::from_instant(now + RETENTION)),
        b,
        ..prior.core.clone()
    }
}
