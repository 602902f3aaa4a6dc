//! From bytes to a value, or to the first rule they break.
//!
//! One walk serves [`decode`] and [`check`]: it is generic over what it builds, and `check` builds
//! nothing (a `Vec<()>` never allocates), so the two cannot differ in strictness.

use super::float::{HALF_NAN, from_half, to_half, to_single};
use super::{DecodeError, Float, Map, Rule, Value};
use crate::bounds::CBOR_DEPTH;
use std::cmp::Ordering;

/// What a schema bounds before and while its bytes are read (`formats.md` §2, §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of the whole input.
    pub max_bytes: usize,
    /// Arrays and maps around one another; more than 32 counts as 32.
    pub max_depth: usize,
    /// Items of one array, entries of one map.
    pub max_items: usize,
    /// Bytes of one string.
    pub max_string: usize,
}

impl Bounds {
    /// Bounds the whole input, and leaves its parts to that and to the depth of 32.
    #[must_use]
    pub const fn up_to(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            max_depth: CBOR_DEPTH,
            max_items: max_bytes,
            max_string: max_bytes,
        }
    }
}

/// Decodes one canonical item that fills the input.
///
/// Memory follows what the input really holds, never what it declares.
///
/// # Errors
/// The first rule of `formats.md` §2 that the input breaks, with its place.
pub fn decode(input: &[u8], bounds: &Bounds) -> Result<Value, DecodeError> {
    walk(input, bounds)
}

/// Decides whether the input is one canonical item, without allocating.
///
/// # Errors
/// The same as [`decode`] on the same input.
pub fn check(input: &[u8], bounds: &Bounds) -> Result<(), DecodeError> {
    walk(input, bounds)
}

fn walk<N: Node>(input: &[u8], bounds: &Bounds) -> Result<N, DecodeError> {
    if input.len() > bounds.max_bytes {
        return refuse(
            bounds.max_bytes,
            Rule::TooLong,
            "an input within its schema's maximum",
        );
    }
    let mut reader = Reader {
        rest: input,
        length: input.len(),
        bounds,
    };
    let item = reader.item(bounds.max_depth.min(CBOR_DEPTH))?;
    if !reader.rest.is_empty() {
        return refuse(reader.offset(), Rule::TrailingBytes, "the end of the input");
    }
    Ok(item)
}

/// What a walk builds out of each item.
trait Node: Sized {
    fn scalar(scalar: Scalar<'_>) -> Self;
    fn array(items: Vec<Self>) -> Self;
    /// The entries are strictly ascending by encoded key.
    fn map(entries: Vec<(Self, Self)>) -> Self;
}

enum Scalar<'a> {
    Unsigned(u64),
    Negative(u64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Bool(bool),
    Null,
    Float(f64),
}

impl Node for () {
    fn scalar(_: Scalar<'_>) -> Self {}
    fn array(_: Vec<Self>) -> Self {}
    fn map(_: Vec<(Self, Self)>) -> Self {}
}

impl Node for Value {
    fn scalar(scalar: Scalar<'_>) -> Self {
        match scalar {
            Scalar::Unsigned(n) => Self::Unsigned(n),
            Scalar::Negative(n) => Self::Negative(n),
            Scalar::Bytes(bytes) => Self::Bytes(bytes.to_vec()),
            Scalar::Text(text) => Self::Text(text.to_owned()),
            Scalar::Bool(bool) => Self::Bool(bool),
            Scalar::Null => Self::Null,
            Scalar::Float(float) => Self::Float(Float::new(float)),
        }
    }

    fn array(items: Vec<Self>) -> Self {
        Self::Array(items)
    }

