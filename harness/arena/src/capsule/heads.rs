//! Whether a stale write was told what it would have to continue.

use super::lab::{Lab, Struck};
use crate::{Answer, Source, Strictness, Verdict};
use gauntlet_simulator::Write;
use gauntlet_wire::code::Code;
use gauntlet_wire::id::Hash;
use gauntlet_wire::problem::Problem;

/// `wire.md` §1.2 and §1.3.
const CHAIN_HEAD: &str =
    "409 error.upload.stale_revival names the chain_head, which the next write has to continue.";

impl Lab {
    /// The head that a stale write is told is the one that a rebase has to continue.
    pub(super) fn judge_head(&mut self, struck: &Struck) {
        let write = struck.sent.write();
        let told = struck.answer.as_ref().and_then(told);
        let (Some(write), Some(told), Strictness::Code) = (write, told, self.strictness) else {
            return;
        };
        if self.heads(write).contains(&told) {
            return;
        }
        let named = told.map_or_else(|| "null".to_owned(), |head| head.to_string());
        let observed = format!("the stale write was told of the head {named}");
        self.find_against(CHAIN_HEAD, Source::N, Verdict::Nonconforming, &observed);
    }

    /// The heads that a stale write to the asset of `write` may be told of: its chain's, and for a
    /// derivative op that of the derivative's, which may have none yet.
    fn heads(&self, write: &Write) -> Vec<Option<Hash>> {
        let [authors, _] = &self.acknowledged;
        let held = authors.iter().find(|photo| photo.asset == write.asset);
        let mut heads = vec![held.map(|photo| photo.link())];
        if let Some(op) = &write.op
            && let Some(manifest) = op.derivative.as_deref()
        {
            heads.push(held.and_then(|photo| photo.derivative_head(manifest)));
        }
        heads
    }
}

/// What a stale write was told, a link or null; `None` where the answer is another one, or does not say.
fn told(answer: &Answer) -> Option<Option<Hash>> {
    let problem: Problem = answer.json().ok()?;
    let stale = problem.code == Code::UploadStaleRevival.as_str();
    problem.extension.chain_head.filter(|_| stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(members: &str) -> Answer {
        let body = format!(r#"{{"type":"about:blank","title":"t","status":409,{members}}}"#);
        Answer {
            status: 409,
            headers: Vec::new(),
            body: body.into_bytes(),
        }
    }

    #[test]
    fn a_head_is_told_by_a_stale_revival_alone() {
        let head = Hash::of(b"a record");
        let stale = format!(r#""code":"error.upload.stale_revival","chain_head":"{head}""#);
        assert_eq!(told(&answer(&stale)), Some(Some(head)));
        let none = r#""code":"error.upload.stale_revival","chain_head":null"#;
        assert_eq!(told(&answer(none)), Some(None));
        let mute = r#""code":"error.upload.stale_revival""#;
        assert_eq!(told(&answer(mute)), None);
        let other = format!(r#""code":"error.upload.duplicate_blob","chain_head":"{head}""#);
        assert_eq!(told(&answer(&other)), None);
        assert_eq!(told(&answer("no problem")), None);
    }
}
