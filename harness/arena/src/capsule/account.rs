//! The account after a race: bytes that were brought many times, or that are there already, are charged
//! once, and held as one asset.

use super::lab::Lab;
use super::snapshot::used;
use super::upload::Upload;
use crate::{Answer, Stop, Strictness, Verdict};
use gauntlet_simulator::{DraftEdit, Kind, Step, Whose, Write};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::AssetId;
use gauntlet_wire::problem::Problem;
use gauntlet_wire::rule::Rule;

impl Lab {
    /// Whether the bytes under attack are the author's own from another album, which need not be reserved
    /// a second time.
    pub(super) fn holds_already(&self) -> bool {
        let own = Kind::Draft(DraftEdit::BytesOf(Whose::Own));
        self.attack.deviation.kind == own
    }

    /// Judges what the finished upload is charged, and what a later opening of its bytes is told.
    pub(super) async fn judge_account(&mut self, upload: &Upload) -> Result<(), Stop> {
        let (Some(struck), Some(write)) = (&self.struck, upload.draft.write()) else {
            return Ok(());
        };
        if !struck.answer.as_ref().is_some_and(Answer::is_success) {
            return Ok(());
        }
        let ([author, _], from) = (&struck.before, struck.from);
        let raced = self.attack.deviation.is_race() && matches!(from, Step::Open { .. });
        let before = author.used + struck.sentinel;
        self.judge_charge(write, raced, before).await?;
        if raced {
            self.judge_later_opening(upload, from, write.asset).await?;
        }
        Ok(())
    }

    /// Quota (`wire.md` §3): a blob counts once, and its first uploader pays.
    async fn judge_charge(&mut self, write: &Write, raced: bool, before: i128) -> Result<(), Stop> {
        let weight = i128::from(write.weight());
        let original = write.blob(BlobRole::Original);
        let without = weight - original.map_or(0, |blob| i128::from(blob.size));
        let lawful = match &self.attack.deviation.kind {
            Kind::Race(_) if raced => [weight, weight],
            Kind::Draft(DraftEdit::BytesOf(Whose::Own)) => [without, without],
            // Accounts that hold the same bytes may each be charged for them.
            Kind::Draft(DraftEdit::BytesOf(Whose::Anothers)) => [without, weight],
            _ => return Ok(()),
        };
        let Some(used) = self.used_after().await? else {
            return Ok(());
        };
        let rose = used - before;
        if !lawful.contains(&rose) {
            let expected = match lawful {
                [least, most] if least == most => {
                    format!("the upload is charged once: {most} bytes")
                }
                [least, most] => format!("the upload is charged once: {least} to {most} bytes"),
            };
            let observed = format!("used rose by {rose} bytes with an upload of {weight}");
            self.damage(&expected, &observed, false);
        }
        Ok(())
    }

    /// What the author is charged after the attack; a quota that can't be read any more is damage.
    pub(super) async fn used_after(&mut self) -> Result<Option<i128>, Stop> {
        match used(&self.cast.phone.eye).await {
            Err(Stop::Invalid(unreadable)) => {
                self.damage("the quota stays readable", &unreadable, false);
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    /// Idempotency (`wire.md` §3): a finished upload is told of, with the asset that holds it.
    async fn judge_later_opening(
        &mut self,
        upload: &Upload,
        from: Step,
        asset: AssetId,
    ) -> Result<(), Stop> {
        let answer = self.cast.phone.line().send(&upload.request(from)?).await?;
        if let Some(observed) = untold(&answer, asset, self.strictness) {
            let expected = format!("409 {} with the asset {asset}", Rule::BlobNew.code());
            self.find(Verdict::Nonconforming, expected, &observed, None);
        }
        Ok(())
    }
}

/// In what way a later opening is not told of the asset that holds its bytes.
fn untold(answer: &Answer, asset: AssetId, strictness: Strictness) -> Option<String> {
    let summary = answer.summary();
    if answer.is_success() {
        return Some(format!(
            "{summary}: the bytes of a finished upload are taken again"
        ));
    }
    let by_status = answer.status == Rule::BlobNew.status();
    let by_code = answer.code().as_deref() == Some(Rule::BlobNew.code().as_str());
    let told = match strictness {
        Strictness::Outcome => true,
        Strictness::Status => by_status,
        Strictness::Code => by_status && by_code,
    };
    if !told {
        return Some(format!("{summary}: refused, but not as a duplicate"));
    }
    let problem: Option<Problem> = answer.json().ok();
    match problem.and_then(|problem| problem.extension.existing_asset) {
        _ if strictness < Strictness::Code => None,
        Some(named) if named == asset => None,
        Some(other) => Some(format!("{summary}: it names the asset {other}")),
        None => Some(format!("{summary}: it names no asset")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_opening_is_told_of_the_asset_that_holds_its_bytes() {
        let id = |last: u8| AssetId::from_slice(&[last; 16]).unwrap();
        let answer = |status: u16, code: &str, asset: Option<AssetId>| Answer {
            status,
            headers: Vec::new(),
            body: serde_json::json!({
                "type": "about:blank", "title": "t", "status": status, "code": code,
                "existing_asset": asset,
            })
            .to_string()
            .into_bytes(),
        };
        let code = Rule::BlobNew.code().as_str();
        let judged = |answer: &Answer| untold(answer, id(1), Strictness::Code);
        assert_eq!(judged(&answer(409, code, Some(id(1)))), None);
        for (answer, named) in [
            (answer(201, code, None), "taken again"),
            (answer(200, code, None), "taken again"),
            (answer(409, code, Some(id(2))), "names the asset"),
            (answer(409, code, None), "names no asset"),
            (answer(403, code, Some(id(1))), "not as a duplicate"),
            (
                answer(409, "error.upload.forbidden", Some(id(1))),
                "not as a duplicate",
            ),
        ] {
            let found = judged(&answer).unwrap();
            assert!(found.contains(named), "{found}");
        }
        let mute = answer(409, code, None);
        assert_eq!(untold(&mute, id(1), Strictness::Status), None);
    }
}
