//! Readers of opening bodies that take two spellings for one.

use crate::decisions::malformed;
use gauntlet_validator::server::Rejection;
use gauntlet_wire::json::{CreateSession, parse_strict};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

pub(crate) fn first_member_counts(body: &[u8]) -> Result<CreateSession, Rejection> {
    let FirstCounts(members) = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    serde_json::from_value(Value::Object(members)).map_err(|error| malformed(&error))
}

/// The members of an object; of a repeated one the first.
struct FirstCounts(Map<String, Value>);

impl<'de> Deserialize<'de> for FirstCounts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = FirstCounts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FirstCounts, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = map.next_entry()? {
            members.entry::<String>(name).or_insert(value);
        }
        Ok(FirstCounts(members))
    }
}

/// What a library does that reads into a map.
pub(crate) fn last_member_counts(body: &[u8]) -> Result<CreateSession, Rejection> {
    let members: Value = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    serde_json::from_value(members).map_err(|error| malformed(&error))
}

pub(crate) fn through_a_float(body: &[u8]) -> Result<CreateSession, Rejection> {
    // A cast from a float saturates.
    reading_suites(body, |number| Some(number.as_f64()? as u16))
}

pub(crate) fn through_sixteen_bits(body: &[u8]) -> Result<CreateSession, Rejection> {
    reading_suites(body, |number| {
        u16::try_from(number.as_u64()? & u64::from(u16::MAX)).ok()
    })
}

/// Reads a body strictly, but for its suite members, which are whatever `read` makes of them.
fn reading_suites(
    body: &[u8],
    read: impl Fn(&Number) -> Option<u16>,
) -> Result<CreateSession, Rejection> {
    let mut json: Value = parse_strict(body).map_err(|error| malformed(&error))?;
    for member in ["/crypto_suite_id", "/manifest_envelope/crypto_suite_id"] {
        if let Some(stated) = json.pointer_mut(member)
            && let Some(suite) = stated.as_number().and_then(&read)
        {
            *stated = suite.into();
        }
    }
    serde_json::from_value(json).map_err(|error| malformed(&error))
}
