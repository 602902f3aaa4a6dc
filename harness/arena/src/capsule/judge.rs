//! Judging: the decisive answer, and everything that changed or did not.

use super::containment::{Attacked, CLOCK_MARGIN, Conformity, conformity, forbidden_changes};
use super::eye::Eye;
use super::lab::{Lab, Struck};
use super::session::state;
use super::snapshot::describe_session;
use super::upload::Upload;
use super::witness::Acknowledged;
use crate::{Answer, Expect, SessionEffect, Stop, Verdict};
use gauntlet_simulator::{Photo, Step};
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::AssetId;
use gauntlet_wire::json::SessionList;
use gauntlet_wire::rule::Rule;

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
        let offsets = self.offsets_of_a_repeat(upload, struck.from);
        let expectation = self.attack.expectation.clone();
        if struck.early {
            let observed = format!(
                "a message before the decisive one, which is as an honest client's, was refused: {}",
                answer.summary()
            );
            let expected = self.expected();
            self.find(Verdict::Nonconforming, expected, &observed, None);
            return Ok(false);
        }
        match conformity(&expectation, self.strictness, answer, &offsets) {
            Conformity::Conforms => {}
            Conformity::Departs { .. } if self.settled_as_failed(upload, struck).await? => {
                self.recorder
                    .note("the last chunk was acknowledged, and the session then failed");
                return Ok(false);
            }
            Conformity::Departs { observed } => {
                let expected = self.expected();
                self.find(Verdict::Nonconforming, expected, &observed, None);
            }
        }
        Ok(answer.is_success())
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

    /// Honest writes after the attack by a co-device and by the bystander, seen by every eye; each with
    /// the bytes that it weighs.
    pub(super) async fn sentinel(&mut self) -> Result<[Option<(AssetId, u64)>; 2], Stop> {
        let author = self.cast.laptop.upload(Photo::SMALL, self.now).await;
        let bystander = self.cast.bystander.upload(Photo::SMALL, self.now).await;
        let mut sentinels = [None, None];
        let sides = [author, bystander]
            .into_iter()
            .zip(&mut sentinels)
            .zip(&mut self.acknowledged);
        let mut refused = None;
        for ((written, sentinel), acknowledged) in sides {
            match written {
                Ok(write) => {
                    *sentinel = Some((write.asset, write.weight()));
                    acknowledged.push(Acknowledged::of(&write)?);
                }
                Err(Stop::Invalid(why)) => refused = Some(why),
                Err(other) => return Err(other),
            }
        }
        if let Some(why) = refused {
            self.damage("an honest write after the attack is accepted", &why, true);
        } else if let Some(unseen) = self.unseen().await? {
            self.hidden(&format!("of a write after the attack: {unseen}"));
        }
        Ok(sentinels)
    }

    pub(super) async fn judge_changes(
        &mut self,
        upload: &Upload,
        struck: &Struck,
        accepted: bool,
        sentinels: [Option<(AssetId, u64)>; 2],
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
        let mut changes = Vec::new();
        let sides = after.into_iter().zip(&struck.before).zip(sentinels);
        for (((after, before), sentinel), whose) in sides.zip(["the author", "the bystander"]) {
            let after = match sentinel {
                Some((asset, bytes)) => after.without(asset, bytes),
                None => after,
            };
            let is_author = whose == "the author";
            let own = self.lawful_op(upload, struck, accepted);
            let (before, after) = match own.filter(|_| is_author) {
                Some((asset, bytes)) => (
                    before.clone().without(asset, 0),
                    after.without(asset, bytes),
                ),
                None => (before.clone(), after),
            };
            let session = session.filter(|_| is_author);
            let attacked = session
                .zip(upload.draft.write())
                .zip(struck.from.blob())
                .map(|((id, write), blob)| Attacked {
                    id,
                    write,
                    blob,
                    now: self.now,
                });
            let found = forbidden_changes(&expectation, &before, &after, attacked, accepted);
            changes.extend(
                found
                    .into_iter()
                    .map(|change| format!("for {whose}: {change}")),
            );
        }
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
        let lawful = accepted && self.attack.expectation.expect == Expect::Accept;
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
                .map(|(id, pin)| (*id, pin.entry.changed_at.instant()))
                .collect()
        };
        let now = self.now;
        let off = dated(&self.cast.phone.eye)
            .into_iter()
            .find(|(id, changed_at)| {
                self.is_ours(id) && changed_at.duration_since(now).abs() > CLOCK_MARGIN
            });
        if let Some((asset, changed_at)) = off {
            let expected = format!("changed_at is the server's time, near {now}");
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

    /// What the author had been told, and what two eyes read now, for the finding.
    pub(super) async fn testify(&mut self, upload: &Upload) -> Result<(), Stop> {
        let Some(struck) = &self.struck else {
            return Ok(());
        };
        let session = upload.session(struck.from);
        let [before, _] = &struck.before;
        let told = session
            .and_then(|id| before.sessions.get(&id))
            .map(describe_session);
        let mut said = vec![format!(
            "told: {}",
            told.unwrap_or_else(|| "no session was open for the blob".to_owned())
        )];
        for eye in [&self.cast.phone.eye, &self.cast.laptop.eye] {
            let list: Option<SessionList> = eye.read("/upload/sessions").await?.json().ok();
            let sessions = list.map(|list| list.sessions).unwrap_or_default();
            let read = sessions.iter().find(|read| Some(read.id) == session);
            said.push(format!(
                "{} reads: {}",
                eye.line.actor(),
                read.map_or_else(|| "no such session".to_owned(), describe_session)
            ));
        }
        self.testimony = said.iter().map(|text| self.recorder.redact(text)).collect();
        for text in &self.testimony {
            self.recorder.note(text.clone());
        }
        Ok(())
    }

    pub(super) fn expected(&self) -> String {
        let expectation = &self.attack.expectation;
        match &expectation.expect {
            Expect::Absorb | Expect::Accept => expectation.to_string(),
            Expect::Refuse(_) | Expect::Neutralise(_) => {
                format!("{expectation}, answered {}", expectation.answers())
            }
        }
    }
}
