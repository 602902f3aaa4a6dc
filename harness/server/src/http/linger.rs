//! Reading on after an early answer.
//!
//! A refusal often needs no body. If the server closed the connection while the client still sends,
//! the client's kernel would throw the answer away together with the connection. So what is left of
//! a body is read and dropped, within bounds.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;

/// The most bytes that are read after the answer; above this the connection is closed.
const MAX_LINGER: u64 = 64 << 20;
/// The longest that a client may go on sending after the answer.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// A request body that is read to its end even if its reader is not interested.
pub(crate) struct Lingering {
    body: Option<Incoming>,
}

impl Lingering {
    /// Wraps a body.
    pub(crate) const fn new(body: Incoming) -> Self {
        Self { body: Some(body) }
    }
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let unread = self
            .body
            .take()
            .filter(|body| !body.is_end_stream() && body.size_hint().lower() <= MAX_LINGER);
        if let (Some(body), Ok(runtime)) = (unread, Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(MAX_WAIT, drain(body)));
        }
    }
}

async fn drain(mut body: Incoming) {
    let mut left = MAX_LINGER;
    while let Some(Ok(frame)) = body.frame().await {
        let read = frame.data_ref().map_or(0, Bytes::len) as u64;
        match left.checked_sub(read) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
