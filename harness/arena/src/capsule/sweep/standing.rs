//! Where an upload session stands, by its own word.

use super::script::Script;
use crate::{Answer, Stop};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::header;
use gauntlet_wire::id::UploadId;
use std::fmt;
use std::time::Duration;

/// How often a session that is being finalized is asked again, and the pause between.
const LOOKS: usize = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// What HEAD of a session says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Bytes received.
    pub(super) offset: u64,
    status: UploadStatus,
}

impl Standing {
    /// Whether its blob is stored.
    pub(super) fn is_complete(self) -> bool {
        self.status == UploadStatus::Completed
    }

    /// Whether what was received of it is given up.
    pub(super) fn is_failed(self) -> bool {
        self.status == UploadStatus::FailedProcessing
    }

    fn of(answer: &Answer) -> Option<Self> {
        Some(Self {
            offset: answer.header(header::OFFSET)?.parse().ok()?,
            status: answer.header(header::UPLOAD_STATUS)?.parse().ok()?,
        })
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HEAD of it: {} with {} bytes", self.status, self.offset)
    }
}

impl Script {
    /// Where a session stands, once it is not being finalized any more; `None` where there is none.
    ///
    /// # Errors
    /// [`Stop::Invalid`] for an answer that is not the contract's (`wire.md` §1.3).
    pub(super) async fn standing(&self, id: UploadId) -> Result<Option<Standing>, Stop> {
        let query = self.client.query_session(id);
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(PAUSE).await;
            }
            let answer = self.phone.line.send(&query).await?;
            if answer.status == 404 {
                return Ok(None);
            }
            let standing = Standing::of(&answer).filter(|_| answer.is_success());
            let standing = standing.ok_or_else(|| {
                Stop::Invalid(format!("HEAD of the session {id}: {}", answer.summary()))
            })?;
            if standing.status != UploadStatus::WaitingForProcessing {
                return Ok(Some(standing));
            }
        }
        Err(Stop::Invalid(format!(
            "the session {id} is being finalized and does not come to an end"
        )))
    }
}
