//! Row 16: servers that let the past be written anew.

use crate::Mutant;
use crate::decisions::{
    CONTRACT, Decisions, Finalized, Judged, Opened, create_without, finalize_without, op_without,
    replacing,
};
use crate::overwriting::overwriting;
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{
    Broken, ChainLink, Check, CreateRequest, DIRECTORY, DirectoryFacts, DirectoryPlan,
    DirectoryRequest, FinalizeFacts, OpFacts, OpRequest, Policy, Refusal, SessionFacts,
    create_session, finalize, lifecycle_op, publish_directory_by,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::enums::{Action, BlobRole};
use gauntlet_wire::rule::Rule;

/// What every mutant here has in common: what everyone saw is no longer in the history.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["16"],
    invariant: Some(17),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::IrreparableDamage,
    harm: Some(Harm::Rewritten),
    killers: &[],
    plant: |ports| ports,
};

/// Records out of the chain, one or many.
const OUT_OF_CHAIN: &[&str] = &["update-on-an-older-head", "history-rebuilt-from-the-create"];

pub(crate) const MUTANTS: &[Mutant] = &[
    // The honest update on the old head is taken as well, and everyone sees the chain that they know.
    Mutant {
        id: "row16-links-not-compared",
        about: "An op is taken whatever it continues.",
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: OUT_OF_CHAIN,
        plant: |ports| CONTRACT.with_op(any_link).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row16-last-record-may-be-rewritten",
        about: "An op may continue the record before the head, and so take the place of the head.",
        killers: OUT_OF_CHAIN,
        plant: |ports| CONTRACT.with_op(last_but_one_too).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row16-create-starts-another-history",
        about: "A create is taken for an asset that has a history, as if it had none.",
        killers: &["create-anew-over-the-chain"],
        plant: |ports| starting_anew().plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row16-last-signature-counts",
        about: "Of two records that say the same at the same position the one that came last counts.",
        killers: &["record-signed-again"],
        plant: |ports| CONTRACT.with_op(last_signature_counts).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row16-record-overwritten",
        invariant: Some(14),
        about: "A record is stored at the address that it declares, over whatever is there.",
        killers: &[
            "record-declared-as-an-earlier-one",
            "record-declared-as-that-of-an-op",
        ],
        plant: |ports| {
            let decisions = CONTRACT
                .with_create(any_address_opens)
                .with_finalize(any_address_is_final);
            overwriting(decisions.plant(ports))
        },
        ..SHOWN
    },
    Mutant {
        id: "row16-retired-key-pruned",
        invariant: None,
        about: "A directory need not list every device that was published, as long as those that it lists are unchanged.",
        killers: &["directory-without-a-retired-device"],
        plant: |ports| CONTRACT.with_directory(some_devices).plant(ports),
        ..SHOWN
    },
];

const HEAD: [Rule; 1] = [Rule::HeadCurrent];

fn any_link(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_without(&HEAD, facts, request, policy)
}

fn last_but_one_too(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let prior = request.body.envelope.prior_provenance_hash;
    let before = facts.asset.head.as_ref().and_then(|head| head.prior);
    if prior.is_some() && prior == before {
        any_link(facts, request, policy)
    } else {
        lifecycle_op(facts, request, policy)
    }
}

fn starting_anew() -> Decisions {
    CONTRACT
        .with_create(create_opens_anew)
        .with_finalize(create_is_final_anew)
}

fn create_opens_anew(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    if request.body.manifest_envelope.action == Action::Create.as_str() {
        create_without(&HEAD, facts, request, policy)
    } else {
        create_session(facts, request, policy)
    }
}

fn create_is_final_anew(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    if facts.session.envelope.action == Action::Create.as_str() {
        finalize_without(&HEAD, facts, policy)
    } else {
        finalize(facts, policy)
    }
}

/// The op as it would be judged, had the head not been written yet that says the same.
fn last_signature_counts(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let envelope = &request.body.envelope;
    let says_the_same = |head: &&ChainLink| {
        head.prior == envelope.prior_provenance_hash
            && head.action.as_str() == envelope.action
            && head.metadata == envelope.metadata_blob_hash
    };
    let head = facts.asset.head.as_ref().filter(says_the_same);
    let Some((head, prior)) = head.and_then(|head| Some((head, head.prior?))) else {
        return lifecycle_op(facts, request, policy);
    };
    let mut facts = facts.clone();
    facts.asset.head = Some(ChainLink {
        link: prior,
        ..head.clone()
    });
    lifecycle_op(&facts, request, policy)
}

fn any_address_opens(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    if request.body.blob_role == BlobRole::Provenance.as_str() {
        create_without(&[Rule::BlobNew], facts, request, policy)
    } else {
        create_session(facts, request, policy)
    }
}

fn any_address_is_final(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    if facts.session.role == BlobRole::Provenance {
        finalize_without(&[Rule::HashMatches], facts, policy)
    } else {
        finalize(facts, policy)
    }
}

fn some_devices(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    policy: &Policy,
) -> Result<DirectoryPlan, Refusal> {
    let continues = Check {
        rule: Rule::DirectoryEntriesKept,
        holds: keeps_what_it_lists,
    };
    let checks = replacing(DIRECTORY, continues);
    publish_directory_by(&checks, facts, request, policy)
}

/// Every entry of a published device is there to the letter, or not at all.
fn keeps_what_it_lists(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let unsound = || Broken::because("an entry is not as it was published");
    let directory = Canonical::<DeviceDirectory>::decode(&request.document)
        .map_err(|_| unsound())?
        .into_value();
    let stored = facts
        .stored
        .as_ref()
        .map(|stored| stored.devices.as_slice());
    let kept = directory.core.devices.iter().all(|entry| {
        let mut published = stored.unwrap_or_default().iter();
        let published = published.find(|held| held.device_id == entry.device_id);
        published.is_none_or(|held| held == entry)
    });
    kept.then_some(()).ok_or_else(unsound)
}
