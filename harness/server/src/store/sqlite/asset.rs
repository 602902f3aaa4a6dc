//! Assets: their chains, their derivatives, and what became of them.

use super::open::SqliteTransaction;
use super::row::{self, micros, signed};
use crate::store::StoreError;
use gauntlet_validator::server::{AssetFacts, AssetState, ChainLink, Publication};
use gauntlet_wire::derivative::DerivativeChain;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{AlbumId, AssetId, Hash};
use jiff::{SignedDuration, Timestamp};

impl SqliteTransaction {
    pub(super) async fn find_asset(&mut self, asset: AssetId) -> Result<AssetFacts, StoreError> {
        let id = asset.as_bytes().as_slice();
        let claim = sqlx::query("SELECT * FROM assets WHERE asset = ?").bind(id);
        let claim = self
            .first(claim, |row| {
                Ok((row::album(row, "album")?, row::asset_state(row)?))
            })
            .await?;
        let head =
            sqlx::query("SELECT * FROM links WHERE asset = ? ORDER BY position DESC LIMIT 1")
                .bind(id);
        let head = self.first(head, row::link).await?;
        let shown = sqlx::query(
            "SELECT link, metadata FROM feed WHERE asset = ? ORDER BY position DESC LIMIT 1",
        )
        .bind(id);
        let shown = self
            .first(shown, |row| {
                Ok((row::hash(row, "link")?, row::hash(row, "metadata")?))
            })
            .await?;
        let blobs =
            sqlx::query("SELECT role, hash, prior FROM bindings WHERE asset = ? ORDER BY position")
                .bind(id);
        let prefixes =
            sqlx::query("SELECT nonce_prefix FROM links WHERE asset = ? ORDER BY position")
                .bind(id);
        Ok(AssetFacts {
            album: claim.map(|(album, _)| album),
            head_shown: head.is_some()
                && head.as_ref().map(|head| head.link) == shown.map(|(link, _)| link),
            head,
            shown_metadata: shown.map(|(_, metadata)| metadata),
            state: claim.map_or(AssetState::Live, |(_, state)| state),
            blobs: self.every(blobs, row::held_blob).await?,
            nonce_prefixes: self
                .every(prefixes, |row| row::nonce_prefix(row, "nonce_prefix"))
                .await?,
        })
    }

    pub(super) async fn find_shown_as(
        &mut self,
        album: AlbumId,
        record: Hash,
    ) -> Result<Option<u64>, StoreError> {
        let query = sqlx::query(
            "SELECT sync_seq FROM feed WHERE link = ? AND album = ? ORDER BY position LIMIT 1",
        )
        .bind(record.as_bytes().as_slice())
        .bind(album.as_bytes().as_slice());
        self.first(query, |row| row::unsigned(row, "sync_seq"))
            .await
    }

    pub(super) async fn find_derivative_head(
        &mut self,
        chain: &DerivativeChain,
    ) -> Result<Option<Hash>, StoreError> {
        let query = sqlx::query(
            "SELECT link FROM derivatives WHERE asset = ? AND role = ? AND format = ?
             ORDER BY position DESC LIMIT 1",
        )
        .bind(chain.asset_id.as_bytes().as_slice())
        .bind(chain.role.as_str())
        .bind(chain.format.as_str());
        self.first(query, |row| row::hash(row, "link")).await
    }

    pub(super) async fn find_trash(
        &mut self,
        after: Option<AssetId>,
        limit: u32,
    ) -> Result<Vec<AssetId>, StoreError> {
        let query = sqlx::query(
            "SELECT asset FROM assets WHERE state = 'trashed' AND asset > ?
             ORDER BY asset LIMIT ?",
        )
        .bind(
            after
                .as_ref()
                .map_or(&[] as &[u8], |asset| asset.as_bytes()),
        )
        .bind(limit);
        self.every(query, |row| row::asset(row, "asset")).await
    }

