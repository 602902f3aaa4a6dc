//! The HTTP library's own answers, replaced by the contract's.
//!
//! To a request that it can't parse the library answers by itself, with a bare status line. Those
//! answers are told from the server's by position alone, never by what they look like: a stored blob
//! may hold any bytes. Every answer of the server is promised, with the length of its body, before the
//! library writes the first byte of it. So the end of each is known, and a head that starts where
//! nothing is promised is the library's.

use axum::body::{Body, HttpBody};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use bytes::{Buf, BytesMut};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// How every HTTP/1 answer starts; what starts otherwise is HTTP/2.
const START: &[u8] = b"HTTP/1.";
/// Where the status stands in it.
const STATUS: std::ops::Range<usize> = 9..12;
/// Bytes of the longest head that is looked at.
const MAX_HEAD: usize = 64 << 10;
/// The most bytes that are read after a replaced answer, and the longest that it may take.
const MAX_LINGER: usize = 1 << 20;
const MAX_WAIT: Duration = Duration::from_secs(2);

/// The bodies of the answers that are promised and not yet begun, in bytes; `None` where no one knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Promises(Arc<Mutex<VecDeque<Option<u64>>>>);

impl Promises {
    /// Promises the answer to a request.
    pub(crate) fn promise(&self, method: &Method, response: &Response) {
        self.lock().push_back(body_length(method, response));
    }

