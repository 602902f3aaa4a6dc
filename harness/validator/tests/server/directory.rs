//! Publishing a device directory (invariant 23, `formats.md` §5).

use crate::bound::{Surface, bounds, without};
use crate::world::{caller, days, now, stranger, time};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_validator::server::{
    DIRECTORY, DirectoryFacts, DirectoryPlan, DirectoryRequest, Extension, Policy, Refusal,
    Rejection, StoredDirectory, judge, publish_directory,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::{DeviceDirectory, DeviceEntry, DirectoryCore};
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::DeviceId;
use gauntlet_wire::rule::Rule;

fn identity() -> HybridSigner {
    HybridSigner::from_seed(&[1; 64])
}

fn other_identity() -> HybridSigner {
    HybridSigner::from_seed(&[2; 64])
}

fn device() -> DeviceEntry {
    DeviceEntry {
        device_id: DeviceId::from_slice(&[7; 16]).unwrap(),
        dsk_public: HybridSigner::from_seed(&[3; 64]).public().clone(),
        added_at: time(now() - days(100)),
        revoked_at: None,
    }
}

/// A key with the halves of two keys: whoever checks one half alone takes it for one of them.
fn mixed(ed: &HybridPublicKey, ml: &HybridPublicKey) -> HybridPublicKey {
    HybridPublicKey {
        ed: ed.ed,
        ml: ml.ml.clone(),
    }
}

#[derive(Debug, Clone)]
pub(crate) struct DirectoryCase {
    core: DirectoryCore,
    /// The signer of the directory.
    signer: HybridSigner,
    /// What is done to the signed document.
    spoil: fn(&mut DeviceDirectory),
    /// What is sent in its place, if anything.
    bytes: Option<Vec<u8>>,
    stored: Option<StoredDirectory>,
    media_type: Option<String>,
    presented: Option<HybridPublicKey>,
}

impl DirectoryCase {
    fn document(&self) -> Vec<u8> {
        let mut directory = DeviceDirectory {
            core: self.core.clone(),
            signature: self.signer.sign(&self.core.signed_bytes()),
        };
        (self.spoil)(&mut directory);
        Canonical::encode(directory).unwrap().into_bytes()
    }

    fn parts(&self) -> (DirectoryFacts, DirectoryRequest) {
        let request = DirectoryRequest {
            caller: caller(),
            media_type: self.media_type.clone(),
            identity: self.presented.clone(),
            document: self.bytes.clone().unwrap_or_else(|| self.document()),
        };
        (
            DirectoryFacts {
                stored: self.stored.clone(),
            },
            request,
        )
    }

    fn stored_version(&mut self, version: u64) {
        self.stored = Some(StoredDirectory {
            version,
            anchor: identity().public().clone(),
            devices: vec![device()],
        });
    }

    /// Changes the entry that is published; the stored one stays.
    fn entry(&mut self, change: impl FnOnce(&mut DeviceEntry)) {
        change(&mut self.core.devices[0]);
    }

    /// The same in the directory that is stored.
    fn stored_entry(&mut self, change: impl FnOnce(&mut DeviceEntry)) {
        change(&mut self.stored.as_mut().unwrap().devices[0]);
    }

    fn signed_by(&mut self, signer: HybridSigner) {
        self.presented = Some(signer.public().clone());
        self.signer = signer;
    }
}

impl Surface for DirectoryCase {
    type Plan = DirectoryPlan;

    /// The second publish: version 2 over a stored version 1.
    fn honest() -> Self {
        let mut case = Self {
            core: DirectoryCore {
                user_id: caller(),
                directory_version: 2,
                updated_at: time(now()),
                devices: vec![device()],
            },
            signer: identity(),
            spoil: |_| (),
            bytes: None,
            stored: None,
            media_type: Some("application/cbor".to_owned()),
            presented: Some(identity().public().clone()),
        };
        case.stored_version(1);
        case
    }

    fn rules() -> Vec<Rule> {
        vec![
            Rule::DirectoryMediaType,
            Rule::DirectoryWellFormed,
            Rule::DirectoryAnchored,
            Rule::DirectoryAdvances,
            Rule::DirectoryEntriesKept,
        ]
    }

    fn judge(&self) -> Result<DirectoryPlan, Refusal> {
        let (facts, request) = self.parts();
        publish_directory(&facts, &request, &Policy::default())
    }

    fn judge_without(&self, left_out: &[Rule]) -> Result<(), Rejection> {
        let (facts, request) = self.parts();
        judge(
            &without(DIRECTORY, left_out),
            &facts,
            &request,
            &Policy::default(),
        )
    }
}

bounds! { DirectoryCase;
    a_directory_travels_as_cbor by DirectoryMediaType {
        inside: |case| case.media_type = Some("application/cbor".to_owned()),
        outside: |case| case.media_type = Some("application/json".to_owned()),
    }
    a_directory_states_its_media_type by DirectoryMediaType {
        inside: |case| case.media_type = Some("application/cbor".to_owned()),
        outside: |case| case.media_type = None,
    }
    inv23_a_directory_is_canonical by DirectoryWellFormed
        with layers DirectoryAnchored DirectoryAdvances DirectoryEntriesKept {
        inside: |case| case.bytes = Some(case.document()),
        outside: |case| case.bytes = Some([case.document(), vec![0xf6]].concat()),
    }
    inv23_a_directory_is_the_callers by DirectoryWellFormed {
        inside: |case| case.core.user_id = caller(),
        outside: |case| case.core.user_id = stranger(),
    }
    inv23_a_directory_is_signed by DirectoryAnchored {
        inside: |_| (),
        outside: |case| case.spoil = |directory| directory.core.directory_version += 1,
    }
    inv23_the_classical_half_is_checked by DirectoryAnchored {
        inside: |_| (),
        outside: |case| case.spoil = |directory| directory.signature.ed[0] ^= 1,
    }
    inv23_the_post_quantum_half_is_checked by DirectoryAnchored {
        inside: |_| (),
        outside: |case| case.spoil = |directory| directory.signature.ml[0] ^= 1,
    }
    inv23_the_first_key_is_the_key_for_ever by DirectoryAnchored {
        inside: |case| { case.stored = None; case.signed_by(other_identity()) },
        outside: |case| case.signed_by(other_identity()),
    }
    inv23_the_key_presented_is_the_anchor by DirectoryAnchored {
        inside: |case| case.presented = Some(identity().public().clone()),
        outside: |case| case.presented = Some(other_identity().public().clone()),
    }
    inv23_who_presents_the_anchor_has_to_sign_with_it by DirectoryAnchored {
        inside: |case| case.signer = identity(),
        outside: |case| case.signer = other_identity(),
    }
    inv23_both_halves_of_the_key_are_the_anchors by DirectoryAnchored {
        inside: |case| case.presented = Some(mixed(identity().public(), identity().public())),
        outside: |case| case.presented = Some(mixed(identity().public(), other_identity().public())),
    }
    inv23_a_first_publish_presents_its_key by DirectoryAnchored {
        inside: |case| case.stored = None,
        outside: |case| { case.stored = None; case.presented = None },
    }
    inv23_a_later_publish_presents_its_key_too by DirectoryAnchored {
        inside: |case| assert!(case.presented.is_some()),
        outside: |case| case.presented = None,
    }
    inv23_a_version_is_above_the_stored_and_not_equal by DirectoryAdvances {
        inside: |case| case.stored_version(1),
        outside: |case| case.stored_version(2),
    }
    inv23_a_version_does_not_fall by DirectoryAdvances {
        inside: |case| { case.core.directory_version = u64::MAX; case.stored_version(u64::MAX - 1) },
        outside: |case| { case.core.directory_version = 0; case.stored_version(u64::MAX) },
    }
    an_entry_is_not_dated_back by DirectoryEntriesKept {
        inside: |case| case.entry(|entry| entry.added_at = device().added_at),
        outside: |case| case.entry(|entry| entry.added_at = time(now() - days(101))),
    }
    an_entry_is_not_keyed_anew by DirectoryEntriesKept {
        inside: |case| case.entry(|entry| entry.dsk_public = device().dsk_public),
        outside: |case| case.entry(|entry| {
            entry.dsk_public = mixed(&entry.dsk_public, other_identity().public());
        }),
    }
    an_entry_never_leaves by DirectoryEntriesKept {
        inside: |case| case.core.devices.insert(0, DeviceEntry {
            device_id: DeviceId::from_slice(&[8; 16]).unwrap(),
            ..device()
        }),
        outside: |case| case.entry(|entry| entry.device_id = DeviceId::from_slice(&[8; 16]).unwrap()),
    }
    a_revocation_comes_and_never_goes by DirectoryEntriesKept {
        inside: |case| case.entry(|entry| entry.revoked_at = Some(time(now()))),
        outside: |case| case.stored_entry(|entry| entry.revoked_at = Some(time(now()))),
    }
    a_revocation_keeps_its_time by DirectoryEntriesKept {
        inside: |case| {
            case.stored_entry(|entry| entry.revoked_at = Some(time(now())));
            case.entry(|entry| entry.revoked_at = Some(time(now())));
        },
        outside: |case| {
            case.stored_entry(|entry| entry.revoked_at = Some(time(now())));
            case.entry(|entry| entry.revoked_at = Some(time(now() + days(1))));
        },
    }
}

#[test]
fn who_drops_an_entry_is_told_both_versions() {
    let mut case = DirectoryCase::honest();
    case.core.devices.clear();
    let refusal = case.judge().unwrap_err();
    let versions = Extension::Versions {
        submitted: 2,
        stored: 1,
    };
    assert_eq!(refusal.rejection.rule, Rule::DirectoryEntriesKept);
    assert_eq!(refusal.rejection.extension, Some(versions));
}

#[test]
fn a_first_publish_fixes_the_anchor_at_any_version() {
    for version in [0, 1, u64::MAX] {
        let mut case = DirectoryCase::honest();
        case.stored = None;
        case.core.directory_version = version;
        case.signed_by(other_identity());
        let plan = case.judge().unwrap();
        assert_eq!(plan.anchor, *other_identity().public());
        assert_eq!(plan.directory.bytes(), case.document());
    }
}

#[test]
fn a_later_publish_keeps_the_anchor_and_the_exact_bytes() {
    let case = DirectoryCase::honest();
    let plan = case.judge().unwrap();
    assert_eq!(plan.anchor, *identity().public());
    assert_eq!(plan.directory.bytes(), case.document());
    assert_eq!(plan.directory.value().core, case.core);
}

#[test]
fn a_version_may_leap() {
    let mut case = DirectoryCase::honest();
    case.core.directory_version = 1_000_000;
    assert!(case.judge().is_ok());
}

#[test]
fn a_stale_version_is_told_both_versions() {
    let mut case = DirectoryCase::honest();
    case.stored_version(5);
    let refusal = case.judge().unwrap_err();
    let versions = Extension::Versions {
        submitted: 2,
        stored: 5,
    };
    assert_eq!(refusal.rejection.extension, Some(versions));
    assert_eq!((refusal.rejection.status(), refusal.effects), (409, vec![]));
}
