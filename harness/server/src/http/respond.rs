//! The shape of every answer: problem bodies, the headers that always travel, `Date`.

use crate::app::App;
use crate::failure::{Failure, Fault};
use crate::store::StoreError;
use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, DATE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use gauntlet_validator::server::{Extension, Policy};
use gauntlet_wire::code::Code;
use gauntlet_wire::header;
use gauntlet_wire::problem::{self, Problem, ProblemExtension};
use gauntlet_wire::rule::Rule;
use jiff::fmt::rfc2822::DateTimePrinter;
use std::fmt::Display;
use std::sync::Arc;

/// What `X-Capsule-Min-Client-Build` says while no build is asked for (`wire.md` §1.1).
const NO_MIN_BUILD: &str = "0.0.0";

impl IntoResponse for Failure {
    /// A placeholder that carries the failure to [`conclude`], where alone it becomes an answer.
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Gives an answer its final shape. What the handler or the router said in headers (`Allow`,
/// `Content-Range`) is kept.
pub(crate) fn conclude(app: &App, mut response: Response) -> Response {
    if let Some(failure) = response.extensions_mut().remove::<Arc<Failure>>() {
        let mut said = std::mem::take(response.headers_mut());
        said.remove(CONTENT_LENGTH);
        if let Failure::Rejected(rejection) = failure.as_ref() {
            app.refusals.count(rejection.rule);
        }
        response = problem(&app.policy, &failure).map(Body::from);
        response.headers_mut().extend(said);
    }
    dress(app, response.headers_mut());
    response
}

/// The answer in place of one that a panic swallowed.
pub(crate) fn crashed(app: &App) -> Response {
    let failure = Failure::unacceptable(
        StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unexpected,
        "the server failed; nothing is known of the request's outcome",
    );
    conclude(app, failure.into_response())
}

/// The whole answer, as bytes of HTTP/1.1, to a request that could not be parsed.
pub(crate) fn unparsable(app: &App, status: StatusCode) -> Vec<u8> {
    let (code, detail) = match status {
        StatusCode::URI_TOO_LONG => (Code::RequestTooLarge, "the target is too long"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => (
            Code::RequestTooLarge,
            "the head is too long, or has too many fields",
        ),
        _ => (Code::RequestMalformed, "the request is not HTTP"),
    };
    let failure = Failure::unacceptable(status, code, detail);
    let mut response = problem(&app.policy, &failure);
    let length = response.body().len();
    dress(app, response.headers_mut());
    put(response.headers_mut(), CONTENT_LENGTH.as_str(), length);
    put(response.headers_mut(), CONNECTION.as_str(), "close");
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_u16()).into_bytes();
    for (name, value) in response.headers() {
        let line = [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"];
        bytes.extend(line.concat());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend(response.into_body());
    bytes
}

/// The headers that every answer carries (`wire.md` §1.1). `Date` is the injected clock's.
fn dress(app: &App, headers: &mut HeaderMap) {
    put(headers, header::PROTOCOL_MIN, app.policy.min_protocol);
    put(headers, header::PROTOCOL_MAX, app.policy.max_protocol);
    put(headers, header::MIN_CLIENT_BUILD, NO_MIN_BUILD);
    if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&app.now()) {
        put(headers, DATE.as_str(), date);
    }
}

/// Sets a header whose value is known to be plain ASCII.
pub(super) fn put(headers: &mut HeaderMap, name: &'static str, value: impl Display) {
    if let Ok(value) = HeaderValue::try_from(value.to_string()) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// What a failure is on the wire.
struct Outline<'a> {
    status: StatusCode,
    code: Code,
    detail: &'a str,
    extension: ProblemExtension,
}

/// The one mapping from a failure to its answer (`wire.md` §1.2).
fn problem(policy: &Policy, failure: &Failure) -> Response<Vec<u8>> {
    let outline = outline(policy, failure);
    let body = Problem {
        kind: "about:blank".to_owned(),
        title: outline
            .status
            .canonical_reason()
            .unwrap_or("Error")
            .to_owned(),
        status: outline.status.as_u16(),
        detail: Some(outline.detail.to_owned()),
        instance: None,
        code: outline.code.to_string(),
        extension: outline.extension,
    };
    let offset = body.extension.offset;
    let mut response = match serde_json::to_vec(&body) {
        Ok(json) => Response::new(json),
        Err(error) => {
            tracing::error!(%error, "a problem body does not encode");
            Response::new(Vec::new())
        }
    };
    *response.status_mut() = outline.status;
    let headers = response.headers_mut();
    put(headers, CONTENT_TYPE.as_str(), problem::MEDIA_TYPE);
    if outline.status == StatusCode::UNAUTHORIZED {
        put(headers, WWW_AUTHENTICATE.as_str(), "Bearer");
    }
    if let Some(offset) = offset {
        put(headers, header::OFFSET, offset);
    }
    response
}

fn outline<'a>(policy: &Policy, failure: &'a Failure) -> Outline<'a> {
    match failure {
        Failure::Rejected(rejection) => {
            let (rule, code) = (rejection.rule, rejection.code());
            tracing::info!(%code, %rule, "rejected");
            Outline {
                status: StatusCode::from_u16(rejection.status()).unwrap_or(StatusCode::BAD_REQUEST),
                code,
                detail: &rejection.detail,
                extension: extension(policy, rule, rejection.extension.as_ref()),
            }
        }
        Failure::Unacceptable {
            status,
            code,
            detail,
        } => {
            tracing::info!(%code, status = status.as_u16(), "refused");
            Outline {
                status: *status,
                code: *code,
                detail,
                extension: ProblemExtension::default(),
            }
        }
        Failure::Fault(fault) => {
            tracing::error!(%fault, "a request failed");
            Outline {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                code: fault_code(fault),
                detail: "the server failed; the request may be tried again",
                extension: ProblemExtension::default(),
            }
        }
    }
}

fn fault_code(fault: &Fault) -> Code {
    match fault {
        Fault::Integrity(_) | Fault::Store(StoreError::Corrupt { .. }) => {
            Code::UploadStorageInconsistent
        }
        Fault::Store(_) | Fault::Disk { .. } | Fault::Halted => Code::Unexpected,
    }
}

fn extension(policy: &Policy, rule: Rule, extra: Option<&Extension>) -> ProblemExtension {
    let mut members = ProblemExtension::default();
    if rule == Rule::ProtocolInWindow {
        members.protocol_min = Some(policy.min_protocol);
        members.protocol_max = Some(policy.max_protocol);
    }
    match extra {
        Some(Extension::Offset(offset)) => members.offset = Some(*offset),
        Some(Extension::ExistingAsset(asset)) => members.existing_asset = Some(*asset),
        Some(Extension::ChainHead(head)) => members.chain_head = Some(*head),
        Some(Extension::Versions { submitted, stored }) => {
            members.submitted = Some(*submitted);
            members.stored = Some(*stored);
        }
        Some(Extension::Limit(limit)) => members.limit = Some(*limit),
        Some(Extension::Intent(intent)) => members.intent_id = Some(*intent),
        None => {}
    }
    members
}
