//! Tag sets: observed-remove sets whose adds have ids.

use crate::bounds;
use crate::cbor::{Field, Map, SchemaError, Value, map, open_map};
use crate::id::DeviceId;
use crate::manifest::uuid;
use std::collections::{BTreeMap, BTreeSet};

/// The id of an add. The derived order is that of the encodings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddId {
    /// The device that added.
    pub device: DeviceId,
    /// Its counter for this asset and set, never used twice.
    pub counter: u64,
}

impl AddId {
    fn to_value(self) -> Value {
        map([
            ("device", (*self.device.as_bytes()).into()),
            ("counter", self.counter.into()),
        ])
    }

    /// An id is a name, not a structure that later schemas extend: it has no unknown keys.
    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let id = Self {
            device: uuid(&fields.take("device")?, DeviceId::from_slice)?,
            counter: fields.take("counter")?.u64()?,
        };
        fields.finish()?;
        Ok(id)
    }
}

/// What a tag set can hold.
pub trait TagValue: Sized {
    /// The CBOR form.
    fn to_value(&self) -> Value;

    /// Reads the CBOR form.
    ///
    /// # Errors
    /// A value past its bound, or of another kind.
    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError>;

    /// The keys of later schemas, where the form has any.
    fn unknown(&self) -> Option<&Map>;
}

/// A user's tag.
impl TagValue for String {
    fn to_value(&self) -> Value {
        self.as_str().into()
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        field.text(bounds::TAG).map(str::to_owned)
    }

    fn unknown(&self) -> Option<&Map> {
        None
    }
}

/// A model's tag, with the model that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AiTag {
    /// The tag.
    pub tag: String,
    /// The model.
    pub model_id: String,
    /// Its version.
    pub model_version: String,
    /// Keys of later schemas.
    pub unknown: Map,
}

impl TagValue for AiTag {
    fn to_value(&self) -> Value {
        let known = [
            ("tag", self.tag.as_str().into()),
            ("model_id", self.model_id.as_str().into()),
            ("model_version", self.model_version.as_str().into()),
        ];
        open_map(known, &self.unknown)
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        Ok(Self {
            tag: fields.take("tag")?.text(bounds::TAG)?.to_owned(),
            model_id: model(&fields.take("model_id")?)?,
            model_version: model(&fields.take("model_version")?)?,
            unknown: fields.rest(),
        })
    }

    fn unknown(&self) -> Option<&Map> {
        Some(&self.unknown)
    }
}

/// A tag whose model has no name cannot be regenerated when the model changes (row 14).
fn model(field: &Field<'_>) -> Result<String, SchemaError> {
    match field.text(bounds::SHORT_TEXT)? {
        "" => Err(field.refuse("a model, not empty")),
        model => Ok(model.to_owned()),
    }
}

/// An observed-remove set of tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagSet<T> {
    /// The tags that were added, by the id of the add.
    pub adds: BTreeMap<AddId, T>,
    /// The adds that were taken back.
    pub removes: BTreeSet<AddId>,
    /// Keys of later schemas.
    pub unknown: Map,
}

/// The empty set.
impl<T> Default for TagSet<T> {
    fn default() -> Self {
        Self {
            adds: BTreeMap::new(),
            removes: BTreeSet::new(),
            unknown: Map::new(),
        }
    }
}

impl<T: TagValue> TagSet<T> {
    pub(super) fn each_unknown(&self, see: &mut dyn FnMut(&Map)) {
        see(&self.unknown);
        self.adds.values().filter_map(T::unknown).for_each(see);
    }

    pub(super) fn to_value(&self) -> Value {
        let mut adds = Map::new();
        for (id, tag) in &self.adds {
            adds.insert(id.to_value(), tag.to_value());
        }
        let removes = self.removes.iter().map(|id| id.to_value()).collect();
        let known = [
            ("adds", Value::Map(adds)),
            ("removes", Value::Array(removes)),
        ];
        open_map(known, &self.unknown)
    }

    pub(super) fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let adds = fields.take("adds")?.entries(bounds::TAG_CHANGES)?;
        let adds = adds
            .iter()
            .map(|(id, tag)| Ok((AddId::from_field(id)?, T::from_field(tag)?)));
        let removes = fields.take("removes")?;
        Ok(Self {
            adds: adds.collect::<Result<_, SchemaError>>()?,
            removes: ascending(&removes)?,
            unknown: fields.rest(),
        })
    }
}

/// The array of removes has one order, so that equal sets have equal bytes.
fn ascending(removes: &Field<'_>) -> Result<BTreeSet<AddId>, SchemaError> {
    let ids = removes.array(bounds::TAG_CHANGES)?;
    let ids = ids.iter().map(AddId::from_field);
    let ids: Vec<AddId> = ids.collect::<Result<_, _>>()?;
    if ids.array_windows().all(|[left, right]| left < right) {
        Ok(ids.into_iter().collect())
    } else {
        Err(removes.refuse("every add id once, ascending by device and counter"))
    }
}
