//! Rows as data, and the suite that they make.

use crate::bounds::{Bound, Scope, bounds};
use gauntlet_arena::binding::Hook;
use gauntlet_arena::capsule::Scenario;
use gauntlet_arena::{Attack, Expect, Expectation, Role, SessionEffect, Source};
use gauntlet_simulator::{ClientClass, Deviation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Trials of a race that does not state its own.
const TRIALS: u32 = 8;
/// The most trials of an attack.
const MOST_TRIALS: u32 = 1_000;

/// Which table a row is a line of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    /// The damage scenarios of the threat model.
    Damage,
    /// The contract that a server has to keep: its invariants and the rejections of its operations.
    Contract,
}

/// One line of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// The row's number, or its name where it is not one of the seed's.
    pub id: String,
    /// The table.
    pub table: Table,
    /// The damage that is attempted, in the table's own words; of a contract's row, what it is about.
    pub title: String,
    /// The promised defence, in the table's own words.
    pub defence: String,
    /// Which document of the model owns the defence.
    pub owner: Option<String>,
    /// The classes of client that attempt it.
    pub classes: Vec<ClientClass>,
    /// The roles that have to defend.
    pub roles: Vec<Role>,
    /// The server invariants that the row leans on.
    pub invariants: Vec<u8>,
    /// Every attack, in the order of the file.
    pub attacks: Vec<Attack>,
}

/// A threat model made executable.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The suite's name.
    pub name: &'static str,
    /// Every row of the table.
    pub rows: Vec<Row>,
    /// The scenarios that are written, by row and role.
    pub scenarios: &'static [Scenario],
    /// The bounds of the contract's invariants, and the attacks on either side of each.
    pub bounds: Vec<Bound>,
    /// What of the contract is not approached, and why.
    pub scope: Scope,
    /// BLAKE3 over all that the rows say and the deviations that they use: what was run.
    pub digest: String,
}

/// A suite as it is written down: the text of its files.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// `rows.toml`: the damage scenarios.
    pub rows: &'a str,
    /// `contract.toml`: the contract's own rows.
    pub contract: &'a str,
    /// `bounds.toml`: the bounds of the invariants, and what is out of scope.
    pub bounds: &'a str,
}

/// Why a suite's data can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{suite}/{file}: {what}")]
pub struct SuiteError {
    suite: &'static str,
    file: &'static str,
    what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    #[serde(default)]
    row: Vec<RowEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RowEntry {
    id: String,
    title: String,
    defence: String,
    owner: Option<String>,
    classes: Vec<ClientClass>,
    roles: Vec<Role>,
    invariants: Vec<u8>,
    #[serde(default)]
    attack: Vec<AttackEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AttackEntry {
    deviation: String,
    role: Role,
    expect: Expect,
    #[serde(default)]
    or_status: Vec<u16>,
    #[serde(default)]
    session: SessionEffect,
    #[serde(default)]
    needs: Vec<Hook>,
    trials: Option<u32>,
    source: Source,
    clause: String,
}

impl Suite {
    /// Reads a suite's tables and ties them to its scenarios.
    ///
    /// # Errors
    /// Malformed data; a repeated row or attack; an attack on a role that the row does not name, or
    /// by a deviation that is in no catalogue or of another class; attacks without a scenario, or a
    /// scenario without attacks; a bound without a side.
    pub fn read(
        name: &'static str,
        texts: Texts<'_>,
        scenarios: &'static [Scenario],
    ) -> Result<Self, SuiteError> {
        let fail = |file| {
            move |what: String| SuiteError {
                suite: name,
                file,
                what,
            }
        };
        let mut all = rows(texts.rows, Table::Damage).map_err(fail("rows.toml"))?;
        let contract = rows(texts.contract, Table::Contract).map_err(fail("contract.toml"))?;
        all.extend(contract);
        check_rows(&all).map_err(fail("rows.toml"))?;
        check_scenarios(&all, scenarios).map_err(fail("rows.toml"))?;
        let (bounds, scope) = bounds(texts.bounds).map_err(fail("bounds.toml"))?;
        let digest = digest(&all).map_err(|error| fail("rows.toml")(error.to_string()))?;
        Ok(Self {
            name,
            rows: all,
            scenarios,
            bounds,
            scope,
            digest,
        })
    }

    /// The row of that id.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.id == id)
    }

    /// The scenario of a row in a role, if it is written.
    #[must_use]
    pub fn scenario(&self, row: &str, role: Role) -> Option<&'static Scenario> {
        self.scenarios
            .iter()
            .find(|scenario| scenario.row == row && scenario.role == role)
    }
}

impl Row {
    /// The attacks on one role.
    pub fn attacks_on(&self, role: Role) -> impl Iterator<Item = &Attack> {
        self.attacks
            .iter()
            .filter(move |attack| attack.role == role)
    }
}

