//! Asset manifests, in both versions (`formats.md` §4).

use crate::bounds;
use crate::cbor::{Bounds, Document, Field, Fields, SchemaError, Value, byte_array, map};
use crate::enums::{Action, KeyMode};
use crate::hybrid::HybridSignature;
use crate::id::{AlbumId, AssetId, DeviceId, Hash, UserId};
use crate::time::Timestamp;
use crate::version::{Formats, ProtocolVersion, SuiteId};

/// The `version` member of every manifest core.
pub const VERSION: &str = "asset-manifest/v1";
/// Bytes of plaintext in a STREAM chunk, the only value that `chunk_size` takes.
pub const CHUNK_SIZE: u32 = 65_520;

/// What both signatures of a manifest cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestCore {
    /// The suite of everything that the manifest names.
    pub crypto_suite_id: SuiteId,
    /// The album's pin.
    pub protocol_version: ProtocolVersion,
    /// The asset.
    pub file_id: AssetId,
    /// The album.
    pub album_id: AlbumId,
    /// The epoch of the album's master key.
    pub amk_version: u32,
    /// The content address of the original's ciphertext.
    pub ciphertext_hash: Hash,
    /// The original's plaintext length in bytes.
    pub plaintext_size: u64,
    /// Plaintext bytes per STREAM chunk.
    pub chunk_size: u32,
    /// The STREAM nonce prefix of the original.
    pub nonce_prefix: [u8; 7],
    /// The account that wrote.
    pub created_by_user: UserId,
    /// The device that wrote and signed.
    pub created_by_device: DeviceId,
    /// What the writing client calls itself.
    pub client_version: String,
    /// When it was written, by the writer's clock: for audit alone.
    pub timestamp: Timestamp,
    /// What is done to the asset.
    pub action: Action,
    /// The link that this record continues; null on create alone.
    pub prior_provenance_hash: Option<Hash>,
    /// Until when a delete can be taken back; on delete alone.
    pub retention_until: Option<Timestamp>,
    /// The fields that version B adds; `Some` exactly in version B.
    pub b: Option<ManifestB>,
}

/// What version B adds to the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestB {
    /// The content address of the metadata blob; required for create, replace and metadata-update.
    pub metadata_blob_hash: Option<Hash>,
    /// How the file key is come by; wrapped on create alone.
    pub key_mode: KeyMode,
    /// Nonce ‖ sealed key ‖ tag; present exactly where the key is wrapped.
    pub wrapped_file_key: Option<[u8; 60]>,
}

/// A manifest: a core and two signatures over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetManifest {
    /// What is signed.
    pub core: ManifestCore,
    /// By the device key.
    pub device_sig: HybridSignature,
    /// By the album's write-tier key of the epoch.
    pub write_sig: HybridSignature,
}

