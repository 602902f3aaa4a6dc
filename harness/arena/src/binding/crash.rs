//! Named crash points of a target: where it can be killed, and where it is to be.

use serde::{Deserialize, Serialize};

/// When a target gets to a crash point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// While it serves.
    Request,
    /// While it starts, before it serves.
    Start,
}

/// A place in the target's work at which it can be killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrashPoint {
    /// Its name, the target's own choice.
    pub name: String,
    /// When the target gets there.
    pub when: When,
    /// How often it got there since it was started.
    pub reached: u64,
}

/// Where a target is to be killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aim {
    /// The crash point.
    pub point: String,
    /// At which time that it is reached from now on, the next being the first.
    pub nth: u64,
    /// Where it is to be killed again after that, counted from its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub then: Option<Box<Self>>,
}

impl Aim {
    /// The `nth` time that `point` is reached.
    #[must_use]
    pub fn at(point: impl Into<String>, nth: u64) -> Self {
        Self {
            point: point.into(),
            nth,
            then: None,
        }
    }

    /// The points in the order in which they are to be reached.
    pub fn points(&self) -> impl Iterator<Item = &str> {
        let aims = std::iter::successors(Some(self), |aim| aim.then.as_deref());
        aims.map(|aim| aim.point.as_str())
    }

    /// The same, and then another.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        Self {
            then: Some(Box::new(next)),
            ..self
        }
    }
}
