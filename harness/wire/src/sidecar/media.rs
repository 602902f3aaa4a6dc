//! What a sidecar says of picture, place, camera and stack.

use crate::bounds;
use crate::cbor::{Field, Float, Map, SchemaError, Value, byte_array, open_map};
use crate::enums::{GpsSource, StackRole, StackType};
use crate::id::StackId;
use crate::manifest::{optional, uuid};

/// The picture's size in pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimensions {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Keys of later schemas.
    pub unknown: Map,
}

impl Dimensions {
    pub(super) fn to_value(&self) -> Value {
        let known = [("width", self.width.into()), ("height", self.height.into())];
        open_map(known, &self.unknown)
    }

    pub(super) fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        Ok(Self {
            width: fields.take("width")?.u32()?,
            height: fields.take("height")?.u32()?,
            unknown: fields.rest(),
        })
    }
}

/// A low-quality stand-in for the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lqip {
    /// The stand-in, in a form of its own.
    pub chromahash: Vec<u8>,
    /// Red, green, blue.
    pub dominant_color: [u8; 3],
    /// The version of the stand-in's form.
    pub format_version: u16,
    /// Keys of later schemas.
    pub unknown: Map,
}

impl Lqip {
    pub(super) fn to_value(&self) -> Value {
        let known = [
            ("chromahash", self.chromahash.as_slice().into()),
            ("dominant_color", byte_array(&self.dominant_color)),
            ("format_version", self.format_version.into()),
        ];
        open_map(known, &self.unknown)
    }

    pub(super) fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        Ok(Self {
            chromahash: fields.take("chromahash")?.bytes()?.to_vec(),
            dominant_color: fields.take("dominant_color")?.byte_array()?,
            format_version: fields.take("format_version")?.u16()?,
            unknown: fields.rest(),
        })
    }
}

/// Where a picture was taken, in degrees of WGS 84.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gps {
    /// Latitude, −90 to 90.
    pub lat: Float,
    /// Longitude, −180 to 180.
    pub lon: Float,
    /// Where the position comes from.
    pub source: GpsSource,
    /// Keys of later schemas.
    pub unknown: Map,
}

impl Gps {
    pub(super) fn to_value(&self) -> Value {
        let known = [
            ("lat", Value::Float(self.lat)),
            ("lon", Value::Float(self.lon)),
            ("source", self.source.as_str().into()),
        ];
        open_map(known, &self.unknown)
    }

    pub(super) fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        Ok(Self {
            lat: degrees(&fields.take("lat")?, 90.0)?,
            lon: degrees(&fields.take("lon")?, 180.0)?,
            source: fields
                .take("source")?
                .parse(bounds::SHORT_TEXT, "a GPS source")?,
            unknown: fields.rest(),
        })
    }
}

/// An angle of at most `max` degrees to either side; no NaN is.
fn degrees(field: &Field<'_>, max: f64) -> Result<Float, SchemaError> {
    let angle = field.float()?;
    if angle.value().abs() <= max {
        Ok(angle)
    } else {
        Err(field.refuse(format!("a float from -{max} to {max}")))
    }
}

/// What took a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraId {
    /// Make and model.
    pub model: String,
    /// The serial number.
    pub serial: String,
    /// Keys of later schemas.
    pub unknown: Map,
}

impl CameraId {
    pub(super) fn to_value(&self) -> Value {
        let known = [
            ("model", self.model.as_str().into()),
            ("serial", self.serial.as_str().into()),
        ];
        open_map(known, &self.unknown)
    }

    pub(super) fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        Ok(Self {
            model: fields.take("model")?.text(bounds::SHORT_TEXT)?.to_owned(),
            serial: fields.take("serial")?.text(bounds::SHORT_TEXT)?.to_owned(),
            unknown: fields.rest(),
        })
    }
}

/// What an asset is to a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackMembership {
    /// Its part.
    pub role: StackRole,
    /// The stack.
    pub stack_id: StackId,
    /// What holds the stack together.
    pub stack_type: StackType,
    /// Its place, where the stack has an order.
    pub member_index: Option<u32>,
    /// Keys of later schemas.
    pub unknown: Map,
}

impl StackMembership {
    pub(super) fn to_value(&self) -> Value {
        let known = [
            ("role", self.role.as_str().into()),
            ("stack_id", (*self.stack_id.as_bytes()).into()),
            ("stack_type", self.stack_type.as_str().into()),
            ("member_index", self.member_index.into()),
        ];
        open_map(known, &self.unknown)
    }

    pub(super) fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        Ok(Self {
            role: fields
                .take("role")?
                .parse(bounds::SHORT_TEXT, "a stack role")?,
            stack_id: uuid(&fields.take("stack_id")?, StackId::from_slice)?,
            stack_type: fields
                .take("stack_type")?
                .parse(bounds::SHORT_TEXT, "a stack type")?,
            member_index: optional(fields.take("member_index")?, Field::u32)?,
            unknown: fields.rest(),
        })
    }
}
