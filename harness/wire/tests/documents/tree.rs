//! Values edited at a place that is named as errors name it: `core.devices[1].added_at`.

use gauntlet_wire::cbor::{Canonical, Document, DocumentError, Map, SchemaError, Value};
use std::fmt::Debug;

/// `value` with the item at `path` replaced by what `edit` makes of it.
pub(crate) fn edited(value: &Value, path: &str, edit: &dyn Fn(Value) -> Value) -> Value {
    let path = path.replace('[', ".").replace(']', "");
    let steps: Vec<&str> = path.split('.').filter(|step| !step.is_empty()).collect();
    edited_at(value, &steps, edit)
}

fn edited_at(value: &Value, steps: &[&str], edit: &dyn Fn(Value) -> Value) -> Value {
    let Some((step, rest)) = steps.split_first() else {
        return edit(value.clone());
    };
    let mut value = value.clone();
    match &mut value {
        Value::Map(map) => {
            let inner = map
                .get_text(step)
                .unwrap_or_else(|| panic!("no key {step}"));
            let inner = edited_at(inner, rest, edit);
            map.insert((*step).into(), inner);
        }
        Value::Array(items) => {
            let item = &mut items[step.parse::<usize>().unwrap()];
            *item = edited_at(item, rest, edit);
        }
        other => panic!("{step} of {other:?}"),
    }
    value
}

/// `value` with `new` at `path`.
pub(crate) fn with(value: &Value, path: &str, new: impl Into<Value>) -> Value {
    let new = new.into();
    edited(value, path, &|_| new.clone())
}

/// `value` with the map at `path` edited.
pub(crate) fn with_map(value: &Value, path: &str, edit: &dyn Fn(&mut Map)) -> Value {
    edited(value, path, &|item| {
        let Value::Map(mut map) = item else {
            panic!("{path} is no map");
        };
        edit(&mut map);
        Value::Map(map)
    })
}

/// Every map with its place, the root included.
pub(crate) fn maps(value: &Value) -> Vec<(String, Map)> {
    let mut found = Vec::new();
    visit(value, "", &mut |path, item| {
        if let Value::Map(map) = item {
            found.push((path.to_owned(), map.clone()));
        }
    });
    found
}

/// Every field that holds neither a map nor an array of maps, with its place.
pub(crate) fn leaves(value: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    visit(value, "", &mut |path, item| match item {
        Value::Map(_) => {}
        Value::Array(items) if items.iter().any(|item| matches!(item, Value::Map(_))) => {}
        leaf => found.push((path.to_owned(), leaf.clone())),
    });
    found
}

fn visit(value: &Value, path: &str, see: &mut dyn FnMut(&str, &Value)) {
    see(path, value);
    match value {
        Value::Map(map) => {
            // Keys of other kinds are the sidecar's schema number and its add ids, which have no name.
            for (key, item) in map.iter() {
                if let Value::Text(key) = key {
                    visit(item, &join(path, key), see);
                }
            }
        }
        Value::Array(items) => {
            let inner = items.iter().enumerate();
            for (index, item) in inner.filter(|(_, item)| matches!(item, Value::Map(_))) {
                visit(item, &format!("{path}[{index}]"), see);
            }
        }
        _ => {}
    }
}

/// The place of `key` in the map at `path`.
pub(crate) fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}

/// The refusal of a value, which is the same whether it comes as a tree or as bytes.
#[track_caller]
pub(crate) fn refused<T: Document + Debug>(value: &Value) -> SchemaError {
    let error = T::from_value(value).expect_err("the schema was expected to refuse");
    match Canonical::<T>::decode(&value.encode()) {
        Err(DocumentError::Schema(same)) if same == error => error,
        other => panic!("as bytes {other:?}, as a value {error}"),
    }
}

/// The document, accepted as a tree and as bytes.
#[track_caller]
pub(crate) fn accepted<T: Document + Debug + PartialEq>(value: &Value) -> T {
    let document = T::from_value(value).unwrap();
    assert_eq!(document.to_value(), *value);
    let read = Canonical::<T>::decode(&value.encode()).unwrap();
    assert_eq!(read.into_value(), document);
    document
}
