//! One lawful document of each kind, and strategies for all of them.

use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry, DirectoryCore};
use gauntlet_wire::enums::{Action, KeyMode};
use gauntlet_wire::hybrid::{HybridPublicKey, HybridSignature};
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, UserId};
use gauntlet_wire::manifest::{AssetManifest, CHUNK_SIZE, ManifestB, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::time::Timestamp;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

pub(crate) const WRITTEN: &str = "2026-11-20T10:00:00.5+02:00";
pub(crate) const RETAINED: &str = "2026-12-20T10:00:00Z";

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn version(formats: Formats) -> ProtocolVersion {
    match formats {
        Formats::A => ProtocolVersion::A,
        Formats::B => ProtocolVersion::B,
    }
}

/// The first record of an asset, with a derived key.
pub(crate) fn core(formats: Formats) -> ManifestCore {
    ManifestCore {
        crypto_suite_id: SuiteId::ONE,
        protocol_version: version(formats),
        file_id: AssetId::from_slice(&[1; 16]).unwrap(),
        album_id: AlbumId::from_slice(&[2; 16]).unwrap(),
        amk_version: 3,
        ciphertext_hash: Hash::from_bytes([4; 32]),
        plaintext_size: 5,
        chunk_size: CHUNK_SIZE,
        nonce_prefix: [0, 23, 24, 127, 128, 254, 255],
        created_by_user: UserId::from_slice(&[6; 16]).unwrap(),
        created_by_device: DeviceId::from_slice(&[7; 16]).unwrap(),
        client_version: "gauntlet/1".to_owned(),
        timestamp: time(WRITTEN),
        action: Action::Create,
        prior_provenance_hash: None,
        retention_until: None,
        b: (formats == Formats::B).then_some(ManifestB {
            metadata_blob_hash: Some(Hash::from_bytes([8; 32])),
            key_mode: KeyMode::Derived,
            wrapped_file_key: None,
        }),
    }
}

pub(crate) fn signature(fill: u8) -> HybridSignature {
    HybridSignature {
        ed: [fill; 64],
        ml: Box::new([!fill; 3309]),
    }
}

pub(crate) fn key(fill: u8) -> HybridPublicKey {
    HybridPublicKey {
        ed: [fill; 32],
        ml: Box::new([!fill; 1952]),
    }
}

pub(crate) fn manifest(core: ManifestCore) -> AssetManifest {
    AssetManifest {
        core,
        device_sig: signature(0xd0),
        write_sig: signature(0x3e),
    }
}

pub(crate) fn record(core: ManifestCore) -> ProvenanceRecord {
    ProvenanceRecord {
        asset_id: core.file_id,
        prior_provenance_hash: core.prior_provenance_hash,
        manifest: manifest(core),
    }
}

/// The lawful documents that everything is tried on: each nullable field is null in one of them and
/// given in another.
pub(crate) fn cores() -> Vec<ManifestCore> {
    let prior = Some(Hash::from_bytes([9; 32]));
    let delete = |formats| ManifestCore {
        action: Action::Delete,
        prior_provenance_hash: prior,
        retention_until: Some(time(RETAINED)),
        ..core(formats)
    };
    let mut wrapped = core(Formats::B);
    wrapped.b = Some(ManifestB {
        metadata_blob_hash: Some(Hash::from_bytes([8; 32])),
        key_mode: KeyMode::Wrapped,
        wrapped_file_key: Some([10; 60]),
    });
    vec![
        core(Formats::A),
        delete(Formats::A),
        core(Formats::B),
        delete(Formats::B),
        wrapped,
    ]
}

pub(crate) fn device(fill: u8, revoked_at: Option<&str>) -> DeviceEntry {
    DeviceEntry {
        device_id: DeviceId::from_slice(&[fill; 16]).unwrap(),
        dsk_public: key(fill),
        added_at: time("2026-11-01T00:00:00Z"),
        revoked_at: revoked_at.map(time),
    }
}

pub(crate) fn directory(devices: Vec<DeviceEntry>) -> DeviceDirectory {
    let core = DirectoryCore {
        user_id: UserId::from_slice(&[11; 16]).unwrap(),
        directory_version: 12,
        updated_at: time("2026-11-02T00:00:00Z"),
        devices,
    };
    DeviceDirectory {
        core,
        signature: signature(0x1d),
    }
}

/// A directory with a device in use and a revoked one.
pub(crate) fn two_devices() -> DeviceDirectory {
    directory(vec![
        device(13, None),
        device(14, Some("2026-11-01T12:00:00Z")),
    ])
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    let date = (1971u16..=9998, 1u8..=12, 1u8..=28);
    let clock = (0u8..=23, 0u8..=59, 0u8..=59);
    let tail = (
        "(\\.[0-9]{1,9})?",
        "Z|[+-](0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]",
    );
    (date, clock, tail).prop_map(|((y, mo, d), (h, mi, s), (fraction, zone))| {
        let text = format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}{fraction}{zone}");
        time(&text)
    })
}

fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::from_bytes)
}

fn any_signature() -> impl Strategy<Value = HybridSignature> {
    (vec(any::<u8>(), 64), vec(any::<u8>(), 3309)).prop_map(|(ed, ml)| HybridSignature {
        ed: ed.try_into().unwrap(),
        ml: Box::new(ml.try_into().unwrap()),
    })
}

