//! Opening a stream: whole, in pieces, or one chunk alone.

use thiserror::Error;

use super::{
    chunk::{CHUNK_CIPHERTEXT, CHUNK_EMPTY, ChunkCipher, Position},
    split::Splitter,
};
use crate::{gcm, kdf::Key32};

/// Which chunk of a stream was refused, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("stream: chunk {chunk}: {reason}")]
pub struct OpenError {
    /// Index of the chunk, from 0.
    pub chunk: u64,
    /// Why it was refused.
    pub reason: OpenReason,
}

/// Why a chunk was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenReason {
    /// No chunk at this place has this length.
    #[error("{found} bytes; expected {expected}")]
    Length {
        /// Bytes of the chunk.
        found: usize,
        /// The lengths a chunk at this place may have.
        expected: &'static str,
    },
    /// The tag does not match: changed bytes, another key or prefix, another place in the
    /// stream, or a stream cut short or carried on here.
    #[error("the tag does not authenticate the chunk under this key, prefix, place and last flag")]
    Forged,
    /// All 2^32 counter values are used.
    #[error("no counter left; expected at most 2^32 chunks")]
    TooLong,
}

/// Opens a whole stream.
///
/// # Errors
/// The first chunk that is refused. No plaintext is given for a stream with such a chunk.
pub fn open(key: &Key32, prefix: &[u8; 7], sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let mut opener = Opener::new(key, prefix);
    let mut plaintext = opener.push(sealed)?;
    plaintext.extend(opener.finish()?);
    Ok(plaintext)
}

/// Opens the chunk at index `counter` alone; `last` says whether it ends its stream.
///
/// # Errors
/// A length that no chunk at this place has, or a tag that does not match.
pub fn open_chunk(
    key: &Key32,
    prefix: &[u8; 7],
    counter: u32,
    last: bool,
    sealed: &[u8],
) -> Result<Vec<u8>, OpenError> {
    open_at(&ChunkCipher::new(key, prefix), counter, last, sealed)
}

/// Opens a stream that arrives in pieces of any size. Holds at most one chunk.
///
/// What [`push`](Self::push) gives is authentic, but only [`finish`](Self::finish) shows that
/// the stream is whole.
pub struct Opener {
    cipher: ChunkCipher,
    position: Position,
    splitter: Splitter,
}

impl Opener {
    /// At the start of a stream.
    #[must_use]
    pub fn new(key: &Key32, prefix: &[u8; 7]) -> Self {
        Self {
            cipher: ChunkCipher::new(key, prefix),
            position: Position::START,
            splitter: Splitter::new(CHUNK_CIPHERTEXT),
        }
    }

    /// Takes more of the stream and gives the plaintext of the chunks that it completes,
    /// perhaps none.
    ///
    /// # Errors
    /// The chunk that is refused; every later call refuses it again.
    pub fn push(&mut self, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let mut plaintext = Vec::new();
        self.splitter.push(sealed, |chunk| {
            let counter = self.position.counter().ok_or(TOO_LONG)?;
            plaintext.extend(open_at(&self.cipher, counter, false, chunk)?);
            self.position.advance();
            Ok(())
        })?;
        Ok(plaintext)
    }

    /// Gives the plaintext of the last chunk: the stream is whole.
    ///
    /// # Errors
    /// If what is held is not a last chunk: the stream was cut short, or a chunk of it is
    /// refused.
    pub fn finish(self) -> Result<Vec<u8>, OpenError> {
        let counter = self.position.counter().ok_or(TOO_LONG)?;
        open_at(&self.cipher, counter, true, &self.splitter.last())
    }
}

const TOO_LONG: OpenError = OpenError {
    chunk: 1 << 32,
    reason: OpenReason::TooLong,
};

fn open_at(
    cipher: &ChunkCipher,
    counter: u32,
    last: bool,
    sealed: &[u8],
) -> Result<Vec<u8>, OpenError> {
    check_length(counter, last, sealed.len())
        .and_then(|()| {
            cipher
                .open(counter, last, sealed)
                .map_err(|gcm::Forged| OpenReason::Forged)
        })
        .map_err(|reason| OpenError {
            chunk: counter.into(),
            reason,
        })
}

/// One plaintext has one layout: full chunks, and an empty one only where it is the whole
/// stream. Without this rule the holder of the key could give one file several lengths.
fn check_length(counter: u32, last: bool, found: usize) -> Result<(), OpenReason> {
    let (allowed, expected) = match (last, counter) {
        (false, _) => (
            CHUNK_CIPHERTEXT..=CHUNK_CIPHERTEXT,
            "65536, as every chunk but the last",
        ),
        (true, 0) => (CHUNK_EMPTY..=CHUNK_CIPHERTEXT, "16 to 65536"),
        (true, _) => (
            CHUNK_EMPTY + 1..=CHUNK_CIPHERTEXT,
            "17 to 65536, as the last of several chunks",
        ),
    };
    if allowed.contains(&found) {
        Ok(())
    } else {
        Err(OpenReason::Length { found, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_after_the_last_counter_value_is_refused() {
        let (key, prefix) = (Key32::from_bytes([1; 32]), [2; 7]);
        let cipher = ChunkCipher::new(&key, &prefix);
        let full = cipher.seal(u32::MAX, false, &[0; super::super::CHUNK_PLAINTEXT]);
        let mut opener = Opener {
            position: Position::FINAL,
            ..Opener::new(&key, &prefix)
        };
        assert_eq!(opener.push(&full), Ok(vec![]));
        assert!(
            opener
                .push(&[0])
                .is_ok_and(|plaintext| plaintext.len() == 65_520)
        );
        assert_eq!(opener.finish(), Err(TOO_LONG));
    }
}
