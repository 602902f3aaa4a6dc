//! Whose signatures a lying record carries.

use gauntlet_wire::hybrid::HybridSignature;
use gauntlet_wire::manifest::AssetManifest;
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
    /// Gives `manifest`, which was signed anew, the signatures that it is to carry; `before` is the
    /// manifest as it was before the change.
    pub(crate) fn apply(self, manifest: &mut AssetManifest, before: &AssetManifest) {
        match self {
            Self::Anew => {}
            Self::Before => {
                manifest.device_sig.clone_from(&before.device_sig);
                manifest.write_sig.clone_from(&before.write_sig);
            }
            Self::Garbage => {
                fill(&mut manifest.device_sig);
                fill(&mut manifest.write_sig);
            }
            Self::Broken(Which::Device, half) => half.break_in(&mut manifest.device_sig),
            Self::Broken(Which::Write, half) => half.break_in(&mut manifest.write_sig),
        }
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
