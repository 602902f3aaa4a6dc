//! Marks of two devices of one user (row X4).

use crate::world::{album, alice, asset, bob, days, hash, now, other_asset, phone, tablet, time};
use gauntlet_validator::receiver::{Divergence, Split, Subject, compare_marks};
use gauntlet_wire::marks::{AssetMark, DeviceMark, DirectoryMark, FeedMark, LedgerMark, Marks};

fn device(fill: u8) -> DeviceMark {
    DeviceMark {
        key: hash(fill),
        added_at: time(now() - days(100)),
        revoked_at: None,
    }
}

/// What a device knows after everything.
fn marks() -> Marks {
    let directory = |user: u8| DirectoryMark {
        identity: hash(user),
        version: 5,
        document: hash(0x50 + user),
        devices: [(phone(), device(1)), (tablet(), device(2))].into(),
    };
    let chain = |seq: u64, links: &[u8]| AssetMark {
        seq,
        links: links.iter().map(|fill| hash(*fill)).collect(),
    };
    let feed = FeedMark {
        seq: 20,
        assets: [
            (asset(), chain(20, &[1, 2, 3])),
            (other_asset(), chain(12, &[4])),
        ]
        .into(),
    };
    let ledger = LedgerMark {
        admin: hash(9),
        entries: [(1, hash(11)), (2, hash(12)), (3, hash(13))].into(),
    };
    Marks {
        as_of: time(now()),
        directories: [(alice(), directory(1)), (bob(), directory(2))].into(),
        ledgers: [(album(), ledger)].into(),
        feeds: [(album(), feed)].into(),
    }
}

/// What the other device knows, that synced this long before.
fn earlier(change: impl FnOnce(&mut Marks)) -> Marks {
    let mut marks = marks();
    marks.as_of = time(now() - days(1));
    change(&mut marks);
    marks
}

/// The comparison, which both devices come to alike.
fn splits(one: &Marks, other: &Marks) -> Vec<(Subject, Split)> {
    let found = compare_marks(one, other);
    assert_eq!(found, compare_marks(other, one));
    let both = |Divergence { subject, split }| (subject, split);
    found.into_iter().map(both).collect()
}

fn feed(marks: &mut Marks) -> &mut FeedMark {
    marks.feeds.get_mut(&album()).unwrap()
}

fn chain(marks: &mut Marks) -> &mut AssetMark {
    feed(marks).assets.get_mut(&asset()).unwrap()
}

/// As if the last write of the album had not been shown yet.
fn before_the_last_write(marks: &mut Marks) {
    feed(marks).seq = 19;
    *chain(marks) = AssetMark {
        seq: 3,
        links: vec![hash(1), hash(2)],
    };
}

#[test]
fn who_was_told_the_same_or_less_before_diverges_in_nothing() {
    assert_eq!(splits(&marks(), &marks()), []);
    let behind = earlier(|marks| {
        before_the_last_write(marks);
        marks.directories.get_mut(&alice()).unwrap().version = 4;
        marks.directories.get_mut(&alice()).unwrap().document = hash(0);
        marks
            .directories
            .get_mut(&alice())
            .unwrap()
            .devices
            .remove(&tablet());
        marks.directories.remove(&bob());
        marks.ledgers.get_mut(&album()).unwrap().entries.remove(&3);
        feed(marks).assets.remove(&other_asset());
        feed(marks).seq = 11;
    });
    assert_eq!(splits(&marks(), &behind), []);
}

#[test]
fn a_fork_is_found_in_every_subject() {
    let asset = Subject::Asset(album(), asset());
    for (subject, change) in [
        (
            asset,
            (|marks| chain(marks).links[1] = hash(0xff)) as fn(&mut Marks),
        ),
        (asset, |marks| {
            *chain(marks).links.last_mut().unwrap() = hash(0xff)
        }),
        (Subject::Directory(alice()), |marks| {
            marks.directories.get_mut(&alice()).unwrap().document = hash(0xff);
        }),
        (Subject::Directory(alice()), |marks| {
            let mark = marks.directories.get_mut(&alice()).unwrap();
            mark.version = 4;
            mark.devices.insert(tablet(), device(0xff));
        }),
        (Subject::Directory(alice()), |marks| {
            marks.directories.get_mut(&alice()).unwrap().identity = hash(0xff);
        }),
        (Subject::Ledger(album()), |marks| {
            let mark = marks.ledgers.get_mut(&album()).unwrap();
            mark.entries.remove(&3);
            mark.entries.insert(2, hash(0xff));
        }),
        (Subject::Ledger(album()), |marks| {
            marks.ledgers.get_mut(&album()).unwrap().admin = hash(0xff);
        }),
    ] {
        assert_eq!(splits(&marks(), &earlier(change)), [(subject, Split::Fork)]);
    }
}

#[test]
fn who_is_behind_after_a_later_sync_was_frozen() {
    for (subject, change) in [
        (
            Subject::Directory(bob()),
            (|marks| {
                let mark = marks.directories.get_mut(&bob()).unwrap();
                (mark.version, mark.document) = (4, hash(0));
            }) as fn(&mut Marks),
        ),
        (Subject::Ledger(album()), |marks| {
            marks.ledgers.get_mut(&album()).unwrap().entries.remove(&3);
        }),
        (Subject::Feed(album()), before_the_last_write),
    ] {
        let mut frozen = marks();
        change(&mut frozen);
        assert_eq!(
            splits(&frozen, &earlier(|_| ())),
            [(subject, Split::Freeze)]
        );
        // At one instant nobody can say.
        assert_eq!(splits(&frozen, &marks()), []);
    }
}

#[test]
fn who_was_led_past_a_record_misses_it() {
    let mut past = marks();
    before_the_last_write(&mut past);
    feed(&mut past).seq = 20;
    let expected = [(Subject::Asset(album(), asset()), Split::Omission)];
    assert_eq!(splits(&past, &earlier(|_| ())), expected);

    let mut absent = marks();
    feed(&mut absent).assets.remove(&other_asset());
    let expected = [(Subject::Asset(album(), other_asset()), Split::Omission)];
    assert_eq!(splits(&absent, &earlier(|_| ())), expected);

    let mut epoch = marks();
    epoch.ledgers.get_mut(&album()).unwrap().entries.remove(&2);
    let expected = [(Subject::Ledger(album()), Split::Omission)];
    assert_eq!(splits(&epoch, &earlier(|_| ())), expected);
}
