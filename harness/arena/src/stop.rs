//! Why an attack ended before its last beat.

use crate::binding::Hook;

/// The end of a play that could not go on. None of these is ever a pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// Control or deviation was void.
    #[error("{0}")]
    Invalid(String),
    /// The target lacks a hook that the attack needs.
    #[error("the target does not offer the hook `{0}`")]
    Untested(Hook),
    /// The target lacks something else that the attack needs, and that it is free not to have.
    #[error("the target does not offer {0}")]
    Absent(&'static str),
    /// The target asks to be left alone for a while.
    #[error("the target throttles (429), to be tried again after {retry_after_seconds} s")]
    Throttled {
        /// The target's own word, bounded.
        retry_after_seconds: u64,
    },
    /// The target file says something of the target that is not so.
    #[error("{0}")]
    Misconfigured(String),
    /// The harness or the environment failed.
    #[error("{0}")]
    Error(String),
    /// A finding was recorded that leaves nothing to go on with.
    #[error("a finding ended the attack")]
    Found,
}
