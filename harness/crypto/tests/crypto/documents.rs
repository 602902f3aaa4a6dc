//! What the simulator signs, the judge verifies: every document, under the right key alone, and with
//! no field changed.

use gauntlet_crypto::{
    sign::{
        HybridSigner, attest_epoch, sign_derivative, sign_directory, sign_intent, sign_manifest,
        sign_sidecar,
    },
    verify::{
        Half, LedgerError, ManifestError, Reason, VerifyError, VerifyingKey, verify_derivative,
        verify_directory, verify_entry, verify_intent, verify_ledger, verify_manifest,
        verify_sidecar,
    },
};
use gauntlet_wire::{
    cbor::{Canonical, Document},
    enums::DerivativeRole,
    id::AlbumId,
    ledger::{EpochLedger, LedgerEntry},
    version::{Formats, SuiteId},
};

use crate::{
    sample,
    support::{asset, signer},
};

const BOTH: [Formats; 2] = [Formats::A, Formats::B];

const REFUSED: VerifyError = VerifyError {
    half: Half::Ed25519,
    reason: Reason::Signature,
};

fn other() -> HybridSigner {
    HybridSigner::from_seed(&[8; 64])
}

fn key(signer: &HybridSigner) -> VerifyingKey {
    VerifyingKey::decode(signer.public()).unwrap()
}

/// The document is one of its schema, through its bytes.
fn read_back<T: Document + Clone + PartialEq + std::fmt::Debug>(document: &T) -> T {
    let written = Canonical::encode(document.clone()).unwrap();
    let read = Canonical::<T>::decode(written.bytes())
        .unwrap()
        .into_value();
    assert_eq!(read, *document);
    read
}

#[test]
fn a_manifest_verifies_under_its_two_keys_in_their_places() {
    let (device, write_tier) = (signer(), other());
    for formats in BOTH {
        let manifest = read_back(&sign_manifest(
            sample::manifest(formats),
            &device,
            &write_tier,
        ));
        let (device, write_tier) = (key(&device), key(&write_tier));
        let judged = |device, write_tier| verify_manifest(&manifest, device, write_tier);
        assert_eq!(judged(&device, &write_tier), Ok(()));
        assert_eq!(
            judged(&write_tier, &write_tier),
            Err(ManifestError::Device(REFUSED))
        );
        assert_eq!(
            judged(&device, &device),
            Err(ManifestError::WriteTier(REFUSED))
        );
        let mut changed = manifest.clone();
        changed.core.crypto_suite_id = SuiteId::FICTIVE;
        assert_eq!(
            verify_manifest(&changed, &device, &write_tier),
            Err(ManifestError::Device(REFUSED))
        );
    }
}

#[test]
fn a_derivative_manifest_verifies_under_its_two_keys_in_their_places() {
    let (device, write_tier) = (signer(), other());
    let manifest = read_back(&sign_derivative(sample::derivative(), &device, &write_tier));
    let (device, write_tier) = (key(&device), key(&write_tier));
    let judged = |device, write_tier| verify_derivative(&manifest, device, write_tier);
    assert_eq!(judged(&device, &write_tier), Ok(()));
    assert_eq!(
        judged(&write_tier, &write_tier),
        Err(ManifestError::Device(REFUSED))
    );
    assert_eq!(
        judged(&device, &device),
        Err(ManifestError::WriteTier(REFUSED))
    );
    let mut changed = manifest.clone();
    changed.core.role = DerivativeRole::Preview;
    assert_eq!(
        verify_derivative(&changed, &device, &write_tier),
        Err(ManifestError::Device(REFUSED))
    );
}

#[test]
fn a_directory_verifies_under_the_identity_key() {
    let directory = read_back(&sign_directory(
        sample::directory(other().public()),
        &signer(),
    ));
    assert_eq!(verify_directory(&directory, &key(&signer())), Ok(()));
    // Not under the key of a device that it lists.
    assert_eq!(verify_directory(&directory, &key(&other())), Err(REFUSED));
    let mut raised = directory;
    raised.core.directory_version += 1;
    assert_eq!(verify_directory(&raised, &key(&signer())), Err(REFUSED));
}

#[test]
fn an_intent_verifies_under_the_proposers_device_key() {
    let intent = read_back(&sign_intent(sample::intent(), &signer()));
    assert_eq!(verify_intent(&intent, &key(&signer())), Ok(()));
    assert_eq!(verify_intent(&intent, &key(&other())), Err(REFUSED));
    let mut longer = intent;
    longer.core.deadline_seconds += 1;
    assert_eq!(verify_intent(&longer, &key(&signer())), Err(REFUSED));
}

