//! The canary scan: many secrets, each in every usual spelling, sought in one pass.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// Bytes of one piece of a secret. Sixteen unpredictable bytes do not occur by chance.
const PIECE: usize = 16;
/// Bytes of a secret that is sought piece by piece, and the distance of pieces in a longer one.
const KEY: usize = 256;
const STRIDE: usize = 512;
/// The most pieces of one secret.
const PIECES: usize = 16;
/// What a byte is led by in CBOR that needs a second one (RFC 8949 §3).
const CBOR_ONE_BYTE: u8 = 0x18;

/// Something to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    /// What it is, for people.
    pub what: String,
    /// Its bytes: at least [`Needle::SHORTEST`].
    pub bytes: Vec<u8>,
}

impl Needle {
    /// Bytes of the shortest one. A shorter one would be found by chance, so it is not looked for.
    pub const SHORTEST: usize = PIECE;
}

/// Why nothing can be looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// A needle that would be found everywhere.
    #[error("{what} is {length} bytes long; expected at least {PIECE}")]
    TooShort {
        /// What it is.
        what: String,
        /// Its length in bytes.
        length: usize,
    },
    /// There are more needles than the automaton can hold.
    #[error("the scanner can't be built: {0}")]
    TooMany(String),
}

/// Looks for needles: in bytes, or in a stream of any length with a buffer of some 64 KiB.
///
/// A needle is found by any of its pieces: raw, as hexadecimal digits of either case, as base64 of
/// either alphabet at any alignment, as a list of decimal numbers, and as a CBOR array of integers.
/// Whether base64 is padded makes no difference, as no character is sought that depends on what
/// follows. Compressed, encrypted and expanded forms are not found.
#[derive(Debug)]
pub struct Scanner {
    automaton: AhoCorasick,
    /// By pattern, the needles that it is of: two may have a piece in common.
    owners: Vec<BTreeSet<usize>>,
}

impl Scanner {
    /// A scanner for these needles, which it will name by their places.
    ///
    /// # Errors
    /// A needle below [`Needle::SHORTEST`], or too many of them.
    pub fn new(needles: &[Needle]) -> Result<Self, ScanError> {
        let mut patterns: BTreeMap<Vec<u8>, BTreeSet<usize>> = BTreeMap::new();
        for (place, needle) in needles.iter().enumerate() {
            if needle.bytes.len() < Needle::SHORTEST {
                return Err(ScanError::TooShort {
                    what: needle.what.clone(),
                    length: needle.bytes.len(),
                });
            }
            for spelled in pieces(&needle.bytes).flat_map(spellings) {
                patterns.entry(spelled).or_default().insert(place);
            }
        }
        let (patterns, owners): (Vec<_>, Vec<_>) = patterns.into_iter().unzip();
        // A scanner is built as often as it is used, so what is built fastest serves best.
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::NoncontiguousNFA))
            .build(patterns)
            .map_err(|error| ScanError::TooMany(error.to_string()))?;
        Ok(Self { automaton, owners })
    }

    /// The places of the needles that are in `haystack`.
    #[must_use]
    pub fn find(&self, haystack: &[u8]) -> BTreeSet<usize> {
        let found = self.automaton.find_iter(haystack);
        found
            .filter_map(|found| self.owners.get(found.pattern().as_usize()))
            .flatten()
            .copied()
            .collect()
    }

    /// The places of the needles that are in what `haystack` yields, wherever its reads end.
    ///
    /// # Errors
    /// The stream can't be read.
    pub fn find_in(&self, haystack: impl Read) -> io::Result<BTreeSet<usize>> {
        let stream = self
            .automaton
            .try_stream_find_iter(haystack)
            .map_err(io::Error::other)?;
        let mut places = BTreeSet::new();
        for found in stream {
            let owners = self.owners.get(found?.pattern().as_usize());
            places.extend(owners.into_iter().flatten());
        }
        Ok(places)
    }
}

/// The pieces of a needle by which it is known: all of a short one; of a long one the first, the last,
/// and some between, evenly spread.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let last = bytes.len().saturating_sub(PIECE);
    let step = if bytes.len() <= KEY { PIECE } else { STRIDE };
    let count = bytes.len().div_ceil(step).clamp(2, PIECES);
    (0..count).filter_map(move |index| {
        let start = last * index / (count - 1);
        bytes.get(start..start + PIECE)
    })
}

fn spellings(piece: &[u8]) -> Vec<Vec<u8>> {
    let hex = |upper| -> String {
        let digits = piece.iter().map(|byte| match upper {
            false => format!("{byte:02x}"),
            true => format!("{byte:02X}"),
        });
        digits.collect()
    };
    let decimals = |between| {
        let numbers: Vec<String> = piece.iter().map(u8::to_string).collect();
        numbers.join(between)
    };
    let mut spelled = vec![
        piece.to_vec(),
        hex(false).into_bytes(),
        hex(true).into_bytes(),
        decimals(",").into_bytes(),
        decimals(", ").into_bytes(),
        cbor_integers(piece),
    ];
    for before in 0..3 {
        let padded = [vec![0; before], piece.to_vec()].concat();
        for text in [
            STANDARD_NO_PAD.encode(&padded),
            URL_SAFE_NO_PAD.encode(&padded),
        ] {
            // A character holds six bits: those that hold some of what is before or after are cut.
            let first = (before * 8).div_ceil(6);
            let last = padded.len() * 8 / 6;
            spelled.extend(text.get(first..last).map(|text| text.as_bytes().to_vec()));
        }
    }
    spelled
}

