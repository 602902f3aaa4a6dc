//! Events: what happened, as evidence keeps it.

use crate::names::Names;
use crate::{Answer, Beat, Finding};
use gauntlet_simulator::{Framing, Request};
use gauntlet_wire::id::Hash;
use serde::{Deserialize, Serialize};

/// Bytes of a text body that are kept; of anything longer or binary, length and digest are.
const KEPT_TEXT: usize = 8 << 10;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// A request and its answer.
    Exchange {
        /// The beat during which it happened.
        beat: Beat,
        /// Who sent it.
        actor: String,
        /// Method and path.
        request: String,
        /// Headers of the request, in order.
        request_headers: Vec<(String, String)>,
        /// The request's body.
        request_body: Body,
        /// How the body's length was announced.
        framing: Framing,
        /// The answer's status.
        status: u16,
        /// Headers of the answer that the contract speaks of.
        answer_headers: Vec<(String, String)>,
        /// The answer's body.
        answer_body: Body,
    },
    /// Requests that were in flight at once, in an order that does not depend on their arrival.
    Concurrent {
        /// The beat during which it happened.
        beat: Beat,
        /// The exchanges; equal ones are counted.
        group: Vec<Alike>,
    },
    /// Another trial of the attack begins, in a world of its own.
    Trial {
        /// Which one, from 1.
        number: u32,
        /// How many there are.
        of: u32,
    },
    /// A request without an answer.
    Unanswered {
        /// The beat during which it happened.
        beat: Beat,
        /// Who sent it.
        actor: String,
        /// Method and path.
        request: String,
        /// Why there is no answer.
        why: String,
    },
    /// Events past the bound, which are in the chain and not in the file.
    Omitted {
        /// How many.
        count: usize,
        /// The chain before them, BLAKE3 in hex.
        since: String,
        /// The chain after them, BLAKE3 in hex.
        until: String,
    },
    /// A hook of the target was used.
    Hook {
        /// The beat during which it happened.
        beat: Beat,
        /// What was done.
        what: String,
    },
    /// The honest message that a deviation replaced, beside what was sent instead.
    Deviation {
        /// The deviation as data.
        deviation: serde_json::Value,
        /// The honest message, one part to a line.
        honest: String,
        /// What was sent instead, likewise.
        sent: String,
        /// Where the two differ, one part each: `path: old → new`.
        difference: Vec<String>,
    },
    /// Something was observed or decided.
    Note {
        /// The beat during which it happened.
        beat: Beat,
        /// What.
        text: String,
    },
    /// Something went wrong.
    Finding(Finding),
}

/// Equal exchanges of a concurrent group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    /// How many there were.
    pub times: usize,
    /// Each of them: an [`Event::Exchange`] or an [`Event::Unanswered`].
    pub exchange: Event,
}

/// A body as evidence keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// None.
    Empty,
    /// A short text, issued values replaced by their names.
    Text(String),
    /// Anything else.
    Bytes {
        /// Length in bytes.
        length: usize,
        /// SHA-256 of the bytes.
        sha256: Hash,
    },
}

/// A request and its answer as evidence keeps them.
pub(super) fn exchanged(
    names: &Names,
    beat: Beat,
    actor: &str,
    request: &Request,
    answer: &Answer,
) -> Event {
    Event::Exchange {
        beat,
        actor: actor.to_owned(),
        request: names.replace(&format!("{} {}", request.method, request.path)),
        request_headers: replaced(names, request.headers.iter()),
        request_body: body(names, &request.body),
        framing: request.framing,
        status: answer.status,
        answer_headers: replaced(names, answer.headers.iter().filter(|(n, _)| is_kept(n))),
        answer_body: body(names, &answer.body),
    }
}

/// A request without an answer as evidence keeps it.
pub(super) fn unanswered(
    names: &Names,
    beat: Beat,
    actor: &str,
    request: &Request,
    why: &str,
) -> Event {
    Event::Unanswered {
        beat,
        actor: actor.to_owned(),
        request: names.replace(&format!("{} {}", request.method, request.path)),
        why: names.replace(why),
    }
}

/// Whether an answer's header is part of the contract. `Date` is not kept: it is the target's clock,
/// which no two runs share.
pub(crate) fn is_kept(name: &str) -> bool {
    name.starts_with("x-capsule-")
        || [
            "location",
            "content-type",
            "content-range",
            "retry-after",
            "www-authenticate",
        ]
        .contains(&name)
}

fn replaced<'a>(
    names: &Names,
    headers: impl Iterator<Item = &'a (String, String)>,
) -> Vec<(String, String)> {
    headers
        .map(|(name, value)| (name.clone(), names.replace(value)))
        .collect()
}

fn body(names: &Names, bytes: &[u8]) -> Body {
    match std::str::from_utf8(bytes) {
        _ if bytes.is_empty() => Body::Empty,
        Ok(text) if text.len() <= KEPT_TEXT => Body::Text(names.replace(text)),
        _ => Body::Bytes {
            length: bytes.len(),
            sha256: Hash::of(bytes),
        },
    }
}
