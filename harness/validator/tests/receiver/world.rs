//! Who and what the tests talk about: an album of two epochs, in which Alice writes with her phone and Bob
//! with his tablet.

use gauntlet_crypto::sign::{HybridSigner, attest_epoch, sign_manifest};
use gauntlet_validator::receiver::{AlbumFacts, History};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::{DeviceEntry, DirectoryCore};
use gauntlet_wire::enums::{Action, KeyMode};
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, UserId};
use gauntlet_wire::ledger::EpochLedger;
use gauntlet_wire::manifest::{CHUNK_SIZE, ManifestB, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::time::Timestamp;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub(crate) const NANOSECOND: SignedDuration = SignedDuration::from_nanos(1);
pub(crate) const BOTH: [Formats; 2] = [Formats::A, Formats::B];
/// The album master key of every epoch.
pub(crate) const AMK: [u8; 32] = [0x41; 32];

macro_rules! signers {
    ($($(#[$doc:meta])* $name:ident = $seed:literal;)*) => { $(
        $(#[$doc])*
        pub(crate) static $name: LazyLock<HybridSigner> =
            LazyLock::new(|| HybridSigner::from_seed(&[$seed; 64]));
    )* };
}

signers! {
    /// Alice's identity key.
    IDENTITY = 1;
    /// Alice's phone.
    PHONE = 2;
    /// Bob's tablet.
    TABLET = 3;
    /// The album's admin.
    ADMIN = 4;
    /// The write tier of epoch 1.
    FIRST_TIER = 5;
    /// The write tier of epoch 2, the newest.
    SECOND_TIER = 6;
    /// Somebody else.
    STRANGER = 7;
}

/// The clock of all tests.
pub(crate) fn now() -> jiff::Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

pub(crate) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

pub(crate) fn time(instant: jiff::Timestamp) -> Timestamp {
    instant.to_string().parse().unwrap()
}

pub(crate) fn alice() -> UserId {
    UserId::from_slice(&[1; 16]).unwrap()
}

pub(crate) fn bob() -> UserId {
    UserId::from_slice(&[2; 16]).unwrap()
}

pub(crate) fn album() -> AlbumId {
    AlbumId::from_slice(&[3; 16]).unwrap()
}

pub(crate) fn other_album() -> AlbumId {
    AlbumId::from_slice(&[4; 16]).unwrap()
}

pub(crate) fn asset() -> AssetId {
    AssetId::from_slice(&[5; 16]).unwrap()
}

pub(crate) fn other_asset() -> AssetId {
    AssetId::from_slice(&[6; 16]).unwrap()
}

pub(crate) fn phone() -> DeviceId {
    DeviceId::from_slice(&[7; 16]).unwrap()
}

pub(crate) fn tablet() -> DeviceId {
    DeviceId::from_slice(&[8; 16]).unwrap()
}

pub(crate) fn hash(fill: u8) -> Hash {
    Hash::from_bytes([fill; 32])
}

pub(crate) fn version(formats: Formats) -> ProtocolVersion {
    match formats {
        Formats::A => ProtocolVersion::A,
        Formats::B => ProtocolVersion::B,
    }
}

/// A key with the halves of two keys: whoever checks one half alone takes it for one of them.
pub(crate) fn mixed(ed: &HybridSigner, ml: &HybridSigner) -> HybridPublicKey {
    HybridPublicKey {
        ed: ed.public().ed,
        ml: ml.public().ml.clone(),
    }
}

pub(crate) fn device_entry(device: DeviceId, key: &HybridSigner) -> DeviceEntry {
    DeviceEntry {
        device_id: device,
        dsk_public: key.public().clone(),
        added_at: time(now() - days(100)),
        revoked_at: None,
    }
}

pub(crate) fn directory(user: UserId, device: DeviceId, key: &HybridSigner) -> DirectoryCore {
    DirectoryCore {
        user_id: user,
        directory_version: 3,
        updated_at: time(now() - days(100)),
        devices: vec![device_entry(device, key)],
    }
}

/// The ledger of these write tiers, from epoch 1 on.
pub(crate) fn ledger(
    formats: Formats,
    album_id: AlbumId,
    admin: &HybridSigner,
    tiers: &[&HybridSigner],
) -> EpochLedger {
    let mut entries = Vec::new();
    for (tier, epoch) in tiers.iter().zip(1..) {
        let key = tier.public().clone();
        let entry = attest_epoch(formats, album_id, epoch, key, entries.last(), admin);
        entries.push(entry);
    }
    EpochLedger {
        album_id,
        admin_pub: admin.public().clone(),
        ceiling: entries.len() as u32,
        entries,
    }
}

pub(crate) fn album_facts(formats: Formats) -> AlbumFacts {
    let tiers: [&HybridSigner; 2] = [&FIRST_TIER, &SECOND_TIER];
    AlbumFacts {
        album: album(),
        pin: version(formats),
        directories: BTreeMap::from([
            (alice(), directory(alice(), phone(), &PHONE)),
            (bob(), directory(bob(), tablet(), &TABLET)),
        ]),
        ledger: Some(ledger(formats, album(), &ADMIN, &tiers)),
        removals: BTreeMap::new(),
        keys: BTreeMap::from([(1, AMK), (2, AMK)]),
    }
}

/// A create by Alice's phone in epoch 2, an hour ago.
pub(crate) fn core(formats: Formats) -> ManifestCore {
    ManifestCore {
        crypto_suite_id: SuiteId::ONE,
        protocol_version: version(formats),
        file_id: asset(),
        album_id: album(),
        amk_version: 2,
        ciphertext_hash: hash(0xab),
        plaintext_size: 10_000,
        chunk_size: CHUNK_SIZE,
        nonce_prefix: [1; 7],
        created_by_user: alice(),
        created_by_device: phone(),
        client_version: "gauntlet/1".to_owned(),
        timestamp: "2026-11-20T11:00:00Z".parse().unwrap(),
        action: Action::Create,
        prior_provenance_hash: None,
        retention_until: None,
        b: (formats == Formats::B).then(|| ManifestB {
            metadata_blob_hash: Some(hash(0xcd)),
            key_mode: KeyMode::Derived,
            wrapped_file_key: None,
        }),
    }
}

/// The core of a later write over `history`, that changes what its action changes and nothing else.
pub(crate) fn core_over(formats: Formats, history: &History, action: Action) -> ManifestCore {
    let mut core = history.head.clone().unwrap_or_else(|| core(formats));
    core.action = action;
    core.prior_provenance_hash = history.head_link();
    core.retention_until = (action == Action::Delete).then(|| time(now() + days(30)));
    let count = u8::try_from(history.links.len()).unwrap();
    if let Some(b) = &mut core.b {
        (b.key_mode, b.wrapped_file_key) = (KeyMode::Derived, None);
        if matches!(action, Action::Replace | Action::MetadataUpdate) {
            b.metadata_blob_hash = Some(hash(0xd0 + count));
        }
    }
    if action == Action::Replace {
        core.ciphertext_hash = hash(0xb0 + count);
        core.nonce_prefix = [1 + count; 7];
    }
    core
}

pub(crate) fn record(
    core: ManifestCore,
    device: &HybridSigner,
    tier: &HybridSigner,
) -> ProvenanceRecord {
    ProvenanceRecord {
        asset_id: core.file_id,
        prior_provenance_hash: core.prior_provenance_hash,
        manifest: sign_manifest(core, device, tier),
    }
}

pub(crate) fn encoded(record: ProvenanceRecord) -> Vec<u8> {
    Canonical::encode(record).unwrap().into_bytes()
}

/// The chain of these writes by Alice's phone in epoch 2, the create first.
pub(crate) fn records(formats: Formats, later: &[Action]) -> Vec<ProvenanceRecord> {
    let mut history = History::default();
    let mut records = Vec::new();
    for action in [&[Action::Create], later].concat() {
        let core = match action {
            Action::Create => core(formats),
            later => core_over(formats, &history, later),
        };
        let record = record(core, &PHONE, &SECOND_TIER);
        history = history.with(record.link(), &record);
        records.push(record);
    }
    records
}

/// What a client knows after these writes.
pub(crate) fn history(formats: Formats, later: &[Action]) -> History {
    let records = records(formats, later);
    let grown = |history: History, record: &ProvenanceRecord| history.with(record.link(), record);
    records.iter().fold(History::default(), grown)
}
