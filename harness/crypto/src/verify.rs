//! The judge's verifier: strict Ed25519 by ed25519-dalek and ML-DSA-65 by AWS-LC
//! (formats.md §3).

mod document;

pub use document::{
    LedgerError, ManifestError, verify_derivative, verify_directory, verify_entry, verify_intent,
    verify_ledger, verify_manifest, verify_sidecar,
};

use std::fmt;

use aws_lc_rs::signature::{ML_DSA_65, ParsedPublicKey};
use gauntlet_wire::hybrid::{HybridPublicKey, HybridSignature};
use thiserror::Error;

/// One of the two halves of a hybrid signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The classical half, RFC 8032.
    Ed25519,
    /// The post-quantum half, FIPS 204.
    MlDsa65,
}

impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ed25519 => "Ed25519",
            Self::MlDsa65 => "ML-DSA-65",
        })
    }
}

/// What is wrong with a half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Reason {
    /// The public key is not the canonical encoding of a key (RFC 8032 §5.1.3, FIPS 204
    /// algorithm 23).
    #[error("the public key does not decode; expected a canonical encoding")]
    KeyEncoding,
    /// The Ed25519 public key is one of the eight points of small order, under which one
    /// signature fits almost any message.
    #[error("the public key has small order; expected a key of a private seed")]
    KeySmallOrder,
    /// The signature was not made by this key over this message. For Ed25519 this includes
    /// S ≥ L and R of small order.
    #[error("the signature does not verify under this key over these bytes")]
    Signature,
}

/// The first half, in the order Ed25519, ML-DSA-65, that refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{half} half: {reason}")]
pub struct VerifyError {
    /// Which half refused.
    pub half: Half,
    /// Why it refused.
    pub reason: Reason,
}

/// Accepts `signature` only if both halves are valid for `message` under `key` (formats.md §3).
///
/// # Errors
/// The first half that refused, and why.
pub fn verify(
    key: &HybridPublicKey,
    message: &[u8],
    signature: &HybridSignature,
) -> Result<(), VerifyError> {
    VerifyingKey::decode(key)?.verify(message, signature)
}

/// A decoded public key, for a key that verifies more than once.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    ed: ed25519_dalek::VerifyingKey,
    ml: ParsedPublicKey,
}

impl VerifyingKey {
    /// Decodes both halves.
    ///
    /// # Errors
    /// An Ed25519 half that is not a canonical point or has small order; an ML-DSA-65 half
    /// that AWS-LC does not take.
    pub fn decode(key: &HybridPublicKey) -> Result<Self, VerifyError> {
        Ok(Self {
            ed: decode_ed25519(&key.ed).map_err(|reason| VerifyError {
                half: Half::Ed25519,
                reason,
            })?,
            ml: ParsedPublicKey::new(&ML_DSA_65, key.ml.as_slice()).map_err(|_| VerifyError {
                half: Half::MlDsa65,
                reason: Reason::KeyEncoding,
            })?,
        })
    }

    /// Accepts `signature` only if both halves are valid for `message` (formats.md §3).
    ///
    /// # Errors
    /// The first half that refused.
    pub fn verify(&self, message: &[u8], signature: &HybridSignature) -> Result<(), VerifyError> {
        self.verify_half(Half::Ed25519, message, signature)?;
        self.verify_half(Half::MlDsa65, message, signature)
    }

    /// Judges one half of `signature` alone, to tell what is wrong with it: no half is enough to accept
    /// anything.
    ///
    /// The Ed25519 half follows RFC 8032 §5.1.7 without the cofactor and refuses R of small
    /// order besides. The ML-DSA-65 half is pure with an empty context and accepts
    /// deterministic and hedged signatures alike.
    ///
    /// # Errors
    /// If that half refused.
    pub fn verify_half(
        &self,
        half: Half,
        message: &[u8],
        signature: &HybridSignature,
    ) -> Result<(), VerifyError> {
        let valid = match half {
            Half::Ed25519 => {
                let ed = ed25519_dalek::Signature::from_bytes(&signature.ed);
                self.ed.verify_strict(message, &ed).is_ok()
            }
            Half::MlDsa65 => {
                let ml = signature.ml.as_slice();
                self.ml.verify_sig(message, ml).is_ok()
            }
        };
        let reason = Reason::Signature;
        valid.then_some(()).ok_or(VerifyError { half, reason })
    }
}

fn decode_ed25519(bytes: &[u8; 32]) -> Result<ed25519_dalek::VerifyingKey, Reason> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| Reason::KeyEncoding)?;
    if key.is_weak() {
        return Err(Reason::KeySmallOrder);
    }
    // The library also takes y in p..2^255, so that one key would have two names. The other
    // non-canonical form, a negative zero x, belongs to points of small order only.
    if y_is_unreduced(bytes) {
        return Err(Reason::KeyEncoding);
    }
    Ok(key)
}

/// Whether the y coordinate (little-endian, below the sign bit) is p = 2^255 − 19 or more
/// (RFC 8032 §5.1.3 step 1).
fn y_is_unreduced(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    *low >= 0xed && middle.iter().all(|byte| *byte == 0xff) && high & 0x7f == 0x7f
}
