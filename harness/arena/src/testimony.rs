//! What the witness says of an object that was harmed: what should be read, and what every eye reads.

use serde::{Deserialize, Serialize};

/// The testimony of one object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Testimony {
    /// What it is about, and when it was looked at.
    pub object: String,
    /// What should be read, one line each.
    pub expected: Vec<String>,
    /// What each eye reads.
    pub seen: Vec<Sight>,
    /// What the short names stand for, and what explains the difference.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What one eye reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sight {
    /// Who looks.
    pub eye: String,
    /// What is read, one line each.
    pub read: Vec<String>,
    /// In what way that is not what should be read; nothing where it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amiss: Vec<String>,
}

impl Testimony {
    /// The same with every text passed through `edit`.
    #[must_use]
    pub fn edited(&self, edit: impl Fn(&str) -> String) -> Self {
        let all = |texts: &[String]| texts.iter().map(|text| edit(text)).collect();
        let sight = |sight: &Sight| Sight {
            eye: edit(&sight.eye),
            read: all(&sight.read),
            amiss: all(&sight.amiss),
        };
        Self {
            object: edit(&self.object),
            expected: all(&self.expected),
            seen: self.seen.iter().map(sight).collect(),
            notes: all(&self.notes),
        }
    }
}
