//! Keys from passphrases: Argon2id (RFC 9106) in the tiers of formats.md §6.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use thiserror::Error;

use crate::kdf::Key32;

/// What a derivation costs. It is stored beside what the key wraps, so it comes from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub mem_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// The costs that a writer chooses from, by the memory of its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// 128 MiB, 3 passes.
    Mib128,
    /// 256 MiB, 3 passes.
    Mib256,
    /// 512 MiB, 4 passes.
    Mib512,
}

impl Tier {
    /// Every tier, the cheapest first.
    pub const ALL: [Self; 3] = [Self::Mib128, Self::Mib256, Self::Mib512];

    /// What the tier costs.
    #[must_use]
    pub const fn cost(self) -> Cost {
        let (mib, passes) = match self {
            Self::Mib128 => (128, 3),
            Self::Mib256 => (256, 3),
            Self::Mib512 => (512, 4),
        };
        Cost {
            mem_kib: mib * 1024,
            passes,
            lanes: 1,
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            mem_kib,
            passes,
            lanes,
        } = self;
        write!(f, "{mem_kib} KiB, {passes} passes, {lanes} lanes")
    }
}

/// Why no key was derived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PassphraseError {
    /// The cost is more than the reader spends; nothing was allocated.
    #[error("Argon2id: {cost} asked for; expected at most {ceiling}")]
    AboveCeiling {
        /// The cost asked for.
        cost: Cost,
        /// The reader's own.
        ceiling: Cost,
    },
    /// The cost is none of Argon2's: no pass, no lane, or less than 8 KiB a lane (RFC 9106 §3.1).
    #[error("Argon2id: {0} is no cost of RFC 9106 §3.1")]
    Invalid(Cost),
}

/// The wrap key of a passphrase, for a reader that spends at most `ceiling`.
///
/// # Errors
/// A cost above the ceiling in any of its three parts, or one that Argon2 does not have.
pub fn wrap_key(
    passphrase: &[u8],
    salt: &[u8; 32],
    cost: Cost,
    ceiling: Cost,
) -> Result<Key32, PassphraseError> {
    let within = cost.mem_kib <= ceiling.mem_kib
        && cost.passes <= ceiling.passes
        && cost.lanes <= ceiling.lanes;
    if !within {
        return Err(PassphraseError::AboveCeiling { cost, ceiling });
    }
    argon2id(passphrase, salt, cost)
        .map(Key32::from_bytes)
        .map_err(|_| PassphraseError::Invalid(cost))
}

fn argon2id(passphrase: &[u8], salt: &[u8], cost: Cost) -> Result<[u8; 32], argon2::Error> {
    let params = Params::new(cost.mem_kib, cost.passes, cost.lanes, Some(32))?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase, salt, &mut key)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reference implementation's own vectors (P-H-C/phc-winner-argon2, `src/test.c`, Argon2id
    /// version 0x13), at 256 KiB.
    #[test]
    fn derivation_agrees_with_the_reference_implementation() {
        let vectors = [
            (
                2,
                1,
                "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe",
            ),
            (
                2,
                2,
                "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037",
            ),
        ];
        for (passes, lanes, expected) in vectors {
            let cost = Cost {
                mem_kib: 256,
                passes,
                lanes,
            };
            let key = argon2id(b"password", b"somesalt", cost).unwrap();
            assert_eq!(hex::encode(key), expected);
        }
    }
}
