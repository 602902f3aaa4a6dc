//! Metadata blobs that are not what the manifest says, or not what any client can read.

use crate::{Means, Write};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::manifest::ManifestCore;
use serde::{Deserialize, Serialize};

/// Bytes that no metadata blob can be: one fewer than suite, nonce and tag take (`formats.md` §6). They are the
/// asset's own, for what an account holds already it is not charged again.
fn garbage(asset: AssetId) -> [u8; 29] {
    let mut bytes = [0x5A; 29];
    let id = asset.as_bytes().iter();
    bytes.iter_mut().zip(id).for_each(|(byte, id)| *byte ^= id);
    bytes
}

/// Which bytes stand where the metadata blob does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetadataEdit {
    /// Bytes that the manifest does not commit to.
    Uncommitted,
    /// The first metadata blob of the asset, which the manifest does not commit to.
    Older,
    /// Bytes that no client can read, to which the manifest commits.
    Garbage,
}

impl MetadataEdit {
    /// Puts the bytes in their place. `None` where the write brings no metadata, or the asset had none
    /// before.
    pub(crate) fn apply(self, honest: &Write, means: Means<'_>) -> Option<Write> {
        let garbage = garbage(honest.asset);
        match self {
            Self::Uncommitted => with_metadata(honest, &garbage),
            Self::Older => {
                let first = means.earlier.first()?.blob(BlobRole::Metadata)?;
                with_metadata(honest, &first.bytes)
            }
            Self::Garbage => {
                let mut core: ManifestCore = honest.core.clone();
                core.b.as_mut()?.metadata_blob_hash = Some(Hash::of(&garbage));
                let record = means.client.record(core.clone()).ok()?;
                Some(with_metadata(honest, &garbage)?.with_core(core, record))
            }
        }
    }
}

/// The write with these bytes for its metadata, honestly declared; what is signed stays.
fn with_metadata(honest: &Write, bytes: &[u8]) -> Option<Write> {
    let mut write = honest.clone();
    if let Some(op) = &mut write.op {
        *op.metadata.as_mut()? = bytes.to_vec();
        return Some(write);
    }
    let mut blobs = write.blobs.iter_mut();
    let blob = blobs.find(|blob| blob.role == BlobRole::Metadata)?;
    blob.hash = Hash::of(bytes).to_string();
    blob.size = bytes.len() as u64;
    blob.envelope.ciphertext_hash.clone_from(&blob.hash);
    blob.bytes = bytes.to_vec();
    Some(write)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{household, now, with_means};
    use crate::{Deed, Photo};

    fn committed(write: &Write) -> Option<Hash> {
        write.core.b.as_ref()?.metadata_blob_hash
    }

    /// The address of the metadata that comes along, or is uploaded.
    fn brought(write: &Write) -> Hash {
        match &write.op {
            Some(op) => Hash::of(op.metadata.as_ref().unwrap()),
            None => Hash::of(&write.blob(BlobRole::Metadata).unwrap().bytes),
        }
    }

    #[test]
    fn bytes_that_are_not_committed_to_leave_what_is_signed_alone() {
        let (mut client, _) = household();
        let photo = client.draft(Photo::SMALL, now()).unwrap();
        let update = client
            .continued(&photo, Deed::Update, now())
            .unwrap()
            .unwrap();
        let replace = client.replaced(&photo, Photo::SMALL, now()).unwrap();
        let earlier = [photo.clone()];
        for honest in [&update, &replace] {
            assert_eq!(committed(honest), Some(brought(honest)));
            for edit in [MetadataEdit::Uncommitted, MetadataEdit::Older] {
                let lie = with_means(&client, &earlier, None, |means| edit.apply(honest, means));
                let lie = lie.unwrap();
                assert_ne!(committed(&lie), Some(brought(&lie)), "{edit:?}");
                assert_eq!(lie.record(), honest.record(), "{edit:?}");
                if edit == MetadataEdit::Older {
                    assert_eq!(Some(brought(&lie)), committed(&photo));
                }
            }
        }
        let lie = with_means(&client, &earlier, None, |means| {
            MetadataEdit::Older.apply(&replace, means).unwrap()
        });
        let blob = lie.blob(BlobRole::Metadata).unwrap();
        assert_eq!(blob.hash, Hash::of(&blob.bytes).to_string());
        assert_eq!(
            (blob.size, &blob.envelope.ciphertext_hash),
            (blob.bytes.len() as u64, &blob.hash)
        );
        assert_eq!(blob.envelope.metadata_blob_hash, committed(&replace));
    }

    #[test]
    fn garbage_is_committed_to_wherever_the_write_says_so() {
        let (mut client, _) = household();
        let photo = client.draft(Photo::SMALL, now()).unwrap();
        let update = client
            .continued(&photo, Deed::Update, now())
            .unwrap()
            .unwrap();
        for honest in [&photo, &update] {
            let lie = with_means(&client, &[], None, |means| {
                MetadataEdit::Garbage.apply(honest, means).unwrap()
            });
            let garbage = garbage(lie.asset);
            assert_eq!(committed(&lie), Some(Hash::of(&garbage)));
            assert_eq!(brought(&lie), Hash::of(&garbage));
            assert_ne!(lie.record(), honest.record());
            let envelopes = lie.blobs.iter().map(|blob| &blob.envelope);
            let envelopes = envelopes.chain(lie.op.as_ref().map(|op| &op.envelope));
            for envelope in envelopes {
                assert_eq!(envelope.metadata_blob_hash, Some(Hash::of(&garbage)));
            }
        }
    }

    #[test]
    fn a_write_without_metadata_has_nothing_to_put_in_its_place() {
        let (mut client, _) = household();
        let photo = client.draft(Photo::SMALL, now()).unwrap();
        let delete = client
            .continued(&photo, Deed::Delete, now())
            .unwrap()
            .unwrap();
        with_means(&client, std::slice::from_ref(&photo), None, |means| {
            assert_eq!(MetadataEdit::Uncommitted.apply(&delete, means), None);
            assert_eq!(MetadataEdit::Older.apply(&delete, means), None);
        });
    }
}
