//! A client: one device of one person in one album, preparing honest messages.

use crate::draft::{projection, spoken};
use crate::epoch::Epochs;
use crate::request::Method;
use crate::{
    Blob, Canaries, Device, Document, Framing, Mint, Person, Profile, Request, Secret, Write,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_crypto::{kdf, metadata, stream};
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::enums::{Action, BlobRole, KeyMode};
use gauntlet_wire::header;
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, UploadId, UserId};
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::manifest::{AssetManifest, ManifestB, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::time::Timestamp;
use gauntlet_wire::version::Formats;

/// What to photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Photo {
    /// Length of the sealed original in bytes.
    pub sealed: usize,
    /// Length of every chunk but the last, in bytes; a multiple of 4,096.
    pub chunk: usize,
}

impl Photo {
    /// A photo whose sealed original is `chunks` full chunks and a tail that is not aligned.
    #[must_use]
    pub const fn of_chunks(chunks: usize, chunk: usize) -> Self {
        Self {
            sealed: chunks * chunk + 123,
            chunk,
        }
    }

    /// A photo of one chunk of the largest size (16 MiB, invariant 10) and a tail, sent in smaller ones.
    pub const LARGE: Self = Self {
        sealed: (16 << 20) + 123,
        chunk: 8 << 20,
    };

    /// A photo of one small chunk.
    pub const SMALL: Self = Self {
        sealed: 1777,
        chunk: 4096,
    };
}

/// Bytes of AES-256-GCM's tag; a one-chunk STREAM is its plaintext and one tag.
const TAG: usize = 16;
/// What the suite's clients call themselves.
const CLIENT_VERSION: &str = "gauntlet/1";

/// One device of one person, writing to one album.
#[derive(Clone)]
pub struct Client {
    /// What it speaks.
    pub profile: Profile,
    /// The account.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// The album.
    pub album: AlbumId,
    pub(crate) device_signer: HybridSigner,
    pub(crate) admin_signer: HybridSigner,
    pub(crate) epochs: Epochs,
    pub(crate) mint: Mint,
}

impl Client {
    /// The client of `device` in `album`. `album_mint` yields the album's keys, which all members
    /// share; `mint` is the device's own.
    #[must_use]
    pub fn new(
        profile: Profile,
        person: &Person,
        device: &Device,
        album: AlbumId,
        album_mint: &Mint,
        mint: Mint,
    ) -> Self {
        let seed = |name: &str, secret| album_mint.named(name).secret(secret, album.uuid());
        Self {
            profile,
            user: person.user,
            device: device.id,
            album,
            device_signer: device.signer.clone(),
            admin_signer: HybridSigner::from_seed(&seed("admin", Secret::AdminSeed)),
            epochs: Epochs::first(album_mint, album),
            mint,
        }
    }

    /// Every secret that clients of this world have drawn.
    #[must_use]
    pub const fn canaries(&self) -> &Canaries {
        self.mint.canaries()
    }

    /// The request that opens the album, pinned to the version spoken.
    #[must_use]
    pub fn open_album(&self) -> Request {
        let body = serde_json::json!({ "album_id": self.album });
        spoken(Request::new(Method::Post, "/albums"), self.profile)
            .with_body("application/json", body.to_string().into_bytes())
    }

    /// The publication of a directory under the person's identity key.
    ///
    /// # Errors
    /// A directory past its bounds.
    pub fn publish_directory(
        &self,
        person: &Person,
        version: u64,
        updated_at: Timestamp,
    ) -> Result<Document, DocumentError> {
        let directory = person.directory(version, updated_at)?;
        let bytes = directory.bytes().to_vec();
        Ok(self.publication(person, person.identity.public(), bytes))
    }

