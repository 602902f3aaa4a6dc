use super::*;

const BOUNDS: Bounds = Bounds {
    max_bytes: 64,
    max_depth: 3,
    max_items: 4,
    max_string: 24,
};

/// Hex of an input, the offset of its error, and the rule.
const BREACHES: &[(&str, usize, Rule)] = &[
    ("", 0, Rule::Truncated),
    ("18", 0, Rule::Truncated),
    ("1b00000001000000", 0, Rule::Truncated),
    ("8201", 0, Rule::Truncated),
    ("820118", 2, Rule::Truncated),
    ("828100", 3, Rule::Truncated),
    ("a101", 0, Rule::Truncated),
    ("a2616101", 0, Rule::Truncated),
    ("8200430102", 2, Rule::Truncated),
    ("f93c", 0, Rule::Truncated),
    ("fa47c350", 0, Rule::Truncated),
    ("fb3ff19999999999", 0, Rule::Truncated),
    ("0000", 1, Rule::TrailingBytes),
    ("81f6ff", 2, Rule::TrailingBytes),
    ("8101a0", 2, Rule::TrailingBytes),
    ("5f4101ff", 0, Rule::IndefiniteLength),
    ("7f6161ff", 0, Rule::IndefiniteLength),
    ("819f01ff", 1, Rule::IndefiniteLength),
    ("bf616101ff", 0, Rule::IndefiniteLength),
    ("82ff01", 1, Rule::IndefiniteLength),
    ("1817", 0, Rule::LongHead),
    ("8200190017", 2, Rule::LongHead),
    ("1900ff", 0, Rule::LongHead),
    ("1a0000ffff", 0, Rule::LongHead),
    ("1b00000000ffffffff", 0, Rule::LongHead),
    ("3817", 0, Rule::LongHead),
    ("5800", 0, Rule::LongHead),
    ("780161", 0, Rule::LongHead),
    ("980100", 0, Rule::LongHead),
    ("b8010000", 0, Rule::LongHead),
    ("811c", 1, Rule::ReservedInfo),
    ("1f", 0, Rule::ReservedInfo),
    ("3f", 0, Rule::ReservedInfo),
    ("5d", 0, Rule::ReservedInfo),
    ("9e", 0, Rule::ReservedInfo),
    ("fc", 0, Rule::ReservedInfo),
    ("a2616201616101", 4, Rule::UnsortedKey),
    ("a2626161016162f6", 5, Rule::UnsortedKey),
    ("a2617a010001", 4, Rule::UnsortedKey),
    ("a3000001010000", 5, Rule::UnsortedKey),
    ("a2616101616102", 4, Rule::DuplicateKey),
    ("a300000000", 0, Rule::Truncated),
    ("a200000000", 3, Rule::DuplicateKey),
    ("fa3fc00000", 0, Rule::FloatNotShortest),
    ("fa7f800000", 0, Rule::FloatNotShortest),
    ("fb40f86a0000000000", 0, Rule::FloatNotShortest),
    ("81fb8000000000000000", 1, Rule::FloatNotShortest),
    ("f97e01", 0, Rule::NanNotCanonical),
    ("f9fe00", 0, Rule::NanNotCanonical),
    ("f97c01", 0, Rule::NanNotCanonical),
    ("fa7fc00000", 0, Rule::NanNotCanonical),
    ("81fb7ff8000000000000", 1, Rule::NanNotCanonical),
    ("c11a514b67b0", 0, Rule::Tag),
    ("81d81845", 1, Rule::Tag),
    ("d9d9f700", 0, Rule::Tag),
    ("f7", 0, Rule::Simple),
    ("81f0", 1, Rule::Simple),
    ("e0", 0, Rule::Simple),
    ("f8ff", 0, Rule::Simple),
    ("f814", 0, Rule::Simple),
    ("6361ff62", 2, Rule::InvalidUtf8),
    ("8162c328", 2, Rule::InvalidUtf8),
    ("63eda080", 1, Rule::InvalidUtf8),
    ("62e282", 1, Rule::InvalidUtf8),
    ("62c080", 1, Rule::InvalidUtf8),
    ("8181818100", 3, Rule::TooDeep),
    ("82008181a0", 4, Rule::TooDeep),
    ("a1a1a1a000000000", 3, Rule::TooDeep),
    ("815819", 1, Rule::TooLong),
    ("7819", 0, Rule::TooLong),
    ("8185f6f6f6f6f6", 1, Rule::TooManyItems),
    ("a50000010102020303040400", 0, Rule::TooManyItems),
];

fn refusal(input: &[u8], bounds: &Bounds) -> (usize, Rule) {
    let error = decode(input, bounds).unwrap_err();
    assert_eq!(check(input, bounds), Err(error));
    (error.offset, error.rule)
}

