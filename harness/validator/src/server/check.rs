//! Checks, and the one function that runs a list of them.

use super::{Extension, Policy, Rejection};
use gauntlet_wire::rule::Rule;

/// What a check says when its rule is broken.
#[derive(Debug)]
pub struct Broken {
    detail: String,
    extension: Option<Extension>,
}

impl Broken {
    /// The rule is broken in the way that `detail` describes.
    pub fn because(detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            extension: None,
        }
    }

    /// The same, with an extension member for the problem body.
    pub fn with(mut self, extension: Extension) -> Self {
        self.extension = Some(extension);
        self
    }

    /// The rejection by `rule`, which is the one broken.
    pub(super) fn by(self, rule: Rule) -> Rejection {
        Rejection {
            rule,
            detail: self.detail,
            extension: self.extension,
        }
    }
}

/// One rule and the pure function that holds a request to it.
pub struct Check<F, R> {
    /// The rule that a refusal by this check is named after.
    pub rule: Rule,
    /// Whether the rule holds for these facts, this request, this policy.
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
    request: &R,
    policy: &Policy,
) -> Result<(), Rejection> {
    checks.iter().try_for_each(|check| {
        (check.holds)(facts, request, policy).map_err(|broken| broken.by(check.rule))
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
