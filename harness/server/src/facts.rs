//! Facts: what the validator is told, read in the transaction that its answer will change.

use crate::app::App;
use crate::failure::Fault;
use crate::store::{Snapshot, StoreError, Tuple};
use gauntlet_validator::server::{CreateRequest, QuotaFacts, Session, SessionFacts};
use gauntlet_wire::bounds;
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, UploadId, UserId};
use jiff::Timestamp;

/// The part of an opening that facts are looked up by.
pub(crate) struct Opening {
    id: UploadId,
    caller: UserId,
    owner: UserId,
    album: Option<AlbumId>,
    device: DeviceId,
    asset: AssetId,
    hash: Option<Hash>,
}

impl Opening {
    /// That of a request, should it become the session `fresh_id`.
    pub(crate) fn of_request(request: &CreateRequest, fresh_id: UploadId) -> Self {
        Self {
            id: fresh_id,
            caller: request.caller,
            owner: request.owner(),
            album: request.album(),
            device: request.body.manifest_envelope.created_by_device,
            asset: request.body.manifest_envelope.file_id,
            hash: request.body.hash.parse().ok(),
        }
    }

    /// That of a session opened earlier, for its finalization (invariant 15).
    pub(crate) fn of_session(session: &Session) -> Self {
        Self {
            id: session.id,
            caller: session.uploader,
            owner: session.owner,
            album: Some(session.album),
            device: session.envelope.created_by_device,
            asset: session.envelope.file_id,
            hash: Some(session.hash),
        }
    }

    /// The facts as `view` has them.
    pub(crate) async fn facts(
        &self,
        app: &App,
        view: &mut dyn Snapshot,
        now: Timestamp,
    ) -> Result<SessionFacts, StoreError> {
        let opened_after = app.opened_after(now);
        let album = match self.album {
            Some(id) => view.album_facts(id, self.caller).await?,
            None => None,
        };
        let duplicate = match (self.album, self.hash) {
            (Some(album), Some(hash)) => {
                let owner = self.owner;
                let tuple = Tuple { owner, hash, album };
                view.duplicate(&tuple, opened_after).await?
            }
            _ => None,
        };
        Ok(SessionFacts {
            now,
            fresh_id: self.id,
            album,
            device: view.device(self.caller, self.device).await?,
            asset: view.asset(self.asset).await?,
            quota: quota(app, view, self.owner, self.hash, now).await?,
            duplicate,
        })
    }
}

/// The quota of an account, for a request that brings the blob `brought`.
pub(crate) async fn quota(
    app: &App,
    view: &mut dyn Snapshot,
    owner: UserId,
    brought: Option<Hash>,
    now: Timestamp,
) -> Result<QuotaFacts, StoreError> {
    Ok(QuotaFacts {
        used: view.used(owner, app.opened_after(now)).await?,
        charged: match brought {
            Some(hash) => view.refers(owner, hash).await?,
            None => false,
        },
        exceeded_since: view.exceeded_since(owner).await?,
    })
}

/// The exact bytes of stored records. A row without its file is an integrity error: it is logged
/// loudly, nothing is deleted, and other assets go on being served.
pub(crate) async fn records(app: &App, links: Vec<Hash>) -> Result<Vec<Option<Vec<u8>>>, Fault> {
    app.disk("read records", move |disk| {
        let record = |link: Hash| match disk.blob_length(link)? {
            Some(length) if length <= bounds::MANIFEST as u64 => {
                disk.read_blob(link, 0..length).map(Some)
            }
            _ => {
                tracing::error!(%link, "a record on the chain has no blob of a record's size");
                Ok(None)
            }
        };
        links.into_iter().map(record).collect()
    })
    .await
}
