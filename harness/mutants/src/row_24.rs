//! Row 24: servers that let a device be older than it is, or outlive its revocation.

use crate::Mutant;
use crate::decisions::{CONTRACT, Finalized, Judged, Opened, finalize_without, without};
use crate::partial::{for_records, partly};
use crate::row_31::{Published, no_signature, presented_key};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    CreateRequest, DIRECTORY, DeviceFacts, DirectoryFacts, DirectoryRequest, FinalizeFacts,
    OpFacts, OpRequest, Policy, SessionFacts, create_session, finalize, lifecycle_op,
    publish_directory, publish_directory_by,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::id::DeviceId;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::time::Timestamp;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["24"],
    invariant: Some(7),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// The same where a forged directory stands in place of the one that everyone read, and takes the number that
/// the honest successor needs.
const FORGED: Mutant = Mutant {
    invariant: Some(23),
    verdict: Verdict::IrreparableDamage,
    harm: Some(Harm::Rewritten),
    ..SHOWN
};

/// The same where the first seven invariants are not asked for again.
const LATE: Mutant = Mutant {
    invariant: Some(15),
    ..SHOWN
};

/// Every attack that is dated before its device joined.
const DATED: &[&str] = &[
    "dated-before-its-device-joined",
    "dated-before-its-device-joined-in-an-elder-album",
    "record-dated-before-its-device-joined",
    "update-dated-before-its-device-joined",
    "delete-dated-before-its-device-joined-in-an-elder-album",
];

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row24-joining-not-compared",
        about: "A device is listed or not; when it joined is not compared with the write.",
        killers: DATED,
        plant: |ports| dating(ports, |device, _| joined_at(device, LONG_AGO)),
        ..SHOWN
    },
    Mutant {
        id: "row24-joining-compared-with-the-servers-clock",
        about: "A device may write once it has joined by the server's clock, whatever its write is dated.",
        killers: DATED,
        plant: |ports| {
            dating(ports, |device, now| {
                if device.added_at.instant() < now {
                    joined_at(device, LONG_AGO)
                } else {
                    device
                }
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "row24-joining-not-compared-for-records",
        about: "When a device joined is compared when a photo is uploaded, and not for its provenance record.",
        killers: &["record-dated-before-its-device-joined"],
        plant: |ports| {
            partly(ports, for_records, |ports| {
                dating(ports, |device, _| joined_at(device, LONG_AGO))
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "row24-joining-not-compared-for-ops",
        about: "When a device joined is compared when a session is opened, and not where an op is judged.",
        killers: &[
            "update-dated-before-its-device-joined",
            "delete-dated-before-its-device-joined-in-an-elder-album",
        ],
        plant: |ports| CONTRACT.with_op(op_at_any_time).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row24-joining-padded",
        about: "A device may write from half an hour after it joined, and not before.",
        verdict: Verdict::Nonconforming,
        killers: &["dated-just-after-its-device-joined"],
        plant: |ports| dating(ports, |device, _| joined_later(device)),
        ..SHOWN
    },
    Mutant {
        id: "row24-presented-key-is-the-anchor",
        about: "A directory is whoever's key its header presents, and may date an entry back.",
        killers: &[
            "joining-backdated-under-another-identity",
            "device-of-an-unpublished-directory",
        ],
        plant: |ports| CONTRACT.with_directory(under_any_key).plant(ports),
        ..FORGED
    },
    Mutant {
        id: "row24-directory-signature-not-verified",
        about: "The header's key is compared with the anchor, no signature is, and an entry may be dated back.",
        killers: &["joining-backdated-unsigned", "joining-backdated-by-another"],
        plant: |ports| CONTRACT.with_directory(unsigned).plant(ports),
        ..FORGED
    },
    Mutant {
        id: "row24-entries-mutable",
        about: "A directory under the identity key says of a device what it likes, whatever the last one said.",
        killers: &["joining-backdated"],
        plant: |ports| CONTRACT.with_directory(any_entries).plant(ports),
        ..FORGED
    },
    Mutant {
        id: "row24-refused-directory-believed",
        about: "The devices of a directory are remembered before it is refused.",
        killers: &["device-of-an-unpublished-directory"],
        plant: |ports| Ports {
            judge: Arc::new(Credulous::default()),
            ..ports
        },
        ..SHOWN
    },
    Mutant {
        id: "row24-not-asked-again-at-finalization",
        about: "What held when a session was opened is taken to hold when its last byte comes.",
        killers: &[
            "revoked-before-the-last-chunk",
            "revoked-before-the-last-chunk-in-an-elder-album",
            "revoked-before-the-last-chunk-of-the-record",
        ],
        plant: |ports| CONTRACT.with_finalize(not_asked_again).plant(ports),
        ..LATE
    },
    Mutant {
        id: "row24-records-not-asked-again-at-finalization",
        about: "Of all uploads the provenance record alone is not asked for its device again.",
        killers: &["revoked-before-the-last-chunk-of-the-record"],
        plant: |ports| {
            partly(ports, for_records, |ports| {
                CONTRACT.with_finalize(not_asked_again).plant(ports)
            })
        },
        ..LATE
    },
    Mutant {
        id: "row24-originals-not-asked-again-at-finalization",
        about: "Of all uploads the provenance record alone is asked for its device again.",
        killers: &[
            "revoked-before-the-last-chunk",
            "revoked-before-the-last-chunk-in-an-elder-album",
        ],
        plant: |ports| {
            partly(
                ports,
                |role, version| !for_records(role, version),
                |ports| CONTRACT.with_finalize(not_asked_again).plant(ports),
            )
        },
        ..LATE
    },
];

/// Before any device joined.
const LONG_AGO: &str = "1970-01-01T00:00:00Z";
/// How much later a device counts as having joined.
const PADDING: SignedDuration = SignedDuration::from_mins(30);

fn joined_at(device: DeviceFacts, time: &str) -> DeviceFacts {
    match time.parse() {
        Ok(added_at) => DeviceFacts { added_at, ..device },
        Err(_) => device,
    }
}

fn joined_later(device: DeviceFacts) -> DeviceFacts {
    let later = device.added_at.instant().checked_add(PADDING);
    match later {
        Ok(later) => DeviceFacts {
            added_at: Timestamp::from_instant(later),
            ..device
        },
        Err(_) => device,
    }
}

/// What a server takes for known of a device, at its own time.
type Dating = fn(DeviceFacts, jiff::Timestamp) -> DeviceFacts;

fn dating(ports: Ports, dating: Dating) -> Ports {
    Ports {
        judge: Arc::new(Dated(dating)),
        ..ports
    }
}

struct Dated(Dating);

impl Dated {
    fn see(&self, device: &mut Option<DeviceFacts>, now: jiff::Timestamp) {
        *device = device.take().map(|device| (self.0)(device, now));
    }
}

impl Judge for Dated {
    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Opened {
        let mut facts = facts.clone();
        self.see(&mut facts.device, facts.now);
        create_session(&facts, request, policy)
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        let mut facts = facts.clone();
        self.see(&mut facts.opening.device, facts.now);
        finalize(&facts, policy)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let mut facts = facts.clone();
        self.see(&mut facts.device, facts.now);
        lifecycle_op(&facts, request, policy)
    }
}

fn op_at_any_time(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    Dated(|device, _| joined_at(device, LONG_AGO)).lifecycle_op(facts, request, policy)
}

/// The facts of a publish to which any entries are a continuation.
fn without_entries(facts: &DirectoryFacts) -> DirectoryFacts {
    let mut facts = facts.clone();
    if let Some(stored) = &mut facts.stored {
        stored.devices.clear();
    }
    facts
}

fn under_any_key(facts: &DirectoryFacts, request: &DirectoryRequest, policy: &Policy) -> Published {
    presented_key(&without_entries(facts), request, policy)
}

fn unsigned(facts: &DirectoryFacts, request: &DirectoryRequest, policy: &Policy) -> Published {
    no_signature(&without_entries(facts), request, policy)
}

fn any_entries(facts: &DirectoryFacts, request: &DirectoryRequest, policy: &Policy) -> Published {
    let checks = without(DIRECTORY, &[Rule::DirectoryEntriesKept]);
    publish_directory_by(&checks, facts, request, policy)
}

/// The devices of every directory that was refused.
#[derive(Default)]
struct Credulous(Mutex<BTreeMap<DeviceId, DeviceFacts>>);

impl Credulous {
    fn remember(&self, document: &[u8]) {
        let Ok(directory) = Canonical::<DeviceDirectory>::decode(document) else {
            return;
        };
        // A panic elsewhere can't leave an entry half written, so a poisoned lock is still sound.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in directory.into_value().core.devices {
            let device = DeviceFacts {
                key: entry.dsk_public,
                added_at: entry.added_at,
                revoked_at: entry.revoked_at,
            };
            known.insert(entry.device_id, device);
        }
    }

    fn known(&self, device: DeviceId) -> Option<DeviceFacts> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&device).cloned()
    }
}

impl Judge for Credulous {
    fn publish_directory(
        &self,
        facts: &DirectoryFacts,
        request: &DirectoryRequest,
        policy: &Policy,
    ) -> Published {
        publish_directory(facts, request, policy).inspect_err(|_| self.remember(&request.document))
    }

    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Opened {
        let mut facts = facts.clone();
        let named = request.body.manifest_envelope.created_by_device;
        facts.device = facts.device.or_else(|| self.known(named));
        create_session(&facts, request, policy)
    }
}

fn not_asked_again(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&[Rule::EnvelopeStillHolds], facts, policy)
}
