//! What schemas are made of.

use serde_json::{Map, Value, json};

/// Whether a body may have members beyond those of its schema.
#[derive(Clone, Copy)]
enum Members {
    Closed,
    Open,
}

/// A body that clients send.
pub(super) fn sent(required: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    object(Members::Closed, required, optional)
}

/// A body that the server says.
pub(super) fn said(required: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    object(Members::Open, required, optional)
}

fn object(members: Members, required: &[(&str, Value)], optional: &[(&str, Value)]) -> Value {
    let properties: Map<_, _> = required
        .iter()
        .chain(optional)
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let names: Vec<_> = required.iter().map(|(name, _)| *name).collect();
    json!({
        "type": "object", "properties": properties, "required": names,
        "additionalProperties": matches!(members, Members::Open),
    })
}

pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

/// What a client may as well leave out.
pub(super) fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

pub(super) fn list(of: Value) -> Value {
    json!({ "type": "array", "items": of })
}

pub(super) fn one_of<T: Copy>(all: &[T], as_str: fn(T) -> &'static str) -> Value {
    let values: Vec<_> = all.iter().map(|value| as_str(*value)).collect();
    json!({ "type": "string", "enum": values })
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn boolean() -> Value {
    json!({ "type": "boolean" })
}

pub(super) fn unsigned() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX })
}

pub(super) fn number(maximum: u64) -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": maximum })
}

pub(super) fn base64() -> Value {
    json!({ "type": "string", "contentEncoding": "base64" })
}

pub(super) fn uuid() -> Value {
    let pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
    json!({ "type": "string", "format": "uuid", "pattern": pattern })
}

pub(super) fn hash() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

pub(super) fn version() -> Value {
    json!({ "type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" })
}

pub(super) fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}
