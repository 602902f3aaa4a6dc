//! The epochs of an album: their keys, which all members share, and the ledger that attests them.

use crate::draft::spoken;
use crate::request::Method;
use crate::{Client, Document, Mint, Request, Secret};
use gauntlet_crypto::sign::{HybridSigner, attest_epoch};
use gauntlet_wire::cbor::{Canonical, DocumentError};
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::ledger::{EpochLedger, LedgerEntry};

/// The keys of one epoch.
#[derive(Clone)]
pub(crate) struct Epoch {
    number: u32,
    pub(crate) write_tier: HybridSigner,
    pub(crate) amk: [u8; 32],
}

/// The keys of every epoch so far. There is always a first one.
#[derive(Clone)]
pub(crate) struct Epochs {
    mint: Mint,
    album: AlbumId,
    first: Epoch,
    later: Vec<Epoch>,
}

impl Epoch {
    /// The epoch that all members derive alike from what the album is made of.
    fn draw(mint: &Mint, album: AlbumId, number: u32) -> Self {
        let own = |name: &str| match number {
            1 => mint.named(name),
            later => mint.named(&format!("{name} of epoch {later}")),
        };
        let seed = own("write-tier").secret(Secret::WriteTierSeed, album.uuid());
        Self {
            number,
            write_tier: HybridSigner::from_seed(&seed),
            amk: own("amk").secret(Secret::AlbumKey, album.uuid()),
        }
    }
}

impl Epochs {
    /// An album in its first epoch.
    pub(crate) fn first(mint: &Mint, album: AlbumId) -> Self {
        Self {
            mint: mint.clone(),
            album,
            first: Epoch::draw(mint, album, 1),
            later: Vec::new(),
        }
    }

    /// The epoch that the album is in.
    pub(crate) fn newest(&self) -> &Epoch {
        self.later.last().unwrap_or(&self.first)
    }

    /// The keys of an epoch; those of the newest for an epoch that nobody has attested: what a member who
    /// makes a number up has to sign with.
    pub(crate) fn of(&self, number: u32) -> &Epoch {
        let held = self.all().find(|epoch| epoch.number == number);
        held.unwrap_or(self.newest())
    }

    fn all(&self) -> impl Iterator<Item = &Epoch> {
        std::iter::once(&self.first).chain(&self.later)
    }

    fn bump(&mut self) {
        let next = Epoch::draw(
            &self.mint,
            self.album,
            self.newest().number.saturating_add(1),
        );
        self.later.push(next);
    }
}

impl Client {
    /// The epoch that the client writes in: what manifests call `amk_version`.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.epochs.newest().number
    }

    /// Enters the album's next epoch, as every member does with the commit that removes one.
    pub fn bump(&mut self) {
        self.epochs.bump();
    }

    /// The publication of the album's ledger: every epoch so far, attested by the album's admin key.
    ///
    /// # Errors
    /// A ledger past its bounds.
    pub fn publish_ledger(&self) -> Result<Document, DocumentError> {
        let formats = self.profile.protocol.formats();
        let mut entries: Vec<LedgerEntry> = Vec::new();
        for epoch in self.epochs.all() {
            let key = epoch.write_tier.public().clone();
            let previous = entries.last();
            let admin = &self.admin_signer;
            let entry = attest_epoch(formats, self.album, epoch.number, key, previous, admin);
            entries.push(entry);
        }
        self.publication_of(EpochLedger {
            album_id: self.album,
            admin_pub: self.admin_signer.public().clone(),
            ceiling: self.epoch(),
            entries,
        })
    }

    /// The publication of `ledger` as that of the client's album.
    ///
    /// # Errors
    /// A ledger past its bounds.
    pub(crate) fn publication_of(&self, ledger: EpochLedger) -> Result<Document, DocumentError> {
        let ledger = Canonical::encode(ledger)?;
        let (path, bytes) = (
            format!("/albums/{}/ledger", self.album),
            ledger.bytes().to_vec(),
        );
        let request = spoken(Request::new(Method::Put, path.clone()), self.profile);
        Ok(Document {
            request: request.with_body("application/cbor", bytes.clone()),
            path,
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn every_epoch_has_keys_of_its_own_and_an_unknown_one_those_of_the_newest() {
        let mut epochs = Epochs::first(&Mint::new(7, ""), AlbumId::new(Uuid::nil()));
        assert_eq!(epochs.newest().number, 1);
        epochs.bump();
        epochs.bump();
        let numbers: Vec<u32> = epochs.all().map(|epoch| epoch.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        let amk = |number| epochs.of(number).amk;
        assert_ne!(amk(1), amk(2));
        assert_ne!(amk(2), amk(3));
        assert_eq!((amk(0), amk(4), amk(u32::MAX)), (amk(3), amk(3), amk(3)));
        let key = |number| epochs.of(number).write_tier.public().clone();
        assert_ne!(key(1), key(2));
    }

    #[test]
    fn all_members_derive_the_same_epochs() {
        let ours = Mint::new(7, "");
        let (mut one, mut other) = (
            Epochs::first(&ours, AlbumId::new(Uuid::nil())),
            Epochs::first(&ours, AlbumId::new(Uuid::nil())),
        );
        one.bump();
        other.bump();
        assert_eq!(one.newest().amk, other.newest().amk);
    }
}
