//! Servers that keep a promise in one place and forget it in another.

use gauntlet_server::{Contract, Judge, Ports};
use gauntlet_validator::server::{
    AppendFacts, AppendPlan, AppendRequest, CreatePlan, CreateRequest, Effect, FinalizeFacts,
    Policy, Refusal, SessionFacts,
};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::version::{Formats, ProtocolVersion};
use std::sync::Arc;

/// Whether a session is one where the promise is forgotten.
type Where = fn(BlobRole, ProtocolVersion) -> bool;

/// Where the session carries a provenance record.
pub(crate) fn for_records(role: BlobRole, _: ProtocolVersion) -> bool {
    role == BlobRole::Provenance
}

/// Where the album is of version A.
pub(crate) fn in_elder_albums(_: BlobRole, protocol: ProtocolVersion) -> bool {
    protocol.formats() == Formats::A
}

/// The defect of `plant` in the sessions of `forgotten`, and the contract everywhere else.
pub(crate) fn partly(ports: Ports, forgotten: Where, plant: fn(Ports) -> Ports) -> Ports {
    let lenient = plant(ports.clone()).judge;
    Ports {
        judge: Arc::new(Partial { lenient, forgotten }),
        ..ports
    }
}

struct Partial {
    lenient: Arc<dyn Judge>,
    forgotten: Where,
}

impl Partial {
    fn judge(&self, role: BlobRole, protocol: ProtocolVersion) -> &dyn Judge {
        if (self.forgotten)(role, protocol) {
            self.lenient.as_ref()
        } else {
            &Contract
        }
    }
}

impl Judge for Partial {
    fn create_session(
        &self,
        facts: &SessionFacts,
        request: &CreateRequest,
        policy: &Policy,
    ) -> Result<CreatePlan, Refusal> {
        let role = request.body.blob_role.parse().unwrap_or(BlobRole::Original);
        let judge = self.judge(role, request.spoken.protocol);
        judge.create_session(facts, request, policy)
    }

    fn append_chunk(
        &self,
        facts: &AppendFacts,
        request: &AppendRequest,
        policy: &Policy,
    ) -> Result<AppendPlan, Refusal> {
        match &facts.session {
            Some(session) => self
                .judge(session.role, session.protocol)
                .append_chunk(facts, request, policy),
            None => Contract.append_chunk(facts, request, policy),
        }
    }

    fn finalize(&self, facts: &FinalizeFacts, policy: &Policy) -> Result<Vec<Effect>, Refusal> {
        let session = &facts.session;
        self.judge(session.role, session.protocol)
            .finalize(facts, policy)
    }
}
