//! Row 2: servers that take a content type for another one, or look too late.

use crate::Mutant;
use crate::decisions::{CONTRACT, Opened, create_without};
use crate::partial::{for_records, partly};
use gauntlet_arena::{Beat, Verdict};
use gauntlet_server::Ports;
use gauntlet_validator::server::{
    CreateRequest, Effect, FinalizeFacts, Policy, Refusal, SessionFacts, create_session, finalize,
};
use gauntlet_wire::enums::ContentType;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::version::Formats;

/// What every mutant here has in common.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["2"],
    invariant: Some(5),
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "row02-any-type",
        about: "The content type is not held to any set.",
        killers: &["content-type-outside-the-set", "content-type-empty"],
        plant: |ports| reading::<AnyType>(ports),
        ..SHOWN
    },
    Mutant {
        id: "row02-prefix-match",
        about: "Whatever begins as an image or a video does is taken for a content type of the set.",
        killers: &["content-type-near-miss"],
        plant: |ports| reading::<ByPrefix>(ports),
        ..SHOWN
    },
    Mutant {
        id: "row02-spelling-forgiven",
        about: "Capitals and parameters are taken off before the content type is compared.",
        killers: &["content-type-in-capitals", "content-type-with-a-parameter"],
        plant: |ports| reading::<Forgiving>(ports),
        ..SHOWN
    },
    Mutant {
        id: "row02-one-set-for-all-versions",
        about: "The newest version's set holds in every album.",
        killers: &["content-type-newer-than-the-album"],
        plant: |ports| reading::<NewestSet>(ports),
        ..SHOWN
    },
    Mutant {
        id: "row02-checked-at-finalization-only",
        about: "The session is opened whatever its content type, which only its finalization looks at.",
        killers: &[
            "content-type-outside-the-set",
            "content-type-near-miss",
            "content-type-newer-than-the-album",
        ],
        plant: |ports| CONTRACT.with_create(opens_any_type).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "row02-records-of-any-type",
        about: "The content type is held to the set for the photo, and not for its provenance record.",
        killers: &["content-type-outside-the-set-for-the-record"],
        plant: |ports| partly(ports, for_records, reading::<AnyType>),
        ..SHOWN
    },
];

/// A type that every version knows.
const KNOWN: &str = "image/jpeg";

/// What a server takes for a content type of the set.
trait Reading {
    fn takes(declared: &str) -> bool;
}

struct AnyType;

impl Reading for AnyType {
    fn takes(_: &str) -> bool {
        true
    }
}

struct ByPrefix;

impl Reading for ByPrefix {
    fn takes(declared: &str) -> bool {
        declared.starts_with("image/") || declared.starts_with("video/")
    }
}

struct Forgiving;

impl Reading for Forgiving {
    fn takes(declared: &str) -> bool {
        let essence = declared.split(';').next().unwrap_or_default();
        let spelled = essence.trim().to_ascii_lowercase();
        ContentType::parse(&spelled, Formats::A).is_ok()
    }
}

struct NewestSet;

impl Reading for NewestSet {
    fn takes(declared: &str) -> bool {
        ContentType::parse(declared, Formats::B).is_ok()
    }
}

fn reading<R: Reading>(ports: Ports) -> Ports {
    CONTRACT
        .with_create(creates::<R>)
        .with_finalize(finalizes::<R>)
        .plant(ports)
}

fn creates<R: Reading>(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    let mut request = request.clone();
    read::<R>(&mut request.body.content_type);
    create_session(facts, &request, policy)
}

fn finalizes<R: Reading>(facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
    let mut facts = facts.clone();
    read::<R>(&mut facts.session.content_type);
    finalize(&facts, policy)
}

fn read<R: Reading>(declared: &mut String) {
    if R::takes(declared) {
        KNOWN.clone_into(declared);
    }
}

fn opens_any_type(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_without(&[Rule::ContentTypeKnown], facts, request, policy)
}
