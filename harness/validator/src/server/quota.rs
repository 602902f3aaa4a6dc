//! Quota: its states, and since when an account is above its limit (`wire.md` §3).

use super::Policy;
use jiff::Timestamp;

/// The quota of the account that pays.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuotaFacts {
    /// Bytes held plus live reservations (`formats.md` §11). A blob counts once, for the payer of its
    /// oldest reference, however many assets and albums refer to it.
    pub used: u64,
    /// Whether the account refers to the blob that the request brings already, so that one more reference
    /// adds nothing. A reservation is no reference.
    pub charged: bool,
    /// Since when `used` lies above the hard limit, as [`quota_mark`] said last.
    pub exceeded_since: Option<Timestamp>,
}

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum QuotaState {
    /// Below every limit.
    Ok,
    /// Above the soft limit: everything is taken, with a warning.
    SoftWarning,
    /// Above the hard limit: no new uploads.
    HardExceeded,
    /// Above the hard limit for longer than the grace: metadata may not grow either. Deletes and
    /// restores are always taken.
    GraceExpired,
}

impl QuotaState {
    /// The text on the wire, `state` of `GET /v1/quota`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::SoftWarning => "soft_warning",
            Self::HardExceeded => "hard_exceeded",
            Self::GraceExpired => "grace_expired",
        }
    }
}

/// Where the account stands at `now`.
#[must_use]
pub fn quota_state(facts: &QuotaFacts, now: Timestamp, policy: &Policy) -> QuotaState {
    let above = |limit: Option<u64>| limit.is_some_and(|limit| facts.used > limit);
    if above(policy.quota_hard_limit) {
        let spent = facts
            .exceeded_since
            .is_some_and(|since| now.duration_since(since) > policy.quota_grace);
        return if spent {
            QuotaState::GraceExpired
        } else {
            QuotaState::HardExceeded
        };
    }
    if above(policy.quota_soft_limit) {
        QuotaState::SoftWarning
    } else {
        QuotaState::Ok
    }
}

/// The mark that the account is to bear from now on, to be stored and read back as
/// [`QuotaFacts::exceeded_since`]: set at the first look that finds it above the hard limit, kept as
/// long as it stays there, gone at the first look that does not.
#[must_use]
pub fn quota_mark(facts: &QuotaFacts, now: Timestamp, policy: &Policy) -> Option<Timestamp> {
    let above = policy
        .quota_hard_limit
        .is_some_and(|limit| facts.used > limit);
    above.then(|| facts.exceeded_since.unwrap_or(now))
}
