//! The contract's own rows: servers that ask for no token on some of their routes.

use crate::Mutant;
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_server::{Asked, Judge, Ports};
use gauntlet_validator::server::{Rejection, TokenFacts, authenticate};
use gauntlet_wire::id::UserId;
use std::sync::{Arc, Mutex, PoisonError};

/// What every mutant here has in common: who presents no token is taken for the account that asked first.
const TAKEN: Mutant = Mutant {
    id: "",
    rows: &["E10"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// The same where the answer is another one, and nothing has changed.
const ANSWERED: Mutant = Mutant {
    verdict: Verdict::Nonconforming,
    ..TAKEN
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "rowE10-feed-unguarded",
        about: "The feed asks for no token, and looks at none that is no good.",
        killers: &["feed-without-a-token", "token-of-garbage"],
        plant: |ports| unguarded(ports, &[("GET", "/v1/sync")]),
        ..ANSWERED
    },
    Mutant {
        id: "rowE10-reads-unguarded",
        about: "No route that only reads asks for a token.",
        killers: &[
            "feed-without-a-token",
            "sessions-without-a-token",
            "query-without-a-token",
            "blob-without-a-token",
            "storage-without-a-token",
            "quota-without-a-token",
            "directory-read-without-a-token",
            "ledger-read-without-a-token",
            "upgrade-status-without-a-token",
        ],
        plant: |ports| unguarded(ports, READS),
        ..ANSWERED
    },
    Mutant {
        id: "rowE10-repeats-unguarded",
        about: "Who says of an album or its ledger what is there already needs no token.",
        killers: &["album-without-a-token", "ledger-without-a-token"],
        plant: |ports| {
            unguarded(
                ports,
                &[
                    ("POST", "/v1/albums"),
                    ("PUT", "/v1/albums/{album_id}/ledger"),
                ],
            )
        },
        ..ANSWERED
    },
    Mutant {
        id: "rowE10-uploads-unguarded",
        about: "No route of an upload asks for a token.",
        killers: &[
            "opening-without-a-token",
            "chunk-without-a-token",
            "cancellation-without-a-token",
        ],
        plant: |ports| {
            unguarded(
                ports,
                &[
                    ("POST", "/v1/upload"),
                    ("PATCH", "/v1/upload/{id}"),
                    ("DELETE", "/v1/upload/{id}"),
                ],
            )
        },
        ..TAKEN
    },
    Mutant {
        id: "rowE10-ops-unguarded",
        about: "An op is taken without a token.",
        killers: &["op-without-a-token"],
        plant: |ports| unguarded(ports, &[("POST", "/v1/albums/{album_id}/ops")]),
        ..TAKEN
    },
    Mutant {
        id: "rowE10-directories-unguarded",
        about: "A directory is published without a token.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &["directory-without-a-token"],
        plant: |ports| unguarded(ports, &[("POST", "/v1/auth/devices/directory")]),
        ..TAKEN
    },
    Mutant {
        id: "rowE10-upgrades-unguarded",
        about: "An upgrade is proposed, completed and ended without a token.",
        killers: &[
            "proposal-without-a-token",
            "completion-without-a-token",
            "abort-without-a-token",
        ],
        plant: |ports| {
            unguarded(
                ports,
                &[
                    ("POST", "/v1/albums/{album_id}/upgrade"),
                    ("DELETE", "/v1/albums/{album_id}/upgrade"),
                    ("POST", "/v1/albums/{album_id}/upgrade/complete"),
                ],
            )
        },
        ..TAKEN
    },
];

/// Operations, by method and route.
type Operations = &'static [(&'static str, &'static str)];

const READS: Operations = &[
    ("GET", "/v1/sync"),
    ("GET", "/v1/upload/sessions"),
    ("HEAD", "/v1/upload/{id}"),
    ("GET", "/v1/blob/{hash}"),
    ("POST", "/v1/storage/verify"),
    ("GET", "/v1/quota"),
    ("GET", "/v1/users/{user_id}/directory"),
    ("GET", "/v1/albums/{album_id}/ledger"),
    ("GET", "/v1/albums/{album_id}/upgrade"),
];

fn unguarded(ports: Ports, open: Operations) -> Ports {
    Ports {
        judge: Arc::new(Unguarded {
            open,
            first: Mutex::default(),
        }),
        ..ports
    }
}

/// Asks for no token where it is open.
struct Unguarded {
    open: Operations,
    /// The account that asked first.
    first: Mutex<Option<UserId>>,
}

impl Judge for Unguarded {
    fn authenticate(
        &self,
        asked: Asked<'_>,
        token: Option<&TokenFacts>,
    ) -> Result<UserId, Rejection> {
        // A panic elsewhere can't leave half an account behind, so a poisoned lock is still sound.
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        match (authenticate(token), *first) {
            (Ok(user), _) => {
                first.get_or_insert(user);
                Ok(user)
            }
            (Err(_), Some(first)) if self.open.contains(&(asked.method, asked.route)) => Ok(first),
            (Err(refused), _) => Err(refused),
        }
    }
}
