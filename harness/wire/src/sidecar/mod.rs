//! Sidecars, schema 1 (`formats.md` §7): what a user and their devices say of an asset.
//!
//! A sidecar is an open map. What this schema does not know is kept as it came, at the top level and
//! inside the maps that the schema does know, and is covered by the signature. The rooms hold data and
//! its structure; how two sidecars merge is the receiver's.

mod body;
mod media;
mod register;
mod tags;

pub use body::SidecarBody;
pub use media::{CameraId, Dimensions, Gps, Lqip, StackMembership};
pub use register::{Register, RegisterValue, Write};
pub use tags::{AddId, AiTag, TagSet, TagValue};

use crate::bounds;
use crate::cbor::{
    Bounds, Canonical, Document, DocumentError, Field, Map, SchemaError, Value, decode,
};
use crate::hybrid::HybridSignature;

/// The schema that these rooms read and write: the value of key `0`.
pub const SCHEMA: u16 = 1;

/// The key of the schema number, the one integer key of all documents.
const SCHEMA_KEY: u64 = 0;
const SIGNATURE: &str = "signature";

/// A signed sidecar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidecar {
    /// What is signed.
    pub body: SidecarBody,
    /// By the user's identity key (IK).
    pub signature: HybridSignature,
}

/// Why bytes are not a sidecar of this schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SidecarError {
    /// A sidecar of a later schema: to be shown read-only, never written (rows 1 and 19).
    #[error("the sidecar is of schema {found}; this reader knows {SCHEMA}")]
    NewerSchema {
        /// Its schema.
        found: u64,
    },
    /// No sidecar.
    #[error(transparent)]
    Malformed(#[from] DocumentError),
}

impl Sidecar {
    /// Decodes a sidecar, of either version: what it says in one version alone,
    /// [`SidecarBody::check_version`] judges.
    ///
    /// # Errors
    /// [`SidecarError::NewerSchema`] for canonical CBOR that states a later schema, whatever else it
    /// holds; the first breach of encoding or schema otherwise.
    pub fn decode(bytes: &[u8]) -> Result<Canonical<Self>, SidecarError> {
        Canonical::decode(bytes).map_err(|error| match newer_schema(bytes) {
            Some(found) => SidecarError::NewerSchema { found },
            None => SidecarError::Malformed(error),
        })
    }
}

/// The schema that canonical bytes state, if it is later than [`SCHEMA`].
fn newer_schema(bytes: &[u8]) -> Option<u64> {
    let value = decode(bytes, &Sidecar::BOUNDS).ok()?;
    match value {
        Value::Map(map) => match map.get(&Value::Unsigned(SCHEMA_KEY)) {
            Some(Value::Unsigned(found)) if *found > u64::from(SCHEMA) => Some(*found),
            _ => None,
        },
        _ => None,
    }
}

impl Document for Sidecar {
    const NAME: &'static str = "sidecar";
    const BOUNDS: Bounds = Bounds::up_to(bounds::SIDECAR);

    fn to_value(&self) -> Value {
        let mut map = self.body.to_map();
        map.insert(SIGNATURE.into(), self.signature.to_value());
        Value::Map(map)
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let root = Field::root(value);
        let mut fields = root.fields()?;
        let signature = fields.take(SIGNATURE)?;
        let sidecar = Self {
            body: SidecarBody::take(fields)?,
            signature: HybridSignature::from_field(&signature)?,
        };
        check_unknown(&sidecar.body, &root)?;
        Ok(sidecar)
    }
}

/// The bound on unknown keys (`formats.md` §9) is one for all of a sidecar's maps together.
fn check_unknown(body: &SidecarBody, root: &Field<'_>) -> Result<(), SchemaError> {
    let mut keys = 0;
    let mut bytes = 0;
    body.each_unknown(&mut |unknown: &Map| {
        keys += unknown.len();
        for (key, value) in unknown.iter() {
            bytes += key.encode().len() + value.encode().len();
        }
    });
    if keys <= bounds::UNKNOWN_KEYS && bytes <= bounds::UNKNOWN_BYTES {
        return Ok(());
    }
    let mut refusal = root.refuse(format!(
        "at most {} unknown keys, in {} bytes with their values",
        bounds::UNKNOWN_KEYS,
        bounds::UNKNOWN_BYTES
    ));
    refusal.found = format!("{keys} unknown keys in {bytes} bytes");
    Err(refusal)
}
