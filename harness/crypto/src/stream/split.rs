//! Cutting a byte stream into chunks.

/// Cuts pushed bytes into chunks of one size and holds the newest back: only a further byte
/// shows that it is not the last.
pub(super) struct Splitter {
    size: usize,
    held: Vec<u8>,
}

impl Splitter {
    pub(super) fn new(size: usize) -> Self {
        Self {
            size,
            held: Vec::new(),
        }
    }

    /// Hands every chunk that is certainly not the last to `full`, each exactly `size` long.
    /// A chunk that `full` refuses stays held.
    pub(super) fn push<E>(
        &mut self,
        bytes: &[u8],
        mut full: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.held.len() == self.size {
                full(&self.held)?;
                self.held.clear();
            }
            let room = self.size - self.held.len();
            let (taken, left) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            self.held.extend_from_slice(taken);
            rest = left;
        }
        Ok(())
    }

    /// The last chunk: at most `size` bytes, empty only if nothing was pushed.
    pub(super) fn last(self) -> Vec<u8> {
        self.held
    }
}