#[test]
fn a_sidecar_verifies_with_every_unknown_key_as_it_came() {
    let mut body = sample::sidecar(asset(1));
    body.unknown.insert("later".into(), 1_u64.into());
    let sidecar = read_back(&sign_sidecar(body, &signer()));
    assert_eq!(verify_sidecar(&sidecar, &key(&signer())), Ok(()));
    assert_eq!(verify_sidecar(&sidecar, &key(&other())), Err(REFUSED));
    let mut stripped = sidecar.clone();
    stripped.body.unknown.remove(&"later".into());
    assert_eq!(verify_sidecar(&stripped, &key(&signer())), Err(REFUSED));
    let mut altered = sidecar;
    altered.body.unknown.insert("later".into(), 2_u64.into());
    assert_eq!(verify_sidecar(&altered, &key(&signer())), Err(REFUSED));
}

/// A ledger of three epochs, each with its own write-tier key.
fn ledger(formats: Formats) -> EpochLedger {
    let admin = signer();
    let mut entries: Vec<LedgerEntry> = Vec::new();
    for epoch in 1..=3 {
        let write_tier = HybridSigner::from_seed(&[epoch; 64]);
        let entry = attest_epoch(
            formats,
            sample::album(),
            epoch.into(),
            write_tier.public().clone(),
            entries.last(),
            &admin,
        );
        entries.push(entry);
    }
    EpochLedger {
        album_id: sample::album(),
        admin_pub: admin.public().clone(),
        ceiling: 3,
        entries,
    }
}

fn refused_at(epoch: u32) -> Result<(), LedgerError> {
    Err(LedgerError {
        epoch,
        error: REFUSED,
    })
}

#[test]
fn a_ledger_verifies_under_the_pinned_admin_key() {
    for formats in BOTH {
        let ledger = read_back(&ledger(formats));
        assert_eq!(ledger.formats(), formats);
        assert_eq!(verify_ledger(&ledger, &key(&signer())), Ok(()));
        assert_eq!(verify_ledger(&ledger, &key(&other())), refused_at(1));
        for entry in &ledger.entries {
            assert_eq!(
                verify_entry(entry, ledger.album_id, &key(&signer())),
                Ok(())
            );
        }
    }
}

#[test]
fn a_ledgers_own_admin_key_is_believed_by_nobody() {
    let mut forged = ledger(Formats::A);
    forged.admin_pub = other().public().clone();
    for entry in &mut forged.entries {
        entry.admin_sig = other().sign(&entry.signed_bytes(forged.album_id));
    }
    assert_eq!(verify_ledger(&forged, &key(&signer())), refused_at(1));
}

#[test]
fn an_entry_is_bound_to_album_epoch_key_and_in_b_to_the_entry_before() {
    for formats in BOTH {
        let admin = key(&signer());
        let honest = ledger(formats);
        let mut moved = honest.clone();
        moved.album_id = AlbumId::from_slice(&[3; 16]).unwrap();
        assert_eq!(verify_ledger(&moved, &admin), refused_at(1));
        let mut renumbered = honest.clone();
        renumbered.entries[1].epoch = 9;
        assert_eq!(verify_ledger(&renumbered, &admin), refused_at(9));
        let mut rekeyed = honest.clone();
        rekeyed.entries[2].write_tier_pub = other().public().clone();
        assert_eq!(verify_ledger(&rekeyed, &admin), refused_at(3));
        let mut relinked = honest.clone();
        let first = relinked.entries[0].b;
        relinked.entries[1].b = first;
        let expected = match formats {
            Formats::A => Ok(()),
            Formats::B => refused_at(2),
        };
        assert_eq!(verify_ledger(&relinked, &admin), expected);
    }
}

#[test]
fn each_half_of_each_document_counts() {
    let honest = sign_intent(sample::intent(), &signer());
    let foreign = sign_intent(sample::intent(), &other());
    let mut mixed = honest.clone();
    mixed.signature.ml = foreign.signature.ml.clone();
    let refused = verify_intent(&mixed, &key(&signer())).unwrap_err();
    assert_eq!(
        (refused.half, refused.reason),
        (Half::MlDsa65, Reason::Signature)
    );
    let mut mixed = honest;
    mixed.signature.ed = foreign.signature.ed;
    assert_eq!(verify_intent(&mixed, &key(&signer())), Err(REFUSED));
}

#[test]
fn refusals_name_the_signature_and_the_epoch() {
    assert!(
        ManifestError::WriteTier(REFUSED)
            .to_string()
            .starts_with("write_sig: Ed25519 half")
    );
    assert!(
        ManifestError::Device(REFUSED)
            .to_string()
            .starts_with("device_sig: Ed25519 half")
    );
    let refused = refused_at(7).unwrap_err().to_string();
    assert!(refused.starts_with("epoch 7: Ed25519 half"), "{refused}");
}
