//! Sending a prepared request and reading the answer, both bounded.

use crate::{Answer, raw};
use futures_util::StreamExt;
use gauntlet_simulator::{Framing, Request};
use rustls_platform_verifier::BuilderVerifierExt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// The header of credentials.
const AUTHORIZATION: &str = "authorization";

/// Bounds against a hostile target.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time for one call, from connecting to the last byte of the answer.
    pub call: Duration,
    /// Bytes of an answer's body.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(10),
            body: 32 << 20,
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection could be made.
    #[error("the target at {0} can't be reached: {1}")]
    Unreachable(String, String),
    /// The connection ended before the answer did.
    #[error("the target closed the connection before it had answered: {0}")]
    Reset(String),
    /// The call took longer than its bound.
    #[error("the target had not answered after {0:?}")]
    Timeout(Duration),
    /// The answer's body ran past its bound.
    #[error("the answer's body runs past {0} bytes")]
    TooLong(usize),
    /// The request or the answer is not HTTP.
    #[error("{0}")]
    Malformed(String),
}

/// One eye's own connections to a target.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    client: reqwest::Client,
    limits: Limits,
}

impl HttpTransport {
    /// A transport with a connection pool of its own. Redirects are answers, not followed; no proxy
    /// of the environment is used.
    ///
    /// # Errors
    /// A TLS backend that can't be set up.
    pub fn new(limits: Limits) -> Result<Self, TransportError> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls()?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .retry(reqwest::retry::never())
            .timeout(limits.call)
            .pool_max_idle_per_host(1)
            .build()
            .map_err(|error| TransportError::Malformed(explain(&error)))?;
        Ok(Self { client, limits })
    }

    /// Another transport of the same bounds, with no connection yet.
    ///
    /// # Errors
    /// As [`HttpTransport::new`].
    pub fn renewed(&self) -> Result<Self, TransportError> {
        Self::new(self.limits)
    }

    /// The bounds of one call.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Sends `request` to `base` + its path, with `token` as bearer. An `authorization` header of the
    /// request's own goes in its place; an empty one sends none.
    ///
    /// # Errors
    /// No answer, or one past its bounds.
    pub async fn send(
        &self,
        base: &str,
        token: Option<&str>,
        request: &Request,
    ) -> Result<Answer, TransportError> {
        let call = async {
            match request.framing {
                Framing::Understated(by) => {
                    raw::send_understated(base, token, request, by, self.limits.body).await
                }
                Framing::Stated | Framing::Chunked => self.send_honest(base, token, request).await,
            }
        };
        tokio::time::timeout(self.limits.call, call)
            .await
            .unwrap_or(Err(TransportError::Timeout(self.limits.call)))
    }

    async fn send_honest(
        &self,
        base: &str,
        token: Option<&str>,
        request: &Request,
    ) -> Result<Answer, TransportError> {
        let url = format!("{base}{}", request.path);
        let method = reqwest::Method::from_bytes(request.method.token().as_bytes())
            .map_err(|error| TransportError::Malformed(error.to_string()))?;
        let mut builder = self.client.request(method, &url);
        for (name, value) in &request.headers {
            if name != AUTHORIZATION || !value.is_empty() {
                builder = builder.header(name, value);
            }
        }
        if let (Some(token), None) = (token, request.header_value(AUTHORIZATION)) {
            builder = builder.bearer_auth(token);
        }
        if !request.body.is_empty() || request.framing == Framing::Chunked {
            builder = builder.body(body(request));
        }
        let response = builder
            .send()
            .await
            .map_err(|error| self.failure(base, &error))?;
        self.read(base, response).await
    }

    async fn read(
        &self,
        base: &str,
        response: reqwest::Response,
    ) -> Result<Answer, TransportError> {
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.as_str().to_owned(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect();
        let mut body = Vec::new();
        let mut stream = response.bytes_stream();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| self.failure(base, &error))?;
            if body.len() + piece.len() > self.limits.body {
                return Err(TransportError::TooLong(self.limits.body));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn failure(&self, base: &str, error: &reqwest::Error) -> TransportError {
        if error.is_timeout() {
            TransportError::Timeout(self.limits.call)
        } else if error.is_connect() {
            TransportError::Unreachable(base.to_owned(), explain(error))
        } else if error.is_builder() {
            TransportError::Malformed(explain(error))
        } else {
            TransportError::Reset(explain(error))
        }
    }
}

/// The body; in chunked coding it is a stream, whose length no one knows.
fn body(request: &Request) -> reqwest::Body {
    match request.framing {
        Framing::Chunked => {
            let pieces: Vec<Result<Vec<u8>, std::convert::Infallible>> = request
                .body
                .chunks(1024)
                .map(|piece| Ok(piece.to_vec()))
                .collect();
            reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
        }
        Framing::Stated | Framing::Understated(_) => request.body.clone().into(),
    }
}

/// The error with its causes, innermost last, without the URL that every message repeats.
fn explain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// The TLS configuration of every transport, with the machine's own trust. Made once: reading the
/// machine's certificates costs more than a whole attack on loopback.
///
/// # Errors
/// The machine's trust can't be read.
pub(crate) fn tls() -> Result<rustls::ClientConfig, TransportError> {
    static TLS: LazyLock<Result<rustls::ClientConfig, String>> = LazyLock::new(|| {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map(|verified| verified.with_no_client_auth())
            .map_err(|error| format!("TLS can't be set up: {error}"))
    });
    TLS.clone().map_err(TransportError::Malformed)
}
