//! Row 20: servers that believe a device which the directory does not vouch for.

use crate::Mutant;
use crate::decisions::{CONTRACT, Judged, Opened, left_behind, op_without};
use crate::partial::{for_records, in_elder_albums, partly};
use gauntlet_arena::{Beat, Verdict};
use gauntlet_crypto::sign::HybridSigner;
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    CreateRequest, DeviceFacts, DirectoryFacts, DirectoryPlan, DirectoryRequest, Effect,
    FinalizeFacts, OpFacts, OpRequest, Policy, Refusal, SessionFacts, create_session, finalize,
    lifecycle_op, publish_directory,
};
use gauntlet_wire::id::DeviceId;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["20"],
    invariant: Some(7),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row20-any-users-device",
        about: "A device counts as the caller's own if any user's directory lists it.",
        killers: &["device-of-another-user"],
        plant: |ports| Ports {
            judge: Arc::new(AnyDirectory::default()),
            ..ports
        },
        ..SHOWN
    },
    Mutant {
        id: "row20-directory-not-consulted",
        about: "A device that the directory does not list is taken for one that it does.",
        killers: &["device-of-nobody", "device-of-another-user"],
        plant: |ports| believing(ports, missing_is_listed),
        ..SHOWN
    },
    Mutant {
        id: "row20-revocation-ignored",
        about: "A revoked device goes on as if nothing had happened.",
        killers: &["device-revoked", "update-by-a-revoked-device"],
        plant: |ports| believing(ports, never_revoked),
        ..SHOWN
    },
    Mutant {
        id: "row20-joining-not-compared",
        about: "A device is listed or not; when it joined is not compared with the write.",
        killers: &["device-that-joins-later"],
        plant: |ports| believing(ports, joined_long_ago),
        ..SHOWN
    },
    Mutant {
        id: "row20-stored-before-checked",
        about: "The session's row is there before the device is looked up, and outlives the refusal.",
        killers: &["device-of-nobody", "device-revoked"],
        plant: |ports| CONTRACT.with_create(row_before_device).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row20-device-looked-up-for-photos-alone",
        about: "The device is looked up when a photo is uploaded, and not for its provenance record.",
        killers: &["device-of-nobody-for-the-record"],
        plant: |ports| {
            partly(ports, for_records, |ports| {
                believing(ports, missing_is_listed)
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "row20-device-looked-up-in-new-albums-alone",
        about: "The device is looked up in albums of version B, and not in those of version A.",
        killers: &["device-of-nobody-in-an-elder-album"],
        plant: |ports| {
            partly(ports, in_elder_albums, |ports| {
                believing(ports, missing_is_listed)
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "row20-device-not-looked-up-for-ops",
        about: "An op may name a device that the directory does not list; whose signature it carries nobody can tell.",
        killers: &[
            "update-by-a-device-of-nobody",
            "delete-by-a-device-of-another-user",
        ],
        plant: |ports| CONTRACT.with_op(by_any_device).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row20-revocation-ignored-for-ops",
        about: "A revoked device uploads nothing more, and goes on with ops.",
        killers: &["update-by-a-revoked-device"],
        plant: |ports| CONTRACT.with_op(by_revoked_devices).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row20-revocation-of-ops-by-client-time",
        about: "For ops, a revocation is compared with the op's own date, and not with the server's clock.",
        killers: &["delete-by-a-revoked-device-backdated"],
        plant: |ports| CONTRACT.with_op(by_its_date).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row20-revocation-by-client-time",
        about: "A revocation is compared with the write's own date, and not with the server's clock.",
        killers: &["device-revoked-backdated"],
        plant: |ports| {
            CONTRACT
                .with_create(revoked_by_its_date)
                .with_finalize(finalized_by_its_date)
                .plant(ports)
        },
        ..SHOWN
    },
];

/// The facts as they would be, were it the time that the write is dated.
fn revoked_by_its_date(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let mut facts = facts.clone();
    facts.device = dated(facts.device, &request.body.manifest_envelope.timestamp);
    create_session(&facts, request, policy)
}

fn finalized_by_its_date(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    let mut facts = facts.clone();
    facts.opening.device = dated(facts.opening.device, &facts.session.envelope.timestamp);
    finalize(&facts, policy)
}

fn by_any_device(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    if facts.device.is_some() {
        return lifecycle_op(facts, request, policy);
    }
    let rules = [Rule::DeviceListed, Rule::DeviceSignatureValid];
    op_without(&rules, facts, request, policy)
}

fn by_revoked_devices(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_without(&[Rule::DeviceNotRevoked], facts, request, policy)
}

fn by_its_date(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let mut facts = facts.clone();
    facts.device = dated(facts.device, &request.body.envelope.timestamp);
    lifecycle_op(&facts, request, policy)
}

/// The device without a revocation that comes after `date`.
fn dated(device: Option<DeviceFacts>, date: &str) -> Option<DeviceFacts> {
    let date: Timestamp = date.parse().ok()?;
    let before = |at: &Timestamp| at.instant() <= date.instant();
    device.map(|device| DeviceFacts {
        revoked_at: device.revoked_at.filter(before),
        ..device
    })
}

/// What the server takes for known of the device that a write names.
type Belief = fn(Option<DeviceFacts>) -> Option<DeviceFacts>;

fn missing_is_listed(device: Option<DeviceFacts>) -> Option<DeviceFacts> {
    device.or_else(long_listed)
}

fn never_revoked(device: Option<DeviceFacts>) -> Option<DeviceFacts> {
    device.map(|device| DeviceFacts {
        revoked_at: None,
        ..device
    })
}

fn joined_long_ago(device: Option<DeviceFacts>) -> Option<DeviceFacts> {
    let ancient = long_listed()?.added_at;
    device.map(|device| DeviceFacts {
        added_at: ancient,
        ..device
    })
}

fn long_listed() -> Option<DeviceFacts> {
    // Whose key that is will not matter: the write is refused, or it was taken long before.
    Some(DeviceFacts {
        key: HybridSigner::from_seed(&[0x5A; 64]).public().clone(),
        added_at: "1970-01-01T00:00:00Z".parse().ok()?,
        revoked_at: None,
    })
}

fn believing(ports: Ports, belief: Belief) -> Ports {
    Ports {
        judge: Arc::new(Believing(belief)),
        ..ports
    }
}

struct Believing(Belief);

impl Judge for Believing {
    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Opened {
        let mut facts = facts.clone();
        facts.device = (self.0)(facts.device);
        create_session(&facts, request, policy)
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
        let mut facts = facts.clone();
        facts.opening.device = (self.0)(facts.opening.device);
        finalize(&facts, policy)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let mut facts = facts.clone();
        facts.device = (self.0)(facts.device);
        lifecycle_op(&facts, request, policy)
    }
}

/// Looks a device up in the directories of all users.
#[derive(Default)]
struct AnyDirectory(Mutex<BTreeMap<DeviceId, DeviceFacts>>);

impl AnyDirectory {
    fn listed(&self, device: DeviceId) -> Option<DeviceFacts> {
        // A panic elsewhere can't leave an entry half written, so a poisoned lock is still sound.
        let listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        listed.get(&device).cloned()
    }
}

impl Judge for AnyDirectory {
    fn publish_directory(
        &self,
        facts: &DirectoryFacts,
        request: &DirectoryRequest,
        policy: &Policy,
    ) -> Result<DirectoryPlan, Refusal> {
        let plan = publish_directory(facts, request, policy)?;
        let mut listed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for entry in &plan.directory.value().core.devices {
            let device = DeviceFacts {
                key: entry.dsk_public.clone(),
                added_at: entry.added_at.clone(),
                revoked_at: entry.revoked_at.clone(),
            };
            listed.insert(entry.device_id, device);
        }
        Ok(plan)
    }

    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Opened {
        let mut facts = facts.clone();
        let named = request.body.manifest_envelope.created_by_device;
        facts.device = facts.device.or_else(|| self.listed(named));
        create_session(&facts, request, policy)
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
        let mut facts = facts.clone();
        let named = facts.session.envelope.created_by_device;
        facts.opening.device = facts.opening.device.or_else(|| self.listed(named));
        finalize(&facts, policy)
    }
}

fn row_before_device(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_session(facts, request, policy).map_err(|mut refusal| {
        let by_device = [Rule::DeviceListed, Rule::DeviceNotRevoked];
        if by_device.contains(&refusal.rejection.rule) {
            let session = left_behind(facts, request, policy);
            refusal.effects.extend(session.map(Effect::OpenSession));
        }
        refusal
    })
}
