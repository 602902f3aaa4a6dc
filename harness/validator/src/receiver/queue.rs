//! What a client does about the answer to a write of its own (client invariants 3 and 13, rows 6 and 18).
//!
//! The same bytes are sent again only where nobody answered: a repeat is absorbed. Every refusal means that
//! the write has to be made anew, to wait, or to be shown; none means that it is gone.

use super::Policy;
use gauntlet_wire::code::Code;
use gauntlet_wire::id::{AlbumId, Hash, IntentId};
use gauntlet_wire::problem::Problem;
use gauntlet_wire::version::ProtocolVersion;

/// A write that is not acknowledged yet. The caller keeps it across restarts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedWrite {
    /// The album that it is for.
    pub album: AlbumId,
    /// The version that it is encoded in.
    pub protocol: ProtocolVersion,
    /// SHA-256 of what was sent.
    pub payload: Hash,
}

/// What came back for a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteAnswer {
    /// It was taken.
    Taken,
    /// It was refused.
    Refused(Box<Problem>),
    /// Nothing that speaks of the write: no answer, or the server failed.
    Lost,
}

/// What becomes of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteFate {
    /// It is acknowledged.
    Done,
    /// The same bytes are sent again.
    Resend,
    /// It is parked in `pending_until_upgrade` (row 18).
    AwaitUpgrade {
        /// The upgrade, if the server named it.
        intent: Option<IntentId>,
    },
    /// It is made anew over the head that the server has, and merged with what that brought (row 6).
    Rebase {
        /// That head, if the server named it.
        head: Option<Hash>,
    },
    /// It is made anew, not before this time.
    Later {
        /// In Unix seconds, if the server named it.
        at: Option<u64>,
    },
    /// This client is too old or too new for the server and writes nothing more to it; what it has
    /// queued, it keeps.
    Stop,
    /// It is refused for good, kept and shown.
    Surface {
        /// The server's code.
        code: String,
    },
}

/// Decides about an answer.
#[must_use]
pub fn write_fate(answer: &WriteAnswer) -> WriteFate {
    let problem = match answer {
        WriteAnswer::Taken => return WriteFate::Done,
        WriteAnswer::Lost => return WriteFate::Resend,
        WriteAnswer::Refused(problem) => problem,
    };
    let extension = &problem.extension;
    match problem.status {
        409 if problem.code == Code::UploadAlbumQuiescing.as_str() => WriteFate::AwaitUpgrade {
            intent: extension.intent_id,
        },
        409 if problem.code == Code::UploadStaleRevival.as_str() => WriteFate::Rebase {
            head: extension.chain_head.flatten(),
        },
        426 => WriteFate::Stop,
        429 => WriteFate::Later {
            at: extension.retry_after,
        },
        408 | 500.. => WriteFate::Resend,
        _ => WriteFate::Surface {
            code: problem.code.clone(),
        },
    }
}

/// How an upgrade ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpgradeEnd {
    /// The album goes on as another, at a later version.
    Completed {
        /// The album that goes on.
        successor: AlbumId,
        /// Its version.
        to: ProtocolVersion,
    },
    /// It was aborted, or its time ran out.
    Aborted,
}

/// What becomes of a write that waited for an upgrade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Released {
    /// It is made anew for this album, in this version.
    Remake {
        /// The write.
        write: QueuedWrite,
        /// Its album from now on.
        album: AlbumId,
        /// Its version from now on.
        protocol: ProtocolVersion,
    },
    /// The client does not speak the new version: the write stays parked and shown, until it does.
    Strand(QueuedWrite),
}

/// Decides about the writes that were parked for an upgrade that has ended: each is made anew or stays,
/// and none is dropped.
#[must_use]
pub fn release(parked: &[QueuedWrite], end: UpgradeEnd, policy: &Policy) -> Vec<Released> {
    let remade = |write: &QueuedWrite| match end {
        UpgradeEnd::Completed { to, .. } if to > policy.max_protocol => {
            Released::Strand(write.clone())
        }
        UpgradeEnd::Completed { successor, to } => Released::Remake {
            write: write.clone(),
            album: successor,
            protocol: to,
        },
        UpgradeEnd::Aborted => Released::Remake {
            write: write.clone(),
            album: write.album,
            protocol: write.protocol,
        },
    };
    parked.iter().map(remade).collect()
}
