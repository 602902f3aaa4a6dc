//! A derivative that a client makes of a photo of its own.

use crate::Client;
use crate::client::blob;
use crate::draft::{Op, Write, projection};
use crate::lifecycle::following;
use gauntlet_crypto::sign::sign_derivative;
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::derivative::{DerivativeCore, DerivativeManifest};
use gauntlet_wire::enums::{Action, BlobRole, ContentType, DerivativeFormat, DerivativeRole};
use gauntlet_wire::id::Hash;
use gauntlet_wire::time::Timestamp;

/// Length of a thumbnail's sealed bytes.
const SEALED: usize = 777;

impl Client {
    /// Prepares a first thumbnail of the asset that `prior` wrote last: the upload of its bytes, and the
    /// derivative-add that continues `prior` and brings the derivative manifest (`formats.md` §4, §11).
    ///
    /// # Errors
    /// A record past its bounds.
    pub fn thumbnail(
        &mut self,
        prior: &Write,
        now: jiff::Timestamp,
    ) -> Result<Write, DocumentError> {
        // No server can open it, so noise stands in for the sealed picture.
        let bytes = self.mint.bytes(SEALED);
        let derivative = self.derivative(prior, &bytes, now)?;
        let core = following(prior, Action::DerivativeAdd, None, now);
        let envelope = projection(&core);
        let op = Op {
            envelope: envelope.clone(),
            record: self.record(core.clone())?,
            metadata: None,
            derivative: Some(derivative),
            schema: None,
        };
        Ok(Write {
            core,
            blobs: vec![blob(BlobRole::Derivative, bytes, &envelope)],
            op: Some(op),
            ..prior.clone()
        })
    }

    /// The exact bytes of the derivative manifest.
    fn derivative(
        &self,
        prior: &Write,
        bytes: &[u8],
        now: jiff::Timestamp,
    ) -> Result<Vec<u8>, DocumentError> {
        let core = DerivativeCore {
            crypto_suite_id: prior.core.crypto_suite_id,
            source_asset_id: prior.asset,
            role: DerivativeRole::Thumbnail,
            format: DerivativeFormat::Media(ContentType::Webp),
            ciphertext_hash: Hash::of(bytes),
            generated_by_device: self.device,
            generated_by_client: prior.core.client_version.clone(),
            model_id: None,
            model_version: None,
            generated_at: Timestamp::from_instant(now),
            prior_provenance_hash: None,
        };
        let manifest: DerivativeManifest =
            sign_derivative(core, &self.device_signer, &self.write_signer);
        Ok(Canonical::encode(manifest)?.into_bytes())
    }
}
