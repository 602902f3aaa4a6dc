//! Row 17: servers that take an epoch which is over, or which nobody attests.

use crate::Mutant;
use crate::decisions::{Finalized, Judged, finalize_without, op_without};
use crate::durability::epochs_in_memory;
use gauntlet_arena::{Beat, Verdict};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{
    AssetFacts, EpochFacts, FinalizeFacts, OpFacts, OpRequest, Policy, finalize, lifecycle_op,
};
use gauntlet_wire::enums::Action;
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::ProtocolVersion;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["17"],
    invariant: Some(18),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// Every attack with an epoch that is over.
const BELOW: &[&str] = &[
    "create-below-the-epoch",
    "create-below-the-epoch-after-a-restart",
    "create-below-the-epoch-in-an-elder-album",
    "replace-below-the-epoch",
    "update-below-the-epoch",
    "update-below-the-epoch-in-an-elder-album",
    "delete-below-the-epoch",
];

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row17-no-lower-bound",
        about: "Any attested epoch is taken, however many the album has left behind.",
        killers: BELOW,
        plant: |ports| {
            believing(
                ports,
                Belief {
                    lower: |_, _| None,
                    ..CONTRACT
                },
            )
        },
        ..SHOWN
    },
    Mutant {
        id: "row17-lower-bound-per-asset",
        about: "An epoch is compared with the newest record of its own asset, and not of its album.",
        killers: BELOW,
        plant: |ports| {
            believing(
                ports,
                Belief {
                    lower: |_, asset| asset.head.as_ref().map(|head| head.epoch),
                    ..CONTRACT
                },
            )
        },
        ..SHOWN
    },
    Mutant {
        id: "row17-no-upper-bound",
        about: "What the ledger does not attest is taken unverified, whatever its number.",
        killers: &[
            "create-above-the-epoch",
            "create-above-the-epoch-in-an-elder-album",
            "create-far-above-the-epoch",
            "replace-above-the-epoch",
            "replace-far-above-the-epoch",
            "update-above-the-epoch",
            "update-far-above-the-epoch",
            "delete-above-the-epoch",
            "delete-above-the-epoch-in-an-elder-album",
            "delete-far-above-the-epoch",
        ],
        plant: |ports| {
            believing(
                ports,
                Belief {
                    unattested: |_, _| true,
                    ..CONTRACT
                },
            )
        },
        ..SHOWN
    },
    Mutant {
        id: "row17-ledger-not-consulted",
        about: "The server counts epochs itself: the one after the newest that it has accepted is known.",
        killers: &[
            "create-above-the-epoch",
            "create-above-the-epoch-in-an-elder-album",
            "replace-above-the-epoch",
            "update-above-the-epoch",
            "delete-above-the-epoch",
            "delete-above-the-epoch-in-an-elder-album",
        ],
        plant: |ports| {
            believing(
                ports,
                Belief {
                    unattested: |epoch, facts| {
                        facts
                            .accepted
                            .is_some_and(|accepted| epoch <= accepted.saturating_add(1))
                    },
                    ..CONTRACT
                },
            )
        },
        ..SHOWN
    },
    Mutant {
        id: "row17-uploads-unguarded",
        about: "The epoch is asked for where an op is judged, and not where an upload is finalized.",
        killers: &[
            "create-below-the-epoch",
            "create-below-the-epoch-in-an-elder-album",
            "create-above-the-epoch",
            "create-far-above-the-epoch",
            "replace-below-the-epoch",
            "replace-above-the-epoch",
            "replace-far-above-the-epoch",
        ],
        plant: |ports| unguarded(ports, |place| place.upload),
        ..SHOWN
    },
    Mutant {
        id: "row17-replaces-unguarded",
        about: "The epoch is asked for wherever a record is judged, but for a replace.",
        killers: &[
            "replace-below-the-epoch",
            "replace-above-the-epoch",
            "replace-far-above-the-epoch",
        ],
        plant: |ports| unguarded(ports, |place| place.action == Action::Replace.as_str()),
        ..SHOWN
    },
    Mutant {
        id: "row17-ops-unguarded",
        about: "The epoch is asked for where an upload is finalized, and not where an op is judged.",
        killers: &[
            "update-below-the-epoch",
            "update-above-the-epoch",
            "update-far-above-the-epoch",
            "delete-below-the-epoch",
            "delete-above-the-epoch",
            "delete-far-above-the-epoch",
        ],
        plant: |ports| unguarded(ports, |place| !place.upload),
        ..SHOWN
    },
    Mutant {
        id: "row17-elder-albums-unguarded",
        about: "The epoch is asked for in albums of version B, and not in those of version A.",
        killers: &[
            "create-below-the-epoch-in-an-elder-album",
            "create-above-the-epoch-in-an-elder-album",
            "update-below-the-epoch-in-an-elder-album",
            "delete-above-the-epoch-in-an-elder-album",
        ],
        plant: |ports| unguarded(ports, |place| place.protocol == ProtocolVersion::A.as_str()),
        ..SHOWN
    },
    Mutant {
        id: "row17-accepted-epoch-lost-on-restart",
        about: "The newest epoch of an album is remembered until the server is started again.",
        killers: &["create-below-the-epoch-after-a-restart"],
        plant: epochs_in_memory,
        ..SHOWN
    },
    Mutant {
        id: "row17-newest-write-is-the-ceiling",
        about: "A write in the epoch of before ends the ones that were attested since.",
        killers: &["update-in-the-epoch-of-before"],
        plant: |ports| Ports {
            judge: Arc::new(Ceilings::default()),
            ..ports
        },
        ..SHOWN
    },
];

