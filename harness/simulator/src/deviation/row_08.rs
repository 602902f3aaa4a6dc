//! Row 8: a faulty client puts another derivative in the place of a good one.

use super::{Deed, Deviation, Edit, Point, Script, drafted, message};
use crate::{Ancestor, ClientClass, DerivativeEdit, DraftEdit, Half, Maker, Signed, Which};
use gauntlet_wire::enums::Action;
use gauntlet_wire::version::SuiteId;

/// The departures of row 8.
pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = out_of_chain();
    all.extend(not_as_they_say());
    all.extend(beside());
    all
}

fn op(name: &'static str, deed: Deed, about: &'static str, edit: DraftEdit) -> Deviation {
    Deviation {
        script: Script::of(deed),
        ..drafted(name, ClientClass::Faulty, Point::Op, about, edit)
    }
}

fn acting(action: Action, manifest: impl Into<Vec<DerivativeEdit>>) -> DraftEdit {
    DraftEdit::Derivative {
        action: Some(action),
        manifest: manifest.into(),
        signed: Signed::Anew,
    }
}

/// Derivatives that do not continue the head of their chain.
fn out_of_chain() -> Vec<Deviation> {
    let second = acting(Action::DerivativeAdd, [DerivativeEdit::NoPrior]);
    let root = DerivativeEdit::Record(Ancestor::Root);
    vec![
        op(
            "second-thumbnail-as-an-add",
            Deed::ReplaceThumbnail,
            "A second thumbnail is added as if there were none.",
            second.clone(),
        ),
        Deviation {
            script: Script::of(Deed::ReplaceThumbnail).in_an_elder_album(),
            ..op(
                "second-thumbnail-as-an-add-in-an-elder-album",
                Deed::ReplaceThumbnail,
                "In an album of version A, a second thumbnail is added as if there were none.",
                second,
            )
        },
        op(
            "thumbnail-added-over-the-head",
            Deed::ReplaceThumbnail,
            "An add continues the thumbnail that is there, as only a replace may.",
            acting(Action::DerivativeAdd, []),
        ),
        op(
            "thumbnail-replaced-without-a-prior",
            Deed::ReplaceThumbnail,
            "A replace continues no thumbnail at all.",
            DraftEdit::derivative([DerivativeEdit::NoPrior]),
        ),
        op(
            "thumbnail-replaced-on-a-stale-head",
            Deed::ReplaceThumbnailAgain,
            "A replace continues the first thumbnail, which was replaced already.",
            DraftEdit::derivative([DerivativeEdit::First]),
        ),
        op(
            "another-thumbnail-under-an-accepted-record",
            Deed::ReplaceThumbnail,
            "The record that added the thumbnail comes again, with the manifest of another one.",
            DraftEdit::Swap,
        ),
        op(
            "thumbnail-replaced-before-it-was-added",
            Deed::AddThumbnail,
            "A replace comes for a photo that has no thumbnail.",
            acting(Action::DerivativeReplace, [root]),
        ),
    ]
}

/// Derivatives that are not what their manifest, their op or their chain says.
fn not_as_they_say() -> Vec<Deviation> {
    let add = |name, about, edits: Vec<DerivativeEdit>| {
        op(
            name,
            Deed::AddThumbnail,
            about,
            DraftEdit::derivative(edits),
        )
    };
    let signed = |name, about, signed| {
        let edit = DraftEdit::Derivative {
            action: None,
            manifest: Vec::new(),
            signed,
        };
        op(name, Deed::AddThumbnail, about, edit)
    };
    let text = ToOwned::to_owned;
    vec![
        add(
            "derivative-of-unknown-role",
            "The first thumbnail says that it is a poster.",
            vec![DerivativeEdit::Role(text("poster"))],
        ),
        add(
            "derivative-of-unknown-format",
            "The first thumbnail says that it is an image/jpg.",
            vec![DerivativeEdit::Format(text("image/jpg"))],
        ),
        Deviation {
            script: Script::of(Deed::AddThumbnail).in_an_elder_album(),
            ..add(
                "derivative-of-a-newer-format",
                "In an album of version A, the first thumbnail is of a format that only version B knows.",
                vec![DerivativeEdit::Format(text("image/jxl"))],
            )
        },
        add(
            "embedding-without-its-model",
            "The first derivative says that it is an embedding, and not of which model.",
            vec![
                DerivativeEdit::Role(text("embedding")),
                DerivativeEdit::Format(text("original")),
            ],
        ),
        add(
            "derivative-of-another-asset",
            "The first thumbnail says that it was made from another photo of the author's.",
            vec![DerivativeEdit::OtherSource],
        ),
        add(
            "derivative-by-another-device",
            "The first thumbnail names a maker that is not the device of its op.",
            vec![DerivativeEdit::Maker(Maker::Nobody)],
        ),
        add(
            "derivative-in-another-suite",
            "The first thumbnail names the fictive suite 2, and its op the true one.",
            vec![DerivativeEdit::Suite(SuiteId(2))],
        ),
        add(
            "derivative-of-bytes-never-sent",
            "The first thumbnail names bytes that were never sent.",
            vec![DerivativeEdit::OtherBytes],
        ),
        signed(
            "derivative-with-garbage-signatures",
            "The manifest of the first thumbnail carries signatures that no key made.",
            Signed::Garbage,
        ),
        signed(
            "derivative-without-its-device-signature",
            "One bit of the device signature of the first thumbnail's manifest is flipped.",
            Signed::Broken(Which::Device, Half::Ed25519),
        ),
        signed(
            "derivative-without-its-write-signature",
            "One bit of the write-tier signature of the first thumbnail's manifest is flipped.",
            Signed::Broken(Which::Write, Half::MlDsa65),
        ),
        Deviation {
            script: Script::of(Deed::ReplaceThumbnail),
            ..message(
                "corrupt-thumbnail",
                ClientClass::Faulty,
                Point::LastChunkOfDerivative,
                "The bytes of a thumbnail that is to replace a good one are not those that it declared.",
                [Edit::FlipBodyBit],
            )
        },
    ]
}

/// Derivatives that stand beside another, each on a chain of its own.
fn beside() -> Vec<Deviation> {
    let beside = |name, about, edit| {
        let edits = [DerivativeEdit::NoPrior, edit];
        let edit = acting(Action::DerivativeAdd, edits);
        op(name, Deed::ReplaceThumbnail, about, edit)
    };
    vec![
        beside(
            "preview-beside-the-thumbnail",
            "A preview is added to a photo that has a thumbnail.",
            DerivativeEdit::Role("preview".to_owned()),
        ),
        beside(
            "thumbnail-in-another-format",
            "A thumbnail is added in another format than the one that is there.",
            DerivativeEdit::Format("image/jpeg".to_owned()),
        ),
    ]
}
