//! What an honest client believes: that what it was told is accepted, is.
//!
//! Of an attacker nothing is owed, whatever it was told. But where the attack is an honest write, a
//! server that accepts what it should have refused has made a promise, and has to keep it.

use super::eye::Eye;
use super::lab::Lab;
use super::testify::Object;
use super::witness::{HarmFound, in_effect};
use crate::{Answer, Expect, Harm, Sight, Stop, Testimony};
use gauntlet_simulator::{ClientClass, Draft, Request};
use gauntlet_wire::id::{AssetId, Hash};

/// One write that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Believed {
    asset: AssetId,
    /// The link of its record.
    link: Hash,
    /// Which request was answered, when, and how.
    answered: String,
}

impl Lab {
    /// Takes down what an honest client was told of an op that should have been refused.
    pub(super) fn believe(&mut self, draft: &Draft, request: &Request, answer: &Answer) {
        let honest = self.attack.deviation.class == ClientClass::Honest;
        let refused = matches!(self.attack.expectation.expect, Expect::Refuse(_));
        let write = draft.write().filter(|write| write.op.is_some());
        let write = write.filter(|_| honest && refused);
        if let (true, Some(write)) = (answer.is_success(), write) {
            let link = write.link();
            let answered = format!(
                "{} {} answered {} in the {} beat",
                request.method,
                request.path,
                answer.status,
                self.recorder.beat()
            );
            self.believed.extend(link.map(|link| Believed {
                asset: write.asset,
                link,
                answered,
            }));
        }
    }

    /// What becomes of an accepted write, by every eye.
    pub(super) async fn of_write(
        &self,
        link: &Hash,
        eyes: &[&Eye],
        moment: &str,
    ) -> Result<Testimony, Stop> {
        let believed = self.believed.iter().find(|write| write.link == *link);
        let mut testimony = Testimony {
            object: format!("the write of record {link}, {moment}"),
            ..Testimony::default()
        };
        let Some(write) = believed else {
            return Ok(testimony);
        };
        testimony.expected = vec![format!(
            "in effect for every eye, or replaced by one that had seen it: {} (asset {})",
            write.answered, write.asset
        )];
        for eye in eyes {
            let displaced = in_effect(eye, &write.asset, link).await?.err();
            testimony.seen.push(Sight {
                eye: eye.line.actor().to_owned(),
                read: vec![match &displaced {
                    None => "it is in the history of the asset".to_owned(),
                    Some(why) => why.clone(),
                }],
                amiss: displaced
                    .map(|_| "the accepted write is not in effect, and nobody was told".to_owned())
                    .into_iter()
                    .collect(),
            });
        }
        if !testimony.seen.is_empty() && testimony.seen.iter().all(|sight| !sight.amiss.is_empty())
        {
            testimony.notes.push("no eye sees it".to_owned());
        }
        Ok(testimony)
    }
}

/// SILENT: a write that was acknowledged is not in effect for this eye, and nobody was told.
pub(crate) async fn audit_beliefs(
    believed: &[Believed],
    eyes: &[&Eye],
) -> Result<Vec<HarmFound>, Stop> {
    let mut harms = Vec::new();
    for Believed { asset, link, .. } in believed {
        for eye in eyes {
            if let Err(displaced) = in_effect(eye, asset, link).await? {
                let expected = format!("the acknowledged write {link} is in effect");
                let observed = format!("{}: {displaced}", eye.line.actor());
                harms.push(HarmFound::new(
                    Harm::Silent,
                    Object::Write(*link),
                    expected,
                    observed,
                ));
            }
        }
    }
    Ok(harms)
}
