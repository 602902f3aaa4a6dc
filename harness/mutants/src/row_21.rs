//! Row 21: servers that take another metadata blob than the manifest commits to, or lose one.

use crate::Mutant;
use crate::decisions::{
    CONTRACT, Finalized, Judged, Opened, create_without, finalize_without, op_without,
};
use crate::partial::partly;
use crate::repeats::repeat_taking;
use crate::row_04::taken_for;
use crate::row_12::skips_the_suite;
use crate::spelling::{by_its_beginning, in_any_case, reading_hashes};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{
    CreateRequest, Effect, FinalizeFacts, OpFacts, OpPlan, OpRequest, Policy, SessionFacts,
    finalize, lifecycle_op,
};
use gauntlet_wire::cbor::{Canonical, Value};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::json::ManifestEnvelope;
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

/// Bytes of suite, nonce and tag: no metadata blob is shorter (`formats.md` §6).
const SHORTEST: usize = 30;

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["21"],
    invariant: Some(25),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// The same where bytes that were acknowledged are gone.
const LOST: Mutant = Mutant {
    invariant: Some(14),
    verdict: Verdict::IrreparableDamage,
    harm: Some(Harm::Lost),
    ..SHOWN
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row21-blob-not-compared-by-op",
        about: "The metadata blob of an update need not be the one that its manifest commits to.",
        killers: &[
            "metadata-other-than-committed",
            "older-metadata-in-place-of-the-new",
        ],
        plant: |ports| CONTRACT.with_op(any_metadata).plant(ports),
        // The honest blob then comes with a record that is there already, and is taken for a repeat.
        invariant: Some(25),
        ..LOST
    },
    Mutant {
        id: "row21-metadata-swapped-under-its-record",
        about: "A repeat of an update shows its record with the metadata blob that comes along.",
        killers: &[
            "other-metadata-under-an-accepted-record",
            "other-metadata-under-an-accepted-record-in-an-elder-album",
        ],
        plant: |ports| CONTRACT.with_op(swaps_on_repeat).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row21-blob-not-compared-at-the-opening",
        about: "A metadata blob that is uploaded need not be the one that its envelope commits to.",
        killers: &["metadata-uploaded-past-its-commitment"],
        plant: |ports| CONTRACT.with_create(any_metadata_opens).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row21-older-metadata-uploaded-again",
        about: "A metadata blob that is held already may be uploaded in the place of the one committed to.",
        killers: &["older-metadata-uploaded"],
        plant: |ports| CONTRACT.with_create(held_metadata_opens).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row21-commitment-not-compared-at-finalization",
        about: "A record need not commit to the metadata blob that its envelope names.",
        killers: &["record-committing-to-other-metadata"],
        plant: |ports| CONTRACT.with_finalize(any_commitment).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row21-metadata-not-hashed",
        about: "The declared hash of a metadata blob becomes its content address without being recomputed.",
        killers: &[
            "metadata-bytes-other-than-declared",
            "metadata-bytes-other-than-declared-in-an-elder-album",
        ],
        plant: |ports| {
            partly(
                ports,
                |role, _| role == BlobRole::Metadata,
                |ports| CONTRACT.with_finalize(trusts_the_hash).plant(ports),
            )
        },
        ..LOST
    },
    Mutant {
        id: "row21-metadata-not-hashed-in-elder-albums",
        about: "In albums of version A, whose manifests do not commit to it, a metadata blob is not hashed.",
        killers: &["metadata-bytes-other-than-declared-in-an-elder-album"],
        plant: |ports| {
            partly(
                ports,
                |role, protocol| role == BlobRole::Metadata && protocol.formats() == Formats::A,
                |ports| CONTRACT.with_finalize(trusts_the_hash).plant(ports),
            )
        },
        ..LOST
    },
    Mutant {
        id: "row21-suite-of-the-header-not-compared",
        invariant: Some(2),
        about: "The suite header of an update is not read at all.",
        killers: &["suite-of-the-header-alone"],
        plant: |ports| CONTRACT.with_handshake(skips_the_suite).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row21-suite-of-the-envelope-not-compared",
        invariant: Some(2),
        about: "The suite of an update is its manifest's, whatever its envelope says.",
        killers: &["suite-of-the-envelope-alone"],
        plant: |ports| CONTRACT.with_op(suite_of_the_manifest).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row21-suite-of-the-manifest-not-compared",
        invariant: Some(2),
        about: "The suite of an update is its envelope's, whatever its manifest says.",
        killers: &["suite-of-the-manifest-alone"],
        plant: |ports| CONTRACT.with_op(suite_of_the_envelope).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row21-hash-in-capitals-taken",
        invariant: Some(3),
        about: "A hash may be spelled in capitals.",
        killers: &[
            "metadata-hash-in-capitals",
            "metadata-hash-in-capitals-by-op",
        ],
        plant: |ports| reading_hashes(ports, in_any_case),
        ..SHOWN
    },
    Mutant {
        id: "row21-part-of-a-hash-suffices",
        invariant: Some(3),
        about: "A hash that lacks its end is taken for the one that the manifest commits to.",
        killers: &["metadata-hash-cut"],
        plant: |ports| reading_hashes(ports, by_its_beginning),
        ..SHOWN
    },
    Mutant {
        id: "row21-garbage-of-an-op-dropped",
        about: "A metadata blob that comes with an op and is too short to be one is acknowledged and not kept.",
        killers: &["garbage-metadata-by-op"],
        plant: |ports| CONTRACT.with_op(keeps_what_may_be_sound).plant(ports),
        ..LOST
    },
    Mutant {
        id: "row21-uploaded-garbage-dropped",
        about: "A metadata blob that is uploaded and too short to be one is acknowledged and not kept.",
        beat: Beat::Recovery,
        killers: &["garbage-metadata-uploaded"],
        plant: |ports| {
            CONTRACT
                .with_finalize(finishes_what_may_be_sound)
                .plant(ports)
        },
        ..LOST
    },
    Mutant {
        id: "row21-nonce-reuse-accepted",
        invariant: None,
        about: "A replace may be sealed under the nonce prefix of an earlier original.",
        killers: &[
            "replace-with-a-used-nonce-prefix",
            "replace-with-an-older-nonce-prefix",
        ],
        plant: |ports| CONTRACT.with_finalize(any_nonce_prefix).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row21-last-nonce-prefix-alone-remembered",
        invariant: None,
        about: "Of the nonce prefixes of an asset the last alone is remembered.",
        killers: &["replace-with-an-older-nonce-prefix"],
        plant: |ports| CONTRACT.with_finalize(last_nonce_prefix).plant(ports),
        ..SHOWN
    },
];

