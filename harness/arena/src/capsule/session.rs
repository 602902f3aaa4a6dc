//! What becomes of the session under attack: asked of the session itself, not of its listing alone.

use super::containment::is_refusal;
use super::lab::{Lab, Struck};
use super::testify::{Object, Whose};
use super::upload::Upload;
use crate::{Answer, SessionEffect, Source, Stop, Strictness, Verdict};
use gauntlet_simulator::Step;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::header;
use gauntlet_wire::id::UploadId;
use gauntlet_wire::json::{SessionList, SessionSummary, StorageVerdicts};
use gauntlet_wire::rule::Rule;

/// `wire.md` §1.3, query of a session.
const QUERY: &str = "HEAD of a session answers with its offset, its declared total and its state.";
/// `wire.md` §3, the PATCH table.
const TERMINAL: &str = "A chunk for a finalizing or terminal session: 409 session_not_active.";
/// `wire.md` §1.3, reading a blob.
const NOT_SERVED: &str = "GET /blob/{hash} answers 404 for bytes of which no upload was finalized.";
/// `wire.md` §9, rows 11 and 30.
const NOT_STORED: &str = "After a failed upload, storage verify says of its hash: stored = false.";

impl Lab {
    /// The session says of itself what the listing says of it and, where it has to have failed, takes no
    /// further chunk and leaves nothing stored.
    pub(super) async fn judge_session(
        &mut self,
        upload: &Upload,
        struck: &Struck,
    ) -> Result<(), Stop> {
        let Some(id) = upload.session(struck.from) else {
            return Ok(());
        };
        let answer = self.query(id).await?;
        if let Some(listed) = self.listed(id).await?
            && let Some(disagreement) = disagreement(&answer, &listed)
        {
            self.find_against(QUERY, Source::N, Verdict::Nonconforming, &disagreement);
            self.told.harm(Whose::Author, Object::Session(id));
        }
        if self.attack.expectation.session == SessionEffect::Fails {
            self.judge_terminal(upload, struck).await?;
            self.judge_not_stored(upload, struck).await?;
        }
        Ok(())
    }

    pub(super) async fn query(&self, id: UploadId) -> Result<Answer, Stop> {
        let query = self.cast.phone.client.query_session(id);
        self.cast.phone.line().send(&query).await
    }

    async fn listed(&self, id: UploadId) -> Result<Option<SessionSummary>, Stop> {
        let answer = self.cast.phone.eye.read("/upload/sessions").await?;
        let list: Option<SessionList> = answer.json().ok();
        let sessions = list.into_iter().flat_map(|list| list.sessions);
        Ok(sessions.into_iter().find(|session| session.id == id))
    }

    async fn judge_terminal(&mut self, upload: &Upload, struck: &Struck) -> Result<(), Stop> {
        let chunk = match struck.from {
            Step::Open { blob } => Step::Append { blob, chunk: 0 },
            other => other,
        };
        let answer = self.cast.phone.line().send(&upload.request(chunk)?).await?;
        let Some(verdict) = taken_up(&answer, self.strictness) else {
            return Ok(());
        };
        let observed = format!("the honest chunk, sent to it again: {}", answer.summary());
        self.find_against(TERMINAL, Source::N, verdict, &observed);
        Ok(())
    }

    async fn judge_not_stored(&mut self, upload: &Upload, struck: &Struck) -> Result<(), Stop> {
        let Some(write) = upload.draft.write() else {
            return Ok(());
        };
        let phone = &self.cast.phone;
        let (asset, hash) = (write.asset, struck.declared.as_str());
        let asked = phone.client.verify_storage(asset, &[hash]);
        let verified = phone.line().send(&asked).await?;
        let fetched = phone.eye.read(&format!("/blob/{hash}")).await?;
        let found = stored(hash, &verified, &fetched);
        if let Some((clause, verdict, observed)) = found {
            self.find_against(clause, Source::N, verdict, &observed);
        }
        Ok(())
    }
}

/// What it comes to that a failed session was sent a further chunk; nothing where it was refused as
/// the contract says, as closely as `strictness` asks.
fn taken_up(answer: &Answer, strictness: Strictness) -> Option<Verdict> {
    let by_the_rule =
        strictness == Strictness::Outcome || is_refusal_by(answer, Rule::SessionActive, strictness);
    if answer.is_success() {
        Some(Verdict::TransientDamage)
    } else if is_refusal(answer.status) && by_the_rule {
        None
    } else {
        Some(Verdict::Nonconforming)
    }
}

fn is_refusal_by(answer: &Answer, rule: Rule, strictness: Strictness) -> bool {
    let by_code = answer.code().as_deref() == Some(rule.code().as_str());
    answer.status == rule.status() && (by_code || strictness < Strictness::Code)
}

/// In what way a failed upload left something behind, by the target's word and by a download, and which
/// clause that breaks. A target that fails to answer does not say that nothing is there.
fn stored(
    hash: &str,
    verified: &Answer,
    fetched: &Answer,
) -> Option<(&'static str, Verdict, String)> {
    let verdicts: Option<StorageVerdicts> = verified.json().ok();
    let verdict = verdicts.as_ref().and_then(|given| given.assets.first());
    let durable = verdict.is_some_and(|verdict| verdict.durable);
    let blob = verdict.and_then(|verdict| verdict.blobs.first());
    let damage = |clause, observed: String| Some((clause, Verdict::TransientDamage, observed));
    let unclear = |clause, observed: String| Some((clause, Verdict::Nonconforming, observed));
    let given = fetched.summary();
    match blob {
        _ if fetched.is_success() => damage(NOT_SERVED, format!("GET /blob/{hash}: {given}")),
        Some(blob) if durable || blob.stored || blob.indexed || blob.retrievable => damage(
            NOT_STORED,
            format!(
                "storage verify says of {hash}: durable = {durable}, stored = {}, indexed = {}, retrievable = {}",
                blob.stored, blob.indexed, blob.retrievable
            ),
        ),
        _ if !is_refusal(fetched.status) => unclear(
            NOT_SERVED,
            format!("GET /blob/{hash}: {given}, which does not say that it is not there"),
        ),
        Some(_) if verified.is_success() => None,
        _ => unclear(
            NOT_STORED,
            format!(
                "storage verify answered {} and no verdict",
                verified.summary()
            ),
        ),
    }
}

