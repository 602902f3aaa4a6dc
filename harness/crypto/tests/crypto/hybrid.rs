//! Both halves count, and a refusal names the half.

use aws_lc_rs::signature::{ML_DSA_65_SIGNING, PqdsaKeyPair};
use gauntlet_crypto::{
    kdf::Key32,
    sign::HybridSigner,
    verify::{Half, Reason, VerifyError, VerifyingKey, verify},
};
use libcrux_ml_dsa::ml_dsa_65;

use crate::support::{signer, verify_ml};

const MESSAGE: &[u8] = b"canonical(core)";
const XI: [u8; 32] = [7; 32];

fn refused(half: Half) -> Result<(), VerifyError> {
    Err(VerifyError {
        half,
        reason: Reason::Signature,
    })
}

#[test]
fn an_honest_signature_verifies_from_bytes_and_from_a_decoded_key() {
    let signer = signer();
    for message in [MESSAGE, b"", &[0; 70_000]] {
        let signature = signer.sign(message);
        assert_eq!(verify(signer.public(), message, &signature), Ok(()));
        let decoded = VerifyingKey::decode(signer.public()).unwrap();
        assert_eq!(decoded.verify(message, &signature), Ok(()));
    }
}

#[test]
fn keys_and_signatures_are_a_function_of_seed_and_message() {
    let again = HybridSigner::from_seed(&[7; 64]);
    assert_eq!(again.public(), signer().public());
    assert_eq!(again.sign(MESSAGE), signer().sign(MESSAGE));
}

#[test]
fn each_half_of_the_seed_makes_its_own_half_of_the_key() {
    let mut seed = [7; 64];
    seed[31] ^= 1;
    let other_ed = HybridSigner::from_seed(&seed);
    assert_ne!(other_ed.public().ed, signer().public().ed);
    assert_eq!(other_ed.public().ml, signer().public().ml);
    seed[31] ^= 1;
    seed[32] ^= 1;
    let other_ml = HybridSigner::from_seed(&seed);
    assert_eq!(other_ml.public().ed, signer().public().ed);
    assert_ne!(other_ml.public().ml, signer().public().ml);
}

#[test]
fn any_flipped_bit_of_the_ed25519_half_is_refused_as_ed25519() {
    let (signer, honest) = (signer(), signer().sign(MESSAGE));
    let key = VerifyingKey::decode(signer.public()).unwrap();
    for bit in 0..512 {
        let mut broken = honest.clone();
        broken.ed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            key.verify(MESSAGE, &broken),
            refused(Half::Ed25519),
            "bit {bit}"
        );
    }
}

#[test]
fn a_flipped_bit_in_any_byte_of_the_ml_dsa_half_is_refused_as_ml_dsa() {
    let (signer, honest) = (signer(), signer().sign(MESSAGE));
    let key = VerifyingKey::decode(signer.public()).unwrap();
    for byte in 0..3309 {
        let mut broken = honest.clone();
        broken.ml[byte] ^= 1 << (byte % 8);
        assert_eq!(
            key.verify(MESSAGE, &broken),
            refused(Half::MlDsa65),
            "byte {byte}"
        );
    }
}

#[test]
fn a_half_over_another_message_is_refused() {
    let signer = signer();
    let (honest, other) = (signer.sign(MESSAGE), signer.sign(b"another core"));
    let mut mixed = honest.clone();
    mixed.ed = other.ed;
    assert_eq!(
        verify(signer.public(), MESSAGE, &mixed),
        refused(Half::Ed25519)
    );
    let mut mixed = honest;
    mixed.ml = other.ml;
    assert_eq!(
        verify(signer.public(), MESSAGE, &mixed),
        refused(Half::MlDsa65)
    );
}

#[test]
fn a_half_under_another_key_is_refused() {
    let (signer, other) = (signer(), HybridSigner::from_seed(&[8; 64]));
    let signature = signer.sign(MESSAGE);
    let mut key = signer.public().clone();
    key.ed = other.public().ed;
    assert_eq!(verify(&key, MESSAGE, &signature), refused(Half::Ed25519));
    let mut key = signer.public().clone();
    key.ml = other.public().ml.clone();
    assert_eq!(verify(&key, MESSAGE, &signature), refused(Half::MlDsa65));
}

#[test]
fn a_hedged_ml_dsa_signature_is_accepted() {
    let pair = PqdsaKeyPair::from_seed(&ML_DSA_65_SIGNING, &XI).unwrap();
    let mut hedged = [0; 3309];
    pair.sign(MESSAGE, &mut hedged).unwrap();
    assert_ne!(
        hedged,
        *signer().sign(MESSAGE).ml,
        "the signature is not hedged"
    );
    assert_eq!(verify_ml(*signer().public().ml, MESSAGE, hedged), Ok(()));
}

#[test]
fn the_signers_own_hedged_signature_is_another_valid_one() {
    let (signer, honest) = (signer(), signer().sign(MESSAGE));
    let hedged = signer.sign_hedged(MESSAGE, [7; 32]);
    assert_eq!(verify(signer.public(), MESSAGE, &hedged), Ok(()));
    assert_eq!(hedged.ed, honest.ed);
    assert_ne!(hedged.ml, honest.ml);
    assert_eq!(hedged, signer.sign_hedged(MESSAGE, [7; 32]));
}

#[test]
fn an_ml_dsa_signature_with_a_context_is_refused() {
    let pair = ml_dsa_65::generate_key_pair(XI);
    let signature = ml_dsa_65::sign(&pair.signing_key, MESSAGE, b"c", [0; 32]).unwrap();
    ml_dsa_65::verify(&pair.verification_key, MESSAGE, b"c", &signature).unwrap();
    assert_eq!(
        verify_ml(
            *pair.verification_key.as_ref(),
            MESSAGE,
            *signature.as_ref()
        ),
        Err(Reason::Signature)
    );
}

#[test]
fn a_prehashed_ml_dsa_signature_is_refused() {
    let pair = ml_dsa_65::generate_key_pair(XI);
    let signature =
        ml_dsa_65::sign_pre_hashed_shake128(&pair.signing_key, MESSAGE, b"", [0; 32]).unwrap();
    assert_eq!(
        verify_ml(
            *pair.verification_key.as_ref(),
            MESSAGE,
            *signature.as_ref()
        ),
        Err(Reason::Signature)
    );
}

#[test]
fn an_error_says_which_half_and_what_was_expected() {
    let error = VerifyError {
        half: Half::MlDsa65,
        reason: Reason::KeyEncoding,
    };
    assert_eq!(
        error.to_string(),
        "ML-DSA-65 half: the public key does not decode; expected a canonical encoding"
    );
}

#[test]
fn debug_output_holds_no_secret_bytes() {
    assert_eq!(
        format!("{:?}", Key32::from_bytes([0xab; 32])),
        "Key32(secret)"
    );
    let shown = format!("{:?}", signer());
    assert!(shown.starts_with("HybridSigner { public: "), "{shown}");
    let seed = format!("{:?}", [7u8; 8]);
    assert!(!shown.contains(seed.trim_matches(['[', ']'])), "{shown}");
}
