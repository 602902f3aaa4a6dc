//! `POST /v1/storage/verify`: the server's word on what it holds (`wire.md` §1.3).

use super::extract::{Reader, json_body};
use crate::app::App;
use crate::failure::{Failure, Fault};
use crate::finalize::blob_digest;
use crate::store::{Binding, Snapshot};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gauntlet_wire::id::{AssetId, Hash, UserId};
use gauntlet_wire::json::{AssetVerdict, BlobVerdict, StorageVerdicts};
use gauntlet_wire::time::Timestamp;
use std::sync::Arc;

/// Bytes that one request may have read again; what lies beyond is `rate_limited`.
const MAX_DEEP_BYTES: u64 = 1 << 30;

/// Answers every asset and every hash, in the order of the request.
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    reader: Reader,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<StorageVerdicts>, Failure> {
    let question = app.judge.read_question(&json_body(&headers, body).await?)?;
    let mut budget = MAX_DEEP_BYTES;
    let mut assets = Vec::with_capacity(question.assets.len());
    for (asset, hashes) in &question.assets {
        let deep = question.deep.then_some(&mut budget);
        assets.push(verdict(&app, reader.user, *asset, hashes, deep).await?);
    }
    Ok(Json(StorageVerdicts { assets }))
}

/// The verdict on one asset; `deep` holds the bytes that may still be read again, if that is asked.
async fn verdict(
    app: &App,
    caller: UserId,
    asset: AssetId,
    hashes: &[Hash],
    deep: Option<&mut u64>,
) -> Result<AssetVerdict, Failure> {
    let mut view = app.store.read().await?;
    let bindings = view.bindings_of(caller, asset).await?;
    let mut blobs = Vec::with_capacity(hashes.len());
    for hash in hashes {
        blobs.push(blob_verdict(app, &mut *view, caller, &bindings, *hash).await?);
    }
    drop(view);
    let sound = blobs
        .iter()
        .all(|blob| blob.stored && blob.indexed && blob.retrievable);
    let deep = match deep {
        Some(budget) => read_again(app, &bindings, hashes, budget).await?,
        None => None,
    };
    Ok(AssetVerdict {
        asset_id: asset,
        durable: sound && !bindings.is_empty() && deep != Some("corrupt"),
        blobs,
        deep: deep.map(str::to_owned),
        checked_at: Timestamp::from_instant(app.now()),
    })
}

/// What a caller may not read is answered as not held, so that no one learns of a stranger's blobs.
async fn blob_verdict(
    app: &App,
    view: &mut dyn Snapshot,
    caller: UserId,
    bindings: &[Binding],
    hash: Hash,
) -> Result<BlobVerdict, Failure> {
    let bound = bindings.iter().find(|binding| binding.hash == hash);
    let readable = view.readable_blob(caller, hash).await?;
    let held = app
        .disk("look for a blob", move |disk| disk.blob_length(hash))
        .await?;
    Ok(BlobVerdict {
        hash: hash.to_string(),
        stored: readable.is_some() && held.is_some(),
        indexed: bound.is_some(),
        retrievable: readable.is_some() && held == readable,
        role: bound.map_or_else(|| "unknown".to_owned(), |binding| binding.role.to_string()),
    })
}

/// Hashes the asked blobs of the asset from the disk; `None` where none of them is the asset's.
async fn read_again(
    app: &App,
    bindings: &[Binding],
    hashes: &[Hash],
    budget: &mut u64,
) -> Result<Option<&'static str>, Fault> {
    let asked = bindings
        .iter()
        .filter(|binding| hashes.contains(&binding.hash));
    let mut verdict = None;
    for binding in asked {
        let Some(rest) = budget.checked_sub(binding.size) else {
            return Ok(Some("rate_limited"));
        };
        *budget = rest;
        let hash = binding.hash;
        let read = app
            .disk("read a blob again", move |disk| blob_digest(disk, hash))
            .await?;
        if read != Some((binding.size, hash)) {
            tracing::error!(%hash, "a stored blob is corrupt");
            return Ok(Some("corrupt"));
        }
        verdict = Some("intact");
    }
    Ok(verdict)
}
