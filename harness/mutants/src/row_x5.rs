//! Row X5: servers that keep, log or answer what they should not have received.
//!
//! What the scan can't see is not planted: a server that keeps a secret under a cipher, or compressed.

use crate::Mutant;
use crate::decisions::{
    CONTRACT, Finalized, Opened, create_without, left_behind, malformed, with_effects,
};
use crate::diaries::{keeps_refused_ops, logs_headers, logs_targets};
use gauntlet_arena::{Beat, Verdict};
use gauntlet_validator::server::{
    AppendFacts, AppendPlan, AppendRequest, CreateRequest, DirectoryFacts, DirectoryPlan,
    DirectoryRequest, Effect, FinalizeFacts, Policy, Refusal, Rejection, Session, SessionFacts,
    append_chunk, create_session, finalize, publish_directory,
};
use gauntlet_wire::id::UserId;
use gauntlet_wire::json::{CreateSession, parse_strict};
use gauntlet_wire::rule::Rule;
use uuid::Uuid;

/// What every mutant here has in common: nothing of it shows in any account.
const SHOWN: Mutant = Mutant {
    id: "",
    rows: &["X5"],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::TransientDamage,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// An account that nobody has: a version-7 id.
const NOBODY: UserId = UserId::new(Uuid::from_u128(0x018f_2b1c_0000_7000_8000_6e6f_626f_6479));

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "rowX5-refused-bodies-logged",
        about: "A body that can't be read is logged, to find out why.",
        killers: &[
            "key-in-an-unknown-member",
            "key-in-the-envelope",
            "caption-for-a-number",
            "photo-for-a-body",
        ],
        plant: |ports| CONTRACT.with_parse(logs_the_body).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX5-refused-openings-logged",
        about: "An opening that is refused is logged with all of its members.",
        killers: &[
            "caption-for-a-content-type",
            "caption-for-a-client-version",
            "caption-for-a-retention",
        ],
        plant: |ports| CONTRACT.with_create(logs_the_opening).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX5-refused-openings-filed",
        about: "An opening that is refused is kept in the database, where no account sees it.",
        killers: &[
            "caption-for-a-content-type",
            "caption-for-a-client-version",
            "caption-for-a-retention",
        ],
        plant: |ports| CONTRACT.with_create(files_the_opening).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX5-refused-directories-logged",
        about: "A directory that is refused is logged in hexadecimal digits.",
        killers: &["seed-in-the-directory"],
        plant: |ports| CONTRACT.with_directory(logs_the_directory).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX5-refused-ops-kept",
        about: "What a refused op brings stays in a file.",
        killers: &["sidecar-in-a-refused-op"],
        plant: keeps_refused_ops,
        ..SHOWN
    },
    Mutant {
        id: "rowX5-refused-chunk-kept",
        invariant: Some(12),
        about: "A chunk is written before its checksum is compared, and stays in the temporary file.",
        killers: &["photo-in-a-refused-chunk"],
        plant: |ports| CONTRACT.with_append(writes_first).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX5-failed-upload-kept",
        invariant: Some(14),
        about: "The bytes of an upload that fails stay in the temporary file.",
        killers: &["photo-in-place-of-its-ciphertext"],
        plant: |ports| CONTRACT.with_finalize(keeps_the_bytes).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX5-free-text-taken",
        about: "Fields of the envelope that no rule reads are stored, whatever they hold.",
        killers: &["caption-for-a-client-version", "caption-for-a-retention"],
        plant: |ports| CONTRACT.with_create(takes_free_text).plant(ports),
        ..SHOWN
    },
    Mutant {
        id: "rowX5-targets-logged",
        about: "The access log holds path and query as they came.",
        killers: &["key-in-the-path", "key-in-the-query"],
        plant: logs_targets,
        ..SHOWN
    },
    Mutant {
        id: "rowX5-headers-logged",
        about: "The access log holds every header.",
        killers: &["key-in-a-header", "key-for-a-checksum"],
        plant: logs_headers,
        ..SHOWN
    },
    Mutant {
        id: "rowX5-refusals-quote",
        about: "A refusal quotes what it refuses.",
        killers: &[
            "caption-for-a-number",
            "caption-for-a-content-type",
            "key-for-a-checksum",
        ],
        plant: |ports| {
            CONTRACT
                .with_parse(quotes_the_member)
                .with_create(quotes_the_content_type)
                .with_append(quotes_the_checksum)
                .plant(ports)
        },
        ..SHOWN
    },
];

type Appended = Result<AppendPlan, Refusal>;

fn logs_the_body(body: &[u8]) -> Result<CreateSession, Rejection> {
    parse_strict(body).map_err(|error| {
        match str::from_utf8(body) {
            Ok(text) => tracing::warn!(text, "not understood"),
            Err(_) => tracing::warn!(?body, "not understood"),
        }
        malformed(&error)
    })
}

fn logs_the_opening(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_session(facts, request, policy)
        .inspect_err(|_| tracing::info!(body = ?request.body, "refused"))
}

fn files_the_opening(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_session(facts, request, policy).map_err(|mut refusal| {
        let session = left_behind(facts, request, policy);
        refusal.effects.extend(session.map(|session| {
            Effect::OpenSession(Box::new(Session {
                uploader: NOBODY,
                owner: NOBODY,
                ..*session
            }))
        }));
        refusal
    })
}

fn logs_the_directory(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    policy: &Policy,
) -> Result<DirectoryPlan, Refusal> {
    publish_directory(facts, request, policy).inspect_err(|_| {
        let digits = request.document.iter().map(|byte| format!("{byte:02X}"));
        tracing::info!(document = digits.collect::<String>(), "refused");
    })
}

fn writes_first(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Appended {
    append_chunk(facts, request, policy).map_err(|refusal| {
        let received = facts.session.as_ref().map(|session| session.received);
        let write = received.map(|offset| Effect::Write {
            offset,
            length: request.length,
        });
        with_effects(Rule::ChecksumMatches, refusal, |effects| {
            effects.into_iter().chain(write).collect()
        })
    })
}

fn keeps_the_bytes(facts: &FinalizeFacts, policy: &Policy) -> Finalized {
    finalize(facts, policy).map_err(|mut refusal| {
        refusal
            .effects
            .retain(|effect| *effect != Effect::DiscardBytes);
        refusal
    })
}

fn takes_free_text(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_without(&[Rule::BodyWellFormed], facts, request, policy)
}

fn quotes_the_member(body: &[u8]) -> Result<CreateSession, Rejection> {
    match serde_json::from_slice::<CreateSession>(body) {
        Err(error) => Err(malformed(&error)),
        Ok(_) => parse_strict(body).map_err(|error| malformed(&error)),
    }
}

fn quotes_the_content_type(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    create_session(facts, request, policy)
        .map_err(|refusal| quoting(refusal, Rule::ContentTypeKnown, &request.body.content_type))
}

fn quotes_the_checksum(facts: &AppendFacts, request: &AppendRequest, policy: &Policy) -> Appended {
    append_chunk(facts, request, policy).map_err(|refusal| {
        let stated = request.checksum.join(", ");
        quoting(refusal, Rule::ChecksumMatches, &stated)
    })
}

fn quoting(mut refusal: Refusal, rule: Rule, quoted: &str) -> Refusal {
    if refusal.rejection.rule == rule {
        let detail = &mut refusal.rejection.detail;
        *detail = format!("{quoted}: {detail}");
    }
    refusal
}
