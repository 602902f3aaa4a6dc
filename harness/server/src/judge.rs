//! The validator as the server asks it.

use gauntlet_validator::server as validator;
use gauntlet_validator::server::{
    AppendFacts, AppendPlan, AppendRequest, BlobFacts, Collection, CreatePlan, CreateRequest,
    CursorFacts, DirectoryFacts, DirectoryPlan, DirectoryRequest, Effect, FinalizeFacts, Handshake,
    Policy, Refusal, Rejection, Session, SessionAccess, SessionFacts, Spoken,
};
use gauntlet_wire::id::Hash;
use gauntlet_wire::json::{self, CreateSession};
use gauntlet_wire::rule::Rule;

/// Every decision that the server leaves to the validator. The default methods are the contract;
/// another judge overrides the one decision that it makes differently.
///
/// # Errors
/// Each method refuses with the first rule of the contract that the request breaks.
#[expect(
    clippy::missing_errors_doc,
    reason = "said once, above, for all methods"
)]
pub trait Judge: Send + Sync + 'static {
    /// The handshake of every route (`wire.md` §1.1, invariants 1 and 2).
    fn handshake(&self, request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
        validator::handshake(request, policy)
    }

    /// The body of `POST /v1/upload` as strict JSON (`wire.md` §1.3).
    fn parse_create_session(&self, body: &[u8]) -> Result<CreateSession, Rejection> {
        json::parse_strict(body)
            .map_err(|error| Rejection::new(Rule::BodyWellFormed, error.to_string()))
    }

    /// The opening of a session (invariants 1–8).
    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Result<CreatePlan, Refusal> {
        validator::create_session(facts, request, policy)
    }

    /// A chunk (invariants 9–12).
    fn append_chunk(
        &self,
        facts: &AppendFacts,
        request: &AppendRequest,
        policy: &Policy,
    ) -> Result<AppendPlan, Refusal> {
        validator::append_chunk(facts, request, policy)
    }

    /// A finalization (invariants 13–17).
    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
        validator::finalize(facts, policy)
    }

    /// A look at a session.
    fn query_session(&self, access: &SessionAccess, policy: &Policy) -> Result<Session, Refusal> {
        validator::query_session(access, policy)
    }

    /// The end of a session by its own account.
    fn cancel_session(
        &self,
        access: &SessionAccess,
        policy: &Policy,
    ) -> Result<Vec<Effect>, Refusal> {
        validator::cancel_session(access, policy)
    }

    /// The publication of a device directory (invariant 23).
    fn publish_directory(
        &self,
        facts: &DirectoryFacts,
        request: &DirectoryRequest,
        policy: &Policy,
    ) -> Result<DirectoryPlan, Refusal> {
        validator::publish_directory(facts, request, policy)
    }

    /// A cursor for the page after `seq` (invariant 22).
    fn issue_cursor(&self, facts: &CursorFacts<'_>, seq: u64) -> String {
        validator::issue_cursor(facts, seq)
    }

    /// The sequence number that a cursor stands after (invariant 22).
    fn open_cursor(&self, facts: &CursorFacts<'_>, text: &str) -> Result<u64, Rejection> {
        validator::open_cursor(facts, text)
    }

    /// One step of garbage collection (`wire.md` §3, GC).
    fn collect(&self, _blob: Hash, facts: &BlobFacts, policy: &Policy) -> Collection {
        validator::collect(facts, policy)
    }
}

/// The judge that keeps every promise of the contract.
#[derive(Debug, Clone, Copy, Default)]
pub struct Contract;

impl Judge for Contract {}
