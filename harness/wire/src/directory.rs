//! Device directories (`formats.md` §5).

use crate::bounds;
use crate::cbor::{Bounds, Document, Field, SchemaError, Value, map};
use crate::hybrid::{HybridPublicKey, HybridSignature};
use crate::id::{DeviceId, UserId};
use crate::manifest::{optional, time, uuid};
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// One device of a user. Entries are never removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceEntry {
    /// The device.
    pub device_id: DeviceId,
    /// Its signing key.
    pub dsk_public: HybridPublicKey,
    /// When it joined.
    pub added_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// What the identity key signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryCore {
    /// The account.
    pub user_id: UserId,
    /// Rises with every publish.
    pub directory_version: u64,
    /// When it was written.
    pub updated_at: Timestamp,
    /// The devices, each id once.
    pub devices: Vec<DeviceEntry>,
}

/// A signed device directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceDirectory {
    /// What is signed.
    pub core: DirectoryCore,
    /// By the user's identity key (IK).
    pub signature: HybridSignature,
}

impl DirectoryCore {
    /// The canonical bytes that the signature covers.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        self.to_value().encode()
    }

    fn to_value(&self) -> Value {
        let devices = self.devices.iter().map(DeviceEntry::to_value).collect();
        map([
            ("user_id", (*self.user_id.as_bytes()).into()),
            ("directory_version", self.directory_version.into()),
            ("updated_at", self.updated_at.text().into()),
            ("devices", Value::Array(devices)),
        ])
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let devices = fields.take("devices")?;
        let core = Self {
            user_id: uuid(&fields.take("user_id")?, UserId::from_slice)?,
            directory_version: fields.take("directory_version")?.u64()?,
            updated_at: time(&fields.take("updated_at")?)?,
            devices: devices
                .array(bounds::DEVICES)?
                .iter()
                .map(DeviceEntry::from_field)
                .collect::<Result<_, _>>()?,
        };
        fields.finish()?;
        let ids: BTreeSet<_> = core.devices.iter().map(|device| device.device_id).collect();
        if ids.len() == core.devices.len() {
            Ok(core)
        } else {
            Err(devices.refuse("every device_id once"))
        }
    }
}

impl DeviceEntry {
    fn to_value(&self) -> Value {
        map([
            ("device_id", (*self.device_id.as_bytes()).into()),
            ("dsk_public", self.dsk_public.to_value()),
            ("added_at", self.added_at.text().into()),
            (
                "revoked_at",
                self.revoked_at.as_ref().map(Timestamp::text).into(),
            ),
        ])
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let entry = Self {
            device_id: uuid(&fields.take("device_id")?, DeviceId::from_slice)?,
            dsk_public: HybridPublicKey::from_field(&fields.take("dsk_public")?)?,
            added_at: time(&fields.take("added_at")?)?,
            revoked_at: optional(fields.take("revoked_at")?, time)?,
        };
        fields.finish()?;
        Ok(entry)
    }
}

impl Document for DeviceDirectory {
    const NAME: &'static str = "device directory";
    const BOUNDS: Bounds = Bounds {
        max_bytes: bounds::DIRECTORY,
        max_depth: bounds::CBOR_DEPTH,
        max_items: bounds::DEVICES,
        max_string: 4096,
    };

    fn to_value(&self) -> Value {
        map([
            ("core", self.core.to_value()),
            ("signature", self.signature.to_value()),
        ])
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let root = Field::root(value);
        let mut fields = root.fields()?;
        let directory = Self {
            core: DirectoryCore::from_field(&fields.take("core")?)?,
            signature: HybridSignature::from_field(&fields.take("signature")?)?,
        };
        fields.finish()?;
        Ok(directory)
    }
}
