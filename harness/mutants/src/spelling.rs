//! Readers of bodies that take a hash which is not spelled as the contract asks.

use crate::decisions::malformed;
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server::{OpBody, Rejection, read_op};
use gauntlet_wire::json::{CreateSession, LifecycleOp, parse_strict};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// What a manifest commits its metadata to.
const COMMITTED: &str = "/manifest_envelope/metadata_blob_hash";
/// Every place where a body names a blob.
const NAMED: [&str; 3] = ["/hash", "/manifest_envelope/ciphertext_hash", COMMITTED];

/// Changes a body before it is read strictly.
type Reading = fn(&mut Value);

/// The reference's ports with a judge that reads every body so.
pub(crate) fn reading_hashes(ports: Ports, reading: Reading) -> Ports {
    Ports {
        judge: Arc::new(Lenient(reading)),
        ..ports
    }
}

struct Lenient(Reading);

impl Lenient {
    fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, Rejection> {
        let mut json: Value = parse_strict(body).map_err(|error| malformed(&error))?;
        (self.0)(&mut json);
        serde_json::from_value(json).map_err(|error| malformed(&error))
    }
}

impl Judge for Lenient {
    fn parse_create_session(&self, body: &[u8]) -> Result<CreateSession, Rejection> {
        self.read(body)
    }

    fn parse_op(&self, body: &[u8]) -> Result<OpBody, Rejection> {
        read_op(self.read::<LifecycleOp>(body)?)
    }
}

/// Capitals are as good as small letters.
pub(crate) fn in_any_case(body: &mut Value) {
    for place in NAMED {
        if let Some(Value::String(hash)) = body.pointer_mut(place) {
            hash.make_ascii_lowercase();
        }
    }
}

/// The beginning of the hash that the manifest commits to is as good as the whole.
pub(crate) fn by_its_beginning(body: &mut Value) {
    let committed = body.pointer(COMMITTED).and_then(Value::as_str);
    let Some(committed) = committed.map(ToOwned::to_owned) else {
        return;
    };
    for place in NAMED {
        if let Some(Value::String(hash)) = body.pointer_mut(place)
            && committed.starts_with(hash.as_str())
        {
            hash.clone_from(&committed);
        }
    }
}
