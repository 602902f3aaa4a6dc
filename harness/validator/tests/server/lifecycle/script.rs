//! What honest clients send, each message with bytes of its own.

use super::shelf::{formats, sign_by_device, spoken};
use crate::op_case::projection;
use crate::record_case::{core, encoded};
use crate::world::{
    DEVICE, STRANGER, WRITE_TIER, album, caller, device, intent, other_album, time,
};
use gauntlet_validator::server::{
    ChainLink, CompleteRequest, CreateRequest, EndRequest, OpBody, OpRequest, ProposeRequest,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::derivative::{DerivativeCore, DerivativeManifest};
use gauntlet_wire::enums::{Action, BlobRole, DerivativeRole};
use gauntlet_wire::id::{AlbumId, AssetId, Hash, IntentId};
use gauntlet_wire::intent::{IntentCore, UpgradeIntent};
use gauntlet_wire::json::{CompleteUpgrade, CreateSession};
use gauntlet_wire::manifest::{AssetManifest, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::version::{ProtocolVersion, SuiteId};
use jiff::Timestamp;

/// One blob of a write.
pub(super) struct Part {
    pub(super) role: BlobRole,
    pub(super) bytes: Vec<u8>,
}

impl Part {
    pub(super) fn hash(&self) -> Hash {
        Hash::of(&self.bytes)
    }
}

/// One write: what is signed, and what is uploaded for it, in order.
pub(super) struct Write {
    pub(super) core: ManifestCore,
    pub(super) parts: Vec<Part>,
    pub(super) derivative: Option<DerivativeCore>,
    /// The sealed sidecar that comes along with an op.
    metadata: Option<Vec<u8>>,
}

/// Draws bytes that no two writes share.
#[derive(Default)]
pub(super) struct Script {
    drawn: u64,
    proposed: u8,
    /// The intent that was taken last.
    pub(super) ceremony: Option<IntentId>,
    /// The op that was accepted last, and its number.
    pub(super) last: Option<(OpRequest, u64)>,
}

impl Script {
    fn bytes(&mut self, what: &str) -> Vec<u8> {
        self.drawn += 1;
        format!("{what} {}", self.drawn).into_bytes()
    }

    fn core(&mut self, asset: AssetId, of: AlbumId, now: Timestamp) -> ManifestCore {
        let mut core = core(formats(of));
        core.file_id = asset;
        core.album_id = of;
        core.timestamp = time(now);
        core
    }

    pub(super) fn create(&mut self, asset: AssetId, of: AlbumId, now: Timestamp) -> Write {
        let core = self.core(asset, of, now);
        self.brought(core)
    }

    pub(super) fn replace(&mut self, head: &ChainLink, prior: Hash, now: Timestamp) -> Write {
        let mut core = self.core(head.asset, head.album, now);
        core.action = Action::Replace;
        core.prior_provenance_hash = Some(prior);
        self.brought(core)
    }

    /// A write with an original and metadata of its own; the record lands last.
    fn brought(&mut self, mut core: ManifestCore) -> Write {
        let (original, metadata) = (self.bytes("original"), self.bytes("metadata"));
        core.ciphertext_hash = Hash::of(&original);
        core.nonce_prefix = self.drawn.to_be_bytes()[1..].try_into().unwrap();
        if let Some(b) = &mut core.b {
            b.metadata_blob_hash = Some(Hash::of(&metadata));
        }
        let record = encoded(core.clone());
        let part = |role, bytes| Part { role, bytes };
        Write {
            core,
            parts: vec![
                part(BlobRole::Original, original),
                part(BlobRole::Metadata, metadata),
                part(BlobRole::Provenance, record),
            ],
            derivative: None,
            metadata: None,
        }
    }

    pub(super) fn op(
        &mut self,
        head: &ChainLink,
        action: Action,
        prior: Hash,
        until: Timestamp,
        now: Timestamp,
    ) -> Write {
        let mut core = self.core(head.asset, head.album, now);
        core.action = action;
        core.prior_provenance_hash = Some(prior);
        core.ciphertext_hash = head.original.hash;
        core.plaintext_size = head.original.plaintext_size;
        core.nonce_prefix = head.original.nonce_prefix;
        core.retention_until = (action == Action::Delete).then(|| time(until));
        let metadata = (action == Action::MetadataUpdate).then(|| self.bytes("metadata"));
        if let Some(b) = &mut core.b {
            b.metadata_blob_hash = metadata.as_deref().map(Hash::of);
        }
        let mut write = Write {
            core,
            parts: Vec::new(),
            derivative: None,
            metadata,
        };
        if matches!(action, Action::DerivativeAdd | Action::DerivativeReplace) {
            let thumbnail = self.bytes("thumbnail");
            write.derivative = Some(made(&write.core, Hash::of(&thumbnail)));
            write.parts.push(Part {
                role: BlobRole::Derivative,
                bytes: thumbnail,
            });
        }
        write
    }

    /// A signed intent, for two days.
    pub(super) fn proposal(&mut self) -> ProposeRequest {
        self.proposed += 1;
        let core = IntentCore {
            album_id: album(),
            from_version: ProtocolVersion::A,
            to_version: ProtocolVersion::B,
            intent_id: IntentId::from_slice(&[self.proposed; 16]).unwrap(),
            proposer_device: device(),
            deadline_seconds: 48 * 3600,
        };
        let signature = sign_by_device(&core.signed_bytes());
        let intent = UpgradeIntent { core, signature };
        ProposeRequest {
            caller: caller(),
            album: album(),
            media_type: Some("application/cbor".to_owned()),
            document: Canonical::encode(intent).unwrap().into_bytes(),
        }
    }

    fn named(&self) -> IntentId {
        self.ceremony.unwrap_or_else(intent)
    }

    pub(super) fn end(&self) -> EndRequest {
        EndRequest {
            album: album(),
            intent: Some(self.named().to_string()),
        }
    }

    pub(super) fn completion(&self) -> CompleteRequest {
        CompleteRequest {
            album: album(),
            body: CompleteUpgrade {
                intent_id: self.named(),
                frozen_state_hash: Hash::of(b"the members' last state"),
                successor_album_id: other_album(),
            },
        }
    }
}

/// A thumbnail of the asset that `core` writes.
fn made(core: &ManifestCore, ciphertext_hash: Hash) -> DerivativeCore {
    DerivativeCore {
        crypto_suite_id: SuiteId::ONE,
        source_asset_id: core.file_id,
        role: DerivativeRole::Thumbnail,
        format: "image/webp".parse().unwrap(),
        ciphertext_hash,
        generated_by_device: device(),
        generated_by_client: "gauntlet/1".to_owned(),
        model_id: None,
        model_version: None,
        generated_at: core.timestamp.clone(),
        prior_provenance_hash: None,
    }
}

impl Write {
    /// The link of a record that was uploaded.
    pub(super) fn link(&self) -> Hash {
        Hash::of(&encoded(self.core.clone()))
    }

    /// The request that opens the session of a part.
    pub(super) fn opening(&self, part: &Part) -> CreateRequest {
        let mut envelope = projection(&self.core);
        envelope.ciphertext_hash = part.hash().to_string();
        envelope.original_blob_hash = Some(self.core.ciphertext_hash);
        CreateRequest {
            caller: caller(),
            spoken: spoken(self.core.album_id),
            body: CreateSession {
                size: part.bytes.len() as u64,
                hash: part.hash().to_string(),
                content_type: "image/jpeg".to_owned(),
                crypto_suite_id: 1,
                protocol_version: envelope.protocol_version.clone(),
                blob_role: part.role.to_string(),
                manifest_envelope: envelope,
                album_id: Some(self.core.album_id),
                owner_id: None,
                intent_id: None,
            },
        }
    }

    /// The op, signed by the caller's device or by a stranger's.
    pub(super) fn op_request(&self, forged: bool) -> OpRequest {
        let device_signer = if forged { &*STRANGER } else { &*DEVICE };
        let message = self.core.signed_bytes();
        let record = ProvenanceRecord {
            asset_id: self.core.file_id,
            prior_provenance_hash: self.core.prior_provenance_hash,
            manifest: AssetManifest {
                core: self.core.clone(),
                device_sig: device_signer.sign(&message),
                write_sig: WRITE_TIER.sign(&message),
            },
        };
        let derivative = self.derivative.clone().map(|core| {
            let message = core.signed_bytes();
            let manifest = DerivativeManifest {
                device_sig: DEVICE.sign(&message),
                write_sig: WRITE_TIER.sign(&message),
                core,
            };
            Canonical::encode(manifest).unwrap().into_bytes()
        });
        OpRequest {
            caller: caller(),
            spoken: spoken(self.core.album_id),
            album: self.core.album_id,
            schema: vec!["1".to_owned()],
            intent: None,
            body: OpBody {
                envelope: projection(&self.core),
                record: Canonical::encode(record).unwrap().into_bytes(),
                metadata: self.metadata.clone(),
                derivative,
            },
        }
    }
}
