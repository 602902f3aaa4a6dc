//! From operations to the document (OpenAPI 3.1).

use super::operation::{Answer, Body, Gate, Operation, Parameter, Success};
use super::parameters;
use super::schemas::schemas;
use super::shapes::reference;
use crate::http::operations::operations;
use axum::http::StatusCode;
use gauntlet_wire::code::Code;
use gauntlet_wire::header;
use gauntlet_wire::problem::MEDIA_TYPE;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const DESCRIPTION: &str = "The reference server of the Capsule contract. Every answer carries the \
    protocol window; every error is a problem with a stable `code`. An unknown route is 404 \
    `error.request.not_found`, an unknown method of a known route 405 \
    `error.request.method_not_allowed`, and a request that can't be parsed 400 \
    `error.request.malformed`, or 414 or 431 `error.request.too_large`.";

/// The headers that every answer carries.
const ALWAYS: [(&str, &str); 4] = [
    (header::PROTOCOL_MIN, "The oldest version that may write."),
    (header::PROTOCOL_MAX, "The newest version that may write."),
    (
        header::MIN_CLIENT_BUILD,
        "The oldest client build that is recommended; 0.0.0 when none.",
    ),
    ("date", "The server's clock."),
];

/// The OpenAPI document of this server.
#[must_use]
pub fn openapi() -> Value {
    let mut paths = Map::new();
    for operation in operations() {
        let path = paths
            .entry(operation.path)
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(path) = path {
            path.insert(operation.method.to_owned(), describe(&operation));
        }
    }
    let headers: Map<_, _> = ALWAYS
        .iter()
        .map(|(name, text)| ((*name).to_owned(), response_header(text)))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Gauntlet reference server",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "headers": headers,
            "securitySchemes": { "token": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "An access token: EdDSA JWT, good for 15 minutes.",
            } },
        },
    })
}

fn describe(operation: &Operation) -> Value {
    let mut described = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": parameters_of(operation),
        "responses": responses(operation),
        "security": match operation.gate {
            Gate::Open => json!([]),
            Gate::Read | Gate::Write => json!([{ "token": [] }]),
        },
    });
    if let (Some(body), Value::Object(described)) = (&operation.body, &mut described) {
        described.insert("requestBody".to_owned(), request_body(body));
    }
    described
}

fn parameters_of(operation: &Operation) -> Vec<Value> {
    let segments = operation.path.split('/');
    let variables = segments.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let path = variables.map(|name| parameter(name, "path", "Of the path.", true));
    let handshake = handshake(operation.gate);
    let own = operation.parameters.iter();
    let own = own.map(|it: &Parameter| parameter(it.name, it.place, it.description, it.required));
    path.chain(handshake).chain(own).collect()
}

fn handshake(gate: Gate) -> Vec<Value> {
    let header = |name, text, schema| described(name, "header", text, true, schema);
    let protocol = |schema| header(header::PROTOCOL, "The protocol version spoken.", schema);
    match gate {
        Gate::Open => Vec::new(),
        Gate::Read => vec![protocol(parameters::version_of_a_read())],
        Gate::Write => vec![
            protocol(parameters::version_of_a_write()),
            header(
                header::CRYPTO_SUITE,
                "The suite, a decimal number.",
                parameters::suite(),
            ),
        ],
    }
}

fn parameter(name: &str, place: &str, description: &str, required: bool) -> Value {
    described(name, place, description, required, parameters::schema(name))
}

fn described(name: &str, place: &str, description: &str, required: bool, schema: Value) -> Value {
    json!({
        "name": name, "in": place, "description": description, "required": required,
        "schema": schema,
    })
}

fn request_body(body: &Body) -> Value {
    let (media_type, description, schema) = match body {
        Body::Json(schema) => ("application/json", None, reference(schema)),
        Body::Cbor(text) => ("application/cbor", Some(text), json!({})),
        Body::Octets(text) => ("application/octet-stream", Some(text), json!({})),
    };
    let mut described =
        json!({ "required": true, "content": { media_type: { "schema": schema } } });
    if let (Some(text), Value::Object(described)) = (description, &mut described) {
        described.insert("description".to_owned(), json!(text));
    }
    described
}

fn responses(operation: &Operation) -> Map<String, Value> {
    let successes = operation
        .successes
        .iter()
        .map(|success| (success.status.to_string(), success_of(success)));
    let refusals = operation
        .refusals
        .iter()
        .map(|(status, codes)| (status.to_string(), refusal(*status, codes)));
    successes.chain(refusals).collect()
}

fn success_of(success: &Success) -> Value {
    let (media_type, description, schema) = match &success.answer {
        Answer::Json(schema) => (Some("application/json"), "Done.", reference(schema)),
        Answer::Cbor(text) => (Some("application/cbor"), *text, json!({})),
        Answer::Octets(text) => (Some("application/octet-stream"), *text, json!({})),
        Answer::Empty(text) => (None, *text, json!({})),
    };
    let mut described = json!({
        "description": description,
        "headers": response_headers(success.headers),
    });
    if let (Some(media_type), Value::Object(described)) = (media_type, &mut described) {
        let content = json!({ media_type: { "schema": schema } });
        described.insert("content".to_owned(), content);
    }
    described
}

fn refusal(status: u16, codes: &BTreeSet<Code>) -> Value {
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Refused");
    let mut headers = response_headers(match status {
        401 => &[("www-authenticate", "`Bearer`.")],
        416 => &[("content-range", "The length of the blob.")],
        _ => &[],
    });
    if codes.contains(&Code::UploadOffsetMismatch) {
        let text = "With a mismatch or a conflict: the received count, in bytes.";
        headers.insert(header::OFFSET.to_owned(), optional_header(text));
    }
    let codes: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
    json!({
        "description": reason,
        "headers": headers,
        "content": { MEDIA_TYPE: { "schema": {
            "allOf": [reference("Problem")],
            "properties": { "status": { "const": status }, "code": { "enum": codes } },
        } } },
    })
}

fn response_headers(own: &[(&str, &str)]) -> Map<String, Value> {
    let always = ALWAYS.iter().map(|(name, _)| {
        let target = format!("#/components/headers/{name}");
        ((*name).to_owned(), json!({ "$ref": target }))
    });
    let own = own
        .iter()
        .map(|(name, text)| ((*name).to_owned(), response_header(text)));
    always.chain(own).collect()
}

fn response_header(text: &str) -> Value {
    json!({ "description": text, "required": true, "schema": { "type": "string" } })
}

fn optional_header(text: &str) -> Value {
    json!({ "description": text, "required": false, "schema": { "type": "string" } })
}
