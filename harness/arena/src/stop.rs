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
    /// The target lacks a part of the contract that another may leave out.
    #[error("the target does not keep {0}")]
    Lacking(&'static str),
    /// The target asks to be left alone for a while.
    #[error("the target throttles (429), to be tried again after {retry_after_seconds} s")]
    Throttled {
        /// The target's own word, bounded.
        retry_after_seconds: u64,
    },
    /// The harness or the environment failed.
    #[error("{0}")]
    Error(String),
    /// A finding was recorded that leaves nothing to go on with.
    #[error("a finding ended the attack")]
    Found,
}
