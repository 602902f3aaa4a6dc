use super::*;
use gauntlet_arena::{Harm, Source};
use serde_json::{Value, json};

const CALLED: Called = Called {
    target: None,
    deadline: None,
    report: None,
};

fn finding(beat: Beat, verdict: Verdict, harm: Option<Harm>, observed: &str) -> Finding {
    Finding {
        beat,
        verdict,
        harm,
        decisive: false,
        surfaced: None,
        clause: "c".to_owned(),
        source: Source::S,
        expected: "e".to_owned(),
        observed: observed.to_owned(),
    }
}

fn attack(deviation: &str, verdict: Verdict, reason: &str, findings: &[Finding]) -> Value {
    json!({
        "deviation": deviation, "about": "It departs.", "class": "faulty", "role": "server",
        "expectation": "e", "verdict": verdict, "reason": reason, "beats": [],
        "findings": findings, "audit": "", "evidence": "", "duration_ms": 0,
        "difference": (0..12).map(|n| format!("part-{n}: 1 → 2")).collect::<Vec<_>>(),
    })
}

fn shown(called: &Called, attacks: &[Value]) -> Vec<String> {
    let row = json!({
        "suite": "capsule", "table": "damage", "row": "3", "title": "t", "roles": [], "verdict": "error",
        "attacks": attacks, "duration_ms": 0,
    });
    let target = json!({ "name": "t", "binding": "http", "roles": [], "strictness": "code" });
    let report = json!({
        "schema": 2, "seed": 7, "target": target, "suite_digest": "", "summary": { "total": 1 },
        "rows": [row],
    });
    let report = serde_json::from_value(report).unwrap();
    let plain = |text: String| anstream::adapter::strip_str(&text).to_string();
    findings(called, &report, &[], None)
        .into_iter()
        .map(plain)
        .collect()
}

#[test]
fn the_cause_stands_above_what_it_led_to_and_each_kind_is_shown_once() {
    use Verdict::{IrreparableDamage, Nonconforming, TransientDamage};
    let of = finding;
    let found = [
        Finding {
            decisive: true,
            ..of(Beat::Containment, Nonconforming, None, "accepted")
        },
        of(Beat::Containment, TransientDamage, None, "changed"),
        of(Beat::Recovery, TransientDamage, None, "refused"),
        of(
            Beat::Recovery,
            IrreparableDamage,
            Some(Harm::Lost),
            "lost once",
        ),
        of(
            Beat::Recovery,
            IrreparableDamage,
            Some(Harm::Lost),
            "lost twice",
        ),
        of(
            Beat::Recovery,
            IrreparableDamage,
            Some(Harm::Silent),
            "silent",
        ),
    ];
    let told: Vec<_> = grouped(&found)
        .iter()
        .map(|group| (group.first.observed.clone(), group.more))
        .collect();
    let expected = [
        ("accepted", 0),
        ("changed", 0),
        ("lost once", 1),
        ("silent", 0),
        ("refused", 0),
    ];
    assert_eq!(told, expected.map(|(text, more)| (text.to_owned(), more)));
    let text = shown(&CALLED, &[attack("a", IrreparableDamage, "r", &found)]).concat();
    let place = |part: &str| {
        text.find(part)
            .unwrap_or_else(|| panic!("no {part:?} in {text}"))
    };
    assert!(
        place("cause") < place("accepted") && place("accepted") < place("led to"),
        "{text}"
    );
    assert_eq!(
        text.matches("clause").count(),
        1,
        "one clause is broken: {text}"
    );
    assert!(place("1 more of this kind") > place("lost once"), "{text}");
}

#[test]
fn what_is_cut_says_where_the_whole_is() {
    let found = [finding(Beat::Attack, Verdict::TransientDamage, None, "x")];
    let attacks = [attack("a", Verdict::TransientDamage, "x", &found)];
    let unkept = shown(&CALLED, &attacks).concat();
    assert!(
        unkept.contains("… and 2 more (--report DIR keeps them all)"),
        "{unkept}"
    );
    let folder = tempfile::tempdir().unwrap();
    let called = Called {
        report: Some(
            crate::files::ReportFolder::prepare(folder.path())
                .unwrap()
                .place(),
        ),
        ..CALLED
    };
    let kept = shown(&called, &attacks).concat();
    let named = format!("all in {}", folder.path().join("report.json").display());
    assert!(kept.contains(&named), "{kept}");
}

#[test]
fn attacks_that_ended_for_one_reason_are_told_of_once() {
    let late = "the play had not ended after 1s (--deadline)";
    let found = [finding(
        Beat::Attack,
        Verdict::TransientDamage,
        None,
        "seen before the end",
    )];
    let texts = shown(
        &CALLED,
        &[
            attack("a", Verdict::Error, late, &[]),
            attack("b", Verdict::Error, late, &found),
            attack("c", Verdict::Error, late, &[]),
            attack("d", Verdict::Error, "another reason", &[]),
            attack("e", Verdict::Held, "as the contract says", &[]),
        ],
    );
    assert_eq!(texts.len(), 3, "{texts:#?}");
    assert!(
        texts[0].contains("server / b") && texts[0].contains("seen before"),
        "{}",
        texts[0]
    );
    assert!(
        texts[1].contains("2 attacks error") && texts[1].contains(late),
        "{}",
        texts[1]
    );
    assert!(
        texts[1].contains("server / a, row 3 / server / c"),
        "{}",
        texts[1]
    );
    assert!(texts[2].contains("server / d"), "{}", texts[2]);
}
