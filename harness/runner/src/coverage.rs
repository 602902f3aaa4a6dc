//! Closure: which rejections of the contract a run has seen, and which bounds of its invariants were
//! approached from both sides.
//!
//! What counts is what the reference *was seen to answer*, never what a row expects: a rule is covered
//! by an attack whose decisive answer was a refusal by that very rule.

use crate::RunReport;
use gauntlet_arena::{Answered, AttackReport, Role, Verdict};
use gauntlet_scenarios::{AttackName, Bound, Scope, Suite};
use gauntlet_wire::code::Code;
use gauntlet_wire::rule::Rule;
use serde::Serialize;
use std::collections::BTreeSet;

/// The version of the report's shape.
pub const COVERAGE_SCHEMA: u32 = 1;

/// What a run covers of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CoverageReport {
    /// [`COVERAGE_SCHEMA`].
    pub schema: u32,
    /// The seed of the run.
    pub seed: u64,
    /// What was run, BLAKE3 in hex.
    pub suite_digest: String,
    /// Every rule, in the order of the contract.
    pub rejections: Vec<Rejected>,
    /// Every bound, in the order of the suite.
    pub bounds: Vec<Approached>,
    /// What is out of scope, and why.
    pub out_of_scope: Vec<OutOfScope>,
    /// Everything that is in scope and was not seen, in words; empty where the contract is closed.
    pub missing: Vec<String>,
}

/// One rule, and who was refused by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The rule.
    pub rule: Rule,
    /// The status of its refusal.
    pub status: u16,
    /// The error code of its refusal.
    pub code: Code,
    /// The invariant (`wire.md` §2) that it belongs to.
    pub invariant: Option<u8>,
    /// The attacks that were refused by it.
    pub seen: Vec<AttackName>,
    /// Why no message can be.
    pub unreachable: Option<String>,
}

/// One bound, and what was seen on either side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approached {
    /// The invariant.
    pub invariant: u8,
    /// The bound, in words.
    pub about: String,
    /// Attacks just inside, which are accepted.
    pub inside: Vec<AttackName>,
    /// Attacks of which the honest message lies just inside.
    pub honest: Vec<AttackName>,
    /// What lies just outside.
    pub outside: Vec<AttackName>,
    /// Why nothing can lie outside.
    pub unreachable: Option<String>,
    /// What of it was not seen, in words.
    pub missing: Vec<String>,
}

/// An error code that is out of scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutOfScope {
    /// The code.
    pub code: String,
    /// Why.
    pub reason: String,
}

/// What `run`, a run of `suite` against the unmodified reference, covers.
#[must_use]
pub fn coverage(suite: &Suite, run: &RunReport) -> CoverageReport {
    let played: Vec<Played<'_>> = played(run);
    let rejections: Vec<Rejected> = Rule::ALL
        .iter()
        .map(|rule| rejected(*rule, &suite.scope, &played))
        .collect();
    let bounds: Vec<Approached> = suite
        .bounds
        .iter()
        .map(|bound| approached(bound, &played))
        .collect();
    let missing = [
        unseen(&rejections),
        bounds
            .iter()
            .flat_map(|bound| bound.missing.clone())
            .collect(),
        unbounded(suite),
        contradicted(&suite.scope, &rejections),
        unspoken(&suite.scope),
    ];
    CoverageReport {
        schema: COVERAGE_SCHEMA,
        seed: run.seed,
        suite_digest: run.suite_digest.clone(),
        rejections,
        out_of_scope: out_of_scope(&suite.scope),
        missing: missing.concat(),
        bounds,
    }
}

/// An attack on the server that was played.
struct Played<'a> {
    name: AttackName,
    attack: &'a AttackReport,
}

impl Played<'_> {
    fn answered(&self) -> Option<&Answered> {
        self.attack.answered.as_ref()
    }

    /// Whether it was refused by the rule, and showed what it was to show.
    fn refused_by(&self, rule: Rule) -> bool {
        let by_rule = |answered: &Answered| answered.rules.contains(&rule);
        self.attack.verdict == Verdict::Held && self.answered().is_some_and(by_rule)
    }
}

fn played(run: &RunReport) -> Vec<Played<'_>> {
    let attacks = run
        .rows
        .iter()
        .flat_map(|row| row.attacks.iter().map(|attack| (row.row.clone(), attack)));
    attacks
        .filter(|(_, attack)| attack.role == Role::Server)
        .map(|(row, attack)| Played {
            name: AttackName {
                row,
                deviation: attack.deviation.clone(),
            },
            attack,
        })
        .collect()
}

