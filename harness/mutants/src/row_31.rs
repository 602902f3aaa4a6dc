//! Row 31: servers that take a directory which does not continue the published one.

use crate::Mutant;
use crate::decisions::{CONTRACT, replacing, without};
use crate::durability::marks_in_memory;
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_crypto::verify::{Half, verify};
use gauntlet_validator::server::{
    Broken, Check, DIRECTORY, DirectoryFacts, DirectoryPlan, DirectoryRequest, Policy, Refusal,
    StoredDirectory, publish_directory, publish_directory_by,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::directory::DeviceDirectory;
use gauntlet_wire::rule::Rule;

/// What a publish comes to.
pub(crate) type Published = Result<DirectoryPlan, Refusal>;

/// What every mutant here has in common: another directory stands in place of the one that everyone
/// read.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["31"],
    invariant: Some(23),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// The same where the forged directory takes the number that the honest successor needs: the author can
/// never publish again.
const TAKEN: Mutant = Mutant {
    verdict: Verdict::IrreparableDamage,
    harm: Some(Harm::Rewritten),
    ..SHOWN
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row31-number-not-compared",
        about: "A directory replaces the published one whatever its number.",
        killers: &["directory-number-again", "directory-number-behind"],
        plant: |ports| CONTRACT.with_directory(any_number).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row31-equal-number-with-other-bytes",
        about: "A directory of the published number replaces the published one.",
        killers: &["directory-number-again"],
        plant: |ports| CONTRACT.with_directory(equal_number).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row31-number-outside-the-signature",
        about: "The signature is held to cover everything but the number.",
        killers: &["directory-number-raised-unsigned"],
        plant: |ports| CONTRACT.with_directory(number_unsigned).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "row31-presented-key-is-the-anchor",
        about: "The signature is verified under the key that the header presents, whoever published first.",
        killers: &["directory-under-another-identity"],
        plant: |ports| CONTRACT.with_directory(presented_key).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "row31-signature-not-verified",
        about: "The header's key is compared with the anchor, and the signature is not verified.",
        killers: &[
            "directory-number-raised-unsigned",
            "directory-signed-by-another",
        ],
        plant: |ports| CONTRACT.with_directory(no_signature).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "row31-ed25519-alone-verified",
        about: "Of the signature only the Ed25519 half is verified.",
        killers: &["directory-without-ml-dsa"],
        plant: |ports| CONTRACT.with_directory(ed25519_alone).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "row31-ed25519-not-asked-for",
        about: "A signature whose Ed25519 half does not verify is waved through.",
        killers: &["directory-without-ed25519"],
        plant: |ports| CONTRACT.with_directory(ed25519_not_asked_for).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "row31-any-user-in-the-document",
        about: "The document may be of another user than the caller.",
        killers: &["directory-of-another-user"],
        plant: |ports| CONTRACT.with_directory(of_any_user).plant(ports),
        // It lands with an account that nobody here has, where nobody looks.
        verdict: Verdict::Nonconforming,
        ..SHOWN
    },
    Mutant {
        id: "row31-entries-mutable",
        rows: &["31", "16"],
        invariant: None,
        about: "A directory need not keep the entries that were published.",
        killers: &[
            "directory-entry-cleared",
            "directory-entry-rekeyed",
            "directory-without-a-retired-device",
        ],
        plant: |ports| CONTRACT.with_directory(any_entries).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "row31-mark-lost-on-restart",
        about: "The published number is remembered until the server is started again, and not longer.",
        killers: &["directory-number-again-after-a-restart"],
        plant: marks_in_memory,
        ..SHOWN
    },
];

fn any_number(facts: &DirectoryFacts, request: &DirectoryRequest, policy: &Policy) -> Published {
    let checks = without(DIRECTORY, &[Rule::DirectoryAdvances]);
    publish_directory_by(&checks, facts, request, policy)
}

fn any_entries(facts: &DirectoryFacts, request: &DirectoryRequest, policy: &Policy) -> Published {
    let checks = without(DIRECTORY, &[Rule::DirectoryEntriesKept]);
    publish_directory_by(&checks, facts, request, policy)
}

