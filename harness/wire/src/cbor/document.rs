//! Documents: schemas over values, and values together with their bytes.

use super::{Bounds, DocumentError, SchemaError, Value, check, decode};
use crate::id::Hash;

/// A structure with a schema in canonical CBOR.
pub trait Document: Sized {
    /// What the document is called in errors and reports.
    const NAME: &'static str;

    /// The bounds of its encoding (`formats.md` §9).
    const BOUNDS: Bounds;

    /// The value that stands for the document; [`Document::from_value`] of it gives an equal one.
    fn to_value(&self) -> Value;

    /// Reads the document.
    ///
    /// # Errors
    /// The first place where the value is not of the schema.
    fn from_value(value: &Value) -> Result<Self, SchemaError>;
}

/// A document together with the exact bytes that it was decoded from or encodes to.
///
/// Hashes and signatures are over those bytes, so they are kept, not made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canonical<T> {
    /// `value.to_value().encode() == bytes`.
    value: T,
    bytes: Vec<u8>,
}

impl<T: Document> Canonical<T> {
    /// Decodes a document.
    ///
    /// # Errors
    /// If the bytes are not canonical CBOR within the document's bounds, or not of its schema.
    pub fn decode(bytes: &[u8]) -> Result<Self, DocumentError> {
        let value = T::from_value(&decode(bytes, &T::BOUNDS)?)?;
        Ok(Self {
            value,
            bytes: bytes.to_vec(),
        })
    }

    /// Encodes a document.
    ///
    /// # Errors
    /// Whatever [`Canonical::decode`] would refuse in the bytes: an encoding past the bounds, or a
    /// value that its own schema does not admit.
    pub fn encode(value: T) -> Result<Self, DocumentError> {
        let tree = value.to_value();
        let bytes = tree.encode();
        check(&bytes, &T::BOUNDS)?;
        T::from_value(&tree)?;
        Ok(Self { value, bytes })
    }
}

impl<T> Canonical<T> {
    /// The document.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// Its canonical bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the bytes.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&self.bytes)
    }

    /// The document alone.
    pub fn into_value(self) -> T {
        self.value
    }

    /// The bytes alone.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor::{Fields, Rule, map};

    /// A text of at most four bytes, in at most ten bytes.
    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Label(String);

    impl Document for Label {
        const NAME: &'static str = "label";
        const BOUNDS: Bounds = Bounds::up_to(10);

        fn to_value(&self) -> Value {
            map([("is", self.0.as_str().into())])
        }

        fn from_value(value: &Value) -> Result<Self, SchemaError> {
            let mut fields = Fields::of(value, "")?;
            let text = fields.take("is")?.text(4)?.to_owned();
            fields.finish()?;
            Ok(Self(text))
        }
    }

    #[test]
    fn bytes_and_document_belong_together() {
        let encoded = Canonical::encode(Label("four".into())).unwrap();
        assert_eq!(encoded.bytes(), b"\xa1\x62is\x64four");
        assert_eq!(
            encoded.hash().to_string(),
            Hash::of(encoded.bytes()).to_string()
        );
        assert_eq!(
            Canonical::<Label>::decode(encoded.bytes()),
            Ok(encoded.clone())
        );
        assert_eq!(encoded.value(), &Label("four".into()));
        assert_eq!(encoded.clone().into_bytes(), encoded.bytes());
        assert_eq!(encoded.into_value(), Label("four".into()));
    }

    #[test]
    fn encoding_refuses_what_decoding_would() {
        let schema = Canonical::encode(Label("fives".into())).unwrap_err();
        assert_eq!(
            schema,
            Canonical::<Label>::decode(b"\xa1\x62is\x65fives").unwrap_err()
        );
        assert!(matches!(schema, DocumentError::Schema(_)));

        let bound = Canonical::encode(Label("sixsix".into())).unwrap_err();
        assert_eq!(
            bound,
            Canonical::<Label>::decode(b"\xa1\x62is\x66sixsix").unwrap_err()
        );
        assert!(matches!(bound, DocumentError::Decode(error) if error.rule == Rule::TooLong));
    }

    #[test]
    fn decoding_refuses_other_bytes_for_the_same_document() {
        let long_head = Canonical::<Label>::decode(b"\xa1\x62is\x78\x02ab").unwrap_err();
        assert!(
            matches!(long_head, DocumentError::Decode(error) if error.rule == Rule::LongHead && error.offset == 4)
        );
    }
}
