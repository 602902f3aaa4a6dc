//! What was found, and against which clause.

use super::containment::is_refusal;
use super::lab::Lab;
use crate::{Finding, Harm, Source, Verdict};

impl Lab {
    /// Records that the decisive answer is not the expected one.
    pub(super) fn departs(&mut self, expected: String, observed: &str) {
        let finding = self.finding(Verdict::Nonconforming, expected, observed);
        self.record(Finding {
            decisive: true,
            ..finding
        });
    }

    /// Records that the decisive answer departs from another clause of the contract than the attack's own.
    pub(super) fn departs_from(&mut self, clause: &str, source: Source, observed: &str) {
        let finding = self.finding(Verdict::Nonconforming, clause.to_owned(), observed);
        self.record(Finding {
            decisive: true,
            clause: clause.to_owned(),
            source,
            ..finding
        });
    }

    /// Records a forbidden change that can be mended.
    pub(super) fn damage(&mut self, expected: &str, observed: &str, surfaced: bool) {
        let finding = self.finding(Verdict::TransientDamage, expected.to_owned(), observed);
        self.record(Finding {
            surfaced: Some(surfaced),
            ..finding
        });
    }

    /// Whether somebody was told that the attack did not pass: its decisive message was refused.
    pub(super) fn is_refused(&self) -> bool {
        let answered = self.answered.as_ref();
        answered.is_some_and(|answered| is_refusal(answered.status))
    }

    /// Records that an acknowledged write is not shown to somebody.
    pub(super) fn hidden(&mut self, observed: &str) {
        let clause = "A write appears on the feed of everyone entitled to it once record and metadata are \
                      final (visibility).";
        self.find_against(clause, Source::N, Verdict::TransientDamage, observed);
    }

    /// Records a departure from the attack's expectation or, with a harm, from the seed's own promise.
    pub(super) fn find(
        &mut self,
        verdict: Verdict,
        expected: String,
        observed: &str,
        harm: Option<Harm>,
    ) {
        let finding = self.finding(verdict, expected, observed);
        self.record(match harm {
            None => finding,
            Some(broken) => Finding {
                harm,
                clause: irreparable_clause(broken).to_owned(),
                source: Source::S,
                ..finding
            },
        });
    }

    /// Records a departure from another clause of the contract than the attack's own.
    pub(super) fn find_against(
        &mut self,
        clause: &str,
        source: Source,
        verdict: Verdict,
        observed: &str,
    ) {
        let finding = self.finding(verdict, clause.to_owned(), observed);
        self.record(Finding {
            surfaced: (verdict == Verdict::TransientDamage).then_some(false),
            clause: clause.to_owned(),
            source,
            ..finding
        });
    }

    /// A departure from the attack's own expectation.
    fn finding(&self, verdict: Verdict, expected: String, observed: &str) -> Finding {
        let expectation = &self.attack.expectation;
        Finding {
            beat: self.recorder.beat(),
            verdict,
            harm: None,
            decisive: false,
            surfaced: None,
            clause: expectation.clause.clone(),
            source: expectation.source,
            expected: self.recorder.redact(&expected),
            observed: self.recorder.redact(observed),
        }
    }

    fn record(&mut self, finding: Finding) {
        self.recorder.finding(&finding);
        self.findings.push(finding);
    }
}

const fn irreparable_clause(harm: Harm) -> &'static str {
    match harm {
        Harm::Lost => {
            "A faulty, malicious or version-mismatched client must not be able to cause the loss of original bytes."
        }
        Harm::Rewritten => {
            "A faulty, malicious or version-mismatched client must not be able to cause the loss of the audit trail."
        }
        Harm::Silent => {
            "A faulty, malicious or version-mismatched client must not be able to cause an undetected silent overwrite of user intent."
        }
        Harm::Fork => {
            "History is append-only: any two readers see one chain, of which one may be a prefix of the other."
        }
    }
}
