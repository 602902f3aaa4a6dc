//! Striking: the one declared deviation, sent in place of an honest message.

use super::difference::{describe, difference, drafted};
use super::lab::{Lab, Struck};
use super::upload::{LENGTH_REQUIRED, Upload, request_of};
use crate::{SessionEffect, Stop};
use gauntlet_simulator::{
    Ancestor, ChunkFacts, Document, Draft, Kind, Lie, Means, References, Request, Squatting, Step,
    Write,
};
use gauntlet_wire::enums::Action;
use gauntlet_wire::id::AssetId;

impl Lab {
    /// Sends the deviated messages. All but the last look honest and have to be accepted; the last one
    /// decides.
    pub(super) async fn strike(&mut self, upload: &mut Upload, from: Step) -> Result<(), Stop> {
        let (lie, requests) = self.deviated(upload, from)?;
        let planted = self.planted(upload);
        let watched = self.watched();
        let mut before = self.snapshots(&watched).await?;
        for (index, step) in lie.steps.iter().enumerate() {
            let last = index + 1 == lie.steps.len();
            if last {
                self.interlude().await?;
            }
            if index > 0 && (last || lie.refused_at_any) {
                before = self.snapshots(&watched).await?;
            }
            let request = match &requests {
                Some(request) => request.clone(),
                None => request_of(&lie.draft, upload, *step)?,
            };
            if index == 0 {
                let honest = upload.request(from)?;
                let mut differences = drafted(&upload.draft, &lie.draft, from);
                differences.extend(difference(&honest, &request));
                if differences.is_empty() && lie.draft != upload.draft {
                    differences.push("in what the messages after it carry".to_owned());
                }
                let again = self.recorder.accepted_before(&request).filter(|_| last);
                if let (Some(message), false) = (again, differences.is_empty()) {
                    differences = vec![format!(
                        "sent again, to the byte: message {message} of the evidence, {} {}, which was accepted",
                        request.method, request.path
                    )];
                }
                self.record_deviation(&honest, &request, differences)?;
            }
            let decided = match index {
                0 => self.volley(&lie).await?,
                _ => None,
            };
            let answer = match decided {
                Some(answer) => answer,
                None => self.send_lie(&lie.draft, &request).await?,
            };
            upload.opened(*step, &answer);
            if last || !answer.is_success() {
                self.judge_length_asked(answer.status);
                let lawful = self.attack.expectation.expect.lets_pass();
                if lawful && answer.is_success() {
                    // What was accepted, and lawfully, is what the client goes on with.
                    upload.draft = lie.draft.clone();
                }
                self.show_leak(planted.as_ref())?;
                let link = lie.draft.write().and_then(Write::link);
                self.struck = Some(Struck {
                    answer: Some(answer),
                    early: !last && !lie.refused_at_any,
                    request: Some(request),
                    repeated: link.and_then(|link| self.op_answers.get(&link).cloned()),
                    ..Struck::at(from, lie.draft, watched, before)
                });
                return Ok(());
            }
        }
        Err(Stop::Invalid("the deviation has no messages".to_owned()))
    }

    /// A target that may ask for a length, and does, has read nothing: its session is as it was.
    fn judge_length_asked(&mut self, status: u16) {
        let expectation = &mut self.attack.expectation;
        if status == LENGTH_REQUIRED && expectation.or_status.contains(&status) {
            expectation.session = SessionEffect::Unchanged;
        }
    }

