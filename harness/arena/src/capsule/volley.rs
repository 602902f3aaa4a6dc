//! The messages of a lie; and several ops in place of one, each of which has to be answered as the one that
//! decides.

use super::containment::{Conformity, conformity};
use super::lab::Lab;
use crate::{Answer, Stop};
use gauntlet_simulator::{Draft, Lie, Request, Step};

impl Lab {
    /// Sends the ops that come before the decisive one. The first answer that is not the expected one
    /// decides in its place.
    pub(super) async fn volley(&mut self, lie: &Lie) -> Result<Option<Answer>, Stop> {
        for write in &lie.volley {
            let draft = Draft::Write(Box::new(write.clone()));
            let request = draft
                .request(Step::Op, "")
                .ok_or_else(|| Stop::Invalid("a write of the volley has no op".to_owned()))?;
            let answer = self.send_lie(&draft, &request).await?;
            let expectation = &self.attack.expectation;
            if conformity(expectation, self.strictness, &answer, &[]) != Conformity::Conforms {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// Sends a message of `draft`, which an honest client takes at its word.
    pub(super) async fn send_lie(
        &mut self,
        draft: &Draft,
        request: &Request,
    ) -> Result<Answer, Stop> {
        let answer = self.line().send(request).await?;
        self.believe(draft, request, &answer);
        Ok(answer)
    }
}