    /// The publication of these bytes as `person`'s directory; `identity` is what the header states.
    pub(crate) fn publication(
        &self,
        person: &Person,
        identity: &HybridPublicKey,
        bytes: Vec<u8>,
    ) -> Document {
        let request = Request::new(Method::Post, "/auth/devices/directory");
        let request = spoken(request, self.profile)
            .header(header::IDENTITY_KEY, STANDARD.encode(identity.to_raw()))
            .with_body("application/cbor", bytes.clone());
        Document {
            request,
            path: format!("/users/{}/directory", person.user),
            bytes,
        }
    }

    /// A read with the handshake header that every route asks for.
    #[must_use]
    pub fn read(&self, path: impl Into<String>) -> Request {
        Request::new(Method::Get, path).header(header::PROTOCOL, self.profile.protocol.to_string())
    }

    /// The query of an upload session.
    #[must_use]
    pub fn query_session(&self, upload: UploadId) -> Request {
        Request::new(Method::Head, format!("/upload/{upload}"))
            .header(header::PROTOCOL, self.profile.protocol.to_string())
    }

    /// The end of an upload session that is given up.
    #[must_use]
    pub fn cancel_session(&self, upload: UploadId) -> Request {
        spoken(
            Request::new(Method::Delete, format!("/upload/{upload}")),
            self.profile,
        )
    }

    /// The question whether these bytes of `asset` are safely stored.
    #[must_use]
    pub fn verify_storage(&self, asset: AssetId, hashes: &[&str]) -> Request {
        let body = serde_json::json!({
            "assets": [{ "asset_id": asset, "blob_hashes": hashes }], "deep": false,
        });
        spoken(Request::new(Method::Post, "/storage/verify"), self.profile)
            .with_body("application/json", body.to_string().into_bytes())
    }

    /// Prepares a photo: seals it, seals its metadata, writes and signs its record. `now` is the
    /// target's time.
    ///
    /// # Errors
    /// A record past its bounds.
    pub fn draft(&mut self, photo: Photo, now: jiff::Timestamp) -> Result<Write, DocumentError> {
        let asset = AssetId::new(self.mint.uuid_v7(now));
        self.photograph(asset, photo, now)
    }

    /// The same under an id that is given.
    pub(crate) fn photograph(
        &mut self,
        asset: AssetId,
        photo: Photo,
        now: jiff::Timestamp,
    ) -> Result<Write, DocumentError> {
        let nonce_prefix: [u8; 7] = self.mint.array();
        let plaintext = self.mint.bytes(photo.sealed.saturating_sub(TAG));
        let formats = self.profile.protocol.formats();
        let amk = &self.epochs.newest().amk;
        let key = kdf::file_key(formats, amk, asset, &nonce_prefix);
        let original = stream::seal(&key, &nonce_prefix, &plaintext);
        let canaries = self.canaries();
        canaries.add(Secret::FileKey, asset.uuid(), key.as_bytes());
        canaries.add(Secret::Photo, asset.uuid(), &plaintext);
        let metadata = self.seal_metadata(asset, &Hash::of(&plaintext));
        let core = self.core(
            asset,
            nonce_prefix,
            plaintext.len() as u64,
            &original,
            &metadata,
            now,
        );
        self.assembled(core, original, metadata, photo.chunk)
    }

    /// The upload of a photo, signed; `chunk` is the length of every chunk but the last, in bytes.
    pub(crate) fn assembled(
        &self,
        core: ManifestCore,
        original: Vec<u8>,
        metadata: Vec<u8>,
        chunk: usize,
    ) -> Result<Write, DocumentError> {
        let record = self.record(core.clone())?;
        let envelope = projection(&core);
        let blobs = vec![
            blob(BlobRole::Original, original, &envelope),
            blob(BlobRole::Metadata, metadata, &envelope),
            blob(BlobRole::Provenance, record, &envelope),
        ];
        Ok(Write {
            asset: core.file_id,
            album: self.album,
            profile: self.profile,
            content_type: "image/jpeg".to_owned(),
            chunk,
            framing: Framing::Stated,
            core,
            blobs,
            op: None,
            intent: None,
        })
    }

