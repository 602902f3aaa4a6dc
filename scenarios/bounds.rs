//! The bounds of a contract's invariants as data, and what of the contract is out of scope.

use gauntlet_wire::rule::Rule;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One bound of an invariant, approached from both sides.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// The invariant (`wire.md` §2).
    pub invariant: u8,
    /// The bound, in words.
    pub about: String,
    /// Attacks just inside it, which have to be accepted or absorbed.
    #[serde(default)]
    pub inside: Vec<AttackName>,
    /// Attacks of which the honest message, in twin and recovery, lies just inside it.
    #[serde(default)]
    pub honest: Vec<AttackName>,
    /// Attacks just outside it, which have to be refused by a rule of the invariant.
    #[serde(default)]
    pub outside: Vec<AttackName>,
    /// Why no message can lie outside it.
    pub unreachable: Option<String>,
}

/// What of the contract no attack approaches.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Error codes of what this suite does not cover.
    pub outside: Vec<Outside>,
    /// Rules that no message can make the reference refuse by.
    pub unreachable: Vec<Unreachable>,
}

/// Error codes that are out of scope, for one reason.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outside {
    /// The codes.
    pub codes: Vec<String>,
    /// Why.
    pub reason: String,
}

/// A rule that stands behind others, which every message meets first.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreachable {
    /// The rule.
    pub rule: Rule,
    /// Why.
    pub reason: String,
}

/// An attack on the server, as `I4/size-one` names it: the row and the deviation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttackName {
    /// The row's id.
    pub row: String,
    /// The deviation's name.
    pub deviation: String,
}

impl fmt::Display for AttackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.row, self.deviation)
    }
}

impl FromStr for AttackName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (row, deviation) = text
            .split_once('/')
            .ok_or_else(|| format!("{text:?} names no attack; expected ROW/DEVIATION"))?;
        Ok(Self {
            row: row.to_owned(),
            deviation: deviation.to_owned(),
        })
    }
}

impl TryFrom<String> for AttackName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<AttackName> for String {
    fn from(name: AttackName) -> Self {
        name.to_string()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entries {
    #[serde(default)]
    bound: Vec<Bound>,
    #[serde(default)]
    outside: Vec<Outside>,
    #[serde(default)]
    unreachable: Vec<Unreachable>,
}

/// Reads bounds and scope. Whether the attacks are there, were played and ended on their side is for
/// the coverage of a run to say.
///
/// # Errors
/// Malformed data; a bound without a side and without a reason.
pub(crate) fn bounds(text: &str) -> Result<(Vec<Bound>, Scope), String> {
    let entries: Entries = toml::from_str(text).map_err(|error| error.to_string())?;
    entries.bound.iter().try_for_each(check)?;
    let scope = Scope {
        outside: entries.outside,
        unreachable: entries.unreachable,
    };
    Ok((entries.bound, scope))
}

fn check(bound: &Bound) -> Result<(), String> {
    let about = format!("invariant {}, {}", bound.invariant, bound.about);
    if bound.inside.is_empty() && bound.honest.is_empty() {
        return Err(format!("{about}: nothing lies inside"));
    }
    if bound.outside.is_empty() == bound.unreachable.is_none() {
        return Err(format!(
            "{about}: either something lies outside, or nothing can and a reason says why"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: &str = r#"
        [[bound]]
        invariant = 4
        about = "0 < size"
        inside = ["I4/size-one"]
        outside = ["11/size-zero"]
    "#;

    #[test]
    fn a_bound_has_two_sides() {
        let (read, _) = bounds(BOUND).unwrap();
        assert_eq!(read[0].inside[0].to_string(), "I4/size-one");
        for (from, to, named) in [
            ("inside = [\"I4/size-one\"]", "", "nothing lies inside"),
            ("outside = [\"11/size-zero\"]", "", "either something"),
            (
                "outside = ",
                "unreachable = \"r\"\noutside = ",
                "either something",
            ),
            ("I4/size-one", "size-one", "ROW/DEVIATION"),
            ("about", "abut", "abut"),
        ] {
            let error = bounds(&BOUND.replace(from, to)).unwrap_err();
            assert!(error.contains(named), "{named}: {error}");
        }
    }
}
