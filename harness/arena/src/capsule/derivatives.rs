//! The derivatives of an acknowledged photo, as the witness knows them: for every chain what it ends in,
//! and every manifest that it is made of.

use crate::Stop;
use gauntlet_simulator::Write;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::derivative::{DerivativeChain, DerivativeManifest};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::Hash;
use std::collections::BTreeMap;

/// What was acknowledged of the derivatives of one photo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Derivatives {
    heads: BTreeMap<DerivativeChain, Head>,
    /// Every manifest, which stays readable at its address for ever.
    manifests: Vec<Hash>,
}

/// The newest derivative of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    manifest: Hash,
    blob: Hash,
    /// The blob's length in bytes.
    size: u64,
}

impl Derivatives {
    /// Takes in what an accepted write brings.
    ///
    /// # Errors
    /// [`Stop::Error`] for a manifest that does not decode, or names a blob that did not come: no lawful
    /// write brings one.
    pub(crate) fn take_in(&mut self, write: &Write) -> Result<(), Stop> {
        let unfit = || Stop::Error("the derivative of an accepted write is not sound".to_owned());
        let Some(bytes) = write.op.as_ref().and_then(|op| op.derivative.as_deref()) else {
            return Ok(());
        };
        let manifest = Canonical::<DerivativeManifest>::decode(bytes).map_err(|_| unfit())?;
        let core = &manifest.value().core;
        let sent = write.blob(BlobRole::Derivative);
        let sent = sent.filter(|blob| Hash::of(&blob.bytes) == core.ciphertext_hash);
        let size = sent.ok_or_else(unfit)?.bytes.len() as u64;
        let head = Head {
            manifest: manifest.hash(),
            blob: core.ciphertext_hash,
            size,
        };
        self.heads.insert(core.chain(), head);
        self.manifests.push(head.manifest);
        Ok(())
    }

    /// What the feed has to list, and every reader can fetch: the newest derivative of every chain.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = (BlobRole, Hash, u64)> {
        let heads = self.heads.values();
        heads.map(|head| (BlobRole::Derivative, head.blob, head.size))
    }

    /// Every manifest of every chain.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = &Hash> {
        self.manifests.iter()
    }

    /// The addresses of both.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = &Hash> {
        let blobs = self.heads.values().map(|head| &head.blob);
        blobs.chain(&self.manifests)
    }

    /// The head of the chain that a manifest belongs to.
    pub(crate) fn head_of(&self, manifest: &[u8]) -> Option<Hash> {
        let manifest = Canonical::<DerivativeManifest>::decode(manifest).ok()?;
        let head = self.heads.get(&manifest.value().core.chain())?;
        Some(head.manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_crypto::sign::HybridSigner;
    use gauntlet_simulator::{Client, Deed, Device, Mint, Person, Photo, Profile};
    use gauntlet_wire::id::{AlbumId, UserId};
    use gauntlet_wire::time::Timestamp;

    fn now() -> jiff::Timestamp {
        "2026-11-15T12:00:00Z".parse().unwrap()
    }

    /// A photo, its first thumbnail, and the one that replaces it.
    fn chain() -> Vec<Write> {
        let mut mint = Mint::new(7, "");
        let person = Person {
            user: UserId::new(mint.uuid_v7(now())),
            identity: HybridSigner::from_seed(&mint.array()),
            devices: vec![Device::draw(&mut mint, Timestamp::from_instant(now()))],
            others: Vec::new(),
        };
        let album = AlbumId::new(mint.uuid_v4());
        let own = mint.named("device");
        let device = &person.devices[0];
        let mut client = Client::new(Profile::B, &person, device, album, &mint, own);
        let mut chain = vec![client.draft(Photo::SMALL, now()).unwrap()];
        for deed in [Deed::AddThumbnail, Deed::ReplaceThumbnail] {
            let next = client.continued(chain.last().unwrap(), deed, now());
            chain.push(next.unwrap().unwrap());
        }
        chain
    }

    fn sent(write: &Write) -> (BlobRole, Hash, u64) {
        let bytes = &write.blob(BlobRole::Derivative).unwrap().bytes;
        (BlobRole::Derivative, Hash::of(bytes), bytes.len() as u64)
    }

    #[test]
    fn of_a_chain_the_newest_bytes_and_every_manifest_are_kept_in_mind() {
        let chain = chain();
        let mut known = Derivatives::default();
        known.take_in(&chain[0]).unwrap();
        assert_eq!(known, Derivatives::default());
        let mut manifests = Vec::new();
        for write in &chain[1..] {
            known.take_in(write).unwrap();
            manifests.push(write.derivative_link().unwrap());
            assert_eq!(known.blobs().collect::<Vec<_>>(), [sent(write)]);
            let manifest = write.op.as_ref().unwrap().derivative.as_deref().unwrap();
            assert_eq!(known.head_of(manifest), write.derivative_link());
        }
        assert!(known.manifests().eq(&manifests));
        let (_, newest, _) = sent(&chain[2]);
        assert!(known.hashes().eq([&newest].into_iter().chain(&manifests)));
        assert_eq!(known.head_of(b"no manifest"), None);
    }

    #[test]
    fn a_derivative_whose_bytes_did_not_come_is_no_lawful_one() {
        let [_, add, replace] = <[Write; 3]>::try_from(chain()).unwrap();
        let mut swapped = add.clone();
        swapped.blobs.clone_from(&replace.blobs);
        assert!(Derivatives::default().take_in(&swapped).is_err());
        let mut unsound = add;
        unsound.op.as_mut().unwrap().derivative = Some(vec![0xf6]);
        assert!(Derivatives::default().take_in(&unsound).is_err());
    }
}