fn cbor_integers(piece: &[u8]) -> Vec<u8> {
    let encode = |byte: &u8| match *byte {
        small @ 0..24 => vec![small],
        byte => vec![CBOR_ONE_BYTE, byte],
    };
    piece.iter().flat_map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    fn key() -> Vec<u8> {
        // Bytes whose base64 has every character in which the alphabets differ.
        (0..32_u8)
            .map(|byte| byte.wrapping_mul(37) ^ 0xF8)
            .collect()
    }

    fn needle(bytes: &[u8]) -> Needle {
        Needle {
            what: "a key".to_owned(),
            bytes: bytes.to_vec(),
        }
    }

    fn found(needle_bytes: &[u8], haystack: &[u8]) -> bool {
        let scanner = Scanner::new(&[needle(needle_bytes)]).unwrap();
        let whole = !scanner.find(haystack).is_empty();
        let streamed = !scanner.find_in(haystack).unwrap().is_empty();
        assert_eq!(whole, streamed);
        whole
    }

    #[test]
    fn a_key_is_found_in_every_spelling_and_at_every_alignment() {
        let key = key();
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut texts = vec![
            hex.clone().into_bytes(),
            hex.to_uppercase().into_bytes(),
            format!("{key:?}").into_bytes(),
            serde_json::to_vec(&key).unwrap(),
            cbor_integers(&key),
            key.clone(),
        ];
        for (before, after) in [(0, 0), (1, 0), (2, 0), (0, 1), (1, 2), (2, 2), (7, 5)] {
            let padded = [vec![b'x'; before], key.clone(), vec![b'y'; after]].concat();
            texts.push(STANDARD.encode(&padded).into_bytes());
            texts.push(STANDARD_NO_PAD.encode(&padded).into_bytes());
            texts.push(URL_SAFE.encode(&padded).into_bytes());
            texts.push(URL_SAFE_NO_PAD.encode(&padded).into_bytes());
        }
        for text in texts {
            let log = [b"key=\"".as_slice(), &text, b"\" status=400"].concat();
            assert!(found(&key, &log), "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn half_a_key_is_found_and_what_is_no_key_is_not() {
        let key = key();
        assert!(found(&key, &key[..16]) && found(&key, &key[16..]));
        assert!(!found(&key, &key[..15]) && !found(&key, &key[9..24]));
        let mut other = key.clone();
        other.iter_mut().for_each(|byte| *byte ^= 1);
        assert!(!found(&key, &other) && !found(&key, b""));
    }

    #[test]
    fn any_larger_part_of_a_photo_is_found() {
        let photo: Vec<u8> = (0..20_000_u32)
            .flat_map(|n| n.wrapping_mul(0x9E37_79B9).to_be_bytes())
            .collect();
        let sixteenth = photo.len() / 15 + PIECE;
        for start in (0..photo.len() - sixteenth).step_by(997) {
            assert!(found(&photo, &photo[start..start + sixteenth]), "{start}");
        }
        assert_eq!(pieces(&photo).count(), PIECES);
        assert!(found(&photo, &photo[photo.len() - PIECE..]));
    }

    /// A stream that ends its reads where it likes.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(self.1).min(buffer.len());
            let (now, later) = self.0.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    #[test]
    fn a_key_across_the_ends_of_reads_is_found() {
        let scanner = Scanner::new(&[needle(&key())]).unwrap();
        for before in [0, 1, 65_530, 200_000] {
            let haystack = [vec![b'.'; before], key(), vec![b'.'; 70_000]].concat();
            for step in [1, 7, 4096, 65_536] {
                let found = scanner.find_in(Drip(&haystack, step)).unwrap();
                assert_eq!(found.len(), 1, "{before} {step}");
            }
        }
    }

    #[test]
    fn needles_are_told_apart_and_short_ones_are_refused() {
        let needles: Vec<Needle> = (0..3_u8)
            .map(|n| needle(&Vec::from_iter(n * 60..n * 60 + 32)))
            .collect();
        let scanner = Scanner::new(&needles).unwrap();
        let haystack = [needles[2].bytes.clone(), needles[0].bytes.clone()].concat();
        assert_eq!(scanner.find(&haystack), BTreeSet::from([0, 2]));
        let twins = Scanner::new(&[needles[1].clone(), needles[1].clone()]).unwrap();
        assert_eq!(twins.find(&needles[1].bytes), BTreeSet::from([0, 1]));
        assert!(matches!(
            Scanner::new(&[needle(&[7; 15])]),
            Err(ScanError::TooShort { length: 15, .. })
        ));
        assert!(Scanner::new(&[]).unwrap().find(&haystack).is_empty());
    }

    #[test]
    fn a_stream_that_can_not_be_read_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("broken"))
            }
        }
        let scanner = Scanner::new(&[needle(&key())]).unwrap();
        assert!(scanner.find_in(Broken).is_err());
    }
}
