//! Everything random that a client needs, drawn from one seed.

use crate::{Canaries, Secret};
use gauntlet_wire::id::{Hash, Hasher};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use uuid::{Builder, Uuid};

/// A named stream of randomness. Two mints of one seed and one name yield the same bytes; streams of
/// different names are independent, so that drawing more from one never shifts another.
///
/// What is secret of that which was drawn is remembered, by one list for a mint and all that were named
/// from it: a client can't have a secret that is not looked for.
#[derive(Debug, Clone)]
pub struct Mint {
    root: Hash,
    stream: ChaCha20Rng,
    canaries: Canaries,
}

impl Mint {
    /// The mint of `seed`. `salt` keeps runs against one foreign target apart; it is empty for
    /// embedded worlds.
    #[must_use]
    pub fn new(seed: u64, salt: &str) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(b"gauntlet/mint/v1");
        hasher.update(&seed.to_be_bytes());
        hasher.update(salt.as_bytes());
        Self::at(hasher.finish(), Canaries::default())
    }

    fn at(root: Hash, canaries: Canaries) -> Self {
        Self {
            root,
            stream: ChaCha20Rng::from_seed(*root.as_bytes()),
            canaries,
        }
    }

    /// Every secret that was drawn from this mint, or from one named from it.
    #[must_use]
    pub const fn canaries(&self) -> &Canaries {
        &self.canaries
    }

    /// The same mint, whose secrets are remembered in `canaries`.
    #[must_use]
    pub fn remembered_in(self, canaries: &Canaries) -> Self {
        Self {
            canaries: canaries.clone(),
            ..self
        }
    }

    /// The next `N` bytes, which are a secret of `of`.
    pub fn secret<const N: usize>(&mut self, secret: Secret, of: Uuid) -> [u8; N] {
        let bytes = self.array();
        self.canaries.add(secret, of, &bytes);
        bytes
    }

    /// The independent stream called `name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(self.root.as_bytes());
        hasher.update(name.as_bytes());
        Self::at(hasher.finish(), self.canaries.clone())
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.fill_bytes(&mut bytes);
        bytes
    }

    /// The next `length` bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.fill_bytes(&mut bytes);
        bytes
    }

    /// A random UUID (version 4), as device ids are.
    pub fn uuid_v4(&mut self) -> Uuid {
        Builder::from_random_bytes(self.array()).into_uuid()
    }

    /// A time-ordered UUID (version 7), as asset and session ids are.
    pub fn uuid_v7(&mut self, now: jiff::Timestamp) -> Uuid {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(millis, &self.array()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_and_name_draw_the_same_bytes_and_any_other_draws_others() {
        let draw = |seed, salt, name| Mint::new(seed, salt).named(name).array::<32>();
        assert_eq!(draw(1, "", "a"), draw(1, "", "a"));
        assert_ne!(draw(1, "", "a"), draw(2, "", "a"));
        assert_ne!(draw(1, "", "a"), draw(1, "s", "a"));
        assert_ne!(draw(1, "", "a"), draw(1, "", "b"));
    }

    #[test]
    fn drawing_from_one_stream_does_not_shift_another() {
        let root = Mint::new(7, "");
        let mut first = root.named("first");
        let before = root.named("second").array::<16>();
        first.bytes(1000);
        assert_eq!(root.named("second").array::<16>(), before);
    }

    #[test]
    fn a_secret_is_remembered_wherever_it_was_drawn() {
        let root = Mint::new(7, "");
        let of = Uuid::from_u128(1);
        let drawn: [u8; 32] = root.named("a").named("b").secret(Secret::AlbumKey, of);
        assert_eq!(drawn, root.named("a").named("b").array());
        let kept = root.canaries().newest(Secret::AlbumKey, of).unwrap();
        assert_eq!(kept.bytes, drawn);
        assert_eq!(root.canaries().newest(Secret::FileKey, of), None);
        let _again: [u8; 32] = root.named("a").named("b").secret(Secret::AlbumKey, of);
        assert_eq!(root.canaries().since(0).len(), 1);
    }
}
