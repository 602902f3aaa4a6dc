//! `GET /v1/sync`: the feed (`wire.md` §1.3, invariant 22).

use super::extract::Reader;
use crate::app::App;
use crate::facts::records;
use crate::failure::Failure;
use crate::store::{Binding, FeedBinding, FeedQuery, Snapshot};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_validator::server::{CursorFacts, FeedFacts, Publication, Rejection, page_size};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{AlbumId, Hash, UserId};
use gauntlet_wire::json::{BlobRef, SyncEntry, SyncPage};
use gauntlet_wire::record::ProvenanceRecord;
use gauntlet_wire::rule::Rule;
use gauntlet_wire::time::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    cursor: Option<String>,
    page_size: Option<String>,
    album_id: Option<String>,
}

/// A page of the feed after the cursor, or from the beginning.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    reader: Reader,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<SyncPage>, Failure> {
    let Query(query) = query.map_err(|error| malformed(error.to_string()))?;
    let limit = page_size(query.page_size.as_deref())?;
    let album = app.judge.feed_album(query.album_id.as_deref())?;
    let cursor = CursorFacts {
        key: &app.cursor_key,
        caller: reader.user,
        album,
    };
    let after = match &query.cursor {
        Some(text) => app.judge.open_cursor(&cursor, text)?,
        None => 0,
    };
    let mut view = app.store.read().await?;
    visible(&app, &mut *view, reader.user, album).await?;
    let wanted = FeedQuery {
        owner: reader.user,
        album,
        after,
        // One more than the page, to know whether there is more.
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
    };
    let mut publications = view.feed(&wanted).await?;
    let has_more = publications.len() > limit;
    publications.truncate(limit);
    let last = publications.last().and_then(|entry| entry.sync_seq);
    let mut held: BTreeMap<_, Vec<FeedBinding>> = BTreeMap::new();
    for one in view.feed_bindings(&wanted).await? {
        held.entry((one.album, one.asset)).or_default().push(one);
    }
    let links = publications.iter().map(|entry| entry.link).collect();
    let records = records(&app, links).await?;
    let entries = publications.into_iter().zip(records);
    Ok(Json(SyncPage {
        entries: entries
            .map(|(publication, record)| {
                let held = held.get(&(publication.album, publication.asset));
                entry(publication, record, held.map_or(&[], Vec::as_slice))
            })
            .collect(),
        next_cursor: app.judge.issue_cursor(&cursor, last.unwrap_or(after)),
        has_more,
    }))
}

fn malformed(detail: impl Into<String>) -> Failure {
    Rejection::new(Rule::QueryWellFormed, detail).into()
}

/// The feed is one that the caller may read.
async fn visible(
    app: &App,
    view: &mut dyn Snapshot,
    caller: UserId,
    album: Option<AlbumId>,
) -> Result<(), Failure> {
    let facts = FeedFacts {
        album: match album {
            Some(id) => Some(view.album_facts(id, caller).await?),
            None => None,
        },
    };
    app.judge
        .read_feed(&facts, &app.policy)
        .map_err(|refusal| refusal.rejection.into())
}

/// One entry with the exact record bytes and what is `held` of the asset by now.
fn entry(publication: Publication, record: Option<Vec<u8>>, held: &[FeedBinding]) -> SyncEntry {
    let original = record.as_deref().and_then(original_of);
    let its = |held: &&FeedBinding| {
        held.derivative_manifest || belongs(&held.binding, &publication, original)
    };
    let blobs: Vec<&Binding> = held.iter().filter(its).map(|held| &held.binding).collect();
    SyncEntry {
        asset_id: publication.asset,
        album_id: publication.album,
        protocol_version: publication.protocol,
        sync_seq: publication.sync_seq.unwrap_or_default(),
        change: publication.change,
        manifest_cbor: record.map(|bytes| STANDARD.encode(bytes)),
        metadata_blob: Some(publication.metadata),
        original_held: blobs.iter().any(|blob| blob.role == BlobRole::Original),
        blobs: blobs.into_iter().map(reference).collect(),
        changed_at: Timestamp::from_instant(publication.changed_at),
    }
}

/// The original that a record speaks of.
fn original_of(record: &[u8]) -> Option<Hash> {
    let record = Canonical::<ProvenanceRecord>::decode(record).ok()?;
    Some(record.into_value().manifest.core.ciphertext_hash)
}

/// Whether a blob of the asset is one of this write's: an asset keeps the originals, metadata and
/// records of its earlier writes too. Derivatives are the asset's, and so are their manifests.
fn belongs(binding: &Binding, publication: &Publication, original: Option<Hash>) -> bool {
    match binding.role {
        BlobRole::Original => original.is_none_or(|hash| hash == binding.hash),
        BlobRole::Metadata => binding.hash == publication.metadata,
        BlobRole::Provenance => binding.hash == publication.link,
        BlobRole::Derivative | BlobRole::Backup => true,
    }
}

fn reference(binding: &Binding) -> BlobRef {
    BlobRef {
        role: binding.role,
        hash: binding.hash,
        size: binding.size,
    }
}
