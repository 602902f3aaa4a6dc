//! A part of a blob, as a client that resumes a download asks for it.

use super::eye::Eye;
use super::lab::Lab;
use super::testify::{Object, Whose};
use crate::{Answer, Source, Stop, Verdict};
use gauntlet_simulator::{Profile, Write};
use gauntlet_wire::enums::BlobRole;
use gauntlet_wire::id::Hash;
use std::ops::RangeInclusive;

/// `wire.md` §1.3, blob, and RFC 9110 §14.
const PART: &str =
    "A range of a blob is that part of its bytes (RFC 9110 §14), or the answer is all of them.";

impl Lab {
    /// The fresh device reads the author's newest original in whole and in part, and compares.
    pub(super) async fn judge_range(&mut self) -> Result<(), Stop> {
        let original = |write: &Write| Some(Hash::of(&write.blob(BlobRole::Original)?.bytes));
        let Some(hash) = self.newest.as_ref().and_then(original) else {
            return Ok(());
        };
        let fresh = Eye::new(self.cast.fresh.clone(), Profile::B.protocol);
        // What can't be read in whole is for the audit of the bytes to say.
        let Ok(whole) = fresh.fetch(&hash).await? else {
            return Ok(());
        };
        let third = whole.len() / 3;
        let range = third..=third * 2;
        let answer = fresh.part(&hash, &range).await?;
        if let Some((verdict, amiss)) = amiss(&whole, &range, &answer) {
            let (actor, first, last) = (fresh.line.actor(), range.start(), range.end());
            let observed = format!("{actor}: GET /blob/{hash}, bytes {first} to {last}: {amiss}");
            self.find_against(PART, Source::N, verdict, &observed);
            self.told.harm(Whose::Author, Object::Blob(hash));
        }
        Ok(())
    }
}

/// In what way an answer is not the range of `whole`. All of it is an answer to every range.
fn amiss(
    whole: &[u8],
    range: &RangeInclusive<usize>,
    answer: &Answer,
) -> Option<(Verdict, String)> {
    let unclear = |what: String| Some((Verdict::Nonconforming, what));
    let other = || {
        let (found, length) = (Hash::of(&answer.body), answer.body.len());
        let what = format!("{length} other bytes, SHA-256 {found}");
        Some((Verdict::TransientDamage, what))
    };
    let (first, last, length) = (range.start(), range.end(), whole.len());
    let stated = format!("bytes {first}-{last}/{length}");
    match answer.status {
        200 if answer.body == whole => None,
        206 if whole.get(range.clone()) != Some(answer.body.as_slice()) => other(),
        206 if answer.header("content-range") == Some(stated.as_str()) => None,
        206 => unclear(format!(
            "206 with Content-Range {:?}; it is {stated:?}",
            answer.header("content-range")
        )),
        200 => other(),
        _ => unclear(answer.summary()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_told_by_its_bytes_and_by_its_place() {
        let whole = b"0123456789";
        let answer = |status, range: &str, body: &[u8]| Answer {
            status,
            headers: vec![("content-range".to_owned(), range.to_owned())],
            body: body.to_vec(),
        };
        let (damage, unclear) = (Some(Verdict::TransientDamage), Some(Verdict::Nonconforming));
        for (answer, expected) in [
            (answer(206, "bytes 3-6/10", b"3456"), None),
            (answer(200, "", whole), None),
            (answer(206, "bytes 3-6/10", b"4567"), damage),
            (answer(206, "bytes 3-6/10", whole), damage),
            (answer(200, "", b"3456"), damage),
            (answer(206, "bytes 3-6/9", b"3456"), unclear),
            (answer(416, "bytes */10", b""), unclear),
            (answer(500, "", b""), unclear),
        ] {
            let found = amiss(whole, &(3..=6), &answer);
            assert_eq!(found.map(|(verdict, _)| verdict), expected, "{answer:?}");
        }
    }
}
