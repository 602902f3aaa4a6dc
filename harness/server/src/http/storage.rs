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
use gauntlet_wire::code::Code;
use gauntlet_wire::id::{AssetId, Hash, UserId};
use gauntlet_wire::json::{
    AssetVerdict, BlobVerdict, StorageVerdicts, StorageVerify, VerifyAsset, parse_strict,
};
use gauntlet_wire::time::Timestamp;
use std::sync::Arc;

/// Hashes in one request, over all assets; also the most assets.
const MAX_HASHES: usize = 1_000;
/// Bytes that one request may have read again; what lies beyond is `rate_limited`.
const MAX_DEEP_BYTES: u64 = 1 << 30;

/// An asset that is asked about, with well-formed hashes.
struct Question {
    asset: AssetId,
    hashes: Vec<Hash>,
}

/// Answers every asset and every hash, in the order of the request.
pub(super) async fn verify(
    State(app): State<Arc<App>>,
    reader: Reader,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<StorageVerdicts>, Failure> {
    let request: StorageVerify = parse_strict(&json_body(&headers, body).await?)
        .map_err(|error| invalid(error.to_string()))?;
    let questions = questions(&request.assets)?;
    let mut budget = MAX_DEEP_BYTES;
    let mut assets = Vec::with_capacity(questions.len());
    for question in &questions {
        let deep = request.deep.then_some(&mut budget);
        assets.push(verdict(&app, reader.user, question, deep).await?);
    }
    Ok(Json(StorageVerdicts { assets }))
}

fn invalid(detail: impl Into<String>) -> Failure {
    Failure::bad(Code::StorageInvalidRequest, detail)
}

fn questions(assets: &[VerifyAsset]) -> Result<Vec<Question>, Failure> {
    let hashes: usize = assets.iter().map(|asset| asset.blob_hashes.len()).sum();
    if assets.len() > MAX_HASHES || hashes > MAX_HASHES {
        return Err(invalid(format!("at most {MAX_HASHES} assets and hashes")));
    }
    assets.iter().map(question).collect()
}

fn question(asset: &VerifyAsset) -> Result<Question, Failure> {
    let hashes = asset
        .blob_hashes
        .iter()
        .map(|text| text.parse())
        .collect::<Result<_, _>>()
        .map_err(|error| invalid(format!("blob_hashes: {error}")))?;
    Ok(Question {
        asset: asset.asset_id,
        hashes,
    })
}

/// The verdict on one asset; `deep` holds the bytes that may still be read again, if that is asked.
async fn verdict(
    app: &App,
    caller: UserId,
    question: &Question,
    deep: Option<&mut u64>,
) -> Result<AssetVerdict, Failure> {
    let mut view = app.store.read().await?;
    let bindings = view.bindings_of(caller, question.asset).await?;
    let mut blobs = Vec::with_capacity(question.hashes.len());
    for hash in &question.hashes {
        blobs.push(blob_verdict(app, &mut *view, caller, &bindings, *hash).await?);
    }
    drop(view);
    let sound = blobs
        .iter()
        .all(|blob| blob.stored && blob.indexed && blob.retrievable);
    let deep = match deep {
        Some(budget) => read_again(app, &bindings, &question.hashes, budget).await?,
        None => None,
    };
    Ok(AssetVerdict {
        asset_id: question.asset,
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
