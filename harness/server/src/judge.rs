//! The validator as the server asks it.

use gauntlet_validator::server as validator;
use gauntlet_validator::server::{
    AppendFacts, AppendPlan, AppendRequest, BlobAccess, BlobFacts, Collection, CompleteRequest,
    CreatePlan, CreateRequest, CursorFacts, DirectoryFacts, DirectoryPlan, DirectoryRequest,
    Effect, EndRequest, FeedFacts, FinalizeFacts, Handshake, LedgerFacts, LedgerPlan,
    LedgerRequest, OpBody, OpFacts, OpPlan, OpRequest, Policy, ProposeRequest, ProvisionFacts,
    ProvisionPlan, ProvisionRequest, PurgeFacts, QuotaFacts, QuotaState, Refusal, Rejection,
    Session, SessionAccess, SessionFacts, Spoken, StorageQuestion, TokenFacts, UpgradeFacts,
    UpgradePlan,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::{AlbumId, Hash, UserId};
use gauntlet_wire::json::{self, CreateSession, UpgradeCompleted, UpgradeStatus};
use gauntlet_wire::ledger::EpochLedger;
use gauntlet_wire::rule::Rule;
use jiff::Timestamp;

/// The operation that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The method, such as `PATCH`.
    pub method: &'a str,
    /// The route, such as `/v1/upload/{id}`.
    pub route: &'a str,
}

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

    /// Whom a request speaks for; `token` is what its one token says, if this server signed it. By the
    /// contract every operation asks for one alike.
    fn authenticate(
        &self,
        _asked: Asked<'_>,
        token: Option<&TokenFacts>,
    ) -> Result<UserId, Rejection> {
        validator::authenticate(token)
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

    /// The body of `POST /v1/albums/{album_id}/ops` as strict JSON (`wire.md` §1.3).
    fn parse_op(&self, body: &[u8]) -> Result<OpBody, Rejection> {
        let body = json::parse_strict(body)
            .map_err(|error| Rejection::new(Rule::BodyWellFormed, error.to_string()))?;
        validator::read_op(body)
    }

    /// A lifecycle operation (invariants 6–8, 16–18 and 25).
    fn lifecycle_op(
        &self,
        facts: &OpFacts,
        request: &OpRequest,
        policy: &Policy,
    ) -> Result<OpPlan, Refusal> {
        validator::lifecycle_op(facts, request, policy)
    }

    /// The provisioning of an album.
    fn provision_album(
        &self,
        facts: &ProvisionFacts,
        request: &ProvisionRequest,
        policy: &Policy,
    ) -> Result<ProvisionPlan, Refusal> {
        validator::provision_album(facts, request, policy)
    }

    /// The publication of an album's epoch ledger (invariant 18).
    fn publish_ledger(
        &self,
        facts: &LedgerFacts,
        request: &LedgerRequest,
        policy: &Policy,
    ) -> Result<LedgerPlan, Refusal> {
        validator::publish_ledger(facts, request, policy)
    }

    /// A look at an album's epoch ledger.
    fn read_ledger(
        &self,
        facts: &LedgerFacts,
        policy: &Policy,
    ) -> Result<Canonical<EpochLedger>, Refusal> {
        validator::read_ledger(facts, policy)
    }

    /// The proposal of an upgrade (`wire.md` §8).
    fn propose_upgrade(
        &self,
        facts: &UpgradeFacts,
        request: &ProposeRequest,
        policy: &Policy,
    ) -> Result<UpgradePlan<UpgradeStatus>, Refusal> {
        validator::propose_upgrade(facts, request, policy)
    }

    /// A look at an upgrade.
    fn upgrade_status(
        &self,
        album: AlbumId,
        facts: &UpgradeFacts,
    ) -> Result<UpgradeStatus, Refusal> {
        validator::upgrade_status(album, facts)
    }

    /// The end of an upgrade without its completion.
    fn end_upgrade(
        &self,
        facts: &UpgradeFacts,
        request: &EndRequest,
        policy: &Policy,
    ) -> Result<Vec<Effect>, Refusal> {
        validator::end_upgrade(facts, request, policy)
    }

    /// The completion of an upgrade, which freezes the album (`formats.md` §11).
    fn complete_upgrade(
        &self,
        facts: &UpgradeFacts,
        request: &CompleteRequest,
        policy: &Policy,
    ) -> Result<UpgradePlan<UpgradeCompleted>, Refusal> {
        validator::complete_upgrade(facts, request, policy)
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

    /// The album whose feed is asked for, if it is one album's.
    fn feed_album(&self, text: Option<&str>) -> Result<Option<AlbumId>, Rejection> {
        validator::feed_album(text)
    }

    /// A look at a feed.
    fn read_feed(&self, facts: &FeedFacts, policy: &Policy) -> Result<(), Refusal> {
        validator::read_feed(facts, policy)
    }

    /// A look at a blob; gives its length.
    fn read_blob(&self, access: &BlobAccess, policy: &Policy) -> Result<u64, Refusal> {
        validator::read_blob(access, policy)
    }

    /// A look at a device directory, which its user has published or not.
    fn read_directory(&self, published: bool, policy: &Policy) -> Result<(), Refusal> {
        validator::read_directory(published, policy)
    }

    /// The state whose sessions are listed.
    fn status_filter(&self, text: Option<&str>) -> Result<Option<UploadStatus>, Rejection> {
        validator::status_filter(text)
    }

    /// The album that a path names.
    fn album_named(&self, text: &str) -> Result<AlbumId, Rejection> {
        validator::album_named(text)
    }

    /// The body of `POST /v1/storage/verify` as strict JSON of well-formed hashes.
    fn read_question(&self, body: &[u8]) -> Result<StorageQuestion, Rejection> {
        validator::read_question(body)
    }

    /// One step of the retention purge (`wire.md` §3).
    fn purge(&self, facts: &PurgeFacts, policy: &Policy) -> Vec<Effect> {
        validator::purge(facts, policy)
    }

    /// Where an account stands (`wire.md` §3, quota).
    fn quota_state(&self, facts: &QuotaFacts, now: Timestamp, policy: &Policy) -> QuotaState {
        validator::quota_state(facts, now, policy)
    }

    /// Since when an account counts as above its hard limit (`wire.md` §3, quota).
    fn quota_mark(&self, facts: &QuotaFacts, now: Timestamp, policy: &Policy) -> Option<Timestamp> {
        validator::quota_mark(facts, now, policy)
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
