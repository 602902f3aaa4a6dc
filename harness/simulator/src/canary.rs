//! Canaries: what no server may ever see, kept so that it can be looked for.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// A kind of secret that clients have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secret {
    /// The album's master key (AMK), of which file and metadata keys are derived.
    AlbumKey,
    /// The private seed of the album's write-tier key.
    WriteTierSeed,
    /// The private seed of the album's admin key.
    AdminSeed,
    /// The private seed of a device's signing key.
    DeviceSeed,
    /// The private seed of a person's identity key.
    IdentitySeed,
    /// The key that an original is sealed with.
    FileKey,
    /// The key that a metadata blob is sealed with.
    MetadataKey,
    /// A photo.
    Photo,
    /// What a metadata blob seals: the photo's hash and its caption.
    Sidecar,
    /// The caption alone.
    Caption,
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlbumKey => "master key of album",
            Self::WriteTierSeed => "write-tier seed of album",
            Self::AdminSeed => "admin seed of album",
            Self::DeviceSeed => "secret seed of device",
            Self::IdentitySeed => "identity seed of user",
            Self::FileKey => "file key of asset",
            Self::MetadataKey => "metadata key of asset",
            Self::Photo => "plaintext photo of asset",
            Self::Sidecar => "plaintext sidecar of asset",
            Self::Caption => "plaintext caption of asset",
        })
    }
}

/// One secret, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Canary {
    /// What it is.
    pub secret: Secret,
    /// The album, device, user or asset that it belongs to.
    pub of: Uuid,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Display for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.secret, self.of)
    }
}

/// Every secret that the clients of a world have drawn so far. Clones share one list.
#[derive(Debug, Clone, Default)]
pub struct Canaries(Arc<Mutex<Vec<Canary>>>);

impl Canaries {
    fn list(&self) -> MutexGuard<'_, Vec<Canary>> {
        // A canary is pushed whole or not at all, so a poisoned list is still sound.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a secret, unless it is there.
    pub fn add(&self, secret: Secret, of: Uuid, bytes: &[u8]) {
        let canary = Canary {
            secret,
            of,
            bytes: bytes.to_vec(),
        };
        let mut list = self.list();
        if !list.contains(&canary) {
            list.push(canary);
        }
    }

    /// The secrets from the `seen`-th on, in the order in which they were drawn.
    #[must_use]
    pub fn since(&self, seen: usize) -> Vec<Canary> {
        self.list().iter().skip(seen).cloned().collect()
    }

    /// The newest secret of that kind, of that album, device, user or asset.
    #[must_use]
    pub fn newest(&self, secret: Secret, of: Uuid) -> Option<Canary> {
        let list = self.list();
        let found = list.iter().rev();
        let mut found = found.filter(|canary| (canary.secret, canary.of) == (secret, of));
        found.next().cloned()
    }
}