fn rows(text: &str, table: Table) -> Result<Vec<Row>, String> {
    let rows: Rows = toml::from_str(text).map_err(|error| error.to_string())?;
    let of_table = |entry| row(entry, table);
    rows.row.into_iter().map(of_table).collect()
}

fn row(entry: RowEntry, table: Table) -> Result<Row, String> {
    let id = entry.id;
    let attacks = entry
        .attack
        .into_iter()
        .map(|attack| self::attack(&id, attack))
        .collect::<Result<_, _>>()?;
    Ok(Row {
        id,
        table,
        title: entry.title,
        defence: entry.defence,
        owner: entry.owner,
        classes: entry.classes,
        roles: entry.roles,
        invariants: entry.invariants,
        attacks,
    })
}

fn attack(row: &str, entry: AttackEntry) -> Result<Attack, String> {
    let deviation =
        Deviation::named(&entry.deviation).map_err(|error| format!("row {row}: {error}"))?;
    let expectation = Expectation {
        expect: entry.expect,
        or_status: entry.or_status,
        session: entry.session,
        needs: entry.needs,
        source: entry.source,
        clause: entry.clause,
    };
    Ok(Attack {
        row: row.to_owned(),
        role: entry.role,
        trials: trials(deviation, entry.trials)?,
        deviation,
        expectation,
    })
}

/// In how many worlds an attack is played: a race in several, everything else in one, because it comes to
/// the same in each.
fn trials(deviation: &Deviation, stated: Option<u32>) -> Result<u32, String> {
    let lawful = if deviation.is_race() {
        1..=MOST_TRIALS
    } else {
        1..=1
    };
    let trials = stated.unwrap_or(if deviation.is_race() { TRIALS } else { 1 });
    if lawful.contains(&trials) {
        return Ok(trials);
    }
    Err(format!(
        "{}: {trials} trials; expected {} to {}",
        deviation.name,
        lawful.start(),
        lawful.end()
    ))
}

fn check_rows(rows: &[Row]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for row in rows {
        if !seen.insert(&row.id) {
            return Err(format!("row {} is there twice", row.id));
        }
        let mut attacks = BTreeSet::new();
        for attack in &row.attacks {
            if !row.roles.contains(&attack.role) {
                return Err(format!(
                    "{}: the row does not name that role",
                    attack.name()
                ));
            }
            if !row.classes.contains(&attack.deviation.class) {
                return Err(format!(
                    "{}: the row does not name that class",
                    attack.name()
                ));
            }
            let ours = matches!(attack.expectation.expect, Expect::Decline(_));
            if ours && attack.expectation.source != Source::D {
                return Err(format!(
                    "{}: to decline is a decision of ours, of source D",
                    attack.name()
                ));
            }
            if !attacks.insert((attack.role, attack.deviation.name)) {
                return Err(format!("{} is there twice", attack.name()));
            }
        }
    }
    Ok(())
}

fn check_scenarios(rows: &[Row], scenarios: &[Scenario]) -> Result<(), String> {
    let attacked: BTreeSet<_> = rows
        .iter()
        .flat_map(|row| {
            row.attacks
                .iter()
                .map(|attack| (row.id.as_str(), attack.role))
        })
        .collect();
    let written: BTreeSet<_> = scenarios
        .iter()
        .map(|scenario| (scenario.row, scenario.role))
        .collect();
    if written.len() != scenarios.len() {
        return Err("a row has two scenarios in one role".to_owned());
    }
    match attacked.symmetric_difference(&written).next() {
        None => Ok(()),
        Some(pair @ (row, role)) if attacked.contains(pair) => Err(format!(
            "row {row} has attacks on the {role} and no scenario"
        )),
        Some((row, role)) => Err(format!(
            "row {row} has a scenario for the {role} and no attacks"
        )),
    }
}

