//! Who asks: every route of the contract that takes a token, asked without one.

use super::{Deviation, Point, Script, message, set_header};
use crate::{ClientClass, Deed, Question, Scene};

/// The departures.
pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = written();
    all.extend(asked());
    all.push(Deviation {
        script: Script::of(Deed::Ask(Question::Feed)),
        ..message(
            "token-of-garbage",
            ClientClass::Malicious,
            Point::Ask,
            "The feed is read with a text in place of an access token.",
            [set_header("authorization", "Bearer none.none.none")],
        )
    });
    all
}

fn without(name: &'static str, script: Script, point: Point, about: &'static str) -> Deviation {
    Deviation {
        script,
        ..message(
            name,
            ClientClass::Malicious,
            point,
            about,
            [set_header("authorization", "")],
        )
    }
}

/// Messages of scripts that write.
fn written() -> Vec<Deviation> {
    let while_quiescing = |deed| {
        let script = Script::of(deed).in_an_elder_album();
        script.in_scene(Scene::Quiescing)
    };
    vec![
        without(
            "opening-without-a-token",
            Script::UPLOAD,
            Point::OpenOriginal,
            "A session is opened without an access token.",
        ),
        without(
            "chunk-without-a-token",
            Script::UPLOAD,
            Point::SecondChunk,
            "The second chunk is sent without an access token.",
        ),
        without(
            "op-without-a-token",
            Script::of(Deed::Update),
            Point::Op,
            "An update is sent without an access token.",
        ),
        without(
            "directory-without-a-token",
            Script::of(Deed::Directory),
            Point::Publish,
            "The next directory is published without an access token.",
        ),
        without(
            "completion-without-a-token",
            while_quiescing(Deed::Completion),
            Point::Call,
            "An upgrade is completed without an access token.",
        ),
        without(
            "abort-without-a-token",
            while_quiescing(Deed::Abort),
            Point::Call,
            "An upgrade is ended without an access token.",
        ),
    ]
}

/// Questions, and what is said once more.
fn asked() -> Vec<Deviation> {
    let ask = |name, question, about| {
        let script = Script::of(Deed::Ask(question));
        without(name, script, Point::Ask, about)
    };
    let proposal = Script::of(Deed::Ask(Question::Propose)).in_an_elder_album();
    vec![
        ask(
            "feed-without-a-token",
            Question::Feed,
            "The feed is read without an access token.",
        ),
        ask(
            "sessions-without-a-token",
            Question::Sessions,
            "Sessions are listed without an access token.",
        ),
        ask(
            "query-without-a-token",
            Question::Session,
            "A session is queried without an access token.",
        ),
        ask(
            "cancellation-without-a-token",
            Question::Cancel,
            "A session is cancelled without an access token.",
        ),
        ask(
            "blob-without-a-token",
            Question::Original,
            "A blob is read without an access token.",
        ),
        ask(
            "storage-without-a-token",
            Question::Storage,
            "It is asked without an access token whether a photo is safely stored.",
        ),
        ask(
            "quota-without-a-token",
            Question::Quota,
            "The quota is read without an access token.",
        ),
        ask(
            "directory-read-without-a-token",
            Question::Directory,
            "A device directory is read without an access token.",
        ),
        ask(
            "album-without-a-token",
            Question::Album,
            "An album is opened without an access token.",
        ),
        ask(
            "ledger-read-without-a-token",
            Question::Ledger,
            "A ledger is read without an access token.",
        ),
        ask(
            "ledger-without-a-token",
            Question::PublishLedger,
            "A ledger is published without an access token.",
        ),
        ask(
            "upgrade-status-without-a-token",
            Question::Upgrade,
            "It is asked without an access token how an upgrade stands.",
        ),
        without(
            "proposal-without-a-token",
            proposal,
            Point::Ask,
            "An upgrade is proposed without an access token.",
        ),
    ]
}
