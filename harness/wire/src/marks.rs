//! High-water marks (ours; `formats.md` §5, rows 16, 31, 32 and X4): what a receiving client has seen and
//! will not be talked out of, and the document in which two devices of one user compare it.

use crate::bounds;
use crate::cbor::{Bounds, Document, Field, Map, SchemaError, Value, map};
use crate::id::{AlbumId, AssetId, DeviceId, Hash, UserId};
use crate::manifest::{hash, optional, time, uuid};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What was seen of one user's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryMark {
    /// SHA-256 of the pinned identity key in raw form.
    pub identity: Hash,
    /// The highest version.
    pub version: u64,
    /// SHA-256 of the directory of that version.
    pub document: Hash,
    /// Its entries.
    pub devices: BTreeMap<DeviceId, DeviceMark>,
}

/// What was seen of one entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceMark {
    /// SHA-256 of the device's key in raw form.
    pub key: Hash,
    /// When it joined.
    pub added_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// What was seen of one album's epoch ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerMark {
    /// SHA-256 of the pinned admin key in raw form.
    pub admin: Hash,
    /// The hash of every entry, by epoch; at least one.
    pub entries: BTreeMap<u32, Hash>,
}

/// What was seen of one album's feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedMark {
    /// The highest `sync_seq`.
    pub seq: u64,
    /// The assets that it showed.
    pub assets: BTreeMap<AssetId, AssetMark>,
}

/// What was seen of one asset's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetMark {
    /// The `sync_seq` that showed its head.
    pub seq: u64,
    /// Its links, oldest first; at least one.
    pub links: Vec<Hash>,
}

/// Every mark of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// When the device last reached the end of every feed.
    pub as_of: Timestamp,
    /// By user.
    pub directories: BTreeMap<UserId, DirectoryMark>,
    /// By album.
    pub ledgers: BTreeMap<AlbumId, LedgerMark>,
    /// By album.
    pub feeds: BTreeMap<AlbumId, FeedMark>,
}

impl LedgerMark {
    /// The highest epoch.
    #[must_use]
    pub fn ceiling(&self) -> Option<u32> {
        self.entries.keys().next_back().copied()
    }
}

impl Document for Marks {
    const NAME: &'static str = "marks";
    const BOUNDS: Bounds = Bounds::up_to(bounds::MARKS);

    fn to_value(&self) -> Value {
        map([
            ("as_of", self.as_of.text().into()),
            (
                "directories",
                table(&self.directories, |id| bytes(id.as_bytes()), directory),
            ),
            (
                "ledgers",
                table(&self.ledgers, |id| bytes(id.as_bytes()), ledger),
            ),
            ("feeds", table(&self.feeds, |id| bytes(id.as_bytes()), feed)),
        ])
    }

    fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let mut fields = Field::root(value).fields()?;
        let marks = Self {
            as_of: time(&fields.take("as_of")?)?,
            directories: read(
                &fields.take("directories")?,
                |id| uuid(id, UserId::from_slice),
                read_directory,
            )?,
            ledgers: read(
                &fields.take("ledgers")?,
                |id| uuid(id, AlbumId::from_slice),
                read_ledger,
            )?,
            feeds: read(
                &fields.take("feeds")?,
                |id| uuid(id, AlbumId::from_slice),
                read_feed,
            )?,
        };
        fields.finish()?;
        Ok(marks)
    }
}

fn bytes(id: &[u8; 16]) -> Value {
    (*id).into()
}

fn table<K, V>(entries: &BTreeMap<K, V>, key: fn(&K) -> Value, value: fn(&V) -> Value) -> Value {
    let mut map = Map::new();
    for (own, mark) in entries {
        map.insert(key(own), value(mark));
    }
    Value::Map(map)
}

