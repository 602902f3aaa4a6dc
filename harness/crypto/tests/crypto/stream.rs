//! STREAM: layout against plain AES-256-GCM, and everything an attacker may do to chunks.

use aes_gcm::{Aes256Gcm, KeyInit, aead::Aead};
use gauntlet_crypto::{
    kdf::Key32,
    stream::{
        CHUNK_CIPHERTEXT, CHUNK_PLAINTEXT, OpenError, OpenReason, Opener, Sealer, open, open_chunk,
        seal, sealed_len,
    },
};
use proptest::prelude::*;

use crate::support::{PREFIX, key, plaintext};

/// Below, at and above the chunk boundaries.
const LENGTHS: [usize; 9] = [0, 1, 16, 65_519, 65_520, 65_521, 131_039, 131_040, 131_041];

/// One chunk by a plain AES-256-GCM call: nonce = prefix 7 ‖ counter u32 BE ‖ last flag.
fn plain_chunk(counter: u32, last: bool, chunk: &[u8]) -> Vec<u8> {
    let nonce = [PREFIX.as_slice(), &counter.to_be_bytes(), &[u8::from(last)]].concat();
    let nonce: [u8; 12] = nonce.try_into().unwrap();
    Aes256Gcm::new(key().as_bytes().into())
        .encrypt(&nonce.into(), chunk)
        .unwrap()
}

fn plain_stream(plaintext: &[u8]) -> Vec<u8> {
    let chunks: Vec<&[u8]> = match plaintext {
        [] => vec![&[]],
        _ => plaintext.chunks(CHUNK_PLAINTEXT).collect(),
    };
    let last = chunks.len() - 1;
    chunks
        .iter()
        .enumerate()
        .flat_map(|(index, chunk)| plain_chunk(index as u32, index == last, chunk))
        .collect()
}

/// Three chunks, the last of 100 plaintext bytes.
fn three_chunks() -> Vec<Vec<u8>> {
    let sealed = seal(&key(), &PREFIX, &plaintext(2 * CHUNK_PLAINTEXT + 100));
    sealed
        .chunks(CHUNK_CIPHERTEXT)
        .map(<[u8]>::to_vec)
        .collect()
}

fn open_chunks(chunks: &[&[u8]]) -> Result<Vec<u8>, OpenError> {
    open(&key(), &PREFIX, &chunks.concat())
}

fn forged(chunk: u64) -> Result<Vec<u8>, OpenError> {
    Err(OpenError {
        chunk,
        reason: OpenReason::Forged,
    })
}

fn wrong_length(chunk: u64, found: usize, expected: &'static str) -> Result<Vec<u8>, OpenError> {
    Err(OpenError {
        chunk,
        reason: OpenReason::Length { found, expected },
    })
}

#[test]
fn a_stream_is_its_chunks_sealed_one_by_one() {
    for len in LENGTHS {
        let plaintext = plaintext(len);
        assert!(
            seal(&key(), &PREFIX, &plaintext) == plain_stream(&plaintext),
            "{len} bytes"
        );
    }
}

#[test]
fn a_stream_opens_to_its_plaintext() {
    for len in LENGTHS {
        let sealed = seal(&key(), &PREFIX, &plaintext(len));
        assert!(
            open(&key(), &PREFIX, &sealed) == Ok(plaintext(len)),
            "{len} bytes"
        );
    }
}

#[test]
fn sealed_length_is_known_beforehand() {
    for len in LENGTHS {
        let sealed = seal(&key(), &PREFIX, &plaintext(len));
        assert_eq!(sealed_len(len as u64), sealed.len() as u64);
    }
    assert_eq!(sealed_len(u64::MAX), u64::MAX);
}

#[test]
fn an_empty_plaintext_is_one_chunk_of_16_bytes() {
    assert_eq!(seal(&key(), &PREFIX, b""), plain_chunk(0, true, b""));
    assert_eq!(sealed_len(0), 16);
}

#[test]
fn an_exact_multiple_ends_in_a_full_chunk_with_the_flag() {
    let sealed = seal(&key(), &PREFIX, &plaintext(2 * CHUNK_PLAINTEXT));
    assert_eq!(sealed.len(), 2 * CHUNK_CIPHERTEXT);
    let last = &sealed[CHUNK_CIPHERTEXT..];
    assert!(open_chunk(&key(), &PREFIX, 1, true, last).is_ok());
    assert_eq!(open_chunk(&key(), &PREFIX, 1, false, last), forged(1));
}

#[test]
fn a_chunk_opens_alone() {
    let (chunks, whole) = (three_chunks(), plaintext(2 * CHUNK_PLAINTEXT + 100));
    for (index, expected) in whole.chunks(CHUNK_PLAINTEXT).enumerate() {
        let alone = open_chunk(&key(), &PREFIX, index as u32, index == 2, &chunks[index]);
        assert!(alone.as_deref() == Ok(expected), "chunk {index}");
    }
}

#[test]
fn the_counter_is_big_endian_and_reaches_its_maximum() {
    for counter in [0x0102_0304, u32::MAX] {
        let chunk = plain_chunk(counter, true, b"end");
        let opened = open_chunk(&key(), &PREFIX, counter, true, &chunk);
        assert_eq!(opened.as_deref(), Ok(b"end".as_slice()));
    }
}

#[test]
fn a_stream_cut_at_a_chunk_boundary_is_refused() {
    let chunks = three_chunks();
    assert_eq!(open_chunks(&[&chunks[0], &chunks[1]]), forged(1));
    assert_eq!(open_chunks(&[&chunks[0]]), forged(0));
    assert_eq!(open_chunks(&[]), wrong_length(0, 0, "16 to 65536"));
}

