//! Which rows, classes, roles and invariants are selected.

use gauntlet_arena::{Attack, Role};
use gauntlet_scenarios::{Row, Suite};
use gauntlet_simulator::ClientClass;
use std::collections::BTreeSet;
use std::str::FromStr;

/// One part of `--rows`: `3`, `10-12`, `X1` or `I1-I3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowRange {
    /// One row.
    One(String),
    /// Rows of one series, both ends included: the letters before their numbers, and the numbers.
    Through(String, u32, u32),
}

impl FromStr for RowRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || format!("{text:?} is not a row; expected a form like 3, 10-12, X1 or I1-I3");
        match text.split_once('-') {
            None if text.is_empty() => Err(expected()),
            // Extension rows are named in capitals; nobody should have to know.
            None => Ok(Self::One(text.to_ascii_uppercase())),
            Some((from, to)) => {
                let (series, first) = numbered(from).ok_or_else(expected)?;
                let (other, last) = numbered(to).ok_or_else(expected)?;
                if series != other {
                    return Err(format!(
                        "{text:?} runs from one series of rows into another"
                    ));
                }
                if first > last {
                    return Err(format!("{text:?} runs backwards; expected {to}-{from}"));
                }
                Ok(Self::Through(series, first, last))
            }
        }
    }
}

/// The letters and the number of a row's name.
fn numbered(name: &str) -> Option<(String, u32)> {
    let name = name.to_ascii_uppercase();
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (series, number) = name.split_at(digits);
    Some((series.to_owned(), number.parse().ok()?))
}

impl RowRange {
    fn names(&self, id: &str) -> bool {
        match self {
            Self::One(name) => name == id,
            Self::Through(series, from, to) => {
                numbered(id).is_some_and(|(own, n)| own == *series && (*from..=*to).contains(&n))
            }
        }
    }
}

/// What the user asked for; an empty list asks for everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Rows.
    pub rows: Vec<RowRange>,
    /// Client classes.
    pub classes: Vec<ClientClass>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Server invariants that a row leans on.
    pub invariants: Vec<u8>,
    /// Deviations by name.
    pub deviations: Vec<String>,
}

/// Why a selection can't be run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// A row that the suite does not have.
    #[error("the suite {suite} has no row {range}; `gauntlet list` names its rows")]
    UnknownRow {
        /// The suite.
        suite: String,
        /// What was asked for.
        range: String,
    },
    /// An invariant that no row leans on.
    #[error("no row leans on invariant {0}; `gauntlet list` shows which do")]
    UnknownInvariant(u8),
    /// A deviation that no row uses.
    #[error("no row uses a deviation {0:?}; `gauntlet list --deviations` names them")]
    UnknownDeviation(String),
    /// The filters leave nothing.
    #[error("the filters leave nothing to run: no row has all of what they ask for")]
    Empty,
}

/// The rows that were selected, each with its selected roles and attacks.
#[derive(Debug, Clone)]
pub struct Selection<'a> {
    /// The rows, in the order of the table.
    pub rows: Vec<Selected<'a>>,
}

/// One selected row.
#[derive(Debug, Clone)]
pub struct Selected<'a> {
    /// The row.
    pub row: &'a Row,
    /// Its selected roles.
    pub roles: Vec<Role>,
    /// Its selected attacks.
    pub attacks: Vec<&'a Attack>,
}

