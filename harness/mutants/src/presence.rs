//! Stores that let a stranger learn what another account holds.

use crate::stores::{Departure, departing};
use gauntlet_server::{Binding, Ports, Snapshot, StoreError, Tuple};
use gauntlet_validator::server::{Duplicate, Session};
use gauntlet_wire::id::{AssetId, Hash, UserId};
use jiff::Timestamp;

/// An upload of bytes that any account holds is a duplicate.
pub(crate) fn deduplicated_over_accounts(ports: Ports) -> Ports {
    departing(ports, OverAccounts)
}

/// Bytes that any account holds need no reservation.
pub(crate) fn unreserved_over_accounts(ports: Ports) -> Ports {
    departing(ports, Unreserved)
}

/// A blob that the caller may not read is told from one that is not there.
pub(crate) fn unreadable_is_gone(ports: Ports) -> Ports {
    departing(ports, Gone)
}

/// Storage verify knows the blobs of any asset.
pub(crate) fn verified_for_anyone(ports: Ports) -> Ports {
    departing(ports, Verified)
}

/// Whether any asset refers to the blob.
async fn is_held<V: Snapshot + ?Sized>(view: &mut V, hash: Hash) -> Result<bool, StoreError> {
    let blob = view.blob(hash).await?;
    Ok(blob.is_some_and(|blob| blob.references > 0))
}

struct OverAccounts;

impl Departure for OverAccounts {
    async fn duplicate<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        _: &[Session],
        tuple: &Tuple,
        opened_after: Timestamp,
    ) -> Result<Option<Duplicate>, StoreError> {
        let own = view.duplicate(tuple, opened_after).await?;
        // Who refers to the bytes already has them in an album of their own.
        let known = own.is_some() || view.refers(tuple.owner, tuple.hash).await?;
        if known || !is_held(view, tuple.hash).await? {
            return Ok(own);
        }
        // An answer has to name an asset; which one makes no difference to who must not be told.
        let id = tuple.hash.as_bytes().first_chunk::<16>();
        let asset = id.and_then(|id| AssetId::from_slice(id));
        Ok(asset.map(|asset| Duplicate::Finished { asset }))
    }
}

struct Unreserved;

impl Departure for Unreserved {
    async fn refers<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        payer: UserId,
        hash: Hash,
    ) -> Result<bool, StoreError> {
        Ok(view.refers(payer, hash).await? || is_held(view, hash).await?)
    }
}

struct Gone;

impl Departure for Gone {
    async fn is_given_up<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        reader: UserId,
        hash: Hash,
    ) -> Result<bool, StoreError> {
        Ok(view.is_given_up(reader, hash).await? || is_held(view, hash).await?)
    }
}

struct Verified;

impl Departure for Verified {
    async fn bindings_of<V: Snapshot + ?Sized>(
        &self,
        view: &mut V,
        owner: UserId,
        asset: AssetId,
    ) -> Result<Vec<Binding>, StoreError> {
        match view.asset(asset).await?.album {
            Some(album) => view.bindings(album, asset).await,
            None => view.bindings_of(owner, asset).await,
        }
    }
}
