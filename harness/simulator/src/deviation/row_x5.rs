//! Row X5: a faulty client puts a key or a plaintext where the contract has no room for it.

use super::{Deed, Deviation, Kind, Point, Script, message};
use crate::{ClientClass, Leak, Secret, Spelling, Spot};
use gauntlet_wire::header;

/// The departures of row X5.
pub(super) fn deviations() -> Vec<Deviation> {
    let opening = |name, about, leaked| leak(name, Point::OpenOriginal, about, leaked);
    let chunk = |name, about, leaked| leak(name, Point::SecondChunk, about, leaked);
    vec![
        opening(
            "key-in-an-unknown-member",
            "The body has a member that the contract does not know, with the album's master key.",
            (Secret::AlbumKey, Spelling::Base64, member("/album_key")),
        ),
        opening(
            "key-in-the-envelope",
            "The envelope has a member that the contract does not know, with the file key.",
            (
                Secret::FileKey,
                Spelling::Hex,
                member("/manifest_envelope/file_key"),
            ),
        ),
        opening(
            "caption-for-a-number",
            "The photo's caption stands where its size belongs.",
            (Secret::Caption, Spelling::Plain, member("/size")),
        ),
        opening(
            "caption-for-a-content-type",
            "The photo's caption stands where its content type belongs.",
            (Secret::Caption, Spelling::Plain, member("/content_type")),
        ),
        opening(
            "caption-for-a-client-version",
            "The photo's caption stands where the client's version belongs, and is longer than that may be.",
            (
                Secret::Caption,
                Spelling::Plain,
                member("/manifest_envelope/client_version"),
            ),
        ),
        opening(
            "caption-for-a-retention",
            "The photo's caption stands where only a delete says until when it can be taken back.",
            (
                Secret::Caption,
                Spelling::Plain,
                member("/manifest_envelope/retention_until"),
            ),
        ),
        opening(
            "key-in-the-query",
            "The path is followed by a query that the contract does not know, with the album's master key.",
            (
                Secret::AlbumKey,
                Spelling::Base64Url,
                Spot::Query("key".to_owned()),
            ),
        ),
        opening(
            "key-in-a-header",
            "A header that the contract does not know carries the seed of the write-tier key.",
            (
                Secret::WriteTierSeed,
                Spelling::Hex,
                Spot::Header("x-write-tier".to_owned()),
            ),
        ),
        opening(
            "photo-for-a-body",
            "The body of an opening is the photo itself.",
            (Secret::Photo, Spelling::Plain, Spot::Body),
        ),
        chunk(
            "key-in-the-path",
            "The path of a chunk names the seed of the device's key in place of a session.",
            (Secret::DeviceSeed, Spelling::Hex, Spot::Segment),
        ),
        chunk(
            "key-for-a-checksum",
            "The file key stands where the checksum of a chunk belongs, and looks like one.",
            (
                Secret::FileKey,
                Spelling::Hex,
                Spot::Header(header::CHECKSUM.to_owned()),
            ),
        ),
        chunk(
            "photo-in-a-refused-chunk",
            "The body of a chunk is the whole photo; its checksum is that of the sealed chunk.",
            (Secret::Photo, Spelling::Plain, Spot::Body),
        ),
        chunk(
            "photo-in-place-of-its-ciphertext",
            "From the second chunk on, the photo itself is uploaded under the hash of its ciphertext.",
            (Secret::Photo, Spelling::Plain, Spot::Upload),
        ),
        Deviation {
            script: Script::of(Deed::Update),
            ..leak(
                "sidecar-in-a-refused-op",
                Point::Op,
                "An update brings its sidecar as it is, in place of the metadata blob that seals it.",
                (Secret::Sidecar, Spelling::Base64, member("/metadata_blob")),
            )
        },
        Deviation {
            script: Script::of(Deed::Directory),
            ..leak(
                "seed-in-the-directory",
                Point::Publish,
                "The core of a directory has a member that the contract does not know, with the seed of the identity key.",
                (
                    Secret::IdentitySeed,
                    Spelling::Plain,
                    Spot::Core("identity_seed".to_owned()),
                ),
            )
        },
    ]
}

fn member(at: &str) -> Spot {
    Spot::Member(at.to_owned())
}

fn leak(
    name: &'static str,
    point: Point,
    about: &'static str,
    (secret, spelling, place): (Secret, Spelling, Spot),
) -> Deviation {
    Deviation {
        kind: Kind::Leak(Leak {
            secret,
            spelling,
            place,
        }),
        ..message(name, ClientClass::Faulty, point, about, [])
    }
}