/// Where a record is judged.
struct Place<'a> {
    /// By an upload, or by an op.
    upload: bool,
    action: &'a str,
    protocol: &'a str,
}

impl<'a> Place<'a> {
    fn of(upload: bool, envelope: &'a ManifestEnvelope) -> Self {
        Self {
            upload,
            action: &envelope.action,
            protocol: &envelope.protocol_version,
        }
    }
}

/// What a server takes for known of an album's epochs.
#[derive(Clone, Copy)]
struct Belief {
    /// The epoch that a write may not fall below.
    lower: fn(&EpochFacts, &AssetFacts) -> Option<u32>,
    /// Whether an epoch that the ledger does not attest is taken: there is no key to verify it by.
    unattested: fn(u32, &EpochFacts) -> bool,
    /// Where that is believed.
    place: fn(Place<'_>) -> bool,
}

/// What the contract believes.
const CONTRACT: Belief = Belief {
    lower: |epochs, _| epochs.accepted,
    unattested: |_, _| false,
    place: |_| true,
};

fn believing(ports: Ports, belief: Belief) -> Ports {
    Ports {
        judge: Arc::new(belief),
        ..ports
    }
}

/// Neither bound holds there.
fn unguarded(ports: Ports, place: fn(Place<'_>) -> bool) -> Ports {
    let belief = Belief {
        lower: |_, _| None,
        unattested: |_, _| true,
        place,
    };
    believing(ports, belief)
}

impl Belief {
    /// What is known of the epoch as this server sees it, and the rules that it can't hold it to.
    fn see(&self, epoch: u32, epochs: &mut EpochFacts, asset: &AssetFacts) -> &'static [Rule] {
        let waved = epochs.write_tier.is_none() && (self.unattested)(epoch, epochs);
        epochs.accepted = (self.lower)(epochs, asset);
        if waved {
            &[Rule::EpochAttested, Rule::WriteSignatureValid]
        } else {
            &[]
        }
    }
}

impl Judge for Belief {
    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        let envelope = &facts.session.envelope;
        if !(self.place)(Place::of(true, envelope)) {
            return finalize(facts, policy);
        }
        let mut seen = facts.clone();
        let asset = &facts.opening.asset;
        let waved = self.see(envelope.amk_version, &mut seen.epochs, asset);
        finalize_without(waved, &seen, policy)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let envelope = &request.body.envelope;
        if !(self.place)(Place::of(false, envelope)) {
            return lifecycle_op(facts, request, policy);
        }
        let mut seen = facts.clone();
        let waved = self.see(envelope.amk_version, &mut seen.epochs, &facts.asset);
        op_without(waved, &seen, request, policy)
    }
}

/// Below which epoch an album is held, once a write has stayed behind its ledger.
#[derive(Default)]
struct Ceilings(Mutex<BTreeMap<AlbumId, u32>>);

impl Ceilings {
    /// The epochs of the album as this server sees them.
    fn held(&self, album: AlbumId, epoch: u32, mut epochs: EpochFacts) -> EpochFacts {
        // A panic elsewhere can't leave an entry half written, so a poisoned lock is still sound.
        let ceilings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ceilings.get(&album).is_some_and(|ceiling| epoch > *ceiling) {
            epochs.write_tier = None;
        }
        epochs
    }

    fn written(&self, album: AlbumId, epoch: u32, epochs: &EpochFacts) {
        if epochs.ceiling.is_some_and(|ceiling| epoch < ceiling) {
            let mut ceilings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            ceilings.insert(album, epoch);
        }
    }
}

impl Judge for Ceilings {
    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        let mut seen = facts.clone();
        let (album, epoch) = (facts.session.album, facts.session.envelope.amk_version);
        seen.epochs = self.held(album, epoch, seen.epochs);
        finalize(&seen, policy)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        let mut seen = facts.clone();
        let (album, epoch) = (request.album, request.body.envelope.amk_version);
        seen.epochs = self.held(album, epoch, seen.epochs);
        let plan = lifecycle_op(&seen, request, policy)?;
        self.written(album, epoch, &facts.epochs);
        Ok(plan)
    }
}
