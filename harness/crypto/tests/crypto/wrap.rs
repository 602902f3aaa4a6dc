//! Wrapped file keys.

use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
use gauntlet_crypto::{
    kdf,
    wrap::{UnwrapError, unwrap_file_key, wrap_file_key},
};

use crate::support::{AMK, asset, key};

const NONCE: [u8; 12] = [4; 12];

#[test]
fn a_wrapped_key_is_the_nonce_and_the_sealed_key() {
    let wrap_key = kdf::wrap_key(&AMK, asset(1), &NONCE);
    let sealed = Aes256Gcm::new(wrap_key.as_bytes().into())
        .encrypt(&NONCE.into(), key().as_bytes().as_slice())
        .unwrap();
    let wrapped = wrap_file_key(&AMK, asset(1), &NONCE, &key());
    assert_eq!(wrapped.as_slice(), [NONCE.as_slice(), &sealed].concat());
}

#[test]
fn a_wrapped_key_unwraps() {
    let wrapped = wrap_file_key(&AMK, asset(1), &NONCE, &key());
    let unwrapped = unwrap_file_key(&AMK, asset(1), &wrapped).unwrap();
    assert_eq!(unwrapped.as_bytes(), key().as_bytes());
}

#[test]
fn a_wrapped_key_with_any_byte_changed_is_refused() {
    let wrapped = wrap_file_key(&AMK, asset(1), &NONCE, &key());
    let refused = UnwrapError { file_id: asset(1) };
    for index in 0..wrapped.len() {
        let mut broken = wrapped;
        broken[index] ^= 1;
        let error = unwrap_file_key(&AMK, asset(1), &broken).unwrap_err();
        assert_eq!(error, refused, "byte {index}");
    }
}

#[test]
fn a_wrapped_key_is_bound_to_master_key_and_file() {
    let wrapped = wrap_file_key(&AMK, asset(1), &NONCE, &key());
    assert!(unwrap_file_key(&AMK, asset(2), &wrapped).is_err());
    assert!(unwrap_file_key(&[0; 32], asset(1), &wrapped).is_err());
}
