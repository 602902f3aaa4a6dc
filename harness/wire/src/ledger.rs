//! Epoch ledgers, in both versions (`formats.md` §5): which write-tier key an album's administrator
//! attests for which epoch.

use crate::bounds;
use crate::cbor::{
    Bounds, Canonical, Document, DocumentError, Field, Fields, SchemaError, Value, map,
};
use crate::hybrid::{HybridPublicKey, HybridSignature};
use crate::id::{AlbumId, Hash};
use crate::manifest::{hash, optional, uuid};
use crate::version::Formats;

/// The key that version B adds to an entry, and that tells the versions apart.
const PRIOR_ENTRY_HASH: &str = "prior_entry_hash";

/// One epoch: the write-tier key that is good for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// The epoch: what manifests call `amk_version`.
    pub epoch: u32,
    /// The album's write-tier key of the epoch.
    pub write_tier_pub: HybridPublicKey,
    /// What version B adds; `Some` exactly in version B.
    pub b: Option<LedgerEntryB>,
    /// By the album's admin key.
    pub admin_sig: HybridSignature,
}

/// What version B adds to an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerEntryB {
    /// The hash of the entry before; null on the first alone.
    pub prior_entry_hash: Option<Hash>,
}

/// The epochs of an album, lowest first. Every entry is of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochLedger {
    /// The album.
    pub album_id: AlbumId,
    /// The key that signs entries. It is pinned at invitation, never learned from here.
    pub admin_pub: HybridPublicKey,
    /// The highest epoch.
    pub ceiling: u32,
    /// One entry an epoch, at least one.
    pub entries: Vec<LedgerEntry>,
}

impl LedgerEntry {
    /// The canonical bytes that the admin signs: `{album_id, epoch, write_tier_pub}` with the key in
    /// raw form, and `prior_entry_hash` in version B.
    #[must_use]
    pub fn signed_bytes(&self, album_id: AlbumId) -> Vec<u8> {
        let mut entries = vec![
            ("album_id", (*album_id.as_bytes()).into()),
            ("epoch", self.epoch.into()),
            ("write_tier_pub", self.write_tier_pub.to_raw().into()),
        ];
        entries.extend(self.prior_entry());
        map(entries).encode()
    }

    /// The link of the ledger: SHA-256 of the canonical entry as the ledger holds it, signature
    /// included.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&self.to_value().encode())
    }

    fn to_value(&self) -> Value {
        let mut entries = vec![
            ("epoch", self.epoch.into()),
            ("write_tier_pub", self.write_tier_pub.to_value()),
            ("admin_sig", self.admin_sig.to_value()),
        ];
        entries.extend(self.prior_entry());
        map(entries)
    }

    fn prior_entry(&self) -> Option<(&'static str, Value)> {
        let b = self.b.as_ref()?;
        let prior = b.prior_entry_hash.map(|hash| *hash.as_bytes());
        Some((PRIOR_ENTRY_HASH, prior.into()))
    }

    fn from_field(field: &Field<'_>, formats: Formats) -> Result<Self, SchemaError> {
        let mut fields = field.fields()?;
        let entry = Self {
            epoch: fields.take("epoch")?.u32()?,
            write_tier_pub: HybridPublicKey::from_field(&fields.take("write_tier_pub")?)?,
            b: match formats {
                Formats::A => None,
                Formats::B => Some(LedgerEntryB::take(&mut fields)?),
            },
            admin_sig: HybridSignature::from_field(&fields.take("admin_sig")?)?,
        };
        fields.finish()?;
        Ok(entry)
    }

    /// Whether the entry may follow `previous`, or open a ledger.
    fn follows(&self, previous: Option<&Self>) -> Result<(), &'static str> {
        let Some(b) = &self.b else {
            return match previous {
                Some(previous) if self.epoch <= previous.epoch => Err("an epoch above the last"),
                _ => Ok(()),
            };
        };
        let expected = previous.map_or(Some(1), |previous| previous.epoch.checked_add(1));
        if expected != Some(self.epoch) {
            return Err("epochs that start at 1 and rise by one");
        }
        if b.prior_entry_hash != previous.map(Self::hash) {
            return Err("the hash of the entry before, null on the first");
        }
        Ok(())
    }
}

