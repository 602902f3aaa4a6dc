//! What a refused message brought: nothing of it can be read afterwards.

use super::containment::is_refusal;
use super::lab::{Lab, Struck};
use super::witness::Acknowledged;
use crate::{Answer, Source, Stop, Verdict};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gauntlet_simulator::{Step, Write};
use gauntlet_wire::id::Hash;
use serde_json::Value;
use std::collections::BTreeSet;

/// `wire.md` §3 and §9: what "unchanged" means.
const KEPT: &str =
    "A refusal changes nothing: what the refused message alone brought is not stored.";

impl Lab {
    /// Asks for everything that a refused op or upload brought, and that was not there before.
    pub(super) async fn judge_kept(&mut self, struck: &Struck, moment: &str) -> Result<(), Stop> {
        let refused = |answer: &Answer| is_refusal(answer.status);
        let refused = struck.answer.as_ref().is_some_and(refused);
        // The address of a plaintext that leaked would be a leak of its own.
        if !refused || self.attack.deviation.is_race() || self.seeks_leaks() {
            return Ok(());
        }
        let [known, others] = self.known();
        let mut observed = Vec::new();
        for hash in brought(struck).difference(&known) {
            // What the bystander has brought is the bystander's to read.
            let bystander = (!others.contains(hash)).then_some(&self.cast.bystander);
            for asks in std::iter::once(&self.cast.phone).chain(bystander) {
                let (actor, answer) = (asks.line().actor(), asks.eye.blob(hash).await?);
                let given = given(&answer);
                // A refusal that carries the bytes refuses nothing.
                let carried = (Hash::of(&answer.body) == *hash).then_some(Verdict::TransientDamage);
                if let Some(verdict) = given.max(carried) {
                    let given = answer.summary();
                    observed.push((
                        verdict,
                        format!("{moment}: {actor}: GET /blob/{hash}: {given}"),
                    ));
                }
            }
        }
        for (verdict, observed) in observed {
            self.find_against(KEPT, Source::N, verdict, &observed);
        }
        Ok(())
    }

    /// The addresses of everything that author and bystander brought before, and was accepted.
    fn known(&self) -> [BTreeSet<Hash>; 2] {
        let [authors, bystanders] = &self.acknowledged;
        let known = |held: &[Acknowledged], sent: &[Write]| -> BTreeSet<Hash> {
            let held = held.iter().flat_map(Acknowledged::hashes).copied();
            let sent = sent.iter().chain(&self.purged).flat_map(parts);
            held.chain(sent).collect()
        };
        [known(authors, &self.done), known(bystanders, &self.others)]
    }
}

/// What an answer to a question comes to that has to be refused; nothing where it was.
pub(super) fn given(answer: &Answer) -> Option<Verdict> {
    match answer.status {
        _ if answer.is_success() => Some(Verdict::TransientDamage),
        status if is_refusal(status) => None,
        _ => Some(Verdict::Nonconforming),
    }
}

/// The addresses of all that a write carries.
fn parts(write: &Write) -> BTreeSet<Hash> {
    let blobs = write.blobs.iter().map(|blob| blob.bytes.as_slice());
    let op = write.op.iter().flat_map(|op| {
        let besides = [&op.metadata, &op.derivative].into_iter().flatten();
        std::iter::once(&op.record)
            .chain(besides)
            .map(Vec::as_slice)
    });
    blobs.chain(op).map(Hash::of).collect()
}

/// The addresses of what the decisive message brought: as it was drafted, as it was declared, and as it was
/// sent.
fn brought(struck: &Struck) -> BTreeSet<Hash> {
    let body = struck
        .request
        .as_ref()
        .map(|request| request.body.as_slice());
    let body = body.unwrap_or_default();
    let Some(write) = struck.sent.write() else {
        return BTreeSet::new();
    };
    match struck.from {
        Step::Op => {
            let mut op = write.clone();
            op.blobs.clear();
            parts(&op).into_iter().chain(members(body)).collect()
        }
        Step::Open { blob } | Step::Append { blob, .. } => {
            let blob = write.blobs.get(blob);
            let drafted = blob.map(|blob| Hash::of(&blob.bytes));
            let declared = struck.declared.parse().ok();
            let sent = Hash::of(body);
            [drafted, declared, Some(sent)]
                .into_iter()
                .flatten()
                .collect()
        }
        Step::Publish | Step::Call | Step::Ask => BTreeSet::new(),
    }
}

/// The addresses of the bytes that a JSON body carries in base64.
fn members(body: &[u8]) -> Vec<Hash> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let members = body.as_object().into_iter().flat_map(|body| body.values());
    let texts = members.filter_map(Value::as_str);
    let bytes = texts.filter_map(|text| STANDARD.decode(text).ok());
    bytes.map(|bytes| Hash::of(&bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_damage_and_a_failure_does_not_say_that_nothing_was() {
        let (damage, unclear) = (Some(Verdict::TransientDamage), Some(Verdict::Nonconforming));
        for (status, expected) in [
            (200, damage),
            (206, damage),
            (404, None),
            (409, None),
            (410, None),
            (302, unclear),
            (500, unclear),
        ] {
            let answer = Answer {
                status,
                headers: Vec::new(),
                body: Vec::new(),
            };
            assert_eq!(given(&answer), expected, "{status}");
        }
    }

    #[test]
    fn a_body_gives_the_addresses_of_all_that_it_carries() {
        let body = format!(
            r#"{{"manifest_cbor":"{}","metadata_blob":"{}","n":1,"envelope":{{"a":"b"}},"t":"?"}}"#,
            STANDARD.encode(b"a record"),
            STANDARD.encode(b"metadata")
        );
        let addresses = [Hash::of(b"a record"), Hash::of(b"metadata")];
        let found: BTreeSet<Hash> = members(body.as_bytes()).into_iter().collect();
        assert_eq!(found, BTreeSet::from(addresses));
        assert_eq!(members(b"no JSON"), []);
    }
}
