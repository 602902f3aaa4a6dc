//! An honest person: keys, a device, an album, and the documents of an upload.

use crate::world::{Answer, Call, OCTETS, World, start_of_time};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry, DirectoryCore};
use gauntlet_wire::enums::{Action, BlobRole, KeyMode};
use gauntlet_wire::header;
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, UploadId, UserId};
use gauntlet_wire::json::{CreateSession, ManifestEnvelope, SessionCreated};
use gauntlet_wire::ledger::{EpochLedger, LedgerEntry, LedgerEntryB};
use gauntlet_wire::manifest::{AssetManifest, ManifestB, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::time;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use uuid::Uuid;

pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) user: UserId,
    pub(crate) token: String,
    pub(crate) protocol: ProtocolVersion,
    pub(crate) device: DeviceId,
    pub(crate) album: AlbumId,
    identity: HybridSigner,
    pub(crate) device_key: HybridSigner,
    admin: HybridSigner,
}

pub(crate) fn seed(name: &str, use_for: &str) -> [u8; 64] {
    let half = |which: u8| Hash::of(format!("{name}/{use_for}/{which}").as_bytes());
    [*half(0).as_bytes(), *half(1).as_bytes()]
        .concat()
        .try_into()
        .unwrap()
}

pub(crate) fn id(name: &str, use_for: &str) -> Uuid {
    let start = seed(name, use_for)[..16].try_into().unwrap();
    uuid::Builder::from_random_bytes(start).into_uuid()
}

impl Person {
    pub(crate) fn new(name: &str, user: UserId, token: String, protocol: ProtocolVersion) -> Self {
        Self {
            name: name.to_owned(),
            user,
            token,
            protocol,
            device: DeviceId::new(id(name, "device")),
            album: AlbumId::new(id(name, "album")),
            identity: HybridSigner::from_seed(&seed(name, "identity")),
            device_key: HybridSigner::from_seed(&seed(name, "device")),
            admin: HybridSigner::from_seed(&seed(name, "admin")),
        }
    }

    /// The album's write-tier key of an epoch.
    pub(crate) fn write_tier(&self, epoch: u32) -> HybridSigner {
        HybridSigner::from_seed(&seed(&self.name, &format!("write tier {epoch}")))
    }

    /// The ledger of an album of this person's, up to an epoch.
    pub(crate) fn ledger(&self, album: AlbumId, epochs: u32) -> Vec<u8> {
        let is_b = self.protocol.formats() == Formats::B;
        let mut entries: Vec<LedgerEntry> = Vec::new();
        for epoch in 1..=epochs {
            let mut entry = LedgerEntry {
                epoch,
                write_tier_pub: self.write_tier(epoch).public().clone(),
                b: is_b.then(|| LedgerEntryB {
                    prior_entry_hash: entries.last().map(LedgerEntry::hash),
                }),
                admin_sig: self.admin.sign(b""),
            };
            entry.admin_sig = self.admin.sign(&entry.signed_bytes(album));
            entries.push(entry);
        }
        let ledger = EpochLedger {
            album_id: album,
            admin_pub: self.admin.public().clone(),
            ceiling: epochs,
            entries,
        };
        Canonical::encode(ledger).unwrap().into_bytes()
    }

    pub(crate) fn identity_header(&self) -> String {
        STANDARD.encode(self.identity.public().to_raw())
    }

    pub(crate) fn directory(&self, version: u64, revoked_at: Option<Timestamp>) -> Vec<u8> {
        let joined = start_of_time() - SignedDuration::from_hours(24 * 365);
        let core = DirectoryCore {
            user_id: self.user,
            directory_version: version,
            updated_at: time::Timestamp::from_instant(joined),
            devices: vec![DeviceEntry {
                device_id: self.device,
                dsk_public: self.device_key.public().clone(),
                added_at: time::Timestamp::from_instant(joined),
                revoked_at: revoked_at.map(time::Timestamp::from_instant),
            }],
        };
        let signature = self.identity.sign(&core.signed_bytes());
        let directory = DeviceDirectory { core, signature };
        Canonical::encode(directory).unwrap().bytes().to_vec()
    }

    /// A new photo whose sealed original has `size` bytes.
    pub(crate) fn photo(&self, name: &str, size: usize) -> Photo {
        self.write(AssetId::new(id(name, "asset")), name, size, None)
    }

