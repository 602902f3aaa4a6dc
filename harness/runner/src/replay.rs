//! Replay: an attack again, from its evidence.

use gauntlet_arena::binding::Binding;
use gauntlet_arena::capsule::{Play, play_attack, play_twin, preflight};
use gauntlet_arena::{AttackReport, EVIDENCE_SCHEMA, Evidence, Stop};
use gauntlet_scenarios::Suite;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes of the largest evidence file that is read.
const MAX_BYTES: u64 = 64 << 20;

/// Why evidence can't be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The file can't be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not evidence of a shape that this build writes.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong and what was expected.
        what: String,
    },
    /// The target file says something of the target that is not so.
    #[error("{0}")]
    Misconfigured(String),
    /// The suite has no such attack any more.
    #[error("the suite {suite} has no attack {deviation} in row {row} on the {role}")]
    UnknownAttack {
        /// The suite.
        suite: String,
        /// The row.
        row: String,
        /// The deviation.
        deviation: String,
        /// The role.
        role: String,
    },
}

/// What a replay came to, beside what was recorded.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The new report.
    pub report: AttackReport,
    /// The new evidence.
    pub evidence: Evidence,
    /// Whether the verdict is the recorded one.
    pub same_verdict: bool,
    /// Whether every byte sent and every answer was the recorded one, issued values aside.
    pub same_digest: bool,
}

/// Reads an evidence file.
///
/// # Errors
/// What is wrong with it.
pub fn read_evidence(path: &Path) -> Result<Evidence, ReplayError> {
    let unreadable = |error| ReplayError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let malformed = |what: String| ReplayError::Malformed {
        path: path.to_owned(),
        what,
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_BYTES {
        return Err(malformed(format!(
            "{length} bytes; expected at most {MAX_BYTES}"
        )));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let evidence: Evidence = serde_json::from_slice(&bytes).map_err(|error| {
        malformed(if is_report(&bytes) {
            "this is a report; the evidence of each attack lies beside it, in evidence/".to_owned()
        } else {
            format!("not an evidence file: {error}")
        })
    })?;
    if evidence.schema != EVIDENCE_SCHEMA {
        return Err(malformed(format!(
            "evidence of schema {}; this build reads {EVIDENCE_SCHEMA}",
            evidence.schema
        )));
    }
    if !evidence.is_intact() {
        return Err(malformed(
            "the events do not hash to the digest, or do not end in the verdict: the file was \
             altered, or cut"
                .to_owned(),
        ));
    }
    Ok(evidence)
}

/// Whether a file is a report, of which the evidence is another file.
fn is_report(bytes: &[u8]) -> bool {
    let members: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
    members.get("suite_digest").is_some()
}

/// Plays the attack of `recorded` again, with its seed, on `binding`.
///
/// # Errors
/// [`ReplayError::UnknownAttack`] where the suite has changed, [`ReplayError::Misconfigured`] where the
/// target is not what its file says.
pub async fn replay(
    suite: &Suite,
    binding: &dyn Binding,
    recorded: &Evidence,
    deadline: Duration,
) -> Result<Replay, ReplayError> {
    let attack = suite.row(&recorded.row).and_then(|row| {
        row.attacks_on(recorded.role)
            .find(|attack| attack.deviation.name == recorded.deviation)
    });
    let scenario = suite.scenario(&recorded.row, recorded.role);
    let (Some(attack), Some(scenario)) = (attack, scenario) else {
        return Err(ReplayError::UnknownAttack {
            suite: suite.name.to_owned(),
            row: recorded.row.clone(),
            deviation: recorded.deviation.clone(),
            role: recorded.role.to_string(),
        });
    };
    let play = Play {
        scenario,
        attack,
        seed: recorded.seed,
        suite: suite.name,
        mutant: recorded.mutant.as_deref(),
        deadline,
    };
    if let Err(Stop::Misconfigured(why)) = preflight(binding, recorded.seed, deadline).await {
        return Err(ReplayError::Misconfigured(why));
    }
    let twin = play_twin(binding, play).await;
    let (report, evidence) = play_attack(binding, play, twin).await;
    Ok(Replay {
        same_verdict: report.verdict == recorded.verdict,
        same_digest: evidence.digest == recorded.digest,
        report,
        evidence,
    })
}
