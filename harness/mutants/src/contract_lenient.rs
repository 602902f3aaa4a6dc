//! The contract's own rows: servers that take what lies just outside a bound for what lies inside, where
//! taking the rule out of its list would change nothing.

use crate::Mutant;
use crate::decisions::{CONTRACT, Judged, Opened};
use crate::without::Without;
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_validator::server::{
    CreateRequest, DirectoryFacts, DirectoryPlan, DirectoryRequest, Handshake, HeldBlob, OpFacts,
    OpRequest, Policy, Refusal, Rejection, SessionFacts, Spoken, create_session, handshake,
    lifecycle_op, publish_directory,
};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::rule::Rule;

/// What most mutants here have in common: the answer is another one, and nothing has changed.
const ANSWERED: Mutant = Mutant {
    id: "",
    rows: &[],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::Nonconforming,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

/// The same where what was refused is there afterwards.
const TAKEN: Mutant = Mutant {
    verdict: Verdict::TransientDamage,
    ..ANSWERED
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "rowI1-first-protocol-header-counts",
        rows: &["I1"],
        invariant: Some(1),
        about: "Of a repeated protocol header the first value counts.",
        killers: &["protocol-twice"],
        plant: |ports| CONTRACT.with_handshake(first_protocol_counts).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "rowI3-hash-cut-to-its-length",
        rows: &["I3"],
        invariant: Some(3),
        about: "A declared hash is cut, or filled up, to the digits that it should have.",
        killers: &["hash-one-digit-short", "hash-one-digit-long"],
        plant: |ports| CONTRACT.with_create(cut_to_length).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "rowI3-hash-in-any-case",
        rows: &["I3"],
        invariant: Some(3),
        about: "A declared hash is read without regard to case.",
        killers: &["hash-in-capitals"],
        plant: |ports| CONTRACT.with_create(in_any_case).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "rowI6-absent-album-as-anothers",
        rows: &["I6"],
        invariant: Some(6),
        about: "An album that is absent is told from one that is another's.",
        killers: &["album-of-nobody"],
        plant: |ports| CONTRACT.with_create(tells_absent_albums).plant(ports),
        ..ANSWERED
    },
    Mutant {
        id: "rowI16-action-of-an-op-not-looked-at",
        rows: &["I16"],
        invariant: Some(16),
        about: "The action of an op is not looked at until its chain is.",
        killers: &["op-action-unknown", "op-creates"],
        plant: |ports| Without(&[Rule::ActionKnown, Rule::ActionFits]).plant(ports),
        ..ANSWERED
    },
    Mutant {
        id: "rowI23-identity-key-optional",
        rows: &["I23"],
        invariant: Some(23),
        about: "Without a stated identity key, the stored one is taken.",
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Rewritten),
        killers: &["directory-without-its-identity-key"],
        plant: |ports| CONTRACT.with_directory(supplies_the_anchor).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "rowE2-finished-session-cancelled",
        rows: &["E2"],
        about: "A session is cancelled whatever its state.",
        killers: &["cancellation-of-a-finished-session"],
        plant: |ports| Without(&[Rule::SessionActive]).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "rowE3-what-comes-besides-passed-over",
        rows: &["E3"],
        about: "A derivative manifest that an update brings is passed over.",
        killers: &["update-with-a-derivative"],
        plant: |ports| CONTRACT.with_op(passes_over).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "rowE3-metadata-on-credit",
        rows: &["E3"],
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        about: "A metadata blob that an update commits to is taken for held.",
        killers: &["metadata-not-held"],
        plant: |ports| CONTRACT.with_op(on_credit).plant(ports),
        ..TAKEN
    },
    Mutant {
        id: "rowE5-cut-intent-refused-for-its-proposer",
        rows: &["E5"],
        about: "An intent is looked at for the first time when its proposer is.",
        killers: &["intent-cut-short"],
        plant: |ports| Without(&[Rule::UpgradeWellFormed]).plant(ports),
        ..ANSWERED
    },
];

fn first_protocol_counts(request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
    let mut request = request.clone();
    request.protocol.truncate(1);
    handshake(&request, policy)
}

/// The opening with its two statements of the hash rewritten.
fn with_hash(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
    rewrite: fn(&str) -> String,
) -> Opened {
    let mut request = request.clone();
    let body = &mut request.body;
    for hash in [&mut body.hash, &mut body.manifest_envelope.ciphertext_hash] {
        *hash = rewrite(hash);
    }
    create_session(facts, &request, policy)
}

fn cut_to_length(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    with_hash(facts, request, policy, |hash| format!("{hash:0<64.64}"))
}

fn in_any_case(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    with_hash(facts, request, policy, str::to_lowercase)
}

fn tells_absent_albums(facts: &SessionFacts, request: &CreateRequest, policy: &Policy) -> Opened {
    create_session(facts, request, policy).map_err(|mut refusal| {
        if facts.album.is_none() && refusal.rejection.rule == Rule::AlbumWritable {
            refusal.rejection.rule = Rule::AlbumAvailable;
        }
        refusal
    })
}

type Published = Result<DirectoryPlan, Refusal>;

fn supplies_the_anchor(
    facts: &DirectoryFacts,
    request: &DirectoryRequest,
    policy: &Policy,
) -> Published {
    let mut request = request.clone();
    let stored = facts.stored.as_ref().map(|stored| stored.anchor.clone());
    request.identity = request.identity.or(stored);
    publish_directory(facts, &request, policy)
}

fn passes_over(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let mut request = request.clone();
    if request.body.metadata.is_some() {
        request.body.derivative = None;
    }
    lifecycle_op(facts, &request, policy)
}

fn on_credit(facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
    let mut facts = facts.clone();
    if let Some(hash) = request.body.envelope.metadata_blob_hash {
        facts.asset.blobs.push(HeldBlob {
            role: BlobRole::Metadata,
            hash,
            prior: request.body.envelope.prior_provenance_hash,
        });
    }
    lifecycle_op(&facts, request, policy)
}
