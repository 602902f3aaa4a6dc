//! A sidecar as bytes, from a blob or from the disk, and what came of reading it.

use super::check::Broken;
use gauntlet_wire::cbor::{Bounds, Canonical, Document, Field, Value, decode};
use gauntlet_wire::hybrid::HybridSignature;
use gauntlet_wire::sidecar::{SCHEMA, Sidecar, SidecarError};

/// The bytes of a sidecar, read once.
#[derive(Debug, Clone)]
pub struct SidecarFile {
    bytes: Vec<u8>,
    sidecar: Result<Canonical<Sidecar>, SidecarError>,
}

impl SidecarFile {
    /// Reads bytes, bounded by a sidecar's bounds.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            sidecar: Sidecar::decode(bytes),
        }
    }

    /// The bytes, as they came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The schema that it states; `None` if it is no sidecar.
    #[must_use]
    pub fn schema(&self) -> Option<u64> {
        match &self.sidecar {
            Ok(_) => Some(u64::from(SCHEMA)),
            Err(SidecarError::NewerSchema { found }) => Some(*found),
            Err(SidecarError::Malformed(_)) => None,
        }
    }

    /// The sidecar, if it is one of this schema.
    #[must_use]
    pub fn sidecar(&self) -> Option<&Canonical<Sidecar>> {
        self.sidecar.as_ref().ok()
    }

    /// The sidecar of this schema or a later one; anything else is malformed.
    pub(super) fn readable(&self) -> Result<(), Broken> {
        match &self.sidecar {
            Err(SidecarError::Malformed(error)) => {
                Err(Broken::because(format!("sidecar: {error}")))
            }
            Ok(_) | Err(SidecarError::NewerSchema { .. }) => Ok(()),
        }
    }

    /// What the signature covers, and the signature, in any schema: the map without its `signature`.
    pub(super) fn signed(&self) -> Result<(Vec<u8>, HybridSignature), Broken> {
        let bounds: Bounds = Sidecar::BOUNDS;
        let value = decode(&self.bytes, &bounds)
            .map_err(|error| Broken::because(format!("sidecar: {error}")))?;
        let Value::Map(mut map) = value else {
            return Err(Broken::because("a sidecar is a map"));
        };
        let signature = map.remove(&"signature".into());
        let signature = signature.ok_or_else(|| Broken::because("no signature"))?;
        let signature = HybridSignature::from_field(&Field::root(&signature))
            .map_err(|error| Broken::because(format!("signature: {error}")))?;
        Ok((Value::Map(map).encode(), signature))
    }
}
