//! Row X6: servers on which ids are not bound to their first owner for ever.

use crate::Mutant;
use crate::decisions::{CONTRACT, Finalized, Judged, Opened, finalize_without, op_without};
use crate::squatters::{
    forgets, open_to_all, rebinds_albums, takes_any_ledger, tells_of_albums, tells_the_head,
};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{
    AssetState, CreatePlan, CreateRequest, Effect, FinalizeFacts, OpFacts, OpRequest, Policy,
    SessionFacts, create_session,
};
use gauntlet_wire::rule::Rule;

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["X6"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "rowX6-album-rebound",
        about: "An album id belongs to whoever asked for it last.",
        killers: &["album-of-another"],
        plant: rebinds_albums,
        ..SHOWN
    },
    Mutant {
        id: "rowX6-ledger-of-any-album",
        about: "Whoever knows the id of an album can replace its ledger.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &["ledger-of-anothers-album"],
        plant: takes_any_ledger,
        ..SHOWN
    },
    Mutant {
        id: "rowX6-uploads-into-any-album",
        invariant: Some(6),
        about: "Whoever knows the id of an album can upload into it.",
        killers: &["upload-into-anothers-album"],
        plant: |ports| CONTRACT.with_create(into_any_album).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX6-updates-in-any-album",
        invariant: Some(6),
        about: "Whoever knows the id of an album can update its photos, with any write-tier key.",
        killers: &["update-in-anothers-album"],
        plant: |ports| CONTRACT.with_op(in_any_album).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX6-updates-across-albums",
        about: "An update is taken in any album of the caller's, wherever the photo lives.",
        killers: &["update-of-anothers-photo"],
        plant: |ports| CONTRACT.with_op(across_albums).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX6-id-not-bound-to-its-owner",
        about: "An asset id that is bound by another account is free.",
        killers: &["create-under-anothers-id", "create-after-anothers-purge"],
        plant: |ports| forgets(ports, |_, _, same_owner| !same_owner),
        ..SHOWN
    },
    Mutant {
        id: "rowX6-id-not-bound-to-its-album",
        about: "An asset id that is bound in one album is free in another of the same owner.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &["create-under-a-siblings-id"],
        plant: |ports| {
            forgets(ports, |asset, album, same_owner| {
                same_owner && asset.album != Some(album)
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "rowX6-tombstone-forgotten",
        about: "A purge frees the id of its asset.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &["create-after-purge"],
        plant: |ports| forgets(ports, |asset, _, _| asset.state == AssetState::Purged),
        ..SHOWN
    },
    Mutant {
        id: "rowX6-tombstone-forgotten-for-others",
        about: "A purge frees the id of its asset for everyone but its owner.",
        killers: &["create-after-anothers-purge"],
        plant: |ports| {
            forgets(ports, |asset, _, same_owner| {
                asset.state == AssetState::Purged && !same_owner
            })
        },
        ..SHOWN
    },
    Mutant {
        id: "rowX6-id-bound-at-the-opening",
        about: "An asset id is bound by the first session that names it, with or without a byte.",
        killers: &["id-reserved-for-another"],
        plant: |ports| CONTRACT.with_create(binds_at_once).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX6-binding-not-checked-again",
        about: "Whose an asset id is, is asked when a session is opened, and not when it is finalized.",
        killers: &["id-claimed-by-two"],
        plant: |ports| CONTRACT.with_finalize(not_asked_again).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX6-refusal-tells-the-head",
        about: "Who creates under another's id is told the head of the other's chain.",
        killers: &["create-under-anothers-id"],
        plant: |ports| CONTRACT.with_create(tells_the_head).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX6-refusal-tells-of-albums",
        about: "Who may not write to an album is told whether there is one.",
        killers: &["upload-into-anothers-album", "update-in-anothers-album"],
        plant: tells_of_albums,
        ..SHOWN
    },
];

fn into_any_album(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let mut facts = facts.clone();
    facts.album = facts.album.map(open_to_all);
    create_session(&facts, request, policy)
}

fn in_any_album(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let own = facts.album.is_some_and(|album| album.caller_may_write);
    let mut facts = facts.clone();
    facts.album = facts.album.map(open_to_all);
    let layers: &[Rule] = if own {
        &[]
    } else {
        &[Rule::WriteSignatureValid]
    };
    op_without(layers, &facts, request, policy)
}

fn across_albums(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    op_without(&[Rule::AssetIdOwned], facts, request, policy)
}

fn binds_at_once(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let mut plan = create_session(facts, request, policy)?;
    if let CreatePlan::Open { session, effects } = &mut plan
        && facts.asset.album.is_none()
    {
        effects.push(Effect::ClaimAsset {
            asset: session.envelope.file_id,
            album: session.album,
        });
    }
    Ok(plan)
}

fn not_asked_again(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize_without(&[Rule::AssetIdOwned], facts, policy)
}
