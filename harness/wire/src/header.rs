//! Header names and values (`wire.md` §1.1). Names are lowercase, as HTTP/2 sends them.

use crate::id::{Hash, ParseIdError};
use crate::version::SuiteId;

/// The protocol version that a request speaks.
pub const PROTOCOL: &str = "x-capsule-protocol";
/// The suite that a write uses, decimal.
pub const CRYPTO_SUITE: &str = "x-capsule-crypto-suite";
/// The sidecar schema of a metadata update, decimal.
pub const SIDECAR_SCHEMA: &str = "x-capsule-sidecar-schema";
/// Oldest version that may write.
pub const PROTOCOL_MIN: &str = "x-capsule-protocol-min";
/// Newest version that may write.
pub const PROTOCOL_MAX: &str = "x-capsule-protocol-max";
/// Oldest client build that the server recommends.
pub const MIN_CLIENT_BUILD: &str = "x-capsule-min-client-build";
/// A byte offset into an upload.
pub const OFFSET: &str = "x-capsule-offset";
/// The declared length of an upload, in bytes.
pub const CONTENT_LENGTH: &str = "x-capsule-content-length";
/// The state of an upload session.
pub const UPLOAD_STATUS: &str = "x-capsule-upload-status";
/// SHA-256 of a chunk, lowercase hex.
pub const CHECKSUM: &str = "x-capsule-checksum";
/// The chunk size that the server suggests, in bytes.
pub const SUGGESTED_CHUNK_SIZE: &str = "x-capsule-suggested-chunk-size";
/// The identity key of a directory publish, base64 of Ed25519 ‖ ML-DSA-65.
pub const IDENTITY_KEY: &str = "x-capsule-identity-key";

/// A header value that is not a plain decimal number. It does not quote the value, which may be a secret
/// out of its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a plain decimal number in range, found {0} bytes of something else")]
pub struct ParseDecimalError(usize);

/// Reads digits only: no sign, no space, no leading zero, one number one spelling.
///
/// # Errors
/// Anything else, and a number above `u64::MAX`.
pub fn parse_decimal_u64(text: &str) -> Result<u64, ParseDecimalError> {
    text.parse::<u64>()
        .ok()
        .filter(|number| number.to_string() == text)
        .ok_or(ParseDecimalError(text.len()))
}

/// Reads a suite number.
///
/// # Errors
/// As [`parse_decimal_u64`], and a number above `u16::MAX`.
pub fn parse_suite(text: &str) -> Result<SuiteId, ParseDecimalError> {
    parse_u16(text).map(SuiteId)
}

/// Reads a sidecar schema number.
///
/// # Errors
/// As [`parse_decimal_u64`], and a number above `u16::MAX`.
pub fn parse_schema(text: &str) -> Result<u16, ParseDecimalError> {
    parse_u16(text)
}

fn parse_u16(text: &str) -> Result<u16, ParseDecimalError> {
    let number = parse_decimal_u64(text)?;
    u16::try_from(number).map_err(|_| ParseDecimalError(text.len()))
}

/// Reads a chunk checksum: bare lowercase hex.
///
/// # Errors
/// Any other spelling.
pub fn parse_checksum(text: &str) -> Result<Hash, ParseIdError> {
    text.parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(parse_decimal_u64("0"), Ok(0));
        assert_eq!(parse_decimal_u64("18446744073709551615"), Ok(u64::MAX));
        for bad in [
            "",
            "+1",
            "-1",
            " 1",
            "1 ",
            "01",
            "0x1",
            "1.0",
            "18446744073709551616",
            "1e3",
        ] {
            assert!(parse_decimal_u64(bad).is_err(), "{bad:?}");
        }
        assert_eq!(parse_suite("65535"), Ok(SuiteId(u16::MAX)));
        assert!(parse_suite("65536").is_err());
        assert_eq!(parse_schema("1"), Ok(1));
        assert_eq!(parse_schema("65535"), Ok(u16::MAX));
        for bad in ["65536", "01", "1.0", ""] {
            assert!(parse_schema(bad).is_err(), "{bad:?}");
        }
    }
}
