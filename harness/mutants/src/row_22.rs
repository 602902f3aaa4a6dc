//! Row 22: servers that a repeated delete moves, and purges and collections that take what others need.

use crate::decisions::{CONTRACT, Judged, OP_TABLE};
use crate::{Mutant, journal, row_04, sweeps};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{
    AssetState, OpFacts, OpRequest, OpRules, Policy, lifecycle_op_by, op_replay,
};

/// What every mutant here has in common: bytes that another photo refers to are gone once the trash is
/// emptied.
const TAKEN: Mutant = Mutant {
    id: "",
    rows: &["22"],
    invariant: None,
    about: "",
    beat: Beat::Recovery,
    verdict: Verdict::IrreparableDamage,
    harm: Some(Harm::Lost),
    killers: &[],
    plant: |ports| ports,
};

/// The same where a repeat has an effect of its own.
const REPEATED: Mutant = Mutant {
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    ..TAKEN
};

/// The same where the answer alone is another than the contract's.
const ANSWERED: Mutant = Mutant {
    verdict: Verdict::Nonconforming,
    ..REPEATED
};

/// The attacks that ask for a delete more than once.
const REPEATS: &[&str] = &["delete-again", "deletes-at-once"];

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row22-decremented-per-request",
        about: "A purge takes one reference to every blob of its asset for each time that the delete was asked for.",
        killers: REPEATS,
        plant: journal::taken_per_request,
        ..TAKEN
    },
    Mutant {
        id: "row22-purge-frees-what-is-shared",
        about: "A purge takes every reference to the blobs of its asset, also those of other photos.",
        killers: &[
            "delete-again",
            "deletes-at-once",
            "another-delete-on-the-same-prior",
            "delete-on-the-prior-of-another",
        ],
        plant: journal::takes_what_is_shared,
        ..TAKEN
    },
    Mutant {
        id: "row22-mark-not-looked-at-again",
        about: "A blob that a collection found without references is swept, whatever refers to it by then.",
        killers: &[
            "upload-while-its-bytes-are-collected",
            "update-while-its-metadata-is-collected",
        ],
        plant: sweeps::swept_unseen,
        ..TAKEN
    },
    Mutant {
        id: "row22-credited-per-request",
        about: "A purge gives the bytes of its asset back for each time that the delete was asked for.",
        verdict: Verdict::TransientDamage,
        harm: None,
        killers: REPEATS,
        plant: journal::credited_per_request,
        ..TAKEN
    },
    Mutant {
        id: "row22-replay-mints-a-number",
        about: "A repeated delete is shown once more, under a number of its own.",
        killers: &[
            "delete-again",
            "deletes-at-once",
            "delete-again-after-its-purge",
        ],
        plant: |ports| CONTRACT.with_op(row_04::shows_again).plant(ports),
        ..REPEATED
    },
    Mutant {
        id: "row22-replay-looked-up-too-early",
        about: "Whether an op is a repeat is looked up when it arrives, before the transaction that carries it out.",
        killers: &["deletes-at-once"],
        plant: sweeps::repeats_looked_up_early,
        ..REPEATED
    },
    Mutant {
        id: "row22-replay-refused",
        invariant: Some(17),
        about: "A repeated delete is refused as stale.",
        killers: &[
            "delete-again",
            "deletes-at-once",
            "delete-again-after-its-purge",
        ],
        plant: |ports| CONTRACT.with_op(never_repeats).plant(ports),
        ..ANSWERED
    },
    Mutant {
        id: "row22-replay-forgotten-at-the-purge",
        about: "A repeat is known as long as its asset is in the trash, and refused as stale once it is purged.",
        killers: &["delete-again-after-its-purge"],
        plant: |ports| CONTRACT.with_op(forgets_at_the_purge).plant(ports),
        ..ANSWERED
    },
    Mutant {
        id: "row22-key-without-the-asset",
        about: "A delete is taken for the repeat of any that continued the same record.",
        killers: &[
            "another-delete-on-the-same-prior",
            "delete-on-the-prior-of-another",
        ],
        plant: journal::keyed_by_the_prior,
        ..ANSWERED
    },
    Mutant {
        id: "row22-key-without-the-manifest",
        about: "A delete is taken for the repeat of any of its asset that continued the same record.",
        killers: &["another-delete-on-the-same-prior"],
        plant: journal::keyed_by_asset_and_prior,
        ..ANSWERED
    },
];

fn never_repeats(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let table = OpRules {
        replay: |_, _| None,
        ..OP_TABLE
    };
    lifecycle_op_by(&table, facts, request, policy)
}

fn forgets_at_the_purge(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let table = OpRules {
        replay: |facts, request| {
            let purged = facts.asset.state == AssetState::Purged;
            op_replay(facts, request).filter(|_| !purged)
        },
        ..OP_TABLE
    };
    lifecycle_op_by(&table, facts, request, policy)
}
