//! X-Wing, the hybrid KEM of the suite: ML-KEM-768 and X25519 (formats.md §6;
//! draft-connolly-cfrg-xwing-kem).
//!
//! The two halves are other people's; what joins them is here. As in the draft, an X25519 share of
//! small order is not refused: the ML-KEM half still holds the secret.

use std::fmt;

use ml_kem::{Decapsulate, DecapsulationKey, EncapsulationKey, KeyExport, MlKem768};
use sha3::{Digest, Sha3_256};
use shake::{
    Shake256,
    digest::{ExtendableOutput, Update, XofReader},
};
use thiserror::Error;
use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

use crate::kdf::Key32;

/// Bytes of a public key: ML-KEM-768 1184 ‖ X25519 32.
pub const PUBLIC_KEY: usize = ML_PUBLIC + 32;
/// Bytes of a ciphertext: ML-KEM-768 1088 ‖ X25519 32.
pub const CIPHERTEXT: usize = ML_CIPHERTEXT + 32;

const ML_PUBLIC: usize = 1184;
const ML_CIPHERTEXT: usize = 1088;

/// The draft's label: an X-wing fighter, `\.//^\`.
const LABEL: &[u8] = br"\.//^\";

/// The ML-KEM-768 half of a public key is not the canonical encoding of a key (FIPS 203 §7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("X-Wing public key: bytes 0..1184 are no ML-KEM-768 key; expected coefficients below 3329")]
pub struct PublicKeyError;

/// A key pair. Only the public half appears in `Debug` output.
#[derive(Clone)]
pub struct KeyPair {
    ml: Box<DecapsulationKey<MlKem768>>,
    x: [u8; 32],
    public: Box<[u8; PUBLIC_KEY]>,
}

impl KeyPair {
    /// The key pair of a private seed: SHAKE256 makes the ML-KEM seed d ‖ z and the X25519 secret
    /// of it. The same seed always gives the same keys.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let mut expanded = Shake256::default().chain(seed).finalize_xof();
        let (mut d_z, mut x) = ([0; 64], [0; 32]);
        expanded.read(&mut d_z);
        expanded.read(&mut x);
        let ml = DecapsulationKey::<MlKem768>::from_seed(d_z.into());
        let public = joined(&ml.encapsulation_key().to_bytes(), &public_share(x));
        Self {
            ml: Box::new(ml),
            x,
            public,
        }
    }

    /// The public key to encapsulate to.
    #[must_use]
    pub fn public(&self) -> &[u8; PUBLIC_KEY] {
        &self.public
    }

    /// The secret inside a ciphertext. A ciphertext that was made for another key, or changed, gives
    /// another secret and no error (implicit rejection, FIPS 203 §6.3).
    #[must_use]
    pub fn decapsulate(&self, ciphertext: &[u8; CIPHERTEXT]) -> Key32 {
        let (ml_ciphertext, share) = split::<ML_CIPHERTEXT, CIPHERTEXT>(ciphertext);
        let ml_secret = self.ml.decapsulate(&ml_ciphertext.into());
        let x_secret = x25519(self.x, share);
        combined(&ml_secret, &x_secret, &share, &public_share(self.x))
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// Makes a secret and the ciphertext that carries it to the holder of `public`. `randomness`, 32
/// bytes for each half, must be fresh.
///
/// # Errors
/// An ML-KEM-768 half that is no key.
pub fn encapsulate(
    public: &[u8; PUBLIC_KEY],
    randomness: &[u8; 64],
) -> Result<(Box<[u8; CIPHERTEXT]>, Key32), PublicKeyError> {
    let (ml_public, x_public) = split::<ML_PUBLIC, PUBLIC_KEY>(public);
    let (message, ephemeral) = split::<32, 64>(randomness);
    let ml = EncapsulationKey::<MlKem768>::new(&ml_public.into()).map_err(|_| PublicKeyError)?;
    let (ml_ciphertext, ml_secret) = ml.encapsulate_deterministic(&message.into());
    let share = public_share(ephemeral);
    let x_secret = x25519(ephemeral, x_public);
    let secret = combined(&ml_secret, &x_secret, &share, &x_public);
    Ok((joined(&ml_ciphertext, &share), secret))
}

fn public_share(secret: [u8; 32]) -> [u8; 32] {
    x25519(secret, X25519_BASEPOINT_BYTES)
}

/// The draft's combiner. The ML-KEM ciphertext and key take no part: ML-KEM binds them itself.
fn combined(ml_secret: &[u8], x_secret: &[u8], share: &[u8], x_public: &[u8]) -> Key32 {
    let hasher = [ml_secret, x_secret, share, x_public, LABEL]
        .into_iter()
        .fold(Sha3_256::new(), Digest::chain_update);
    Key32::from_bytes(hasher.finalize().into())
}

/// The first `N` bytes and the 32 behind them.
fn split<const N: usize, const WHOLE: usize>(whole: &[u8; WHOLE]) -> ([u8; N], [u8; 32]) {
    const { assert!(N + 32 == WHOLE) };
    let (mut first, mut second) = ([0; N], [0; 32]);
    let (head, tail) = whole.split_at(N);
    first.copy_from_slice(head);
    second.copy_from_slice(tail);
    (first, second)
}

/// `first` and the 32 bytes of `second`; the lengths are those of the two halves.
fn joined<const WHOLE: usize>(first: &[u8], second: &[u8; 32]) -> Box<[u8; WHOLE]> {
    let mut whole = Box::new([0; WHOLE]);
    let (head, tail) = whole.split_at_mut(WHOLE - second.len());
    head.copy_from_slice(first);
    tail.copy_from_slice(second);
    whole
}
