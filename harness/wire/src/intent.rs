//! Upgrade intents (`formats.md` §11): what opens an album's upgrade ceremony.

use crate::bounds;
use crate::cbor::{Bounds, Document, Field, SchemaError, Value, map};
use crate::hybrid::HybridSignature;
use crate::id::{AlbumId, DeviceId, IntentId};
use crate::manifest::uuid;
use crate::version::ProtocolVersion;

/// What the proposer's device signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntentCore {
    /// The album to be upgraded.
    pub album_id: AlbumId,
    /// Its pin.
    pub from_version: ProtocolVersion,
    /// The pin of its successor: a later version.
    pub to_version: ProtocolVersion,
    /// The ceremony.
    pub intent_id: IntentId,
    /// The device that proposes and signs.
    pub proposer_device: DeviceId,
    /// How long the ceremony may take, in seconds from the server's receipt.
    pub deadline_seconds: u32,
}

/// A signed upgrade intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpgradeIntent {
    /// What is signed.
    pub core: IntentCore,
    /// By the proposer's device.
    pub signature: HybridSignature,
}

impl IntentCore {
    /// The canonical bytes that the signature covers.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        self.to_value().encode()
    }

    fn to_value(&self) -> Value {
        map([
            ("album_id", (*self.album_id.as_bytes()).into()),
            ("from_version", self.from_version.as_str().into()),
            ("to_version", self.to_version.as_str().into()),
            ("intent_id", (*self.intent_id.as_bytes()).into()),
            ("proposer_device", (*self.proposer_device.as_bytes()).into()),
            ("deadline_seconds", self.deadline_seconds.into()),
        ])
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let core = Self {
            album_id: uuid(&fields.take("album_id")?, AlbumId::from_slice)?,
            from_version: version(&fields.take("from_version")?)?,
            to_version: version(&fields.take("to_version")?)?,
            intent_id: uuid(&fields.take("intent_id")?, IntentId::from_slice)?,
            proposer_device: uuid(&fields.take("proposer_device")?, DeviceId::from_slice)?,
            deadline_seconds: fields.take("deadline_seconds")?.u32()?,
        };
        fields.finish()?;
        if core.from_version < core.to_version {
            Ok(core)
        } else {
            Err(field.refuse("a to_version above the from_version"))
        }
    }
}

impl Document for UpgradeIntent {
    const NAME: &'static str = "upgrade intent";
    const BOUNDS: Bounds = Bounds {
        max_bytes: bounds::INTENT,
        max_depth: bounds::CBOR_DEPTH,
        max_items: 16,
        max_string: bounds::INTENT,
    };

    fn to_value(&self) -> Value {
        map([
            ("core", self.core.to_value()),
            ("signature", self.signature.to_value()),
        ])
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let mut fields = Field::root(value).fields()?;
        let intent = Self {
            core: IntentCore::from_field(&fields.take("core")?)?,
            signature: HybridSignature::from_field(&fields.take("signature")?)?,
        };
        fields.finish()?;
        Ok(intent)
    }
}

fn version(field: &Field<'_>) -> Result<ProtocolVersion, SchemaError> {
    field.parse(10, "a protocol version")
}