fn rejected(rule: Rule, scope: &Scope, played: &[Played<'_>]) -> Rejected {
    let seen = played.iter().filter(|attack| attack.refused_by(rule));
    let unreachable = scope.unreachable.iter().find(|behind| behind.rule == rule);
    Rejected {
        rule,
        status: rule.status(),
        code: rule.code(),
        invariant: rule.invariant(),
        seen: seen.map(|attack| attack.name.clone()).collect(),
        unreachable: unreachable.map(|behind| behind.reason.clone()),
    }
}

fn unseen(rejections: &[Rejected]) -> Vec<String> {
    rejections
        .iter()
        .filter(|rejected| rejected.seen.is_empty() && rejected.unreachable.is_none())
        .map(|rejected| {
            let Rejected {
                rule, status, code, ..
            } = rejected;
            format!("no attack is refused by {rule} ({status} {code})")
        })
        .collect()
}

/// A rule that is said to be out of reach, and was reached: the reason is no longer true.
fn contradicted(scope: &Scope, rejections: &[Rejected]) -> Vec<String> {
    let of = |rule| rejections.iter().find(|rejected| rejected.rule == rule);
    scope
        .unreachable
        .iter()
        .filter_map(|behind| of(behind.rule)?.seen.first().map(|by| (behind.rule, by)))
        .map(|(rule, by)| format!("{rule} is said to be unreachable, and {by} is refused by it"))
        .collect()
}

fn approached(bound: &Bound, played: &[Played<'_>]) -> Approached {
    let about = format!("invariant {}, {}", bound.invariant, bound.about);
    let fault = |name: &AttackName, holds: &dyn Fn(&Played<'_>) -> Result<(), String>| {
        let attack = played.iter().find(|attack| attack.name == *name);
        let held = match attack {
            None => Err("was not played".to_owned()),
            Some(attack) if attack.attack.verdict != Verdict::Held => {
                Err(format!("is {}", attack.attack.verdict))
            }
            Some(attack) => holds(attack),
        };
        held.err().map(|why| format!("{about}: {name} {why}"))
    };
    let side = |names: &[AttackName], holds: &dyn Fn(&Played<'_>) -> Result<(), String>| {
        let faults = names.iter().filter_map(|name| fault(name, holds));
        faults.collect::<Vec<_>>()
    };
    Approached {
        invariant: bound.invariant,
        about: bound.about.clone(),
        inside: bound.inside.clone(),
        honest: bound.honest.clone(),
        outside: bound.outside.clone(),
        unreachable: bound.unreachable.clone(),
        missing: [
            side(&bound.inside, &accepted),
            side(&bound.honest, &|_| Ok(())),
            side(&bound.outside, &|attack| refused(attack, bound.invariant)),
        ]
        .concat(),
    }
}

fn accepted(attack: &Played<'_>) -> Result<(), String> {
    match attack.answered() {
        Some(answered) if answered.is_success() => Ok(()),
        Some(answered) => Err(format!("lies inside, and was answered {}", answered.status)),
        None => Err("has no answer that decides".to_owned()),
    }
}

fn refused(attack: &Played<'_>, invariant: u8) -> Result<(), String> {
    let rules = attack.answered().map(|answered| answered.rules.as_slice());
    let of_invariant = |rule: &Rule| rule.invariant() == Some(invariant);
    if rules.unwrap_or_default().iter().any(of_invariant) {
        return Ok(());
    }
    let by: Vec<_> = rules
        .unwrap_or_default()
        .iter()
        .map(|rule| rule.name())
        .collect();
    Err(format!(
        "lies outside, and is refused by no rule of the invariant (by: {})",
        by.join(", ")
    ))
}

/// Invariants in scope, which are those that a rule belongs to, without any bound.
fn unbounded(suite: &Suite) -> Vec<String> {
    let bounded: BTreeSet<u8> = suite.bounds.iter().map(|bound| bound.invariant).collect();
    let in_scope: BTreeSet<u8> = Rule::ALL
        .iter()
        .filter_map(|rule| rule.invariant())
        .collect();
    in_scope
        .difference(&bounded)
        .map(|invariant| format!("invariant {invariant}: no bound is approached"))
        .collect()
}

/// Codes that are neither a rule's nor said to be out of scope; and codes that are both.
fn unspoken(scope: &Scope) -> Vec<String> {
    let by_rule: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.code().as_str()).collect();
    let outside: BTreeSet<&str> = scope
        .outside
        .iter()
        .flat_map(|outside| outside.codes.iter().map(String::as_str))
        .collect();
    let all = Code::ALL.iter().map(|code| code.as_str());
    let neither = all
        .filter(|code| !by_rule.contains(code) && !outside.contains(code))
        .map(|code| format!("{code} is no rule's, and no reason says why it is out of scope"));
    let both = by_rule
        .intersection(&outside)
        .map(|code| format!("{code} is said to be out of scope, and a rule has it"));
    neither.chain(both).collect()
}

fn out_of_scope(scope: &Scope) -> Vec<OutOfScope> {
    let outside = scope.outside.iter();
    outside
        .flat_map(|outside| {
            outside.codes.iter().map(|code| OutOfScope {
                code: code.clone(),
                reason: outside.reason.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn suite() -> Suite {
        gauntlet_scenarios::capsule::suite().unwrap()
    }

    /// An attack that was played and held, with its decisive answer.
    fn attack(deviation: &str, answered: Value) -> Value {
        json!({
            "deviation": deviation, "about": "", "class": "faulty", "role": "server",
            "expectation": "", "answered": answered, "verdict": "held", "reason": "",
            "beats": [], "findings": [], "audit": "", "evidence": "", "duration_ms": 0,
        })
    }

    fn refused(deviation: &str, rule: Rule) -> Value {
        let (status, code) = (rule.status(), rule.code());
        attack(
            deviation,
            json!({ "status": status, "code": code, "rules": [rule] }),
        )
    }

    fn run(attacks: &[(&str, Value)]) -> RunReport {
        let rows = attacks.iter().map(|(row, attack)| {
            json!({
                "suite": "", "row": row, "table": "contract", "title": "", "roles": [],
                "verdict": "held", "attacks": [attack], "duration_ms": 0,
            })
        });
        let target = json!({ "name": "", "binding": "", "roles": [], "strictness": "code" });
        let run = json!({
            "schema": 1, "seed": 0, "target": target, "suite_digest": "",
            "summary": { "total": 1 }, "rows": rows.collect::<Vec<_>>(),
        });
        serde_json::from_value(run).unwrap()
    }

    fn missing_of(attacks: &[(&str, Value)], part: &str) -> Vec<String> {
        let missing = coverage(&suite(), &run(attacks)).missing;
        missing
            .into_iter()
            .filter(|what| what.contains(part))
            .collect()
    }

    #[test]
    fn a_rejection_is_covered_by_what_was_answered_and_by_nothing_else() {
        let rule = Rule::SizePositive;
        let named = "size-positive";
        assert_eq!(missing_of(&[], named).len(), 1);
        let seen = ("11", refused("size-zero", rule));
        assert_eq!(missing_of(&[seen], named), Vec::<String>::new());
        // The same status and code, by another rule.
        let other = json!({ "status": 400, "code": rule.code(), "rules": [Rule::SizeWithinMax] });
        let other = ("11", attack("size-zero", other));
        assert_eq!(missing_of(&[other], named).len(), 1);
        let mut void = ("11", refused("size-zero", rule));
        void.1["verdict"] = json!("invalid");
        assert_eq!(missing_of(&[void], named).len(), 1);
    }

    #[test]
    fn a_bound_is_approached_from_both_sides_or_not_at_all() {
        let part = "one byte, and not none";
        let accepted = ("I4", attack("size-one", json!({ "status": 201 })));
        let outside = ("11", refused("size-zero", Rule::SizePositive));
        assert!(missing_of(&[accepted.clone(), outside.clone()], part).is_empty());
        for (attacks, said) in [
            (vec![outside.clone()], "I4/size-one was not played"),
            (vec![accepted.clone()], "11/size-zero was not played"),
            (
                vec![
                    ("I4", refused("size-one", Rule::SizePositive)),
                    outside.clone(),
                ],
                "I4/size-one lies inside, and was answered 400",
            ),
            (
                vec![
                    accepted.clone(),
                    ("11", attack("size-zero", json!({ "status": 201 }))),
                ],
                "11/size-zero lies outside, and is refused by no rule of the invariant",
            ),
            (
                vec![
                    accepted.clone(),
                    ("11", refused("size-zero", Rule::BodyWellFormed)),
                ],
                "11/size-zero lies outside, and is refused by no rule of the invariant",
            ),
        ] {
            let missing = missing_of(&attacks, part);
            assert!(
                missing.iter().any(|what| what.contains(said)),
                "{said}: {missing:?}"
            );
        }
        let mut void = accepted;
        void.1["verdict"] = json!("nonconforming");
        let missing = missing_of(&[void, outside], part);
        assert!(
            missing[0].contains("I4/size-one is nonconforming"),
            "{missing:?}"
        );
    }

    #[test]
    fn what_is_said_to_be_out_of_reach_or_out_of_scope_has_to_stay_true() {
        let reached = ("3", refused("chunk-again", Rule::FinalizeSole));
        let missing = missing_of(&[reached], "finalize-sole");
        assert!(
            missing[0].contains("unreachable, and 3/chunk-again"),
            "{missing:?}"
        );
        let mut suite = suite();
        let unsaid = suite.scope.outside[0].codes.remove(0);
        let both = Rule::SizePositive.code().to_string();
        suite.scope.outside[0].codes.push(both.clone());
        let missing = coverage(&suite, &run(&[])).missing;
        for said in [
            format!("{unsaid} is no rule's, and no reason says why it is out of scope"),
            format!("{both} is said to be out of scope, and a rule has it"),
        ] {
            assert!(missing.contains(&said), "{said}: {missing:?}");
        }
    }

    #[test]
    fn an_invariant_without_a_bound_is_missing() {
        let mut suite = suite();
        suite.bounds.retain(|bound| bound.invariant != 9);
        let missing = coverage(&suite, &run(&[])).missing;
        assert!(missing.contains(&"invariant 9: no bound is approached".to_owned()));
    }
}
