//! What a lifecycle op, a ledger, an upgrade and a directory are held to, where no damage scenario
//! reaches it.

use super::contract::NOBODYS_SESSION;
use super::{Deviation, Meanwhile, Point, Script, drafted, message, set_header, set_json};
use crate::{
    Borrowed, ClientClass, CoreEdit, Deed, DraftEdit, Edit, Half, IntentEdit, LedgerEdit, Place,
    Question,
};
use gauntlet_wire::header;

/// The departures.
pub(super) fn deviations() -> Vec<Deviation> {
    [
        ops(),
        above_quota(),
        albums(),
        ledgers(),
        upgrades(),
        directories(),
    ]
    .concat()
}

fn asked(
    question: Question,
    name: &'static str,
    about: &'static str,
    edits: impl Into<Vec<Edit>>,
) -> Deviation {
    Deviation {
        script: Script::of(Deed::Ask(question)),
        ..message(name, ClientClass::Faulty, Point::Ask, about, edits)
    }
}

fn drop_header(name: &str) -> Edit {
    Edit::DropHeader {
        name: name.to_owned(),
    }
}

fn ops() -> Vec<Deviation> {
    let op = |deed, name, about, edits: Vec<Edit>| Deviation {
        script: Script::of(deed),
        ..message(name, ClientClass::Faulty, Point::Op, about, edits)
    };
    let lying = |deed, name, about, edit| Deviation {
        script: Script::of(deed),
        ..drafted(name, ClientClass::Faulty, Point::Op, about, edit)
    };
    vec![
        op(
            Deed::Delete,
            "op-action-unknown",
            "The envelope of an op names an action that is none of the seven.",
            vec![set_json("/manifest_envelope/action", "\"archive\"")],
        ),
        lying(
            Deed::Delete,
            "op-creates",
            "An op carries the signed record of a create, which rides on an upload.",
            DraftEdit::core(CoreEdit::Create),
        ),
        op(
            Deed::Delete,
            "delete-without-retention",
            "The envelope of a delete does not say until when it can be taken back.",
            vec![set_json("/manifest_envelope/retention_until", "null")],
        ),
        lying(
            Deed::Update,
            "restore-of-what-is-not-deleted",
            "An asset is restored that nobody has deleted.",
            DraftEdit::Instead {
                deed: Deed::Restore,
            },
        ),
        op(
            Deed::Update,
            "schema-absent",
            "A metadata update does not say of which schema its sidecar is.",
            vec![drop_header(header::SIDECAR_SCHEMA)],
        ),
        op(
            Deed::Update,
            "metadata-not-held",
            "A metadata update leaves the blob out that its manifest commits to.",
            vec![set_json("/metadata_blob", "null")],
        ),
        lying(
            Deed::Update,
            "op-metadata-other-than-committed",
            "A metadata update brings another blob than its manifest commits to.",
            DraftEdit::core(CoreEdit::OtherMetadata),
        ),
        op(
            Deed::Update,
            "update-with-a-derivative",
            "A metadata update brings a derivative manifest, which no derivative op sends.",
            vec![set_json("/derivative_cbor", "\"oA==\"")],
        ),
        op(
            Deed::Update,
            "op-for-no-album",
            "An op is sent to a path whose album is no id.",
            vec![Edit::SetSubject("an-album".to_owned())],
        ),
    ]
}

/// Quota: the grace above the hard limit is fourteen days.
fn above_quota() -> Vec<Deviation> {
    let updated = |name, hours, about| Deviation {
        script: Script::of(Deed::Delete).after(Meanwhile::AboveQuota(hours)),
        ..drafted(
            name,
            ClientClass::Faulty,
            Point::Op,
            about,
            DraftEdit::Instead { deed: Deed::Update },
        )
    };
    vec![
        updated(
            "update-within-the-grace",
            14 * 24 - 1,
            "Metadata grows an hour before the account has been above its quota for fourteen days.",
        ),
        updated(
            "update-past-the-grace",
            14 * 24 + 1,
            "Metadata grows an hour after the account has been above its quota for fourteen days.",
        ),
    ]
}

fn albums() -> Vec<Deviation> {
    vec![
        asked(
            Question::Album,
            "album-id-that-is-none",
            "An album is opened under a text that is no id.",
            [set_json("/album_id", "\"an-album\"")],
        ),
        Deviation {
            class: ClientClass::Malicious,
            ..asked(
                Question::Album,
                "album-id-that-is-taken",
                "An album is opened under the id of another account's.",
                [Edit::Borrow {
                    what: Borrowed::AnothersAlbum,
                    into: Place::Json(vec!["/album_id".to_owned()]),
                }],
            )
        },
    ]
}

