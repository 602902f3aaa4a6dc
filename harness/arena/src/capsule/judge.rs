//! Judging: the decisive answer, and everything that changed or did not.

use super::containment::{Attacked, CLOCK_MARGIN, Conformity, conformity, forbidden_changes};
use super::eye::Eye;
use super::lab::{Lab, Struck};
use super::sentinel::Sentinel;
use super::session::state;
use super::testify::Whose;
use super::upload::Upload;
use crate::{Answer, Expect, SessionEffect, Source, Stop, Strictness};
use gauntlet_simulator::{Method, Step};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::AssetId;
use gauntlet_wire::json::OpAccepted;
use gauntlet_wire::rule::Rule;

/// `wire.md` §1.2: a class of refusal has its status, and none is a server's error.
const FAULT: &str = "A message that is in order is not answered by a server error.";

impl Lab {
    /// Judges the decisive answer; returns whether it was an acceptance.
    pub(super) async fn judge_answer(
        &mut self,
        upload: &Upload,
        struck: &Struck,
    ) -> Result<bool, Stop> {
        let Some(answer) = &struck.answer else {
            return Ok(false);
        };
        for departure in &struck.departures {
            self.departs(self.expected(), departure);
        }
        if self.attack.deviation.is_race() {
            return Ok(answer.is_success());
        }
        let offsets = self.offsets_of_a_repeat(upload, struck.from);
        let expectation = self.attack.expectation.clone();
        let said = |observed: &str| match &struck.request {
            Some(request) => format!("{} {} answered {observed}", request.method, request.path),
            None => observed.to_owned(),
        };
        if struck.early {
            let observed = format!(
                "a message before the decisive one, which is as an honest client's, was refused: {}",
                said(&answer.summary())
            );
            self.departs(self.expected(), &observed);
            return Ok(false);
        }
        // The answer to HEAD has no body that could name a code (RFC 9110 §9.3.2).
        let strictness = match upload.request(struck.from)?.method {
            Method::Head => self.strictness.min(Strictness::Status),
            _ => self.strictness,
        };
        match conformity(&expectation, strictness, answer, &offsets) {
            Conformity::Conforms => self.judge_repeat(struck, answer),
            Conformity::Departs { .. } if self.settled_as_failed(upload, struck).await? => {
                self.recorder
                    .note("the last chunk was acknowledged, and the session then failed");
                return Ok(false);
            }
            Conformity::Departs { observed } if self.is_a_fault(answer) => {
                self.departs_from(FAULT, Source::N, &said(&observed));
            }
            Conformity::Departs { observed } => {
                self.departs(self.expected(), &said(&observed));
            }
        }
        self.judge_told(answer);
        Ok(answer.is_success())
    }

    /// A server error in answer to a message that is in order, wherever the expectation comes from.
    fn is_a_fault(&self, answer: &Answer) -> bool {
        answer.status >= 500 && self.attack.expectation.expect == Expect::Accept
    }

    /// An op that was accepted before is answered as it was then, but for `replayed` (`wire.md` §3).
    fn judge_repeat(&mut self, struck: &Struck, answer: &Answer) {
        let Some(first) = struck.repeated.as_ref().filter(|_| answer.is_success()) else {
            return;
        };
        let again = answer.json::<OpAccepted>();
        let same = again.is_ok_and(|again| {
            let about = |told: &OpAccepted| (told.asset_id, told.sync_seq, told.action);
            about(&again) == about(first)
        });
        if !same {
            let expected = format!(
                "{}: asset {}, sync_seq {}, {}",
                self.expected(),
                first.asset_id,
                first.sync_seq,
                first.action
            );
            let observed = format!(
                "{}: {}",
                answer.summary(),
                String::from_utf8_lossy(&answer.body)
            );
            self.departs(expected, &observed);
        }
    }

    /// The contract lets the last chunk be acknowledged and its finalization fail afterwards
    /// (`wire.md` §9, row 30): then the session's own state is the refusal.
    pub(super) async fn settled_as_failed(
        &self,
        upload: &Upload,
        struck: &Struck,
    ) -> Result<bool, Stop> {
        // Not for a crossed size, which has to trip at the crossing chunk.
        let late = [
            Rule::AssetIdOwned,
            Rule::HashMatches,
            Rule::RecordAgrees,
            Rule::RecordWellFormed,
        ];
        let expectation = &self.attack.expectation;
        let may_settle = expectation.session == SessionEffect::Fails
            && expectation.rules().iter().any(|rule| late.contains(rule));
        let acknowledged = struck.answer.as_ref().is_some_and(Answer::is_success);
        let session = upload.session(struck.from);
        let (true, true, Some(id)) = (may_settle, acknowledged, session) else {
            return Ok(false);
        };
        Ok(state(&self.query(id).await?) == Some(UploadStatus::FailedProcessing))
    }

    /// A repeated chunk is answered with the offset of then or of now (`wire.md` §9, row 3).
    pub(super) fn offsets_of_a_repeat(&self, upload: &Upload, from: Step) -> Vec<u64> {
        let received = upload
            .draft
            .write()
            .and_then(|write| write.chunk_at(from.blob()?, from.chunk()?));
        received.into_iter().map(|(offset, _)| offset).collect()
    }

