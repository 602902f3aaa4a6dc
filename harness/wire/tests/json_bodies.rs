//! JSON bodies of ops, ledgers, upgrades and problems: requests are strict, answers tolerant
//! (`wire.md` §1.2–§1.4, `formats.md` §11).

#![cfg(test)]

use gauntlet_wire::json::{
    CompleteUpgrade, LedgerStored, LifecycleOp, OpAccepted, UpgradeCompleted, UpgradeStatus,
    from_base64, parse_strict, to_base64,
};
use gauntlet_wire::problem::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

const ALBUM: &str = "018f2b1c-0000-7000-8000-00000000000a";
const ASSET: &str = "018f2b1c-0000-7000-8000-00000000000b";
const INTENT: &str = "018f2b1c-0000-7000-8000-00000000000c";
const HASH: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn envelope() -> Value {
    json!({
        "crypto_suite_id": 1,
        "protocol_version": "2026-11-01",
        "album_id": ALBUM,
        "file_id": ASSET,
        "amk_version": 3,
        "ciphertext_hash": HASH,
        "plaintext_size": 5,
        "chunk_size": 65520,
        "key_mode": "derived",
        "metadata_blob_hash": HASH,
        "created_by_user": ALBUM,
        "created_by_device": ASSET,
        "client_version": "gauntlet/1",
        "timestamp": "2026-11-20T10:00:00Z",
        "action": "metadata-update",
        "prior_provenance_hash": HASH,
    })
}

fn op() -> Value {
    json!({
        "manifest_envelope": envelope(),
        "manifest_cbor": "oA==",
        "metadata_blob": "AAEC",
        "derivative_cbor": "oA==",
    })
}

fn completion() -> Value {
    json!({ "intent_id": INTENT, "frozen_state_hash": HASH, "successor_album_id": ASSET })
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    parse_strict(value.to_string().as_bytes()).ok()
}

#[track_caller]
fn round_trips<T: Serialize + DeserializeOwned>(value: &Value) {
    let body: T = read(value).unwrap();
    assert_eq!(serde_json::to_value(&body).unwrap(), *value);
}

/// Without each member but the optional ones the body is refused; with `null` in place of a required
/// one, with another kind in place of any, and with a member more it is refused too.
fn is_strict<T: Serialize + DeserializeOwned>(value: &Value, optional: &[&str]) {
    round_trips::<T>(value);
    for name in members(value).keys() {
        let mut without = value.clone();
        without.as_object_mut().unwrap().remove(name);
        assert_eq!(
            read::<T>(&without).is_some(),
            optional.contains(&name.as_str()),
            "without {name}"
        );
        let mut odd = value.clone();
        odd[name] = json!([[]]);
        assert!(read::<T>(&odd).is_none(), "an array for {name}");
        odd[name] = Value::Null;
        assert_eq!(
            read::<T>(&odd).is_some(),
            optional.contains(&name.as_str()),
            "null for {name}"
        );
    }
    let mut more = value.clone();
    more["sync_seq"] = json!(1);
    assert!(read::<T>(&more).is_none(), "a member more");
}

#[test]
fn a_lifecycle_op_is_strict_and_its_envelope_too() {
    is_strict::<LifecycleOp>(&op(), &["metadata_blob", "derivative_cbor"]);
    let mut forged = op();
    forged["manifest_envelope"]["received_at"] = json!("2026-11-20T10:00:00Z");
    assert!(read::<LifecycleOp>(&forged).is_none());
}

#[test]
fn a_completion_is_strict_and_its_ids_have_one_spelling() {
    is_strict::<CompleteUpgrade>(&completion(), &[]);
    for (name, bad) in [
        ("intent_id", INTENT.to_uppercase()),
        ("successor_album_id", ASSET.replace('-', "")),
        ("frozen_state_hash", HASH.to_uppercase()),
    ] {
        let mut other = completion();
        other[name] = json!(bad);
        assert!(read::<CompleteUpgrade>(&other).is_none(), "{name}");
    }
}

/// An answer reads back, and a newer server may say more.
#[track_caller]
fn is_tolerant<T: Serialize + DeserializeOwned>(value: &Value) {
    round_trips::<T>(value);
    let mut more = value.clone();
    more["newer"] = json!({ "members": [1] });
    assert_eq!(
        serde_json::to_value(read::<T>(&more).unwrap()).unwrap(),
        *value
    );
}

#[test]
fn answers_read_back_and_may_say_more() {
    is_tolerant::<OpAccepted>(
        &json!({ "asset_id": ASSET, "sync_seq": u64::MAX, "action": "delete", "replayed": true }),
    );
    is_tolerant::<LedgerStored>(&json!({ "album_id": ALBUM, "ceiling": u32::MAX }));
    is_tolerant::<UpgradeCompleted>(
        &json!({ "album_id": ALBUM, "intent_id": INTENT, "successor_album_id": ASSET }),
    );
    is_tolerant::<UpgradeStatus>(&json!({ "album_id": ALBUM, "in_flight": 0 }));
    is_tolerant::<UpgradeStatus>(&json!({
        "album_id": ALBUM,
        "intent_id": INTENT,
        "to_protocol_version": "2026-11-01",
        "expires_at": "2026-11-27T10:00:00Z",
        "in_flight": 3,
    }));
}

#[test]
fn an_action_that_is_none_of_the_seven_is_no_answer() {
    let odd = json!({ "asset_id": ASSET, "sync_seq": 1, "action": "purge", "replayed": false });
    assert!(read::<OpAccepted>(&odd).is_none());
}

#[test]
fn a_problem_names_the_live_intent() {
    let quiescing = json!({
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "error.upload.album_quiescing",
        "intent_id": INTENT,
    });
    round_trips::<Problem>(&quiescing);
    let problem: Problem = read(&quiescing).unwrap();
    assert_eq!(problem.extension.intent_id.unwrap().to_string(), INTENT);
}

#[test]
fn bytes_have_one_spelling_in_base64() {
    for length in 0..70_u8 {
        let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
        assert_eq!(from_base64(&to_base64(&bytes)).unwrap(), bytes);
    }
    assert_eq!(to_base64(&[0xfb, 0xff]), "+/8=");
    // Unpadded, url-safe, over-padded, stray bits, spaces, line ends, data behind the padding.
    for bad in [
        "+/8", "-_8=", "+/8==", "+/9=", " +/8=", "+/8=\n", "oA==oA==", "=",
    ] {
        assert!(from_base64(bad).is_err(), "{bad:?}");
    }
}
