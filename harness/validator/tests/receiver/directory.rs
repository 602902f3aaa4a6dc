//! Taking in a device directory.

use crate::bound::{Surface, bounds, named, without};
use crate::sidecar_world::imported;
use crate::world::{
    IDENTITY, PHONE, STRANGER, TABLET, alice, bob, device_entry, directory, mixed, now, phone,
    tablet, time,
};
use gauntlet_crypto::sign::{HybridSigner, sign_directory, sign_sidecar};
use gauntlet_validator::receiver::{
    DIRECTORY, DirectoryArrival, DirectoryFacts, Policy, Rejection, accept_directory,
    directory_mark, judge,
};
use gauntlet_wire::cbor::{Bounds, Canonical, Value, decode};
use gauntlet_wire::directory::{DeviceDirectory, DirectoryCore};
use gauntlet_wire::hybrid::HybridPublicKey;
use gauntlet_wire::id::Hash;
use gauntlet_wire::marks::DirectoryMark;
use gauntlet_wire::reason::Reason;

#[derive(Debug, Clone)]
pub(crate) struct DirectoryCase {
    core: DirectoryCore,
    signer: &'static HybridSigner,
    /// What is done to the signed document.
    spoil: fn(&mut DeviceDirectory),
    trailing: Vec<u8>,
    shown: Option<HybridPublicKey>,
    facts: DirectoryFacts,
}

/// Version 3, with a phone in use and a tablet that was revoked.
fn seen() -> DirectoryCore {
    let mut core = directory(alice(), phone(), &PHONE);
    let mut retired = device_entry(tablet(), &TABLET);
    retired.revoked_at = Some(time(now()));
    core.devices.push(retired);
    core
}

fn signed(core: DirectoryCore, signer: &HybridSigner) -> Canonical<DeviceDirectory> {
    Canonical::encode(sign_directory(core, signer)).unwrap()
}

fn mark_of(core: DirectoryCore) -> DirectoryMark {
    directory_mark(IDENTITY.public(), &signed(core, &IDENTITY))
}

/// The bytes of an honest directory, and what a client knows that takes it.
pub(crate) fn honest() -> (DirectoryFacts, Vec<u8>) {
    let case = DirectoryCase::honest();
    (case.facts.clone(), case.arrival().document)
}

impl DirectoryCase {
    fn arrival(&self) -> DirectoryArrival {
        let mut directory = sign_directory(self.core.clone(), self.signer);
        (self.spoil)(&mut directory);
        let mut document = Canonical::encode(directory).unwrap().into_bytes();
        document.extend(&self.trailing);
        DirectoryArrival {
            document,
            identity: self.shown.clone(),
        }
    }

    /// As if this version had been seen before, of the same entries.
    fn seen_version(&mut self, version: u64) {
        let mut core = self.core.clone();
        core.directory_version = version;
        self.facts.mark = Some(mark_of(core));
    }
}

impl Surface for DirectoryCase {
    fn honest() -> Self {
        let mut core = seen();
        core.directory_version = 4;
        Self {
            core,
            signer: &IDENTITY,
            spoil: |_| (),
            trailing: Vec::new(),
            shown: Some(IDENTITY.public().clone()),
            facts: DirectoryFacts {
                user: alice(),
                identity: IDENTITY.public().clone(),
                mark: Some(mark_of(seen())),
            },
        }
    }

    fn reasons() -> Vec<Reason> {
        named(DIRECTORY)
    }

    fn judge(&self) -> Result<(), Rejection> {
        let arrival = self.arrival();
        let plan = accept_directory(&self.facts, &arrival, &Policy::default())?;
        assert_eq!(plan.directory.bytes(), arrival.document);
        assert_eq!(
            plan.mark,
            directory_mark(IDENTITY.public(), &plan.directory)
        );
        Ok(())
    }

    fn judge_without(&self, left_out: &[Reason]) -> Result<(), Rejection> {
        let checks = without(DIRECTORY, left_out);
        judge(&checks, &self.facts, &self.arrival(), &Policy::default())
    }
}

