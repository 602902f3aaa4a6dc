//! The one seeded generator behind every id and key.

use gauntlet_wire::id::{SessionId, UploadId, UserId};
use jiff::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use std::sync::{Mutex, PoisonError};

/// Ids in the order in which they are asked for; the same seed and start number draw the same ones.
pub(crate) struct Entropy(Mutex<ChaCha20Rng>);

impl Entropy {
    /// The generator of the `start`-th start over one store. Each start has a stream of its own, so
    /// that no id is drawn twice over the same data.
    pub(crate) fn new(seed: [u8; 32], start: u64) -> Self {
        let mut generator = ChaCha20Rng::from_seed(seed);
        generator.set_stream(start);
        Self(Mutex::new(generator))
    }

    /// `N` random bytes.
    pub(crate) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(&mut bytes);
        bytes
    }

    /// A fresh upload session id (UUIDv7).
    pub(crate) fn upload(&self, now: Timestamp) -> UploadId {
        UploadId::new(self.uuid_v7(now))
    }

    /// A fresh authentication session id (UUIDv7).
    pub(crate) fn session(&self, now: Timestamp) -> SessionId {
        SessionId::new(self.uuid_v7(now))
    }

    /// A fresh account id (UUIDv4).
    pub(crate) fn user(&self) -> UserId {
        UserId::new(uuid::Builder::from_random_bytes(self.bytes()).into_uuid())
    }

    fn uuid_v7(&self, now: Timestamp) -> uuid::Uuid {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_repeats_itself_but_never_across_starts() {
        let draw = |start| Entropy::new([7; 32], start).bytes::<16>();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