    pub(super) async fn judge_changes(
        &mut self,
        upload: &Upload,
        struck: &Struck,
        accepted: bool,
        sentinels: [Option<Sentinel>; 2],
    ) -> Result<(), Stop> {
        let session = upload.session(struck.from);
        let expectation = self.attack.expectation.clone();
        let after = match self.snapshots(&struck.watched).await {
            Err(Stop::Invalid(unreadable)) => {
                let expected = "feed, sessions and quota stay readable for everyone";
                self.damage(expected, &unreadable, false);
                return Ok(());
            }
            read => read?,
        };
        let mut changes: Vec<(String, Vec<Whose>)> = Vec::new();
        let sides = after.into_iter().zip(&struck.before).zip(sentinels);
        for (((after, before), sentinel), whose) in sides.zip(Whose::BOTH) {
            let after = match sentinel {
                Some(sentinel) => sentinel.taken_from(after),
                None => after,
            };
            let is_author = whose == Whose::Author;
            let own = self.lawful_op(upload, struck, accepted);
            let (before, after) = match own.filter(|_| is_author) {
                Some((asset, bytes)) => (
                    before.clone().without(asset, 0),
                    after.without(asset, bytes),
                ),
                None => (before.clone(), after),
            };
            let session = session.filter(|_| is_author);
            let chunk = struck.from.chunk();
            let attacked = session
                .zip(struck.sent.write())
                .zip(struck.from.blob())
                .map(|((id, write), blob)| Attacked {
                    id,
                    write,
                    blob,
                    end: chunk.and_then(|chunk| write.end_of(blob, chunk)),
                    held_already: self.holds_already(),
                    now: self.now,
                });
            let effective = accepted && self.takes_effect();
            let found = forbidden_changes(&expectation, &before, &after, attacked, effective);
            for change in found {
                let told = changes.iter_mut().find(|(text, _)| *text == change.text);
                match told {
                    Some((_, all)) => all.push(whose),
                    None => changes.push((change.text, vec![whose])),
                }
                self.told.harm(whose, change.object);
            }
        }
        let changes: Vec<String> = changes
            .into_iter()
            .map(|(text, all)| {
                let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                format!("for {}: {text}", all.join(" and "))
            })
            .collect();
        if !changes.is_empty() {
            let surfaced = struck
                .answer
                .as_ref()
                .is_some_and(|answer| !answer.is_success());
            let expected = format!("{}, and nothing else changes", self.expected());
            self.damage(
                &expected,
                &self.recorder.redact(&changes.join("; ")),
                surfaced,
            );
        }
        Ok(())
    }

    /// The asset that an op has changed, and lawfully, with the bytes that it brought. What it changed is
    /// looked at when everyone has to see it.
    pub(super) fn lawful_op(
        &self,
        upload: &Upload,
        struck: &Struck,
        accepted: bool,
    ) -> Option<(AssetId, u64)> {
        let tolerated = self.takes_effect() || self.attack.expectation.expect.lets_pass();
        let lawful = accepted && tolerated;
        let write = upload
            .draft
            .write()
            .filter(|_| lawful && struck.from == Step::Op)?;
        let op = write.op.as_ref()?;
        let length = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
        let brought = op.record.len() + length(&op.metadata) + length(&op.derivative);
        Some((write.asset, brought as u64))
    }

    /// No forged value comes back in anything that the target serves.
    pub(super) fn judge_canaries(&mut self) {
        if let Some(canary) = self.recorder.served_canary() {
            let expected = "the server's own values are served, never the client's";
            self.damage(
                expected,
                &format!("the forged value {canary} was served"),
                false,
            );
        }
        let last = self.cast.phone.eye.last_seq;
        let forged = self.attack.deviation.canaries.iter();
        let forged = forged.filter_map(|canary| canary.parse::<u64>().ok());
        if let Some(number) = forged.filter(|number| last >= *number).min() {
            self.damage(
                "the server counts its own writes, one after the other",
                &format!("sync_seq has come to {last}, past the forged number {number}"),
                false,
            );
        }
    }

    /// What the server dates, it dates by its own clock.
    pub(super) fn judge_clock(&mut self) {
        let dated = |eye: &Eye| -> Vec<(AssetId, jiff::Timestamp)> {
            eye.pins
                .iter()
                .filter(|(_, pin)| pin.entry.sync_seq > self.dated_from)
                .map(|(id, pin)| (*id, pin.entry.changed_at.instant()))
                .collect()
        };
        let (began, now) = (self.began, self.now);
        let off = dated(&self.cast.phone.eye)
            .into_iter()
            .find(|(id, changed_at)| {
                let early = began.duration_since(*changed_at) > CLOCK_MARGIN;
                let late = changed_at.duration_since(now) > CLOCK_MARGIN;
                self.is_ours(id) && (early || late)
            });
        if let Some((asset, changed_at)) = off {
            let expected = format!("changed_at is the server's time, from {began} to {now}");
            self.damage(
                &expected,
                &format!("asset {asset} is dated {changed_at}"),
                false,
            );
        }
    }

    pub(super) fn is_ours(&self, asset: &AssetId) -> bool {
        self.acknowledged
            .iter()
            .flatten()
            .any(|photo| photo.asset == *asset)
    }

    pub(super) fn expected(&self) -> String {
        self.attack.expectation.told()
    }
}
