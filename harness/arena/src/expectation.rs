//! What an attack expects of a role, as data.

use crate::binding::Hook;
use gauntlet_wire::rule::Rule;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where an assertion comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Source {
    /// The seed: the threat model itself.
    S,
    /// The contract.
    N,
    /// Our decision, where both are silent. A mismatch with it alone is advisory.
    D,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S => "S (seed)",
            Self::N => "N (contract)",
            Self::D => "D (our decision)",
        })
    }
}

/// How closely an answer has to match; each level includes the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strictness {
    /// Refused or accepted.
    Outcome,
    /// The contract's status.
    Status,
    /// The contract's error code, too.
    Code,
}

/// What happens to the upload session that an attack used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionEffect {
    /// It is as it was before the decisive message.
    #[default]
    Unchanged,
    /// It ends as FailedProcessing and gives its reserved bytes back.
    Fails,
    /// It takes the chunk as from any honest client.
    Advances,
}

/// What the target is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Expect {
    /// Refuse by one of these rules.
    Refuse(Vec<Rule>),
    /// A repeat: the first answer again, and no new effect.
    Absorb,
    /// Accept, as the message is lawful: the deviated message takes effect as an honest one does.
    Accept,
    /// Refuse by one of these rules, or accept with the forged part having no effect.
    Neutralise(Vec<Rule>),
    /// Refuse by one of these rules, as a decision of ours alone asks: a target that takes the message as it
    /// takes any honest one is told so.
    Decline(Vec<Rule>),
}

impl Expect {
    /// Whether a message that is accepted takes effect lawfully, as an honest one does.
    #[must_use]
    pub const fn lets_pass(&self) -> bool {
        matches!(self, Self::Accept | Self::Decline(_))
    }
}

/// An expectation with everything that it is judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expectation {
    /// What the target is to do.
    pub expect: Expect,
    /// Statuses that the contract admits beside the rules' own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or_status: Vec<u16>,
    /// What happens to the session.
    #[serde(default)]
    pub session: SessionEffect,
    /// Hooks without which an accepted deviation is not shown to be harmless.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Hook>,
    /// Where the expectation comes from.
    pub source: Source,
    /// The clause, quoted.
    pub clause: String,
}

impl Expectation {
    /// The rules that a refusal may name.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        match &self.expect {
            Expect::Refuse(rules) | Expect::Neutralise(rules) | Expect::Decline(rules) => rules,
            Expect::Absorb | Expect::Accept => &[],
        }
    }

    /// The statuses and error codes that a refusal may have, for people.
    #[must_use]
    pub fn answers(&self) -> String {
        let mut named: Vec<String> = self
            .rules()
            .iter()
            .map(|rule| format!("{} {}", rule.status(), rule.code()))
            .collect();
        named.extend(self.or_status.iter().map(u16::to_string));
        named.dedup();
        named.join(" or ")
    }

    /// The expectation in words that need no page beside them.
    #[must_use]
    pub fn told(&self) -> String {
        let answers = self.answers();
        match &self.expect {
            Expect::Absorb => {
                format!("{self}: no new effect, and a repeat is answered as the first was")
            }
            Expect::Accept => format!("{self}: it is lawful"),
            Expect::Refuse(_) | Expect::Decline(_) => format!("{self}, answered {answers}"),
            Expect::Neutralise(_) => {
                format!("{self}: answered {answers}, or accepted with the forged part of no effect")
            }
        }
    }

    /// Every status that a refusal may have.
    #[must_use]
    pub fn statuses(&self) -> Vec<u16> {
        let own = self.rules().iter().map(|rule| rule.status());
        let mut statuses: Vec<u16> = own.chain(self.or_status.iter().copied()).collect();
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |rules: &[Rule]| {
            rules
                .iter()
                .map(|rule| rule.name())
                .collect::<Vec<_>>()
                .join(" or ")
        };
        match &self.expect {
            Expect::Refuse(rules) => write!(f, "refuse({})", names(rules)),
            Expect::Absorb => f.write_str("absorb"),
            Expect::Accept => f.write_str("accept"),
            Expect::Neutralise(rules) => write!(f, "refuse({}) or neutralise", names(rules)),
            Expect::Decline(rules) => write!(f, "refuse({}) by our decision", names(rules)),
        }
    }
}