    /// New original bytes for an asset whose chain ends in `prior`.
    pub(crate) fn replacement(
        &self,
        asset: AssetId,
        name: &str,
        size: usize,
        prior: Hash,
    ) -> Photo {
        self.write(asset, name, size, Some(prior))
    }

    fn write(&self, asset: AssetId, name: &str, size: usize, prior: Option<Hash>) -> Photo {
        let original = noise(&format!("{name}/original"), size);
        let metadata = noise(&format!("{name}/metadata"), 333);
        let is_b = self.protocol.formats() == Formats::B;
        let core = ManifestCore {
            crypto_suite_id: SuiteId::ONE,
            protocol_version: self.protocol,
            file_id: asset,
            album_id: self.album,
            amk_version: 1,
            ciphertext_hash: Hash::of(&original),
            plaintext_size: size as u64,
            chunk_size: 65_520,
            nonce_prefix: noise(&format!("{name}/nonce"), 7).try_into().unwrap(),
            created_by_user: self.user,
            created_by_device: self.device,
            client_version: "test/1".to_owned(),
            timestamp: time::Timestamp::from_instant(start_of_time()),
            action: if prior.is_some() {
                Action::Replace
            } else {
                Action::Create
            },
            prior_provenance_hash: prior,
            retention_until: None,
            b: is_b.then(|| ManifestB {
                metadata_blob_hash: Some(Hash::of(&metadata)),
                key_mode: KeyMode::Derived,
                wrapped_file_key: None,
            }),
        };
        let record = self.record(core.clone());
        let link = Hash::of(&record);
        Photo {
            asset,
            album: self.album,
            original,
            metadata,
            record,
            link,
            core,
        }
    }

    /// Another create of the same photo.
    pub(crate) fn record_twin(&self, photo: &Photo) -> Photo {
        let mut core = photo.core.clone();
        core.client_version = "test/2".to_owned();
        let record = self.record(core.clone());
        Photo {
            link: Hash::of(&record),
            record,
            core,
            ..photo.clone()
        }
    }

    /// The canonical record over `core`, signed by this device and by the write-tier key of its epoch.
    pub(crate) fn record(&self, core: ManifestCore) -> Vec<u8> {
        let message = core.signed_bytes();
        let record = ProvenanceRecord {
            asset_id: core.file_id,
            prior_provenance_hash: core.prior_provenance_hash,
            manifest: AssetManifest {
                device_sig: self.device_key.sign(&message),
                write_sig: self.write_tier(core.amk_version).sign(&message),
                core,
            },
        };
        Canonical::encode(record).unwrap().bytes().to_vec()
    }
}

/// Bytes that look like ciphertext, the same for the same name.
pub(crate) fn noise(name: &str, size: usize) -> Vec<u8> {
    (0_u64..)
        .flat_map(|block| *Hash::of(format!("{name}/{block}").as_bytes()).as_bytes())
        .take(size)
        .collect()
}

/// A prepared write: three blobs of one asset.
#[derive(Clone)]
pub(crate) struct Photo {
    pub(crate) asset: AssetId,
    pub(crate) album: AlbumId,
    pub(crate) original: Vec<u8>,
    pub(crate) metadata: Vec<u8>,
    pub(crate) record: Vec<u8>,
    pub(crate) link: Hash,
    pub(crate) core: ManifestCore,
}

impl Photo {
    pub(crate) fn bytes(&self, role: BlobRole) -> &[u8] {
        match role {
            BlobRole::Metadata => &self.metadata,
            BlobRole::Provenance => &self.record,
            _ => &self.original,
        }
    }

    pub(crate) fn size(&self) -> u64 {
        (self.original.len() + self.metadata.len() + self.record.len()) as u64
    }

    pub(crate) fn create(&self, role: BlobRole) -> CreateSession {
        create(&self.core, role, self.bytes(role))
    }

    pub(crate) fn head(&self) -> Head {
        Head {
            core: self.core.clone(),
            link: self.link,
        }
    }
}

/// The newest record of an asset, which the next one continues.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) core: ManifestCore,
    pub(crate) link: Hash,
}

