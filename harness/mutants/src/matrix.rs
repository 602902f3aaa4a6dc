//! The kill matrix: every mutant against the rows that claim it, and the reference against all of
//! them.

use crate::Mutant;
use crate::kill::{Played, judge};
use crate::needed::{Needed, needed};
use crate::report::{MUTANTS_SCHEMA, MutantReport, MutantsReport, MutantsSummary};
use gauntlet_arena::{Evidence, Role, Verdict};
use gauntlet_runner::{
    EmbeddedBinding, Events, RowRange, RunOptions, SelectionError, Selector, run, run_controls,
};
use gauntlet_scenarios::Suite;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How the matrix is made.
#[derive(Debug, Clone, Copy)]
pub struct MutantOptions {
    /// Everything random comes from it.
    pub seed: u64,
    /// How many mutants at once.
    pub jobs: usize,
    /// Time for one attack.
    pub deadline: Duration,
    /// Whether a mutant meets every attack of the rows that claim it. It otherwise meets its declared
    /// killers and, without an attack, every control of those rows that no killer shares.
    pub all_attacks: bool,
}

impl MutantOptions {
    fn run(&self, jobs: usize, mutant: Option<&Mutant>) -> RunOptions {
        RunOptions {
            seed: self.seed,
            jobs,
            deadline: self.deadline,
            confirmations: 0,
            mutant: mutant.map(|mutant| mutant.id.to_owned()),
        }
    }
}

