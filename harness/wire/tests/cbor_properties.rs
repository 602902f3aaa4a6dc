//! Properties of canonical CBOR: one encoding per value, one value per accepted input, and
//! nothing accepted that another library reads otherwise.

use gauntlet_wire::cbor::{Bounds, Float, Map, Value, check, decode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

const BOUNDS: Bounds = Bounds::up_to(1 << 20);

fn float() -> impl Strategy<Value = f64> {
    let halves = (-2_048i16..=2_048).prop_map(|n| f64::from(n) / 16.0);
    let singles = any::<u32>().prop_map(|bits| f64::from(f32::from_bits(bits)));
    let doubles = any::<u64>().prop_map(f64::from_bits);
    prop_oneof![
        halves,
        singles,
        doubles,
        Just(-0.0),
        Just(f64::NAN),
        Just(f64::INFINITY)
    ]
}

/// Numbers around each width of a head as often as any others.
fn argument() -> impl Strategy<Value = u64> {
    let edges = prop_oneof![
        Just(24u64),
        Just(1 << 8),
        Just(1 << 16),
        Just(1 << 32),
        Just(u64::MAX)
    ];
    let near_edge = (edges, 0u64..3).prop_map(|(edge, below)| edge - below);
    prop_oneof![0u64..64, near_edge, any::<u64>()]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        argument().prop_map(Value::Unsigned),
        argument().prop_map(Value::Negative),
        vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        ".{0,30}".prop_map(Value::Text),
        "[a-c]{0,2}".prop_map(Value::Text),
        any::<bool>().prop_map(Value::Bool),
        Just(Value::Null),
        float().prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(4, 48, 6, |inner| {
        let entries = vec(
            (
                prop_oneof![3 => scalar(), 1 => inner.clone()],
                inner.clone(),
            ),
            0..6,
        );
        prop_oneof![
            vec(inner, 0..6).prop_map(Value::Array),
            entries.prop_map(|entries| Value::Map(last_wins(entries)))
        ]
    })
}

fn last_wins(entries: Vec<(Value, Value)>) -> Map {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

/// The reading of another library, in our kinds; `None` for what we have no kind for.
fn from_ciborium(value: ciborium::Value) -> Option<Value> {
    use ciborium::Value as Other;
    Some(match value {
        Other::Integer(n) => match i128::from(n) {
            n @ 0.. => Value::Unsigned(n.try_into().ok()?),
            n => Value::Negative((-1 - n).try_into().ok()?),
        },
        Other::Bytes(bytes) => Value::Bytes(bytes),
        Other::Text(text) => Value::Text(text),
        Other::Bool(bool) => Value::Bool(bool),
        Other::Null => Value::Null,
        Other::Float(float) => Value::Float(Float::new(float)),
        Other::Array(items) => Value::Array(
            items
                .into_iter()
                .map(from_ciborium)
                .collect::<Option<_>>()?,
        ),
        Other::Map(entries) => {
            let entries = entries
                .into_iter()
                .map(|(key, value)| Some((from_ciborium(key)?, from_ciborium(value)?)));
            Value::Map(Map::from_entries(entries.collect::<Option<_>>()?).ok()?)
        }
        _ => return None,
    })
}

/// The other library's reading of the first item, which tolerates every other encoding of it.
fn second_opinion(bytes: &[u8]) -> Option<ciborium::Value> {
    ciborium::from_reader(bytes).ok()
}

/// What must hold of any input at all.
fn holds_of_any_input(bytes: &[u8]) -> Result<(), TestCaseError> {
    let decoded = decode(bytes, &BOUNDS);
    prop_assert_eq!(
        check(bytes, &BOUNDS),
        decoded.clone().map(|_| ()),
        "check and decode differ"
    );
    match decoded {
        Ok(value) => {
            prop_assert_eq!(value.encode(), bytes, "accepted, but encoded otherwise");
            prop_assert_eq!(
                second_opinion(bytes).and_then(from_ciborium),
                Some(value),
                "read otherwise"
            );
        }
        Err(error) => prop_assert!(error.offset <= bytes.len(), "{}", error),
    }
    Ok(())
}

/// Encodes a value with liberties that keep its meaning, one taken wherever a choice is not zero.
struct Sloppy<'a> {
    choices: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    out: Vec<u8>,
}

impl Sloppy<'_> {
    fn encode(value: &Value, choices: &[u8]) -> Vec<u8> {
        let mut sloppy = Sloppy {
            choices: choices.iter().cycle(),
            out: Vec::new(),
        };
        sloppy.item(value);
        sloppy.out
    }

    fn chosen(&mut self) -> u8 {
        self.choices.next().copied().unwrap_or(0)
    }

    fn item(&mut self, value: &Value) {
        match value {
            Value::Unsigned(n) => self.head(0, *n),
            Value::Negative(n) => self.head(1, *n),
            Value::Bytes(bytes) => self.string(2, bytes),
            Value::Text(text) => self.string(3, text.as_bytes()),
            Value::Array(items) => {
                let close = self.open(4, items.len());
                items.iter().for_each(|item| self.item(item));
                self.out.extend(close);
            }
            Value::Map(map) => self.map(map),
            Value::Float(float) => self.float(value, float.value()),
            Value::Bool(_) | Value::Null => self.out.extend(value.encode()),
        }
    }

    /// Writes the head of a collection, perhaps of indefinite length, and returns what closes it.
    fn open(&mut self, major: u8, count: usize) -> Option<u8> {
        if self.chosen() == 1 {
            self.out.push(major << 5 | 31);
            return Some(0xff);
        }
        self.head(major, count as u64);
        None
    }

    fn map(&mut self, map: &Map) {
        let mut entries: Vec<_> = map.iter().collect();
        if self.chosen() == 1 {
            entries.reverse();
        }
        let close = self.open(5, entries.len());
        for (key, value) in entries {
            self.item(key);
            self.item(value);
        }
        self.out.extend(close);
    }

    fn string(&mut self, major: u8, bytes: &[u8]) {
        let close = (self.chosen() == 1).then(|| self.out.push(major << 5 | 31));
        self.head(major, bytes.len() as u64);
        self.out.extend(bytes);
        self.out.extend(close.map(|()| 0xff));
    }

    /// A head of the least width or a wider one.
    fn head(&mut self, major: u8, argument: u64) {
        let least = match argument {
            0..24 => 0,
            24..0x100 => 1,
            0x100..0x1_0000 => 2,
            0x1_0000..0x1_0000_0000 => 3,
            _ => 4,
        };
        let (initial, bytes) = (major << 5, argument.to_be_bytes());
        match (least + self.chosen()).min(4) {
            0 => self.out.extend(bytes.last().map(|direct| initial | direct)),
            width => {
                let length = 1 << (width - 1);
                self.out.push(initial | (23 + width));
                self.out.extend(bytes.iter().skip(8 - length));
            }
        }
    }

    fn float(&mut self, value: &Value, float: f64) {
        let single = float as f32;
        match self.chosen() {
            1 => self
                .out
                .extend([&[0xfb][..], &float.to_bits().to_be_bytes()].concat()),
            2 if Float::new(single.into()) == Float::new(float) => {
                self.out
                    .extend([&[0xfa][..], &single.to_bits().to_be_bytes()].concat());
            }
            _ => self.out.extend(value.encode()),
        }
    }
}

