//! Facts: what the validator is told, read in the transaction that its answer will change.

use crate::app::App;
use crate::failure::Fault;
use crate::store::{Snapshot, StoreError, Tuple};
use gauntlet_validator::server::{
    AlbumFacts, AssetFacts, Awaiting, CreateRequest, QuotaFacts, Session, SessionFacts,
};
use gauntlet_wire::bounds;
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::{Action, Change};
use gauntlet_wire::id::{AlbumId, AssetId, DeviceId, Hash, UploadId, UserId};
use gauntlet_wire::record::ProvenanceRecord;
use jiff::Timestamp;

/// The part of an opening that facts are looked up by.
pub(crate) struct Opening {
    id: UploadId,
    caller: UserId,
    owner: UserId,
    album: Option<AlbumId>,
    device: DeviceId,
    hash: Option<Hash>,
}

impl Opening {
    /// That of a request, should it become the session `fresh_id`.
    pub(crate) fn of_request(request: &CreateRequest, fresh_id: UploadId) -> Self {
        Self {
            id: fresh_id,
            caller: request.caller,
            owner: request.body.owner_id.unwrap_or(request.caller),
            album: request.album(),
            device: request.body.manifest_envelope.created_by_device,
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
            Some(id) => view.album(id).await?,
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
            album: album.map(|album| AlbumFacts {
                pin: album.pin,
                caller_may_write: album.owner == self.caller,
            }),
            device: view.device(self.caller, self.device).await?,
            quota: QuotaFacts {
                used: view.used(self.owner, opened_after).await?,
            },
            duplicate,
        })
    }
}

/// The facts of the asset that a finished upload belongs to.
pub(crate) async fn asset(
    app: &App,
    view: &mut dyn Snapshot,
    album: AlbumId,
    asset: AssetId,
) -> Result<AssetFacts, Fault> {
    let chain = view.chain(album, asset).await?;
    let awaiting = match chain.head {
        Some(link) if !chain.head_is_shown => awaiting(app, link).await?,
        _ => None,
    };
    Ok(AssetFacts {
        head: chain.head,
        awaiting,
        metadata: chain.metadata,
    })
}

/// The write that the stored record `link` waits to show.
async fn awaiting(app: &App, link: Hash) -> Result<Option<Awaiting>, Fault> {
    let Some(bytes) = record(app, link).await? else {
        return Ok(None);
    };
    let record = match Canonical::<ProvenanceRecord>::decode(&bytes) {
        Ok(record) => record.into_value(),
        Err(error) => {
            tracing::error!(%link, %error, "a stored record does not decode");
            return Ok(None);
        }
    };
    let core = record.manifest.core;
    Ok(Some(Awaiting {
        link,
        metadata: core.b.and_then(|b| b.metadata_blob_hash),
        change: change(core.action),
    }))
}

fn change(action: Action) -> Change {
    match action {
        Action::Create => Change::Created,
        Action::Delete => Change::Deleted,
        _ => Change::Updated,
    }
}

/// The exact bytes of a stored record. A row without its file is an integrity error: it is logged
/// loudly, nothing is deleted, and other assets go on being served.
pub(crate) async fn record(app: &App, link: Hash) -> Result<Option<Vec<u8>>, Fault> {
    let bytes = app
        .disk("read a record", move |disk| {
            match disk.blob_length(link)? {
                Some(length) if length <= bounds::MANIFEST as u64 => {
                    disk.read_blob(link, 0..length).map(Some)
                }
                _ => Ok(None),
            }
        })
        .await?;
    if bytes.is_none() {
        tracing::error!(%link, "a record on the chain has no blob of a record's size");
    }
    Ok(bytes)
}
