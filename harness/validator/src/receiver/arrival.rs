//! A record as it arrived.

use super::check::Broken;
use gauntlet_wire::cbor::{Canonical, DecodeError, Document, DocumentError, Value, decode};
use gauntlet_wire::id::Hash;
use gauntlet_wire::manifest::{AssetManifest, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;

/// The bytes of a provenance record, from wherever: feed, blob, peer, backup or disk. They are read once,
/// and what came of it is kept for the checks.
#[derive(Debug, Clone)]
pub struct Arrival {
    link: Hash,
    value: Result<Value, DecodeError>,
    record: Result<Canonical<ProvenanceRecord>, DocumentError>,
}

impl Arrival {
    /// Reads bytes, bounded by a record's bounds.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            link: Hash::of(bytes),
            value: decode(bytes, &ProvenanceRecord::BOUNDS),
            record: Canonical::decode(bytes),
        }
    }

    /// SHA-256 of the bytes: the chain link, if they are a record.
    #[must_use]
    pub const fn link(&self) -> Hash {
        self.link
    }

    /// The record, for checks that run after the one that it is well formed.
    pub(super) fn record(&self) -> Result<&Canonical<ProvenanceRecord>, Broken> {
        self.record
            .as_ref()
            .map_err(|error| Broken::because(format!("record: {error}")))
    }

    pub(super) fn manifest(&self) -> Result<&AssetManifest, Broken> {
        Ok(&self.record()?.value().manifest)
    }

    pub(super) fn core(&self) -> Result<&ManifestCore, Broken> {
        Ok(&self.manifest()?.core)
    }

    /// The bytes as a tree, whatever document they are.
    pub(super) fn value(&self) -> Result<&Value, Broken> {
        self.value
            .as_ref()
            .map_err(|error| Broken::because(error.to_string()))
    }

    /// A field of the manifest's core, before anything is known of the schema behind it.
    pub(super) fn core_field(&self, name: &str) -> Result<Option<&Value>, Broken> {
        let path = ["manifest", "core", name];
        let mut at = Some(self.value()?);
        for key in path {
            at = match at {
                Some(Value::Map(map)) => map.get_text(key),
                _ => None,
            };
        }
        Ok(at)
    }
}