/// Mostly no liberty, so that a few values stay canonical and most break one rule.
fn choices() -> impl Strategy<Value = Vec<u8>> {
    vec(
        prop_oneof![12 => Just(0u8), 1 => Just(1), 1 => Just(2)],
        1..40,
    )
}

/// Cases come from a fixed seed, so that every run is the same run.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 2_048,
        rng_seed: RngSeed::Fixed(8949),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_value_survives_its_encoding(value in value()) {
        let bytes = value.encode();
        prop_assert_eq!(decode(&bytes, &BOUNDS), Ok(value));
        holds_of_any_input(&bytes)?;
    }

    #[test]
    fn another_library_writes_the_same_meaning(value in value()) {
        let theirs = second_opinion(&value.encode()).unwrap();
        let mut bytes = Vec::new();
        ciborium::into_writer(&theirs, &mut bytes).unwrap();
        // It keeps the order it read and writes shortest heads and floats, as we do.
        prop_assert_eq!(bytes, value.encode());
    }

    #[test]
    fn values_order_as_their_encodings(left in value(), right in value()) {
        prop_assert_eq!(left.cmp(&right), left.encode().cmp(&right.encode()));
        prop_assert_eq!(left == right, left.encode() == right.encode());
    }

    #[test]
    fn map_keys_order_as_their_encodings(keys in vec(scalar(), 0..24)) {
        let map = last_wins(keys.into_iter().map(|key| (key, Value::Null)).collect());
        let encoded: Vec<_> = map.iter().map(|(key, _)| key.encode()).collect();
        prop_assert!(encoded.array_windows().all(|[left, right]| left < right));
        for (key, _) in map.iter() {
            prop_assert_eq!(map.get(key), Some(&Value::Null));
        }
    }

    #[test]
    fn any_bytes_are_refused_or_canonical(bytes in vec(any::<u8>(), 0..64)) {
        holds_of_any_input(&bytes)?;
    }

    #[test]
    fn bytes_of_many_heads_are_refused_or_canonical(
        bytes in vec(prop_oneof![0u8..4, 0x40u8..0x43, 0x60u8..0x63, 0x80u8..0x84, 0xa0u8..0xa4, 0xf4u8..0xfc], 0..24),
    ) {
        holds_of_any_input(&bytes)?;
    }

    #[test]
    fn one_byte_changed_is_refused_or_canonical(value in value(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut bytes = value.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        holds_of_any_input(&bytes)?;
        prop_assert_ne!(decode(&bytes, &BOUNDS), Ok(value));
    }

    #[test]
    fn every_truncation_is_refused(value in value()) {
        let bytes = value.encode();
        for length in 0..bytes.len() {
            prop_assert!(decode(&bytes[..length], &BOUNDS).is_err());
            holds_of_any_input(&bytes[..length])?;
        }
    }

    #[test]
    fn every_addition_is_refused(value in value(), more in vec(any::<u8>(), 1..4)) {
        let bytes = [value.encode(), more].concat();
        prop_assert!(decode(&bytes, &BOUNDS).is_err());
        holds_of_any_input(&bytes)?;
    }

    #[test]
    fn another_encoding_of_the_same_value_is_refused(value in value(), choices in choices()) {
        let bytes = Sloppy::encode(&value, &choices);
        prop_assert_eq!(second_opinion(&bytes).and_then(from_ciborium), Some(value.clone()), "sloppy encoder is wrong");
        prop_assert_eq!(decode(&bytes, &BOUNDS).is_ok(), bytes == value.encode());
        holds_of_any_input(&bytes)?;
    }

    #[test]
    fn bounds_never_change_a_value(value in value(), max_depth in 0usize..5, max_items in 0usize..6, max_string in 0usize..40) {
        let bytes = value.encode();
        let bounds = Bounds { max_depth, max_items, max_string, max_bytes: bytes.len() };
        let decoded = decode(&bytes, &bounds);
        prop_assert_eq!(check(&bytes, &bounds), decoded.clone().map(|_| ()));
        prop_assert_eq!(decoded.is_ok(), within(&value, max_depth, &bounds));
    }

    #[test]
    fn diagnostic_notation_is_bounded(value in value()) {
        prop_assert!(value.diagnostic().len() <= 4_096 + 3);
    }
}

fn within(value: &Value, depth: usize, bounds: &Bounds) -> bool {
    let inside = |item: &Value| {
        depth
            .checked_sub(1)
            .is_some_and(|depth| within(item, depth, bounds))
    };
    match value {
        Value::Bytes(bytes) => bytes.len() <= bounds.max_string,
        Value::Text(text) => text.len() <= bounds.max_string,
        Value::Array(items) => {
            depth > 0 && items.len() <= bounds.max_items && items.iter().all(inside)
        }
        Value::Map(map) => {
            depth > 0
                && map.len() <= bounds.max_items
                && map.iter().all(|(key, value)| inside(key) && inside(value))
        }
        _ => true,
    }
}