    /// The messages of the deviation: the draft that lies with its steps, or one altered request.
    pub(super) fn deviated(
        &self,
        upload: &Upload,
        from: Step,
    ) -> Result<(Lie, Option<Request>), Stop> {
        let deviation = self.attack.deviation;
        let unfit = || Stop::Invalid(format!("{} does not fit its message", deviation.name));
        match &deviation.kind {
            Kind::Draft(edit) => {
                if edit.dates_by_joining() && self.cast.joined_long_ago(self.now) {
                    return Err(Stop::Absent("a device that joined within the last 30 days"));
                }
                let asset = upload.draft.write().map(|write| write.asset);
                let other = self.done.iter().find(|held| Some(held.asset) != asset);
                let earlier: Vec<Write> = self
                    .done
                    .iter()
                    .filter(|held| Some(held.asset) == asset)
                    .cloned()
                    .collect();
                let deletes =
                    |held: &&Write| Some(held.asset) != asset && held.core.action == Action::Delete;
                let deleted = self.done.iter().rev().find(deletes).and_then(|delete| {
                    let root = self.done.iter().find(|held| held.asset == delete.asset);
                    Some([root?, delete])
                });
                let write_of = |ancestor| match ancestor {
                    Ancestor::Root => earlier.first(),
                    Ancestor::OtherAsset => other,
                    Ancestor::OtherHead => {
                        let mut newest = self.done.iter().rev();
                        newest.find(|held| Some(held.asset) != asset)
                    }
                    Ancestor::BehindADelete => {
                        let continued = deleted?.last()?.core.prior_provenance_hash;
                        self.done.iter().find(|held| held.link() == continued)
                    }
                };
                let means = Means {
                    client: self.client(),
                    references: References {
                        device_of: &|maker| self.cast.device_of(maker),
                        link_of: &|ancestor| write_of(ancestor)?.link(),
                        nonce_of: &|ancestor| Some(write_of(ancestor)?.core.nonce_prefix),
                        joined: &|device| self.cast.joined(device),
                    },
                    directory: &|edit| self.cast.lying_directory(edit, self.now).ok(),
                    earlier: &earlier,
                    other,
                    deleted,
                    anothers: self.others.first(),
                    devices: self.cast.devices(),
                    now: self.now,
                };
                let lie = edit.apply(&upload.draft, from, means).ok_or_else(unfit)?;
                Ok((lie, None))
            }
            Kind::Message(edits) => {
                let session = upload.session_path(from);
                let facts = match (upload.draft.write(), from) {
                    (Some(write), Step::Append { blob, chunk }) => Some(ChunkFacts {
                        write,
                        blob,
                        chunk,
                        session: &session,
                    }),
                    _ => None,
                };
                let lent = |what| self.lent.get(&what).cloned();
                let resolved = edits.iter().map(|edit| edit.resolved(lent));
                let edits = resolved.collect::<Option<Vec<_>>>().ok_or_else(unfit)?;
                let altered = edits
                    .iter()
                    .flatten()
                    .try_fold(upload.request(from)?, |request, edit| {
                        edit.apply(request, facts)
                    })
                    .ok_or_else(unfit)?;
                Ok((one_message(upload, from), Some(altered)))
            }
            Kind::Leak(leak) => {
                let canary = self.planted(upload).ok_or_else(unfit)?;
                let replaced = upload.draft.write();
                if let Some(lie) = replaced.and_then(|honest| leak.upload(honest, from, &canary)) {
                    return Ok((lie, None));
                }
                let altered = leak.apply(upload.request(from)?, &canary);
                Ok((one_message(upload, from), Some(altered.ok_or_else(unfit)?)))
            }
            Kind::Squat(squat) => match self.squatting(*squat).ok_or_else(unfit)? {
                Squatting::Request(request) => Ok((one_message(upload, from), Some(request))),
                Squatting::Lie(lie) => Ok((lie, None)),
            },
            Kind::Fault(_) | Kind::After { .. } | Kind::Race(_) | Kind::Probe => Err(unfit()),
        }
    }

    /// A deviation has to show in the bytes that reach the target: in its first message, or in what the
    /// messages after it carry.
    fn record_deviation(
        &mut self,
        honest: &Request,
        sent: &Request,
        differences: Vec<String>,
    ) -> Result<(), Stop> {
        if differences.is_empty() {
            return Err(Stop::Invalid(format!(
                "{} leaves the bytes that reach the target unchanged",
                self.attack.deviation.name
            )));
        }
        let as_data = serde_json::to_value(&self.attack.deviation.kind)
            .map_err(|error| Stop::Error(error.to_string()))?;
        self.recorder
            .deviation(as_data, &describe(honest), &describe(sent), &differences);
        self.differences = differences;
        Ok(())
    }

    /// Kills the target between two honest messages.
    pub(super) async fn kill(&mut self, upload: &Upload, from: Step) -> Result<(), Stop> {
        let watched = self.watched();
        let before = self.snapshots(&watched).await?;
        let next = upload.request(from)?;
        self.differences = vec![format!(
            "no message differs: right before {} {} the target is killed, and started again",
            next.method, next.path
        )];
        self.crash().await?;
        self.struck = Some(Struck::at(from, upload.draft.clone(), watched, before));
        Ok(())
    }
}

pub(super) fn asset(draft: &Draft) -> Option<AssetId> {
    draft.write().map(|write| write.asset)
}

pub(super) fn document(draft: &Draft) -> Option<Document> {
    match draft {
        Draft::Document(document) => Some(document.clone()),
        Draft::Write(_) | Draft::Call(_) | Draft::Question(_) => None,
    }
}

/// The first message of a squatter.
pub(super) fn first_request(squatting: &Squatting) -> Option<Request> {
    match squatting {
        Squatting::Request(request) => Some(request.clone()),
        Squatting::Lie(lie) => lie.draft.request(*lie.steps.first()?, ""),
    }
}

/// A lie in one message, of an honest draft.
fn one_message(upload: &Upload, from: Step) -> Lie {
    Lie {
        draft: upload.draft.clone(),
        steps: vec![from],
        refused_at_any: false,
        volley: Vec::new(),
    }
}

/// The content address that the session of a step's blob declares.
pub(super) fn declared(draft: &Draft, step: Step) -> String {
    let blob = draft
        .write()
        .and_then(|write| write.blobs.get(step.blob()?));
    blob.map(|blob| blob.hash.clone()).unwrap_or_default()
}