fn ledgers() -> Vec<Deviation> {
    let posted = |name, about, edits: Vec<Edit>| asked(Question::PublishLedger, name, about, edits);
    let lying = |name, about, edit| Deviation {
        script: Script::of(Deed::Ask(Question::PublishLedger)),
        ..drafted(
            name,
            ClientClass::Malicious,
            Point::Ask,
            about,
            DraftEdit::Ledger(edit),
        )
    };
    vec![
        posted(
            "ledger-cut-short",
            "The ledger is published without its end.",
            vec![Edit::CutBody { to: 100 }],
        ),
        lying(
            "ledger-of-another-album",
            "The ledger that is published is another album's, under the own admin key.",
            LedgerEdit::OfAnotherAlbum,
        ),
        lying(
            "ledger-under-another-admin",
            "The ledger is signed by another admin key than the first one was.",
            LedgerEdit::AnotherAdmin,
        ),
        lying(
            "ledger-without-ml-dsa",
            "One bit of the ML-DSA-65 half of the admin's signature is flipped.",
            LedgerEdit::HalfSigned(Half::MlDsa65),
        ),
        lying(
            "ledger-with-another-key",
            "The ledger gives the epoch that stands another write-tier key, under the own admin key.",
            LedgerEdit::AnotherKey,
        ),
        Deviation {
            class: ClientClass::Malicious,
            ..asked(
                Question::Ledger,
                "ledger-read-by-a-stranger",
                "The ledger of another account's album is read.",
                [Edit::Borrow {
                    what: Borrowed::AnothersAlbum,
                    into: Place::Subject,
                }],
            )
        },
    ]
}

fn upgrades() -> Vec<Deviation> {
    let elder = Script::of(Deed::Ask(Question::Propose)).in_an_elder_album();
    let posted = |name, about, edits: Vec<Edit>| Deviation {
        script: elder,
        ..asked(Question::Propose, name, about, edits)
    };
    let lying = |name, about, edit| Deviation {
        script: elder,
        ..drafted(
            name,
            ClientClass::Malicious,
            Point::Ask,
            about,
            DraftEdit::Propose(edit),
        )
    };
    vec![
        posted(
            "intent-of-another-media-type",
            "An upgrade is proposed as JSON.",
            vec![set_header("content-type", "application/json")],
        ),
        posted(
            "intent-cut-short",
            "An upgrade is proposed by an intent without its end.",
            vec![Edit::CutBody { to: 100 }],
        ),
        lying(
            "intent-to-an-unknown-version",
            "An upgrade is proposed to a version that no server knows yet.",
            IntentEdit::ToUnknownVersion,
        ),
        lying(
            "intent-by-nobody",
            "An upgrade is proposed by a device that no directory lists.",
            IntentEdit::ByNobody,
        ),
        lying(
            "intent-without-ml-dsa",
            "One bit of the ML-DSA-65 half of the proposer's signature is flipped.",
            IntentEdit::HalfSigned(Half::MlDsa65),
        ),
        Deviation {
            class: ClientClass::Malicious,
            ..asked(
                Question::Upgrade,
                "upgrade-asked-for-by-a-stranger",
                "It is asked how the upgrade of another account's album stands.",
                [Edit::Borrow {
                    what: Borrowed::AnothersAlbum,
                    into: Place::Subject,
                }],
            )
        },
    ]
}

fn directories() -> Vec<Deviation> {
    let published = |name, about, edits: Vec<Edit>| Deviation {
        script: Script::of(Deed::Directory),
        ..message(name, ClientClass::Faulty, Point::Publish, about, edits)
    };
    vec![
        published(
            "directory-of-another-media-type",
            "The next directory is published as JSON.",
            vec![set_header("content-type", "application/json")],
        ),
        published(
            "directory-cut-short",
            "The next directory is published without its end.",
            vec![Edit::CutBody { to: 100 }],
        ),
        published(
            "directory-without-its-identity-key",
            "The next directory is published without the header that states the identity key.",
            vec![drop_header(header::IDENTITY_KEY)],
        ),
        asked(
            Question::Directory,
            "directory-of-nobody",
            "The directory of a user is read who has published none.",
            [Edit::SetSubject(NOBODYS_SESSION.to_owned())],
        ),
    ]
}
