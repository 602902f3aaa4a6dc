//! Row 4: servers that let what was true once be true again.

use crate::Mutant;
use crate::decisions::{
    CONTRACT, Finalized, Judged, OP_TABLE, Opened, create_without, finalize_without, op_without,
    without,
};
use crate::reread::{judged_as, reread};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_crypto::verify::verify;
use gauntlet_validator::server::{
    CreateRequest, Effect, FinalizeFacts, OP_ADMISSION, OpBody, OpFacts, OpPlan, OpRequest,
    OpRules, Policy, SessionFacts, create_session, finalize, lifecycle_op, lifecycle_op_by,
    op_replay,
};
use gauntlet_wire::cbor::{Canonical, Value, byte_array};
use gauntlet_wire::enums::Action;
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::rule::Rule;

/// What every mutant here has in common: a delete that everyone saw is no longer in the chain.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["4"],
    invariant: Some(17),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::IrreparableDamage,
    harm: Some(Harm::Rewritten),
    killers: &[],
    plant: |ports| ports,
};

/// The same where the chain of the asset stays what it was.
const REPAIRABLE: Mutant = Mutant {
    verdict: Verdict::TransientDamage,
    harm: None,
    ..SHOWN
};

pub(crate) const MUTANTS: &[Mutant] = &[
    // The honest restore on the old head is taken as well, and everyone sees the chain that they know.
    Mutant {
        id: "row04-head-not-compared",
        about: "A record is taken whatever it continues, and whatever became of its asset.",
        killers: &["never-sent-update-on-an-old-head"],
        plant: |ports| {
            CONTRACT
                .with_create(any_head_opens)
                .with_finalize(any_head_is_final)
                .with_op(any_head)
                .plant(ports)
        },
        ..REPAIRABLE
    },
    Mutant {
        id: "row04-head-compared-for-deletes-alone",
        about: "Of all ops the head is asked of a delete alone.",
        killers: &["never-sent-update-on-an-old-head"],
        plant: |ports| CONTRACT.with_op(head_of_deletes).plant(ports),
        ..REPAIRABLE
    },
    Mutant {
        id: "row04-update-on-any-head",
        about: "A metadata update may continue any record, even behind a delete.",
        killers: &["never-sent-update-on-an-old-head"],
        plant: |ports| CONTRACT.with_op(update_on_any_head).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row04-delete-on-any-head",
        about: "A delete may continue any record, and every other write the head alone.",
        killers: &["delete-on-an-old-head"],
        plant: |ports| CONTRACT.with_op(delete_on_any_head).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row04-restore-on-any-head",
        about: "A restore may continue any record, and every other write the head alone.",
        killers: &["restore-on-an-old-head"],
        plant: |ports| CONTRACT.with_op(restore_on_any_head).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row04-replace-on-any-head",
        about: "A replace may continue any record, and every other write the head alone.",
        killers: &["replace-on-an-old-head"],
        plant: |ports| {
            CONTRACT
                .with_create(replace_opens_on_any_head)
                .with_finalize(replace_is_final_on_any_head)
                .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row04-prior-optional",
        about: "A record that continues nothing is taken to continue the head.",
        killers: &["update-without-a-prior"],
        plant: |ports| CONTRACT.with_op(continues_the_head).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row04-envelope-alone-is-believed",
        invariant: None,
        about: "What an op is about is read from its envelope; of the record the signatures alone count.",
        killers: &["record-of-another-asset"],
        plant: |ports| CONTRACT.with_op(envelope_alone).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row04-create-revives-a-tombstone",
        about: "A create is taken for an asset that was deleted, as if it had never been.",
        killers: &["create-on-a-tombstone"],
        plant: |ports| {
            CONTRACT
                .with_create(create_opens_anew)
                .with_finalize(create_is_final_anew)
                .plant(ports)
        },
        ..SHOWN
    },
    Mutant {
        id: "row04-accepted-record-shown-again",
        invariant: None,
        about: "A record that was accepted before is shown once more, under a number of its own.",
        killers: &["accepted-update-again"],
        plant: |ports| CONTRACT.with_op(shows_again).plant(ports),
        ..REPAIRABLE
    },
    Mutant {
        id: "row04-record-not-compared-with-its-op",
        invariant: None,
        about: "A record that was accepted anywhere in the album is a repeat of any op.",
        verdict: Verdict::Nonconforming,
        killers: &["record-and-metadata-of-another-asset"],
        plant: |ports| CONTRACT.with_op(any_record).plant(ports),
        ..REPAIRABLE
    },
];

const HEAD: [Rule; 1] = [Rule::HeadCurrent];

fn any_head_opens(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_without(&HEAD, facts, request, policy)
}

fn any_head_is_final(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&HEAD, facts, policy)
}

fn any_head(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_without(&HEAD, facts, request, policy)
}

fn head_of_deletes(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    if request.body.envelope.action == Action::Delete.as_str() {
        lifecycle_op(facts, request, policy)
    } else {
        any_head(facts, request, policy)
    }
}

fn update_on_any_head(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    any_head_of(Action::MetadataUpdate, facts, request, policy)
}

fn delete_on_any_head(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    any_head_of(Action::Delete, facts, request, policy)
}

fn restore_on_any_head(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    any_head_of(Action::TrashRestore, facts, request, policy)
}

