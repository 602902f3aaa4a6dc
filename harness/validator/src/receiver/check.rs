//! Checks, and the one function that runs a list of them.

use super::Policy;
use gauntlet_wire::reason::Reason;

/// What a check says when its rule is broken.
#[derive(Debug)]
pub struct Broken {
    detail: String,
}

impl Broken {
    /// The rule is broken in the way that `detail` describes.
    pub fn because(detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
        }
    }

    /// The rejection for `reason`.
    pub(super) fn by(self, reason: Reason) -> Rejection {
        Rejection {
            reason,
            detail: self.detail,
        }
    }
}

/// A refusal for good of what was received: it is kept for a human to look at, and never applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What is wrong; the surface follows from it alone.
    pub reason: Reason,
    /// What was found and what was expected.
    pub detail: String,
}

impl Rejection {
    /// A rejection for `reason` with its explanation.
    #[must_use]
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

/// One rule and the pure function that holds what was received to it.
pub struct Check<F, R> {
    /// What a refusal by this check names.
    pub reason: Reason,
    /// Whether the rule holds for these facts, this arrival, this policy.
    pub holds: fn(&F, &R, &Policy) -> Result<(), Broken>,
}

// Derived impls would ask for `F: Clone` and `R: Clone`; a function pointer needs neither.
impl<F, R> Clone for Check<F, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, R> Copy for Check<F, R> {}

/// Runs `checks` in order; the first broken rule is the rejection.
///
/// # Errors
/// The rejection by the first rule that does not hold.
pub fn judge<F, R>(
    checks: &[Check<F, R>],
    facts: &F,
    arrival: &R,
    policy: &Policy,
) -> Result<(), Rejection> {
    checks.iter().try_for_each(|check| {
        (check.holds)(facts, arrival, policy).map_err(|broken| broken.by(check.reason))
    })
}

/// `Ok` where `held`, else the explanation.
pub(super) fn require(held: bool, detail: impl FnOnce() -> String) -> Result<(), Broken> {
    if held {
        Ok(())
    } else {
        Err(Broken::because(detail()))
    }
}