    fn map(entries: Vec<(Self, Self)>) -> Self {
        Self::Map(Map::from_ascending(entries))
    }
}

/// Makes room for as many entries as a head's word is good for; more is made as they arrive.
fn room<T>(declared: usize) -> Vec<T> {
    const TRUSTED: usize = 16;
    Vec::with_capacity(declared.min(TRUSTED))
}

struct Reader<'a> {
    /// What is not read yet: a suffix of the input.
    rest: &'a [u8],
    /// Bytes of the whole input.
    length: usize,
    bounds: &'a Bounds,
}

impl<'a> Reader<'a> {
    /// Reads one item that may nest `depth` collections.
    fn item<N: Node>(&mut self, depth: usize) -> Result<N, DecodeError> {
        let at = self.offset();
        let Some((&initial, rest)) = self.rest.split_first() else {
            return refuse(at, Rule::Truncated, "another item");
        };
        self.rest = rest;
        let scalar = match initial >> 5 {
            0 => Scalar::Unsigned(self.argument(at, initial)?),
            1 => Scalar::Negative(self.argument(at, initial)?),
            2 => Scalar::Bytes(self.string(at, initial)?),
            3 => Scalar::Text(self.text(at, initial)?),
            4 => return self.array(at, initial, depth),
            5 => return self.map(at, initial, depth),
            6 => return refuse(at, Rule::Tag, "an untagged item"),
            _ => self.simple(at, initial)?,
        };
        Ok(N::scalar(scalar))
    }

    /// The argument behind an initial byte (RFC 8949 §3), in its shortest form.
    fn argument(&mut self, at: usize, initial: u8) -> Result<u64, DecodeError> {
        match initial & 0x1f {
            direct @ 0..24 => Ok(u64::from(direct)),
            24 => self.wide::<1>(at, 24),
            25 => self.wide::<2>(at, 1 << 8),
            26 => self.wide::<4>(at, 1 << 16),
            27 => self.wide::<8>(at, 1 << 32),
            31 if initial >> 5 > 1 => refuse(at, Rule::IndefiniteLength, "a definite length"),
            _ => refuse(at, Rule::ReservedInfo, "additional information below 28"),
        }
    }

    /// An argument of `W` bytes, which fewer bytes hold if it is below `least`.
    fn wide<const W: usize>(&mut self, at: usize, least: u64) -> Result<u64, DecodeError> {
        let argument = self.big_endian::<W>(at)?;
        if argument < least {
            return refuse(at, Rule::LongHead, "the argument in fewer bytes");
        }
        Ok(argument)
    }

