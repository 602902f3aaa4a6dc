//! Every mutant by its id.

use crate::{
    contract, contract_lenient, contract_reads, contract_strict, row_01, row_02, row_03, row_04,
    row_05, row_06, row_08, row_09, row_10, row_11, row_12, row_16, row_17, row_18, row_20, row_21,
    row_22, row_24, row_30, row_31, row_x1, row_x2, row_x3, row_x5, row_x6, unguarded,
};
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_server::Ports;
use std::sync::LazyLock;

/// The reference without one promise.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// Stable kebab-case name: the row that first needed it, two digits, and what it does wrong.
    pub id: &'static str,
    /// Rows that have to kill it, each of them.
    pub rows: &'static [&'static str],
    /// The server invariant (`wire.md` §2) that is removed, where it is one.
    pub invariant: Option<u8>,
    /// What the mutant does wrong, in one sentence.
    pub about: &'static str,
    /// The beat in which its killers have to catch it.
    pub beat: Beat,
    /// What the attack of every declared killer comes to: the damage that the promise stands against,
    /// no less and no more.
    pub verdict: Verdict,
    /// The irreparable harm that a declared killer has to find, where the damage is one.
    pub harm: Option<Harm>,
    /// Deviations that have to be among those that catch it.
    pub killers: &'static [&'static str],
    /// Replaces ports of the reference. Called once a world, so that what a mutant remembers stays
    /// in that world.
    pub plant: fn(Ports) -> Ports,
}

/// An id that is in no catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown mutant `{0}`: `gauntlet mutants --list` names them all")]
pub struct UnknownMutant(pub String);

/// Every mutant, grouped by the row that first needed it.
#[must_use]
pub fn catalogue() -> &'static [Mutant] {
    &CATALOGUE
}

/// The mutant of that id.
///
/// # Errors
/// An id that the catalogue does not hold.
pub fn named(id: &str) -> Result<&'static Mutant, UnknownMutant> {
    catalogue()
        .iter()
        .find(|mutant| mutant.id == id)
        .ok_or_else(|| UnknownMutant(id.to_owned()))
}

static CATALOGUE: LazyLock<Vec<Mutant>> = LazyLock::new(|| {
    [
        row_01::MUTANTS,
        row_02::MUTANTS,
        row_03::MUTANTS,
        row_04::MUTANTS,
        row_05::MUTANTS,
        row_06::MUTANTS,
        row_08::MUTANTS,
        row_09::MUTANTS,
        row_10::MUTANTS,
        row_11::MUTANTS,
        row_12::MUTANTS,
        row_16::MUTANTS,
        row_17::MUTANTS,
        row_18::MUTANTS,
        row_20::MUTANTS,
        row_21::MUTANTS,
        row_22::MUTANTS,
        row_24::MUTANTS,
        row_30::MUTANTS,
        row_31::MUTANTS,
        row_x1::MUTANTS,
        row_x2::MUTANTS,
        row_x3::MUTANTS,
        row_x5::MUTANTS,
        row_x6::MUTANTS,
        contract::MUTANTS,
        contract_lenient::MUTANTS,
        contract_reads::MUTANTS,
        contract_strict::MUTANTS,
        unguarded::MUTANTS,
    ]
    .concat()
});

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_arena::Role;
    use gauntlet_scenarios::{Suite, capsule};
    use std::collections::BTreeSet;

    fn on_server<'a>(suite: &'a Suite, row: &str) -> BTreeSet<&'a str> {
        let row = suite.row(row).unwrap();
        row.attacks_on(Role::Server)
            .map(|attack| attack.deviation.name)
            .collect()
    }

    #[test]
    fn ids_are_unique_and_name_their_first_row() {
        let ids: BTreeSet<_> = catalogue().iter().map(|mutant| mutant.id).collect();
        assert_eq!(ids.len(), catalogue().len());
        for mutant in catalogue() {
            let prefix = format!("row{:0>2}-", mutant.rows[0]);
            assert!(mutant.id.starts_with(&prefix), "{}", mutant.id);
            assert!(mutant.about.ends_with('.'), "{}", mutant.id);
            assert_eq!(named(mutant.id).unwrap().id, mutant.id);
        }
    }

    #[test]
    fn an_unknown_id_is_an_error_that_says_where_to_look() {
        let error = named("row03-polite").unwrap_err().to_string();
        assert!(error.contains("row03-polite") && error.contains("gauntlet mutants --list"));
    }

    #[test]
    fn every_claiming_row_declares_a_killer_and_every_killer_is_of_a_claiming_row() {
        let suite = capsule::suite().unwrap();
        for mutant in catalogue() {
            let rows: Vec<_> = mutant
                .rows
                .iter()
                .map(|row| on_server(&suite, row))
                .collect();
            for killer in mutant.killers {
                assert!(
                    rows.iter().any(|row| row.contains(killer)),
                    "{}: {killer}",
                    mutant.id
                );
            }
            for row in rows {
                assert!(
                    mutant.killers.iter().any(|killer| row.contains(killer)),
                    "{}",
                    mutant.id
                );
            }
        }
    }

    #[test]
    fn findings_come_after_the_attack() {
        for mutant in catalogue() {
            assert!(
                matches!(mutant.beat, Beat::Containment | Beat::Recovery),
                "{}",
                mutant.id
            );
        }
    }

    #[test]
    fn a_harm_is_declared_where_the_damage_is_irreparable_and_nowhere_else() {
        for mutant in catalogue() {
            let irreparable = mutant.verdict == Verdict::IrreparableDamage;
            assert_eq!(mutant.harm.is_some(), irreparable, "{}", mutant.id);
            let is_finding = Verdict::Nonconforming..=Verdict::IrreparableDamage;
            assert!(is_finding.contains(&mutant.verdict), "{}", mutant.id);
        }
    }

    /// A fork into two sound histories takes two writes of one asset, and no row with an attack makes
    /// a second one.
    #[test]
    fn the_witness_is_shown_able_to_see_every_harm_that_a_create_can_do() {
        for harm in [Harm::Lost, Harm::Rewritten, Harm::Silent] {
            let shown = catalogue().iter().any(|mutant| mutant.harm == Some(harm));
            assert!(shown, "{harm:?}");
        }
    }

    /// What no mutant needs has not been shown able to fail.
    #[test]
    fn every_attack_on_the_server_is_the_declared_killer_of_a_mutant() {
        let suite = capsule::suite().unwrap();
        for row in &suite.rows {
            let own: BTreeSet<_> = catalogue()
                .iter()
                .filter(|mutant| mutant.rows.contains(&row.id.as_str()))
                .flat_map(|mutant| mutant.killers.iter().copied())
                .collect();
            for deviation in on_server(&suite, &row.id) {
                assert!(own.contains(deviation), "row {}: {deviation}", row.id);
            }
        }
    }
}
