//! HTTP requests as data that can lie.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The methods that the contract uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Read.
    Get,
    /// Query an upload session.
    Head,
    /// Create.
    Post,
    /// Publish a document at its address.
    Put,
    /// Append a chunk.
    Patch,
    /// Cancel an upload session.
    Delete,
}

impl Method {
    /// The method's token.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

/// How the body's length is announced (RFC 9112 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Framing {
    /// `Content-Length` with the true length, as honest clients do unless a script says otherwise.
    Stated,
    /// `Transfer-Encoding: chunked`, so that no length is known in advance. It is lawful, and a target may
    /// ask for a length (411, RFC 9110 §15.5.12).
    Chunked,
    /// `Content-Length` smaller than the body by this many bytes, all of which are sent.
    Understated(u64),
}

/// One HTTP request as it will be sent. Headers keep their order and may repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query below the target's prefix, such as `/upload/{id}`.
    pub path: String,
    /// Header names and values, but for authorization and framing, which the sender adds.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How the body's length is announced.
    pub framing: Framing,
}

impl Request {
    /// A request without headers or body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            framing: Framing::Stated,
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// The same with a body of a media type.
    #[must_use]
    pub fn with_body(self, media_type: &str, body: Vec<u8>) -> Self {
        Self {
            body,
            ..self.header("content-type", media_type)
        }
    }

    /// Replaces every header of that name by one of this value, in the place of the first.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        let place = self.headers.iter().position(|(given, _)| given == name);
        self.remove_header(name);
        let place = place.unwrap_or(self.headers.len());
        self.headers.insert(place, (name.to_owned(), value.into()));
    }

    /// Removes every header of that name.
    pub fn remove_header(&mut self, name: &str) {
        self.headers.retain(|(given, _)| given != name);
    }

    /// The first value of a header.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }
}