    fn next(&self) -> Option<Option<u64>> {
        self.lock().pop_front()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Option<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many bytes of body follow the head of an answer (RFC 9112 §6.3).
fn body_length(method: &Method, response: &Response) -> Option<u64> {
    let bodiless = [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED];
    if method == Method::HEAD || bodiless.contains(&response.status()) {
        return Some(0);
    }
    match response.headers().get(CONTENT_LENGTH) {
        Some(stated) => stated.to_str().ok()?.parse().ok(),
        None => Body::size_hint(response.body()).exact(),
    }
}

/// Where in the stream of answers the next byte stands.
enum Place {
    /// In a head, of which these bytes were written.
    Head(BytesMut),
    /// In the body of an answer of the server's, so many bytes from its end.
    Body(u64),
    /// In HTTP/2, or after an answer whose end is not known: everything passes as it is.
    Unknown,
}

/// What stands in place of the library's own answer of that status.
pub(crate) type Replacement = Box<dyn Fn(StatusCode) -> Vec<u8> + Send>;

/// A connection on whose way out the library's own answers are replaced.
pub(crate) struct Replies<S> {
    stream: S,
    promises: Promises,
    replacement: Replacement,
    place: Place,
    /// Bytes that were taken and still have to go out.
    out: BytesMut,
    /// Set by a replacement: how much is still read of a request that was answered early.
    linger: Option<usize>,
    until: Option<Pin<Box<Sleep>>>,
}

impl<S> Replies<S> {
    /// Watches over `stream`.
    pub(crate) fn new(stream: S, promises: Promises, replacement: Replacement) -> Self {
        Self {
            stream,
            promises,
            replacement,
            place: Place::Head(BytesMut::new()),
            out: BytesMut::new(),
            linger: None,
            until: None,
        }
    }

    /// Takes bytes of a head, at most to its end, and says how many.
    fn take_head(&mut self, bytes: &[u8]) -> usize {
        let Place::Head(head) = &mut self.place else {
            return 0;
        };
        let mut taken = 0;
        for byte in bytes {
            head.extend_from_slice(&[*byte]);
            taken += 1;
            let is_whole = head.ends_with(b"\r\n\r\n");
            let is_none = head.len() > MAX_HEAD || !same_start(head);
            if is_whole || is_none {
                let head = std::mem::take(head);
                self.place = if is_none {
                    self.out.unsplit(head);
                    Place::Unknown
                } else {
                    self.end_head(head)
                };
                break;
            }
        }
        taken
    }

    /// Lets a whole head pass, or something else in its place.
    fn end_head(&mut self, head: BytesMut) -> Place {
        let status = head
            .get(STATUS)
            .and_then(|status| StatusCode::from_bytes(status).ok());
        let interim = status.is_some_and(|status| status.is_informational());
        let promised = match interim {
            true => Some(Some(0)),
            false => self.promises.next(),
        };
        let Some(length) = promised else {
            self.replace(status.unwrap_or(StatusCode::BAD_REQUEST));
            return Place::Head(BytesMut::new());
        };
        self.out.unsplit(head);
        match length {
            Some(0) => Place::Head(BytesMut::new()),
            Some(length) => Place::Body(length),
            None => Place::Unknown,
        }
    }

    fn replace(&mut self, status: StatusCode) {
        let replacement = (self.replacement)(status);
        self.out.extend_from_slice(&replacement);
        self.linger = Some(MAX_LINGER);
    }
}

/// Whether the head starts as answers do, as far as it goes.
fn same_start(head: &[u8]) -> bool {
    head.iter().zip(START).all(|(found, known)| found == known)
}

impl<S: AsyncWrite + Unpin> Replies<S> {
    fn drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(context, &self.out))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> Replies<S> {
    /// Reads on after a replaced answer, within bounds: if the connection were closed while the client
    /// still sends, its kernel would throw the answer away together with the connection.
    fn read_on(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Some(left) = self.linger.filter(|left| *left > 0) {
            let until = self
                .until
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(MAX_WAIT)));
            if until.as_mut().poll(context).is_ready() {
                break;
            }
            let mut space = [0; 4096];
            let mut buffer = ReadBuf::new(&mut space);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    self.linger = Some(left.saturating_sub(buffer.filled().len()));
                }
                _ => break,
            }
        }
        self.linger = None;
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Replies<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Replies<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.drain(context))?;
        match self.place {
            Place::Unknown => Pin::new(&mut self.stream).poll_write(context, bytes),
            Place::Head(_) => {
                let taken = self.take_head(bytes);
                // What does not go out now goes before the next byte.
                if let Poll::Ready(Err(error)) = self.drain(context) {
                    return Poll::Ready(Err(error));
                }
                Poll::Ready(Ok(taken))
            }
            Place::Body(left) => {
                let length = usize::try_from(left).unwrap_or(usize::MAX);
                let part = bytes.get(..length).unwrap_or(bytes);
                let written = ready!(Pin::new(&mut self.stream).poll_write(context, part))?;
                self.place = match left.saturating_sub(written as u64) {
                    0 => Place::Head(BytesMut::new()),
                    left => Place::Body(left),
                };
                Poll::Ready(Ok(written))
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(context))?;
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        ready!(self.read_on(context));
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    const CANNED: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    const HEAD: &str = "HTTP/1.1 200 OK\r\netag: \"x\"\r\n\r\n";

    /// A stream that takes every byte and has none.
    #[derive(Default)]
    struct Sink(Vec<u8>);

    impl AsyncRead for Sink {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    impl AsyncWrite for Sink {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.0.extend_from_slice(bytes);
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    /// What goes out when `written` is written in pieces of these lengths.
    fn passed(promised: &[Option<u64>], written: &[u8], pieces: &[usize]) -> Vec<u8> {
        let promises = Promises::default();
        promises.lock().extend(promised);
        let replacement = |status: StatusCode| format!("[{}]", status.as_u16()).into_bytes();
        let mut replies = Replies::new(Sink::default(), promises, Box::new(replacement));
        let mut rest = written;
        let mut lengths = pieces.iter().cycle();
        futures_util::FutureExt::now_or_never(async {
            while !rest.is_empty() {
                let length = lengths.next().map_or(rest.len(), |length| *length);
                let (piece, left) = rest.split_at(length.min(rest.len()));
                replies.write_all(piece).await.unwrap();
                rest = left;
            }
            replies.flush().await.unwrap();
        })
        .unwrap();
        replies.stream.0
    }

    #[test]
    fn an_answer_that_no_one_promised_is_replaced() {
        for status in ["400 Bad Request", "414 URI Too Long", "431 Large"] {
            let canned = CANNED.replace("400 Bad Request", status);
            let out = passed(&[], canned.as_bytes(), &[7]);
            assert_eq!(out, format!("[{}]", &status[..3]).as_bytes());
        }
    }

    #[test]
    fn an_interim_answer_keeps_the_promise_for_the_final_one() {
        let written = format!("HTTP/1.1 100 Continue\r\n\r\n{HEAD}ab{CANNED}");
        let out = passed(&[Some(2)], written.as_bytes(), &[5]);
        let expected = format!("HTTP/1.1 100 Continue\r\n\r\n{HEAD}ab[400]");
        assert_eq!(out, expected.as_bytes());
    }

    #[test]
    fn what_is_not_http_1_or_has_no_known_end_passes_as_it_is() {
        let frames = [b"\0\0\x12\x04\0\0\0\0\0".as_slice(), CANNED.as_bytes()].concat();
        assert_eq!(passed(&[], &frames, &[4]), frames);
        let written = format!("{HEAD}endless{CANNED}");
        assert_eq!(
            passed(&[None], written.as_bytes(), &[4]),
            written.as_bytes()
        );
    }

    proptest! {
        #[test]
        fn no_byte_of_a_body_is_altered_whatever_it_looks_like(
            bodies in prop::collection::vec(
                prop_oneof![
                    Just(CANNED.as_bytes().to_vec()),
                    Just(format!("{HEAD}{CANNED}\r\n\r\n{CANNED}").into_bytes()),
                    prop::collection::vec(any::<u8>(), 0..200),
                ],
                0..6,
            ),
            pieces in prop::collection::vec(1..90_usize, 1..8),
        ) {
            let promised: Vec<_> = bodies.iter().map(|body| Some(body.len() as u64)).collect();
            let mut written = Vec::new();
            for body in &bodies {
                written.extend_from_slice(HEAD.as_bytes());
                written.extend_from_slice(body);
            }
            let mut expected = written.clone();
            prop_assert_eq!(&passed(&promised, &written, &pieces), &expected);
            written.extend_from_slice(CANNED.as_bytes());
            expected.extend_from_slice(b"[400]");
            prop_assert_eq!(&passed(&promised, &written, &pieces), &expected);
        }
    }
}
