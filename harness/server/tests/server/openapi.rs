//! The OpenAPI document is what the server does: every answer of every test is held against it.

use crate::op::in_a_month;
use crate::world::{Answer, World};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::version::ProtocolVersion;
use jsonschema::Validator;
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

const B: ProtocolVersion = ProtocolVersion::B;

static DOCUMENT: LazyLock<Value> = LazyLock::new(gauntlet_server::openapi);

/// One schema a place of the document, ready to be asked.
static SCHEMAS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let names = DOCUMENT["components"]["schemas"].as_object().unwrap();
    let named = names.keys().map(|name| {
        let target = format!("#/components/schemas/{name}");
        (name.clone(), compiled(&json!({ "$ref": target })))
    });
    named.collect()
});

fn compiled(schema: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = DOCUMENT["components"].clone();
    jsonschema::validator_for(&schema).unwrap()
}

/// The operations of the path that a request names.
fn operations(path: &str) -> Option<&'static Map<String, Value>> {
    let asked: Vec<_> = path.split('/').collect();
    let fits = |template: &str| {
        let template: Vec<_> = template.split('/').collect();
        template.len() == asked.len()
            && template
                .iter()
                .zip(&asked)
                .all(|(part, asked)| part == asked || part.starts_with('{') && !asked.is_empty())
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    // A path without variables goes before one with them.
    let exact = paths.get(path);
    let found = exact.or_else(|| {
        let mut fitting = paths.iter().filter(|(template, _)| fits(template));
        fitting.next().map(|(_, operations)| operations)
    });
    found.map(|operations| operations.as_object().unwrap())
}

/// The answer is one that the document describes for such a request.
pub(crate) fn assert_described(method: &Method, path: &str, answer: &Answer) {
    let status = answer.status.as_u16();
    let Some(operations) = operations(path) else {
        return answer_is(answer, 404, "error.request.not_found");
    };
    let name = method.as_str().to_ascii_lowercase();
    // A resource that can be got can be asked for its head.
    let got = operations.get("get").filter(|_| name == "head");
    let Some(operation) = operations.get(&name).or(got) else {
        return answer_is(answer, 405, "error.request.method_not_allowed");
    };
    let described = &operation["responses"][status.to_string()];
    assert!(
        described.is_object(),
        "{name} {path}: {status} is not described: {answer:?}"
    );
    for (header, about) in described["headers"].as_object().unwrap() {
        let optional = about["required"] == json!(false);
        let given = answer.headers.contains_key(header);
        assert!(given || optional, "{name} {path}: {status} lacks {header}");
    }
    if *method != Method::HEAD {
        assert_body(
            &described["content"],
            answer,
            &format!("{name} {path}: {status}"),
        );
    }
}

fn answer_is(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    assert!(
        answer.body.is_empty() || answer.text().contains(code),
        "{answer:?}"
    );
}

fn assert_body(content: &Value, answer: &Answer, what: &str) {
    let Some(content) = content.as_object() else {
        assert!(answer.body.is_empty(), "{what} has a body");
        return;
    };
    let media_type = answer.header("content-type");
    let described = content.get(media_type);
    let schema = &described.unwrap_or_else(|| panic!("{what} is {media_type}"))["schema"];
    if !media_type.ends_with("json") {
        return;
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    let name = schema["$ref"]
        .as_str()
        .and_then(|name| name.rsplit('/').next());
    let name = name.unwrap_or("Problem");
    if let Err(error) = SCHEMAS[name].validate(&body) {
        panic!("{what}: {error} at {}", error.instance_path());
    }
    if let Some(codes) = schema["properties"]["code"]["enum"].as_array() {
        assert!(
            codes.contains(&body["code"]),
            "{what}: {} is not described",
            body["code"]
        );
    }
}

#[test]
fn the_checked_in_document_is_the_one_that_the_code_makes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let checked_in: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert!(
        checked_in == *DOCUMENT,
        "docs/openapi.json is old: cargo run -p gauntlet-server --example openapi > docs/openapi.json"
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_name_is_one_operations() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    found.push(target.clone());
                }
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    references(&DOCUMENT, &mut found);
    for target in &found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(DOCUMENT.pointer(pointer).is_some(), "{target}");
    }
    for name in DOCUMENT["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        let target = format!("#/components/schemas/{name}");
        assert!(found.contains(&target), "{name} is used by nothing");
    }
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let operations = paths
        .values()
        .flat_map(|path| path.as_object().unwrap().values());
    let mut names: Vec<_> = operations
        .map(|one| one["operationId"].as_str().unwrap())
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), count), (24, 24));
}

#[tokio::test]
async fn the_document_is_served() {
    let world = World::new().await;
    let served = world.call(Method::GET, "/v1/openapi.json").send().await;
    assert_eq!(served.json::<Value>(StatusCode::OK), *DOCUMENT);
}

#[tokio::test]
async fn honest_bodies_are_of_their_schemas_and_forged_members_are_not() {
    let world = World::new().await;
    let ada = world.person("ada", B).await;
    let photo = ada.photo("beach", 5000);
    let update = ada.update(&photo.head(), b"metadata".to_vec());
    let bodies = [
        ("CreateSession", json!(photo.create(BlobRole::Original))),
        ("LifecycleOp", json!(update.body())),
        (
            "LifecycleOp",
            json!(ada.delete(&photo.head(), in_a_month()).body()),
        ),
        ("CreateAlbum", json!({ "album_id": ada.album })),
    ];
    for (name, mut body) in bodies {
        assert!(SCHEMAS[name].is_valid(&body), "{name}");
        body["sync_seq"] = json!(1);
        assert!(!SCHEMAS[name].is_valid(&body), "{name}");
    }
}

/// What the document says of a parameter is what the gate asks for.
#[tokio::test]
async fn what_the_document_allows_in_a_handshake_passes_the_gate() {
    let world = World::new().await;
    let ada = world
        .person("ada", gauntlet_wire::version::ProtocolVersion::B)
        .await;
    let schema = |path: &str, method: &str, name: &str| -> Validator {
        let parameters = DOCUMENT["paths"][path][method]["parameters"]
            .as_array()
            .unwrap();
        let one = parameters.iter().find(|one| one["name"] == name).unwrap();
        jsonschema::validator_for(&one["schema"]).unwrap()
    };
    let read = schema("/v1/quota", "get", "x-capsule-protocol");
    let write = schema("/v1/albums", "post", "x-capsule-protocol");
    for (version, reads, writes) in [
        ("2026-11-01", true, true),
        ("2026-05-31", true, true),
        ("2020-02-28", true, false),
        ("2027-01-01", false, false),
        ("2020-13-01", false, false),
        ("", false, false),
    ] {
        let version = Value::from(version);
        assert_eq!(
            (read.is_valid(&version), write.is_valid(&version)),
            (reads, writes)
        );
        let text = version.as_str().unwrap();
        let call = world
            .read(&ada, "/v1/quota")
            .with("x-capsule-protocol", text);
        let served = call.send().await.status == StatusCode::OK;
        assert_eq!(served, reads, "{version}");
    }
}
