//! Ledgers that lie.

use crate::{Client, Half, Request};
use gauntlet_crypto::sign::{HybridSigner, attest_epoch};
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::ledger::EpochLedger;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The seed of a key that is nobody's.
const ANOTHER: [u8; 64] = [0x5B; 64];
/// An album that nobody has: a version-4 id.
const ANOTHER_ALBUM: AlbumId =
    AlbumId::new(Uuid::from_u128(0x6e6f_626f_6479_4162_8162_7573_7468_6572));

/// One departure from the ledger that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LedgerEdit {
    /// Of another album, attested by the own admin key.
    OfAnotherAlbum,
    /// Under another admin key than that of the first ledger.
    AnotherAdmin,
    /// With one half of the first entry's signature broken.
    HalfSigned(Half),
    /// With another write-tier key for the epoch that stands, attested by the own admin key.
    AnotherKey,
}

impl Client {
    /// The publication of a ledger with a departure; `None` for one past its bounds.
    pub(crate) fn lying_ledger(&self, edit: LedgerEdit) -> Option<Request> {
        let another = HybridSigner::from_seed(&ANOTHER);
        let (admin, key) = (&self.admin_signer, self.epochs.newest().write_tier.public());
        let ledger = match edit {
            LedgerEdit::OfAnotherAlbum => self.first_ledger(ANOTHER_ALBUM, admin, key),
            LedgerEdit::AnotherAdmin => self.first_ledger(self.album, &another, key),
            LedgerEdit::AnotherKey => self.first_ledger(self.album, admin, another.public()),
            LedgerEdit::HalfSigned(half) => {
                let mut ledger = self.first_ledger(self.album, admin, key);
                half.break_in(&mut ledger.entries.first_mut()?.admin_sig);
                ledger
            }
        };
        Some(self.publication_of(ledger).ok()?.request)
    }

    /// A ledger of one epoch, whose write-tier key `admin` attests.
    fn first_ledger(
        &self,
        album: AlbumId,
        admin: &HybridSigner,
        write_tier: &HybridPublicKey,
    ) -> EpochLedger {
        let formats = self.profile.protocol.formats();
        EpochLedger {
            album_id: album,
            admin_pub: admin.public().clone(),
            ceiling: 1,
            entries: vec![attest_epoch(
                formats,
                album,
                1,
                write_tier.clone(),
                None,
                admin,
            )],
        }
    }
}