fn equal_number(facts: &DirectoryFacts, request: &DirectoryRequest, policy: &Policy) -> Published {
    let stored = facts.stored.clone().map(|stored| StoredDirectory {
        version: stored.version.saturating_sub(1),
        ..stored
    });
    publish_directory(&DirectoryFacts { stored }, request, policy)
}

pub(crate) fn presented_key(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    policy: &Policy,
) -> Published {
    let stored = facts.stored.clone().map(|stored| StoredDirectory {
        anchor: request.identity.clone().unwrap_or(stored.anchor),
        ..stored
    });
    publish_directory(&DirectoryFacts { stored }, request, policy)
}

fn number_unsigned(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    policy: &Policy,
) -> Published {
    let anchored = Check {
        rule: Rule::DirectoryAnchored,
        holds: anchored_but_for_the_number,
    };
    publish_directory_by(&replacing(DIRECTORY, anchored), facts, request, policy)
}

/// The signature holds for the document, or for the document with the number of the stored one.
fn anchored_but_for_the_number(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    _: &Policy,
) -> Result<(), Broken> {
    let unsigned = || Broken::because("the signature does not verify");
    let mut directory = Canonical::<DeviceDirectory>::decode(&request.document)
        .map_err(|_| unsigned())?
        .into_value();
    let presented = request.identity.as_ref().ok_or_else(unsigned)?;
    let stored = facts.stored.as_ref();
    let key = stored.map_or(presented, |stored| &stored.anchor);
    let numbers = [
        Some(directory.core.directory_version),
        stored.map(|stored| stored.version),
    ];
    let holds = numbers.into_iter().flatten().any(|number| {
        directory.core.directory_version = number;
        verify(key, &directory.core.signed_bytes(), &directory.signature).is_ok()
    });
    holds.then_some(()).ok_or_else(unsigned)
}

fn ed25519_alone(facts: &DirectoryFacts, request: &DirectoryRequest, policy: &Policy) -> Published {
    let anchored = Check {
        rule: Rule::DirectoryAnchored,
        holds: |facts, request, _| forgiving(Half::MlDsa65, facts, request),
    };
    publish_directory_by(&replacing(DIRECTORY, anchored), facts, request, policy)
}

fn ed25519_not_asked_for(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    policy: &Policy,
) -> Published {
    let anchored = Check {
        rule: Rule::DirectoryAnchored,
        holds: |facts, request, _| forgiving(Half::Ed25519, facts, request),
    };
    publish_directory_by(&replacing(DIRECTORY, anchored), facts, request, policy)
}

/// The header is the anchor, and the signature verifies but for what `half` would say.
fn forgiving(half: Half, facts: &DirectoryFacts, request: &DirectoryRequest) -> Result<(), Broken> {
    header_is_the_anchor(facts, request, &Policy::default())?;
    let unsigned = || Broken::because("the signature does not verify");
    let directory = Canonical::<DeviceDirectory>::decode(&request.document)
        .map_err(|_| unsigned())?
        .into_value();
    let key = request.identity.as_ref().ok_or_else(unsigned)?;
    match verify(key, &directory.core.signed_bytes(), &directory.signature) {
        Err(error) if error.half != half => Err(unsigned()),
        _ => Ok(()),
    }
}

/// Verifies the signature under the caller's anchor, whoever the document is of.
fn of_any_user(facts: &DirectoryFacts, request: &DirectoryRequest, policy: &Policy) -> Published {
    let checks = without(DIRECTORY, &[Rule::DirectoryWellFormed]);
    publish_directory_by(&checks, facts, request, policy)
}

pub(crate) fn no_signature(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    policy: &Policy,
) -> Published {
    let anchored = Check {
        rule: Rule::DirectoryAnchored,
        holds: header_is_the_anchor,
    };
    publish_directory_by(&replacing(DIRECTORY, anchored), facts, request, policy)
}

fn header_is_the_anchor(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    _: &Policy,
) -> Result<(), Broken> {
    match (&facts.stored, &request.identity) {
        (Some(stored), Some(presented)) if stored.anchor == *presented => Ok(()),
        (None, Some(_)) => Ok(()),
        _ => Err(Broken::because("the identity key is not the anchor")),
    }
}
