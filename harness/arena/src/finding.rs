//! What went wrong, in the words of an implementer.

use crate::{Beat, Source, Verdict};
use serde::{Deserialize, Serialize};

/// The three harms that cannot be mended, and the fork that leads to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Harm {
    /// An acknowledged blob can't be read back.
    Lost,
    /// An acknowledged record is gone or was changed.
    Rewritten,
    /// An acknowledged write is not in effect and nobody was told.
    Silent,
    /// Two eyes are shown histories of which neither continues the other.
    Fork,
}

/// One deviation of the target from what the attack expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// In which beat it showed.
    pub beat: Beat,
    /// What it comes to.
    pub verdict: Verdict,
    /// The irreparable harm, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harm: Option<Harm>,
    /// Whether it is the decisive answer itself, from which the other findings follow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decisive: bool,
    /// Whether anybody was told of a transient damage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surfaced: Option<bool>,
    /// The clause that the target breaks, quoted.
    pub clause: String,
    /// Where the clause comes from.
    pub source: Source,
    /// What the contract says should have been seen.
    pub expected: String,
    /// What was seen.
    pub observed: String,
}

impl Finding {
    /// Whether it is advice: a departure from a decision of ours alone, without damage.
    #[must_use]
    pub fn is_advice(&self) -> bool {
        self.source == Source::D && self.verdict == Verdict::Nonconforming
    }
}