const COMMITMENT: [Rule; 1] = [Rule::MetadataHashMatches];

fn any_metadata(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_without(&COMMITMENT, facts, request, policy)
}

/// Stores and shows the metadata that a repeat brings; the record is in its place already.
fn swaps_on_repeat(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let taken = |effect: &Effect| {
        matches!(
            effect,
            Effect::StoreBlob { .. } | Effect::BindBlob { .. } | Effect::Publish(_)
        )
    };
    repeat_taking(taken, facts, request, policy)
}

fn any_metadata_opens(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_without(&COMMITMENT, facts, request, policy)
}

fn held_metadata_opens(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let held =
        facts.asset.blobs.iter().any(|blob| {
            blob.role == BlobRole::Metadata && blob.hash.to_string() == request.body.hash
        });
    let rules: &[Rule] = match held {
        true => &[Rule::MetadataHashMatches, Rule::BlobNew],
        false => &[],
    };
    create_without(rules, facts, request, policy)
}

fn any_commitment(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&COMMITMENT, facts, policy)
}

fn trusts_the_hash(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&[Rule::HashMatches], facts, policy)
}

fn any_nonce_prefix(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&[Rule::NoncePrefixFresh], facts, policy)
}

fn last_nonce_prefix(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    let mut facts = facts.clone();
    let asset = &mut facts.opening.asset;
    let last = asset.head.as_ref().map(|head| head.original.nonce_prefix);
    asset.nonce_prefixes = last.into_iter().collect();
    finalize(&facts, policy)
}

fn suite_of_the_manifest(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let mut request = request.clone();
    let record = Canonical::<ProvenanceRecord>::decode(&request.body.record);
    if let Ok(record) = record {
        let suite = record.value().manifest.core.crypto_suite_id;
        request.body.envelope.crypto_suite_id = suite.0;
    }
    lifecycle_op(facts, &request, policy)
}

fn suite_of_the_envelope(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    taken_for(request.body.clone(), named_suite, facts, request, policy)
}

fn named_suite(_: &OpFacts, envelope: &ManifestEnvelope) -> Vec<(&'static str, Value)> {
    vec![("crypto_suite_id", envelope.crypto_suite_id.into())]
}

fn keeps_what_may_be_sound(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let mut judged = lifecycle_op(facts, request, policy)?;
    let short = request
        .body
        .metadata
        .as_ref()
        .is_some_and(|blob| blob.len() < SHORTEST);
    if let (OpPlan::Accepted { effects, .. }, true) = (&mut judged, short) {
        let dropped = request.metadata_hash();
        effects.retain(|effect| match effect {
            Effect::StoreBlob { hash, .. } | Effect::BindBlob { hash, .. } => {
                Some(*hash) != dropped
            }
            _ => true,
        });
    }
    Ok(judged)
}

fn finishes_what_may_be_sound(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    let mut effects = finalize(facts, policy)?;
    if facts.session.role == BlobRole::Metadata && facts.length < SHORTEST as u64 {
        let kept = |effect: &Effect| {
            !matches!(effect, Effect::PromoteBlob { .. } | Effect::BindBlob { .. })
        };
        effects.retain(kept);
    }
    Ok(effects)
}
