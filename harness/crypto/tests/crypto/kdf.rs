//! Derived keys: frozen values, each also recomputed by a plain HKDF call.
//!
//! The frozen values were computed with Python's `hmac` and `hashlib` from the table of
//! formats.md §6.

use gauntlet_crypto::kdf;
use gauntlet_wire::{id::AssetId, version::Formats};
use hkdf::Hkdf;
use sha2::Sha512;

use crate::support::bytes;

const NONCE_PREFIX: [u8; 7] = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6];
const NONCE: [u8; 12] = [
    0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb,
];

fn secret() -> [u8; 32] {
    bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
}

fn asset() -> AssetId {
    AssetId::new(uuid::Uuid::from_bytes(bytes(
        "0192f0c1a2b37c4d8e5f60718293a4b5",
    )))
}

fn plain_hkdf<const N: usize>(salt: Option<&[u8]>, info: &str) -> [u8; N] {
    let mut output = [0; N];
    Hkdf::<Sha512>::new(salt, &secret())
        .expand(info.as_bytes(), &mut output)
        .unwrap();
    output
}

#[test]
fn file_key_of_a_is_salted_with_the_file_id() {
    let key = kdf::file_key(Formats::A, &secret(), asset(), &NONCE_PREFIX);
    let frozen = bytes("7cd9e15797962f2f34bd066a7b14a7cec94feb1aaf0bcd294d65438d83dcba8b");
    assert_eq!(*key.as_bytes(), frozen);
    assert_eq!(
        frozen,
        plain_hkdf(Some(asset().as_bytes()), "asset-file/v1")
    );
}

#[test]
fn file_key_of_b_is_salted_with_the_nonce_prefix_too() {
    let key = kdf::file_key(Formats::B, &secret(), asset(), &NONCE_PREFIX);
    let frozen = bytes("7b8a8743f35b20028e294ba5eb7c9b552d5ca626b118c209a3724d5937f987bc");
    assert_eq!(*key.as_bytes(), frozen);
    let salt = [asset().as_bytes().as_slice(), &NONCE_PREFIX].concat();
    assert_eq!(frozen, plain_hkdf(Some(&salt), "asset-file/v1"));
}

#[test]
fn wrap_key_is_salted_with_file_id_and_wrap_nonce() {
    let key = kdf::wrap_key(&secret(), asset(), &NONCE);
    let frozen = bytes("20c6d3d29acf0c4d40ba87e049a665a674805720b30da2dcbed308c6abb4e49b");
    assert_eq!(*key.as_bytes(), frozen);
    let salt = [asset().as_bytes().as_slice(), &NONCE].concat();
    assert_eq!(frozen, plain_hkdf(Some(&salt), "asset-keywrap/v1"));
}

#[test]
fn metadata_key_of_a_is_salted_with_the_asset_id() {
    let key = kdf::metadata_key(Formats::A, &secret(), asset(), &NONCE);
    let frozen = bytes("91b7d070b7c538a299f9d11edb5a9609b390bbba4cfa9036cb8171a8262a85a1");
    assert_eq!(*key.as_bytes(), frozen);
    assert_eq!(
        frozen,
        plain_hkdf(Some(asset().as_bytes()), "metadata-blob/v1")
    );
}

#[test]
fn metadata_key_of_b_is_salted_with_the_nonce_too() {
    let key = kdf::metadata_key(Formats::B, &secret(), asset(), &NONCE);
    let frozen = bytes("23f93f7194730b02514f047b4a88f87fd21436ed59a833fb3cfd79525087b377");
    assert_eq!(*key.as_bytes(), frozen);
    let salt = [asset().as_bytes().as_slice(), &NONCE].concat();
    assert_eq!(frozen, plain_hkdf(Some(&salt), "metadata-blob/v1"));
}

#[test]
fn default_album_id_is_unsalted_and_a_version_8_uuid() {
    let album = kdf::default_album_id(&secret());
    assert_eq!(album.to_string(), "c436681b-dda7-82c2-85df-f2645b030d5e");
    let mut plain: [u8; 16] = plain_hkdf(None, "default-album-id/v1");
    plain[6] = 0x80 | plain[6] & 0x0f;
    plain[8] = 0x80 | plain[8] & 0x3f;
    assert_eq!(*album.as_bytes(), plain);
}
