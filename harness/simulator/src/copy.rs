//! Photos that share their sealed original with another: the same bytes, brought once more.

use crate::draft::Write;
use crate::{Client, Deed};
use gauntlet_wire::cbor::DocumentError;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{AssetId, Hash};

impl Client {
    /// Prepares a photo of its own whose sealed original is that of `of`, to the byte; metadata and
    /// record are new. `None` where `of` brought no original.
    ///
    /// # Errors
    /// A record past its bounds.
    pub fn copy(
        &mut self,
        of: &Write,
        now: jiff::Timestamp,
    ) -> Result<Option<Write>, DocumentError> {
        let asset = AssetId::new(self.mint.uuid_v7(now));
        self.copied(asset, of, now)
    }

    /// The same under an id that is given, of randomness of its own: a lie shifts no honest draw.
    pub(crate) fn lying_copy(
        &self,
        asset: AssetId,
        of: &Write,
        now: jiff::Timestamp,
    ) -> Option<Write> {
        self.liar().copied(asset, of, now).ok().flatten()
    }

    /// What deletes the photo of `deleted` as well, on the record that this delete continues: another
    /// record, because it is dated a minute later.
    pub(crate) fn rival(&self, deleted: &Write, root: &Write) -> Option<Write> {
        let minute = jiff::SignedDuration::from_mins(1);
        let later = deleted.core.timestamp.instant().checked_add(minute).ok()?;
        (deleted.core.prior_provenance_hash == root.link())
            .then(|| self.lying(root, Deed::Delete, later))
            .flatten()
    }

    fn copied(
        &mut self,
        asset: AssetId,
        of: &Write,
        now: jiff::Timestamp,
    ) -> Result<Option<Write>, DocumentError> {
        let Some(original) = of.blob(BlobRole::Original) else {
            return Ok(None);
        };
        let original = original.bytes.clone();
        let metadata = self.seal_metadata(asset, &Hash::of(&original));
        let (prefix, plaintext) = (of.core.nonce_prefix, of.core.plaintext_size);
        let core = self.core(asset, prefix, plaintext, &original, &metadata, now);
        self.assembled(core, original, metadata, of.chunk).map(Some)
    }
}
