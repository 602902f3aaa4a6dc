//! X-Wing against the draft's own vectors.

use gauntlet_crypto::xwing::{CIPHERTEXT, KeyPair, PUBLIC_KEY, PublicKeyError, encapsulate};
use serde::Deserialize;

use crate::support::bytes;

/// draft-connolly-cfrg-xwing-kem-08, appendix C (the draft's `spec/test-vectors.json`, the seeds'
/// `sk` left out, which repeats `seed`).
const VECTORS: &str = include_str!("../vectors/x-wing.json");

#[derive(Deserialize)]
struct Vector {
    seed: String,
    eseed: String,
    ss: String,
    pk: String,
    ct: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(VECTORS).unwrap()
}

#[test]
fn keys_ciphertexts_and_secrets_are_those_of_the_draft() {
    assert_eq!(vectors().len(), 3);
    for vector in vectors() {
        let pair = KeyPair::from_seed(&bytes(&vector.seed));
        assert_eq!(*pair.public(), bytes::<PUBLIC_KEY>(&vector.pk));

        let (ciphertext, sent) = encapsulate(pair.public(), &bytes(&vector.eseed)).unwrap();
        assert_eq!(*ciphertext, bytes::<CIPHERTEXT>(&vector.ct));
        assert_eq!(*sent.as_bytes(), bytes(&vector.ss));

        let received = pair.decapsulate(&ciphertext);
        assert_eq!(received.as_bytes(), sent.as_bytes());
    }
}

#[test]
fn sizes_are_those_of_the_suite() {
    assert_eq!((PUBLIC_KEY, CIPHERTEXT), (1216, 1120));
}

#[test]
fn any_changed_byte_of_a_ciphertext_gives_another_secret() {
    let pair = KeyPair::from_seed(&[7; 32]);
    let (honest, secret) = encapsulate(pair.public(), &[9; 64]).unwrap();
    for byte in (0..CIPHERTEXT).step_by(31).chain(1088..CIPHERTEXT) {
        let mut broken = honest.clone();
        broken[byte] ^= 1;
        let other = pair.decapsulate(&broken);
        assert_ne!(other.as_bytes(), secret.as_bytes(), "byte {byte}");
    }
}

#[test]
fn another_key_finds_another_secret() {
    let [one, two] = [[7; 32], [8; 32]].map(|seed| KeyPair::from_seed(&seed));
    let (ciphertext, secret) = encapsulate(one.public(), &[9; 64]).unwrap();
    assert_ne!(two.decapsulate(&ciphertext).as_bytes(), secret.as_bytes());
}

#[test]
fn both_halves_of_the_randomness_count() {
    let pair = KeyPair::from_seed(&[7; 32]);
    let honest = encapsulate(pair.public(), &[9; 64]).unwrap().1;
    for byte in [0, 31, 32, 63] {
        let mut randomness = [9; 64];
        // The lowest three bits of an X25519 secret do not count (RFC 7748 §5).
        randomness[byte] ^= 0x10;
        let other = encapsulate(pair.public(), &randomness).unwrap().1;
        assert_ne!(other.as_bytes(), honest.as_bytes(), "byte {byte}");
    }
}

#[test]
fn an_ml_kem_half_with_unreduced_coefficients_is_no_key() {
    let mut public = *KeyPair::from_seed(&[7; 32]).public();
    // The first coefficient becomes 4095, above q − 1 = 3328 (FIPS 203 §7.2, modulus check).
    public[0] = 0xff;
    public[1] |= 0x0f;
    assert_eq!(encapsulate(&public, &[9; 64]).err(), Some(PublicKeyError));
}

#[test]
fn debug_output_holds_no_secret_bytes() {
    let shown = format!("{:?}", KeyPair::from_seed(&[0xab; 32]));
    assert!(shown.starts_with("KeyPair { public: ["), "{shown}");
    assert!(shown.ends_with(", .. }"), "{shown}");
}
