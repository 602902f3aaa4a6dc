//! The simulator's signer: ed25519-dalek and libcrux, ML-DSA-65 in its deterministic variant or, where
//! another signature over the same bytes is wanted, in its hedged one (formats.md §3).

mod document;

pub use document::{
    attest_epoch, sign_derivative, sign_directory, sign_intent, sign_manifest, sign_sidecar,
};

use std::fmt;

use ed25519_dalek::{Signer, SigningKey};
use gauntlet_wire::hybrid::{HybridPublicKey, HybridSignature};
use libcrux_ml_dsa::{
    KEY_GENERATION_RANDOMNESS_SIZE, SIGNING_RANDOMNESS_SIZE,
    ml_dsa_65::{self, MLDSA65SigningKey},
};

/// FIPS 204 §3.4: the deterministic variant signs with 32 zero bytes in place of randomness.
const DETERMINISTIC: [u8; SIGNING_RANDOMNESS_SIZE] = [0; SIGNING_RANDOMNESS_SIZE];

/// The signature has no domain separation (formats.md §3).
const EMPTY_CONTEXT: &[u8] = b"";

/// A hybrid key pair. Only the public half appears in `Debug` output.
#[derive(Clone)]
pub struct HybridSigner {
    ed: SigningKey,
    ml: Box<MLDSA65SigningKey>,
    public: HybridPublicKey,
}

impl HybridSigner {
    /// The key pair of a private seed: Ed25519 seed 32 ‖ ML-DSA ξ 32 (formats.md §3). The
    /// same seed always gives the same keys.
    #[must_use]
    pub fn from_seed(seed: &[u8; 64]) -> Self {
        let (ed, xi) = halves(seed);
        let ed = SigningKey::from_bytes(&ed);
        let ml = ml_dsa_65::generate_key_pair(xi);
        let public = HybridPublicKey {
            ed: ed.verifying_key().to_bytes(),
            ml: Box::new(*ml.verification_key.as_ref()),
        };
        Self {
            ed,
            ml: Box::new(ml.signing_key),
            public,
        }
    }

    /// The public key to verify with.
    #[must_use]
    pub fn public(&self) -> &HybridPublicKey {
        &self.public
    }

    /// Signs the same bytes with both halves: no prefix, no prehash, empty ML-DSA context
    /// (formats.md §3). Signing a message twice gives the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> HybridSignature {
        self.sign_hedged(message, DETERMINISTIC)
    }

    /// The same with an ML-DSA half in the hedged variant of FIPS 204 §3.4: other randomness gives another
    /// valid signature over the same bytes.
    #[expect(
        clippy::expect_used,
        reason = "the empty context is not too long, and libcrux gives up after 814 rejected samples, of which each is accepted with a chance near 1/5 (FIPS 204, appendix C)"
    )]
    #[must_use]
    pub fn sign_hedged(&self, message: &[u8], randomness: [u8; 32]) -> HybridSignature {
        let ml = ml_dsa_65::sign(&self.ml, message, EMPTY_CONTEXT, randomness)
            .expect("one of 814 samples is accepted");
        HybridSignature {
            ed: self.ed.sign(message).to_bytes(),
            ml: Box::new(*ml.as_ref()),
        }
    }
}

impl fmt::Debug for HybridSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HybridSigner")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

fn halves(seed: &[u8; 64]) -> ([u8; 32], [u8; KEY_GENERATION_RANDOMNESS_SIZE]) {
    let (mut ed, mut xi) = ([0; 32], [0; KEY_GENERATION_RANDOMNESS_SIZE]);
    let (first, second) = seed.split_at(ed.len());
    ed.copy_from_slice(first);
    xi.copy_from_slice(second);
    (ed, xi)
}
