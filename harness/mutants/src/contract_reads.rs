//! The contract's own rows: servers that are lenient in what they are asked.

use crate::Mutant;
use crate::forgetful::sweeps_what_is_old;
use gauntlet_arena::{Beat, Harm, Verdict};
use gauntlet_server::{Judge, Ports};
use gauntlet_validator::server as validator;
use gauntlet_validator::server::{
    BlobAccess, CursorFacts, LedgerFacts, Policy, ProvisionFacts, ProvisionPlan, ProvisionRequest,
    Refusal, Rejection, StorageQuestion, UpgradeFacts,
};
use gauntlet_wire::cbor::Canonical;
use gauntlet_wire::cursor::Cursor;
use gauntlet_wire::enums::UploadStatus;
use gauntlet_wire::id::AlbumId;
use gauntlet_wire::json::UpgradeStatus;
use gauntlet_wire::ledger::EpochLedger;
use std::sync::Arc;

/// What every mutant here has in common: the answer is another one, and nothing has changed.
const ANSWERED: Mutant = Mutant {
    id: "",
    rows: &[],
    invariant: None,
    about: "",
    beat: Beat::Containment,
    verdict: Verdict::Nonconforming,
    harm: None,
    killers: &[],
    plant: |ports| ports,
};

pub(crate) const MUTANTS: &[Mutant] = &[
    Mutant {
        id: "rowI22-no-cursor-is-the-beginning",
        rows: &["I22"],
        invariant: Some(22),
        about: "A text that is no cursor stands for the beginning of the feed.",
        killers: &["cursor-of-garbage"],
        plant: |ports| {
            reading(ports, |facts, text| match Cursor::parse(text) {
                Ok(_) => validator::open_cursor(facts, text),
                Err(_) => Ok(0),
            })
        },
        ..ANSWERED
    },
    Mutant {
        id: "rowI22-mac-not-verified",
        rows: &["I22"],
        invariant: Some(22),
        about: "The MAC of a cursor is not verified.",
        killers: &["cursor-bent"],
        plant: |ports| reading(ports, without_mac),
        ..ANSWERED
    },
    Mutant {
        id: "rowI22-caller-not-compared",
        rows: &["I22"],
        invariant: Some(22),
        about: "A cursor is good for whoever presents it.",
        killers: &["cursor-of-another-account"],
        plant: |ports| reading(ports, for_any_caller),
        ..ANSWERED
    },
    Mutant {
        id: "rowI22-album-not-compared",
        rows: &["I22"],
        invariant: Some(22),
        about: "A cursor of one feed is good for another.",
        killers: &["cursor-of-one-album-for-all", "cursor-of-another-album"],
        plant: |ports| reading(ports, for_any_album),
        ..ANSWERED
    },
    Mutant {
        id: "rowE2-unknown-state-lists-all",
        rows: &["E2"],
        about: "A filter by a state that there is not filters nothing.",
        killers: &["sessions-of-no-state"],
        plant: |ports| {
            lenient(
                ports,
                Lenience {
                    status: any_state,
                    ..NONE
                },
            )
        },
        ..ANSWERED
    },
    Mutant {
        id: "rowE3-any-text-is-an-album",
        rows: &["E3"],
        about: "A path whose album is no id speaks of an album that nobody has.",
        killers: &["op-for-no-album"],
        plant: |ports| {
            lenient(
                ports,
                Lenience {
                    album: any_album,
                    ..NONE
                },
            )
        },
        ..ANSWERED
    },
    Mutant {
        id: "rowE4-any-text-is-an-album",
        rows: &["E4"],
        about: "A text that is no id opens an album all the same.",
        killers: &["album-id-that-is-none"],
        plant: |ports| {
            lenient(
                ports,
                Lenience {
                    any_album: true,
                    ..NONE
                },
            )
        },
        ..ANSWERED
    },
    Mutant {
        id: "rowE4-ledger-read-by-anyone",
        rows: &["E4"],
        about: "Anyone reads a ledger who knows its album.",
        killers: &["ledger-read-by-a-stranger"],
        plant: |ports| {
            lenient(
                ports,
                Lenience {
                    anyone: true,
                    ..NONE
                },
            )
        },
        ..ANSWERED
    },
    Mutant {
        id: "rowE5-upgrade-shown-to-anyone",
        rows: &["E5"],
        about: "Anyone may ask how an upgrade stands who knows its album.",
        killers: &["upgrade-asked-for-by-a-stranger"],
        plant: |ports| {
            lenient(
                ports,
                Lenience {
                    anyone: true,
                    ..NONE
                },
            )
        },
        ..ANSWERED
    },
    Mutant {
        id: "rowE6-feed-of-no-album-is-of-all",
        rows: &["E6"],
        about: "The feed of an album whose name is no id is that of all albums.",
        killers: &["feed-of-no-album"],
        plant: |ports| {
            lenient(
                ports,
                Lenience {
                    feed: any_feed,
                    ..NONE
                },
            )
        },
        ..ANSWERED
    },
    Mutant {
        id: "rowE7-absent-blob-is-empty",
        rows: &["E7"],
        about: "A blob that is not there is taken for one of no bytes.",
        killers: &["blob-of-nobody"],
        plant: |ports| {
            lenient(
                ports,
                Lenience {
                    absent_blob: true,
                    ..NONE
                },
            )
        },
        ..ANSWERED
    },
    Mutant {
        id: "rowE7-blobs-kept-for-a-week",
        rows: &["E7"],
        beat: Beat::Recovery,
        verdict: Verdict::IrreparableDamage,
        harm: Some(Harm::Lost),
        about: "A collection sweeps every blob that it has known for a week, whatever refers to it.",
        killers: &["blob-of-nobody"],
        plant: sweeps_what_is_old,
        ..ANSWERED
    },
    Mutant {
        id: "rowE8-hashes-that-are-none-passed-over",
        rows: &["E8"],
        about: "Of a question that can't be read nothing is answered, and nobody is told.",
        killers: &["storage-of-no-hash"],
        plant: |ports| {
            lenient(
                ports,
                Lenience {
                    question: no_question,
                    ..NONE
                },
            )
        },
        ..ANSWERED
    },
];

