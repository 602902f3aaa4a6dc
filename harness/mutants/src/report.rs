//! The kill matrix as data.

use crate::Mutant;
use gauntlet_arena::{Beat, Harm, Verdict};
use serde::Serialize;
use std::fmt;

/// The version of the matrix's shape.
pub const MUTANTS_SCHEMA: u32 = 2;

/// What became of a mutant. Only [`Status::Killed`] proves anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Every row that claims it and every declared killer caught it, in the declared beat, and for
    /// the declared damage.
    Killed,
    /// A row that claims it, or a declared killer, did not notice.
    Survived,
    /// A control or a twin failed: the mutant breaks more than its promise.
    BrokeControl,
    /// It was caught, but by another beat than the one that it breaks.
    WrongBeat,
    /// It was caught in its beat, but for another damage than the one that it does: another verdict,
    /// or without the irreparable harm.
    WrongVerdict,
    /// An attack ended in an error, which shows nothing: a mutant that panics or hangs is a defect of
    /// the mutant.
    Error,
}

impl Status {
    /// The kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::Survived => "survived",
            Self::BrokeControl => "broke-control",
            Self::WrongBeat => "wrong-beat",
            Self::WrongVerdict => "wrong-verdict",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What became of every mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MutantsReport {
    /// [`MUTANTS_SCHEMA`].
    pub schema: u32,
    /// The seed.
    pub seed: u64,
    /// What they were attacked with, BLAKE3 in hex.
    pub suite_digest: String,
    /// Mutants by status.
    pub summary: MutantsSummary,
    /// The worst verdict of the unmodified reference over the same rows; nothing but held will do.
    pub reference: Verdict,
    /// How many attacks were played on the reference: always all of those rows.
    pub reference_attacks: usize,
    /// Whether every attack of the rows that claim a mutant was played on it, or only what shows that
    /// it is caught as declared and breaks no control.
    pub all_attacks: bool,
    /// Every selected mutant, in the order of the selection.
    pub mutants: Vec<MutantReport>,
}

impl MutantsReport {
    /// Whether the matrix proves what it should: every mutant is killed, the reference by nothing.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        let killed = self
            .mutants
            .iter()
            .all(|mutant| mutant.status == Status::Killed);
        killed && !self.mutants.is_empty() && self.reference == Verdict::Held
    }
}

/// How many mutants came to each status.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct MutantsSummary {
    /// All of them.
    pub total: usize,
    /// Caught as declared.
    pub killed: usize,
    /// Not caught as declared.
    pub survived: usize,
    /// Broke a control or a twin.
    pub broke_control: usize,
    /// Caught in another beat than declared.
    pub wrong_beat: usize,
    /// Caught for another damage than declared.
    pub wrong_verdict: usize,
    /// Not to be judged.
    pub error: usize,
}

impl MutantsSummary {
    pub(crate) fn of(mutants: &[MutantReport]) -> Self {
        let count = |status| {
            mutants
                .iter()
                .filter(|mutant| mutant.status == status)
                .count()
        };
        Self {
            total: mutants.len(),
            killed: count(Status::Killed),
            survived: count(Status::Survived),
            broke_control: count(Status::BrokeControl),
            wrong_beat: count(Status::WrongBeat),
            wrong_verdict: count(Status::WrongVerdict),
            error: count(Status::Error),
        }
    }
}

/// How surely races catch a mutant: of its declared racing killers, the one that caught it least often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Power {
    /// Trials in which it was caught.
    pub caught: u32,
    /// Trials in which the race was played.
    pub trials: u32,
}

/// What became of one mutant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MutantReport {
    /// Its id.
    pub id: &'static str,
    /// Rows that have to kill it.
    pub rows: &'static [&'static str],
    /// The server invariant that is removed, where it is one.
    pub invariant: Option<u8>,
    /// What it does wrong.
    pub about: &'static str,
    /// Deviations that have to be among those that catch it.
    pub killers: &'static [&'static str],
    /// Every deviation that was played and caught it, in the order of the rows; `row 11: size-zero`
    /// where its row is not the first of [`Self::rows`].
    pub killed_by: Vec<String>,
    /// The first beat in which a declared killer caught it.
    pub beat: Option<Beat>,
    /// The beat in which the declared killers have to.
    pub expected_beat: Beat,
    /// What it came to.
    pub status: Status,
    /// How many attacks were played on it, each with its control.
    pub attacks: usize,
    /// How many further controls were played on it without an attack.
    pub controls: usize,
    /// The worst verdict of an attack.
    pub verdict: Verdict,
    /// The verdict that every declared killer has to come to.
    pub expected_verdict: Verdict,
    /// The irreparable harms that declared killers found, in the order of the declaration of
    /// [`Harm`].
    pub harms: Vec<Harm>,
    /// The harm that has to be among them, where the damage is irreparable.
    pub expected_harm: Option<Harm>,
    /// Where a declared killer is a race: how surely it catches the mutant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<Power>,
    /// Why it was not killed, or what the first declared killer saw.
    pub reason: String,
}

impl MutantReport {
    /// The report of a mutant whose run has not been made, for `reason`. Every report begins as one:
    /// a kill is earned.
    pub(crate) fn unplayed(mutant: &'static Mutant, reason: String) -> Self {
        Self {
            id: mutant.id,
            rows: mutant.rows,
            invariant: mutant.invariant,
            about: mutant.about,
            killers: mutant.killers,
            killed_by: Vec::new(),
            beat: None,
            expected_beat: mutant.beat,
            status: Status::Error,
            attacks: 0,
            controls: 0,
            verdict: Verdict::Error,
            expected_verdict: mutant.verdict,
            harms: Vec::new(),
            expected_harm: mutant.harm,
            power: None,
            reason,
        }
    }
}
