//! Assets: their chains, their derivatives, and what became of them.

use super::pool::SqliteTransaction;
use super::row::{self, micros, signed};
use crate::store::StoreError;
use gauntlet_validator::server::{AssetFacts, AssetState, ChainLink, Publication};
use gauntlet_wire::derivative::DerivativeChain;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;

impl SqliteTransaction {
    pub(super) fn find_asset(&mut self, asset: AssetId) -> Result<AssetFacts, StoreError> {
        let id = asset.as_bytes().as_slice();
        let claim = self.first("SELECT * FROM assets WHERE asset = ?", params![id], |row| {
            Ok((row::album(row, "album")?, row::asset_state(row)?))
        })?;
        let head = self.first(
            "SELECT * FROM links WHERE asset = ? ORDER BY position DESC LIMIT 1",
            params![id],
            row::link,
        )?;
        let shown = self.first(
            "SELECT link, metadata FROM feed WHERE asset = ? ORDER BY position DESC LIMIT 1",
            params![id],
            |row| Ok((row::hash(row, "link")?, row::hash(row, "metadata")?)),
        )?;
        Ok(AssetFacts {
            album: claim.map(|(album, _)| album),
            head_shown: head.is_some()
                && head.as_ref().map(|head| head.link) == shown.map(|(link, _)| link),
            head,
            shown_metadata: shown.map(|(_, metadata)| metadata),
            state: claim.map_or(AssetState::Live, |(_, state)| state),
            blobs: self.every(
                "SELECT role, hash, prior FROM bindings WHERE asset = ? ORDER BY position",
                params![id],
                row::held_blob,
            )?,
            nonce_prefixes: self.every(
                "SELECT nonce_prefix FROM links WHERE asset = ? ORDER BY position",
                params![id],
                |row| row::nonce_prefix(row, "nonce_prefix"),
            )?,
        })
    }

    pub(super) fn find_shown_as(
        &mut self,
        album: AlbumId,
        record: Hash,
    ) -> Result<Option<u64>, StoreError> {
        self.first(
            "SELECT sync_seq FROM feed WHERE link = ? AND album = ? ORDER BY position LIMIT 1",
            params![record.as_bytes(), album.as_bytes()],
            |row| row::unsigned(row, "sync_seq"),
        )
    }

    pub(super) fn find_derivative_head(
        &mut self,
        chain: &DerivativeChain,
    ) -> Result<Option<Hash>, StoreError> {
        self.first(
            "SELECT link FROM derivatives WHERE asset = ? AND role = ? AND format = ?
             ORDER BY position DESC LIMIT 1",
            params![
                chain.asset_id.as_bytes(),
                chain.role.as_str(),
                chain.format.as_str()
            ],
            |row| row::hash(row, "link"),
        )
    }

    pub(super) fn find_trash(
        &mut self,
        after: Option<AssetId>,
        limit: u32,
    ) -> Result<Vec<AssetId>, StoreError> {
        self.every(
            "SELECT asset FROM assets WHERE state = 'trashed' AND asset > ?
             ORDER BY asset LIMIT ?",
            params![
                after
                    .as_ref()
                    .map_or(&[] as &[u8], |asset| asset.as_bytes()),
                limit
            ],
            |row| row::asset(row, "asset"),
        )
    }

    pub(super) fn claim_asset(&mut self, asset: AssetId, album: AlbumId) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO assets (asset, album) VALUES (?, ?)",
            params![asset.as_bytes(), album.as_bytes()],
        )
    }

    /// Sets what became of an asset; `span` is what the trash remembers of a delete. The row of a
    /// purged asset never changes again: its id is bound for ever.
    pub(super) fn set_state(
        &mut self,
        asset: AssetId,
        state: &'static str,
        span: Option<(Timestamp, Timestamp)>,
    ) -> Result<(), StoreError> {
        self.run(
            "UPDATE assets SET state = ?, since = ?, until = ?
             WHERE asset = ? AND state <> 'purged'",
            params![
                state,
                span.map(|(since, _)| micros(since)),
                span.map(|(_, until)| micros_above(until)),
                asset.as_bytes()
            ],
        )
    }

    pub(super) fn advance_head(&mut self, link: &ChainLink) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO links (album, asset, link, prior, action, epoch, original,
                plaintext_size, nonce_prefix, metadata)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                link.album.as_bytes(),
                link.asset.as_bytes(),
                link.link.as_bytes(),
                link.prior.as_ref().map(Hash::as_bytes),
                link.action.as_str(),
                i64::from(link.epoch),
                link.original.hash.as_bytes(),
                link.original.plaintext_size.to_string(),
                link.original.nonce_prefix.as_slice(),
                link.metadata.as_ref().map(Hash::as_bytes)
            ],
        )
    }

    pub(super) fn advance_derivative(
        &mut self,
        chain: &DerivativeChain,
        link: Hash,
    ) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO derivatives (asset, role, format, link) VALUES (?, ?, ?, ?)",
            params![
                chain.asset_id.as_bytes(),
                chain.role.as_str(),
                chain.format.as_str(),
                link.as_bytes()
            ],
        )
    }

    /// Forgets a reference, but not that there was one: whoever could read the blob is told that it
    /// is gone.
    pub(super) fn unbind_blob(
        &mut self,
        asset: AssetId,
        role: BlobRole,
        hash: Hash,
    ) -> Result<(), StoreError> {
        let reference = params![asset.as_bytes(), role.as_str(), hash.as_bytes()];
        self.run(
            "INSERT INTO given_up (hash, album)
             SELECT hash, album FROM bindings WHERE asset = ? AND role = ? AND hash = ?
             ON CONFLICT DO NOTHING",
            reference,
        )?;
        self.run(
            "DELETE FROM bindings WHERE asset = ? AND role = ? AND hash = ?",
            reference,
        )
    }

    pub(super) fn publish(&mut self, publication: &Publication) -> Result<(), StoreError> {
        let sync_seq = match publication.sync_seq {
            Some(number) => number,
            None => self.count("sync_seq")?,
        };
        self.run(
            "INSERT INTO feed (sync_seq, album, asset, protocol, change, link, metadata,
                changed_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                signed("sync_seq", sync_seq)?,
                publication.album.as_bytes(),
                publication.asset.as_bytes(),
                publication.protocol.as_str(),
                publication.change.as_str(),
                publication.link.as_bytes(),
                publication.metadata.as_bytes(),
                micros(publication.changed_at)
            ],
        )
    }
}

/// The first stored instant that does not come before `instant`. The server's clock shows whole
/// microseconds, so it reaches the one exactly when it reaches the other.
fn micros_above(instant: Timestamp) -> i64 {
    let last = SignedDuration::from_nanos(999);
    micros(instant.checked_add(last).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_retention_is_never_rounded_down() {
        for (text, expected) in [
            ("1970-01-01T00:00:00.000001Z", 1),
            ("1970-01-01T00:00:00.000001001Z", 2),
            ("1970-01-01T00:00:00.000001999Z", 2),
        ] {
            assert_eq!(micros_above(text.parse().unwrap()), expected, "{text}");
        }
        assert_eq!(micros_above(Timestamp::MAX), micros(Timestamp::MAX));
    }
}