bounds! { DirectoryCase;
    a_directory_is_canonical by DirectoryMalformed with [
        DirectoryForeign DirectoryForged DirectoryRewound DirectoryEquivocated
        DirectoryEntryRemoved DirectoryEntryChanged
    ] {
        inside: |_| (),
        outside: |case| case.trailing = vec![0xf6],
    }
    a_directory_is_its_users by DirectoryForeign {
        inside: |case| case.core.user_id = alice(),
        outside: |case| case.core.user_id = bob(),
    }
    row31_the_identity_shown_is_the_pinned_one by IdentityChanged {
        inside: |case| case.shown = None,
        outside: |case| case.shown = Some(STRANGER.public().clone()),
    }
    row31_a_store_that_holds_another_key_is_found_out by IdentityChanged {
        inside: |case| case.facts.mark = None,
        outside: |case| case.facts.mark.as_mut().unwrap().identity = Hash::of(b"another"),
    }
    row24_a_directory_is_signed_by_the_identity by DirectoryForged {
        inside: |_| (),
        outside: |case| case.signer = &STRANGER,
    }
    row31_a_pinned_key_of_two_keys_verifies_nothing by DirectoryForged {
        inside: |_| (),
        outside: |case| {
            case.facts.identity = mixed(&IDENTITY, &STRANGER);
            case.shown = Some(case.facts.identity.clone());
            case.facts.mark.as_mut().unwrap().identity = Hash::of(&case.facts.identity.to_raw());
        },
    }
    row31_the_version_is_inside_the_signature by DirectoryForged {
        inside: |_| (),
        outside: |case| case.spoil = |directory| directory.core.directory_version += 1,
    }
    row24_an_added_at_is_inside_the_signature by DirectoryForged with [DirectoryEntryChanged] {
        inside: |_| (),
        outside: |case| case.spoil = |directory| {
            directory.core.devices[0].added_at = time(now());
        },
    }
    row31_both_halves_sign_the_first by DirectoryForged {
        inside: |_| (),
        outside: |case| case.spoil = |directory| directory.signature.ed[0] ^= 1,
    }
    row31_both_halves_sign_the_second by DirectoryForged {
        inside: |_| (),
        outside: |case| case.spoil = |directory| directory.signature.ml[0] ^= 1,
    }
    row31_a_version_does_not_fall by DirectoryRewound {
        inside: |case| case.seen_version(3),
        outside: |case| case.seen_version(5),
    }
    row31_a_version_is_one_document by DirectoryEquivocated {
        inside: |case| case.seen_version(4),
        outside: |case| {
            case.seen_version(4);
            case.facts.mark.as_mut().unwrap().document = Hash::of(b"another");
        },
    }
    row16_a_retired_device_stays_listed by DirectoryEntryRemoved {
        inside: |case| case.core.devices.reverse(),
        outside: |case| case.core.devices.truncate(1),
    }
    row31_a_device_keeps_its_key by DirectoryEntryChanged {
        inside: |_| (),
        outside: |case| case.core.devices[0].dsk_public = STRANGER.public().clone(),
    }
    row31_a_device_is_not_backdated by DirectoryEntryChanged {
        inside: |_| (),
        outside: |case| case.core.devices[0].added_at = time(now()),
    }
    row31_a_revocation_is_not_cleared by DirectoryEntryChanged {
        inside: |case| case.core.devices[0].revoked_at = Some(time(now())),
        outside: |case| case.core.devices[1].revoked_at = None,
    }
    row31_nor_moved by DirectoryEntryChanged {
        inside: |_| (),
        outside: |case| case.core.devices[1].revoked_at = Some(time(now() + crate::world::NANOSECOND)),
    }
}

#[test]
fn two_valid_successors_are_told_apart_by_whoever_saw_the_other() {
    let mut one = DirectoryCase::honest();
    let mut other = one.clone();
    one.core.devices[0].revoked_at = Some(time(now()));
    one.judge().unwrap();
    other.judge().unwrap();
    other.facts.mark = Some(mark_of(one.core.clone()));
    assert_eq!(
        other.judge().unwrap_err().reason,
        Reason::DirectoryEquivocated
    );
}

#[test]
fn the_same_directory_again_changes_nothing() {
    let mut case = DirectoryCase::honest();
    let plan = |case: &DirectoryCase| {
        accept_directory(&case.facts, &case.arrival(), &Policy::default()).unwrap()
    };
    let first = plan(&case).mark;
    case.facts.mark = Some(first.clone());
    assert_eq!(plan(&case).mark, first);
}

#[test]
fn row31_what_a_sidecars_signature_covers_is_no_directory() {
    // One identity key signs both, and nothing in the message says which. The unknown keys of a shared
    // sidecar are anybody's, so they are shaped as a directory here.
    let case = DirectoryCase::honest();
    let arrival = case.arrival().document;
    let Value::Map(mut oracle) = decode(&arrival, &Bounds::up_to(arrival.len())).unwrap() else {
        panic!("a directory is a map");
    };
    let Some(Value::Map(core)) = oracle.get_text("core").cloned() else {
        panic!("a core is a map");
    };
    let mut body = imported();
    body.unknown = core;
    let sidecar = sign_sidecar(body, &IDENTITY);
    oracle.insert("core".into(), Value::Map(sidecar.body.to_map()));
    oracle.insert("signature".into(), sidecar.signature.to_value());
    let arrival = DirectoryArrival {
        document: Value::Map(oracle).encode(),
        identity: None,
    };
    let refused = accept_directory(&case.facts, &arrival, &Policy::default()).unwrap_err();
    assert_eq!(refused.reason, Reason::DirectoryMalformed);
}

#[test]
fn at_the_first_meeting_any_version_is_taken() {
    let mut case = DirectoryCase::honest();
    case.facts.mark = None;
    case.core.directory_version = u64::MAX;
    case.judge().unwrap();
}
