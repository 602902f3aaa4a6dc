//! A photo put in the place of another, and a write made anew by another device.

use crate::draft::Write;
use crate::{Client, Device, Photo};
use gauntlet_wire::cbor::DocumentError;
use gauntlet_wire::enums::Action;
use gauntlet_wire::manifest::ManifestCore;
use gauntlet_wire::time::Timestamp;

impl Client {
    /// Prepares the upload that puts another photo in the place of `prior`, the newest accepted write of its
    /// asset.
    ///
    /// # Errors
    /// A record past its bounds.
    pub fn replaced(
        &mut self,
        prior: &Write,
        photo: Photo,
        now: jiff::Timestamp,
    ) -> Result<Write, DocumentError> {
        let taken = self.photograph(prior.asset, photo, now)?;
        let core = ManifestCore {
            action: Action::Replace,
            prior_provenance_hash: prior.link(),
            ..taken.core.clone()
        };
        let record = self.record(core.clone())?;
        Ok(taken.with_core(core, record))
    }

    /// The same client on another device of the same person.
    #[must_use]
    pub fn on(&self, device: &Device) -> Self {
        Self {
            device: device.id,
            device_signer: device.signer.clone(),
            mint: self.mint.named(&device.id.to_string()),
            ..self.clone()
        }
    }

    /// The same write as this client's device makes it.
    ///
    /// # Errors
    /// A record past its bounds.
    pub fn made_anew(&self, write: &Write, now: jiff::Timestamp) -> Result<Write, DocumentError> {
        let core = ManifestCore {
            created_by_device: self.device,
            timestamp: Timestamp::from_instant(now),
            ..write.core.clone()
        };
        let record = self.record(core.clone())?;
        Ok(write.with_core(core, record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Deed;
    use crate::testing::{household, now};
    use gauntlet_wire::enums::BlobRole;
    use gauntlet_wire::id::Hash;

    #[test]
    fn a_replace_continues_its_asset_and_every_envelope_names_the_new_original() {
        let (mut client, _) = household();
        let prior = client.draft(Photo::SMALL, now()).unwrap();
        let replace = client.replaced(&prior, Photo::SMALL, now()).unwrap();
        assert_eq!(replace.asset, prior.asset);
        assert_eq!(replace.core.prior_provenance_hash, prior.link());
        assert_ne!(replace.core.nonce_prefix, prior.core.nonce_prefix);
        let original = &replace.blob(BlobRole::Original).unwrap().bytes;
        for blob in &replace.blobs {
            assert_eq!(blob.envelope.original_blob_hash, Some(Hash::of(original)));
            assert_eq!(blob.envelope.action, "replace");
        }
        assert_eq!(prior.blobs[0].envelope.original_blob_hash, None);
    }

    #[test]
    fn what_another_device_makes_anew_has_the_same_bytes_and_another_record() {
        let (mut client, person) = household();
        let write = client.draft(Photo::SMALL, now()).unwrap();
        let laptop = client.on(&person.devices[1]);
        let anew = laptop.made_anew(&write, now()).unwrap();
        assert_eq!(anew.core.created_by_device, person.devices[1].id);
        for role in [BlobRole::Original, BlobRole::Metadata] {
            let bytes = |write: &Write| write.blob(role).unwrap().bytes.clone();
            assert_eq!(bytes(&anew), bytes(&write));
        }
        assert_ne!(anew.link(), write.link());
        for blob in &anew.blobs {
            assert_eq!(blob.envelope.created_by_device, person.devices[1].id);
        }
    }

    #[test]
    fn an_op_and_a_replace_after_a_bump_name_the_new_epoch() {
        let (mut client, _) = household();
        let prior = client.draft(Photo::SMALL, now()).unwrap();
        client.bump();
        let replace = client.replaced(&prior, Photo::SMALL, now()).unwrap();
        let update = client.continued(&prior, Deed::Update, now()).unwrap();
        assert_eq!((prior.core.amk_version, client.epoch()), (1, 2));
        assert_eq!(replace.core.amk_version, 2);
        assert_eq!(update.unwrap().core.amk_version, 2);
    }
}
