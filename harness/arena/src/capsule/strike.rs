//! Striking: the one declared deviation, sent in place of an honest message.

use super::lab::{Lab, Struck};
use super::upload::{Upload, request_of};
use crate::{Expect, Stop};
use gauntlet_simulator::{
    Ancestor, ChunkFacts, Draft, Framing, Kind, Lie, Means, References, Request, Step, Write,
};
use gauntlet_wire::id::Hash;
use std::collections::BTreeSet;

impl Lab {
    /// Sends the deviated messages. All but the last look honest and have to be accepted; the last one
    /// decides.
    pub(super) async fn strike(&mut self, upload: &mut Upload, from: Step) -> Result<(), Stop> {
        let (lie, requests) = self.deviated(upload, from)?;
        let watched = self.watched();
        let mut before = self.snapshots(&watched).await?;
        for (index, step) in lie.steps.iter().enumerate() {
            let last = index + 1 == lie.steps.len();
            if last && index > 0 {
                before = self.snapshots(&watched).await?;
            }
            let request = match &requests {
                Some(request) => request.clone(),
                None => request_of(&lie.draft, upload, *step)?,
            };
            if index == 0 {
                self.record_deviation(&upload.request(from)?, &request, lie.draft != upload.draft)?;
                if let Some(answer) = self.volley(&lie).await? {
                    self.struck = Some(Struck {
                        from,
                        answer: Some(answer),
                        early: false,
                        declared: declared(&lie.draft, from),
                        watched,
                        before,
                    });
                    return Ok(());
                }
            }
            let answer = self.line().send(&request).await?;
            upload.opened(*step, &answer);
            if last || !answer.is_success() {
                self.believe(&lie.draft, &answer);
                let accepted = self.attack.expectation.expect == Expect::Accept;
                if accepted && answer.is_success() {
                    // What was accepted, and lawfully, is what the client goes on with.
                    upload.draft = lie.draft.clone();
                }
                self.struck = Some(Struck {
                    from,
                    answer: Some(answer),
                    early: !last && !lie.refused_at_any,
                    declared: declared(&lie.draft, from),
                    watched,
                    before,
                });
                return Ok(());
            }
        }
        Err(Stop::Invalid("the deviation has no messages".to_owned()))
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
                let asset = upload.draft.write().map(|write| write.asset);
                let other = self.done.iter().find(|held| Some(held.asset) != asset);
                let earlier: Vec<Write> = self
                    .done
                    .iter()
                    .filter(|held| Some(held.asset) == asset)
                    .cloned()
                    .collect();
                let write_of = |ancestor| match ancestor {
                    Ancestor::Root => earlier.first(),
                    Ancestor::OtherAsset => other,
                    Ancestor::OtherHead => {
                        let mut newest = self.done.iter().rev();
                        newest.find(|held| Some(held.asset) != asset)
                    }
                };
                let means = Means {
                    client: self.client(),
                    references: References {
                        device_of: &|maker| self.cast.device_of(maker),
                        link_of: &|ancestor| write_of(ancestor)?.link(),
                        nonce_of: &|ancestor| Some(write_of(ancestor)?.core.nonce_prefix),
                    },
                    directory: &|edit| self.cast.lying_directory(edit, self.now).ok(),
                    earlier: &earlier,
                    other,
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
                let altered = edits
                    .iter()
                    .try_fold(upload.request(from)?, |request, edit| {
                        edit.apply(request, facts)
                    })
                    .ok_or_else(unfit)?;
                let lie = Lie {
                    draft: upload.draft.clone(),
                    steps: vec![from],
                    refused_at_any: false,
                    volley: Vec::new(),
                };
                Ok((lie, Some(altered)))
            }
            Kind::Fault(_) => Err(unfit()),
        }
    }

    /// A deviation has to show in the bytes that reach the target: in its first message, or in what
    /// was drafted.
    pub(super) fn record_deviation(
        &self,
        honest: &Request,
        sent: &Request,
        drafted: bool,
    ) -> Result<(), Stop> {
        let difference = difference(honest, sent);
        let difference = match (difference, drafted) {
            (Some(difference), _) => difference,
            (None, true) => "in what the following messages carry".to_owned(),
            (None, false) => {
                return Err(Stop::Invalid(format!(
                    "{} leaves the bytes that reach the target unchanged",
                    self.attack.deviation.name
                )));
            }
        };
        let as_data = serde_json::to_value(&self.attack.deviation.kind)
            .map_err(|error| Stop::Error(error.to_string()))?;
        self.recorder
            .deviation(as_data, &describe(honest), &describe(sent), &difference);
        Ok(())
    }

    /// Kills the target between two honest messages.
    pub(super) async fn kill(&mut self, upload: &Upload, from: Step) -> Result<(), Stop> {
        let watched = self.watched();
        let before = self.snapshots(&watched).await?;
        self.crash().await?;
        self.struck = Some(Struck {
            from,
            answer: None,
            early: false,
            declared: declared(&upload.draft, from),
            watched,
            before,
        });
        Ok(())
    }
}

