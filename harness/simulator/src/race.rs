//! Races: messages that are in flight at once.

use serde::{Deserialize, Serialize};

/// The honest message of a script, sent several times at once: a client that loses its patience, or
/// two of its tasks that know nothing of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Race {
    /// How many copies are in flight before the first is answered.
    pub copies: u8,
    /// What befalls the target while they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amid: Option<Amid>,
}

/// What befalls a target while messages are in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Amid {
    /// It dies without a goodbye once some of the copies are answered, and starts again; then the
    /// message is sent once more.
    Kill,
    /// It collects garbage.
    Collection,
}

impl Race {
    /// The most copies that a race may have: each holds a connection of its own.
    pub const MAX_COPIES: u8 = 64;

    /// So many copies at once, and nothing else.
    #[must_use]
    pub const fn of(copies: u8) -> Self {
        Self { copies, amid: None }
    }

    /// The same with something that befalls the target meanwhile.
    #[must_use]
    pub const fn amid(self, amid: Amid) -> Self {
        Self {
            amid: Some(amid),
            ..self
        }
    }
}