type ReadBy = fn(&CursorFacts<'_>, &str) -> Result<u64, Rejection>;

/// The contract with another way to read cursors.
struct Reading(ReadBy);

fn reading(ports: Ports, by: ReadBy) -> Ports {
    Ports {
        judge: Arc::new(Reading(by)),
        ..ports
    }
}

impl Judge for Reading {
    fn open_cursor(&self, facts: &CursorFacts<'_>, text: &str) -> Result<u64, Rejection> {
        (self.0)(facts, text)
    }
}

fn without_mac(facts: &CursorFacts<'_>, text: &str) -> Result<u64, Rejection> {
    let bound =
        |cursor: &Cursor| cursor.body.caller == facts.caller && cursor.body.album == facts.album;
    match Cursor::parse(text) {
        Ok(cursor) if bound(&cursor) => Ok(cursor.body.seq),
        _ => validator::open_cursor(facts, text),
    }
}

fn for_any_caller(facts: &CursorFacts<'_>, text: &str) -> Result<u64, Rejection> {
    let caller = Cursor::parse(text).map_or(facts.caller, |cursor| cursor.body.caller);
    validator::open_cursor(&CursorFacts { caller, ..*facts }, text)
}

fn for_any_album(facts: &CursorFacts<'_>, text: &str) -> Result<u64, Rejection> {
    let album = Cursor::parse(text).map_or(facts.album, |cursor| cursor.body.album);
    validator::open_cursor(&CursorFacts { album, ..*facts }, text)
}

/// An album that nobody has.
const NO_ALBUM: &str = "6e6f6e65-0000-4000-8000-000000000000";

/// In what a judge is lenient; in nothing by default.
#[derive(Clone, Copy)]
struct Lenience {
    status: fn(Option<&str>) -> Result<Option<UploadStatus>, Rejection>,
    album: fn(&str) -> Result<AlbumId, Rejection>,
    feed: fn(Option<&str>) -> Result<Option<AlbumId>, Rejection>,
    question: fn(&[u8]) -> Result<StorageQuestion, Rejection>,
    /// Whether any text opens an album.
    any_album: bool,
    /// Whether anyone reads the ledger of an album, and how its upgrade stands.
    anyone: bool,
    /// Whether a blob that is not there has no bytes.
    absent_blob: bool,
}

const NONE: Lenience = Lenience {
    status: validator::status_filter,
    album: validator::album_named,
    feed: validator::feed_album,
    question: validator::read_question,
    any_album: false,
    anyone: false,
    absent_blob: false,
};

fn lenient(ports: Ports, lenience: Lenience) -> Ports {
    Ports {
        judge: Arc::new(lenience),
        ..ports
    }
}

fn any_state(text: Option<&str>) -> Result<Option<UploadStatus>, Rejection> {
    Ok(text.and_then(|text| text.parse().ok()))
}

fn any_album(text: &str) -> Result<AlbumId, Rejection> {
    validator::album_named(text).or_else(|_| validator::album_named(NO_ALBUM))
}

fn any_feed(text: Option<&str>) -> Result<Option<AlbumId>, Rejection> {
    Ok(validator::feed_album(text).unwrap_or_default())
}

fn no_question(body: &[u8]) -> Result<StorageQuestion, Rejection> {
    let nothing = StorageQuestion {
        assets: Vec::new(),
        deep: false,
    };
    Ok(validator::read_question(body).unwrap_or(nothing))
}

impl Judge for Lenience {
    fn status_filter(&self, text: Option<&str>) -> Result<Option<UploadStatus>, Rejection> {
        (self.status)(text)
    }

    fn album_named(&self, text: &str) -> Result<AlbumId, Rejection> {
        (self.album)(text)
    }

    fn feed_album(&self, text: Option<&str>) -> Result<Option<AlbumId>, Rejection> {
        (self.feed)(text)
    }

    fn read_question(&self, body: &[u8]) -> Result<StorageQuestion, Rejection> {
        (self.question)(body)
    }

    fn provision_album(
        &self,
        facts: &ProvisionFacts,
        request: &ProvisionRequest,
        policy: &Policy,
    ) -> Result<ProvisionPlan, Refusal> {
        let mut request = request.clone();
        if self.any_album && request.album.parse::<AlbumId>().is_err() {
            request.album = NO_ALBUM.to_owned();
        }
        validator::provision_album(facts, &request, policy)
    }

    fn read_ledger(
        &self,
        facts: &LedgerFacts,
        policy: &Policy,
    ) -> Result<Canonical<EpochLedger>, Refusal> {
        let mut facts = facts.clone();
        if let Some(album) = &mut facts.album {
            album.caller_may_write |= self.anyone;
        }
        validator::read_ledger(&facts, policy)
    }

    fn upgrade_status(
        &self,
        album: AlbumId,
        facts: &UpgradeFacts,
    ) -> Result<UpgradeStatus, Refusal> {
        let mut facts = facts.clone();
        if let Some(album) = &mut facts.album {
            album.caller_may_write |= self.anyone;
        }
        validator::upgrade_status(album, &facts)
    }

    fn read_blob(&self, access: &BlobAccess, policy: &Policy) -> Result<u64, Refusal> {
        let mut access = *access;
        if self.absent_blob && access == BlobAccess::default() {
            access.readable = Some(0);
        }
        validator::read_blob(&access, policy)
    }
}