/// Attacks every selected mutant with the rows that claim it, and the unmodified reference with all
/// of those rows. The evidence is that of every attack that was not held.
///
/// # Errors
/// A row that the suite does not have.
pub async fn run_mutants(
    suite: &Suite,
    selected: &[&'static Mutant],
    options: MutantOptions,
    mut on_done: impl FnMut(&MutantReport),
) -> Result<(MutantsReport, Vec<Evidence>), SelectionError> {
    for mutant in selected {
        against(mutant.rows).select(suite)?;
    }
    let reference = run_reference(suite, selected, options).await?;
    let mut evidence = reference.evidence;
    let mut matrix = Matrix::begin(suite, selected, options);
    let mut done = BTreeMap::new();
    while let Some((index, report, kept)) = matrix.next().await {
        on_done(&report);
        done.insert(index, (report, kept));
    }
    let mut mutants = Vec::new();
    for (report, kept) in done.into_values() {
        mutants.push(report);
        evidence.extend(kept);
    }
    let report = MutantsReport {
        schema: MUTANTS_SCHEMA,
        seed: options.seed,
        suite_digest: suite.digest.clone(),
        summary: MutantsSummary::of(&mutants),
        reference: reference.verdict,
        reference_attacks: reference.attacks,
        all_attacks: options.all_attacks,
        mutants,
    };
    Ok((report, evidence))
}

/// What the unmodified reference came to.
struct Reference {
    /// The worst verdict.
    verdict: Verdict,
    attacks: usize,
    evidence: Vec<Evidence>,
}

/// Plays every attack of every row that claims a mutant on the unmodified reference.
async fn run_reference(
    suite: &Suite,
    selected: &[&'static Mutant],
    options: MutantOptions,
) -> Result<Reference, SelectionError> {
    let rows: Vec<&str> = selected
        .iter()
        .flat_map(|mutant| mutant.rows)
        .copied()
        .collect();
    if rows.is_empty() {
        // No row asked for is every row to a selector.
        return Ok(Reference {
            verdict: Verdict::Untested,
            attacks: 0,
            evidence: Vec::new(),
        });
    }
    let selection = against(&rows).select(suite)?;
    let binding = Arc::new(EmbeddedBinding::reference());
    let options = options.run(options.jobs, None);
    let (report, evidence) = run(suite, &selection, binding, options, Events::unwatched()).await;
    Ok(Reference {
        verdict: Verdict::worst(report.rows.iter().map(|row| row.verdict)),
        attacks: report.rows.iter().map(|row| row.attacks.len()).sum(),
        evidence: not_held(evidence),
    })
}

/// The attacks of these rows on the server.
fn against(rows: &[&str]) -> Selector {
    let rows = rows
        .iter()
        .map(|row| RowRange::One((*row).to_owned()))
        .collect();
    Selector {
        rows,
        roles: vec![Role::Server],
        ..Selector::default()
    }
}

fn not_held(evidence: Vec<Evidence>) -> Vec<Evidence> {
    evidence
        .into_iter()
        .filter(|kept| kept.verdict != Verdict::Held)
        .collect()
}

/// Mutants under attack, each in a task of its own.
struct Matrix {
    under_attack: JoinSet<Attacked>,
    /// By task, for a task that ends without a word.
    mutants: BTreeMap<tokio::task::Id, (usize, &'static Mutant)>,
}

/// What was played on a mutant, and the evidence.
type Attacked = Result<(Played, Vec<Evidence>), SelectionError>;

impl Matrix {
    fn begin(suite: &Suite, selected: &[&'static Mutant], options: MutantOptions) -> Self {
        let suite = Arc::new(suite.clone());
        let places = Arc::new(Semaphore::new(options.jobs.max(1)));
        let mut matrix = Self {
            under_attack: JoinSet::new(),
            mutants: BTreeMap::new(),
        };
        for (index, mutant) in selected.iter().copied().enumerate() {
            let (suite, places) = (Arc::clone(&suite), Arc::clone(&places));
            let task = matrix.under_attack.spawn(async move {
                // The semaphore is never closed; were it, the mutant would be attacked unthrottled.
                let _place = places.acquire().await.ok();
                attack(&suite, mutant, options).await
            });
            matrix.mutants.insert(task.id(), (index, mutant));
        }
        matrix
    }

    /// The next mutant that is done, with its place in the selection.
    async fn next(&mut self) -> Option<(usize, MutantReport, Vec<Evidence>)> {
        let ended = self.under_attack.join_next_with_id().await?;
        let (id, attacked) = match ended {
            Ok((id, Ok(attacked))) => (id, Ok(attacked)),
            Ok((id, Err(error))) => (id, Err(error.to_string())),
            Err(error) => (error.id(), Err(format!("the harness panicked: {error}"))),
        };
        let (index, mutant) = self.mutants.remove(&id)?;
        Some(match attacked {
            Ok((played, evidence)) => (index, judge(mutant, &played), not_held(evidence)),
            Err(reason) => (index, MutantReport::unplayed(mutant, reason), Vec::new()),
        })
    }
}

async fn attack(suite: &Suite, mutant: &'static Mutant, options: MutantOptions) -> Attacked {
    let rows = against(mutant.rows);
    let binding = Arc::new(EmbeddedBinding::altered(Arc::new(mutant.plant)));
    let Needed { killers, controls } = needed(suite, mutant);
    let all = options.all_attacks;
    let options = options.run(1, Some(mutant));
    let only = |deviations| Selector {
        deviations,
        ..rows.clone()
    };
    let attacks = if all { rows.clone() } else { only(killers) };
    let selection = attacks.select(suite)?;
    let target = Arc::clone(&binding);
    let unwatched = Events::unwatched();
    let (run, evidence) = run(suite, &selection, target, options.clone(), unwatched).await;
    // No deviation asked for is every deviation to a selector.
    let controls = if all || controls.is_empty() {
        Ok(0)
    } else {
        let selection = only(controls).select(suite)?;
        run_controls(suite, &selection, binding.as_ref(), &options).await
    };
    Ok((Played { run, controls }, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decisions::{CONTRACT, malformed, op_without};
    use crate::lenient::NOTHING;
    use crate::{Status, named};
    use gauntlet_arena::{Beat, Finding, Stop};
    use gauntlet_wire::rule::Rule;

    const OPTIONS: MutantOptions = MutantOptions {
        seed: 7,
        jobs: 4,
        deadline: Duration::from_secs(60),
        all_attacks: false,
    };

    const fn probe(
        id: &'static str,
        plant: fn(gauntlet_server::Ports) -> gauntlet_server::Ports,
    ) -> Mutant {
        Mutant {
            id,
            rows: &["11"],
            invariant: None,
            about: "A probe.",
            beat: Beat::Containment,
            verdict: Verdict::TransientDamage,
            harm: None,
            killers: &["size-zero"],
            plant,
        }
    }

    static BREAKS_NOTHING: Mutant = probe("row11-breaks-nothing", |ports| ports);
    static BREAKS_EVERYTHING: Mutant = probe("row11-breaks-everything", |ports| {
        CONTRACT.with_parse(|_| Err(malformed(&"no"))).plant(ports)
    });
    static PANICS: Mutant = probe("row11-panics", |ports| {
        CONTRACT
            .with_append(|_, _, _| panic!("a defect of the mutant"))
            .plant(ports)
    });

    #[tokio::test(flavor = "multi_thread")]
    async fn a_mutant_of_every_row_is_killed_and_the_reference_by_nothing() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let selected = [
            "row03-directory-entry-not-synced",
            "row03-feed-numbered-in-memory",
            "row03-record-acknowledged-before-durable",
            "row11-persists-the-excess",
            "row12-session-before-the-check",
            "row30-client-refcount-used",
        ]
        .map(|id| named(id).unwrap());
        let mut done = Vec::new();
        let (report, evidence) = run_mutants(&suite, &selected, OPTIONS, |one| done.push(one.id))
            .await
            .unwrap();
        for mutant in &report.mutants {
            assert_eq!(
                mutant.status,
                Status::Killed,
                "{}: {}",
                mutant.id,
                mutant.reason
            );
        }
        assert_eq!(report.reference, Verdict::Held);
        assert!(report.is_proof());
        assert_eq!(
            report.mutants.iter().map(|one| one.id).collect::<Vec<_>>(),
            selected.map(|one| one.id)
        );
        done.sort_unstable();
        assert_eq!(done, selected.map(|one| one.id));
        assert!(!evidence.is_empty() && evidence.iter().all(|kept| kept.mutant.is_some()));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_breaks_nothing_survives_and_what_breaks_too_much_is_no_kill() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let selected = [&BREAKS_NOTHING, &BREAKS_EVERYTHING, &PANICS];
        let (report, _) = run_mutants(&suite, &selected, OPTIONS, |_| ())
            .await
            .unwrap();
        let statuses: Vec<Status> = report.mutants.iter().map(|one| one.status).collect();
        assert_eq!(
            statuses,
            [Status::Survived, Status::BrokeControl, Status::Error]
        );
        assert!(!report.is_proof());
        let summary = report.summary;
        assert_eq!((summary.total, summary.killed), (3, 0));
        assert_eq!(
            (summary.survived, summary.broke_control, summary.error),
            (1, 1, 1)
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_control_is_played_without_its_attack_and_one_that_fails_is_named() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let selection = against(&["11"]).select(&suite).unwrap();
        let options = OPTIONS.run(1, None);
        let reference = EmbeddedBinding::reference();
        let held = run_controls(&suite, &selection, &reference, &options).await;
        assert_eq!(held.unwrap(), 5);
        let broken = EmbeddedBinding::altered(Arc::new(BREAKS_EVERYTHING.plant));
        let failed = run_controls(&suite, &selection, &broken, &options).await;
        let failed = failed.unwrap_err();
        assert!(matches!(failed.stop, Stop::Invalid(_)), "{failed:?}");
        assert!(
            failed.attack.starts_with("row 11 / server / "),
            "{failed:?}"
        );
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_attack_is_played_where_all_are_asked_for() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let selected = [named("row11-size-zero-admitted").unwrap()];
        let mut played = Vec::new();
        for all_attacks in [false, true] {
            let options = MutantOptions {
                all_attacks,
                ..OPTIONS
            };
            let (report, _) = run_mutants(&suite, &selected, options, |_| ())
                .await
                .unwrap();
            assert_eq!(report.reference_attacks, 8);
            let counted = |one: &MutantReport| (one.attacks, one.controls, one.status);
            played.extend(report.mutants.iter().map(counted));
        }
        // The killer, and the controls of the row's other points in every script; or all eight.
        assert_eq!(played, [(1, 4, Status::Killed), (8, 0, Status::Killed)]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_session_left_with_another_account_harms_the_bystander_alone() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let mutant = named("row12-refusal-filed-under-another").unwrap();
        let (played, _) = attack(&suite, mutant, OPTIONS).await.unwrap();
        let attacks = played.run.rows.iter().flat_map(|row| &row.attacks);
        let findings: Vec<_> = attacks.flat_map(|attack| &attack.findings).collect();
        assert!(findings.len() >= mutant.killers.len());
        for finding in findings {
            let seen = &finding.observed;
            assert!(seen.starts_with("for the bystander: "), "{seen}");
            assert!(!seen.contains("the author"), "{seen}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_lenient_server_that_believes_nothing_is_held() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let selection = against(&["30"]).select(&suite).unwrap();
        let plant = |ports| NOTHING.plant(ports);
        let binding = EmbeddedBinding::altered(Arc::new(plant));
        let options = OPTIONS.run(OPTIONS.jobs, None);
        let (report, _) = run(
            &suite,
            &selection,
            Arc::new(binding),
            options,
            Events::unwatched(),
        )
        .await;
        for attack in report.rows.iter().flat_map(|row| &row.attacks) {
            assert_eq!(
                attack.verdict,
                Verdict::Held,
                "{}: {}",
                attack.deviation,
                attack.reason
            );
        }
    }

    /// That an op names the intent of an upgrade is our decision alone.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_takes_ops_under_an_upgrade_is_advised() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let selector = Selector {
            deviations: [
                "op-without-the-intent",
                "op-with-a-foreign-intent",
                "op-with-an-aborted-intent",
                "op-with-a-lapsed-intent",
            ]
            .map(ToOwned::to_owned)
            .to_vec(),
            ..against(&["18"])
        };
        let selection = selector.select(&suite).unwrap();
        let plant = |ports| {
            let ungated = CONTRACT.with_op(|facts, request, policy| {
                op_without(&[Rule::AlbumNotQuiescing], facts, request, policy)
            });
            ungated.plant(ports)
        };
        let binding = EmbeddedBinding::altered(Arc::new(plant));
        let options = OPTIONS.run(OPTIONS.jobs, None);
        let (report, _) = run(
            &suite,
            &selection,
            Arc::new(binding),
            options,
            Events::unwatched(),
        )
        .await;
        let attacks: Vec<_> = report.rows.iter().flat_map(|row| &row.attacks).collect();
        assert_eq!(attacks.len(), 4);
        for attack in attacks {
            assert_eq!(attack.verdict, Verdict::Held, "{attack:#?}");
            let advised = !attack.findings.is_empty();
            assert!(advised && attack.findings.iter().all(Finding::is_advice));
        }
    }

    #[tokio::test]
    async fn a_matrix_of_nothing_proves_nothing() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let (report, _) = run_mutants(&suite, &[], OPTIONS, |_| ()).await.unwrap();
        assert_eq!(
            (report.reference, report.is_proof()),
            (Verdict::Untested, false)
        );
    }
}
