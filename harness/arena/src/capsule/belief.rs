//! What an honest client believes: that what it was told is accepted, is.
//!
//! Of an attacker nothing is owed, whatever it was told. But where the attack is an honest write, a
//! server that accepts what it should have refused has made a promise, and has to keep it.

use super::eye::Eye;
use super::lab::Lab;
use super::testify::Object;
use super::witness::{HarmFound, in_effect};
use crate::{Answer, Expect, Harm, Stop};
use gauntlet_simulator::{ClientClass, Draft};
use gauntlet_wire::id::{AssetId, Hash};

/// One write that was acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Believed {
    asset: AssetId,
    /// The link of its record.
    link: Hash,
}

impl Lab {
    /// Takes down what an honest client was told of an op that should have been refused.
    pub(super) fn believe(&mut self, draft: &Draft, answer: &Answer) {
        let honest = self.attack.deviation.class == ClientClass::Honest;
        let refused = matches!(self.attack.expectation.expect, Expect::Refuse(_));
        let write = draft.write().filter(|write| write.op.is_some());
        let write = write.filter(|_| honest && refused);
        if let (true, Some(write)) = (answer.is_success(), write) {
            let link = write.link();
            self.believed.extend(link.map(|link| Believed {
                asset: write.asset,
                link,
            }));
        }
    }
}

/// SILENT: a write that was acknowledged is not in effect for this eye, and nobody was told.
pub(crate) async fn audit_beliefs(
    believed: &[Believed],
    eyes: &[&Eye],
) -> Result<Vec<HarmFound>, Stop> {
    let mut harms = Vec::new();
    for Believed { asset, link } in believed {
        for eye in eyes {
            if let Err(displaced) = in_effect(eye, asset, link).await? {
                let expected = format!("the acknowledged write {link} is in effect");
                let observed = format!("{}: {displaced}", eye.line.actor());
                harms.push(HarmFound::new(
                    Harm::Silent,
                    Object::Feed,
                    expected,
                    observed,
                ));
            }
        }
    }
    Ok(harms)
}
