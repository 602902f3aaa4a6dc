//! HTTP/1.1 by hand, for the requests that no HTTP library will send: a body that is longer than its
//! `Content-Length` says, and one whose last byte is held back.

use crate::transport::tls;
use crate::{Answer, TransportError};
use gauntlet_simulator::Request;
use rustls::pki_types::ServerName;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Bytes of an answer's head, and how many headers it may have.
const MAX_HEAD: usize = 64 << 10;
const MAX_HEADERS: usize = 128;
/// Interim answers (RFC 9110 §15.2) that are passed over before the final one.
const MAX_INTERIM: usize = 8;

/// Sends `request` with a `Content-Length` that is `by` bytes short and all of the body, then reads
/// the first final answer. The connection is dropped afterwards: whatever the target makes of the
/// surplus ends there.
pub(crate) async fn send_understated(
    base: &str,
    token: Option<&str>,
    request: &Request,
    by: u64,
    max_body: usize,
) -> Result<Answer, TransportError> {
    let head = head(&Place::of(base)?, token, request, by);
    exchange(open(base).await?, &head, &request.body, max_body).await
}

/// A connection, whatever secures it.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// A connection to where `base` points, secured where it says so, that sends each write at once.
pub(crate) async fn open(base: &str) -> Result<Box<dyn Duplex>, TransportError> {
    let place = Place::of(base)?;
    let stream = connect(base).await?;
    stream
        .set_nodelay(true)
        .map_err(|error| TransportError::Reset(error.to_string()))?;
    Ok(if place.secure {
        Box::new(secured(stream, &place).await?)
    } else {
        Box::new(stream)
    })
}

/// The whole request as it goes over the wire, with its true length.
pub(crate) fn bytes(base: &str, token: &str, request: &Request) -> Result<Vec<u8>, TransportError> {
    let head = head(&Place::of(base)?, Some(token), request, 0);
    Ok([head.as_bytes(), &request.body].concat())
}

/// A bare connection to where `base` points.
pub(crate) async fn connect(base: &str) -> Result<TcpStream, TransportError> {
    let place = Place::of(base)?;
    TcpStream::connect((place.host(), place.port))
        .await
        .map_err(|error| TransportError::Unreachable(base.to_owned(), error.to_string()))
}

/// Where a base URL points.
#[derive(Debug, PartialEq, Eq)]
struct Place<'a> {
    secure: bool,
    authority: &'a str,
    port: u16,
    prefix: &'a str,
}

impl<'a> Place<'a> {
    fn of(base: &'a str) -> Result<Self, TransportError> {
        let malformed = || TransportError::Malformed(format!("{base:?} is not an http(s) URL"));
        let (secure, rest) = match (base.strip_prefix("http://"), base.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(malformed()),
        };
        let (authority, prefix) = rest
            .find('/')
            .map_or((rest, ""), |slash| rest.split_at(slash));
        // A colon inside brackets belongs to an IPv6 address.
        let port = match authority.rsplit_once(':') {
            Some((_, port)) if !port.contains(']') => port.parse().map_err(|_| malformed())?,
            _ if secure => 443,
            _ => 80,
        };
        Ok(Self {
            secure,
            authority,
            port,
            prefix,
        })
    }

    /// The host without port and brackets.
    fn host(&self) -> &'a str {
        let host = match self.authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => host,
            _ => self.authority,
        };
        host.trim_start_matches('[').trim_end_matches(']')
    }
}

async fn secured(
    stream: TcpStream,
    place: &Place<'_>,
) -> Result<impl AsyncRead + AsyncWrite + Unpin + use<>, TransportError> {
    let malformed = |error: &dyn std::fmt::Display| {
        TransportError::Malformed(format!("TLS to {}: {error}", place.authority))
    };
    let name = ServerName::try_from(place.host().to_owned()).map_err(|error| malformed(&error))?;
    let mut config = tls()?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| malformed(&error))
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    head: &str,
    body: &[u8],
    max_body: usize,
) -> Result<Answer, TransportError> {
    // A target may answer and close before it has read the surplus, so a failed write is no error:
    // the answer is.
    let _written = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        stream.flush().await
    }
    .await;
    final_answer(&mut stream, max_body).await
}

/// Reads the first answer that is not an interim one.
pub(crate) async fn final_answer(
    stream: &mut (impl AsyncRead + Unpin),
    max_body: usize,
) -> Result<Answer, TransportError> {
    let mut received = Vec::new();
    for _ in 0..=MAX_INTERIM {
        let answer = read_answer(stream, &mut received, max_body).await?;
        if !matches!(answer.status, 100..200) {
            return Ok(answer);
        }
    }
    Err(TransportError::Malformed(format!(
        "more than {MAX_INTERIM} interim answers"
    )))
}

fn head(place: &Place<'_>, token: Option<&str>, request: &Request, by: u64) -> String {
    let stated = (request.body.len() as u64).saturating_sub(by);
    let prefix = place.prefix;
    let mut head = format!("{} {prefix}{} HTTP/1.1\r\n", request.method, request.path);
    let mut line = |name: &str, value: &str| {
        head.push_str(&format!("{name}: {value}\r\n"));
    };
    line("host", place.authority);
    line("connection", "close");
    if let Some(token) = token {
        line("authorization", &format!("Bearer {token}"));
    }
    for (name, value) in &request.headers {
        line(name, value);
    }
    line("content-length", &stated.to_string());
    head.push_str("\r\n");
    head
}