fn read<K: Ord, V>(
    field: &Field<'_>,
    key: fn(&Field<'_>) -> Result<K, SchemaError>,
    value: fn(&Field<'_>) -> Result<V, SchemaError>,
) -> Result<BTreeMap<K, V>, SchemaError> {
    let entries = field.entries(bounds::MARKED)?;
    let entries = entries
        .iter()
        .map(|(own, mark)| Ok((key(own)?, value(mark)?)));
    entries.collect()
}

fn directory(mark: &DirectoryMark) -> Value {
    map([
        ("identity", (*mark.identity.as_bytes()).into()),
        ("version", mark.version.into()),
        ("document", (*mark.document.as_bytes()).into()),
        (
            "devices",
            table(&mark.devices, |id| bytes(id.as_bytes()), device),
        ),
    ])
}

fn read_directory(field: &Field<'_>) -> Result<DirectoryMark, SchemaError> {
    let mut fields = field.fields()?;
    let mark = DirectoryMark {
        identity: hash(&fields.take("identity")?)?,
        version: fields.take("version")?.u64()?,
        document: hash(&fields.take("document")?)?,
        devices: read(
            &fields.take("devices")?,
            |id| uuid(id, DeviceId::from_slice),
            read_device,
        )?,
    };
    fields.finish()?;
    Ok(mark)
}

fn device(mark: &DeviceMark) -> Value {
    map([
        ("key", (*mark.key.as_bytes()).into()),
        ("added_at", mark.added_at.text().into()),
        (
            "revoked_at",
            mark.revoked_at.as_ref().map(Timestamp::text).into(),
        ),
    ])
}

fn read_device(field: &Field<'_>) -> Result<DeviceMark, SchemaError> {
    let mut fields = field.fields()?;
    let mark = DeviceMark {
        key: hash(&fields.take("key")?)?,
        added_at: time(&fields.take("added_at")?)?,
        revoked_at: optional(fields.take("revoked_at")?, time)?,
    };
    fields.finish()?;
    Ok(mark)
}

fn ledger(mark: &LedgerMark) -> Value {
    map([
        ("admin", (*mark.admin.as_bytes()).into()),
        (
            "entries",
            table(
                &mark.entries,
                |epoch| (*epoch).into(),
                |hash| (*hash.as_bytes()).into(),
            ),
        ),
    ])
}

fn read_ledger(field: &Field<'_>) -> Result<LedgerMark, SchemaError> {
    let mut fields = field.fields()?;
    let entries = fields.take("entries")?;
    let mark = LedgerMark {
        admin: hash(&fields.take("admin")?)?,
        entries: read(&entries, |epoch| epoch.u32(), hash)?,
    };
    fields.finish()?;
    if mark.entries.is_empty() {
        return Err(entries.refuse("at least one epoch"));
    }
    Ok(mark)
}

fn feed(mark: &FeedMark) -> Value {
    map([
        ("seq", mark.seq.into()),
        (
            "assets",
            table(&mark.assets, |id| bytes(id.as_bytes()), asset),
        ),
    ])
}

fn read_feed(field: &Field<'_>) -> Result<FeedMark, SchemaError> {
    let mut fields = field.fields()?;
    let mark = FeedMark {
        seq: fields.take("seq")?.u64()?,
        assets: read(
            &fields.take("assets")?,
            |id| uuid(id, AssetId::from_slice),
            read_asset,
        )?,
    };
    fields.finish()?;
    Ok(mark)
}

fn asset(mark: &AssetMark) -> Value {
    let links = mark.links.iter().map(|link| (*link.as_bytes()).into());
    map([
        ("seq", mark.seq.into()),
        ("links", Value::Array(links.collect())),
    ])
}

fn read_asset(field: &Field<'_>) -> Result<AssetMark, SchemaError> {
    let mut fields = field.fields()?;
    let links = fields.take("links")?;
    let items = links.array(bounds::CHAIN_RECORDS)?;
    let mark = AssetMark {
        seq: fields.take("seq")?.u64()?,
        links: items.iter().map(hash).collect::<Result<_, _>>()?,
    };
    fields.finish()?;
    if mark.links.is_empty() {
        return Err(links.refuse("at least one link"));
    }
    Ok(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cbor::Canonical;

    fn marks() -> Marks {
        let device = DeviceMark {
            key: Hash::of(b"key"),
            added_at: "2026-11-01T00:00:00Z".parse().unwrap(),
            revoked_at: Some("2026-11-02T00:00:00Z".parse().unwrap()),
        };
        let directory = DirectoryMark {
            identity: Hash::of(b"identity"),
            version: 7,
            document: Hash::of(b"directory"),
            devices: [(DeviceId::from_slice(&[1; 16]).unwrap(), device)].into(),
        };
        let ledger = LedgerMark {
            admin: Hash::of(b"admin"),
            entries: [(1, Hash::of(b"one")), (300, Hash::of(b"two"))].into(),
        };
        let asset = AssetMark {
            seq: 9,
            links: vec![Hash::of(b"create"), Hash::of(b"update")],
        };
        let album = AlbumId::from_slice(&[2; 16]).unwrap();
        let feed = FeedMark {
            seq: 12,
            assets: [(AssetId::from_slice(&[3; 16]).unwrap(), asset)].into(),
        };
        Marks {
            as_of: "2026-11-20T12:00:00Z".parse().unwrap(),
            directories: [(UserId::from_slice(&[4; 16]).unwrap(), directory)].into(),
            ledgers: [(album, ledger)].into(),
            feeds: [(album, feed)].into(),
        }
    }

    #[test]
    fn marks_are_a_document() {
        let written = Canonical::encode(marks()).unwrap();
        assert_eq!(written.value().ledgers.len(), 1);
        assert_eq!(
            Canonical::<Marks>::decode(written.bytes()),
            Ok(written.clone())
        );
    }

    #[test]
    fn marks_of_nothing_are_no_marks() {
        let (mut no_epoch, mut no_link) = (marks(), marks());
        for ledger in no_epoch.ledgers.values_mut() {
            ledger.entries.clear();
        }
        for feed in no_link.feeds.values_mut() {
            feed.assets
                .values_mut()
                .for_each(|asset| asset.links.clear());
        }
        for empty in [no_epoch, no_link] {
            assert!(Canonical::encode(empty).is_err());
        }
    }
}
