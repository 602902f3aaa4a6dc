//! Probing: the client asks for bytes that only another account holds, and for bytes that nobody holds.
//! Whatever tells the two answers apart discloses what another account has.

use super::difference::describe;
use super::lab::{Lab, Struck};
use super::snapshot::used;
use super::upload::{Upload, request_of, session_id};
use crate::evidence::is_kept;
use crate::{Answer, Stop};
use gauntlet_simulator::{Draft, Step};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::{AssetId, Hash, UploadId};
use gauntlet_wire::json::StorageVerdicts;
use gauntlet_wire::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// An asset that nobody has: a version-7 id, drawn once.
const NOBODYS: AssetId = AssetId::new(Uuid::from_u128(0x018f_2b1c_6e6f_726f_8465_6173_7365_7421));

/// Bytes that are asked for by their hash.
struct Asked {
    asset: AssetId,
    hash: Hash,
    size: u64,
}

/// What a target says about them.
struct Told {
    read: Answer,
    verified: Answer,
    opened: Answer,
    /// By how many bytes the opening raised `used`.
    rise: i128,
}

impl Lab {
    /// Asks for bytes that nobody holds and for bytes that only the bystander holds, in the same way.
    pub(super) async fn probe(&mut self, upload: &Upload, from: Step) -> Result<(), Stop> {
        let anothers = self.others.first().and_then(|write| {
            let original = write.blob(BlobRole::Original)?;
            Some(Asked {
                asset: write.asset,
                hash: Hash::of(&original.bytes),
                size: original.size,
            })
        });
        let anothers =
            anothers.ok_or_else(|| Stop::Invalid("nobody else holds anything".to_owned()))?;
        let nobodys = Asked {
            asset: NOBODYS,
            hash: Hash::of(b"bytes that nobody holds"),
            size: anothers.size,
        };
        let as_data = serde_json::to_value(&self.attack.deviation.kind)
            .map_err(|error| Stop::Error(error.to_string()))?;
        let honest = describe(&upload.request(from)?);
        let differences = vec![
            format!("the same for {}", anothers.hash),
            format!("GET /blob/{} and storage verify of it", anothers.hash),
        ];
        let sent = format!("{}\n{honest}", differences.join("\n"));
        self.recorder
            .deviation(as_data, &honest, &sent, &differences);
        self.differences = differences;
        let watched = self.watched();
        let before = self.snapshots(&watched).await?;
        let of_nobody = self.ask(upload, from, &nobodys).await?;
        let of_another = self.ask(upload, from, &anothers).await?;
        let mut departures = disclosures((&nobodys, &of_nobody), (&anothers, &of_another));
        departures.extend(known(&of_another.verified));
        self.struck = Some(Struck {
            answer: Some(of_another.read),
            departures,
            ..Struck::at(from, upload.draft.clone(), watched, before)
        });
        Ok(())
    }

    /// Reads, verifies, opens a session and ends it.
    async fn ask(&self, upload: &Upload, from: Step, asked: &Asked) -> Result<Told, Stop> {
        let phone = &self.cast.phone;
        let unfit = || Stop::Invalid("the script opens no session here".to_owned());
        let hash = asked.hash.to_string();
        let read = phone.eye.blob(&asked.hash).await?;
        let verify = phone.client.verify_storage(asked.asset, &[&hash]);
        let verified = phone.line().send(&verify).await?;
        let declaring = upload
            .draft
            .write()
            .zip(from.blob())
            .and_then(|(write, blob)| write.declaring(blob, &asked.hash, asked.size))
            .ok_or_else(unfit)?;
        let before = used(&phone.eye).await?;
        let open = request_of(&Draft::Write(Box::new(declaring)), upload, from)?;
        let opened = phone.line().send(&open).await?;
        let rise = used(&phone.eye).await? - before;
        if let Some(session) = session_id(&opened).filter(|_| opened.is_success()) {
            let cancel = phone.client.cancel_session(session);
            phone.line().send(&cancel).await?;
        }
        Ok(Told {
            read,
            verified,
            opened,
            rise,
        })
    }
}

/// Everything that tells bytes of another account from bytes of nobody.
fn disclosures(nobodys: (&Asked, &Told), anothers: (&Asked, &Told)) -> Vec<String> {
    let pairs = [
        ("GET of its blob", &anothers.1.read, &nobodys.1.read),
        ("storage verify", &anothers.1.verified, &nobodys.1.verified),
        (
            "the opening of a session",
            &anothers.1.opened,
            &nobodys.1.opened,
        ),
    ];
    let mut found: Vec<String> = pairs
        .into_iter()
        .filter_map(|(what, theirs, none)| {
            let (theirs_shape, none_shape) = (shape(theirs, anothers.0), shape(none, nobodys.0));
            (theirs_shape != none_shape).then(|| {
                format!(
                    "{what} is answered {} for bytes that only another account holds, and {} for bytes that \
                     nobody holds: {}",
                    theirs.summary(),
                    none.summary(),
                    theirs_shape.difference(&none_shape)
                )
            })
        })
        .collect();
    let (theirs, none) = (anothers.1.rise, nobodys.1.rise);
    if theirs != none {
        found.push(format!(
            "the opening of a session raises used by {theirs} for bytes that only another account holds, \
             and by {none} for bytes that nobody holds"
        ));
    }
    found
}

