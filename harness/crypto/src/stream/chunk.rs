//! The layout of a stream and the sealing of one chunk.

use aead_stream::{NewStream, StreamBE32, StreamPrimitive};
use aes_gcm::Aes256Gcm;

use crate::{gcm, kdf::Key32};

/// Plaintext bytes of every chunk but the last.
pub const CHUNK_PLAINTEXT: usize = 65_520;

/// Sealed bytes of every chunk but the last: the plaintext and its tag.
pub const CHUNK_CIPHERTEXT: usize = CHUNK_PLAINTEXT + gcm::TAG;

/// Bytes of a sealed empty chunk, and so of the shortest stream.
pub(super) const CHUNK_EMPTY: usize = gcm::TAG;

/// Bytes of the stream that `plaintext_len` bytes seal to. At least one chunk; an exact
/// multiple ends in a full one. Stays at `u64::MAX` instead of overflowing.
#[must_use]
pub const fn sealed_len(plaintext_len: u64) -> u64 {
    let chunks = match plaintext_len.div_ceil(CHUNK_PLAINTEXT as u64) {
        0 => 1,
        chunks => chunks,
    };
    plaintext_len.saturating_add(chunks * gcm::TAG as u64)
}

/// Seals and opens the chunks of one stream, at any position.
pub(super) struct ChunkCipher(StreamBE32<Aes256Gcm>);

impl ChunkCipher {
    pub(super) fn new(key: &Key32, prefix: &[u8; 7]) -> Self {
        Self(StreamBE32::from_aead(gcm::cipher(key), prefix.into()))
    }

    /// `chunk` is at most [`CHUNK_PLAINTEXT`] bytes long.
    #[expect(
        clippy::expect_used,
        reason = "AES-GCM refuses only plaintexts above 64 GiB, and chunks come from a splitter of 64 KiB"
    )]
    pub(super) fn seal(&self, counter: u32, last: bool, chunk: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(chunk.len() + gcm::TAG);
        buffer.extend_from_slice(chunk);
        self.0
            .encrypt_in_place(counter, last, b"", &mut buffer)
            .expect("the chunk is below 64 GiB");
        buffer
    }

    pub(super) fn open(
        &self,
        counter: u32,
        last: bool,
        sealed: &[u8],
    ) -> Result<Vec<u8>, gcm::Forged> {
        let mut buffer = sealed.to_vec();
        self.0
            .decrypt_in_place(counter, last, b"", &mut buffer)
            .map_err(|_| gcm::Forged)?;
        Ok(buffer)
    }
}

/// The counter of the next chunk; none once all 2^32 are used.
#[derive(Clone, Copy)]
pub(super) struct Position(Option<u32>);

impl Position {
    pub(super) const START: Self = Self(Some(0));
    #[cfg(test)]
    pub(super) const FINAL: Self = Self(Some(u32::MAX));

    pub(super) fn counter(self) -> Option<u32> {
        self.0
    }

    pub(super) fn advance(&mut self) {
        self.0 = self.0.and_then(|counter| counter.checked_add(1));
    }
}