/// Covers what a verdict depends on and what it is a verdict of: everything that a row says, its
/// expectations and its deviations, all as data.
fn digest(rows: &[Row]) -> Result<String, serde_json::Error> {
    let mut hasher = blake3::Hasher::new();
    for row in rows {
        let Row {
            id,
            table: _,
            title,
            defence,
            owner,
            classes,
            roles,
            invariants,
            attacks,
        } = row;
        let attacks: Vec<_> = attacks
            .iter()
            .map(|attack| {
                (
                    attack.role,
                    attack.deviation,
                    &attack.expectation,
                    attack.trials,
                )
            })
            .collect();
        let promise = (id, title, defence, owner);
        let whole = (promise, classes, roles, invariants, attacks);
        // One JSON array a row, so that no two tables have the same bytes.
        hasher.update(&serde_json::to_vec(&whole)?);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_arena::capsule::Lab;

    fn play(_: &mut Lab) -> gauntlet_arena::capsule::Played<'_> {
        Box::pin(async { Ok(()) })
    }

    const SCENARIOS: &[Scenario] = &[Scenario {
        row: "3",
        role: Role::Server,
        play,
    }];

    const ROW: &str = r#"
        [[row]]
        id = "3"
        title = "t"
        defence = "d"
        classes = ["faulty"]
        roles = ["server"]
        invariants = [9]
    "#;

    const ATTACK: &str = r#"
        [[row.attack]]
        deviation = "offset-ahead"
        role = "server"
        expect.refuse = ["offset-sequential"]
        source = "N"
        clause = "c"
    "#;

    fn read(text: &str) -> Result<Suite, String> {
        let texts = Texts {
            rows: text,
            contract: "",
            bounds: "",
        };
        Suite::read("capsule", texts, SCENARIOS).map_err(|error| error.to_string())
    }

    #[test]
    fn a_row_with_its_scenario_is_read() {
        let suite = read(&format!("{ROW}{ATTACK}")).unwrap();
        assert_eq!(suite.row("3").unwrap().attacks_on(Role::Server).count(), 1);
        assert_eq!(
            suite.row("3").unwrap().attacks_on(Role::Receiver).count(),
            0
        );
    }

    #[test]
    fn every_mistake_is_named() {
        let with = |from: &str, to: &str| format!("{ROW}{ATTACK}").replace(from, to);
        for (text, named) in [
            (ROW.to_owned(), "no attacks"),
            (format!("{ROW}{ATTACK}{ATTACK}"), "twice"),
            (format!("{ROW}{ATTACK}{ROW}"), "twice"),
            (
                with("role = \"server\"", "role = \"peer\""),
                "does not name that role",
            ),
            (
                with("[\"faulty\"]", "[\"old\"]"),
                "does not name that class",
            ),
            (
                with("offset-ahead", "offset-upside-down"),
                "offset-upside-down",
            ),
            (with("offset-sequential", "offset-loud"), "offset-loud"),
            (with("source = \"N\"", "source = \"Q\""), "Q"),
            (with("expect.refuse", "expect.decline"), "decision of ours"),
            (with("id = \"3\"", "id = \"2\""), "no scenario"),
            (with("clause", "claws"), "claws"),
            (
                with("source", "trials = 2\nsource"),
                "2 trials; expected 1 to 1",
            ),
            (with("source", "trials = 0\nsource"), "0 trials"),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(named), "{named}: {error}");
        }
    }

    #[test]
    fn a_race_is_played_in_several_worlds_and_everything_else_in_one() {
        let race = |trials: &str| {
            let attack = ATTACK.replace("offset-ahead", "openings-at-once");
            let text = format!(
                "{ROW}{}",
                attack.replace("source", &format!("{trials}\nsource"))
            );
            let suite = read(&text)?;
            Ok::<_, String>((suite.rows[0].attacks[0].trials, suite.digest))
        };
        let (stated, own) = (race("trials = 3").unwrap(), race("").unwrap());
        assert_eq!((own.0, stated.0), (TRIALS, 3));
        assert_ne!(own.1, stated.1, "the digest covers trials");
        assert_eq!(race(&format!("trials = {TRIALS}")).unwrap(), own);
        assert!(race("trials = 0").is_err() && race("trials = 1001").is_err());
        let one = read(&format!("{ROW}{ATTACK}")).unwrap();
        assert_eq!(one.rows[0].attacks[0].trials, 1);
    }

    #[test]
    fn the_digest_covers_everything_that_a_row_says() {
        let table = format!("{ROW}{ATTACK}");
        let digest = |text: &str| read(text).unwrap().digest;
        let whole = digest(&table);
        assert_eq!(whole, digest(&table));
        for (from, to) in [
            ("title = \"t\"", "title = \"u\""),
            ("defence = \"d\"", "defence = \"e\""),
            ("defence = \"d\"", "defence = \"d\"\nowner = \"o\""),
            ("[\"faulty\"]", "[\"faulty\", \"old\"]"),
            ("[\"server\"]", "[\"server\", \"peer\"]"),
            ("[9]", "[9, 10]"),
            ("offset-sequential", "chunk-unchanged"),
            (
                "deviation = \"offset-ahead\"",
                "deviation = \"offset-absent\"",
            ),
            ("source = \"N\"", "source = \"D\""),
            ("clause = \"c\"", "clause = \"c2\""),
            ("source =", "session = \"fails\"\nsource ="),
            ("source =", "or-status = [413]\nsource ="),
            ("source =", "needs = [\"purge\"]\nsource ="),
        ] {
            let changed = table.replacen(from, to, 1);
            assert_ne!(changed, table, "{from}");
            assert_ne!(digest(&changed), whole, "{from} → {to}");
        }
    }
}
