//! Reading a request body within bounds of length and time.

use crate::failure::Failure;
use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use gauntlet_wire::code::Code;
use gauntlet_wire::id::{Hash, Hasher};
use http_body_util::BodyExt;
use std::time::Duration;
use tokio::time::timeout;

/// How long a client may take to send a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Between two pieces.
    pub(super) idle: Duration,
    /// In all.
    pub(super) whole: Duration,
}

impl Patience {
    /// What every route grants: a chunk of 16 MiB over a line of 1.2 Mbit/s.
    pub(super) const USUAL: Self = Self {
        idle: Duration::from_secs(15),
        whole: Duration::from_secs(120),
    };
}

/// A body that was read, or was too long to be.
#[derive(Debug)]
pub(super) enum Received {
    /// All of it, with its SHA-256.
    Whole(Bytes, Hash),
    /// More than the limit; none of it was kept.
    TooLong,
}

/// Reads a body of at most `limit` bytes. A longer one is refused as soon as that is known: by its
/// announced length before the first byte, else at the byte that crosses the limit.
///
/// # Errors
/// 400 if the body breaks off, 408 if it takes too long.
pub(super) async fn receive(
    body: Body,
    limit: u64,
    patience: Patience,
) -> Result<Received, Failure> {
    if body.size_hint().lower() > limit {
        return Ok(Received::TooLong);
    }
    timeout(patience.whole, gather(body, limit, patience.idle))
        .await
        .unwrap_or_else(|_| Err(too_slow()))
}

async fn gather(mut body: Body, limit: u64, idle: Duration) -> Result<Received, Failure> {
    let mut hasher = Hasher::new();
    let mut bytes = BytesMut::new();
    loop {
        let frame = match timeout(idle, body.frame()).await {
            Err(_) => return Err(too_slow()),
            Ok(None) => return Ok(Received::Whole(bytes.freeze(), hasher.finish())),
            Ok(Some(Err(_))) => return Err(broken_off()),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        if (bytes.len() + piece.len()) as u64 > limit {
            return Ok(Received::TooLong);
        }
        hasher.update(&piece);
        bytes.extend_from_slice(&piece);
    }
}

fn too_slow() -> Failure {
    Failure::unacceptable(
        StatusCode::REQUEST_TIMEOUT,
        Code::RequestFailed,
        "the body did not arrive in time",
    )
}

fn broken_off() -> Failure {
    Failure::bad(Code::RequestMalformed, "the body breaks off")
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use std::convert::Infallible;

    const SHORT: Patience = Patience {
        idle: Duration::from_millis(40),
        whole: Duration::from_millis(200),
    };

    fn pieces(count: usize, pause: Duration) -> Body {
        Body::from_stream(stream::unfold(0, move |sent| async move {
            tokio::time::sleep(pause).await;
            (sent < count).then(|| (Ok::<_, Infallible>(Bytes::from_static(b"ab")), sent + 1))
        }))
    }

    #[tokio::test]
    async fn a_body_within_its_limit_arrives_whole_with_its_hash() {
        let body = pieces(3, Duration::ZERO);
        let Received::Whole(bytes, hash) = receive(body, 6, SHORT).await.unwrap() else {
            panic!("expected the body");
        };
        assert_eq!(bytes.as_ref(), b"ababab");
        assert_eq!(hash, Hash::of(b"ababab"));
    }

    #[tokio::test]
    async fn an_endless_body_is_refused_at_its_limit() {
        let body = pieces(usize::MAX, Duration::ZERO);
        assert!(matches!(
            receive(body, 5, SHORT).await,
            Ok(Received::TooLong)
        ));
        let stated = Body::from(vec![0; 6]);
        assert!(matches!(
            receive(stated, 5, SHORT).await,
            Ok(Received::TooLong)
        ));
    }

    #[tokio::test]
    async fn a_body_that_hangs_or_drips_is_given_up() {
        for pause in [Duration::from_secs(60), Duration::from_millis(20)] {
            let body = pieces(usize::MAX, pause);
            let failure = receive(body, 1 << 20, SHORT).await.unwrap_err();
            assert!(matches!(
                failure,
                Failure::Unacceptable {
                    status: StatusCode::REQUEST_TIMEOUT,
                    ..
                }
            ));
        }
    }
}
