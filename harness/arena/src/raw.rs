//! HTTP/1.1 by hand, for the one request that no HTTP library will send: a body that is longer than
//! its `Content-Length` says.

use crate::{Answer, TransportError};
use gauntlet_simulator::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes of an answer's head, and how many headers it may have.
const MAX_HEAD: usize = 64 << 10;
const MAX_HEADERS: usize = 128;

/// Sends `request` with a `Content-Length` that is `by` bytes short and all of the body, then reads
/// the first answer. The connection is dropped afterwards: whatever the target makes of the surplus
/// ends there.
pub(crate) async fn send_understated(
    base: &str,
    token: Option<&str>,
    request: &Request,
    by: u64,
    max_body: usize,
) -> Result<Answer, TransportError> {
    let (authority, prefix) = split_base(base)?;
    let mut stream = TcpStream::connect(authority)
        .await
        .map_err(|error| TransportError::Unreachable(base.to_owned(), error.to_string()))?;
    let head = head(authority, prefix, token, request, by);
    // A target may answer and close before it has read the surplus, so a failed write is no error:
    // the answer is.
    let _written = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&request.body).await?;
        stream.flush().await
    }
    .await;
    read_answer(&mut stream, max_body).await
}

fn split_base(base: &str) -> Result<(&str, &str), TransportError> {
    let Some(rest) = base.strip_prefix("http://") else {
        return Err(TransportError::Unsupported(
            "a body longer than its length",
            base.to_owned(),
        ));
    };
    Ok(rest
        .find('/')
        .map_or((rest, ""), |slash| rest.split_at(slash)))
}

fn head(authority: &str, prefix: &str, token: Option<&str>, request: &Request, by: u64) -> String {
    let stated = (request.body.len() as u64).saturating_sub(by);
    let mut head = format!("{} {prefix}{} HTTP/1.1\r\n", request.method, request.path);
    let mut line = |name: &str, value: &str| {
        head.push_str(&format!("{name}: {value}\r\n"));
    };
    line("host", authority);
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

async fn read_answer(stream: &mut TcpStream, max_body: usize) -> Result<Answer, TransportError> {
    let mut received = Vec::new();
    loop {
        if let Some((mut answer, head, length)) = parse_head(&received)? {
            let wanted = length.map_or(usize::MAX, |length| head.saturating_add(length));
            while received.len() < wanted && read_more(stream, &mut received).await? > 0 {
                if received.len() > head + max_body {
                    return Err(TransportError::TooLong(max_body));
                }
            }
            if length.is_some() && received.len() < wanted {
                return Err(TransportError::Reset("the body ends early".to_owned()));
            }
            let end = wanted.min(received.len());
            answer.body = received.get(head..end).unwrap_or_default().to_vec();
            return Ok(answer);
        }
        if received.len() > MAX_HEAD {
            return Err(TransportError::TooLong(MAX_HEAD));
        }
        if read_more(stream, &mut received).await? == 0 {
            return Err(TransportError::Reset(
                "no answer before the end of the stream".to_owned(),
            ));
        }
    }
}

async fn read_more(
    stream: &mut TcpStream,
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
        None if status == 204 => Some(0),
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
        assert!(split_base("https://127.0.0.1").is_err());
    }
}
