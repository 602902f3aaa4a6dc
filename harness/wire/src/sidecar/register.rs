//! Registers: one value at a time, and for captions the values that it displaced.

use crate::bounds;
use crate::cbor::{Field, Map, SchemaError, Value, open_map};
use crate::id::DeviceId;
use crate::manifest::{optional, time, uuid};
use crate::time::Timestamp;
use std::cmp::Ordering;

/// What a register can hold.
pub trait RegisterValue: Sized + Clone + Eq {
    /// How many displaced values the register keeps.
    const LOG: usize;

    /// The CBOR form.
    fn to_value(&self) -> Value;

    /// Reads the CBOR form.
    ///
    /// # Errors
    /// A value past its bound, or of another kind.
    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError>;

    /// The bytes that values are ordered by.
    fn order_bytes(&self) -> &[u8];
}

/// A caption.
impl RegisterValue for String {
    const LOG: usize = bounds::SUPERSEDED;

    fn to_value(&self) -> Value {
        self.as_str().into()
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        field.text(bounds::CAPTION).map(str::to_owned)
    }

    fn order_bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// A rating, 0 to 5. It keeps no log.
impl RegisterValue for u8 {
    const LOG: usize = 0;

    fn to_value(&self) -> Value {
        u16::from(*self).into()
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        match field.value() {
            Value::Unsigned(stars @ 0..=5) => Ok(*stars as Self),
            _ => Err(field.refuse("an integer from 0 to 5")),
        }
    }

    fn order_bytes(&self) -> &[u8] {
        std::slice::from_ref(self)
    }
}

/// One write to a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write<T> {
    /// What was written.
    pub value: T,
    /// When, by the writer's clock.
    pub ts: Timestamp,
    /// By which device.
    pub by: DeviceId,
    /// Keys of later schemas.
    pub unknown: Map,
}

impl<T: RegisterValue> Write<T> {
    /// The register order (`formats.md` §7): instant of `ts`, bytes of the device, bytes of the value;
    /// the greater wins. The spelling of `ts` and the unknown keys come last, so that only equal
    /// writes tie and every merge order ends in one sidecar.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        self.ts
            .instant()
            .cmp(&other.ts.instant())
            .then_with(|| self.by.as_bytes().cmp(other.by.as_bytes()))
            .then_with(|| self.value.order_bytes().cmp(other.value.order_bytes()))
            .then_with(|| self.ts.text().cmp(other.ts.text()))
            .then_with(|| self.unknown.cmp(&other.unknown))
    }

    /// Whether two writes are one: the same value, time and device.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        (&self.value, &self.ts, self.by) == (&other.value, &other.ts, other.by)
    }

    fn to_value(&self) -> Value {
        let known = [
            ("value", self.value.to_value()),
            ("ts", self.ts.text().into()),
            ("by", (*self.by.as_bytes()).into()),
        ];
        open_map(known, &self.unknown)
    }

    fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        Ok(Self {
            value: T::from_field(&fields.take("value")?)?,
            ts: time(&fields.take("ts")?)?,
            by: uuid(&fields.take("by")?, DeviceId::from_slice)?,
            unknown: fields.rest(),
        })
    }
}

/// A last-writer-wins register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register<T> {
    /// The write in effect, if there was one.
    pub current: Option<Write<T>>,
    /// Writes that were displaced, the newest first, none twice.
    pub superseded: Vec<Write<T>>,
    /// Keys of later schemas.
    pub unknown: Map,
}

/// A register that nobody wrote to.
impl<T> Default for Register<T> {
    fn default() -> Self {
        Self {
            current: None,
            superseded: Vec::new(),
            unknown: Map::new(),
        }
    }
}

impl<T: RegisterValue> Register<T> {
    pub(super) fn each_unknown(&self, see: &mut dyn FnMut(&Map)) {
        see(&self.unknown);
        let writes = self.current.iter().chain(&self.superseded);
        writes.for_each(|write| see(&write.unknown));
    }

    pub(super) fn to_value(&self) -> Value {
        let superseded = self.superseded.iter().map(Write::to_value).collect();
        let known = [
            (
                "current",
                self.current.as_ref().map_or(Value::Null, Write::to_value),
            ),
            ("superseded", Value::Array(superseded)),
        ];
        open_map(known, &self.unknown)
    }

    pub(super) fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let current = optional(fields.take("current")?, Write::from_field)?;
        let log = fields.take("superseded")?;
        let superseded = log.array(T::LOG)?;
        let superseded = superseded.iter().map(Write::from_field);
        let register = Self {
            current,
            superseded: superseded.collect::<Result<_, _>>()?,
            unknown: fields.rest(),
        };
        let descends = |[newer, older]: &[Write<T>; 2]| {
            newer.order(older) == Ordering::Greater && !newer.repeats(older)
        };
        if register.superseded.array_windows().all(descends) {
            Ok(register)
        } else {
            Err(log.refuse("every write once, the newest first"))
        }
    }
}
