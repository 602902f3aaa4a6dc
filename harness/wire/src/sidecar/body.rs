//! What a sidecar's signature covers.

use super::media::{CameraId, Dimensions, Gps, Lqip, StackMembership};
use super::register::Register;
use super::tags::{AiTag, TagSet};
use super::{SCHEMA, SCHEMA_KEY, check_unknown};
use crate::bounds;
use crate::cbor::{Field, Fields, Map, SchemaError, Value};
use crate::enums::ContentType;
use crate::id::{AssetId, DeviceId, Hash, ImportId};
use crate::manifest::{hash, time, uuid};
use crate::time::Timestamp;
use crate::version::{Formats, SuiteId};

/// A sidecar without its signature. Optional parts that are `None` have no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidecarBody {
    /// The suite.
    pub crypto_suite_id: SuiteId,
    /// The asset.
    pub uuid: AssetId,
    /// SHA-256 of the original's plaintext.
    pub hash: Hash,
    /// When the photo or film was taken.
    pub capture_timestamp: Timestamp,
    /// When it was imported.
    pub import_timestamp: Timestamp,
    /// What its plaintext is.
    pub content_type: ContentType,
    /// The device that imported it.
    pub device_id: DeviceId,
    /// The import that brought it.
    pub session_id: ImportId,
    /// The user's tags.
    pub tags_user: TagSet<String>,
    /// The tags of models.
    pub tags_ai: TagSet<AiTag>,
    /// The caption.
    pub caption: Register<String>,
    /// The rating, 0 to 5.
    pub rating: Register<u8>,
    /// In A the asset's newest link, on create the create's own; in B the link before the write that
    /// seals this sidecar, absent on create.
    pub provenance_chain_hash: Option<Hash>,
    /// The picture's size.
    pub dimensions: Option<Dimensions>,
    /// A low-quality stand-in for the picture.
    pub lqip: Option<Lqip>,
    /// Where it was taken.
    pub gps: Option<Gps>,
    /// What took it.
    pub camera_id: Option<CameraId>,
    /// The stack that it belongs to.
    pub stack_membership: Option<StackMembership>,
    /// The keys that schema 1 does not know. A key that it knows is not read from here.
    pub unknown: Map,
}