/// The head is asked of every op but those of `action`.
fn any_head_of(action: Action, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    if request.body.envelope.action == action.as_str() {
        any_head(facts, request, policy)
    } else {
        lifecycle_op(facts, request, policy)
    }
}

fn replace_opens_on_any_head(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    any_head_opens_for(Action::Replace, facts, request, policy)
}

fn replace_is_final_on_any_head(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    any_head_is_final_for(Action::Replace, facts, policy)
}

fn continues_the_head(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let mut body = request.body.clone();
    let head = facts.asset.head_link();
    if body.envelope.prior_provenance_hash.is_some() || head.is_none() {
        return lifecycle_op(facts, request, policy);
    }
    body.envelope.prior_provenance_hash = head;
    taken_for(body, PRIOR, facts, request, policy)
}

fn envelope_alone(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    taken_for(request.body.clone(), EVERYTHING, facts, request, policy)
}

/// Members of a core that are taken from elsewhere.
pub(crate) type Members = fn(&OpFacts, &ManifestEnvelope) -> Vec<(&'static str, Value)>;

const PRIOR: Members = |_, envelope| {
    let prior = envelope.prior_provenance_hash;
    vec![(
        "prior_provenance_hash",
        prior.map(|hash| *hash.as_bytes()).into(),
    )]
};

const EVERYTHING: Members = |facts, envelope| {
    let mut members = PRIOR(facts, envelope);
    members.extend([
        ("file_id", (*envelope.file_id.as_bytes()).into()),
        ("timestamp", envelope.timestamp.as_str().into()),
        ("action", envelope.action.as_str().into()),
        (
            "retention_until",
            envelope.retention_until.as_deref().into(),
        ),
        (
            "metadata_blob_hash",
            envelope
                .metadata_blob_hash
                .map(|hash| *hash.as_bytes())
                .into(),
        ),
    ]);
    if let Some(head) = &facts.asset.head {
        let original = head.original;
        members.extend([
            ("ciphertext_hash", (*original.hash.as_bytes()).into()),
            ("plaintext_size", original.plaintext_size.into()),
            ("nonce_prefix", byte_array(&original.nonce_prefix)),
        ]);
    }
    members
};

/// Judges the op as if the core of its record had these members; its signatures are verified over what
/// they were made for.
pub(crate) fn taken_for(
    mut body: OpBody,
    members: Members,
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    let mut signed = Vec::new();
    let members = members(facts, &body.envelope);
    let read = reread(&body.record, |core| {
        signed = Value::Map(core.clone()).encode();
        // A core of version A lacks some of them.
        let known = |(name, _): &(&str, Value)| core.get_text(name).is_some();
        let members: Vec<_> = members.into_iter().filter(known).collect();
        for (name, value) in members {
            core.insert(name.into(), value);
        }
    });
    let record = read.and_then(|read| {
        let record = Canonical::<ProvenanceRecord>::decode(&read).ok()?;
        let manifest = &record.value().manifest;
        verify(&facts.device.as_ref()?.key, &signed, &manifest.device_sig).ok()?;
        let key = facts.epochs.write_tier.as_ref()?;
        verify(key, &signed, &manifest.write_sig).ok()?;
        Some(record.into_bytes())
    });
    let Some(record) = record else {
        return lifecycle_op(facts, request, policy);
    };
    body.record = record;
    let verified = [Rule::DeviceSignatureValid, Rule::WriteSignatureValid];
    let table = OpRules {
        replay: replay_of_the_asset,
        admission: &without(OP_ADMISSION, &verified),
        ..OP_TABLE
    };
    judged_as(body, &table, facts, request, policy)
}

/// A repeat is one of the asset that the envelope names: the newest record that the feed shows of it.
fn replay_of_the_asset(facts: &OpFacts, request: &OpRequest) -> Option<u64> {
    op_replay(facts, request).filter(|_| {
        let bound = facts.asset.blobs.iter();
        bound
            .map(|blob| blob.hash)
            .any(|hash| hash == request.record_hash())
    })
}

fn create_opens_anew(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    any_head_opens_for(Action::Create, facts, request, policy)
}

fn create_is_final_anew(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    any_head_is_final_for(Action::Create, facts, policy)
}

/// The head is asked of every opening but those of `action`.
fn any_head_opens_for(
    action: Action,
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    if request.body.manifest_envelope.action == action.as_str() {
        any_head_opens(facts, request, policy)
    } else {
        create_session(facts, request, policy)
    }
}

/// The head is asked of every finalization but those of `action`.
fn any_head_is_final_for(action: Action, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    if facts.session.envelope.action == action.as_str() {
        any_head_is_final(facts, policy)
    } else {
        finalize(facts, policy)
    }
}

pub(crate) fn shows_again(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let OpPlan::Replayed { asset, action, .. } = lifecycle_op(facts, request, policy)? else {
        return lifecycle_op(facts, request, policy);
    };
    let table = OpRules {
        replay: |_, _| None,
        admission: &[],
        ..OP_TABLE
    };
    let OpPlan::Accepted { mut effects, .. } = lifecycle_op_by(&table, facts, request, policy)?
    else {
        return lifecycle_op(facts, request, policy);
    };
    effects.retain(|effect| matches!(effect, Effect::Publish(_)));
    Ok(OpPlan::Accepted {
        asset,
        action,
        effects,
    })
}

fn any_record(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let rules = [Rule::RecordAgrees, Rule::EnvelopeAgrees];
    op_without(&rules, facts, request, policy)
}
