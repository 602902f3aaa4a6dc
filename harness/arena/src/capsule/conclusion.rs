//! What a play comes to: the way from an outcome, beats and findings to a verdict.

use crate::{Beat, BeatReport, Finding, Stop, Verdict};

/// A verdict is earned: held takes a play to its end, four beats passed, and no finding but advice.
pub(super) fn verdict(
    outcome: &Result<(), Stop>,
    beats: &[BeatReport],
    findings: &[Finding],
) -> (Verdict, String) {
    let stopped = match outcome {
        Ok(()) | Err(Stop::Found) => None,
        Err(Stop::Invalid(_)) => Some(Verdict::Invalid),
        Err(Stop::Untested(_) | Stop::Absent(_)) => Some(Verdict::Untested),
        Err(Stop::Throttled { .. } | Stop::Misconfigured(_) | Stop::Error(_)) => {
            Some(Verdict::Error)
        }
    };
    // Of several that are equally bad the first: the others may follow from it.
    let worst = findings
        .iter()
        .rev()
        .filter(|finding| !finding.is_advice())
        .max_by_key(|f| f.verdict);
    match (stopped, worst, outcome) {
        (Some(verdict), Some(finding), Err(stop)) if finding.verdict < verdict => {
            (verdict, stop.to_string())
        }
        (_, Some(finding), _) => (finding.verdict, finding.observed.clone()),
        (Some(verdict), None, Err(stop)) => (verdict, stop.to_string()),
        (_, None, _) => earned(beats, findings),
    }
}

fn earned(beats: &[BeatReport], findings: &[Finding]) -> (Verdict, String) {
    let played: Vec<Beat> = beats.iter().map(|beat| beat.beat).collect();
    let advised = !findings.is_empty();
    if played != Beat::ALL {
        let missing = format!("the scenario played the beats {played:?}; all four are needed");
        (Verdict::Invalid, missing)
    } else if !advised && beats.iter().any(|beat| !beat.passed) {
        (
            Verdict::Invalid,
            "a beat failed without a finding".to_owned(),
        )
    } else if advised {
        (
            Verdict::Held,
            "held; departs from our own decisions alone (advisory)".to_owned(),
        )
    } else {
        (Verdict::Held, "as the contract says".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::binding::Hook;

    fn beats(passed: [bool; 4]) -> Vec<BeatReport> {
        let played = Beat::ALL.into_iter().zip(passed);
        played
            .map(|(beat, passed)| BeatReport {
                beat,
                passed,
                note: String::new(),
            })
            .collect()
    }

    fn found(verdict: Verdict, source: Source) -> Finding {
        Finding {
            beat: Beat::Containment,
            verdict,
            harm: None,
            decisive: false,
            surfaced: None,
            clause: String::new(),
            source,
            expected: String::new(),
            observed: "seen".to_owned(),
        }
    }

    #[test]
    fn held_takes_all_four_beats_in_order() {
        let whole = beats([true; 4]);
        assert_eq!(verdict(&Ok(()), &whole, &[]).0, Verdict::Held);
        let mut twice = whole.clone();
        twice.insert(1, whole[0].clone());
        let mut swapped = whole.clone();
        swapped.swap(2, 3);
        for played in [&[], &whole[..3], &whole[1..], &twice, &swapped] {
            assert_eq!(verdict(&Ok(()), played, &[]).0, Verdict::Invalid);
        }
        for missed in 0..4 {
            let mut passed = [true; 4];
            passed[missed] = false;
            assert_eq!(
                verdict(&Ok(()), &beats(passed), &[]).0,
                Verdict::Invalid,
                "a beat that failed without a finding"
            );
        }
    }

    #[test]
    fn no_stop_and_no_finding_but_advice_is_ever_held() {
        let whole = beats([true; 4]);
        let stops = [
            Stop::Invalid("why".to_owned()),
            Stop::Untested(Hook::Crash),
            Stop::Absent("a ceremony"),
            Stop::Throttled {
                retry_after_seconds: 1,
            },
            Stop::Misconfigured("why".to_owned()),
            Stop::Error("why".to_owned()),
        ];
        for stop in stops {
            let ended = verdict(&Err(stop.clone()), &whole, &[]);
            assert!(ended.0 > Verdict::Held && !ended.1.is_empty(), "{stop}");
        }
        let damage = [found(Verdict::TransientDamage, Source::D)];
        for outcome in [Ok(()), Err(Stop::Found), Err(Stop::Untested(Hook::Crash))] {
            let ended = verdict(&outcome, &whole, &damage);
            assert_eq!(ended, (Verdict::TransientDamage, "seen".to_owned()));
        }
        for (source, expected) in [
            (Source::S, Verdict::Nonconforming),
            (Source::N, Verdict::Nonconforming),
            (Source::D, Verdict::Held),
        ] {
            let departs = [found(Verdict::Nonconforming, source)];
            assert_eq!(verdict(&Ok(()), &whole, &departs).0, expected);
        }
    }
}