fn any_key() -> impl Strategy<Value = HybridPublicKey> {
    vec(any::<u8>(), 1984).prop_map(|raw| HybridPublicKey::from_raw(&raw).unwrap())
}

fn any_action() -> impl Strategy<Value = Action> {
    prop::sample::select(Action::ALL)
}

/// A version A core where the string is below B, else a version B core (`formats.md` §1).
fn any_version() -> impl Strategy<Value = ProtocolVersion> {
    let texts = [
        "1970-01-01",
        "2026-05-31",
        "2026-10-31",
        "2026-11-01",
        "9999-12-31",
    ];
    prop::sample::select(texts.to_vec()).prop_map(|text| text.parse().unwrap())
}

/// Optional parts as they come; [`lawful`] keeps those that the action admits.
fn any_b() -> impl Strategy<Value = ManifestB> {
    let wrapped = option::of(vec(any::<u8>(), 60));
    (option::of(any_hash()), wrapped).prop_map(|(metadata_blob_hash, wrapped)| ManifestB {
        metadata_blob_hash,
        key_mode: KeyMode::Derived,
        wrapped_file_key: wrapped.map(|bytes| bytes.try_into().unwrap()),
    })
}

pub(crate) fn any_core() -> impl Strategy<Value = ManifestCore> {
    let ids = any::<[[u8; 16]; 4]>();
    let numbers = (
        any::<u16>(),
        any::<u32>(),
        any::<u64>(),
        any::<[u8; 7]>(),
        ".{0,32}",
    );
    let hashes = (any_hash(), any_hash(), any_hash());
    let times = (any_time(), any_time());
    (
        ids,
        numbers,
        hashes,
        times,
        any_version(),
        any_action(),
        any_b(),
    )
        .prop_map(
            |([file, album, user, device], numbers, hashes, times, version, action, b)| {
                let (suite, amk_version, plaintext_size, nonce_prefix, client_version) = numbers;
                let core = ManifestCore {
                    crypto_suite_id: SuiteId(suite),
                    protocol_version: version,
                    file_id: AssetId::from_slice(&file).unwrap(),
                    album_id: AlbumId::from_slice(&album).unwrap(),
                    amk_version,
                    ciphertext_hash: hashes.0,
                    plaintext_size,
                    chunk_size: CHUNK_SIZE,
                    nonce_prefix,
                    created_by_user: UserId::from_slice(&user).unwrap(),
                    created_by_device: DeviceId::from_slice(&device).unwrap(),
                    client_version,
                    timestamp: times.0,
                    action,
                    prior_provenance_hash: Some(hashes.1),
                    retention_until: Some(times.1),
                    b: Some(b),
                };
                lawful(core, hashes.2)
            },
        )
}

/// The core without what its action and version do not admit, and with what they demand.
fn lawful(mut core: ManifestCore, metadata: Hash) -> ManifestCore {
    let create = core.action == Action::Create;
    core.prior_provenance_hash = core.prior_provenance_hash.filter(|_| !create);
    core.retention_until = core
        .retention_until
        .filter(|_| core.action == Action::Delete);
    let in_b = core.protocol_version.as_str() >= "2026-11-01";
    core.b = core.b.filter(|_| in_b).map(|mut b| {
        b.wrapped_file_key = b.wrapped_file_key.filter(|_| create);
        if b.wrapped_file_key.is_some() {
            b.key_mode = KeyMode::Wrapped;
        }
        if matches!(
            core.action,
            Action::Create | Action::Replace | Action::MetadataUpdate
        ) {
            b.metadata_blob_hash.get_or_insert(metadata);
        }
        b
    });
    core
}

pub(crate) fn any_manifest() -> impl Strategy<Value = AssetManifest> {
    (any_core(), any_signature(), any_signature()).prop_map(|(core, device_sig, write_sig)| {
        AssetManifest {
            core,
            device_sig,
            write_sig,
        }
    })
}

pub(crate) fn any_record() -> impl Strategy<Value = ProvenanceRecord> {
    any_manifest().prop_map(|manifest| ProvenanceRecord {
        asset_id: manifest.core.file_id,
        prior_provenance_hash: manifest.core.prior_provenance_hash,
        manifest,
    })
}

pub(crate) fn any_directory() -> impl Strategy<Value = DeviceDirectory> {
    let entry = (any_key(), any_time(), option::of(any_time()));
    let devices = prop::collection::btree_map(any::<[u8; 16]>(), entry, 0..4);
    let head = (any::<[u8; 16]>(), any::<u64>(), any_time());
    (devices, head, any_signature()).prop_map(|(devices, head, signature)| DeviceDirectory {
        core: DirectoryCore {
            user_id: UserId::from_slice(&head.0).unwrap(),
            directory_version: head.1,
            updated_at: head.2,
            devices: devices
                .into_iter()
                .map(|(id, (dsk_public, added_at, revoked_at))| DeviceEntry {
                    device_id: DeviceId::from_slice(&id).unwrap(),
                    dsk_public,
                    added_at,
                    revoked_at,
                })
                .collect(),
        },
        signature,
    })
}

/// Cases come from a fixed seed, so that every run is the same run.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 256,
        rng_seed: RngSeed::Fixed(4),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
