//! Everything random that a client needs, drawn from one seed.

use gauntlet_wire::id::{Hash, Hasher};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use uuid::{Builder, Uuid};

/// A named stream of randomness. Two mints of one seed and one name yield the same bytes; streams of
/// different names are independent, so that drawing more from one never shifts another.
#[derive(Debug, Clone)]
pub struct Mint {
    root: Hash,
    stream: ChaCha20Rng,
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
        Self::at(hasher.finish())
    }

    fn at(root: Hash) -> Self {
        Self {
            root,
            stream: ChaCha20Rng::from_seed(*root.as_bytes()),
        }
    }

    /// The independent stream called `name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(self.root.as_bytes());
        hasher.update(name.as_bytes());
        Self::at(hasher.finish())
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
}
