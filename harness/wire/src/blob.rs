//! The metadata blob's envelope (`formats.md` §6): suite ‖ nonce ‖ ciphertext ‖ tag, exactly.

use crate::bounds;
use crate::version::SuiteId;

/// Bytes of the smallest metadata blob: suite 2, nonce 12, tag 16.
pub const METADATA_BLOB_MIN: usize = 30;

/// A metadata blob, parsed but not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataBlob {
    /// The suite, big-endian on the wire.
    pub suite: SuiteId,
    /// The AES-256-GCM nonce.
    pub nonce: [u8; 12],
    /// Ciphertext and tag.
    pub ciphertext_and_tag: Vec<u8>,
}

/// Bytes that are not a metadata blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a metadata blob is {METADATA_BLOB_MIN} to {max} bytes long, this is {0}", max = bounds::METADATA_BLOB)]
pub struct BlobLengthError(usize);

impl MetadataBlob {
    /// Reads the envelope.
    ///
    /// # Errors
    /// Too few bytes, or too many.
    pub fn parse(bytes: &[u8]) -> Result<Self, BlobLengthError> {
        let refused = BlobLengthError(bytes.len());
        if !(METADATA_BLOB_MIN..=bounds::METADATA_BLOB).contains(&bytes.len()) {
            return Err(refused);
        }
        let (suite, rest) = bytes.split_first_chunk().ok_or(refused)?;
        let (nonce, sealed) = rest.split_first_chunk().ok_or(refused)?;
        Ok(Self {
            suite: SuiteId(u16::from_be_bytes(*suite)),
            nonce: *nonce,
            ciphertext_and_tag: sealed.to_vec(),
        })
    }

    /// The bytes of the envelope.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [
            &self.suite.0.to_be_bytes(),
            self.nonce.as_slice(),
            &self.ciphertext_and_tag,
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_round_trips_and_its_suite_is_big_endian() {
        let bytes: Vec<u8> = (0..40).collect();
        let blob = MetadataBlob::parse(&bytes).unwrap();
        assert_eq!(blob.suite, SuiteId(0x0001));
        assert_eq!(blob.encode(), bytes);
    }

    #[test]
    fn lengths_are_bounded_on_both_sides() {
        assert!(MetadataBlob::parse(&[0; METADATA_BLOB_MIN - 1]).is_err());
        assert!(MetadataBlob::parse(&[0; METADATA_BLOB_MIN]).is_ok());
        assert!(MetadataBlob::parse(&vec![0; bounds::METADATA_BLOB]).is_ok());
        assert!(MetadataBlob::parse(&vec![0; bounds::METADATA_BLOB + 1]).is_err());
    }
}
