//! Verdicts, graded by damage.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What one attack, one role or one row comes to. Later variants are worse, and a row shows its
/// worst. A verdict starts as a failure and is earned: nothing maps to [`Verdict::Held`] by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As the contract says.
    Held,
    /// The target does not offer the role or the hook.
    Untested,
    /// No forbidden change, but the answer is not the contract's.
    Nonconforming,
    /// A forbidden change that can be mended.
    TransientDamage,
    /// Original bytes lost, audit trail lost or rewritten, or an intent silently overwritten.
    IrreparableDamage,
    /// Control, twin or deviation was void: nothing was shown.
    Invalid,
    /// The harness or the environment failed.
    Error,
}

impl Verdict {
    /// Every verdict, best first.
    pub const ALL: [Self; 7] = [
        Self::Held,
        Self::Untested,
        Self::Nonconforming,
        Self::TransientDamage,
        Self::IrreparableDamage,
        Self::Invalid,
        Self::Error,
    ];

    /// The kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Untested => "untested",
            Self::Nonconforming => "nonconforming",
            Self::TransientDamage => "transient-damage",
            Self::IrreparableDamage => "irreparable-damage",
            Self::Invalid => "invalid",
            Self::Error => "error",
        }
    }

    /// Whether something was found: a target did otherwise than it should. A void, an untested and a
    /// failed attack show nothing.
    #[must_use]
    pub const fn is_finding(self) -> bool {
        matches!(
            self,
            Self::Nonconforming | Self::TransientDamage | Self::IrreparableDamage
        )
    }

    /// The worst of several; nothing at all is [`Verdict::Untested`], never held.
    #[must_use]
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Untested)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_wins_and_nothing_is_never_held() {
        assert_eq!(Verdict::worst([]), Verdict::Untested);
        assert_eq!(Verdict::worst([Verdict::Held]), Verdict::Held);
        for (index, worse) in Verdict::ALL.iter().enumerate() {
            for better in Verdict::ALL.iter().take(index) {
                assert_eq!(Verdict::worst([*worse, *better]), *worse);
            }
        }
    }
}
