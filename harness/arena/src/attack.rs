//! One attack, and what became of it.

use crate::{Answer, Expectation, Finding, Testimony, Verdict};
use gauntlet_simulator::{ClientClass, Deviation};
use gauntlet_wire::rule::Rule;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a target plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A server, over HTTP.
    Server,
    /// A client that takes data in.
    Receiver,
    /// A client's disk.
    Library,
    /// A federating server.
    Peer,
    /// A vector index.
    Index,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [
        Self::Server,
        Self::Receiver,
        Self::Library,
        Self::Peer,
        Self::Index,
    ];

    /// The kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Receiver => "receiver",
            Self::Library => "library",
            Self::Peer => "peer",
            Self::Index => "index",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|role| role.name() == text)
            .ok_or_else(|| format!("unknown role {text:?}; expected one of {}", names()))
    }
}

/// The four beats of every attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beat {
    /// The honest client does the thing properly and is accepted.
    Control,
    /// The same script with exactly one declared deviation.
    Attack,
    /// The target does what the attack expects, and nothing else changed for anyone.
    Containment,
    /// The honest successor succeeds on the same state, and nothing acknowledged is lost.
    Recovery,
}

impl Beat {
    /// The four beats, in order.
    pub const ALL: [Self; 4] = [
        Self::Control,
        Self::Attack,
        Self::Containment,
        Self::Recovery,
    ];

    /// The kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Attack => "attack",
            Self::Containment => "containment",
            Self::Recovery => "recovery",
        }
    }
}

impl fmt::Display for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One deviation against one role, with what is expected of it.
#[derive(Debug, Clone)]
pub struct Attack {
    /// The row that the attack belongs to.
    pub row: String,
    /// The role under attack.
    pub role: Role,
    /// The departure.
    pub deviation: &'static Deviation,
    /// What the role is to do.
    pub expectation: Expectation,
    /// In how many worlds it is played: one, but for a race, whose outcome depends on the order in which
    /// its messages happen to be served.
    pub trials: u32,
}

impl Attack {
    /// `row 3 / server / offset-ahead`, the attack's name everywhere.
    #[must_use]
    pub fn name(&self) -> String {
        format!("row {} / {} / {}", self.row, self.role, self.deviation.name)
    }
}

/// How one beat went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeatReport {
    /// The beat.
    pub beat: Beat,
    /// Whether it was played through and found in order; a beat that was not reached is not.
    pub passed: bool,
    /// What was seen, in one line.
    pub note: String,
}

/// What a target answered to the message that decides an attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The error code, where the body states one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The rules by which the target says that it refused, where it tells: several have one code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

impl Answered {
    /// The answer, and of `refusals` those rules that it can be by. An answer to HEAD has no body to
    /// state a code in.
    pub(crate) fn of(answer: &Answer, refusals: impl IntoIterator<Item = Rule>) -> Self {
        let code = answer.code();
        let named = |rule: &Rule| {
            code.as_deref()
                .is_none_or(|code| code == rule.code().as_str())
        };
        let rules = refusals.into_iter();
        Self {
            status: answer.status,
            rules: rules
                .filter(|rule| rule.status() == answer.status && named(rule))
                .collect(),
            code,
        }
    }

    /// Whether the target accepted.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }
}

/// How often a race was played, and how often it found something. One finding in any trial is one of
/// the attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trials {
    /// Worlds in which it was played.
    pub played: u32,
    /// Worlds in which its verdict was a finding.
    pub found: u32,
}

/// What became of one attack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttackReport {
    /// The deviation's name.
    pub deviation: String,
    /// What the deviation does.
    pub about: String,
    /// The client class that departs so.
    pub class: ClientClass,
    /// The role under attack.
    pub role: Role,
    /// What was expected.
    pub expectation: String,
    /// What the target answered to the message that decides; a fault has no such message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    /// What it comes to.
    pub verdict: Verdict,
    /// Why, in one line.
    pub reason: String,
    /// The four beats, as far as they were reached.
    pub beats: Vec<BeatReport>,
    /// What went wrong.
    pub findings: Vec<Finding>,
    /// Of a finding: where the message that was sent differs from the honest one, part by part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub difference: Vec<String>,
    /// Of a finding: what was harmed, as it should be read and as every eye reads it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub testimony: Vec<Testimony>,
    /// Of a race: in how many worlds it was played, and in how many something was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trials: Option<Trials>,
    /// In how many fresh worlds a finding was seen again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurrences: Option<String>,
    /// How deep the audit looked: eyes and moments.
    pub audit: String,
    /// The end of the evidence chain, BLAKE3 in hex.
    pub evidence: String,
    /// Wall-clock time in milliseconds.
    pub duration_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_by_a_rule_that_answers_so() {
        let answer = |status, code: &str| Answer {
            status,
            headers: Vec::new(),
            body: format!(r#"{{"type":"t","title":"t","status":{status},"code":"{code}"}}"#).into(),
        };
        let risen = [Rule::ActionKnown, Rule::SizePositive, Rule::SessionFound];
        let invalid = Rule::ActionKnown.code().as_str();
        let answered = Answered::of(&answer(400, invalid), risen);
        assert_eq!(answered.rules, [Rule::ActionKnown]);
        assert!(Answered::of(&answer(409, invalid), risen).rules.is_empty());
        // An answer to HEAD has no body.
        let mute = Answer {
            body: Vec::new(),
            ..answer(404, "")
        };
        assert_eq!(Answered::of(&mute, risen).rules, [Rule::SessionFound]);
        assert!(Answered::of(&answer(201, ""), []).is_success());
    }
}
