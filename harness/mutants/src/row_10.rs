//! Row 10: servers that open one upload twice, charge it twice, or tell of what another account holds.
//!
//! Equivalent to the reference, and so not planted: a check and an insert in one transaction without the
//! unique key behind them. The store's one writer lets no second opening in between.

use crate::{Mutant, duplicates, presence};
use gauntlet_arena::{Beat, Verdict};

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["10"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// The same where the answer alone is another than the contract's.
const ANSWERED: Mutant = Mutant {
    verdict: Verdict::Nonconforming,
    ..SHOWN
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row10-check-and-insert-apart",
        about: "Whether a session is open is looked up before the transaction that opens one, and no unique key stands behind it.",
        killers: &["openings-at-once", "openings-at-once-then-a-kill"],
        plant: duplicates::checked_apart,
        ..SHOWN
    },
    Mutant {
        id: "row10-conflict-is-a-fault",
        about: "Whether a session is open is looked up too early, and what the unique key then refuses is answered 500.",
        killers: &["openings-at-once"],
        plant: duplicates::conflict_is_a_fault,
        ..ANSWERED
    },
    Mutant {
        id: "row10-conflict-is-a-refusal",
        about: "Whether a session is open is looked up too early, and what the unique key then refuses is answered 409.",
        killers: &["openings-at-once"],
        plant: duplicates::conflict_refused,
        ..ANSWERED
    },
    Mutant {
        id: "row10-open-sessions-in-memory",
        about: "Which sessions are open is known to the memory of the process alone, and no unique key stands behind it.",
        killers: &["openings-at-once-then-a-kill"],
        plant: duplicates::known_in_memory,
        ..SHOWN
    },
    Mutant {
        id: "row10-reserved-per-request",
        about: "An opening that finds its session open reserves its bytes once more.",
        killers: &["openings-at-once"],
        plant: duplicates::reserved_per_request,
        ..SHOWN
    },
    Mutant {
        id: "row10-charged-per-reference",
        about: "Bytes that an account holds are charged again for every album that they are brought to.",
        beat: Beat::Recovery,
        killers: &["own-bytes-into-another-album"],
        plant: duplicates::charged_per_reference,
        ..SHOWN
    },
    Mutant {
        id: "row10-known-bytes-are-a-fault",
        about: "An opening for bytes that are stored already, by whomever and wherever, is answered 500.",
        killers: &[
            "bytes-that-another-account-holds",
            "own-bytes-into-another-album",
        ],
        plant: duplicates::known_bytes_are_a_fault,
        ..ANSWERED
    },
    Mutant {
        id: "row10-deduplicated-over-accounts",
        about: "Bytes that any account holds are a duplicate.",
        killers: &[
            "bytes-that-another-account-holds",
            "probing-for-anothers-bytes",
        ],
        plant: presence::deduplicated_over_accounts,
        ..ANSWERED
    },
    Mutant {
        id: "row10-unreserved-over-accounts",
        about: "An opening for bytes that any account holds reserves nothing.",
        killers: &["probing-for-anothers-bytes"],
        plant: presence::unreserved_over_accounts,
        ..ANSWERED
    },
    Mutant {
        id: "row10-unreadable-is-gone",
        about: "A blob that the caller may not read is 410, and one that is not there 404.",
        killers: &["probing-for-anothers-bytes"],
        plant: presence::unreadable_is_gone,
        ..ANSWERED
    },
    Mutant {
        id: "row10-verified-for-anyone",
        about: "Storage verify says of any account's asset which blobs it refers to.",
        killers: &["probing-for-anothers-bytes"],
        plant: presence::verified_for_anyone,
        ..ANSWERED
    },
];
