//! Whose signatures a lying record carries.

use gauntlet_wire::hybrid::HybridSignature;
use serde::{Deserialize, Serialize};

/// How a record that was changed is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Signed {
    /// By the client's real keys, over what the record says: what a key holder can always make.
    Anew,
    /// Not at all since the change: over what the record said before.
    Before,
    /// With bytes that no key made: what a stolen session can make.
    Garbage,
    /// Anew, with one half of one signature broken.
    Broken(Which, Half),
}

/// One of a manifest's two signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// The device's.
    Device,
    /// The write-tier key's.
    Write,
}

/// Both signatures of a manifest, an asset's or a derivative's.
#[derive(Debug, Clone)]
pub(crate) struct Signatures {
    pub(crate) device: HybridSignature,
    pub(crate) write: HybridSignature,
}

/// One half of a hybrid signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Half {
    /// The classical one.
    Ed25519,
    /// The one that stands against a quantum computer.
    MlDsa65,
}

impl Signed {
    /// What a manifest is to carry that was signed `anew`; `before` is what it carried before the change.
    pub(crate) fn of(self, anew: Signatures, before: Signatures) -> Signatures {
        let mut signatures = anew;
        match self {
            Self::Anew => {}
            Self::Before => return before,
            Self::Garbage => {
                fill(&mut signatures.device);
                fill(&mut signatures.write);
            }
            Self::Broken(Which::Device, half) => half.break_in(&mut signatures.device),
            Self::Broken(Which::Write, half) => half.break_in(&mut signatures.write),
        }
        signatures
    }
}

fn fill(signature: &mut HybridSignature) {
    signature.ed.fill(0x5A);
    signature.ml.fill(0x5A);
}

impl Half {
    /// Flips one bit in the middle, where no encoding rule looks.
    pub(crate) fn break_in(self, signature: &mut HybridSignature) {
        let byte = match self {
            Self::Ed25519 => signature.ed.get_mut(8),
            Self::MlDsa65 => signature.ml.get_mut(1_000),
        };
        if let Some(byte) = byte {
            *byte ^= 1;
        }
    }
}
