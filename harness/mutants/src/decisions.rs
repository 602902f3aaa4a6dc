//! A judge made of single decisions, so that a mutant states the one that it makes differently.

use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server as validator;
use gauntlet_validator::server::{
    AppendFacts, AppendPlan, AppendRequest, Check, CreatePlan, CreateRequest, DirectoryFacts,
    DirectoryPlan, DirectoryRequest, Effect, FINALIZE, FinalizeFacts, Handshake, OP_ADMISSION,
    OP_SHAPE, OpFacts, OpPlan, OpRequest, OpRules, Policy, PurgeFacts, RECORD, Refusal, Rejection,
    Session, SessionFacts, Spoken,
};
use gauntlet_wire::json::{self, CreateSession};
use gauntlet_wire::rule::Rule;
use std::sync::Arc;

/// What the opening of a session comes to.
pub(crate) type Opened = Result<CreatePlan, Refusal>;

/// What an op comes to.
pub(crate) type Judged = Result<OpPlan, Refusal>;

/// What a finalization comes to.
pub(crate) type Finalized = Result<Vec<Effect>, Refusal>;

type HandshakeBy = fn(&Handshake, &Policy) -> Result<Spoken, Rejection>;
type ParseBy = fn(&[u8]) -> Result<CreateSession, Rejection>;
type CreateBy = fn(&SessionFacts, &CreateRequest, &Policy) -> Opened;
type AppendBy = fn(&AppendFacts, &AppendRequest, &Policy) -> Result<AppendPlan, Refusal>;
type DirectoryBy =
    fn(&DirectoryFacts, &DirectoryRequest, &Policy) -> Result<DirectoryPlan, Refusal>;
type FinalizeBy = fn(&FinalizeFacts, &Policy) -> Finalized;

type OpBy = fn(&OpFacts, &OpRequest, &Policy) -> Judged;
type PurgeBy = fn(&PurgeFacts, &Policy) -> Vec<Effect>;

/// The decisions that mutants replace; the others are the contract's.
#[derive(Clone, Copy)]
pub(crate) struct Decisions {
    handshake: HandshakeBy,
    parse: ParseBy,
    create: CreateBy,
    append: AppendBy,
    finalize: FinalizeBy,
    directory: DirectoryBy,
    op: OpBy,
    purge: PurgeBy,
}

/// Every decision as the contract makes it.
pub(crate) const CONTRACT: Decisions = Decisions {
    handshake: validator::handshake,
    parse: parse_strictly,
    create: validator::create_session,
    append: validator::append_chunk,
    finalize: validator::finalize,
    directory: validator::publish_directory,
    op: validator::lifecycle_op,
    purge: validator::purge,
};

fn parse_strictly(body: &[u8]) -> Result<CreateSession, Rejection> {
    json::parse_strict(body).map_err(|error| malformed(&error))
}

/// The refusal of a body that can't be read.
pub(crate) fn malformed(error: &impl ToString) -> Rejection {
    Rejection::new(Rule::BodyWellFormed, error.to_string())
}

impl Decisions {
    pub(crate) fn with_handshake(self, handshake: HandshakeBy) -> Self {
        Self { handshake, ..self }
    }

    pub(crate) fn with_parse(self, parse: ParseBy) -> Self {
        Self { parse, ..self }
    }

    pub(crate) fn with_create(self, create: CreateBy) -> Self {
        Self { create, ..self }
    }

    pub(crate) fn with_append(self, append: AppendBy) -> Self {
        Self { append, ..self }
    }

    pub(crate) fn with_finalize(self, finalize: FinalizeBy) -> Self {
        Self { finalize, ..self }
    }

    pub(crate) fn with_directory(self, directory: DirectoryBy) -> Self {
        Self { directory, ..self }
    }

    pub(crate) fn with_op(self, op: OpBy) -> Self {
        Self { op, ..self }
    }

    pub(crate) fn with_purge(self, purge: PurgeBy) -> Self {
        Self { purge, ..self }
    }