    /// The sealed metadata blob. Its plaintext, a hash and a caption, stands in for a sidecar, which no
    /// server can read.
    pub(crate) fn seal_metadata(&mut self, asset: AssetId, content: &Hash) -> Vec<u8> {
        let nonce: [u8; 12] = self.mint.array();
        let amk = &self.epochs.newest().amk;
        let key = kdf::metadata_key(self.profile.protocol.formats(), amk, asset, &nonce);
        let caption = self.caption(&nonce);
        let sidecar = [content.as_bytes().as_slice(), caption.as_bytes()].concat();
        let canaries = self.canaries();
        canaries.add(Secret::MetadataKey, asset.uuid(), key.as_bytes());
        canaries.add(Secret::Caption, asset.uuid(), caption.as_bytes());
        canaries.add(Secret::Sidecar, asset.uuid(), &sidecar);
        metadata::seal(self.profile.suite, &key, &nonce, &sidecar)
    }

    /// A caption that occurs nowhere else, past the bound of any short field. Letters and digits alone,
    /// so that it reads the same however a text is escaped.
    fn caption(&self, nonce: &[u8; 12]) -> String {
        let mut words = self
            .mint
            .named(&format!("caption {}", Hash::of(nonce)))
            .array::<64>();
        words.iter_mut().for_each(|byte| *byte = b'a' + *byte % 26);
        let words = String::from_utf8_lossy(&words);
        format!("holiday{words}{words}")
    }

    pub(crate) fn core(
        &self,
        asset: AssetId,
        nonce_prefix: [u8; 7],
        plaintext_size: u64,
        original: &[u8],
        metadata: &[u8],
        now: jiff::Timestamp,
    ) -> ManifestCore {
        let b = ManifestB {
            metadata_blob_hash: Some(Hash::of(metadata)),
            key_mode: KeyMode::Derived,
            wrapped_file_key: None,
        };
        ManifestCore {
            crypto_suite_id: self.profile.suite,
            protocol_version: self.profile.protocol,
            file_id: asset,
            album_id: self.album,
            amk_version: self.epoch(),
            ciphertext_hash: Hash::of(original),
            plaintext_size,
            chunk_size: 65_520,
            nonce_prefix,
            created_by_user: self.user,
            created_by_device: self.device,
            client_version: CLIENT_VERSION.to_owned(),
            timestamp: Timestamp::from_instant(now),
            action: Action::Create,
            prior_provenance_hash: None,
            retention_until: None,
            b: (self.profile.protocol.formats() == Formats::B).then_some(b),
        }
    }

    /// The exact bytes of the record of `core`, signed by the device and the write-tier key.
    ///
    /// # Errors
    /// A record past its bounds.
    pub fn record(&self, core: ManifestCore) -> Result<Vec<u8>, DocumentError> {
        Ok(Canonical::encode(self.signed(core))?.bytes().to_vec())
    }

    /// The record of `core`, signed by the device and the write-tier key of the epoch that it names.
    pub(crate) fn signed(&self, core: ManifestCore) -> ProvenanceRecord {
        let signatures = self.sign(&core.signed_bytes(), core.amk_version);
        ProvenanceRecord {
            asset_id: core.file_id,
            prior_provenance_hash: core.prior_provenance_hash,
            manifest: AssetManifest {
                device_sig: signatures.device,
                write_sig: signatures.write,
                core,
            },
        }
    }
}

pub(crate) fn blob(role: BlobRole, bytes: Vec<u8>, envelope: &ManifestEnvelope) -> Blob {
    let hash = Hash::of(&bytes).to_string();
    Blob {
        role,
        size: bytes.len() as u64,
        envelope: ManifestEnvelope {
            ciphertext_hash: hash.clone(),
            ..envelope.clone()
        },
        hash,
        bytes,
    }
}
