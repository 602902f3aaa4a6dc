//! A judge out of whose lists rules were taken: what a rule is worth shows when it is gone.

use crate::decisions::{create_without, finalize_without, op_without, without};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server as validator;
use gauntlet_validator::server::{
    APPEND_ADMISSION, APPEND_PLACEMENT, AppendFacts, AppendPlan, AppendRequest, AppendRules,
    BlobAccess, CANCEL, COMPLETE_UPGRADE, CompleteRequest, CreatePlan, CreateRequest, DIRECTORY,
    DirectoryFacts, DirectoryPlan, DirectoryRequest, END_UPGRADE, Effect, EndRequest, FeedFacts,
    FinalizeFacts, HANDSHAKE, Handshake, LEDGER, LedgerFacts, LedgerPlan, LedgerRequest, OpFacts,
    OpPlan, OpRequest, PROPOSE_UPGRADE, PROVISION, Policy, ProposeRequest, ProvisionFacts,
    ProvisionPlan, ProvisionRequest, QUERY, READ_BLOB, READ_DIRECTORY, READ_FEED, Refusal,
    Rejection, Session, SessionAccess, SessionFacts, Spoken, UpgradeFacts, UpgradePlan, judge,
};
use gauntlet_wire::json::{UpgradeCompleted, UpgradeStatus};
use gauntlet_wire::rule::Rule;
use std::sync::Arc;

/// The contract without these rules, wherever a list holds them.
#[derive(Clone, Copy)]
pub(crate) struct Without(pub(crate) &'static [Rule]);

impl Without {
    /// The reference's ports, judged so.
    pub(crate) fn plant(self, ports: Ports) -> Ports {
        Ports {
            judge: Arc::new(self),
            ..ports
        }
    }
}

impl Judge for Without {
    fn handshake(&self, request: &Handshake, policy: &Policy) -> Result<Spoken, Rejection> {
        validator::handshake_by(&without(HANDSHAKE, self.0), request, policy)
    }

    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Result<CreatePlan, Refusal> {
        create_without(self.0, facts, request, policy)
    }

    fn append_chunk(
        &self,
        facts: &AppendFacts,
        request: &AppendRequest,
        policy: &Policy,
    ) -> Result<AppendPlan, Refusal> {
        let rules = AppendRules {
            admission: &without(APPEND_ADMISSION, self.0),
            replay: validator::replay,
            placement: &without(APPEND_PLACEMENT, self.0),
        };
        validator::append_chunk_by(&rules, facts, request, policy)
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
        finalize_without(self.0, facts, policy)
    }

    fn query_session(&self, access: &SessionAccess, policy: &Policy) -> Result<Session, Refusal> {
        validator::query_session_by(&without(QUERY, self.0), access, policy)
    }

    fn cancel_session(
        &self,
        access: &SessionAccess,
        policy: &Policy,
    ) -> Result<Vec<Effect>, Refusal> {
        validator::cancel_session_by(&without(CANCEL, self.0), access, policy)
    }

    fn lifecycle_op(
        &self,
        facts: &OpFacts,
        request: &OpRequest,
        policy: &Policy,
    ) -> Result<OpPlan, Refusal> {
        op_without(self.0, facts, request, policy)
    }

    fn provision_album(
        &self,
        facts: &ProvisionFacts,
        request: &ProvisionRequest,
        policy: &Policy,
    ) -> Result<ProvisionPlan, Refusal> {
        validator::provision_album_by(&without(PROVISION, self.0), facts, request, policy)
    }

    fn publish_ledger(
        &self,
        facts: &LedgerFacts,
        request: &LedgerRequest,
        policy: &Policy,
    ) -> Result<LedgerPlan, Refusal> {
        validator::publish_ledger_by(&without(LEDGER, self.0), facts, request, policy)
    }

    fn propose_upgrade(
        &self,
        facts: &UpgradeFacts,
        request: &ProposeRequest,
        policy: &Policy,
    ) -> Result<UpgradePlan<UpgradeStatus>, Refusal> {
        validator::propose_upgrade_by(&without(PROPOSE_UPGRADE, self.0), facts, request, policy)
    }

    fn end_upgrade(
        &self,
        facts: &UpgradeFacts,
        request: &EndRequest,
        policy: &Policy,
    ) -> Result<Vec<Effect>, Refusal> {
        validator::end_upgrade_by(&without(END_UPGRADE, self.0), facts, request, policy)
    }

    fn complete_upgrade(
        &self,
        facts: &UpgradeFacts,
        request: &CompleteRequest,
        policy: &Policy,
    ) -> Result<UpgradePlan<UpgradeCompleted>, Refusal> {
        validator::complete_upgrade_by(&without(COMPLETE_UPGRADE, self.0), facts, request, policy)
    }

    fn publish_directory(
        &self,
        facts: &DirectoryFacts,
        request: &DirectoryRequest,
        policy: &Policy,
    ) -> Result<DirectoryPlan, Refusal> {
        validator::publish_directory_by(&without(DIRECTORY, self.0), facts, request, policy)
    }

    fn read_feed(&self, facts: &FeedFacts, policy: &Policy) -> Result<(), Refusal> {
        Ok(judge(&without(READ_FEED, self.0), facts, &(), policy)?)
    }

    fn read_blob(&self, access: &BlobAccess, policy: &Policy) -> Result<u64, Refusal> {
        validator::read_blob_by(&without(READ_BLOB, self.0), access, policy)
    }

    fn read_directory(&self, published: bool, policy: &Policy) -> Result<(), Refusal> {
        Ok(judge(
            &without(READ_DIRECTORY, self.0),
            &published,
            &(),
            policy,
        )?)
    }
}