/// The content address that the session of a step's blob declares.
fn declared(draft: &Draft, step: Step) -> String {
    let blob = draft
        .write()
        .and_then(|write| write.blobs.get(step.blob()?));
    blob.map(|blob| blob.hash.clone()).unwrap_or_default()
}

/// A request in a few lines, for people: its line, its headers, its body's shape.
fn describe(request: &Request) -> String {
    let mut text = format!("{} {}\n", request.method, request.path);
    for (name, value) in &request.headers {
        text.push_str(&format!("{name}: {value}\n"));
    }
    match request.framing {
        Framing::Stated => {}
        Framing::Chunked => text.push_str("transfer-encoding: chunked\n"),
        Framing::Understated(by) => {
            text.push_str(&format!("content-length: {by} less than is sent\n"));
        }
    }
    match std::str::from_utf8(&request.body) {
        Ok(body) if request.header_value("content-type") == Some("application/json") => {
            text.push_str(body);
        }
        _ => text.push_str(&format!(
            "body: {} bytes, SHA-256 {}",
            request.body.len(),
            Hash::of(&request.body)
        )),
    }
    text
}

/// The parts in which two requests differ; `None` where they are the same bytes on the wire.
fn difference(honest: &Request, sent: &Request) -> Option<String> {
    let mut parts = Vec::new();
    if (honest.method, &honest.path) != (sent.method, &sent.path) {
        parts.push(format!(
            "{} {} → {} {}",
            honest.method, honest.path, sent.method, sent.path
        ));
    }
    let headers = |request: &Request| -> BTreeSet<(String, String)> {
        request.headers.iter().cloned().collect()
    };
    let (before, after) = (headers(honest), headers(sent));
    parts.extend(different_headers(&before, &after));
    if before == after && honest.headers.len() != sent.headers.len() {
        parts.push("a header is repeated".to_owned());
    }
    if honest.body != sent.body && is_json(honest) && is_json(sent) {
        parts.extend(different_members(&honest.body, &sent.body));
    } else if honest.body != sent.body {
        parts.push(format!(
            "body of {} → {} bytes",
            honest.body.len(),
            sent.body.len()
        ));
    }
    if honest.framing != sent.framing {
        parts.push(format!("framing {:?} → {:?}", honest.framing, sent.framing));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The headers that differ: `name: a → b`, or the one that only one side has.
fn different_headers(
    before: &BTreeSet<(String, String)>,
    after: &BTreeSet<(String, String)>,
) -> Vec<String> {
    let mut gained: Vec<_> = after.difference(before).collect();
    let mut parts = Vec::new();
    for (name, was) in before.difference(after) {
        match gained.iter().position(|(other, _)| other == name) {
            Some(place) => {
                let (_, is) = gained.remove(place);
                parts.push(format!("{name}: {was} → {is}"));
            }
            None => parts.push(format!("without {name}: {was}")),
        }
    }
    parts.extend(
        gained
            .into_iter()
            .map(|(name, is)| format!("with {name}: {is}")),
    );
    parts
}

fn is_json(request: &Request) -> bool {
    request.header_value("content-type") == Some("application/json")
}

/// The members that only one of two JSON texts has. Both are written with sorted members, so pieces
/// between commas and braces can be compared as text, which also works for what is not sound JSON.
fn different_members(honest: &[u8], sent: &[u8]) -> Vec<String> {
    let pieces = |body: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(body)
            .split([',', '{', '}'])
            .filter(|piece| !piece.is_empty())
            .map(ToOwned::to_owned)
            .collect()
    };
    let (mut only_honest, mut only_sent) = (pieces(honest), pieces(sent));
    only_honest.retain(
        |piece| match only_sent.iter().position(|other| other == piece) {
            Some(place) => {
                only_sent.remove(place);
                false
            }
            None => true,
        },
    );
    let without = only_honest
        .into_iter()
        .map(|piece| format!("without {piece}"));
    let with = only_sent.into_iter().map(|piece| format!("with {piece}"));
    without.chain(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_changed_is_shown_with_both_values() {
        let set = |pairs: &[(&str, &str)]| -> BTreeSet<(String, String)> {
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            pairs.iter().map(own).collect()
        };
        let before = set(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let after = set(&[("a", "1"), ("b", "4"), ("d", "5")]);
        assert_eq!(
            different_headers(&before, &after),
            ["b: 2 → 4", "without c: 3", "with d: 5"]
        );
    }

    #[test]
    fn the_one_differing_member_is_shown_even_when_it_is_repeated() {
        let honest = br#"{"a":1,"e":{"a":1}}"#;
        assert_eq!(
            different_members(honest, br#"{"a":1,"e":{"a":2}}"#),
            [r#"without "a":1"#, r#"with "a":2"#]
        );
        assert_eq!(
            different_members(honest, br#"{"a":1,"e":{"a":1},"a":7}"#),
            [r#"with "a":7"#]
        );
    }
}
