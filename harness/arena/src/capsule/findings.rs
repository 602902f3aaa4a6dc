//! What was found, and against which clause.

use super::lab::Lab;
use crate::{Finding, Harm, Source, Verdict};

impl Lab {
    /// Records a forbidden change that can be mended.
    pub(super) fn damage(&mut self, expected: &str, observed: &str, surfaced: bool) {
        self.find(
            Verdict::TransientDamage,
            expected.to_owned(),
            observed,
            None,
        );
        if let Some(finding) = self.findings.last_mut() {
            finding.surfaced = Some(surfaced);
        }
    }

    /// Records that an acknowledged write is not shown to somebody.
    pub(super) fn hidden(&mut self, observed: &str) {
        let clause = "A write appears on the feed of everyone entitled to it once record and metadata are \
                      final (wire.md §3, visibility).";
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
        let expectation = &self.attack.expectation;
        let (clause, source) = match harm {
            None => (expectation.clause.clone(), expectation.source),
            Some(harm) => (irreparable_clause(harm).to_owned(), Source::S),
        };
        self.record(Finding {
            beat: self.recorder.beat(),
            verdict,
            harm,
            surfaced: None,
            clause,
            source,
            expected,
            observed: self.recorder.redact(observed),
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
        self.record(Finding {
            beat: self.recorder.beat(),
            verdict,
            harm: None,
            surfaced: (verdict == Verdict::TransientDamage).then_some(false),
            clause: clause.to_owned(),
            source,
            expected: clause.to_owned(),
            observed: self.recorder.redact(observed),
        });
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
