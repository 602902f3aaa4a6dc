//! `GET /v1/blob/{hash}`: bytes by content address, whole or one range (`wire.md` §1.3, RFC 9110 §14).

use super::extract::{Reader, Segment};
use super::respond::put;
use crate::PIECE;
use crate::app::App;
use crate::failure::{Failure, Fault};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use gauntlet_validator::server::BlobAccess;
use gauntlet_wire::code::Code;
use gauntlet_wire::header::parse_decimal_u64;
use gauntlet_wire::id::{Hash, UserId};
use std::ops::Range;
use std::sync::Arc;

/// What the `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Part(Range<u64>),
    /// A range that starts beyond the end.
    Unsatisfiable,
}

/// Serves a blob to whoever owns an album with an asset that refers to it.
pub(super) async fn read(
    State(app): State<Arc<App>>,
    reader: Reader,
    Segment(hash): Segment,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let (hash, size) = readable(&app, reader.user, hash.parse().ok()).await?;
    let tag = format!("\"{hash}\"");
    let (status, range) = match wanted(&headers, &tag, size) {
        Wanted::Whole => (StatusCode::OK, 0..size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Unsatisfiable => return Ok(unsatisfiable(size)),
    };
    let mut headers = HeaderMap::new();
    put(
        &mut headers,
        CONTENT_TYPE.as_str(),
        "application/octet-stream",
    );
    put(
        &mut headers,
        CONTENT_LENGTH.as_str(),
        range.end - range.start,
    );
    put(&mut headers, ACCEPT_RANGES.as_str(), "bytes");
    put(&mut headers, ETAG.as_str(), tag);
    if status == StatusCode::PARTIAL_CONTENT {
        let last = range.end.saturating_sub(1);
        let range = format!("bytes {}-{last}/{size}", range.start);
        put(&mut headers, CONTENT_RANGE.as_str(), range);
    }
    Ok((status, headers, pieces(app, hash, range)).into_response())
}

/// The address and size of a blob that the caller may read.
async fn readable(app: &App, caller: UserId, hash: Option<Hash>) -> Result<(Hash, u64), Failure> {
    let access = match hash {
        Some(hash) => access(app, caller, hash).await?,
        None => BlobAccess::default(),
    };
    let size = app
        .judge
        .read_blob(&access, &app.policy)
        .map_err(|refusal| refusal.rejection)?;
    let hash = hash.ok_or_else(|| Fault::Integrity("a blob without an address".to_owned()))?;
    held(hash, size, access.stored).map(|()| (hash, size))
}

async fn access(app: &App, caller: UserId, hash: Hash) -> Result<BlobAccess, Failure> {
    let opened_after = app.opened_after(app.now());
    let mut view = app.store.read().await?;
    let (readable, pending, given_up) = (
        view.readable_blob(caller, hash).await?,
        view.is_pending(caller, hash, opened_after).await?,
        view.is_given_up(caller, hash).await?,
    );
    drop(view);
    let stored = app
        .disk("look for a blob", move |disk| disk.blob_length(hash))
        .await?;
    Ok(BlobAccess {
        readable,
        stored,
        pending,
        given_up,
    })
}

/// A row whose file is not there, or has another length, is a loud integrity error.
fn held(hash: Hash, size: u64, stored: Option<u64>) -> Result<(), Failure> {
    if stored == Some(size) {
        return Ok(());
    }
    tracing::error!(%hash, size, ?stored, "a stored blob does not have its length");
    Err(Failure::unacceptable(
        StatusCode::INTERNAL_SERVER_ERROR,
        Code::BlobUnavailable,
        "the blob's bytes are not in order",
    ))
}

fn unsatisfiable(size: u64) -> Response {
    let failure = Failure::unacceptable(
        StatusCode::RANGE_NOT_SATISFIABLE,
        Code::RequestFailed,
        format!("the range starts beyond the end of {size} bytes"),
    );
    let mut response = failure.into_response();
    let range = format!("bytes */{size}");
    put(response.headers_mut(), CONTENT_RANGE.as_str(), range);
    response
}

/// One byte range, or the whole blob: for several ranges, another unit, a form that is not one, and
/// a validator of other bytes, the header is ignored as RFC 9110 §14.2 allows.
fn wanted(headers: &HeaderMap, tag: &str, size: u64) -> Wanted {
    let mut values = headers.get_all(RANGE).iter();
    let (Some(range), None) = (values.next(), values.next()) else {
        return Wanted::Whole;
    };
    let other_bytes = headers
        .get(IF_RANGE)
        .is_some_and(|validator| validator.as_bytes() != tag.as_bytes());
    if other_bytes {
        return Wanted::Whole;
    }
    range
        .to_str()
        .ok()
        .and_then(|text| part(text, size))
        .unwrap_or(Wanted::Whole)
}

fn part(text: &str, size: u64) -> Option<Wanted> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (first, last) {
        ("", suffix) => size.saturating_sub(parse_decimal_u64(suffix).ok()?)..size,
        (first, "") => parse_decimal_u64(first).ok()?..size,
        (first, last) => {
            let (first, last) = (
                parse_decimal_u64(first).ok()?,
                parse_decimal_u64(last).ok()?,
            );
            if first > last {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some(if range.start < range.end {
        Wanted::Part(range)
    } else {
        Wanted::Unsatisfiable
    })
}

/// The bytes, read piece by piece as the client takes them.
fn pieces(app: Arc<App>, hash: Hash, range: Range<u64>) -> Body {
    Body::from_stream(stream::try_unfold(range, move |range| {
        let app = Arc::clone(&app);
        async move {
            if range.start >= range.end {
                return Ok(None);
            }
            let piece = range.start..range.end.min(range.start.saturating_add(PIECE));
            let bytes = app
                .disk("read a blob", move |disk| disk.read_blob(hash, piece))
                .await?;
            if bytes.is_empty() {
                let fault = Fault::Integrity(format!("blob {hash} ends at {}", range.start));
                tracing::error!(%fault, "a download broke off");
                return Err(fault);
            }
            let rest = range.start + bytes.len() as u64..range.end;
            Ok(Some((Bytes::from(bytes), rest)))
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn ask(range: &'static str) -> Wanted {
        let headers = HeaderMap::from_iter([(RANGE, HeaderValue::from_static(range))]);
        wanted(&headers, "\"tag\"", 100)
    }

    #[test]
    fn one_range_is_cut_to_the_blob() {
        assert_eq!(ask("bytes=0-0"), Wanted::Part(0..1));
        assert_eq!(ask("bytes=90-"), Wanted::Part(90..100));
        assert_eq!(ask("bytes=90-1000"), Wanted::Part(90..100));
        assert_eq!(ask("bytes=0-18446744073709551615"), Wanted::Part(0..100));
        assert_eq!(ask("bytes=-10"), Wanted::Part(90..100));
        assert_eq!(ask("bytes=-1000"), Wanted::Part(0..100));
    }

    #[test]
    fn a_range_beyond_the_end_can_not_be_served() {
        for range in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(ask(range), Wanted::Unsatisfiable, "{range}");
        }
    }

    #[test]
    fn what_is_not_one_byte_range_is_ignored() {
        for range in [
            "bytes=5-4",
            "bytes=0-1,3-4",
            "items=0-1",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=+1-2",
            "0-1",
        ] {
            assert_eq!(ask(range), Wanted::Whole, "{range}");
        }
        let range = (RANGE, HeaderValue::from_static("bytes=0-0"));
        let mut headers = HeaderMap::from_iter([range.clone()]);
        headers.insert(IF_RANGE, HeaderValue::from_static("\"other\""));
        assert_eq!(wanted(&headers, "\"tag\"", 100), Wanted::Whole);
        headers.insert(IF_RANGE, HeaderValue::from_static("\"tag\""));
        assert_eq!(wanted(&headers, "\"tag\"", 100), Wanted::Part(0..1));
        let mut headers = HeaderMap::from_iter([range.clone()]);
        headers.append(range.0, range.1);
        assert_eq!(wanted(&headers, "\"tag\"", 100), Wanted::Whole);
    }
}
