//! Row 8: servers on which a derivative takes the place of another, or is not what it says.

use crate::Mutant;
use crate::decisions::{CONTRACT, Finalized, Judged, Opened, finalize_without, op_without};
use crate::derivatives::{
    Tie, continues_the_head, is_called_what_it_is, keyed_by_asset, op_unverified,
    reading_derivatives, tied_but_for, upserting, with_head,
};
use crate::partial::partly;
use crate::repeats::repeat_taking;
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{
    CreatePlan, CreateRequest, Effect, FinalizeFacts, OpFacts, OpRequest, Policy, SessionFacts,
    create_session, lifecycle_op,
};
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

/// What every mutant here has in common: a derivative stands where it should not.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["8"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// The same where the good one is gone.
const LOST: Mutant = Mutant {
    verdict: Verdict::IrreparableDamage,
    harm: Some(Harm::Lost),
    ..SHOWN
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row08-derivative-head-not-compared",
        invariant: Some(17),
        about: "A derivative is taken whatever it continues.",
        killers: &[
            "second-thumbnail-as-an-add",
            "second-thumbnail-as-an-add-in-an-elder-album",
            "thumbnail-added-over-the-head",
            "thumbnail-replaced-without-a-prior",
            "thumbnail-replaced-on-a-stale-head",
            "thumbnail-replaced-before-it-was-added",
        ],
        plant: |ports| CONTRACT.with_op(any_derivative_head).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row08-derivative-head-free-in-elder-albums",
        invariant: Some(17),
        about: "In albums of version A, a derivative is taken whatever it continues.",
        killers: &["second-thumbnail-as-an-add-in-an-elder-album"],
        plant: |ports| CONTRACT.with_op(any_elder_derivative_head).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row08-derivative-links-not-compared",
        invariant: Some(17),
        about: "A replace is taken where a derivative is there, whichever it continues.",
        killers: &[
            "thumbnail-replaced-without-a-prior",
            "thumbnail-replaced-on-a-stale-head",
        ],
        plant: |ports| CONTRACT.with_op(any_derivative_prior).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row08-add-and-replace-alike",
        about: "An add may continue a derivative, as if it were a replace.",
        killers: &["thumbnail-added-over-the-head"],
        plant: |ports| CONTRACT.with_op(add_and_replace_alike).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row08-derivative-swapped-under-its-record",
        about: "A repeat of an op puts the derivative that it brings in the place of the one that was accepted.",
        killers: &["another-thumbnail-under-an-accepted-record"],
        plant: |ports| CONTRACT.with_op(swaps_on_repeat).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row08-upsert-by-asset-and-role",
        about: "Of an asset and a role one derivative is kept: the newest, whatever it continues.",
        killers: &[
            "second-thumbnail-as-an-add",
            "thumbnail-replaced-on-a-stale-head",
            "thumbnail-in-another-format",
        ],
        plant: |ports| upserting(ports, |chain| (chain.asset_id, Some(chain.role))),
        ..LOST
    },
    Mutant {
        id: "row08-upsert-by-asset",
        about: "Of an asset one derivative is kept: the newest, whatever it is and continues.",
        killers: &[
            "preview-beside-the-thumbnail",
            "thumbnail-in-another-format",
        ],
        plant: |ports| upserting(ports, |chain| (chain.asset_id, None)),
        ..LOST
    },
    Mutant {
        id: "row08-chain-keyed-by-asset",
        about: "All derivatives of an asset are one chain.",
        verdict: Verdict::Nonconforming,
        killers: &["preview-beside-the-thumbnail"],
        plant: keyed_by_asset,
        ..SHOWN
    },
    Mutant {
        id: "row08-old-copy-gives-way-at-the-opening",
        about: "When the upload of another derivative is opened, those that are there are given up.",
        killers: &["corrupt-thumbnail"],
        plant: |ports| CONTRACT.with_create(makes_room).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row08-derivatives-not-hashed",
        invariant: Some(14),
        about: "The declared hash of a derivative becomes its content address without being recomputed.",
        killers: &["corrupt-thumbnail"],
        plant: |ports| {
            partly(
                ports,
                |role, _| role == BlobRole::Derivative,
                |ports| CONTRACT.with_finalize(trusts_the_hash).plant(ports),
            )
        },
        ..LOST
    },
    Mutant {
        id: "row08-derivative-need-not-be-held",
        about: "A derivative is shown whose bytes never came.",
        killers: &["derivative-of-bytes-never-sent"],
        plant: |ports| CONTRACT.with_op(held_or_not).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row08-source-not-bound",
        about: "A derivative may say that it was made from another asset.",
        killers: &["derivative-of-another-asset"],
        plant: |ports| {
            CONTRACT
                .with_op(|facts, request, policy| tied_but_for(Tie::Source, facts, request, policy))
                .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row08-maker-not-bound",
        about: "A derivative may name another device than its op.",
        killers: &["derivative-by-another-device"],
        plant: |ports| {
            CONTRACT
                .with_op(|facts, request, policy| tied_but_for(Tie::Maker, facts, request, policy))
                .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row08-suite-not-bound",
        about: "A derivative may name another suite than its op.",
        killers: &["derivative-in-another-suite"],
        plant: |ports| {
            CONTRACT
                .with_op(|facts, request, policy| tied_but_for(Tie::Suite, facts, request, policy))
                .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row08-formats-of-every-version",
        about: "A derivative may be of a format that the version of its album does not know.",
        killers: &["derivative-of-a-newer-format"],
        plant: |ports| {
            CONTRACT
                .with_op(|facts, request, policy| tied_but_for(Tie::Format, facts, request, policy))
                .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row08-roles-open",
        about: "A derivative of an unknown role is taken for a thumbnail.",
        killers: &["derivative-of-unknown-role"],
        plant: |ports| {
            reading_derivatives(ports, |core| {
                core.insert("role".into(), "thumbnail".into());
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "row08-formats-open",
        about: "A derivative of an unknown format is taken for a JPEG.",
        killers: &["derivative-of-unknown-format"],
        plant: |ports| {
            reading_derivatives(ports, |core| {
                core.insert("format".into(), "image/jpeg".into());
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "row08-embeddings-of-any-model",
        about: "An embedding need not say of which model it is.",
        killers: &["embedding-without-its-model"],
        plant: |ports| {
            reading_derivatives(ports, |core| {
                core.insert("model_id".into(), "any".into());
                core.insert("model_version".into(), "any".into());
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "row08-derivatives-not-verified",
        about: "The signatures of a derivative manifest are not verified.",
        killers: &[
            "derivative-with-garbage-signatures",
            "derivative-without-its-device-signature",
            "derivative-without-its-write-signature",
        ],
        plant: |ports| CONTRACT.with_op(unverified).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row08-write-signature-alone-verified",
        about: "Of the signatures of a derivative manifest the device's is not verified.",
        killers: &["derivative-without-its-device-signature"],
        plant: |ports| CONTRACT.with_op(device_unverified).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row08-device-signature-alone-verified",
        about: "Of the signatures of a derivative manifest the write-tier's is not verified.",
        killers: &["derivative-without-its-write-signature"],
        plant: |ports| CONTRACT.with_op(write_unverified).plant(ports),
        ..SHOWN
    },
];

const HEAD: [Rule; 1] = [Rule::DerivativeHeadCurrent];

fn any_derivative_head(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_without(&HEAD, facts, request, policy)
}

fn any_elder_derivative_head(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    match request.spoken.protocol.formats() {
        Formats::A => any_derivative_head(facts, request, policy),
        Formats::B => lifecycle_op(facts, request, policy),
    }
}

fn any_derivative_prior(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    with_head(is_called_what_it_is, facts, request, policy)
}

fn add_and_replace_alike(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    with_head(continues_the_head, facts, request, policy)
}

fn unverified(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let rules = [Rule::DeviceSignatureValid, Rule::WriteSignatureValid];
    op_unverified(&rules, facts, request, policy)
}

fn device_unverified(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_unverified(&[Rule::DeviceSignatureValid], facts, request, policy)
}

fn write_unverified(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_unverified(&[Rule::WriteSignatureValid], facts, request, policy)
}

/// Stores and links the derivative that a repeat brings; the record is in its place already.
fn swaps_on_repeat(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let taken = |effect: &Effect| {
        matches!(
            effect,
            Effect::StoreBlob { .. } | Effect::BindBlob { .. } | Effect::AdvanceDerivative { .. }
        )
    };
    repeat_taking(taken, facts, request, policy)
}

fn held_or_not(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    match request.body.derivative {
        Some(_) => op_without(&[Rule::BlobsHeld], facts, request, policy),
        None => lifecycle_op(facts, request, policy),
    }
}

fn makes_room(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let mut plan = create_session(facts, request, policy)?;
    let replaces = request.body.manifest_envelope.action == Action::DerivativeReplace.as_str();
    if let (CreatePlan::Open { effects, .. }, true) = (&mut plan, replaces) {
        let asset = request.body.manifest_envelope.file_id;
        let held = facts.asset.blobs.iter();
        let held = held.filter(|blob| blob.role == BlobRole::Derivative);
        effects.extend(held.map(|blob| Effect::UnbindBlob {
            asset,
            role: blob.role,
            hash: blob.hash,
        }));
    }
    Ok(plan)
}

fn trusts_the_hash(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&[Rule::HashMatches], facts, policy)
}