/// In what a session's own answer differs from its listing.
fn disagreement(answer: &Answer, listed: &SessionSummary) -> Option<String> {
    if answer.status != 200 {
        return Some(format!("HEAD of a listed session: {}", answer.summary()));
    }
    let stated = |name: &str| answer.header(name).unwrap_or("nothing").to_owned();
    [
        (header::OFFSET, listed.received_bytes.to_string()),
        (header::CONTENT_LENGTH, listed.total_size.to_string()),
        (header::UPLOAD_STATUS, listed.status.to_string()),
    ]
    .into_iter()
    .find(|(name, listed)| stated(name) != *listed)
    .map(|(name, listed)| format!("{name} is {}, and the listing says {listed}", stated(name)))
}

/// The state that a session is in, by its own word.
pub(super) fn state(answer: &Answer) -> Option<UploadStatus> {
    answer.header(header::UPLOAD_STATUS)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed() -> SessionSummary {
        serde_json::from_value(serde_json::json!({
            "id": "018f2b1c-0000-7000-8000-000000000001",
            "asset_id": "018f2b1c-0000-7000-8000-000000000002",
            "blob_role": "original", "status": UploadStatus::Uploading,
            "received_bytes": 4096, "total_size": 8192,
            "created_at": "2026-11-15T12:00:00Z", "last_progress_at": "2026-11-15T12:00:00Z",
        }))
        .unwrap()
    }

    fn said(status: u16, offset: &str, total: &str, state: &str) -> Answer {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Answer {
            status,
            headers: vec![
                header(header::OFFSET, offset),
                header(header::CONTENT_LENGTH, total),
                header(header::UPLOAD_STATUS, state),
            ],
            body: Vec::new(),
        }
    }

    fn answer(status: u16, body: &serde_json::Value) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
    }

    #[test]
    fn only_a_refusal_keeps_a_failed_session_closed_at_every_strictness() {
        use Strictness::{Code, Outcome, Status};
        let code = serde_json::json!({
            "type": "about:blank", "title": "t", "status": 409,
            "code": Rule::SessionActive.code().as_str(),
        });
        let nothing = serde_json::json!({});
        let (damage, unclear) = (Some(Verdict::TransientDamage), Some(Verdict::Nonconforming));
        for (status, body, by_outcome, by_status, by_code) in [
            (409, &code, None, None, None),
            (409, &nothing, None, None, unclear),
            (404, &nothing, None, unclear, unclear),
            (500, &nothing, unclear, unclear, unclear),
            (401, &nothing, unclear, unclear, unclear),
            (302, &nothing, unclear, unclear, unclear),
            (204, &nothing, damage, damage, damage),
        ] {
            let judged =
                [Outcome, Status, Code].map(|level| taken_up(&answer(status, body), level));
            assert_eq!(judged, [by_outcome, by_status, by_code], "{status}");
        }
    }

    #[test]
    fn what_is_not_there_is_said_to_be_not_there() {
        let verdicts = |stored: bool| {
            let blob = serde_json::json!({
                "hash": "h", "stored": stored, "indexed": false, "retrievable": false, "role": "unknown",
            });
            let asset = serde_json::json!({
                "asset_id": "018f2b1c-0000-7000-8000-000000000002", "durable": false,
                "blobs": [blob], "checked_at": "2026-11-15T12:00:00Z",
            });
            answer(200, &serde_json::json!({ "assets": [asset] }))
        };
        let nothing = serde_json::json!({});
        let (damage, unclear) = (Some(Verdict::TransientDamage), Some(Verdict::Nonconforming));
        for (verified, status, expected, breaks) in [
            (verdicts(false), 404, None, ""),
            (verdicts(false), 500, unclear, NOT_SERVED),
            (verdicts(false), 401, unclear, NOT_SERVED),
            (verdicts(false), 200, damage, NOT_SERVED),
            (verdicts(true), 404, damage, NOT_STORED),
            (verdicts(true), 500, damage, NOT_STORED),
            (answer(500, &nothing), 404, unclear, NOT_STORED),
            (answer(200, &nothing), 404, unclear, NOT_STORED),
        ] {
            let judged = stored("h", &verified, &answer(status, &nothing));
            let clause = judged.as_ref().map_or("", |(clause, ..)| clause);
            assert_eq!(clause, breaks, "{verified:?} {status}");
            let judged = judged.map(|(_, verdict, _)| verdict);
            assert_eq!(judged, expected, "{verified:?} {status}");
        }
    }

    #[test]
    fn a_session_that_contradicts_its_listing_is_named_by_the_header() {
        let state = UploadStatus::Uploading.as_str();
        assert_eq!(
            disagreement(&said(200, "4096", "8192", state), &listed()),
            None
        );
        for (answer, named) in [
            (said(404, "4096", "8192", state), "404"),
            (said(200, "8192", "8192", state), header::OFFSET),
            (said(200, "4096", "4096", state), header::CONTENT_LENGTH),
            (
                said(200, "4096", "8192", "Completed"),
                header::UPLOAD_STATUS,
            ),
        ] {
            let found = disagreement(&answer, &listed()).unwrap();
            assert!(found.contains(named), "{found}");
        }
    }
}
