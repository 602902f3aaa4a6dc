//! Provenance records, the links of a chain (`formats.md` §4).

use crate::cbor::{Bounds, Document, Field, SchemaError, Value, map};
use crate::id::{AssetId, Hash};
use crate::manifest::{AssetManifest, hash, optional, uuid};

/// One record of an asset's history. The chain link is the SHA-256 of its canonical bytes,
/// signatures included, which is also the content address of the `provenance` blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenanceRecord {
    /// The asset: the manifest's `file_id`.
    pub asset_id: AssetId,
    /// The signed manifest.
    pub manifest: AssetManifest,
    /// The link that this record continues: the manifest's.
    pub prior_provenance_hash: Option<Hash>,
}

impl Document for ProvenanceRecord {
    const NAME: &'static str = "provenance record";
    const BOUNDS: Bounds = <AssetManifest as Document>::BOUNDS;

    fn to_value(&self) -> Value {
        map([
            ("asset_id", (*self.asset_id.as_bytes()).into()),
            ("manifest", self.manifest.to_value()),
            (
                "prior_provenance_hash",
                self.prior_provenance_hash.map(|h| *h.as_bytes()).into(),
            ),
        ])
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        Self::from_field(&Field::root(value))
    }
}

impl ProvenanceRecord {
    /// The chain link: SHA-256 of the canonical record, signatures included.
    #[must_use]
    pub fn link(&self) -> Hash {
        Hash::of(&self.to_value().encode())
    }

    pub(crate) fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let asset = fields.take("asset_id")?;
        let prior = fields.take("prior_provenance_hash")?;
        let mirror_path = prior.clone();
        let record = Self {
            asset_id: uuid(&asset, AssetId::from_slice)?,
            manifest: AssetManifest::from_field(&fields.take("manifest")?)?,
            prior_provenance_hash: optional(prior, hash)?,
        };
        fields.finish()?;
        if record.asset_id != record.manifest.core.file_id {
            return Err(asset.refuse("the manifest's file_id"));
        }
        if record.prior_provenance_hash != record.manifest.core.prior_provenance_hash {
            return Err(mirror_path.refuse("the manifest's prior_provenance_hash"));
        }
        Ok(record)
    }
}