/// In what way storage verify knows the bytes.
fn known(verified: &Answer) -> Option<String> {
    let verdicts: Option<StorageVerdicts> = verified.json().ok();
    let Some(verdicts) = verdicts else {
        return Some(format!(
            "storage verify answered {} and no verdict",
            verified.summary()
        ));
    };
    let blob = verdicts.assets.first()?.blobs.first()?;
    let unknown = blob.role == "unknown" && !blob.stored && !blob.indexed && !blob.retrievable;
    (!unknown).then(|| {
        format!(
            "storage verify says of bytes that only another account holds: role {}, stored = {}, indexed = \
             {}, retrievable = {}",
            blob.role, blob.stored, blob.indexed, blob.retrievable
        )
    })
}

/// What of an answer may be compared: not the ids and times in it, but everything else.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    status: u16,
    headers: BTreeSet<(String, String)>,
    body: Value,
}

impl Shape {
    /// The first part in which two shapes differ.
    fn difference(&self, other: &Self) -> String {
        if self.status != other.status {
            return "another status".to_owned();
        }
        match self.headers.symmetric_difference(&other.headers).next() {
            Some((name, _)) => format!("another header {name}"),
            None => format!("the body is {} and {}", self.body, other.body),
        }
    }
}

fn shape(answer: &Answer, asked: &Asked) -> Shape {
    let own = [
        Some((asked.hash.to_string(), "<hash>")),
        Some((asked.asset.to_string(), "<asset>")),
        session_id(answer).map(|id: UploadId| (id.to_string(), "<session>")),
    ];
    let masked = |text: &str| {
        own.iter()
            .flatten()
            .fold(text.to_owned(), |text, (value, name)| {
                text.replace(value.as_str(), name)
            })
    };
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| name != "date")
        .map(|(name, value)| {
            let compared = is_kept(name).then(|| masked(value));
            (name.clone(), compared.unwrap_or_default())
        })
        .collect();
    let body = match answer.json::<Value>() {
        Ok(json) => kinds(json, &masked),
        Err(_) => Value::from(masked(&String::from_utf8_lossy(&answer.body))),
    };
    Shape {
        status: answer.status,
        headers,
        body,
    }
}

/// The JSON with every id and every time in it by its kind.
fn kinds(json: Value, masked: &impl Fn(&str) -> String) -> Value {
    match json {
        Value::String(text) if text.parse::<Timestamp>().is_ok() => Value::from("<time>"),
        Value::String(text) => Value::from(masked(&text)),
        Value::Array(items) => items.into_iter().map(|item| kinds(item, masked)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (name, kinds(value, masked)))
            .collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str) -> Asked {
        Asked {
            asset: NOBODYS,
            hash: Hash::of(name.as_bytes()),
            size: 7,
        }
    }

    fn answer(status: u16, session: &str, body: &str) -> Answer {
        Answer {
            status,
            headers: vec![
                ("location".to_owned(), format!("/v1/upload/{session}")),
                ("date".to_owned(), session.to_owned()),
                ("x-request-id".to_owned(), session.to_owned()),
            ],
            body: body.as_bytes().to_vec(),
        }
    }

    fn told(status: u16, session: &str, hash: &Hash) -> Told {
        let body =
            format!(r#"{{"id":"{session}","of":"{hash}","at":"2026-11-15T12:00:00Z","n":4}}"#);
        let answer = || answer(status, session, &body);
        Told {
            read: answer(),
            verified: answer(),
            opened: answer(),
            rise: 7,
        }
    }

    const SESSIONS: [&str; 2] = [
        "018f2b1c-0000-7000-8000-000000000001",
        "018f2b1c-0000-7000-8000-000000000002",
    ];

    type Change = fn(&mut Told);

    fn judged(change: impl FnOnce(&mut Told)) -> Vec<String> {
        let (nobodys, anothers) = (asked("nobody's"), asked("another's"));
        let of_nobody = told(404, SESSIONS[0], &nobodys.hash);
        let mut of_another = told(404, SESSIONS[1], &anothers.hash);
        change(&mut of_another);
        disclosures((&nobodys, &of_nobody), (&anothers, &of_another))
    }

    #[test]
    fn ids_and_times_tell_nothing_apart_and_everything_else_does() {
        assert_eq!(judged(|_| ()), [""; 0]);
        let later = |told: &mut Told| {
            let body = String::from_utf8(told.opened.body.clone()).unwrap();
            told.opened.body = body.replace("12:00", "13:30").into_bytes();
        };
        assert_eq!(judged(later), [""; 0]);
        let changes: [(Change, &str); 5] = [
            (|told| told.read.status = 410, "GET of its blob"),
            (|told| told.verified.body = b"{}".to_vec(), "storage verify"),
            (
                |told| {
                    told.opened
                        .headers
                        .push(("x-more".to_owned(), String::new()))
                },
                "x-more",
            ),
            (
                |told| told.opened.headers[0].1 = "/elsewhere".to_owned(),
                "location",
            ),
            (|told| told.rise = 0, "raises used by 0"),
        ];
        for (change, named) in changes {
            let found = judged(change);
            assert!(
                found.len() == 1 && found[0].contains(named),
                "{named}: {found:?}"
            );
        }
    }

    #[test]
    fn bytes_that_are_known_in_any_respect_are_told_of() {
        let verdict = |role: &str, stored: bool| {
            let body = serde_json::json!({ "assets": [{
                "asset_id": NOBODYS, "durable": false, "checked_at": "2026-11-15T12:00:00Z",
                "blobs": [{ "hash": "", "stored": stored, "indexed": false, "retrievable": false,
                    "role": role }],
            }]});
            known(&answer(200, "", &body.to_string()))
        };
        assert_eq!(verdict("unknown", false), None);
        assert!(verdict("unknown", true).unwrap().contains("stored = true"));
        assert!(
            verdict("original", false)
                .unwrap()
                .contains("role original")
        );
        assert!(known(&answer(500, "", "")).unwrap().contains("500"));
    }
}
