//! RFC 8949 Appendix A: the known answers that are canonical and of our kinds decode to their
//! value and back; the others are refused by the rule that they break.

use gauntlet_wire::cbor::{Bounds, Map, Rule, Value, check, decode};

const BOUNDS: Bounds = Bounds::up_to(1_024);

fn array(items: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(items.into_iter().collect())
}

fn ints(range: std::ops::RangeInclusive<u64>) -> Value {
    array(range.map(Value::from))
}

fn object<const N: usize>(entries: [(Value, Value); N]) -> Value {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    Value::Map(map)
}

fn integers() -> Vec<(&'static str, Value)> {
    let unsigned = [
        ("00", 0),
        ("01", 1),
        ("0a", 10),
        ("17", 23),
        ("1818", 24),
        ("1819", 25),
        ("1864", 100),
        ("1903e8", 1_000),
        ("1a000f4240", 1_000_000),
        ("1b000000e8d4a51000", 1_000_000_000_000),
        ("1bffffffffffffffff", u64::MAX),
    ];
    let negative = [
        ("20", 0),
        ("29", 9),
        ("3863", 99),
        ("3903e7", 999),
        ("3bffffffffffffffff", u64::MAX),
    ];
    let unsigned = unsigned.map(|(hex, n)| (hex, Value::Unsigned(n)));
    let negative = negative.map(|(hex, n)| (hex, Value::Negative(n)));
    unsigned.into_iter().chain(negative).collect()
}

fn floats() -> Vec<(&'static str, Value)> {
    [
        ("f90000", 0.0),
        ("f98000", -0.0),
        ("f93c00", 1.0),
        ("fb3ff199999999999a", 1.1),
        ("f93e00", 1.5),
        ("f97bff", 65_504.0),
        ("fa47c35000", 100_000.0),
        ("fa7f7fffff", 3.402_823_466_385_288_6e38),
        ("fb7e37e43c8800759c", 1e300),
        ("f90001", 5.960_464_477_539_063e-8),
        ("f90400", 0.000_061_035_156_25),
        ("f9c400", -4.0),
        ("fbc010666666666666", -4.1),
        ("f97c00", f64::INFINITY),
        ("f97e00", f64::NAN),
        ("f9fc00", f64::NEG_INFINITY),
    ]
    .map(|(hex, float)| (hex, float.into()))
    .into()
}

fn strings_and_simple_values() -> Vec<(&'static str, Value)> {
    vec![
        ("f4", false.into()),
        ("f5", true.into()),
        ("f6", Value::Null),
        ("40", b"".into()),
        ("4401020304", [1, 2, 3, 4].into()),
        ("60", "".into()),
        ("6161", "a".into()),
        ("6449455446", "IETF".into()),
        ("62225c", "\"\\".into()),
        ("62c3bc", "\u{fc}".into()),
        ("63e6b0b4", "\u{6c34}".into()),
        ("64f0908591", "\u{10151}".into()),
    ]
}

fn collections() -> Vec<(&'static str, Value)> {
    let letters =
        ["a", "b", "c", "d", "e"].map(|letter| (letter.into(), letter.to_uppercase().into()));
    vec![
        ("80", array([])),
        ("83010203", ints(1..=3)),
        (
            "8301820203820405",
            array([1u64.into(), ints(2..=3), ints(4..=5)]),
        ),
        (
            "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
            ints(1..=25),
        ),
        ("a0", object([])),
        (
            "a201020304",
            object([(1u64.into(), 2u64.into()), (3u64.into(), 4u64.into())]),
        ),
        (
            "a26161016162820203",
            object([("a".into(), 1u64.into()), ("b".into(), ints(2..=3))]),
        ),
        (
            "826161a161626163",
            array(["a".into(), object([("b".into(), "c".into())])]),
        ),
        (
            "a56161614161626142616361436164614461656145",
            object(letters),
        ),
    ]
}

#[test]
fn canonical_answers_decode_to_their_value_and_back() {
    let answers = [
        integers(),
        floats(),
        strings_and_simple_values(),
        collections(),
    ]
    .concat();
    for (hex, value) in answers {
        let bytes = hex::decode(hex).unwrap();
        assert_eq!(check(&bytes, &BOUNDS), Ok(()), "{hex}");
        assert_eq!(decode(&bytes, &BOUNDS), Ok(value.clone()), "{hex}");
        assert_eq!(hex::encode(value.encode()), hex);
    }
}

#[test]
fn other_answers_are_refused_by_the_rule_they_break() {
    let answers = [
        ("c249010000000000000000", Rule::Tag),
        ("c349010000000000000000", Rule::Tag),
        ("fa7f800000", Rule::FloatNotShortest),
        ("fa7fc00000", Rule::NanNotCanonical),
        ("faff800000", Rule::FloatNotShortest),
        ("fb7ff0000000000000", Rule::FloatNotShortest),
        ("fb7ff8000000000000", Rule::NanNotCanonical),
        ("fbfff0000000000000", Rule::FloatNotShortest),
        ("f7", Rule::Simple),
        ("f0", Rule::Simple),
        ("f8ff", Rule::Simple),
        ("c074323031332d30332d32315432303a30343a30305a", Rule::Tag),
        ("c11a514b67b0", Rule::Tag),
        ("c1fb41d452d9ec200000", Rule::Tag),
        ("d74401020304", Rule::Tag),
        ("d818456449455446", Rule::Tag),
        (
            "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
            Rule::Tag,
        ),
        ("5f42010243030405ff", Rule::IndefiniteLength),
        ("7f657374726561646d696e67ff", Rule::IndefiniteLength),
        ("9fff", Rule::IndefiniteLength),
        ("9f018202039f0405ffff", Rule::IndefiniteLength),
        ("9f01820203820405ff", Rule::IndefiniteLength),
        ("83018202039f0405ff", Rule::IndefiniteLength),
        ("83019f0203ff820405", Rule::IndefiniteLength),
        (
            "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
            Rule::IndefiniteLength,
        ),
        ("bf61610161629f0203ffff", Rule::IndefiniteLength),
        ("826161bf61626163ff", Rule::IndefiniteLength),
        ("bf6346756ef563416d7421ff", Rule::IndefiniteLength),
    ];
    for (hex, rule) in answers {
        let bytes = hex::decode(hex).unwrap();
        assert_eq!(
            decode(&bytes, &BOUNDS).map_err(|error| error.rule),
            Err(rule),
            "{hex}"
        );
        assert_eq!(
            check(&bytes, &BOUNDS).map_err(|error| error.rule),
            Err(rule),
            "{hex}"
        );
    }
}
