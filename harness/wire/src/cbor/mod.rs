//! Strict canonical CBOR (`formats.md` §2): the core deterministic encoding of RFC 8949 §4.2.1,
//! and nothing else.
//!
//! Bytes become a [`Value`] by [`decode`], which accepts exactly what [`Value::encode`] writes.
//! A [`Document`] is a schema over values; [`Canonical`] holds one together with its bytes.

mod decode;
mod diagnostic;
mod document;
mod encode;
mod error;
mod fields;
mod float;
mod map;
mod value;

pub use decode::{Bounds, check, decode};
pub use document::{Canonical, Document};
pub use error::{DecodeError, DocumentError, DuplicateKey, Rule, SchemaError};
pub use fields::{Field, Fields, byte_array, map, open_map};
pub use float::Float;
pub use map::Map;
pub use value::Value;