    /// The reference's ports, judged by these decisions.
    pub(crate) fn plant(self, ports: Ports) -> Ports {
        Ports {
            judge: Arc::new(self),
            ..ports
        }
    }
}

impl Judge for Decisions {
    fn handshake(&self, request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
        (self.handshake)(request, policy)
    }

    fn parse_create_session(&self, body: &[u8]) -> Result<CreateSession, Rejection> {
        (self.parse)(body)
    }

    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Result<CreatePlan, Refusal> {
        (self.create)(facts, request, policy)
    }

    fn append_chunk(
        &self,
        facts: &AppendFacts,
        request: &AppendRequest,
        policy: &Policy,
    ) -> Result<AppendPlan, Refusal> {
        (self.append)(facts, request, policy)
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Finalized {
        (self.finalize)(facts, policy)
    }

    fn publish_directory(
        &self,
        facts: &DirectoryFacts,
        request: &DirectoryRequest,
        policy: &Policy,
    ) -> Result<DirectoryPlan, Refusal> {
        (self.directory)(facts, request, policy)
    }

    fn lifecycle_op(&self, facts: &OpFacts, request: &OpRequest, policy: &Policy) -> Judged {
        (self.op)(facts, request, policy)
    }

    fn purge(&self, facts: &PurgeFacts, policy: &Policy) -> Vec<Effect> {
        (self.purge)(facts, policy)
    }
}

/// A check list without the checks of `rules`.
pub(crate) fn without<F, R>(checks: &[Check<F, R>], rules: &[Rule]) -> Vec<Check<F, R>> {
    checks
        .iter()
        .copied()
        .filter(|check| !rules.contains(&check.rule))
        .collect()
}

/// The opening of a session, judged without the checks of `rules`.
pub(crate) fn create_without(
    rules: &[Rule],
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Opened {
    let checks = without(validator::CREATE_SESSION, rules);
    validator::create_session_by(&checks, facts, request, policy)
}

/// A finalization, judged without the checks of `rules`.
pub(crate) fn finalize_without(
    rules: &[Rule],
    facts: &FinalizeFacts,
    policy: &Policy,
) -> Finalized {
    let (checks, record) = (without(FINALIZE, rules), without(RECORD, rules));
    validator::finalize_by(&checks, &record, facts, policy)
}

/// The op table of the contract, to be altered in one part.
pub(crate) const OP_TABLE: OpRules<'static> = OpRules {
    shape: OP_SHAPE,
    replay: validator::op_replay,
    admission: OP_ADMISSION,
};

/// An op, judged without the checks of `rules`.
pub(crate) fn op_without(
    rules: &[Rule],
    facts: &OpFacts,
    request: &OpRequest,
    policy: &Policy,
) -> Judged {
    let table = OpRules {
        shape: &without(OP_SHAPE, rules),
        admission: &without(OP_ADMISSION, rules),
        ..OP_TABLE
    };
    validator::lifecycle_op_by(&table, facts, request, policy)
}

/// The session that an opening would have made, had nothing been checked.
pub(crate) fn left_behind(
    facts: &SessionFacts,
    request: &CreateRequest,
    policy: &Policy,
) -> Option<Box<Session>> {
    match validator::create_session_by(&[], facts, request, policy) {
        Ok(CreatePlan::Open { session, .. }) => Some(session),
        _ => None,
    }
}

/// A check list in which the check `instead` takes the place of its rule's own.
pub(crate) fn replacing<F, R>(checks: &[Check<F, R>], instead: Check<F, R>) -> Vec<Check<F, R>> {
    let swap = |check: &Check<F, R>| {
        if check.rule == instead.rule {
            instead
        } else {
            *check
        }
    };
    checks.iter().map(swap).collect()
}

/// A refusal by `rule` with its effects rewritten; every other refusal as it is.
pub(crate) fn with_effects(
    rule: Rule,
    refusal: Refusal,
    rewrite: impl FnOnce(Vec<Effect>) -> Vec<Effect>,
) -> Refusal {
    if refusal.rejection.rule == rule {
        Refusal {
            effects: rewrite(refusal.effects),
            ..refusal
        }
    } else {
        refusal
    }
}
