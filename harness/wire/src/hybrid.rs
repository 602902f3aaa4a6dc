//! Hybrid keys and signatures (`formats.md` §3): Ed25519 and ML-DSA-65, always both.

use crate::cbor::{Field, SchemaError, Value, map};
use std::fmt;

/// Bytes of an Ed25519 public key.
pub const ED_KEY: usize = 32;
/// Bytes of an ML-DSA-65 public key.
pub const ML_KEY: usize = 1952;
/// Bytes of an Ed25519 signature.
pub const ED_SIGNATURE: usize = 64;
/// Bytes of an ML-DSA-65 signature.
pub const ML_SIGNATURE: usize = 3309;
/// Bytes of a public key in raw form, Ed25519 ‖ ML-DSA-65.
pub const RAW_KEY: usize = ED_KEY + ML_KEY;

/// A hybrid public key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HybridPublicKey {
    /// The Ed25519 half.
    pub ed: [u8; ED_KEY],
    /// The ML-DSA-65 half.
    pub ml: Box<[u8; ML_KEY]>,
}

impl HybridPublicKey {
    /// The raw form, Ed25519 ‖ ML-DSA-65.
    #[must_use]
    pub fn to_raw(&self) -> Vec<u8> {
        [self.ed.as_slice(), self.ml.as_slice()].concat()
    }

    /// Reads the raw form; `None` for any other length.
    #[must_use]
    pub fn from_raw(raw: &[u8]) -> Option<Self> {
        let (ed, ml) = raw.split_at_checked(ED_KEY)?;
        Some(Self {
            ed: ed.try_into().ok()?,
            ml: boxed(ml)?,
        })
    }

    /// The CBOR map `{ed, ml}`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        map([("ed", self.ed.into()), ("ml", self.ml.as_slice().into())])
    }

    /// Reads the CBOR map `{ed, ml}`.
    ///
    /// # Errors
    /// A half of a wrong length, or another key.
    pub fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let (ed, ml) = halves(field)?;
        Ok(Self {
            ed: ed.fixed()?,
            ml: boxed_field(&ml)?,
        })
    }
}

impl fmt::Debug for HybridPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HybridPublicKey(ed: {})", hex::encode(self.ed))
    }
}

/// A hybrid signature: both halves over the same bytes, without prefix or prehash.
#[derive(Clone, PartialEq, Eq)]
pub struct HybridSignature {
    /// The Ed25519 half.
    pub ed: [u8; ED_SIGNATURE],
    /// The ML-DSA-65 half.
    pub ml: Box<[u8; ML_SIGNATURE]>,
}

impl HybridSignature {
    /// The CBOR map `{ed, ml}`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        map([("ed", self.ed.into()), ("ml", self.ml.as_slice().into())])
    }

    /// Reads the CBOR map `{ed, ml}`.
    ///
    /// # Errors
    /// A half of a wrong length, or another key.
    pub fn from_field(field: &Field<'_>) -> Result<Self, SchemaError> {
        let (ed, ml) = halves(field)?;
        Ok(Self {
            ed: ed.fixed()?,
            ml: boxed_field(&ml)?,
        })
    }
}

impl fmt::Debug for HybridSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HybridSignature(ed: {})", hex::encode(self.ed))
    }
}

fn halves<'a>(field: &Field<'a>) -> Result<(Field<'a>, Field<'a>), SchemaError> {
    let mut fields = field.fields()?;
    let halves = (fields.take("ed")?, fields.take("ml")?);
    fields.finish()?;
    Ok(halves)
}

fn boxed<const N: usize>(bytes: &[u8]) -> Option<Box<[u8; N]>> {
    Box::<[u8]>::from(bytes).try_into().ok()
}

fn boxed_field<const N: usize>(field: &Field<'_>) -> Result<Box<[u8; N]>, SchemaError> {
    boxed(field.bytes()?).ok_or_else(|| field.refuse(format!("a byte string of {N} bytes")))
}
