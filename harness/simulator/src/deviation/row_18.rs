//! Row 18: an old client goes on writing into an album that is being upgraded, or was.

use super::{Deed, Deviation, Point, Script, drafted};
use crate::{ClientClass, DraftEdit, Event, NamedIntent, Profile, Scene};

/// The upload of a photo into an album of version A, which is the one that can be upgraded.
const UPLOAD: Script = Script::UPLOAD.in_an_elder_album();
/// The same while an upgrade is under way.
const QUIESCING: Script = UPLOAD.in_scene(Scene::Quiescing);
/// The same after the upgrade, in the successor.
const UPGRADED: Script = UPLOAD.in_scene(Scene::Upgraded);

/// A deed in the album while an upgrade is under way.
const fn while_quiescing(deed: Deed) -> Script {
    Script::of(deed)
        .in_an_elder_album()
        .in_scene(Scene::Quiescing)
}

fn old(
    name: &'static str,
    script: Script,
    point: Point,
    about: &'static str,
    edit: DraftEdit,
) -> Deviation {
    Deviation {
        script,
        ..drafted(name, ClientClass::Old, point, about, edit)
    }
}

fn after(
    name: &'static str,
    script: Script,
    point: Point,
    event: Event,
    aware: bool,
    about: &'static str,
) -> Deviation {
    Deviation {
        script,
        ..super::after(name, ClientClass::Old, point, about, event, aware)
    }
}

/// The departures of row 18.
pub(super) fn deviations() -> Vec<Deviation> {
    [uploads(), ceremonies(), ops(), cutovers()].concat()
}

/// Uploads while the upgrade is under way, and after it ended otherwise than it should.
fn uploads() -> Vec<Deviation> {
    let (original, chunk) = (Point::OpenOriginal, Point::SecondChunk);
    let nothing = || DraftEdit::Intent(NamedIntent::Nothing);
    vec![
        old(
            "write-without-the-intent",
            QUIESCING,
            original,
            "While an upgrade is under way a photo is uploaded without its intent.",
            nothing(),
        ),
        old(
            "record-without-the-intent",
            QUIESCING,
            Point::OpenProvenance,
            "Only the record of a photo of the ceremony is uploaded without its intent.",
            nothing(),
        ),
        old(
            "write-with-a-foreign-intent",
            QUIESCING,
            original,
            "While an upgrade is under way a photo is uploaded with an intent that the album never had.",
            DraftEdit::Intent(NamedIntent::Foreign),
        ),
        after(
            "write-with-an-aborted-intent",
            QUIESCING,
            original,
            Event::Renewal,
            false,
            "An upgrade is ended and another begun, and a photo is uploaded with the first one's intent.",
        ),
        after(
            "write-with-a-lapsed-intent",
            QUIESCING,
            original,
            Event::LateRenewal,
            false,
            "An upgrade runs out of time and another is begun, and a photo is uploaded with the first one's intent.",
        ),
        after(
            "write-with-the-live-intent",
            QUIESCING,
            original,
            Event::Renewal,
            true,
            "An upgrade is ended and another begun, and a photo is uploaded with the intent that lives now.",
        ),
        after(
            "write-after-an-abort",
            QUIESCING,
            original,
            Event::Abort,
            true,
            "The upgrade is ended, and a photo is uploaded as if it had never been.",
        ),
        after(
            "write-after-a-lapse",
            QUIESCING,
            original,
            Event::Lapse,
            true,
            "The upgrade runs out of time, and a photo is uploaded as if it had never been.",
        ),
        after(
            "open-session-drains",
            UPLOAD,
            chunk,
            Event::Proposal,
            true,
            "An upgrade begins while a photo is being uploaded, and the upload goes on.",
        ),
        after(
            "queued-write-outlives-an-abort",
            QUIESCING,
            chunk,
            Event::Abort,
            true,
            "An upgrade is ended while a photo of its ceremony is being uploaded, and the upload goes on.",
        ),
        after(
            "queued-write-outlives-a-lapse",
            QUIESCING,
            chunk,
            Event::Lapse,
            true,
            "An upgrade runs out of time while a photo of its ceremony is being uploaded, and the upload goes on.",
        ),
    ]
}

/// The ceremony itself.
fn ceremonies() -> Vec<Deviation> {
    vec![
        old(
            "second-upgrade",
            while_quiescing(Deed::Upgrade),
            Point::Call,
            "While an upgrade is under way another one is proposed, signed by the same device.",
            DraftEdit::AnotherUpgrade,
        ),
        after(
            "completion-with-a-session-in-flight",
            while_quiescing(Deed::Completion),
            Point::Call,
            Event::Opening,
            false,
            "An upgrade is completed while a photo of its ceremony is being uploaded.",
        ),
    ]
}

/// Ops while the upgrade is under way.
fn ops() -> Vec<Deviation> {
    let update = while_quiescing(Deed::Update);
    vec![
        old(
            "op-without-the-intent",
            update,
            Point::Op,
            "While an upgrade is under way a photo is given other metadata without its intent.",
            DraftEdit::Intent(NamedIntent::Nothing),
        ),
        old(
            "op-with-a-foreign-intent",
            update,
            Point::Op,
            "While an upgrade is under way a photo is given other metadata with an intent that the album never had.",
            DraftEdit::Intent(NamedIntent::Foreign),
        ),
        after(
            "op-with-an-aborted-intent",
            update,
            Point::Op,
            Event::Renewal,
            false,
            "An upgrade is ended and another begun, and a photo is given other metadata with the first one's intent.",
        ),
        after(
            "op-with-a-lapsed-intent",
            update,
            Point::Op,
            Event::LateRenewal,
            false,
            "An upgrade runs out of time and another is begun, and a photo is given other metadata with the first one's intent.",
        ),
        after(
            "op-with-the-live-intent",
            update,
            Point::Op,
            Event::Renewal,
            true,
            "An upgrade is ended and another begun, and a photo is given other metadata with the intent that lives now.",
        ),
        after(
            "op-after-an-abort",
            update,
            Point::Op,
            Event::Abort,
            true,
            "The upgrade is ended, and a photo is given other metadata as if it had never been.",
        ),
        after(
            "op-after-a-lapse",
            update,
            Point::Op,
            Event::Lapse,
            true,
            "The upgrade runs out of time, and a photo is given other metadata as if it had never been.",
        ),
    ]
}

/// Writes after the upgrade.
fn cutovers() -> Vec<Deviation> {
    vec![
        after(
            "write-into-the-frozen-album",
            QUIESCING,
            Point::OpenOriginal,
            Event::Cutover,
            false,
            "The upgrade is completed, and a photo is uploaded into the old album with its intent.",
        ),
        after(
            "op-in-the-frozen-album",
            while_quiescing(Deed::Update),
            Point::Op,
            Event::Cutover,
            false,
            "The upgrade is completed, and a photo of the old album is given other metadata with its intent.",
        ),
        old(
            "elder-version-into-the-successor",
            UPGRADED,
            Point::OpenOriginal,
            "After the upgrade a photo is uploaded into the successor in the version of the old album.",
            DraftEdit::Speak(Profile::A),
        ),
        old(
            "version-below-the-window-into-the-successor",
            UPGRADED,
            Point::OpenOriginal,
            "After the upgrade a photo is uploaded into the successor in a version that the server no longer speaks.",
            DraftEdit::Speak(Profile::B.of(ClientClass::Old)),
        ),
    ]
}
