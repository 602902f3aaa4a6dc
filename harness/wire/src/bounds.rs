//! The bounds of `formats.md` §9. One past each is refused.

/// Nesting of a CBOR document.
pub const CBOR_DEPTH: usize = 32;
/// Devices in a directory.
pub const DEVICES: usize = 256;
/// Bytes of `client_version`, `format` and model fields.
pub const SHORT_TEXT: usize = 128;
/// Bytes of a timestamp: date, time, nine fraction digits and a numeric offset.
pub const TIMESTAMP: usize = 35;
/// Bytes of a manifest, and of the record around it.
pub const MANIFEST: usize = 16 << 10;
/// Records of a chain file.
pub const CHAIN_RECORDS: usize = 1_024;
/// Bytes of a chain file.
pub const CHAIN: usize = CHAIN_RECORDS * MANIFEST;
/// Bytes of a device directory: 256 entries of about 2.2 KiB each, and its signature.
pub const DIRECTORY: usize = 1 << 20;
/// Epochs of a ledger.
pub const EPOCHS: usize = 1_024;
/// Bytes of an epoch ledger: 1,024 entries of about 5.4 KiB each.
pub const LEDGER: usize = 6 << 20;
/// Bytes of an upgrade intent: a signature of 3,373 bytes and six short fields.
pub const INTENT: usize = 4 << 10;
/// Bytes of a sidecar.
pub const SIDECAR: usize = 1 << 20;
/// Bytes of a metadata blob: a sealed sidecar.
pub const METADATA_BLOB: usize = SIDECAR + 30;
/// Bytes of a chunk.
pub const CHUNK: u64 = 16 << 20;
/// Bytes of a JSON body.
pub const JSON_BODY: usize = 256 << 10;
/// Entries of a feed page.
pub const PAGE: usize = 1_000;
/// Nesting of a JSON body.
pub const JSON_DEPTH: usize = 32;
/// Bytes of an encoded sync cursor.
pub const CURSOR: usize = 256;
/// Bytes of a caption.
pub const CAPTION: usize = 4_096;
/// Bytes of a tag.
pub const TAG: usize = 256;
/// Adds of a tag set, and removes of it.
pub const TAG_CHANGES: usize = 1_024;
/// Superseded values of a register.
pub const SUPERSEDED: usize = 16;
/// Unknown keys of a sidecar, at its top level and nested.
pub const UNKNOWN_KEYS: usize = 64;
/// Bytes of all unknown keys of a sidecar with their values.
pub const UNKNOWN_BYTES: usize = 64 << 10;
/// Bytes of a device's exported marks.
pub const MARKS: usize = 64 << 20;
/// Users, devices, epochs, albums and assets of a table of marks.
pub const MARKED: usize = 1 << 20;
