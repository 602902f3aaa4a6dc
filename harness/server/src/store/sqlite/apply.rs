//! Effects, as far as they concern rows.

use super::open::SqliteTransaction;
use super::write::NewBinding;
use crate::store::StoreError;
use gauntlet_validator::server::{Effect, Session};
use gauntlet_wire::id::UploadId;
use jiff::Timestamp;

impl SqliteTransaction {
    /// The rows that an effect changes.
    pub(super) async fn apply_effect(
        &mut self,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match effect {
            Effect::PromoteBlob { hash, size } | Effect::StoreBlob { hash, size } => {
                self.insert_blob(*hash, *size).await
            }
            Effect::ClaimAsset { asset, album } => self.claim_asset(*asset, *album).await,
            Effect::BindBlob {
                album,
                asset,
                role,
                hash,
                size,
                payer,
                prior,
            } => {
                let reference = NewBinding {
                    album: *album,
                    asset: *asset,
                    role: *role,
                    hash: *hash,
                    size: *size,
                    payer: *payer,
                    prior: *prior,
                };
                self.bind_blob(&reference).await
            }
            Effect::UnbindBlob { asset, role, hash } => {
                self.unbind_blob(*asset, *role, *hash).await
            }
            Effect::AdvanceHead(link) => self.advance_head(link).await,
            Effect::AdvanceDerivative { chain, link } => {
                self.advance_derivative(chain, *link).await
            }
            Effect::Trash {
                asset,
                since,
                until,
            } => {
                self.set_state(*asset, "trashed", Some((*since, *until)))
                    .await
            }
            Effect::Restore { asset } => self.set_state(*asset, "live", None).await,
            Effect::Purge { asset } => self.set_state(*asset, "purged", None).await,
            Effect::OpenUpgrade(upgrade) => self.open_upgrade(upgrade).await,
            Effect::EndUpgrade { album, intent } => self.end_upgrade(*album, *intent).await,
            Effect::FreezeAlbum(freeze) => self.freeze_album(freeze).await,
            Effect::Publish(publication) => self.publish(publication).await,
            Effect::OpenSession(opened) => self.open_session(opened).await,
            Effect::Write { .. } | Effect::DiscardBytes => Ok(()),
            Effect::RecordChunk {
                offset,
                length,
                checksum,
            } => {
                let upload = upload_of(session, effect)?;
                self.record_chunk(upload, *offset, *length, *checksum).await
            }
            Effect::SetReceived(received) => {
                let upload = upload_of(session, effect)?;
                self.set_received(upload, *received, now).await
            }
            Effect::SetStatus(status) => {
                let upload = upload_of(session, effect)?;
                self.set_status(upload, *status).await
            }
            Effect::ReleaseReservation => {
                let upload = upload_of(session, effect)?;
                self.release_reservation(upload).await
            }
            Effect::RemoveSession => {
                let upload = upload_of(session, effect)?;
                self.remove_session(upload).await
            }
        }
    }
}

/// The session that the effect is about.
fn upload_of(session: Option<&Session>, effect: &Effect) -> Result<UploadId, StoreError> {
    session
        .map(|session| session.id)
        .ok_or_else(|| StoreError::NoSession(format!("{effect:?}")))
}
