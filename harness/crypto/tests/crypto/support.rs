//! Fixed inputs shared by the tests.

use gauntlet_crypto::{
    kdf::Key32,
    sign::HybridSigner,
    verify::{Half, Reason, VerifyError, verify},
};
use gauntlet_wire::{
    hybrid::{HybridPublicKey, HybridSignature},
    id::AssetId,
};

pub(crate) const AMK: [u8; 32] = [0x41; 32];
pub(crate) const PREFIX: [u8; 7] = [1, 2, 3, 4, 5, 6, 7];

pub(crate) fn key() -> Key32 {
    Key32::from_bytes([0x5a; 32])
}

pub(crate) fn asset(byte: u8) -> AssetId {
    AssetId::new(uuid::Uuid::from_bytes([byte; 16]))
}

/// The bytes of a hexadecimal literal of exactly `N` bytes.
pub(crate) fn bytes<const N: usize>(hexadecimal: &str) -> [u8; N] {
    hex::decode(hexadecimal).unwrap().try_into().unwrap()
}

/// A plaintext in which every position differs from its neighbours in any chunk.
pub(crate) fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}

pub(crate) fn signer() -> HybridSigner {
    HybridSigner::from_seed(&[7; 64])
}

/// An Ed25519 key and signature beside an honest ML-DSA-65 half, so that only the given half
/// decides.
pub(crate) fn verify_ed(key: [u8; 32], message: &[u8], signature: [u8; 64]) -> Result<(), Reason> {
    let honest = signer();
    let key = HybridPublicKey {
        ed: key,
        ml: honest.public().ml.clone(),
    };
    let signature = HybridSignature {
        ed: signature,
        ml: honest.sign(message).ml,
    };
    only(Half::Ed25519, verify(&key, message, &signature))
}

/// An ML-DSA-65 key and signature beside an honest Ed25519 half.
pub(crate) fn verify_ml(
    key: [u8; 1952],
    message: &[u8],
    signature: [u8; 3309],
) -> Result<(), Reason> {
    let honest = signer();
    let key = HybridPublicKey {
        ed: honest.public().ed,
        ml: Box::new(key),
    };
    let signature = HybridSignature {
        ed: honest.sign(message).ed,
        ml: Box::new(signature),
    };
    only(Half::MlDsa65, verify(&key, message, &signature))
}

fn only(half: Half, result: Result<(), VerifyError>) -> Result<(), Reason> {
    result.map_err(|error| {
        assert_eq!(error.half, half, "the honest half was refused");
        error.reason
    })
}
