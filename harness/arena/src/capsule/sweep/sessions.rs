//! The search for upload sessions: none is gone, behind what was acknowledged, or there unasked.

use super::book::{Attempt, Deed, Opening, Session};
use super::script::Script;
use super::search::Search;
use super::standing::Standing;
use crate::capsule::snapshot::sessions;
use crate::{Harm, Stop};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::UploadId;
use gauntlet_wire::json::SessionSummary;

impl Script {
    /// Sessions by their own word and by the list.
    pub(super) async fn search_sessions(
        &self,
        pending: Option<&Attempt>,
        search: &mut Search,
    ) -> Result<(), Stop> {
        let listed = sessions(&self.phone).await?;
        let deed = pending.map(|attempt| &attempt.deed);
        for (id, session) in &self.book.sessions {
            search.checked += session.told.len();
            let standing = self.standing(*id).await?;
            match (standing, deed) {
                (None, Some(Deed::Cancel(given_up))) if given_up == id => {
                    search.landed = Some(true);
                }
                (None, _) => {
                    let expected = format!("the session {id} is there");
                    let observed = "HEAD of it: no session";
                    search.lost(Some(Harm::Silent), expected, observed, &session.told);
                }
                (Some(standing), deed) => {
                    if matches!(deed, Some(Deed::Cancel(given_up)) if given_up == id) {
                        search.landed = Some(false);
                    }
                    self.judge_session(*id, &standing, session, deed, &listed, search)
                        .await?;
                }
            }
        }
        for (id, told) in &self.book.cancelled {
            search.checked += 1;
            if let Some(standing) = self.standing(*id).await? {
                let expected = format!("the session {id} stays given up");
                search.lost(None, expected, standing.to_string(), told);
            }
        }
        self.judge_strangers(deed, &listed, search);
        Ok(())
    }

    /// One session that is there: it holds what was acknowledged of it, or the interrupted chunk too.
    async fn judge_session(
        &self,
        id: UploadId,
        standing: &Standing,
        session: &Session,
        deed: Option<&Deed>,
        listed: &[SessionSummary],
        search: &mut Search,
    ) -> Result<(), Stop> {
        let opening = session.opening;
        let sent = match deed {
            Some(Deed::Append(chunk)) if chunk.session == id => Some(chunk.end),
            _ => None,
        };
        if standing.is_failed() || standing.offset < session.received {
            let expected = format!(
                "{} bytes of the {} of asset {} are held, as was acknowledged",
                session.received, opening.role, opening.asset
            );
            let observed = standing.to_string();
            search.lost(Some(Harm::Lost), expected, observed, &session.told);
        } else if standing.offset != session.received && Some(standing.offset) != sent {
            let expected = "an interrupted chunk is there whole, or not at all";
            search.half(expected, standing.to_string());
        }
        if standing.is_complete() {
            if let Err(lost) = self.laptop.fetch(&opening.hash).await? {
                search.half("a complete session's blob reads back", lost);
            }
        } else if !listed.iter().any(|listed| listed.id == id) {
            let expected = format!("the session {id} is listed");
            let observed = "it is not in the session list";
            search.lost(None, expected, observed, &session.told);
        }
        Ok(())
    }

    /// Sessions that take chunks and that the author did not open, or was not told of: at most the one
    /// whose opening was interrupted.
    fn judge_strangers(&self, deed: Option<&Deed>, listed: &[SessionSummary], search: &mut Search) {
        let strangers = listed.iter().filter(|listed| {
            is_active(listed.status) && !self.book.sessions.contains_key(&listed.id)
        });
        let opened = match deed {
            Some(Deed::Open(opening)) => Some(opening),
            _ => None,
        };
        let mut expected = opened;
        for stranger in strangers {
            if expected
                .take()
                .is_some_and(|opening| fits(opening, stranger))
            {
                continue;
            }
            let observed = format!(
                "session {} for the {} of asset {}, with {} bytes",
                stranger.id, stranger.blob_role, stranger.asset_id, stranger.received_bytes
            );
            let expected = "no session is listed that the author did not open";
            search.half(expected, observed);
        }
        if opened.is_some() {
            search.landed = Some(expected.is_none());
        }
    }
}

/// Whether a session is what was opened, and nothing more.
fn fits(opening: &Opening, listed: &SessionSummary) -> bool {
    let asked = (opening.asset, opening.role, opening.size, 0);
    asked
        == (
            listed.asset_id,
            listed.blob_role,
            listed.total_size,
            listed.received_bytes,
        )
}

/// Whether a session of that status still takes chunks.
const fn is_active(status: UploadStatus) -> bool {
    matches!(status, UploadStatus::Pending | UploadStatus::Uploading)
}
