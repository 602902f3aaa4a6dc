//! Servers that write down what they should not have received.

use gauntlet_server::{AccessLog, Disk, Exchange, Judge, Ports};
use gauntlet_validator::server::{OpFacts, OpPlan, OpRequest, Policy, Refusal, lifecycle_op};
use gauntlet_wire::id::UploadId;
use std::sync::Arc;
use uuid::Uuid;

/// The file in which refused ops are kept, as if it were an upload: a version-7 id, drawn once.
const REFUSED: UploadId = UploadId::new(Uuid::from_u128(0x018f_2b1c_0000_7000_8000_7265_6675_7365));

/// An access log with path and query as they came.
pub(crate) fn logs_targets(ports: Ports) -> Ports {
    let access = Arc::new(Everything(|exchange| exchange.target.to_owned()));
    Ports { access, ..ports }
}

/// An access log with every header.
pub(crate) fn logs_headers(ports: Ports) -> Ports {
    let access = Arc::new(Everything(|exchange| format!("{:?}", exchange.headers)));
    Ports { access, ..ports }
}

/// An access log that says this of every request.
struct Everything(fn(&Exchange<'_>) -> String);

impl AccessLog for Everything {
    fn answered(&self, exchange: &Exchange<'_>) {
        let said = (self.0)(exchange);
        tracing::info!(method = %exchange.method, said, status = %exchange.status, "answered");
    }
}

/// What a refused op brought stays in a file, to be looked into some day.
pub(crate) fn keeps_refused_ops(ports: Ports) -> Ports {
    let disk = Arc::clone(&ports.disk);
    Ports {
        judge: Arc::new(Keeping { disk }),
        ..ports
    }
}

struct Keeping {
    disk: Arc<dyn Disk>,
}

impl Judge for Keeping {
    fn lifecycle_op(
        &self,
        facts: &OpFacts,
        request: &OpRequest,
        policy: &Policy,
    ) -> Result<OpPlan, Refusal> {
        lifecycle_op(facts, request, policy).inspect_err(|_| {
            let brought = request.body.metadata.as_deref().unwrap_or_default();
            if let Err(error) = self.disk.write(REFUSED, 0, brought) {
                tracing::error!(%error, "a refused op is not kept");
            }
        })
    }
}
