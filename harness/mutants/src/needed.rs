//! Which attacks and controls a mutant has to meet.

use crate::Mutant;
use gauntlet_arena::{Attack, Role};
use gauntlet_scenarios::Suite;
use std::collections::BTreeSet;

/// The names of the attacks that show a mutant caught, and every control of its rows intact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needed {
    /// Its declared killers, to be played with their controls.
    pub(crate) killers: Vec<String>,
    /// The first attack of every prefix that no killer is played after: its control is to be played.
    pub(crate) controls: Vec<String>,
}

/// What `mutant` has to meet.
pub(crate) fn needed(suite: &Suite, mutant: &Mutant) -> Needed {
    let rows = mutant.rows.iter().filter_map(|row| suite.row(row));
    let attacks: Vec<&Attack> = rows.flat_map(|row| row.attacks_on(Role::Server)).collect();
    let is_killer = |attack: &Attack| mutant.killers.contains(&attack.deviation.name);
    let (killers, others): (Vec<_>, Vec<_>) =
        attacks.into_iter().partition(|attack| is_killer(attack));
    let prefix = |attack: &Attack| (attack.row.clone(), attack.deviation.prefix());
    let mut played: BTreeSet<_> = killers.iter().map(|killer| prefix(killer)).collect();
    let mut controls = others;
    controls.retain(|other| played.insert(prefix(other)));
    let names = |attacks: Vec<&Attack>| {
        let names = attacks.iter().map(|attack| attack.deviation.name);
        names.map(ToOwned::to_owned).collect()
    };
    Needed {
        killers: names(killers),
        controls: names(controls),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The prefixes of every claiming row, each with its twin, are played whatever the killers are.
    #[test]
    fn what_is_needed_holds_every_killer_and_plays_every_control() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        for mutant in crate::catalogue() {
            let Needed { killers, controls } = needed(&suite, mutant);
            for killer in mutant.killers {
                assert!(killers.iter().any(|name| name == killer), "{}", mutant.id);
            }
            let attacks = |row: &&str| suite.row(row).unwrap().attacks_on(Role::Server);
            let all: Vec<&Attack> = mutant.rows.iter().flat_map(attacks).collect();
            let prefixes = |of: &dyn Fn(&Attack) -> bool| -> BTreeSet<_> {
                let chosen = all.iter().filter(|attack| of(attack));
                chosen
                    .map(|a| (a.row.clone(), a.deviation.prefix()))
                    .collect()
            };
            let needed: Vec<&String> = killers.iter().chain(&controls).collect();
            let is_needed = |attack: &Attack| needed.iter().any(|n| *n == attack.deviation.name);
            assert_eq!(prefixes(&is_needed), prefixes(&|_| true), "{}", mutant.id);
            assert!(controls.len() < prefixes(&|_| true).len(), "{}", mutant.id);
        }
    }
}
