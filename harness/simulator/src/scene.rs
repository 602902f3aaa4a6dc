//! How an album stands when a script begins, and what can happen under way.

use serde::Serialize;

/// How the album stands when the script begins, in the twin as in the attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scene {
    /// As it was opened: in its first epoch, and nobody upgrades it.
    Plain,
    /// As it was opened, by devices that joined longer ago than any timestamp may lie.
    Seasoned,
    /// In its second epoch, in which a photo was written.
    Bumped,
    /// In its second epoch, which the ledger attests and in which nothing was written.
    Attested,
    /// An upgrade is under way, and the honest client names its intent.
    Quiescing,
    /// It was upgraded, and frozen where the target knows how. The script goes on in its successor.
    Upgraded,
}

/// What happens right before a message and changes what the message is worth. It is done honestly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The author's laptop publishes a directory in which the phone is revoked.
    Revocation,
    /// An upgrade of the album begins.
    Proposal,
    /// The upgrade is ended by its id.
    Abort,
    /// The upgrade's time runs out.
    Lapse,
    /// The upgrade is ended by its id, and another one begins.
    Renewal,
    /// The upgrade's time runs out, and another one begins.
    LateRenewal,
    /// The upgrade is completed: the album is frozen, and its successor goes on.
    Cutover,
    /// A session is opened for another photo in the album.
    Opening,
}

impl Event {
    /// What happens, to be read after "after".
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Revocation => "a directory in which the writing device is revoked",
            Self::Proposal => "the beginning of an upgrade",
            Self::Abort => "the end of the upgrade by its id",
            Self::Lapse => "the end of the upgrade by its time",
            Self::Renewal => "the end of the upgrade by its id and the beginning of another",
            Self::LateRenewal => "the end of the upgrade by its time and the beginning of another",
            Self::Cutover => "the completion of the upgrade",
            Self::Opening => "the opening of a session for another photo",
        }
    }
}