    fn big_endian<const W: usize>(&mut self, at: usize) -> Result<u64, DecodeError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk::<W>() else {
            return refuse(at, Rule::Truncated, "the rest of the head");
        };
        self.rest = rest;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn string(&mut self, at: usize, initial: u8) -> Result<&'a [u8], DecodeError> {
        let length = self.argument(at, initial)?;
        if length > self.bounds.max_string as u64 {
            return refuse(at, Rule::TooLong, "a string within its bound");
        }
        let split = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length));
        let Some((string, rest)) = split else {
            return refuse(at, Rule::Truncated, "as many bytes as the head declares");
        };
        self.rest = rest;
        Ok(string)
    }

    fn text(&mut self, at: usize, initial: u8) -> Result<&'a str, DecodeError> {
        let bytes = self.string(at, initial)?;
        let start = self.offset() - bytes.len();
        std::str::from_utf8(bytes).or_else(|error| {
            refuse(
                start + error.valid_up_to(),
                Rule::InvalidUtf8,
                "a UTF-8 sequence",
            )
        })
    }

    fn array<N: Node>(&mut self, at: usize, initial: u8, depth: usize) -> Result<N, DecodeError> {
        let (count, depth) = self.enter(at, initial, depth, 1)?;
        let mut items = room(count);
        for _ in 0..count {
            items.push(self.item(depth)?);
        }
        Ok(N::array(items))
    }

    fn map<N: Node>(&mut self, at: usize, initial: u8, depth: usize) -> Result<N, DecodeError> {
        let (count, depth) = self.enter(at, initial, depth, 2)?;
        let mut entries = room(count);
        let mut previous: &[u8] = &[];
        for _ in 0..count {
            let key = self.key(&mut previous, depth)?;
            entries.push((key, self.item(depth)?));
        }
        Ok(N::map(entries))
    }

    /// The number of entries behind a collection's head, and the depth left inside it.
    ///
    /// A number that the rest of the input cannot hold is refused here, before anything is made
    /// for it: every item takes a byte at least.
    fn enter(
        &mut self,
        at: usize,
        initial: u8,
        depth: usize,
        items_per_entry: u64,
    ) -> Result<(usize, usize), DecodeError> {
        let count = self.argument(at, initial)?;
        let Some(inside) = depth.checked_sub(1) else {
            return refuse(at, Rule::TooDeep, "an item that nests no further");
        };
        if count > self.bounds.max_items as u64 {
            return refuse(at, Rule::TooManyItems, "a collection within its bound");
        }
        let fitting = self.rest.len() as u64 / items_per_entry;
        match usize::try_from(count) {
            Ok(held) if count <= fitting => Ok((held, inside)),
            _ => refuse(at, Rule::Truncated, "as many items as the head declares"),
        }
    }

    /// Reads a key, whose encoding has to follow the one of the key before it.
    fn key<N: Node>(&mut self, previous: &mut &'a [u8], depth: usize) -> Result<N, DecodeError> {
        let (at, before) = (self.offset(), self.rest);
        let key = self.item(depth)?;
        let encoded = before
            .get(..before.len() - self.rest.len())
            .unwrap_or_default();
        match encoded.cmp(previous) {
            Ordering::Greater => *previous = encoded,
            Ordering::Equal => {
                return refuse(
                    at,
                    Rule::DuplicateKey,
                    "a key that the map does not hold yet",
                );
            }
            Ordering::Less => {
                return refuse(
                    at,
                    Rule::UnsortedKey,
                    "a key that sorts after the one before it",
                );
            }
        }
        Ok(key)
    }

    fn simple(&mut self, at: usize, initial: u8) -> Result<Scalar<'a>, DecodeError> {
        match initial & 0x1f {
            20 => Ok(Scalar::Bool(false)),
            21 => Ok(Scalar::Bool(true)),
            22 => Ok(Scalar::Null),
            25 => self.half(at),
            26 => self.single(at),
            27 => self.double(at),
            28..=30 => refuse(at, Rule::ReservedInfo, "additional information below 28"),
            31 => refuse(at, Rule::IndefiniteLength, "an item instead of a break"),
            _ => refuse(at, Rule::Simple, "false, true or null"),
        }
    }

    fn half(&mut self, at: usize) -> Result<Scalar<'a>, DecodeError> {
        let half = self.big_endian::<2>(at)? as u16;
        let float = from_half(half);
        if float.is_nan() && half != HALF_NAN {
            return refuse(at, Rule::NanNotCanonical, "f97e00");
        }
        Ok(Scalar::Float(float))
    }

    fn single(&mut self, at: usize) -> Result<Scalar<'a>, DecodeError> {
        let float = f64::from(f32::from_bits(self.big_endian::<4>(at)? as u32));
        shortest(
            at,
            float,
            to_half(float).is_none(),
            "the float in two bytes",
        )
    }

    fn double(&mut self, at: usize) -> Result<Scalar<'a>, DecodeError> {
        let float = f64::from_bits(self.big_endian::<8>(at)?);
        shortest(
            at,
            float,
            to_single(float).is_none(),
            "the float in four bytes or two",
        )
    }

    /// How many bytes are read.
    const fn offset(&self) -> usize {
        self.length - self.rest.len()
    }
}

/// Accepts a float wider than a half, unless a shorter one is its equal.
fn shortest(
    at: usize,
    float: f64,
    needed: bool,
    shorter: &'static str,
) -> Result<Scalar<'static>, DecodeError> {
    if float.is_nan() {
        return refuse(at, Rule::NanNotCanonical, "f97e00");
    }
    if !needed {
        return refuse(at, Rule::FloatNotShortest, shorter);
    }
    Ok(Scalar::Float(float))
}

#[cold]
fn refuse<T>(offset: usize, rule: Rule, expected: &'static str) -> Result<T, DecodeError> {
    Err(DecodeError {
        offset,
        rule,
        expected,
    })
}

#[cfg(test)]
mod tests;
