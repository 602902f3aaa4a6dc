//! Effects, as far as they concern rows.

use super::pool::SqliteTransaction;
use super::write::NewBinding;
use crate::store::StoreError;
use gauntlet_validator::server::{Effect, Session};
use gauntlet_wire::id::UploadId;
use jiff::Timestamp;

impl SqliteTransaction {
    /// The rows that an effect changes.
    pub(super) fn apply_effect(
        &mut self,
        session: Option<&Session>,
        effect: &Effect,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match effect {
            Effect::PromoteBlob { hash, size } | Effect::StoreBlob { hash, size } => {
                self.insert_blob(*hash, *size)
            }
            Effect::ClaimAsset { asset, album } => self.claim_asset(*asset, *album),
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
                self.bind_blob(&reference)
            }
            Effect::UnbindBlob { asset, role, hash } => self.unbind_blob(*asset, *role, *hash),
            Effect::AdvanceHead(link) => self.advance_head(link),
            Effect::AdvanceDerivative { chain, link } => self.advance_derivative(chain, *link),
            Effect::Trash {
                asset,
                since,
                until,
            } => self.set_state(*asset, "trashed", Some((*since, *until))),
            Effect::Restore { asset } => self.set_state(*asset, "live", None),
            Effect::Purge { asset } => self.set_state(*asset, "purged", None),
            Effect::OpenUpgrade(upgrade) => self.open_upgrade(upgrade),
            Effect::EndUpgrade { album, intent } => self.end_upgrade(*album, *intent),
            Effect::FreezeAlbum(freeze) => self.freeze_album(freeze),
            Effect::Publish(publication) => self.publish(publication),
            Effect::OpenSession(opened) => self.open_session(opened),
            Effect::Write { .. } | Effect::DiscardBytes => Ok(()),
            Effect::RecordChunk {
                offset,
                length,
                checksum,
            } => {
                let upload = upload_of(session, effect)?;
                self.record_chunk(upload, *offset, *length, *checksum)
            }
            Effect::SetReceived(received) => {
                let upload = upload_of(session, effect)?;
                self.set_received(upload, *received, now)
            }
            Effect::SetStatus(status) => {
                let upload = upload_of(session, effect)?;
                self.set_status(upload, *status)
            }
            Effect::ReleaseReservation => {
                let upload = upload_of(session, effect)?;
                self.release_reservation(upload)
            }
            Effect::RemoveSession => {
                let upload = upload_of(session, effect)?;
                self.remove_session(upload)
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