/// The request that opens a session for a blob of the write with that core.
pub(crate) fn create(core: &ManifestCore, role: BlobRole, bytes: &[u8]) -> CreateSession {
    let hash = Hash::of(bytes);
    CreateSession {
        size: bytes.len() as u64,
        hash: hash.to_string(),
        content_type: "image/jpeg".to_owned(),
        crypto_suite_id: 1,
        protocol_version: core.protocol_version.to_string(),
        blob_role: role.to_string(),
        manifest_envelope: envelope(core, hash),
        album_id: Some(core.album_id),
        owner_id: None,
        intent_id: None,
    }
}

/// The projection of a core, for the blob `hash`.
pub(crate) fn envelope(core: &ManifestCore, hash: Hash) -> ManifestEnvelope {
    ManifestEnvelope {
        crypto_suite_id: core.crypto_suite_id.0,
        protocol_version: core.protocol_version.to_string(),
        album_id: Some(core.album_id),
        file_id: core.file_id,
        amk_version: core.amk_version,
        ciphertext_hash: hash.to_string(),
        plaintext_size: core.plaintext_size,
        chunk_size: core.chunk_size,
        key_mode: core.b.as_ref().map(|b| b.key_mode),
        metadata_blob_hash: core.b.as_ref().and_then(|b| b.metadata_blob_hash),
        original_blob_hash: Some(core.ciphertext_hash),
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

impl World {
    pub(crate) async fn open_with(&self, person: &Person, body: &CreateSession) -> Answer {
        self.write(person, Method::POST, "/v1/upload")
            .json(serde_json::to_string(body).unwrap())
            .send()
            .await
    }

    pub(crate) async fn open(&self, person: &Person, photo: &Photo, role: BlobRole) -> UploadId {
        let answer = self.open_with(person, &photo.create(role)).await;
        answer.json::<SessionCreated>(StatusCode::CREATED).id
    }

    pub(crate) fn chunk(
        &self,
        person: &Person,
        upload: UploadId,
        offset: u64,
        bytes: &[u8],
    ) -> Call {
        self.write(person, Method::PATCH, &format!("/v1/upload/{upload}"))
            .header(header::OFFSET, &offset.to_string())
            .header(header::CHECKSUM, &Hash::of(bytes).to_string())
            .body(OCTETS, bytes.to_vec())
    }

    /// Uploads one blob as `body` says.
    pub(crate) async fn send_blob(&self, person: &Person, body: &CreateSession, bytes: &[u8]) {
        let opened = self.open_with(person, body).await;
        let upload = opened.json::<SessionCreated>(StatusCode::CREATED).id;
        self.send_rest(person, upload, bytes, 0).await;
    }

    /// Opens a session and sends all its bytes; the last answer.
    pub(crate) async fn send(&self, person: &Person, photo: &Photo, role: BlobRole) -> Answer {
        let upload = self.open(person, photo, role).await;
        self.send_rest(person, upload, photo.bytes(role), 0).await
    }

    /// Sends the bytes from `offset` on in chunks of 32 KiB; the last answer.
    pub(crate) async fn send_rest(
        &self,
        person: &Person,
        upload: UploadId,
        bytes: &[u8],
        offset: usize,
    ) -> Answer {
        let mut last = None;
        for (index, chunk) in bytes[offset..].chunks(32 << 10).enumerate() {
            let at = offset + index * (32 << 10);
            let answer = self.chunk(person, upload, at as u64, chunk).send().await;
            assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.text());
            last = Some(answer);
        }
        last.unwrap()
    }

    /// Uploads all three blobs.
    pub(crate) async fn upload(&self, person: &Person, photo: &Photo) {
        for role in [BlobRole::Original, BlobRole::Metadata, BlobRole::Provenance] {
            self.send(person, photo, role).await;
        }
    }

    pub(crate) async fn head(&self, person: &Person, upload: UploadId) -> Answer {
        let path = format!("/v1/upload/{upload}");
        self.write(person, Method::HEAD, &path).send().await
    }

    /// State and received count of a session.
    pub(crate) async fn state(&self, person: &Person, upload: UploadId) -> (String, u64) {
        let answer = self.head(person, upload).await;
        assert_eq!(answer.status, StatusCode::OK);
        let status = answer.header(header::UPLOAD_STATUS).to_owned();
        (status, answer.header(header::OFFSET).parse().unwrap())
    }

    pub(crate) async fn download(&self, person: &Person, hash: Hash) -> Answer {
        self.read(person, &format!("/v1/blob/{hash}")).send().await
    }
}