/// Reads one answer, and takes its bytes off `received`.
async fn read_answer(
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut Vec<u8>,
    max_body: usize,
) -> Result<Answer, TransportError> {
    loop {
        if let Some((mut answer, head, length)) = parse_head(received)? {
            let wanted = length.map_or(usize::MAX, |length| head.saturating_add(length));
            while received.len() < wanted && read_more(stream, received).await? > 0 {
                if received.len() > head.saturating_add(max_body) {
                    return Err(TransportError::TooLong(max_body));
                }
            }
            if length.is_some() && received.len() < wanted {
                return Err(TransportError::Reset("the body ends early".to_owned()));
            }
            let rest = received.split_off(wanted.min(received.len()));
            answer.body = received.split_off(head);
            *received = rest;
            return Ok(answer);
        }
        if received.len() > MAX_HEAD {
            return Err(TransportError::TooLong(MAX_HEAD));
        }
        if read_more(stream, received).await? == 0 {
            return Err(TransportError::Reset(
                "no answer before the end of the stream".to_owned(),
            ));
        }
    }
}

async fn read_more(
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut Vec<u8>,
) -> Result<usize, TransportError> {
    stream
        .read_buf(received)
        .await
        .map_err(|error| TransportError::Reset(error.to_string()))
}

/// The head, once it is whole: answer without body, length of the head, length of the body. An
/// answer that does not state its length runs to the end of the stream.
fn parse_head(received: &[u8]) -> Result<Option<(Answer, usize, Option<usize>)>, TransportError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let malformed = |what: &str| TransportError::Malformed(format!("the answer's head: {what}"));
    let parsed = response
        .parse(received)
        .map_err(|error| malformed(&error.to_string()))?;
    let httparse::Status::Complete(head) = parsed else {
        return Ok(None);
    };
    let status = response.code.ok_or_else(|| malformed("no status"))?;
    let headers: Vec<_> = response
        .headers
        .iter()
        .map(|header| {
            let value = String::from_utf8_lossy(header.value).into_owned();
            (header.name.to_ascii_lowercase(), value)
        })
        .collect();
    let answer = Answer {
        status,
        headers,
        body: Vec::new(),
    };
    let length = match answer.header("content-length") {
        Some(text) => Some(text.parse().map_err(|_| malformed("content-length"))?),
        None if status == 204 || status < 200 => Some(0),
        None => None,
    };
    Ok(Some((answer, head, length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_understood_once_its_head_is_whole() {
        let bytes = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nX-A: b\r\n\r\n{}";
        assert_eq!(parse_head(bytes.get(..20).unwrap()).unwrap(), None);
        let (answer, head, length) = parse_head(bytes).unwrap().unwrap();
        assert_eq!(
            (answer.status, answer.header("x-a"), head, length),
            (400, Some("b"), 55, Some(2))
        );
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        assert!(parse_head(b"SSH-2.0-x\r\n").is_err());
        assert!(parse_head(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").is_err());
        assert!(Place::of("ftp://127.0.0.1").is_err());
        assert!(Place::of("http://127.0.0.1:x").is_err());
    }

    #[test]
    fn a_base_url_names_host_port_and_prefix() {
        for (base, secure, host, port, prefix) in [
            ("http://127.0.0.1:8080/v1", false, "127.0.0.1", 8080, "/v1"),
            ("http://localhost", false, "localhost", 80, ""),
            (
                "https://photos.example/v1",
                true,
                "photos.example",
                443,
                "/v1",
            ),
            ("http://[::1]:81", false, "::1", 81, ""),
            ("http://[::1]", false, "::1", 80, ""),
        ] {
            let place = Place::of(base).unwrap();
            let read = (place.secure, place.host(), place.port, place.prefix);
            assert_eq!(read, (secure, host, port, prefix), "{base}");
        }
    }

    async fn answered(said: &'static [u8]) -> Result<Answer, TransportError> {
        let (near, mut far) = tokio::io::duplex(4096);
        far.write_all(said).await.unwrap();
        drop(far);
        exchange(near, "", b"", 1024).await
    }

    #[tokio::test]
    async fn interim_answers_are_passed_over() {
        let answer = answered(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}",
        )
        .await
        .unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (400, &b"{}"[..]));
    }

    #[tokio::test]
    async fn an_answer_that_never_comes_or_never_ends_is_an_error() {
        assert!(answered(b"HTTP/1.1 100 Continue\r\n\r\n").await.is_err());
        assert!(
            answered(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab")
                .await
                .is_err()
        );
        let endless: &'static [u8] = Box::leak(
            [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &[b'x'; 2000]]
                .concat()
                .into_boxed_slice(),
        );
        assert!(matches!(
            answered(endless).await,
            Err(TransportError::TooLong(1024))
        ));
    }
}