#[test]
fn each_breach_is_refused_by_its_rule_at_its_place() {
    for (input, offset, rule) in BREACHES {
        assert_eq!(
            refusal(&hex::decode(input).unwrap(), &BOUNDS),
            (*offset, *rule),
            "{input}"
        );
    }
}

#[test]
fn every_rule_has_a_breach_and_a_name_of_its_own() {
    for rule in Rule::ALL {
        assert!(
            BREACHES.iter().any(|(_, _, broken)| broken == rule),
            "{rule}"
        );
        assert_eq!(
            Rule::ALL
                .iter()
                .filter(|other| other.name() == rule.name())
                .count(),
            1
        );
    }
}

#[test]
fn an_error_says_where_what_and_what_instead() {
    let error = check(&hex::decode("a2616201616101").unwrap(), &BOUNDS).unwrap_err();
    let expected = "byte 4: map keys must be sorted by their encoded bytes; \
                    expected a key that sorts after the one before it";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.rule.to_string(), "unsorted-key");
}

#[test]
fn each_bound_admits_itself_and_not_one_more() {
    let string = |length: u8| [&[0x58, length][..], &vec![0; length.into()]].concat();
    assert_eq!(check(&string(24), &BOUNDS), Ok(()));
    assert_eq!(refusal(&string(25), &BOUNDS), (0, Rule::TooLong));

    assert_eq!(check(&hex::decode("84f6f6f6f6").unwrap(), &BOUNDS), Ok(()));
    assert_eq!(
        check(&hex::decode("a40000010102020303").unwrap(), &BOUNDS),
        Ok(())
    );
    assert_eq!(check(&hex::decode("81818100").unwrap(), &BOUNDS), Ok(()));

    let whole = Bounds {
        max_bytes: 26,
        ..BOUNDS
    };
    assert_eq!(check(&string(24), &whole), Ok(()));
    let whole = Bounds {
        max_bytes: 25,
        ..BOUNDS
    };
    assert_eq!(refusal(&string(24), &whole), (25, Rule::TooLong));
}

#[test]
fn an_input_past_its_bound_is_refused_before_it_is_parsed() {
    let garbage = [0xff; 65];
    assert_eq!(refusal(&garbage, &BOUNDS), (64, Rule::TooLong));
    assert_eq!(refusal(&garbage[1..], &BOUNDS), (0, Rule::IndefiniteLength));
}

#[test]
fn nesting_stops_at_32_whatever_the_schema_allows() {
    let generous = Bounds {
        max_depth: usize::MAX,
        ..Bounds::up_to(1 << 20)
    };
    let nested = |opener: &[u8], depth| [opener.repeat(depth), vec![0xf6]].concat();
    for opener in [&[0x81][..], &[0xa1, 0x00], &[0x82, 0x00]] {
        let step = opener.len();
        assert_eq!(check(&nested(opener, 32), &generous), Ok(()));
        assert!(decode(&nested(opener, 32), &generous).is_ok());
        assert_eq!(
            refusal(&nested(opener, 33), &generous),
            (32 * step, Rule::TooDeep)
        );
        assert_eq!(
            refusal(&opener.repeat(100_000), &generous),
            (32 * step, Rule::TooDeep)
        );
    }
}

#[test]
fn keys_nest_as_values_do() {
    let key_of_keys = |depth| [vec![0xa1; depth], vec![0xf6; depth + 1]].concat();
    assert_eq!(check(&key_of_keys(32), &Bounds::up_to(100)), Ok(()));
    assert_eq!(
        refusal(&key_of_keys(33), &Bounds::up_to(100)),
        (32, Rule::TooDeep)
    );
}

#[test]
fn room_is_made_for_entries_not_for_declarations() {
    assert_eq!(room::<Value>(usize::MAX).capacity(), 16);
    assert_eq!(room::<Value>(2).capacity(), 2);
}

/// Refusal at the head, not at the end of the input, shows that nothing was made for it before.
#[test]
fn a_declared_length_beyond_the_input_is_refused_at_its_head() {
    let unbounded = Bounds::up_to(usize::MAX);
    for major in 2u8..6 {
        for argument in [0x10_0000, u64::from(u32::MAX), 1 << 62, u64::MAX] {
            let head = [&[0x81, major << 5 | 27][..], &argument.to_be_bytes()].concat();
            let head = if argument > u64::from(u32::MAX) {
                head
            } else {
                [&[0x81, major << 5 | 26], &head[6..]].concat()
            };
            assert_eq!(
                refusal(&[head, vec![0; 64]].concat(), &unbounded),
                (1, Rule::Truncated)
            );
        }
    }
}

#[test]
fn a_count_must_fit_the_rest_of_the_input() {
    assert_eq!(
        refusal(&hex::decode("820081").unwrap(), &BOUNDS),
        (2, Rule::Truncated)
    );
    assert_eq!(
        refusal(&hex::decode("a2000001").unwrap(), &BOUNDS),
        (0, Rule::Truncated)
    );
}
