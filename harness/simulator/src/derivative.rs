//! Derivatives of a photo: thumbnails, made and signed by the client.

use crate::signed::Signatures;
use crate::{Client, Write};
use gauntlet_crypto::{kdf, stream};
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::derivative::{DerivativeCore, DerivativeManifest};
use gauntlet_wire::enums::{ContentType, DerivativeFormat, DerivativeRole};
use gauntlet_wire::id::{AssetId, Hash};
use gauntlet_wire::time::Timestamp;

/// Plaintext bytes of a thumbnail.
const THUMBNAIL: usize = 700;

/// A thumbnail: its sealed bytes, and the manifest that speaks of them.
pub(crate) struct Thumbnail {
    pub(crate) bytes: Vec<u8>,
    pub(crate) manifest: Vec<u8>,
}

impl Client {
    /// Makes the next thumbnail of the photo of `prior`, the newest accepted write of its asset. It
    /// continues the one that `prior` brought, if it brought one.
    ///
    /// # Errors
    /// A manifest past its bounds.
    pub(crate) fn next_thumbnail(
        &mut self,
        prior: &Write,
        now: jiff::Timestamp,
    ) -> Result<Thumbnail, DocumentError> {
        let own_id = AssetId::new(self.mint.uuid_v7(now));
        let nonce_prefix: [u8; 7] = self.mint.array();
        let plaintext = self.mint.bytes(THUMBNAIL);
        let formats = self.profile.protocol.formats();
        let key = kdf::file_key(formats, &self.epochs.newest().amk, own_id, &nonce_prefix);
        let bytes = stream::seal(&key, &nonce_prefix, &plaintext);
        let core = DerivativeCore {
            crypto_suite_id: self.profile.suite,
            source_asset_id: prior.asset,
            role: DerivativeRole::Thumbnail,
            format: DerivativeFormat::Media(ContentType::Webp),
            ciphertext_hash: Hash::of(&bytes),
            generated_by_device: self.device,
            generated_by_client: prior.core.client_version.clone(),
            model_id: None,
            model_version: None,
            generated_at: Timestamp::from_instant(now),
            prior_provenance_hash: prior.derivative_link(),
        };
        let signatures = self.sign(&core.signed_bytes(), self.epoch());
        let manifest = Canonical::encode(DerivativeManifest {
            core,
            device_sig: signatures.device,
            write_sig: signatures.write,
        })?;
        Ok(Thumbnail {
            bytes,
            manifest: manifest.into_bytes(),
        })
    }

    /// Both signatures of a manifest over its core: the device's, and that of the write-tier key of an epoch.
    pub(crate) fn sign(&self, message: &[u8], epoch: u32) -> Signatures {
        Signatures {
            device: self.device_signer.sign(message),
            write: self.epochs.of(epoch).write_tier.sign(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{household, now, signs};
    use crate::{Deed, Photo, Write};
    use gauntlet_wire::cbor::Canonical;
    use gauntlet_wire::derivative::DerivativeManifest;
    use gauntlet_wire::enums::BlobRole;
    use gauntlet_wire::id::Hash;

    fn manifest(write: &Write) -> DerivativeManifest {
        let bytes = write.op.as_ref().unwrap().derivative.as_deref().unwrap();
        Canonical::decode(bytes).unwrap().into_value()
    }

    #[test]
    fn thumbnails_make_one_chain_and_name_the_bytes_that_come_ahead_of_their_op() {
        let (mut client, _) = household();
        let photo = client.draft(Photo::SMALL, now()).unwrap();
        let mut prior = photo.clone();
        for deed in [
            Deed::AddThumbnail,
            Deed::ReplaceThumbnail,
            Deed::ReplaceThumbnailAgain,
        ] {
            let next = client.continued(&prior, deed, now()).unwrap().unwrap();
            let made = manifest(&next);
            let core = &made.core;
            assert_eq!(core.prior_provenance_hash, prior.derivative_link());
            assert_eq!(core.source_asset_id, photo.asset);
            let ahead = next.blob(BlobRole::Derivative).unwrap();
            assert_eq!(core.ciphertext_hash, Hash::of(&ahead.bytes));
            assert_eq!(ahead.envelope.ciphertext_hash, ahead.hash);
            assert_eq!(ahead.envelope.action, next.core.action.to_string());
            let signed = signs(
                &client,
                &core.signed_bytes(),
                &made.device_sig,
                &made.write_sig,
            );
            assert_eq!(signed, [true, true]);
            assert_eq!(next.core.prior_provenance_hash, prior.link());
            prior = next;
        }
    }

    #[test]
    fn an_op_is_its_own_devices_whoever_wrote_before() {
        let (mut client, person) = household();
        let photo = client.draft(Photo::SMALL, now()).unwrap();
        client.device = person.devices[1].id;
        let next = client
            .continued(&photo, Deed::Update, now())
            .unwrap()
            .unwrap();
        assert_eq!(photo.core.created_by_device, person.devices[0].id);
        assert_eq!(next.core.created_by_device, person.devices[1].id);
        let envelope = next.op.unwrap().envelope;
        assert_eq!(envelope.created_by_device, person.devices[1].id);
    }
}