impl LedgerEntryB {
    fn take(fields: &mut Fields<'_>) -> Result<Self, SchemaError> {
        Ok(Self {
            prior_entry_hash: optional(fields.take(PRIOR_ENTRY_HASH)?, hash)?,
        })
    }
}

impl EpochLedger {
    /// Decodes a ledger of an album whose pin has these formats.
    ///
    /// # Errors
    /// Whatever [`Canonical::decode`] refuses, and a ledger of the other version.
    pub fn decode(bytes: &[u8], formats: Formats) -> Result<Canonical<Self>, DocumentError> {
        let ledger = Canonical::<Self>::decode(bytes)?;
        if ledger.value().formats() == formats {
            return Ok(ledger);
        }
        Err(DocumentError::Schema(SchemaError {
            path: "entries".to_owned(),
            expected: format!("entries of version {formats:?}, the album's"),
            found: format!("entries of version {:?}", ledger.value().formats()),
        }))
    }

    /// The version that the entries are of.
    #[must_use]
    pub fn formats(&self) -> Formats {
        if self.entries.iter().any(|entry| entry.b.is_some()) {
            Formats::B
        } else {
            Formats::A
        }
    }

    /// The entry of an epoch.
    #[must_use]
    pub fn entry(&self, epoch: u32) -> Option<&LedgerEntry> {
        self.entries.iter().find(|entry| entry.epoch == epoch)
    }

    /// The structural rules of `formats.md` §5 that tie entries together.
    fn check_structure(
        &self,
        ceiling: &Field<'_>,
        entries: &[Field<'_>],
    ) -> Result<(), SchemaError> {
        let mut previous = None;
        for (entry, field) in self.entries.iter().zip(entries) {
            entry.follows(previous).map_err(|rule| field.refuse(rule))?;
            previous = Some(entry);
        }
        match previous {
            Some(last) if last.epoch == self.ceiling => Ok(()),
            _ => Err(ceiling.refuse("the highest epoch of the entries")),
        }
    }
}

impl Document for EpochLedger {
    const NAME: &'static str = "epoch ledger";
    const BOUNDS: Bounds = Bounds {
        max_bytes: bounds::LEDGER,
        max_depth: bounds::CBOR_DEPTH,
        max_items: bounds::EPOCHS,
        max_string: 4096,
    };

    fn to_value(&self) -> Value {
        let entries = self.entries.iter().map(LedgerEntry::to_value).collect();
        map([
            ("album_id", (*self.album_id.as_bytes()).into()),
            ("admin_pub", self.admin_pub.to_value()),
            ("ceiling", self.ceiling.into()),
            ("entries", Value::Array(entries)),
        ])
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let mut fields = Field::root(value).fields()?;
        let ceiling = fields.take("ceiling")?;
        let entries = fields.take("entries")?.array(bounds::EPOCHS)?;
        let formats = formats_of(&entries);
        let ledger = Self {
            album_id: uuid(&fields.take("album_id")?, AlbumId::from_slice)?,
            admin_pub: HybridPublicKey::from_field(&fields.take("admin_pub")?)?,
            ceiling: ceiling.u32()?,
            entries: entries
                .iter()
                .map(|entry| LedgerEntry::from_field(entry, formats))
                .collect::<Result<_, _>>()?,
        };
        fields.finish()?;
        ledger.check_structure(&ceiling, &entries)?;
        Ok(ledger)
    }
}

/// A ledger states no version: it is of B if any entry has the key that B adds, and then every entry
/// must.
fn formats_of(entries: &[Field<'_>]) -> Formats {
    let in_b = |field: &Field<'_>| matches!(field.value(), Value::Map(map) if map.get_text(PRIOR_ENTRY_HASH).is_some());
    if entries.iter().any(in_b) {
        Formats::B
    } else {
        Formats::A
    }
}
