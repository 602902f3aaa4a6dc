//! Derivative manifests (`formats.md` §4): thumbnails, previews and embeddings of an asset.

use crate::bounds;
use crate::cbor::{Bounds, Document, Field, SchemaError, Value, map};
use crate::enums::{DerivativeFormat, DerivativeRole};
use crate::hybrid::HybridSignature;
use crate::id::{AssetId, DeviceId, Hash};
use crate::manifest::{AssetManifest, hash, optional, time, uuid};
use crate::time::Timestamp;
use crate::version::SuiteId;

/// The `version` member of every derivative manifest core.
pub const VERSION: &str = "derivative-manifest/v1";

/// What both signatures of a derivative manifest cover.
///
/// It names neither album, epoch nor protocol version: those are of the manifest that it travels with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivativeCore {
    /// The suite of the derivative's bytes.
    pub crypto_suite_id: SuiteId,
    /// The asset that it was made from.
    pub source_asset_id: AssetId,
    /// What it is of its source.
    pub role: DerivativeRole,
    /// What its bytes are.
    pub format: DerivativeFormat,
    /// The content address of its ciphertext.
    pub ciphertext_hash: Hash,
    /// The device that made and signed it.
    pub generated_by_device: DeviceId,
    /// What the making client calls itself.
    pub generated_by_client: String,
    /// The model, where one took part; an embedding has one.
    pub model_id: Option<String>,
    /// The model's version, where one took part; an embedding has one.
    pub model_version: Option<String>,
    /// When it was made, by the maker's clock.
    pub generated_at: Timestamp,
    /// The link that this one continues; null on the first of its chain.
    pub prior_provenance_hash: Option<Hash>,
}

/// The chain that a derivative manifest belongs to: one per asset, role and format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DerivativeChain {
    /// The source asset.
    pub asset_id: AssetId,
    /// The role.
    pub role: DerivativeRole,
    /// The format.
    pub format: DerivativeFormat,
}

/// A derivative manifest: a core and two signatures over it. The chain link is the SHA-256 of its
/// canonical bytes, signatures included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivativeManifest {
    /// What is signed.
    pub core: DerivativeCore,
    /// By the device key.
    pub device_sig: HybridSignature,
    /// By the album's write-tier key of the epoch.
    pub write_sig: HybridSignature,
}

impl DerivativeCore {
    /// The canonical bytes that both signatures cover.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        self.to_value().encode()
    }

    /// The chain that the manifest belongs to.
    #[must_use]
    pub const fn chain(&self) -> DerivativeChain {
        DerivativeChain {
            asset_id: self.source_asset_id,
            role: self.role,
            format: self.format,
        }
    }

    fn to_value(&self) -> Value {
        map([
            ("version", VERSION.into()),
            ("crypto_suite_id", self.crypto_suite_id.0.into()),
            ("source_asset_id", (*self.source_asset_id.as_bytes()).into()),
            ("role", self.role.as_str().into()),
            ("format", self.format.as_str().into()),
            ("ciphertext_hash", (*self.ciphertext_hash.as_bytes()).into()),
            (
                "generated_by_device",
                (*self.generated_by_device.as_bytes()).into(),
            ),
            (
                "generated_by_client",
                self.generated_by_client.as_str().into(),
            ),
            ("model_id", self.model_id.as_deref().into()),
            ("model_version", self.model_version.as_deref().into()),
            ("generated_at", self.generated_at.text().into()),
            (
                "prior_provenance_hash",
                self.prior_provenance_hash.map(|h| *h.as_bytes()).into(),
            ),
        ])
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let version = fields.take("version")?;
        if version.text(bounds::SHORT_TEXT)? != VERSION {
            return Err(version.refuse(VERSION));
        }
        let core = Self {
            crypto_suite_id: SuiteId(fields.take("crypto_suite_id")?.u16()?),
            source_asset_id: uuid(&fields.take("source_asset_id")?, AssetId::from_slice)?,
            role: fields
                .take("role")?
                .parse(bounds::SHORT_TEXT, "a derivative role")?,
            format: fields
                .take("format")?
                .parse(bounds::SHORT_TEXT, "a derivative format")?,
            ciphertext_hash: hash(&fields.take("ciphertext_hash")?)?,
            generated_by_device: uuid(&fields.take("generated_by_device")?, DeviceId::from_slice)?,
            generated_by_client: short_text(&fields.take("generated_by_client")?)?,
            model_id: optional(fields.take("model_id")?, short_text)?,
            model_version: optional(fields.take("model_version")?, short_text)?,
            generated_at: time(&fields.take("generated_at")?)?,
            prior_provenance_hash: optional(fields.take("prior_provenance_hash")?, hash)?,
        };
        fields.finish()?;
        if core.role == DerivativeRole::Embedding && !core.names_its_model() {
            return Err(field.refuse("a model_id and a model_version, not empty, on an embedding"));
        }
        Ok(core)
    }

    /// Vectors of unknown models cannot be compared, so an embedding has to say which it is of.
    fn names_its_model(&self) -> bool {
        let given = |model: &Option<String>| model.as_ref().is_some_and(|model| !model.is_empty());
        given(&self.model_id) && given(&self.model_version)
    }
}

impl Document for DerivativeManifest {
    const NAME: &'static str = "derivative manifest";
    const BOUNDS: Bounds = <AssetManifest as Document>::BOUNDS;

    fn to_value(&self) -> Value {
        map([
            ("core", self.core.to_value()),
            ("device_sig", self.device_sig.to_value()),
            ("write_sig", self.write_sig.to_value()),
        ])
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let mut fields = Field::root(value).fields()?;
        let manifest = Self {
            core: DerivativeCore::from_field(&fields.take("core")?)?,
            device_sig: HybridSignature::from_field(&fields.take("device_sig")?)?,
            write_sig: HybridSignature::from_field(&fields.take("write_sig")?)?,
        };
        fields.finish()?;
        Ok(manifest)
    }
}

fn short_text(field: &Field<'_>) -> Result<String, SchemaError> {
    field.text(bounds::SHORT_TEXT).map(str::to_owned)
}
