//! Why a request did not get what it asked for.

use crate::store::StoreError;
use axum::http::StatusCode;
use gauntlet_validator::server::Rejection;
use gauntlet_wire::code::Code;
use gauntlet_wire::rule::Rule;
use std::io;

/// A request that fails, by who is to blame.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The request breaks a rule of the contract.
    #[error("{}: {}", .0.rule, .0.detail)]
    Rejected(Rejection),
    /// The request is none that HTTP or a route of this server can take.
    #[error("{code}: {detail}")]
    Unacceptable {
        status: StatusCode,
        code: Code,
        detail: String,
    },
    /// The server is at fault.
    #[error(transparent)]
    Fault(Fault),
}

/// Something that the server could not do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Store(StoreError),
    #[error("disk: could not {action}: {source}")]
    Disk {
        action: &'static str,
        source: io::Error,
    },
    #[error("integrity: {0}")]
    Integrity(String),
    #[error("the server was halted")]
    Halted,
}

impl Failure {
    pub(crate) fn unacceptable(status: StatusCode, code: Code, detail: impl Into<String>) -> Self {
        Self::Unacceptable {
            status,
            code,
            detail: detail.into(),
        }
    }

    /// 400 with a code of the route's own family.
    pub(crate) fn bad(code: Code, detail: impl Into<String>) -> Self {
        Self::unacceptable(StatusCode::BAD_REQUEST, code, detail)
    }

    /// Another request finalizes the session (`wire.md` §3).
    pub(crate) fn finalize_in_progress() -> Self {
        let detail = "another request finalizes this session";
        Self::Rejected(Rejection::new(Rule::FinalizeSole, detail))
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<StoreError> for Failure {
    /// The two outcomes of a race that the store decides are the client's to hear of.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::AlreadyOpen => Self::Rejected(Rejection::new(
                Rule::BlobNew,
                "a session for these bytes is open",
            )),
            StoreError::NoLongerActive => Self::finalize_in_progress(),
            other => Self::Fault(Fault::Store(other)),
        }
    }
}