#[test]
fn a_stream_cut_inside_a_chunk_is_refused() {
    let sealed = three_chunks().concat();
    assert_eq!(
        open(&key(), &PREFIX, &sealed[..sealed.len() - 1]),
        forged(2)
    );
    assert_eq!(
        open(&key(), &PREFIX, &sealed[..CHUNK_CIPHERTEXT + 20]),
        forged(1)
    );
    assert_eq!(
        open(&key(), &PREFIX, &sealed[..CHUNK_CIPHERTEXT + 16]),
        wrong_length(1, 16, "17 to 65536, as the last of several chunks")
    );
}

#[test]
fn reordered_dropped_and_repeated_chunks_are_refused() {
    let chunks = three_chunks();
    let [first, second, last] = [&*chunks[0], &*chunks[1], &*chunks[2]];
    assert!(open_chunks(&[first, second, last]).is_ok());
    assert_eq!(open_chunks(&[second, first, last]), forged(0));
    assert_eq!(open_chunks(&[second, last]), forged(0));
    assert_eq!(open_chunks(&[first, last]), forged(1));
    assert_eq!(open_chunks(&[first, first, second, last]), forged(1));
}

#[test]
fn a_stream_carried_on_after_its_end_is_refused() {
    let whole = seal(&key(), &PREFIX, &plaintext(CHUNK_PLAINTEXT));
    assert_eq!(open_chunks(&[&whole, b"x"]), forged(0));
    assert_eq!(
        open_chunks(&[&whole, &plain_chunk(1, true, b"more")]),
        forged(0)
    );
}

#[test]
fn a_chunk_sealed_with_the_other_last_flag_is_refused() {
    let full = plaintext(CHUNK_PLAINTEXT);
    let early = [plain_chunk(0, true, &full), plain_chunk(1, true, b"end")];
    assert_eq!(open_chunks(&[&early[0], &early[1]]), forged(0));
    let open_end = [plain_chunk(0, false, &full), plain_chunk(1, false, b"end")];
    assert_eq!(open_chunks(&[&open_end[0], &open_end[1]]), forged(1));
}

#[test]
fn an_empty_chunk_after_full_ones_is_refused_though_authentic() {
    let full = plain_chunk(0, false, &plaintext(CHUNK_PLAINTEXT));
    assert_eq!(
        open_chunks(&[&full, &plain_chunk(1, true, b"")]),
        wrong_length(1, 16, "17 to 65536, as the last of several chunks")
    );
}

#[test]
fn a_chunk_of_a_length_its_place_does_not_allow_is_refused_though_authentic() {
    let short = plain_chunk(0, false, b"short");
    assert_eq!(
        open_chunk(&key(), &PREFIX, 0, false, &short),
        wrong_length(0, 21, "65536, as every chunk but the last")
    );
    let long = plain_chunk(0, true, &plaintext(CHUNK_PLAINTEXT + 1));
    assert_eq!(
        open_chunk(&key(), &PREFIX, 0, true, &long),
        wrong_length(0, 65_537, "16 to 65536")
    );
}

#[test]
fn a_changed_byte_is_refused_in_its_chunk() {
    let sealed = three_chunks().concat();
    for index in [0, CHUNK_CIPHERTEXT - 1, CHUNK_CIPHERTEXT, sealed.len() - 1] {
        let mut broken = sealed.clone();
        broken[index] ^= 1;
        let chunk = (index / CHUNK_CIPHERTEXT) as u64;
        assert_eq!(
            open(&key(), &PREFIX, &broken),
            forged(chunk),
            "byte {index}"
        );
    }
}

#[test]
fn another_key_or_prefix_is_refused() {
    let sealed = seal(&key(), &PREFIX, b"original");
    assert_eq!(
        open(&Key32::from_bytes([0; 32]), &PREFIX, &sealed),
        forged(0)
    );
    assert_eq!(open(&key(), &[0; 7], &sealed), forged(0));
}

#[test]
fn an_opener_stays_at_the_chunk_it_refused() {
    let chunks = three_chunks();
    let mut opener = Opener::new(&key(), &PREFIX);
    assert_eq!(
        opener.push(&[&*chunks[1], &*chunks[1], &*chunks[2]].concat()),
        forged(0)
    );
    assert_eq!(opener.push(&chunks[2]), forged(0));
    assert_eq!(opener.finish(), forged(0));
}

#[test]
fn an_error_says_which_chunk_and_what_was_expected() {
    let error = open(&key(), &PREFIX, b"short").unwrap_err();
    assert_eq!(
        error.to_string(),
        "stream: chunk 0: 5 bytes; expected 16 to 65536"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn pieces_of_any_size_give_the_same_stream(
        len in 0..3 * CHUNK_PLAINTEXT,
        piece in 1..2 * CHUNK_CIPHERTEXT,
    ) {
        let plaintext = plaintext(len);
        let mut sealer = Sealer::new(&key(), &PREFIX);
        let mut sealed = Vec::new();
        for piece in plaintext.chunks(piece) {
            sealed.extend(sealer.push(piece).unwrap());
        }
        sealed.extend(sealer.finish().unwrap());
        prop_assert!(sealed == seal(&key(), &PREFIX, &plaintext));

        let mut opener = Opener::new(&key(), &PREFIX);
        let mut opened = Vec::new();
        for piece in sealed.chunks(piece) {
            opened.extend(opener.push(piece).unwrap());
        }
        opened.extend(opener.finish().unwrap());
        prop_assert!(opened == plaintext);
    }
}
