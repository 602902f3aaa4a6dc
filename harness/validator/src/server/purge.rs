//! Purging what the trash holds, by the server's clock (`wire.md` §3, retention, rows 9, 22 and X3).

use super::{AssetState, Effect, HeldBlob, Policy};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::AssetId;
use jiff::Timestamp;

/// What is known of an asset, read in the transaction that would purge it.
#[derive(Debug, Clone)]
pub struct PurgeFacts {
    /// The server's clock.
    pub now: Timestamp,
    /// The asset.
    pub asset: AssetId,
    /// What became of it.
    pub state: AssetState,
    /// The blobs that it refers to.
    pub blobs: Vec<HeldBlob>,
}

/// The effects of purging the asset, if its delete can't be taken back any more; none before.
///
/// The asset gives up its references and nothing else: whether a blob goes is for garbage collection to
/// find, since other assets may refer to it. Its records keep their references, so that the tombstone
/// has its history.
#[must_use]
pub fn purge(facts: &PurgeFacts, policy: &Policy) -> Vec<Effect> {
    let due = facts
        .state
        .retained_until(policy)
        .is_some_and(|until| facts.now >= until);
    if !due {
        return Vec::new();
    }
    let given_up = facts
        .blobs
        .iter()
        .filter(|blob| blob.role != BlobRole::Provenance);
    let unbind = |blob: &HeldBlob| Effect::UnbindBlob {
        asset: facts.asset,
        role: blob.role,
        hash: blob.hash,
    };
    given_up
        .map(unbind)
        .chain([Effect::Purge { asset: facts.asset }])
        .collect()
}
