//! The register order (`formats.md` §7): instant, device, value.

use super::sample::write;
use gauntlet_wire::sidecar::Write;
use std::cmp::Ordering;

fn at(value: &str, ts: &str, by: u8) -> Write<String> {
    write(value.to_owned(), ts, by)
}

#[test]
fn a_later_instant_wins_whatever_its_spelling_and_value() {
    let earlier = at("z", "2026-11-01T23:00:00Z", 9);
    let later = at("a", "2026-11-01T23:00:00.000000001Z", 1);
    assert_eq!(later.order(&earlier), Ordering::Greater);
    // As text the earlier one is the greater: its offset makes it early.
    let eastern = at("a", "2026-11-02T00:30:00+02:00", 1);
    assert_eq!(earlier.order(&eastern), Ordering::Greater);
}

#[test]
fn at_one_instant_the_device_decides_and_then_the_value() {
    let utc = at("a", "2026-11-01T10:00:00Z", 2);
    let local = at("b", "2026-11-01T12:00:00+02:00", 1);
    assert_eq!(utc.order(&local), Ordering::Greater);
    let longer = at("aa", "2026-11-01T10:00:00Z", 2);
    let greater = at("b", "2026-11-01T10:00:00Z", 2);
    assert_eq!(longer.order(&utc), Ordering::Greater);
    assert_eq!(greater.order(&longer), Ordering::Greater);
}

#[test]
fn only_equal_writes_tie() {
    let utc = at("a", "2026-11-01T10:00:00Z", 2);
    let local = at("a", "2026-11-01T12:00:00+02:00", 2);
    let mut extended = utc.clone();
    extended.unknown.insert("zz".into(), 1_u64.into());
    let all = [&utc, &local, &extended];
    for left in all {
        for right in all {
            assert_eq!(left.order(right) == Ordering::Equal, left == right);
            assert_eq!(left.order(right), right.order(left).reverse());
        }
    }
    assert!(!utc.repeats(&local));
    assert!(utc.repeats(&extended));
}

#[test]
fn ratings_order_by_their_stars() {
    let two = write(2_u8, "2026-11-01T10:00:00Z", 2);
    let five = write(5_u8, "2026-11-01T10:00:00Z", 2);
    assert_eq!(five.order(&two), Ordering::Greater);
}