impl ManifestCore {
    /// The canonical bytes that both signatures cover.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        self.to_value().encode()
    }

    fn to_value(&self) -> Value {
        let mut entries = vec![
            ("version", VERSION.into()),
            ("crypto_suite_id", self.crypto_suite_id.0.into()),
            ("protocol_version", self.protocol_version.as_str().into()),
            ("file_id", (*self.file_id.as_bytes()).into()),
            ("album_id", (*self.album_id.as_bytes()).into()),
            ("amk_version", self.amk_version.into()),
            ("ciphertext_hash", (*self.ciphertext_hash.as_bytes()).into()),
            ("plaintext_size", self.plaintext_size.into()),
            ("chunk_size", self.chunk_size.into()),
            ("nonce_prefix", byte_array(&self.nonce_prefix)),
            ("created_by_user", (*self.created_by_user.as_bytes()).into()),
            (
                "created_by_device",
                (*self.created_by_device.as_bytes()).into(),
            ),
            ("client_version", self.client_version.as_str().into()),
            ("timestamp", self.timestamp.text().into()),
            ("action", self.action.as_str().into()),
            (
                "prior_provenance_hash",
                self.prior_provenance_hash.map(|h| *h.as_bytes()).into(),
            ),
            (
                "retention_until",
                self.retention_until.as_ref().map(Timestamp::text).into(),
            ),
        ];
        if let Some(b) = &self.b {
            entries.extend([
                (
                    "metadata_blob_hash",
                    b.metadata_blob_hash.map(|h| *h.as_bytes()).into(),
                ),
                ("key_mode", b.key_mode.as_str().into()),
                ("wrapped_file_key", b.wrapped_file_key.into()),
            ]);
        }
        map(entries)
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let version = fields.take("version")?;
        if version.text(bounds::SHORT_TEXT)? != VERSION {
            return Err(version.refuse(VERSION));
        }
        let protocol_version: ProtocolVersion = fields
            .take("protocol_version")?
            .parse(10, "a protocol version")?;
        let core = Self {
            crypto_suite_id: SuiteId(fields.take("crypto_suite_id")?.u16()?),
            protocol_version,
            file_id: uuid(&fields.take("file_id")?, AssetId::from_slice)?,
            album_id: uuid(&fields.take("album_id")?, AlbumId::from_slice)?,
            amk_version: fields.take("amk_version")?.u32()?,
            ciphertext_hash: hash(&fields.take("ciphertext_hash")?)?,
            plaintext_size: fields.take("plaintext_size")?.u64()?,
            chunk_size: chunk_size(&fields.take("chunk_size")?)?,
            nonce_prefix: fields.take("nonce_prefix")?.byte_array()?,
            created_by_user: uuid(&fields.take("created_by_user")?, UserId::from_slice)?,
            created_by_device: uuid(&fields.take("created_by_device")?, DeviceId::from_slice)?,
            client_version: fields
                .take("client_version")?
                .text(bounds::SHORT_TEXT)?
                .to_owned(),
            timestamp: time(&fields.take("timestamp")?)?,
            action: fields
                .take("action")?
                .parse(bounds::SHORT_TEXT, "an action")?,
            prior_provenance_hash: optional(fields.take("prior_provenance_hash")?, hash)?,
            retention_until: optional(fields.take("retention_until")?, time)?,
            b: match protocol_version.formats() {
                Formats::A => None,
                Formats::B => Some(ManifestB::take(&mut fields)?),
            },
        };
        fields.finish()?;
        core.check_structure(field)?;
        Ok(core)
    }

    /// The structural rules of `formats.md` §4 that tie fields together.
    fn check_structure(&self, field: &Field<'_>) -> Result<(), SchemaError> {
        let create = self.action == Action::Create;
        let rule = |held: bool, text: &str| {
            if held {
                Ok(())
            } else {
                Err(field.refuse(text))
            }
        };
        rule(
            self.prior_provenance_hash.is_none() == create,
            "a prior_provenance_hash, null on create and on nothing else",
        )?;
        rule(
            self.retention_until.is_some() == (self.action == Action::Delete),
            "a retention_until on delete and on nothing else",
        )?;
        let Some(b) = &self.b else {
            return Ok(());
        };
        let wrapped = b.key_mode == KeyMode::Wrapped;
        rule(!wrapped || create, "key_mode wrapped on create alone")?;
        rule(
            b.wrapped_file_key.is_some() == wrapped,
            "a wrapped_file_key exactly where wrapped",
        )?;
        let commits = matches!(
            self.action,
            Action::Create | Action::Replace | Action::MetadataUpdate
        );
        rule(
            !commits || b.metadata_blob_hash.is_some(),
            "a metadata_blob_hash on create, replace and metadata-update",
        )
    }
}

impl ManifestB {
    fn take(fields: &mut Fields<'_>) -> Result<Self, SchemaError> {
        Ok(Self {
            metadata_blob_hash: optional(fields.take("metadata_blob_hash")?, hash)?,
            key_mode: fields
                .take("key_mode")?
                .parse(bounds::SHORT_TEXT, "a key mode")?,
            wrapped_file_key: optional(fields.take("wrapped_file_key")?, Field::fixed)?,
        })
    }
}

impl AssetManifest {
    /// Reads `{core, device_sig, write_sig}`.
    ///
    /// # Errors
    /// The first field that does not fit, by its path.
    pub fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let manifest = Self {
            core: ManifestCore::from_field(&fields.take("core")?)?,
            device_sig: HybridSignature::from_field(&fields.take("device_sig")?)?,
            write_sig: HybridSignature::from_field(&fields.take("write_sig")?)?,
        };
        fields.finish()?;
        Ok(manifest)
    }
}

impl Document for AssetManifest {
    const NAME: &'static str = "asset manifest";
    const BOUNDS: Bounds = Bounds {
        max_bytes: bounds::MANIFEST,
        max_depth: bounds::CBOR_DEPTH,
        max_items: 64,
        max_string: bounds::MANIFEST,
    };

    fn to_value(&self) -> Value {
        map([
            ("core", self.core.to_value()),
            ("device_sig", self.device_sig.to_value()),
            ("write_sig", self.write_sig.to_value()),
        ])
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        Self::from_field(&Field::root(value))
    }
}

pub(crate) fn uuid<T>(field: &Field<'_>, read: fn(&[u8]) -> Option<T>) -> Result<T, SchemaError> {
    read(field.bytes()?).ok_or_else(|| field.refuse("a byte string of 16 bytes"))
}

pub(crate) fn hash(field: &Field<'_>) -> Result<Hash, SchemaError> {
    field.fixed().map(Hash::from_bytes)
}

pub(crate) fn time(field: &Field<'_>) -> Result<Timestamp, SchemaError> {
    field.parse(bounds::TIMESTAMP, "an RFC 3339 time")
}

/// `null` is `None`; anything else is read.
pub(crate) fn optional<'a, T>(
    field: Field<'a>,
    read: fn(&Field<'a>) -> Result<T, SchemaError>,
) -> Result<Option<T>, SchemaError> {
    field.optional().as_ref().map(read).transpose()
}

fn chunk_size(field: &Field<'_>) -> Result<u32, SchemaError> {
    match field.u32()? {
        CHUNK_SIZE => Ok(CHUNK_SIZE),
        _ => Err(field.refuse(CHUNK_SIZE.to_string())),
    }
}