    pub(super) async fn claim_asset(
        &mut self,
        asset: AssetId,
        album: AlbumId,
    ) -> Result<(), StoreError> {
        let query = sqlx::query("INSERT INTO assets (asset, album) VALUES (?, ?)")
            .bind(asset.as_bytes().as_slice())
            .bind(album.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    /// Sets what became of an asset; `span` is what the trash remembers of a delete. The row of a
    /// purged asset never changes again: its id is bound for ever.
    pub(super) async fn set_state(
        &mut self,
        asset: AssetId,
        state: &'static str,
        span: Option<(Timestamp, Timestamp)>,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(
            "UPDATE assets SET state = ?, since = ?, until = ?
             WHERE asset = ? AND state <> 'purged'",
        )
        .bind(state)
        .bind(span.map(|(since, _)| micros(since)))
        .bind(span.map(|(_, until)| micros_above(until)))
        .bind(asset.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    pub(super) async fn advance_head(&mut self, link: &ChainLink) -> Result<(), StoreError> {
        let query = sqlx::query(
            "INSERT INTO links (album, asset, link, prior, action, epoch, original,
                plaintext_size, nonce_prefix, metadata)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(link.album.as_bytes().as_slice())
        .bind(link.asset.as_bytes().as_slice())
        .bind(link.link.as_bytes().as_slice())
        .bind(link.prior.as_ref().map(|prior| prior.as_bytes().as_slice()))
        .bind(link.action.as_str())
        .bind(i64::from(link.epoch))
        .bind(link.original.hash.as_bytes().as_slice())
        .bind(link.original.plaintext_size.to_string())
        .bind(link.original.nonce_prefix.as_slice())
        .bind(
            link.metadata
                .as_ref()
                .map(|hash| hash.as_bytes().as_slice()),
        );
        self.run(query).await.map(|_| ())
    }

    pub(super) async fn advance_derivative(
        &mut self,
        chain: &DerivativeChain,
        link: Hash,
    ) -> Result<(), StoreError> {
        let query =
            sqlx::query("INSERT INTO derivatives (asset, role, format, link) VALUES (?, ?, ?, ?)")
                .bind(chain.asset_id.as_bytes().as_slice())
                .bind(chain.role.as_str())
                .bind(chain.format.as_str())
                .bind(link.as_bytes().as_slice());
        self.run(query).await.map(|_| ())
    }

    /// Forgets a reference, but not that there was one: whoever could read the blob is told that it
    /// is gone.
    pub(super) async fn unbind_blob(
        &mut self,
        asset: AssetId,
        role: BlobRole,
        hash: Hash,
    ) -> Result<(), StoreError> {
        let remember = sqlx::query(
            "INSERT INTO given_up (hash, album)
             SELECT hash, album FROM bindings WHERE asset = ? AND role = ? AND hash = ?
             ON CONFLICT DO NOTHING",
        );
        let forget = sqlx::query("DELETE FROM bindings WHERE asset = ? AND role = ? AND hash = ?");
        for query in [remember, forget] {
            let query = query
                .bind(asset.as_bytes().as_slice())
                .bind(role.as_str())
                .bind(hash.as_bytes().as_slice());
            self.run(query).await?;
        }
        Ok(())
    }

    pub(super) async fn publish(&mut self, publication: &Publication) -> Result<(), StoreError> {
        let sync_seq = match publication.sync_seq {
            Some(number) => number,
            None => self.count("sync_seq").await?,
        };
        let query = sqlx::query(
            "INSERT INTO feed (sync_seq, album, asset, protocol, change, link, metadata, changed_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(signed("sync_seq", sync_seq)?)
        .bind(publication.album.as_bytes().as_slice())
        .bind(publication.asset.as_bytes().as_slice())
        .bind(publication.protocol.as_str())
        .bind(publication.change.as_str())
        .bind(publication.link.as_bytes().as_slice())
        .bind(publication.metadata.as_bytes().as_slice())
        .bind(micros(publication.changed_at));
        self.run(query).await.map(|_| ())
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
