//! Strategies for all documents.

use crate::sample::time;
use crate::samples::chained;
use gauntlet_wire::cbor::{Canonical, Document};
use gauntlet_wire::derivative::{DerivativeCore, DerivativeManifest};
use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry, DirectoryCore};
use gauntlet_wire::enums::{Action, ContentType, DerivativeFormat, DerivativeRole, KeyMode};
use gauntlet_wire::hybrid::{HybridPublicKey, HybridSignature};
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, IntentId, UserId};
use gauntlet_wire::intent::{IntentCore, UpgradeIntent};
use gauntlet_wire::ledger::{EpochLedger, LedgerEntry};
use gauntlet_wire::manifest::{AssetManifest, CHUNK_SIZE, ManifestB, ManifestCore};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::time::Timestamp;
use gauntlet_wire::version::{Formats, ProtocolVersion, SuiteId};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::fmt::Debug;

pub(crate) fn any_time() -> impl Strategy<Value = Timestamp> {
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

pub(crate) fn any_hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash::from_bytes)
}

pub(crate) fn any_signature() -> impl Strategy<Value = HybridSignature> {
    (vec(any::<u8>(), 64), vec(any::<u8>(), 3309)).prop_map(|(ed, ml)| HybridSignature {
        ed: ed.try_into().unwrap(),
        ml: Box::new(ml.try_into().unwrap()),
    })
}

pub(crate) fn any_key() -> impl Strategy<Value = HybridPublicKey> {
    vec(any::<u8>(), 1984).prop_map(|raw| HybridPublicKey::from_raw(&raw).unwrap())
}

fn any_action() -> impl Strategy<Value = Action> {
    prop::sample::select(Action::ALL)
}

/// A version A core where the string is below B, else a version B core (`formats.md` §1).
pub(crate) fn any_version() -> impl Strategy<Value = ProtocolVersion> {
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
    let devices = btree_map(any::<[u8; 16]>(), entry, 0..4);
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

/// A ledger of either version: in A any rising epochs, in B every epoch from 1 on.
pub(crate) fn any_ledger() -> impl Strategy<Value = EpochLedger> {
    let entries = btree_map(any::<u32>(), (any_key(), any_signature()), 1..4);
    let formats = prop::sample::select(vec![Formats::A, Formats::B]);
    (any::<[u8; 16]>(), any_key(), entries, formats).prop_map(
        |(album, admin_pub, entries, formats)| {
            let entries =
                entries
                    .into_iter()
                    .zip(1..)
                    .map(|((epoch, (key, signature)), counted)| LedgerEntry {
                        epoch: if formats == Formats::A {
                            epoch
                        } else {
                            counted
                        },
                        write_tier_pub: key,
                        b: None,
                        admin_sig: signature,
                    });
            let mut entries: Vec<LedgerEntry> = entries.collect();
            if formats == Formats::B {
                entries = chained(entries);
            }
            EpochLedger {
                album_id: AlbumId::from_slice(&album).unwrap(),
                admin_pub,
                ceiling: entries.last().unwrap().epoch,
                entries,
            }
        },
    )
}

fn any_format() -> impl Strategy<Value = DerivativeFormat> {
    let media = ContentType::ALL
        .iter()
        .copied()
        .map(DerivativeFormat::Media);
    prop::sample::select([vec![DerivativeFormat::Original], media.collect()].concat())
}

pub(crate) fn any_derivative() -> impl Strategy<Value = DerivativeManifest> {
    let head = (
        any::<u16>(),
        any::<[[u8; 16]; 2]>(),
        any_hash(),
        ".{0,32}",
        any_time(),
    );
    let kind = (prop::sample::select(DerivativeRole::ALL), any_format());
    let model = (
        option::of(".{1,32}"),
        option::of(".{1,32}"),
        option::of(any_hash()),
    );
    (head, kind, model, any_signature(), any_signature()).prop_map(
        |(
            (suite, [asset, device], ciphertext_hash, client, at),
            (role, format),
            model,
            device_sig,
            write_sig,
        )| {
            let named = |given: Option<String>| match role {
                DerivativeRole::Embedding => Some(given.unwrap_or_else(|| "model".to_owned())),
                _ => given,
            };
            let core = DerivativeCore {
                crypto_suite_id: SuiteId(suite),
                source_asset_id: AssetId::from_slice(&asset).unwrap(),
                role,
                format,
                ciphertext_hash,
                generated_by_device: DeviceId::from_slice(&device).unwrap(),
                generated_by_client: client,
                model_id: named(model.0),
                model_version: named(model.1),
                generated_at: at,
                prior_provenance_hash: model.2,
            };
            DerivativeManifest {
                core,
                device_sig,
                write_sig,
            }
        },
    )
}

pub(crate) fn any_intent() -> impl Strategy<Value = UpgradeIntent> {
    let ids = any::<[[u8; 16]; 3]>();
    (ids, any_version(), any::<u32>(), any_signature()).prop_map(
        |([album, intent, device], from_version, deadline_seconds, signature)| {
            let core = IntentCore {
                album_id: AlbumId::from_slice(&album).unwrap(),
                from_version: from_version.min(ProtocolVersion::B),
                to_version: ProtocolVersion::AFTER_MAX,
                intent_id: IntentId::from_slice(&intent).unwrap(),
                proposer_device: DeviceId::from_slice(&device).unwrap(),
                deadline_seconds,
            };
            UpgradeIntent { core, signature }
        },
    )
}

/// The document as value, as bytes, and back; and what a stranger makes of the bytes.
pub(crate) fn survives<T: Document + Clone + PartialEq + Debug>(
    document: T,
) -> Result<(), TestCaseError> {
    let value = document.to_value();
    prop_assert_eq!(T::from_value(&value), Ok(document.clone()));

    let written =
        Canonical::encode(document).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(written.bytes(), value.encode());
    prop_assert_eq!(written.hash(), Hash::of(&value.encode()));
    prop_assert_eq!(Canonical::<T>::decode(written.bytes()), Ok(written.clone()));

    // A stranger's decoder finds the same item, and writes the same bytes for it.
    let theirs: ciborium::Value = ciborium::from_reader(written.bytes())
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut again = Vec::new();
    ciborium::into_writer(&theirs, &mut again)
        .map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(again, written.into_bytes());
    Ok(())
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
