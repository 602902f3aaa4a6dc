//! Lifecycle operations of an honest person.

use crate::person::{Head, Person, envelope, noise};
use crate::world::{Answer, Call, World, start_of_time};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::derivative::{DerivativeCore, DerivativeManifest};
use gauntlet_wire::enums::{
    Action, BlobRole, ContentType, DerivativeFormat, DerivativeRole, KeyMode,
};
use gauntlet_wire::header;
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::{LifecycleOp, OpAccepted, to_base64};
use gauntlet_wire::manifest::{ManifestB, ManifestCore};
use gauntlet_wire::time;
use gauntlet_wire::version::{Formats, SuiteId};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};

/// A prepared op.
#[derive(Clone)]
pub(crate) struct Op {
    pub(crate) core: ManifestCore,
    pub(crate) record: Vec<u8>,
    pub(crate) metadata: Option<Vec<u8>>,
    pub(crate) derivative: Option<Vec<u8>>,
}

impl Op {
    pub(crate) fn link(&self) -> Hash {
        Hash::of(&self.record)
    }

    pub(crate) fn head(&self) -> Head {
        Head {
            core: self.core.clone(),
            link: self.link(),
        }
    }

    pub(crate) fn body(&self) -> LifecycleOp {
        LifecycleOp {
            manifest_envelope: envelope(&self.core, self.core.ciphertext_hash),
            manifest_cbor: to_base64(&self.record),
            metadata_blob: self.metadata.as_deref().map(to_base64),
            derivative_cbor: self.derivative.as_deref().map(to_base64),
        }
    }
}

/// The end of a retention of a month, counted from the start of time.
pub(crate) fn in_a_month() -> Timestamp {
    start_of_time() + SignedDuration::from_hours(30 * 24)
}

impl Person {
    /// An op that continues `head`, its core changed by `change`.
    pub(crate) fn op(
        &self,
        head: &Head,
        action: Action,
        change: impl FnOnce(&mut ManifestCore),
    ) -> Op {
        let mut core = ManifestCore {
            action,
            prior_provenance_hash: Some(head.link),
            retention_until: None,
            b: (self.protocol.formats() == Formats::B).then_some(ManifestB {
                metadata_blob_hash: None,
                key_mode: KeyMode::Derived,
                wrapped_file_key: None,
            }),
            ..head.core.clone()
        };
        change(&mut core);
        Op {
            record: self.record(core.clone()),
            core,
            metadata: None,
            derivative: None,
        }
    }

    pub(crate) fn delete(&self, head: &Head, until: Timestamp) -> Op {
        self.op(head, Action::Delete, |core| {
            core.retention_until = Some(time::Timestamp::from_instant(until));
        })
    }

    pub(crate) fn restore(&self, head: &Head) -> Op {
        self.op(head, Action::TrashRestore, |_| ())
    }

    pub(crate) fn update(&self, head: &Head, metadata: Vec<u8>) -> Op {
        let hash = Hash::of(&metadata);
        let op = self.op(head, Action::MetadataUpdate, |core| {
            core.client_version = format!("test/{}", &hash.to_string()[..8]);
            if let Some(b) = &mut core.b {
                b.metadata_blob_hash = Some(hash);
            }
        });
        Op {
            metadata: Some(metadata),
            ..op
        }
    }

    /// An op that makes `blob` the thumbnail after the derivative manifest `prior`.
    pub(crate) fn thumbnail(&self, head: &Head, blob: &[u8], prior: Option<Hash>) -> Op {
        let action = match prior {
            None => Action::DerivativeAdd,
            Some(_) => Action::DerivativeReplace,
        };
        let core = DerivativeCore {
            crypto_suite_id: SuiteId::ONE,
            source_asset_id: head.core.file_id,
            role: DerivativeRole::Thumbnail,
            format: DerivativeFormat::Media(ContentType::Webp),
            ciphertext_hash: Hash::of(blob),
            generated_by_device: self.device,
            generated_by_client: "test/1".to_owned(),
            model_id: None,
            model_version: None,
            generated_at: time::Timestamp::from_instant(start_of_time()),
            prior_provenance_hash: prior,
        };
        let message = core.signed_bytes();
        let manifest = DerivativeManifest {
            device_sig: self.device_key.sign(&message),
            write_sig: self.write_tier(head.core.amk_version).sign(&message),
            core,
        };
        Op {
            derivative: Some(Canonical::encode(manifest).unwrap().into_bytes()),
            ..self.op(head, action, |_| ())
        }
    }
}

impl World {
    pub(crate) fn op_call(&self, person: &Person, op: &Op) -> Call {
        let path = format!("/v1/albums/{}/ops", op.core.album_id);
        let call = self.write(person, Method::POST, &path);
        let call = match op.core.action {
            Action::MetadataUpdate => call.header(header::SIDECAR_SCHEMA, "1"),
            _ => call,
        };
        call.json(serde_json::to_string(&op.body()).unwrap())
    }

    pub(crate) async fn try_op(&self, person: &Person, op: &Op) -> Answer {
        self.op_call(person, op).send().await
    }

    pub(crate) async fn op(&self, person: &Person, op: &Op) -> OpAccepted {
        self.try_op(person, op).await.json(StatusCode::OK)
    }

    /// Uploads a blob that a derivative op will name.
    pub(crate) async fn send_derivative(&self, person: &Person, op: &Op, blob: &[u8]) {
        let body = crate::person::create(&op.core, BlobRole::Derivative, blob);
        self.send_blob(person, &body, blob).await;
    }

    /// Uploads a photo with a thumbnail over it; the head and the thumbnail's manifest.
    pub(crate) async fn photo_with_thumbnail(
        &self,
        person: &Person,
        name: &str,
    ) -> (Head, Vec<u8>, Op) {
        let photo = person.photo(name, 5000);
        self.upload(person, &photo).await;
        let blob = noise(&format!("{name}/thumbnail"), 700);
        let op = person.thumbnail(&photo.head(), &blob, None);
        self.send_derivative(person, &op, &blob).await;
        self.op(person, &op).await;
        (op.head(), blob, op)
    }
}
