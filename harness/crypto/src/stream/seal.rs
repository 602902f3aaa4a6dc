//! Sealing a stream, whole or in pieces.

use thiserror::Error;

use super::{
    chunk::{CHUNK_PLAINTEXT, ChunkCipher, Position},
    split::Splitter,
};
use crate::kdf::Key32;

/// The plaintext needs more than 2^32 chunks (about 256 TiB): the counter would repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("stream: chunk 4294967296 has no counter; expected at most 2^32 chunks")]
pub struct TooLong;

/// Seals a whole plaintext. `prefix` must be fresh for `key`.
#[expect(
    clippy::expect_used,
    reason = "2^32 chunks are 256 TiB, more than a slice can hold on a machine with 47-bit addresses"
)]
#[must_use]
pub fn seal(key: &Key32, prefix: &[u8; 7], plaintext: &[u8]) -> Vec<u8> {
    let mut sealer = Sealer::new(key, prefix);
    let mut sealed = sealer.push(plaintext).expect("a slice is below 256 TiB");
    sealed.extend(sealer.finish().expect("a slice is below 256 TiB"));
    sealed
}

/// Seals a plaintext that arrives in pieces of any size. Holds at most one chunk.
pub struct Sealer {
    cipher: ChunkCipher,
    position: Position,
    splitter: Splitter,
}

impl Sealer {
    /// At the start of a stream. `prefix` must be fresh for `key`.
    #[must_use]
    pub fn new(key: &Key32, prefix: &[u8; 7]) -> Self {
        Self {
            cipher: ChunkCipher::new(key, prefix),
            position: Position::START,
            splitter: Splitter::new(CHUNK_PLAINTEXT),
        }
    }

    /// Takes more plaintext and gives the sealed chunks that it completes, perhaps none.
    ///
    /// # Errors
    /// When the counter is used up; the stream cannot go on.
    pub fn push(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, TooLong> {
        let mut sealed = Vec::new();
        self.splitter.push(plaintext, |chunk| {
            let counter = self.position.counter().ok_or(TooLong)?;
            sealed.extend(self.cipher.seal(counter, false, chunk));
            self.position.advance();
            Ok(())
        })?;
        Ok(sealed)
    }

    /// Gives the sealed last chunk.
    ///
    /// # Errors
    /// When the counter is used up.
    pub fn finish(self) -> Result<Vec<u8>, TooLong> {
        let counter = self.position.counter().ok_or(TooLong)?;
        Ok(self.cipher.seal(counter, true, &self.splitter.last()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer_at(position: Position) -> Sealer {
        Sealer {
            position,
            ..Sealer::new(&Key32::from_bytes([1; 32]), &[2; 7])
        }
    }

    #[test]
    fn the_last_counter_value_seals_a_last_chunk() {
        let mut sealer = sealer_at(Position::FINAL);
        assert_eq!(sealer.push(&[0; CHUNK_PLAINTEXT]), Ok(vec![]));
        assert!(sealer.finish().is_ok());
    }

    #[test]
    fn a_chunk_after_the_last_counter_value_is_refused() {
        let mut sealer = sealer_at(Position::FINAL);
        assert!(sealer.push(&[0; CHUNK_PLAINTEXT + 1]).is_ok());
        assert_eq!(sealer.push(&[0; CHUNK_PLAINTEXT]), Err(TooLong));
        assert_eq!(sealer.finish(), Err(TooLong));
    }
}
