//! Evidence: everything exchanged and observed, hash-chained and redacted of live secrets.

mod event;
mod recorder;
#[cfg(test)]
mod tests;

pub(crate) use event::is_kept;
pub use event::{Alike, Body, Event};
pub(crate) use recorder::Flown;
pub use recorder::Recorder;

use crate::{Role, Verdict};
use serde::{Deserialize, Serialize};

/// The version of the evidence file's shape.
pub const EVIDENCE_SCHEMA: u32 = 3;

/// The evidence of one attack, as it is written to a file and replayed from one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// [`EVIDENCE_SCHEMA`].
    pub schema: u32,
    /// The suite.
    pub suite: String,
    /// The row.
    pub row: String,
    /// The deviation's name.
    pub deviation: String,
    /// The role under attack.
    pub role: Role,
    /// The seed of the run.
    pub seed: u64,
    /// The target's name and build.
    pub target: String,
    /// How it was reached: `embedded` or `http`.
    pub binding: String,
    /// The planted defect, where the target was a mutant of the reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutant: Option<String>,
    /// What it came to.
    pub verdict: Verdict,
    /// The end of the chain, BLAKE3 in hex.
    pub digest: String,
    /// What happened, in order.
    pub events: Vec<Event>,
}

impl Evidence {
    /// What the chain starts from.
    fn title(&self) -> String {
        let name = format!("row {} / {} / {}", self.row, self.role, self.deviation);
        let mutant = self.mutant.as_deref();
        evidence_title(
            &self.suite,
            &name,
            self.seed,
            &self.target,
            &self.binding,
            mutant,
        )
    }

    /// Whether the events hash to the digest and end in the verdict: nothing was altered since. Of
    /// omitted events only the chain before and after them is known.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        let verdict = format!("verdict: {}, ", self.verdict);
        let concluded = match self.events.last() {
            Some(Event::Note { text, .. }) => text.starts_with(&verdict),
            _ => false,
        };
        let start = blake3::hash(self.title().as_bytes());
        let end = self
            .events
            .iter()
            .try_fold(start, |chain, event| match event {
                Event::Omitted { since, until, .. } if *chain.to_hex() == **since => {
                    blake3::Hash::from_hex(until).ok()
                }
                Event::Omitted { .. } => None,
                event => chained(chain, event).ok(),
            });
        concluded && end.is_some_and(|end| end.to_hex().as_str() == self.digest)
    }
}

/// What a chain starts from: everything that a replay is played by.
pub(crate) fn evidence_title(
    suite: &str,
    attack: &str,
    seed: u64,
    target: &str,
    binding: &str,
    mutant: Option<&str>,
) -> String {
    format!(
        "{suite}\n{attack}\n{seed}\n{target}\n{binding}\n{}",
        mutant.unwrap_or_default()
    )
}

/// The chain one event further: BLAKE3 over the chain so far and the event's JSON, whose members are
/// in declaration order and whose issued values are names.
///
/// # Errors
/// An event that JSON can't hold: it would be in no chain.
fn chained(chain: blake3::Hash, event: &impl Serialize) -> Result<blake3::Hash, serde_json::Error> {
    let json = serde_json::to_vec(event)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(chain.as_bytes());
    hasher.update(&json);
    Ok(hasher.finalize())
}