impl SidecarBody {
    /// The canonical bytes that the signature covers: the whole map without `signature`, unknown keys
    /// included.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        Value::Map(self.to_map()).encode()
    }

    /// What holds in one version alone: the sets of content types and GPS sources, and when a link is
    /// given. `creates` says whether the write that seals the sidecar is the asset's create.
    ///
    /// # Errors
    /// The first field that the version does not admit.
    pub fn check_version(&self, formats: Formats, creates: bool) -> Result<(), SchemaError> {
        let refuse = |path: &str, expected: &str, found: &str| SchemaError {
            path: path.to_owned(),
            expected: format!("{expected} of version {formats:?}"),
            found: found.to_owned(),
        };
        if !self.content_type.is_of(formats) {
            let found = self.content_type.as_str();
            return Err(refuse("content_type", "a content type", found));
        }
        if let Some(gps) = self.gps.as_ref().filter(|gps| !gps.source.is_of(formats)) {
            return Err(refuse("gps.source", "a source", gps.source.as_str()));
        }
        let linked = formats == Formats::A || !creates;
        match (&self.provenance_chain_hash, linked) {
            (None, true) => Err(refuse("provenance_chain_hash", "the link", "no such key")),
            (Some(found), false) => Err(refuse(
                "provenance_chain_hash",
                "no link on create, as a sidecar",
                &found.to_string(),
            )),
            _ => Ok(()),
        }
    }

    /// Every map of unknown keys, top level first.
    pub(super) fn each_unknown(&self, see: &mut dyn FnMut(&Map)) {
        see(&self.unknown);
        self.tags_user.each_unknown(see);
        self.tags_ai.each_unknown(see);
        self.caption.each_unknown(see);
        self.rating.each_unknown(see);
        let nested = [
            self.dimensions.as_ref().map(|part| &part.unknown),
            self.lqip.as_ref().map(|part| &part.unknown),
            self.gps.as_ref().map(|part| &part.unknown),
            self.camera_id.as_ref().map(|part| &part.unknown),
            self.stack_membership.as_ref().map(|part| &part.unknown),
        ];
        nested.into_iter().flatten().for_each(see);
    }

    /// The whole map without `signature`, as it is signed.
    #[must_use]
    pub fn to_map(&self) -> Map {
        let mut map = self.unknown.clone();
        map.insert(Value::Unsigned(SCHEMA_KEY), SCHEMA.into());
        for (key, value) in self.required() {
            map.insert(key.into(), value);
        }
        for (key, part) in self.optional() {
            match part {
                Some(value) => map.insert(key.into(), value),
                None => map.remove(&key.into()),
            };
        }
        map
    }

    fn required(&self) -> [(&'static str, Value); 12] {
        [
            ("crypto_suite_id", self.crypto_suite_id.0.into()),
            ("uuid", (*self.uuid.as_bytes()).into()),
            ("hash", (*self.hash.as_bytes()).into()),
            ("capture_timestamp", self.capture_timestamp.text().into()),
            ("import_timestamp", self.import_timestamp.text().into()),
            ("content_type", self.content_type.as_str().into()),
            ("device_id", (*self.device_id.as_bytes()).into()),
            ("session_id", (*self.session_id.as_bytes()).into()),
            ("tags_user", self.tags_user.to_value()),
            ("tags_ai", self.tags_ai.to_value()),
            ("caption", self.caption.to_value()),
            ("rating", self.rating.to_value()),
        ]
    }

    fn optional(&self) -> [(&'static str, Option<Value>); 6] {
        let link = self.provenance_chain_hash.map(|hash| *hash.as_bytes());
        let stack = self.stack_membership.as_ref();
        [
            ("provenance_chain_hash", link.map(Value::from)),
            (
                "dimensions",
                self.dimensions.as_ref().map(Dimensions::to_value),
            ),
            ("lqip", self.lqip.as_ref().map(Lqip::to_value)),
            ("gps", self.gps.as_ref().map(Gps::to_value)),
            ("camera_id", self.camera_id.as_ref().map(CameraId::to_value)),
            ("stack_membership", stack.map(StackMembership::to_value)),
        ]
    }

    /// Reads a map as [`SidecarBody::to_map`] writes it: what a merge or an edit puts together passes the
    /// bounds of a received sidecar.
    ///
    /// # Errors
    /// The first place where the map is not of the schema, or past a bound.
    pub fn from_map(map: Map) -> Result<Self, SchemaError> {
        let value = Value::Map(map);
        let root = Field::root(&value);
        let body = Self::take(root.fields()?)?;
        check_unknown(&body, &root)?;
        Ok(body)
    }

    /// Reads every key that schema 1 knows, and keeps the others.
    pub(super) fn take(mut fields: Fields<'_>) -> Result<Self, SchemaError> {
        let schema = fields.take_number(SCHEMA_KEY)?;
        if schema.u16()? != SCHEMA {
            return Err(schema.refuse(format!("schema {SCHEMA}")));
        }
        Ok(Self {
            crypto_suite_id: SuiteId(fields.take("crypto_suite_id")?.u16()?),
            uuid: uuid(&fields.take("uuid")?, AssetId::from_slice)?,
            hash: hash(&fields.take("hash")?)?,
            capture_timestamp: time(&fields.take("capture_timestamp")?)?,
            import_timestamp: time(&fields.take("import_timestamp")?)?,
            content_type: fields
                .take("content_type")?
                .parse(bounds::SHORT_TEXT, "a content type")?,
            device_id: uuid(&fields.take("device_id")?, DeviceId::from_slice)?,
            session_id: uuid(&fields.take("session_id")?, ImportId::from_slice)?,
            tags_user: TagSet::from_field(&fields.take("tags_user")?)?,
            tags_ai: TagSet::from_field(&fields.take("tags_ai")?)?,
            caption: Register::from_field(&fields.take("caption")?)?,
            rating: Register::from_field(&fields.take("rating")?)?,
            provenance_chain_hash: found(&mut fields, "provenance_chain_hash", hash)?,
            dimensions: found(&mut fields, "dimensions", Dimensions::from_field)?,
            lqip: found(&mut fields, "lqip", Lqip::from_field)?,
            gps: found(&mut fields, "gps", Gps::from_field)?,
            camera_id: found(&mut fields, "camera_id", CameraId::from_field)?,
            stack_membership: found(&mut fields, "stack_membership", StackMembership::from_field)?,
            unknown: fields.rest(),
        })
    }
}

/// A part whose key may be absent; `null` is no absence.
fn found<'a, T>(
    fields: &mut Fields<'a>,
    key: &'static str,
    read: fn(&Field<'a>) -> Result<T, SchemaError>,
) -> Result<Option<T>, SchemaError> {
    fields.find(key).as_ref().map(read).transpose()
}
