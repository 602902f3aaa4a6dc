//! A refusal: which rule was broken, what to tell the client, and what changes nevertheless.

use super::Effect;
use gauntlet_wire::code::Code;
use gauntlet_wire::id::{AssetId, Hash, IntentId};
use gauntlet_wire::rule::Rule;

/// One broken rule, as a client is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The rule that the request breaks; status and code follow from it alone.
    pub rule: Rule,
    /// What was found and what was expected, for the problem body's `detail`.
    pub detail: String,
    /// The member that the contract adds to the problem body for this rule (`wire.md` §1.2).
    pub extension: Option<Extension>,
}

/// Extension members of a problem body (`wire.md` §1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extension {
    /// The received count, on an offset mismatch or a chunk conflict.
    Offset(u64),
    /// The asset that already holds the blob.
    ExistingAsset(AssetId),
    /// The stored head of the chain, null where the asset has none.
    ChainHead(Option<Hash>),
    /// The directory version submitted and the one stored.
    Versions {
        /// The version that the client published.
        submitted: u64,
        /// The version that the server holds.
        stored: u64,
    },
    /// The largest size that the server admits, in bytes.
    Limit(u64),
    /// The album's live upgrade intent, or the one that froze it.
    Intent(IntentId),
}

impl Rejection {
    /// A rejection by `rule` with its explanation.
    #[must_use]
    pub fn new(rule: Rule, detail: impl Into<String>) -> Self {
        Self {
            rule,
            detail: detail.into(),
            extension: None,
        }
    }

    /// The same rejection with an extension member.
    #[must_use]
    pub fn with(mut self, extension: Extension) -> Self {
        self.extension = Some(extension);
        self
    }

    /// The HTTP status, from the contract's one table.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.rule.status()
    }

    /// The error code, from the contract's one table.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.rule.code()
    }
}

/// A rejection together with the effects that the contract attaches to it, such as a session that
/// fails because a chunk crossed its declared size (invariant 11).
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// What the client is told.
    pub rejection: Rejection,
    /// What changes all the same; empty for nearly every rule.
    pub effects: Vec<Effect>,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Self {
            rejection,
            effects: Vec::new(),
        }
    }
}