impl Selector {
    /// Applies the filters to a suite.
    ///
    /// # Errors
    /// A filter that names nothing, or filters that leave nothing.
    pub fn select<'a>(&self, suite: &'a Suite) -> Result<Selection<'a>, SelectionError> {
        self.check_names(suite)?;
        let rows: Vec<_> = suite
            .rows
            .iter()
            .filter_map(|row| self.selected(row))
            .collect();
        if rows.is_empty() {
            Err(SelectionError::Empty)
        } else {
            Ok(Selection { rows })
        }
    }

    fn check_names(&self, suite: &Suite) -> Result<(), SelectionError> {
        for range in &self.rows {
            let unknown = |id: &str| SelectionError::UnknownRow {
                suite: suite.name.to_owned(),
                range: id.to_owned(),
            };
            match range {
                RowRange::One(id) if suite.row(id).is_none() => return Err(unknown(id)),
                RowRange::Through(series, from, to) => {
                    // Every end of a range is a row, so that a slip of the finger is noticed.
                    for end in [from, to] {
                        let end = format!("{series}{end}");
                        if suite.row(&end).is_none() {
                            return Err(unknown(&end));
                        }
                    }
                }
                RowRange::One(_) => {}
            }
        }
        let leaned_on: BTreeSet<u8> = suite
            .rows
            .iter()
            .flat_map(|row| row.invariants.iter().copied())
            .collect();
        if let Some(unknown) = self.invariants.iter().find(|n| !leaned_on.contains(n)) {
            return Err(SelectionError::UnknownInvariant(*unknown));
        }
        let used = |name: &&String| {
            let attacks = suite.rows.iter().flat_map(|row| &row.attacks);
            !attacks
                .into_iter()
                .any(|attack| attack.deviation.name == **name)
        };
        match self.deviations.iter().find(used) {
            Some(unknown) => Err(SelectionError::UnknownDeviation(unknown.clone())),
            None => Ok(()),
        }
    }

    fn selected<'a>(&self, row: &'a Row) -> Option<Selected<'a>> {
        let asked = |wanted: bool, none_asked: bool| wanted || none_asked;
        let by_row = asked(
            self.rows.iter().any(|range| range.names(&row.id)),
            self.rows.is_empty(),
        );
        let by_class = asked(
            row.classes.iter().any(|class| self.classes.contains(class)),
            self.classes.is_empty(),
        );
        let by_invariant = asked(
            row.invariants.iter().any(|n| self.invariants.contains(n)),
            self.invariants.is_empty(),
        );
        let roles: Vec<Role> = row
            .roles
            .iter()
            .copied()
            .filter(|role| asked(self.roles.contains(role), self.roles.is_empty()))
            .collect();
        let attacks: Vec<&Attack> = row
            .attacks
            .iter()
            .filter(|attack| roles.contains(&attack.role))
            .filter(|attack| {
                asked(
                    self.classes.contains(&attack.deviation.class),
                    self.classes.is_empty(),
                )
            })
            .filter(|attack| {
                let named = self
                    .deviations
                    .iter()
                    .any(|name| name == attack.deviation.name);
                asked(named, self.deviations.is_empty())
            })
            .collect();
        let by_deviation = asked(!attacks.is_empty(), self.deviations.is_empty());
        let selected = by_row && by_class && by_invariant && by_deviation && !roles.is_empty();
        selected.then_some(Selected {
            row,
            roles,
            attacks,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(selector: &Selector) -> Result<Vec<String>, SelectionError> {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let selection = selector.select(&suite)?;
        Ok(selection
            .rows
            .iter()
            .map(|selected| selected.row.id.clone())
            .collect())
    }

    fn rows(ranges: &str) -> Result<Vec<String>, String> {
        let rows = ranges
            .split(',')
            .map(str::parse)
            .collect::<Result<_, String>>()?;
        select(&Selector {
            rows,
            ..Selector::default()
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn no_filter_selects_every_row() {
        let all = select(&Selector::default()).unwrap();
        assert_eq!(
            all.len(),
            41 + 25,
            "damage scenarios, and the contract's own rows"
        );
    }

    #[test]
    fn rows_are_selected_by_number_range_and_name() {
        assert_eq!(rows("3,10-12,X1").unwrap(), ["3", "10", "11", "12", "X1"]);
        assert_eq!(rows("x4").unwrap(), ["X4"]);
        assert_eq!(rows("I1-i3").unwrap(), ["I1", "I2", "I3"]);
    }

    #[test]
    fn what_names_nothing_is_an_error() {
        for (ranges, named) in [
            ("36", "no row 36"),
            ("30-36", "no row 36"),
            ("x7", "no row X7"),
            ("", "not a row"),
            ("3,", "not a row"),
            ("12-10", "backwards"),
            ("3-", "not a row"),
            ("I1-3", "into another"),
            ("I3-I1", "backwards"),
            ("I25-I26", "no row I26"),
        ] {
            let error = rows(ranges).unwrap_err();
            assert!(error.contains(named), "{ranges}: {error}");
        }
        let invariants = Selector {
            invariants: vec![99],
            ..Selector::default()
        };
        assert_eq!(
            select(&invariants),
            Err(SelectionError::UnknownInvariant(99))
        );
        let deviations = Selector {
            deviations: vec!["x".into()],
            ..Selector::default()
        };
        assert!(matches!(
            select(&deviations),
            Err(SelectionError::UnknownDeviation(_))
        ));
    }

    #[test]
    fn filters_that_leave_nothing_are_an_error() {
        let selector = Selector {
            rows: vec![RowRange::One("3".into())],
            roles: vec![Role::Index],
            ..Selector::default()
        };
        assert_eq!(select(&selector), Err(SelectionError::Empty));
    }

    #[test]
    fn filters_narrow_the_attacks_too() {
        let suite = gauntlet_scenarios::capsule::suite().unwrap();
        let selector = Selector {
            rows: vec![RowRange::One("12".into())],
            roles: vec![Role::Receiver],
            ..Selector::default()
        };
        let selection = selector.select(&suite).unwrap();
        assert!(
            selection
                .rows
                .iter()
                .all(|selected| selected.attacks.is_empty())
        );
    }
}
