//! The client classes of the threat model, and what a client of each speaks.

use gauntlet_wire::version::{ProtocolVersion, SuiteId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The seed's five models that classify every client request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientClass {
    /// Conforming implementation, correct keys, correct version: the baseline.
    Honest,
    /// Conforming intent, buggy implementation, real keys.
    Faulty,
    /// An adversary who holds a current device's keys and the album's write-tier key.
    Malicious,
    /// Predates what the server considers minimum.
    Old,
    /// Ahead of what the receiver knows.
    New,
}

impl ClientClass {
    /// Every class, in the seed's order.
    pub const ALL: [Self; 5] = [
        Self::Honest,
        Self::Faulty,
        Self::Malicious,
        Self::Old,
        Self::New,
    ];

    /// The kebab-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Honest => "honest",
            Self::Faulty => "faulty",
            Self::Malicious => "malicious",
            Self::Old => "old",
            Self::New => "new",
        }
    }
}

impl fmt::Display for ClientClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a client announces and writes: its protocol version and its suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The protocol version, in headers, bodies and manifests.
    pub protocol: ProtocolVersion,
    /// The suite, likewise.
    pub suite: SuiteId,
}

impl Profile {
    /// The newest version that the contract knows.
    pub const B: Self = Self {
        protocol: ProtocolVersion::B,
        suite: SuiteId::ONE,
    };
    /// The oldest version that the reference accepts.
    pub const A: Self = Self {
        protocol: ProtocolVersion::A,
        suite: SuiteId::ONE,
    };

    /// What a client of `class` speaks in an album pinned to `self`: the old and the new class are a
    /// version behind and ahead of every server, the others conform.
    #[must_use]
    pub const fn of(self, class: ClientClass) -> Self {
        match class {
            ClientClass::Honest | ClientClass::Faulty | ClientClass::Malicious => self,
            ClientClass::Old => Self {
                protocol: ProtocolVersion::BEFORE_MIN,
                ..self
            },
            ClientClass::New => Self {
                protocol: ProtocolVersion::AFTER_MAX,
                ..self
            },
        }
    }
}
